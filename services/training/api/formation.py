"""Formation-action of structures, its periods in turn. It tells of no person."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.training import application
from services.training.domain import ActionPeriod, Commitment, Feedback, FormationAction, TrainingPeriod
from shared.http.access import Commanded
from shared.http.bodies import New, Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.routes import OnDay, Store, programme_reads
from shared.language.days import Day
from shared.language.texts import Name

router = Router(tags=["essaimage"])
files = CommandRoutes(router, "/formation/{structure}", application.formation_action, by=Commanded)


@dataclass(kw_only=True)
class TrainingPeriodBody:
    """Titles name no person. `ended_on` may be planned. `taught`: what is taught, each once.

    `from_feedback`: the point of the last action period's feedback that it starts from; null in the first period alone.
    `participants`: how many people of the structure took part; null: not counted yet.
    """

    started_on: Day
    ended_on: Day
    taught: Annotated[list[Name], Field(min_length=1, max_length=20)]
    from_feedback: Name | None = None
    participants: Annotated[int, Field(ge=0, le=10_000)] | None = None


@dataclass
class CommitmentBody:
    """`taught`: one of the titles taught in the training period before, which the commitment puts to work."""

    taught: Name
    commitment: Name


@dataclass(kw_only=True)
class ActionPeriodBody:
    """Titles name no person. `ended_on` may be planned. `commitments`: what the structure commits itself to."""

    started_on: Day
    ended_on: Day
    commitments: Annotated[list[CommitmentBody], Field(max_length=50)]

    def fact(self) -> ActionPeriod:
        return fact_in(ActionPeriod, self, commitments=tuple(fact_in(Commitment, one) for one in self.commitments))


@dataclass(kw_only=True)
class FeedbackBody:
    """What came of an action period, in short titles that name no person. `kept`: its commitments that were kept."""

    on: Day
    feedback: Annotated[list[Name], Field(min_length=1, max_length=20)]
    kept: Annotated[list[Name], Field(max_length=50)] = Field(default_factory=list)

    def fact(self) -> Feedback:
        return fact_in(Feedback, self, points=tuple(self.feedback))


@files.post("/training-periods")
def record_training(file: FormationAction, today: date, body: New[TrainingPeriodBody]) -> None:
    """A structure is trained: the first period, or the next after an action period whose feedback it starts from."""
    file.record_training(body.id, fact_in(TrainingPeriod, body), today)


@files.post("/training-periods/{period}/correction")
def correct_training(file: FormationAction, today: date, period: UUID, body: Whole[TrainingPeriodBody]) -> None:
    """The whole training period as it is to stand; what a later commitment names stays taught."""
    file.correct_training(period, fact_in(TrainingPeriod, body), today)


@files.post("/action-periods")
def record_action(file: FormationAction, today: date, body: New[ActionPeriodBody]) -> None:
    """A structure puts to work what the training period before taught."""
    file.record_action(body.id, body.fact(), today)


@files.post("/action-periods/{period}/correction")
def correct_action(file: FormationAction, today: date, period: UUID, body: Whole[ActionPeriodBody]) -> None:
    """The whole action period as it is to stand; its feedback stays."""
    file.correct_action(period, body.fact(), today)


@files.post("/action-periods/{period}/feedback")
def record_feedback(file: FormationAction, today: date, period: UUID, body: FeedbackBody) -> None:
    """What came of an action period, and which commitments were kept; the next training period starts from it."""
    file.record_feedback(period, body.fact(), today)


@files.post("/action-periods/{period}/feedback/correction")
def correct_feedback(file: FormationAction, today: date, period: UUID, body: Whole[FeedbackBody]) -> None:
    """The whole feedback as it is to stand; what the next training period starts from stays in it."""
    file.correct_feedback(period, body.fact(), today)


@files.post("/periods/{period}/annulment")
def annul_period(file: FormationAction, today: date, period: UUID, body: OnDay) -> None:
    """The last period, recorded by mistake, did not take place; `on`: when that was found."""
    file.annul(period, body.on, today)


@router.get("/formation/{structure}", dependencies=programme_reads)
async def formation(structure: application.StructureAsked, store: Store) -> application.ShownFormation:
    """The periods of a structure's formation-action in turn; none where nothing is recorded."""
    return await application.formation(store, structure)
