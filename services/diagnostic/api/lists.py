"""What waits for an adviser: lists, those that wait longest first."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request

from services.diagnostic import views
from shared.commands import today
from shared.days import Day
from shared.readings import Reading
from shared.routes import AskedStructure, Limit
from shared.texts import Name

router = APIRouter(tags=["lists"])

Adviser = Annotated[
    Name | None,
    Query(description="Only theirs: the subject of a token"),
]
WITHOUT = timedelta(days=30)
"""After which a pathway without a diagnostic is listed, unless another day is asked for."""


@router.get("/without-diagnostic")
async def without_diagnostic(
    request: Request,
    reading: Reading,
    structure: AskedStructure,
    started_until: Day | None = None,
    adviser: Adviser = None,
    limit: Limit = 100,
) -> list[views.WithoutDiagnostic]:
    """Who started until a day (30 days ago), has not left and has no diagnostic yet, the longest waiting first."""
    until = started_until or today() - WITHOUT
    found = await views.without_diagnostic(request.app.state.pool, until, structure, adviser, limit)
    return await reading.shown(found)


@router.get("/diagnostics-waiting")
async def diagnostics_waiting(
    request: Request, reading: Reading, structure: AskedStructure, adviser: Adviser = None, limit: Limit = 100
) -> list[views.WaitingDiagnostic]:
    """Diagnostics that a start opened and nobody has made, the longest waiting first; not of those who left."""
    return await reading.shown(await views.diagnostics_waiting(request.app.state.pool, structure, adviser, limit))


@router.get("/actions-overdue")
async def actions_overdue(
    request: Request, reading: Reading, structure: AskedStructure, adviser: Adviser = None, limit: Limit = 100
) -> list[views.OverdueAction]:
    """Open actions of plans in force that were due before today, the longest overdue first; not of those who left."""
    found = await views.actions_overdue(request.app.state.pool, today(), structure, adviser, limit)
    return await reading.shown(found)


@router.get("/plans-to-review")
async def plans_to_review(
    request: Request, reading: Reading, structure: AskedStructure, adviser: Adviser = None, limit: Limit = 100
) -> list[views.PlanToReview]:
    """Plans in force that were agreed six months ago or earlier and not anew since; not of those who left."""
    found = await views.plans_to_review(request.app.state.pool, today(), structure, adviser, limit)
    return await reading.shown(found)
