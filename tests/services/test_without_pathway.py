"""Persons of whom no pathway tells: found, announced and forgotten 30 days after the last word of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lieu import retention as command_line
from services.intake import retention
from services.intake.domain import Identity, Person
from shared.kernel.callers import Role
from shared.kernel.clock import today
from shared.kernel.event_store import About
from shared.language.sealed import Sealed
from tests.harness import Running
from tests.pipeline.test_sealing import everything_stored
from tests.services.test_merged_ids import a_person, ask, merge, of

pytestmark = pytest.mark.slow

NAME = "Wilhelmine"


async def identified(running: Running, called: str = NAME) -> str:
    """Somebody as a refused request once left them: their name, and no pathway."""
    store = running.service("intake").state.runtime.store
    person = await store.load(Person, uuid4())
    person.identify(Identity(Sealed(called)))
    await store.save(person, about=About("s01", None, person.id), actor="yesterday")
    return str(person.id)


async def planned(running: Running, days: int) -> dict[str, str]:
    runtime = running.service("intake").state.runtime
    found, _ = await retention.plan(runtime.pool, today() + timedelta(days=days))
    return {str(one.person): one.step.value for one in found if one.last_contact is None}


async def run(running: Running, days: int) -> dict[str, list[str]]:
    await running.caught_up()
    runtime = running.service("intake").state.runtime
    taken, _ = await retention.run(runtime, today() + timedelta(days=days), retention.BY_ITSELF)
    steps = {str(one.person): [*one.steps, *([one.held] if one.held else [])] for one in taken}
    return {person: what for person, what in steps.items() if what != ["announce"]}  # those met last in 2024


async def test_who_never_asked_is_forgotten_after_thirty_days_and_announced_before(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    supported, pathway = await a_person(running)
    merged, theirs = await a_person(running)
    await merge(running, merged, supported)
    orphan = await identified(running)
    assert await planned(running, 29) == {}
    assert await planned(running, 30) == {orphan: "erase"}
    assert await run(running, 29) == {}
    running.set_clock(datetime.now(UTC) + timedelta(days=30))
    assert await command_line.tell(running.platform) == 0
    told = capsys.readouterr().out
    assert f"erase {orphan} (s01): never asked for support, due" in told
    assert told.endswith("1 people; nothing was done.\n")
    assert await run(running, 30) == {orphan: ["erase"]}
    assert await planned(running, 31) == {}, "what is under way is not begun again"
    async with asyncio.timeout(30):
        pool = running.service("intake").state.pool
        while await pool.fetchval("select exists(select from erasures where stage <> 'done')"):
            await asyncio.sleep(0.05)
    await running.caught_up()
    left = await everything_stored(running)
    assert orphan not in left
    assert all(id in left for id in (supported, pathway, merged, theirs))


async def test_who_asks_meanwhile_or_is_restricted_stays(running: Running) -> None:
    await a_person(running)
    back, held, joined = [await identified(running) for _ in range(3)]
    await ask(running, back)
    restriction = {"reason": "accuracy_contested", "restricted_on": "2024-07-01"}
    await running.post(f"/intake/v1/persons/{held}/restriction", restriction, 201, **of(running, Role.MANAGER))
    await merge(running, joined, back)
    assert await planned(running, 30) == {held: "erase"}
    assert await run(running, 30) == {held: ["restricted"]}


async def test_a_request_that_comes_while_they_are_forgotten_is_whole_or_refused(running: Running) -> None:
    """However the two meet, no pathway is left of somebody who was forgotten."""
    await a_person(running)
    orphans = [await identified(running, f"Nom {n}") for n in range(5)]
    await running.caught_up()
    requests = [
        {"request": {"structure": "s01", "person": id, "requested_on": "2024-01-10"}, "pathway": str(uuid4())}
        for id in orphans
    ]
    runtime = running.service("intake").state.runtime
    _, *answers = await asyncio.gather(
        retention.run(runtime, today() + timedelta(days=30), retention.BY_ITSELF),
        *(running.http.post("/intake/v1/pathways", json=body) for body in requests),
    )
    forgotten = await runtime.store.ledger.forgotten([UUID(id) for id in orphans])
    for id, answer in zip(orphans, answers, strict=True):
        assert answer.status_code == (409 if UUID(id) in forgotten else 201), answer.text


async def test_they_come_page_by_page_with_the_others(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    orphans = {await identified(running) for _ in range(5)}
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    runtime, found = running.service("intake").state.runtime, []
    after: retention.Place | None = retention.FIRST
    while after is not None:
        page, after = await retention.plan(runtime.pool, today() + timedelta(days=40), after)
        assert len(page) <= 2
        found += [str(one.person) for one in page]
    assert sorted(found) == sorted(orphans)
