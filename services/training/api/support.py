"""Support actions, and what is proposed."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.training import application, domain, views
from shared.access import AnyCaller, CommandedInStructure, chosen_id
from shared.codes import (
    Barrier,
    Hours,
    SupportResult,
)
from shared.commands import Done, answered
from shared.days import Day
from shared.door import Router
from shared.readings import Reading
from shared.routes import AskedStructure, AskedUser, Limit, OnDay, Store
from shared.texts import Name
from shared.whole import Whole

router = Router()


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


@router.post("/pathways/{pathway}/supports")
async def report_support(
    pathway: UUID, body: NewSupport, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Reports a support action to the diagnostic's barrier; an activity of kind support follows from it."""
    return answered(response, await application.report_support(store, pathway, body.id, body.fact(), command), body.id)


@router.post("/pathways/{pathway}/supports/{support}/correction")
async def correct_support(
    pathway: UUID,
    support: UUID,
    body: Whole[SupportBody],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole support action as it is to stand; the activity follows."""
    return answered(response, await application.correct_support(store, pathway, support, body.fact(), command), support)


@router.post("/pathways/{pathway}/proposals/{proposal}/dismissal")
async def dismiss_proposal(
    pathway: UUID, proposal: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """What was proposed is not taken up."""
    return answered(response, await application.dismiss(store, pathway, proposal, body.on, command), proposal)


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
