"""Support actions, and what is proposed."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field

from services.training import application, domain, views
from services.training.domain import ActivityFile
from shared.access import AnyCaller, chosen_id
from shared.codes import (
    Barrier,
    Hours,
    SupportResult,
)
from shared.command_routes import CommandRoutes
from shared.days import Day
from shared.door import Router
from shared.known_pathways import OnPathway
from shared.readings import Reading
from shared.routes import AskedStructure, AskedUser, Limit, OnDay, Store
from shared.texts import Name
from shared.whole import Whole

router = Router()
files = CommandRoutes(router, "/pathways/{pathway}", application.activity_file)


@dataclass(kw_only=True)
class SupportBody:
    """What was done to lift one barrier, and what came of it. `hours` in all. `partner`: an organisation.

    `action`: of the plan, where it was one of it.
    """

    barrier: Barrier
    started_on: Day
    ended_on: Day
    hours: Hours
    result: SupportResult
    action: UUID | None = None
    partner: Name | None = None

    def fact(self) -> domain.SupportAction:
        return domain.SupportAction(
            self.barrier, self.started_on, self.ended_on, self.hours, self.result, self.action, self.partner
        )


@dataclass(kw_only=True)
class NewSupport(SupportBody):
    """`id`: chosen by the caller, so that a repeat asks for the same."""

    id: UUID = Field(default_factory=chosen_id)


@files.post("/supports")
def report_support(file: ActivityFile, here: OnPathway, body: NewSupport) -> None:
    """Reports a support action to the diagnostic's barrier; an activity of kind support follows from it."""
    file.report_support(body.id, body.fact(), here.today)


@files.post("/supports/{support}/correction")
def correct_support(file: ActivityFile, here: OnPathway, support: UUID, body: Whole[SupportBody]) -> None:
    """The whole support action as it is to stand; the activity follows."""
    file.correct_support(support, body.fact(), here.today)


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
