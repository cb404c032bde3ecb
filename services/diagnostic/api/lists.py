"""Lists what waits for an adviser, the longest first."""

from datetime import timedelta

from services.diagnostic import views
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import AskedStructure, AskedUser, Limit, Store
from shared.kernel.clock import day_in_paris
from shared.language.days import Day

router = Router(tags=["lists"])

WITHOUT = timedelta(days=30)
"""After which a pathway without a diagnostic is listed, unless another day is asked for."""


@router.get("/without-diagnostic")
async def without_diagnostic(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    started_until: Day | None = None,
    adviser: AskedUser = None,
    limit: Limit = 100,
) -> list[views.WithoutDiagnostic]:
    """Who started until a day (30 days ago), has not left and has no diagnostic yet, the longest waiting first."""
    until = started_until or day_in_paris(store.clock()) - WITHOUT
    found = await views.without_diagnostic(store.pool, until, structure, adviser, limit)
    return await reading.shown(found)


@router.get("/diagnostics-waiting")
async def diagnostics_waiting(
    store: Store, reading: Reading, structure: AskedStructure, adviser: AskedUser = None, limit: Limit = 100
) -> list[views.WaitingDiagnostic]:
    """Diagnostics that a start opened and nobody has made, the longest waiting first; not of those who left."""
    return await reading.shown(await views.diagnostics_waiting(store.pool, structure, adviser, limit))


@router.get("/actions-overdue")
async def actions_overdue(
    store: Store, reading: Reading, structure: AskedStructure, adviser: AskedUser = None, limit: Limit = 100
) -> list[views.OverdueAction]:
    """Open actions of plans in force that were due before today, the longest overdue first; not of those who left."""
    found = await views.actions_overdue(store.pool, day_in_paris(store.clock()), structure, adviser, limit)
    return await reading.shown(found)


@router.get("/plans-to-review")
async def plans_to_review(
    store: Store, reading: Reading, structure: AskedStructure, adviser: AskedUser = None, limit: Limit = 100
) -> list[views.PlanToReview]:
    """Plans in force that were agreed six months ago or earlier and not anew since; not of those who left."""
    found = await views.plans_to_review(store.pool, day_in_paris(store.clock()), structure, adviser, limit)
    return await reading.shown(found)
