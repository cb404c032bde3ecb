"""Situations of a person over time, and the support that goes on in a job."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field

from services.outcomes import application
from services.outcomes.domain import EmploymentSupport, Period, SituationFile
from shared.http.access import chosen_id
from shared.http.bodies import Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.kernel.known_pathways import OnPathway
from shared.language.codes import JobEnd
from shared.language.days import Day
from shared.people.correspondents import is_known

router = Router()
files = CommandRoutes(router, "/pathways/{pathway}", application.situation_file)


@dataclass(frozen=True)
class PeriodBody(Period):
    """Where the person stands from `started_on` on: a job, an SIAE, training, or another situation.

    `contract_end`: when it is to end; may be in the future. `ended_on`: when it did; null: it goes on. `contract`: of
    a job only. `hours_a_week`: hours, as in the contract. `occupation`: by ROME. `employer`: a SIRET. `correspondent`:
    id of the contact there. `id`: chosen by the caller, so that a repeat asks for the same.
    """

    id: UUID = Field(default_factory=chosen_id)


@dataclass
class EndBody:
    ended_on: Day
    reason: JobEnd


@dataclass(frozen=True)
class EmploymentSupportBody(EmploymentSupport):
    """A visit or a talk. `job`: id of the situation that it concerns. `correspondent`: id of the employer's contact.

    `note` is sealed. `id`: chosen by the caller, so that a repeat asks for the same.
    """

    id: UUID = Field(default_factory=chosen_id)


@files.post("/situations")
async def record_situation(file: SituationFile, here: OnPathway, body: PeriodBody) -> None:
    """Where the person stands from a day on, during support or after it. Several may go on; none ends the pathway."""
    known = await is_known(here.act.store, body.correspondent)
    file.record(body.id, fact_in(Period, body), known, here.today)


@files.post("/situations/{situation}/end")
def end_situation(file: SituationFile, here: OnPathway, situation: UUID, body: EndBody) -> None:
    """When a job or another situation ended, and why."""
    file.end(situation, body.ended_on, body.reason, here.today)


@files.post("/situations/{situation}/correction")
async def correct_situation(file: SituationFile, here: OnPathway, situation: UUID, body: Whole[Period]) -> None:
    """The whole situation as it is to stand; one that goes on after all has no end."""
    known = await is_known(here.act.store, body.correspondent)
    file.correct(situation, body, known, here.today)


@files.post("/employment-supports")
async def support(file: SituationFile, here: OnPathway, body: EmploymentSupportBody) -> None:
    """A visit at work, or a talk with the employer or the person, by which support goes on in a job."""
    known = await is_known(here.act.store, body.correspondent)
    file.support(body.id, fact_in(EmploymentSupport, body), known, here.today)


@files.post("/employment-supports/{support_id}/correction")
async def correct_support(
    file: SituationFile, here: OnPathway, support_id: UUID, body: Whole[EmploymentSupport]
) -> None:
    """The whole visit or talk as it is to stand."""
    known = await is_known(here.act.store, body.correspondent)
    file.correct_support(support_id, body, known, here.today)
