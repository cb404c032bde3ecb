"""Activities that follow from nothing else that is recorded here."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.training import application, domain, views
from services.training.api.shapes import From, To
from shared.access import CommandedInStructure, chosen_id
from shared.codes import (
    ActivityKind,
    ActivityStatus,
    Hours,
)
from shared.commands import Done, answered
from shared.days import Day
from shared.door import Router
from shared.readings import Reading
from shared.routes import AskedStructure, Limit, Store
from shared.whole import Whole

router = Router()


@dataclass
class ActivityBody:
    """`hours` attended, null for a no-show."""

    kind: ActivityKind
    started_on: Day
    ended_on: Day
    status: ActivityStatus
    hours: Hours | None = None

    def fact(self) -> domain.Activity:
        return domain.Activity(self.kind, self.started_on, self.ended_on, self.status, self.hours)


@dataclass
class NewActivity(ActivityBody):
    """`id`: chosen by the caller, so that a repeat asks for the same."""

    id: UUID = Field(default_factory=chosen_id)


@router.post("/pathways/{pathway}/activities")
async def record(
    pathway: UUID, body: NewActivity, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Records an activity that is neither a session, a placement nor a support action of this service."""
    return answered(response, await application.record(store, pathway, body.id, body.fact(), command), body.id)


@router.post("/pathways/{pathway}/activities/{activity}/correction")
async def correct(
    pathway: UUID,
    activity: UUID,
    body: Whole[ActivityBody],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole activity as it is to stand."""
    return answered(response, await application.correct(store, pathway, activity, body.fact(), command), activity)


@router.get("/activities")
async def activities(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    start: From,
    end: To,
    limit: Limit = 100,
) -> list[views.ListedActivity]:
    """Activities of a structure that started between two days, both included."""
    return await reading.shown(await application.activities(store, structure, start, end, limit))
