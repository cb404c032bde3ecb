"""Activities that follow from nothing else that is recorded here."""

from dataclasses import dataclass
from uuid import UUID

from services.training import application, views
from services.training.domain import Activity, ActivityFile
from shared.http.bodies import New, Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import AskedStructure, From, Limit, Store, To
from shared.kernel.known_pathways import OnPathway
from shared.language.codes import Hours

router = Router()
files = CommandRoutes(router, "/pathways/{pathway}", application.activity_file)


@dataclass(frozen=True)
class ActivityBody(Activity):
    """`hours` attended, null for a no-show."""

    hours: Hours | None = None


@files.post("/activities")
def record(file: ActivityFile, here: OnPathway, body: New[ActivityBody]) -> None:
    """Records an activity that is neither a session, a placement nor a support action of this service."""
    file.activities.admit(body.id, fact_in(Activity, body), here.today)


@files.post("/activities/{activity}/correction")
def correct(file: ActivityFile, here: OnPathway, activity: UUID, body: Whole[ActivityBody]) -> None:
    """The whole activity as it is to stand."""
    file.correct_activity(activity, fact_in(Activity, body), here.today)


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
