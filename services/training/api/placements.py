"""Work placements."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from services.training import application, domain, views
from services.training.api.shapes import From, To, WithdrawalBody
from shared.access import CommandedInStructure, chosen_id
from shared.codes import (
    DropOutReason,
    Hours,
    PlacementForm,
    PlacementObjective,
    Prescriber,
)
from shared.commands import Done, answered
from shared.days import Day
from shared.door import Router
from shared.readings import Reading
from shared.routes import AskedStructure, AskedUser, Limit, Store
from shared.siret import Siret
from shared.whole import Whole

router = Router()


@dataclass(kw_only=True)
class PlacementBody:
    """A placement as agreed. `ends_on`: its last day; `renewed_until`: the last day of its renewal.

    `employer`: SIRET of the host. `tutor`: id of a correspondent. `hours_planned`: over all days. `action`: the
    proposal, which is the plan's action, that it answers. What a PMSMP or an AVA must be, the rules say.
    """

    form: PlacementForm
    starts_on: Day
    ends_on: Day
    employer: Siret | None = None
    tutor: UUID | None = None
    prescriber: Prescriber | None = None
    objective: PlacementObjective | None = None
    hours_planned: Hours | None = None
    renewed_until: Day | None = None
    action: UUID | None = None

    def fact(self) -> domain.Placement:
        return domain.Placement(
            self.form,
            self.starts_on,
            self.ends_on,
            self.employer,
            self.tutor,
            self.prescriber,
            self.objective,
            self.hours_planned,
            self.renewed_until,
            self.action,
        )


@dataclass(kw_only=True)
class NewPlacement(PlacementBody):
    """`id`: chosen by the caller, so that a repeat asks for the same."""

    id: UUID = Field(default_factory=chosen_id)


@dataclass
class RenewalBody:
    """The new last day. `hours_planned`: over all days, those of the renewal included; null: as they were."""

    until: Day
    hours_planned: Hours | None = None


@dataclass
class PlacementEndBody:
    """`hours` done; null or 0: the person never came. `broken_off_for`: why it ended before its last day."""

    ended_on: Day
    hours: Hours | None = None
    broken_off_for: DropOutReason | None = None

    def fact(self) -> domain.PlacementEnd:
        return domain.PlacementEnd(self.ended_on, self.hours, self.broken_off_for)


@router.post("/pathways/{pathway}/placements")
async def plan_placement(
    pathway: UUID, body: NewPlacement, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Plans a placement, or records one that has begun."""
    return answered(response, await application.plan_placement(store, pathway, body.id, body.fact(), command), body.id)


@router.post("/pathways/{pathway}/placements/{placement}/correction")
async def correct_placement(
    pathway: UUID,
    placement: UUID,
    body: Whole[PlacementBody],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole placement as it is to stand; where it has ended, the activity follows."""
    return answered(
        response, await application.correct_placement(store, pathway, placement, body.fact(), command), placement
    )


@router.post("/pathways/{pathway}/placements/{placement}/renewal")
async def renew_placement(
    pathway: UUID, placement: UUID, body: RenewalBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Puts the end off; a PMSMP once, by one month at most."""
    done = await application.renew_placement(store, pathway, placement, body.until, body.hours_planned, command)
    return answered(response, done, placement)


@router.post("/pathways/{pathway}/placements/{placement}/end")
async def end_placement(
    pathway: UUID,
    placement: UUID,
    body: PlacementEndBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The placement has ended, on its last day or broken off before; the activity follows from it."""
    return answered(
        response, await application.end_placement(store, pathway, placement, body.fact(), command), placement
    )


@router.post("/pathways/{pathway}/placements/{placement}/end/correction")
async def correct_placement_end(
    pathway: UUID,
    placement: UUID,
    body: Whole[PlacementEndBody],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole end as it is to stand; the activity follows."""
    return answered(response, await application.correct_end(store, pathway, placement, body.fact(), command), placement)


@router.post("/pathways/{pathway}/placements/{placement}/cancellation")
async def cancel_placement(
    pathway: UUID,
    placement: UUID,
    body: WithdrawalBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The placement does not take place: decided on its first day at the latest."""
    cancellation = domain.PlacementCancellation(body.on, body.reason)
    return answered(
        response, await application.cancel_placement(store, pathway, placement, cancellation, command), placement
    )


@router.post("/pathways/{pathway}/placements/{placement}/evaluation")
async def evaluate_placement(
    pathway: UUID,
    placement: UUID,
    body: domain.Evaluation,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """What the placement came to (*bilan*), once it has begun."""
    return answered(response, await application.evaluate(store, pathway, placement, body, command), placement)


@router.post("/pathways/{pathway}/placements/{placement}/evaluation/correction")
async def correct_evaluation(
    pathway: UUID,
    placement: UUID,
    body: Whole[domain.Evaluation],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole evaluation as it is to stand."""
    return answered(response, await application.correct_evaluation(store, pathway, placement, body, command), placement)


@router.get("/placements")
async def placements(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    start: From,
    end: To,
    adviser: AskedUser = None,
    limit: Limit = 100,
) -> list[views.ListedPlacement]:
    """Placements that start between two days, both included; those without host or tutor are marked `incomplete`."""
    return await reading.shown(await application.placements(store, structure, adviser, start, end, limit))


@router.get("/placements/ending")
async def ending_placements(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    days: Annotated[int, Query(ge=0, le=366, description="Days from today on")] = 14,
    adviser: AskedUser = None,
    limit: Limit = 100,
) -> list[views.ListedPlacement]:
    """Placements whose last day comes within some days, or has passed, and of which no end is recorded."""
    return await reading.shown(await application.ending(store, structure, adviser, days, limit))


@router.get("/placements/to-evaluate")
async def placements_to_evaluate(
    store: Store, reading: Reading, structure: AskedStructure, adviser: AskedUser = None, limit: Limit = 100
) -> list[views.ListedPlacement]:
    """Placements to which the person came, that have ended and are not evaluated; the oldest first."""
    return await reading.shown(await application.to_evaluate(store, structure, adviser, limit))
