"""Activities that follow from nothing else that is recorded here."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field

from services.training import application, domain, views
from services.training.api.shapes import From, To
from services.training.domain import ActivityFile
from shared.access import chosen_id
from shared.codes import (
    ActivityKind,
    ActivityStatus,
    Hours,
)
from shared.command_routes import CommandRoutes
from shared.days import Day
from shared.door import Router
from shared.known_pathways import OnPathway
from shared.readings import Reading
from shared.routes import AskedStructure, Limit, Store
from shared.whole import Whole

router = Router()
files = CommandRoutes(router, "/pathways/{pathway}", application.activity_file)


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


@files.post("/activities")
def record(file: ActivityFile, here: OnPathway, body: NewActivity) -> None:
    """Records an activity that is neither a session, a placement nor a support action of this service."""
    file.activities.admit(body.id, body.fact(), here.today)


@files.post("/activities/{activity}/correction")
def correct(file: ActivityFile, here: OnPathway, activity: UUID, body: Whole[ActivityBody]) -> None:
    """The whole activity as it is to stand."""
    file.correct_activity(activity, body.fact(), here.today)


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
