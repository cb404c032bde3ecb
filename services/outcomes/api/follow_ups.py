"""Follow-ups after the exit, and attempts to reach the person for one."""

from dataclasses import dataclass
from uuid import UUID

from services.outcomes import application
from services.outcomes.domain import Attempt, FollowUp, OutcomeFile
from shared.http.bodies import New, Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.kernel.known_pathways import OnPathway
from shared.language.codes import ContactMeans, FollowUpMonth, FollowUpStatus, Situation
from shared.language.days import Day
from shared.language.sealed import Sealed

router = Router()
files = CommandRoutes(router, "/pathways/{pathway}/follow-ups/{month}", application.outcome_file)


@dataclass
class FollowUpBody:
    """`situation` is needed when the person was reached, and only then."""

    asked_on: Day
    status: FollowUpStatus
    situation: Situation | None = None


@dataclass
class AttemptBody:
    """When and how it was tried; `note` is sealed."""

    attempted_on: Day
    means: ContactMeans
    note: Sealed | None = None


@files.post("")
def record_follow_up(file: OutcomeFile, here: OnPathway, month: FollowUpMonth, body: FollowUpBody) -> None:
    """The result at 3, 6 or 12 months, one a month. `unreachable`: given up after attempts, no news."""
    file.record_follow_up(fact_in(FollowUp, body, month=month), here.today)


@files.post("/correction")
def correct_follow_up(file: OutcomeFile, here: OnPathway, month: FollowUpMonth, body: Whole[FollowUpBody]) -> None:
    """The whole follow-up as it is to stand."""
    file.correct_follow_up(fact_in(FollowUp, body, month=month), here.today)


@files.post("/attempts")
def attempt(file: OutcomeFile, here: OnPathway, month: FollowUpMonth, body: New[AttemptBody]) -> None:
    """That somebody tried to reach the person for the follow-up at 3, 6 or 12 months. It stays due."""
    file.attempt(body.id, fact_in(Attempt, body, month=month), here.today)


@files.post("/attempts/{attempt_id}/correction")
def correct_attempt(
    file: OutcomeFile, here: OnPathway, month: FollowUpMonth, attempt_id: UUID, body: Whole[AttemptBody]
) -> None:
    """The whole attempt as it is to stand, with the month that it was for."""
    file.correct_attempt(attempt_id, fact_in(Attempt, body, month=month), here.today)
