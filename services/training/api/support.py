"""Support actions, and proposals."""

from dataclasses import dataclass
from uuid import UUID

from services.training import application, views
from services.training.domain import ActivityFile, SupportAction
from shared.http.access import AnyCaller
from shared.http.bodies import New, Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import AskedStructure, AskedUser, Limit, OnDay, Store
from shared.kernel.known_pathways import OnPathway
from shared.language.codes import Hours
from shared.language.texts import Name

router = Router()
files = CommandRoutes(router, "/pathways/{pathway}", application.activity_file)


@dataclass(frozen=True, kw_only=True)
class SupportBody(SupportAction):
    """What was done to lift one barrier, and what came of it. `hours` in all. `partner`: an organisation.

    `action`: of the plan, where it was one of it.
    """

    hours: Hours
    partner: Name | None = None


@files.post("/supports")
def report_support(file: ActivityFile, here: OnPathway, body: New[SupportBody]) -> None:
    """Reports a support action to the diagnostic's barrier; an activity of kind support follows from it."""
    file.report_support(body.id, fact_in(SupportAction, body), here.today)


@files.post("/supports/{support}/correction")
def correct_support(file: ActivityFile, here: OnPathway, support: UUID, body: Whole[SupportBody]) -> None:
    """The whole support action as it is to stand; the activity follows."""
    file.correct_support(support, fact_in(SupportAction, body), here.today)


@files.post("/proposals/{proposal}/dismissal")
def dismiss_proposal(file: ActivityFile, here: OnPathway, proposal: UUID, body: OnDay) -> None:
    """What was proposed is not taken up."""
    file.dismiss(proposal, body.on, here.today)


@router.get("/proposals")
async def open_proposals(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    caller: AnyCaller,
    adviser: AskedUser = None,
    limit: Limit = 100,
) -> list[views.OpenProposal]:
    """What agreed plans and transfers propose and nobody has answered yet, the oldest first."""
    return await reading.shown(await application.open_proposals(store, structure, adviser, caller, limit))
