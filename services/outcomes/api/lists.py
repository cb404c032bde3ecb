"""Lists of follow-ups that are due, of jobs, and of exits."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query

from services.outcomes import application, views
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import AskedStructure, AskedUser, Limit, Store
from shared.kernel.clock import day_in_paris
from shared.language.days import Day

router = Router()


@router.get("/follow-ups/due")
async def follow_ups_due(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    adviser: AskedUser = None,
    until: Day | None = None,
    limit: Limit = 100,
) -> list[views.FollowUpDue]:
    """Follow-ups due on or before a day (today) and not answered, the oldest first, with what was tried.

    An import raises none, nobody is asked who died, and none is due of an exit that was annulled.
    """
    until = until or day_in_paris(store.clock())
    return await reading.shown(await views.follow_ups_due(store.pool, until, structure, adviser, limit))


@router.get("/situations/ending")
async def contracts_ending(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    adviser: AskedUser = None,
    days: Annotated[int, Query(ge=0, le=366, description="How many days ahead")] = 14,
    limit: Limit = 100,
) -> list[views.ListedJob]:
    """Jobs of those who are supported that are to end from today until so many days from now, the next first."""
    today = day_in_paris(store.clock())
    rows = await views.contracts_ending(store.pool, today, today + timedelta(days=days), structure, adviser, limit)
    return await reading.shown(await application.with_disagreements_on_jobs(store, rows))


@router.get("/situations/without-news")
async def ended_without_news(
    store: Store, reading: Reading, structure: AskedStructure, adviser: AskedUser = None, limit: Limit = 100
) -> list[views.ListedJob]:
    """Jobs of those who are supported that were to end before today, neither ended nor prolonged: ask what became."""
    rows = await views.ended_without_news(store.pool, day_in_paris(store.clock()), structure, adviser, limit)
    return await reading.shown(await application.with_disagreements_on_jobs(store, rows))


@router.get("/situations/in-employment")
async def in_employment(
    store: Store, reading: Reading, structure: AskedStructure, adviser: AskedUser = None, limit: Limit = 100
) -> list[views.ListedJob]:
    """Jobs that go on of those who are supported, as support goes on in it: the least recently supported first."""
    rows = await views.in_employment(store.pool, structure, adviser, limit)
    return await reading.shown(await application.with_disagreements_on_jobs(store, rows))


@router.get("/exits")
async def exits(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    adviser: AskedUser = None,
    days: Annotated[int, Query(ge=0, le=3660, description="How many days back")] = 30,
    limit: Limit = 100,
) -> list[views.ListedExit]:
    """Exits of the last days that stand, the latest first."""
    since = day_in_paris(store.clock()) - timedelta(days=days)
    rows = await views.exits(store.pool, since, structure, adviser, limit)
    return await reading.shown(await application.with_disagreements_on_exits(store, rows))
