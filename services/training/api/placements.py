"""Work placements."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.training import application, views
from services.training.api.shapes import WithdrawalBody
from services.training.domain import ActivityFile, Evaluation, Placement, PlacementCancellation, PlacementEnd
from shared.http.bodies import New, Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import AskedStructure, AskedUser, From, Limit, Store, To
from shared.kernel.known_pathways import OnPathway
from shared.language.codes import Hours
from shared.language.days import Day
from shared.people.correspondents import is_known

router = Router()
files = CommandRoutes(router, "/pathways/{pathway}", application.activity_file)


@dataclass(frozen=True, kw_only=True)
class PlacementBody(Placement):
    """A placement as agreed. `ends_on`: its last day; `renewed_until`: the last day of its renewal.

    `employer`: SIRET of the host. `tutor`: id of a correspondent. `hours_planned`: over all days. `action`: the
    proposal, which is the plan's action, that it answers. What a PMSMP or an AVA must be, the rules say.
    """

    hours_planned: Hours | None = None


@dataclass
class RenewalBody:
    """The new last day. `hours_planned`: over all days, those of the renewal included; null: as they were."""

    until: Day
    hours_planned: Hours | None = None


@dataclass(frozen=True)
class PlacementEndBody(PlacementEnd):
    """`hours` done; null or 0: the person never came. `broken_off_for`: why it ended before its last day."""

    hours: Hours | None = None


@files.post("/placements")
async def plan_placement(file: ActivityFile, here: OnPathway, body: New[PlacementBody]) -> None:
    """Plans a placement, or records one that has begun."""
    elsewhere, known = await application.elsewhere(here), await is_known(here.act.store, body.tutor)
    file.plan_placement(body.id, fact_in(Placement, body), elsewhere, known)


@files.post("/placements/{placement}/correction")
async def correct_placement(file: ActivityFile, here: OnPathway, placement: UUID, body: Whole[PlacementBody]) -> None:
    """The whole placement as it is to stand; where it has ended, the activity follows."""
    elsewhere, known = await application.elsewhere(here), await is_known(here.act.store, body.tutor)
    file.correct_placement(placement, fact_in(Placement, body), elsewhere, known, here.today)


@files.post("/placements/{placement}/renewal")
async def renew_placement(file: ActivityFile, here: OnPathway, placement: UUID, body: RenewalBody) -> None:
    """Puts the end off; a PMSMP once, by one month at most."""
    file.renew(placement, body.until, body.hours_planned, await application.elsewhere(here))


@files.post("/placements/{placement}/end")
def end_placement(file: ActivityFile, here: OnPathway, placement: UUID, body: PlacementEndBody) -> None:
    """The placement has ended, on its last day or broken off before; the activity follows from it."""
    file.end_placement(placement, fact_in(PlacementEnd, body), here.today)


@files.post("/placements/{placement}/end/correction")
def correct_placement_end(file: ActivityFile, here: OnPathway, placement: UUID, body: Whole[PlacementEndBody]) -> None:
    """The whole end as it is to stand; the activity follows."""
    file.correct_end(placement, fact_in(PlacementEnd, body), here.today)


@files.post("/placements/{placement}/cancellation")
def cancel_placement(file: ActivityFile, here: OnPathway, placement: UUID, body: WithdrawalBody) -> None:
    """The placement does not take place: decided on its first day at the latest."""
    file.cancel_placement(placement, PlacementCancellation(body.on, body.reason), here.today)


@files.post("/placements/{placement}/evaluation")
def evaluate_placement(file: ActivityFile, here: OnPathway, placement: UUID, body: Evaluation) -> None:
    """What the placement came to (*bilan*), once it has begun."""
    file.evaluate(placement, body, here.today)


@files.post("/placements/{placement}/evaluation/correction")
def correct_evaluation(file: ActivityFile, here: OnPathway, placement: UUID, body: Whole[Evaluation]) -> None:
    """The whole evaluation as it is to stand."""
    file.correct_evaluation(placement, body, here.today)


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
