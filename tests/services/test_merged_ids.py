"""A merged id lives on: whoever sends it means the person into whom it was merged, at every door and at any moment."""

import asyncio
import random
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from lieu import issuer
from services.intake import retention
from services.intake.domain import Pathway, Request
from shared.kernel.callers import Role
from shared.kernel.clock import today
from shared.kernel.event_store import About
from tests.folders import COLUMNS
from tests.harness import Running

pytestmark = pytest.mark.slow

DAY = "2024-01-10"
YEAR = {"start": date(2024, 1, 1), "end": date(2024, 12, 31)}


def of(running: Running, role: Role = Role.ADVISER, structure: str = "s01") -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, role, structure)}"}


async def started(running: Running, pathway: str) -> str:
    await running.post(f"/intake/v1/pathways/{pathway}/start", {"on": DAY})
    return pathway


async def a_person(running: Running, structure: str = "s01", called: str = "Anna") -> tuple[str, str]:
    """(person, pathway): supported."""
    await running.post("/intake/v1/structures", {"structure": structure, "name": structure, "department": "69"})
    person, pathway = str(uuid4()), str(uuid4())
    request = {"structure": structure, "person": person, "requested_on": DAY}
    body = {"pathway": pathway, "request": request, "identity": {"called": called}}
    await running.post("/intake/v1/pathways", body, 201, **of(running, structure=structure))
    return person, await started(running, pathway)


async def ask(running: Running, person: str, structure: str = "s01") -> str:
    request = {"structure": structure, "person": person, "requested_on": DAY}
    body = {"pathway": str(uuid4()), "request": request}
    await running.post("/intake/v1/pathways", body, 201, **of(running, structure=structure))
    return await started(running, body["pathway"])  # type: ignore[arg-type]


async def merge(running: Running, person: str, into: str, status: int = 201, structure: str = "s01") -> Any:
    body = {"into": into}
    return await running.post(f"/intake/v1/persons/{person}/merge", body, status, **of(running, structure=structure))


async def whose(running: Running, *pathways: str) -> set[str]:
    store = running.service("intake").state.runtime.store
    return {str(file.person) for file in (await store.load_many(Pathway, [UUID(id) for id in pathways])).values()}


async def supported(running: Running, scope: str = "national") -> int:
    await running.caught_up()
    found = await running.indicators(scope, YEAR["start"], YEAR["end"])
    value: int = found["indicators"]["persons_supported"]["value"]
    return value


def folder(place: Path, *rows: str, structure: str = "s01") -> Path:
    """Pathways of an import: key and person."""
    place.mkdir(exist_ok=True)
    lines = {
        "structures": [f"{structure},{structure},69"],
        "pathways": [f"{row.replace(' ', f',{structure},')},{DAY},,{DAY},{DAY},,,,,," for row in rows],
    }
    for name, columns in COLUMNS.items():
        (place / f"{name}.csv").write_text("\n".join([",".join(columns), *lines.get(name, [])]) + "\n")
    return place


async def test_at_every_door_of_intake_a_merged_id_leads_to_the_survivor(running: Running) -> None:
    (a, first), (b, second), (c, third) = [await a_person(running) for _ in range(3)]
    await merge(running, a, b)
    await merge(running, b, c)
    assert await whose(running, first, second, third) == {c}
    more = [await ask(running, id) for id in (a, b)]
    assert await whose(running, *more) == {c}
    correction = {"structure": "s01", "person": a, "requested_on": "2024-01-09"}
    await running.post(f"/intake/v1/pathways/{third}/request/correction", correction, 201, **of(running))
    assert await whose(running, third) == {c}
    await running.post(f"/intake/v1/persons/{a}/identity", {"called": "Aline"}, 201, **of(running))
    await running.caught_up()
    for id in (a, b, c):
        found = (await running.http.get(f"/intake/v1/persons/{id}", headers=of(running))).json()
        assert (found["person"], found["called"], found["merged_into"]) == (c, "Aline", None)
    assert (await merge(running, a, c, 200))["recorded"] is False
    assert (await merge(running, c, a, 409))["code"] == "already-merged"
    d, fourth = await a_person(running)
    await merge(running, d, a)
    assert await whose(running, fourth) == {c}
    e, fifth = await a_person(running)
    await merge(running, a, e)
    assert await whose(running, first, second, third, fourth, fifth, *more) == {e}
    assert await supported(running) == 1


async def test_the_same_request_again_after_a_merger_adds_nothing(running: Running) -> None:
    (a, first), (b, _) = [await a_person(running) for _ in range(2)]
    await merge(running, a, b)
    body = {"pathway": first, "request": {"structure": "s01", "person": a, "requested_on": DAY}}
    again = await running.post("/intake/v1/pathways", body, 200, **of(running))
    assert again["recorded"] is False


async def test_an_import_under_a_merged_key_is_the_survivors_at_each_import(running: Running, tmp_path: Path) -> None:
    await running.bring(folder(tmp_path / "first", "p1 h1", "p2 h2"))
    one, two = str(await running.person("h1")), str(await running.person("h2"))
    await merge(running, one, two)
    for number in range(3):
        rows = ["p1 h1", "p2 h2", *(f"q{n} h1" for n in range(number + 1))]
        summary = await running.bring(folder(tmp_path / f"again{number}", *rows))
        assert not summary.refusals
        assert await supported(running) == 1
        again = await running.bring(tmp_path / f"again{number}")
        assert sum(again.events.values()) == 0, "the same again adds nothing"
    assert await whose(running, *[str(await running.pathway(key)) for key in ("p1", "p2", "q0", "q1", "q2")]) == {two}
    # A changed row of a pathway that was moved: it stays with whom it was moved to.
    file = tmp_path / "again2" / "pathways.csv"
    file.write_text(file.read_text().replace(f"p1,s01,h1,{DAY},", "p1,s01,h1,2024-01-08,"))
    assert sum((await running.bring(tmp_path / "again2")).events.values()) == 1
    assert await whose(running, str(await running.pathway("p1"))) == {two}


async def test_the_other_services_record_an_imports_rows_of_a_merged_person(running: Running, tmp_path: Path) -> None:
    await running.bring(folder(tmp_path / "first", "p1 h1", "p2 h2"))
    await merge(running, str(await running.person("h1")), str(await running.person("h2")))
    again = folder(tmp_path / "again", "p1 h1", "p2 h2", "p3 h1")
    header, *_ = (again / "exits.csv").read_text().splitlines()
    (again / "exits.csv").write_text(f"{header}\n" + "".join(f"{p},2024-06-01,unemployed,,,\n" for p in ("p1", "p3")))
    summary = await running.bring(again)
    assert not summary.refusals
    assert summary.events["outcomes"] == 2
    await running.caught_up()
    rows = await running.service("outcomes").state.pool.fetch("select distinct person from known_pathways")
    assert [row["person"] for row in rows] == [await running.person("h2")]


@pytest.mark.parametrize("seed", range(4))
async def test_mergers_and_requests_at_once_end_at_the_survivor(running: Running, seed: int) -> None:
    people = [await a_person(running) for _ in range(3)]
    (a, first), (b, second), (c, third) = people
    chance = random.Random(seed)
    asked = [str(uuid4()) for _ in range(12)]
    caller = of(running)
    acts = [
        running.http.post(
            "/intake/v1/pathways",
            json={"pathway": id, "request": {"structure": "s01", "person": chance.choice([a, b]), "requested_on": DAY}},
            headers=caller,
        )
        for id in asked
    ]
    acts += [
        running.http.post(f"/intake/v1/persons/{one}/merge", json={"into": other}, headers=caller)
        for one, other in ((a, b), (b, c))
    ]
    chance.shuffle(acts)
    answers = await asyncio.gather(*acts)
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert await whose(running, first, second, third, *asked) == {c}


async def stray(running: Running, person: str, pathway: UUID) -> None:
    """A pathway under a merged id, as it was recorded before a merged id led anywhere."""
    store = running.service("intake").state.runtime.store
    file = await store.load(Pathway, pathway)
    request = Request("s01", UUID(person), date.fromisoformat(DAY))
    file.request.take(request, request)
    await store.save(file, about=About("s01", pathway, UUID(person)), actor="yesterday", historical=True)
    await started(running, str(pathway))


async def test_who_became_two_before_is_one_after_the_next_import_or_run(running: Running, tmp_path: Path) -> None:
    (a, _), (b, _) = [await a_person(running) for _ in range(2)]
    await merge(running, a, b)
    lost = uuid4()
    await stray(running, a, lost)
    assert await supported(running) == 2
    runtime = running.service("intake").state.runtime
    await retention.run(runtime, today(), retention.BY_ITSELF)
    assert await whose(running, str(lost)) == {b}
    assert await supported(running) == 1

    await running.bring(folder(tmp_path / "first", "p1 h1", "p2 h2"))
    one, two = str(await running.person("h1")), str(await running.person("h2"))
    await merge(running, one, two)
    await stray(running, one, await running.pathway("p9"))
    assert await supported(running) == 3
    await running.bring(folder(tmp_path / "again", "p1 h1", "p2 h2", "p9 h1"))
    assert await supported(running) == 2


@pytest.mark.slow
async def test_mergers_and_imports_in_any_order_give_one_person(running: Running, tmp_path: Path) -> None:
    """Four keys of one person, imported, asked for and merged in an order by chance: one person in the end."""
    for seed in range(12):
        chance, structure = random.Random(seed), f"s{seed:02}"
        keys = [f"{structure}-h{n}" for n in range(4)]
        ids = {key: str(await running.person(key)) for key in keys}
        rows = [f"{structure}-p{n} {key}" for n, key in enumerate(keys)]
        await running.bring(folder(tmp_path / f"{structure}-0", *rows, structure=structure))
        # A tree that joins them all, each edge taken whenever its turn comes and both ways round.
        edges = [(keys[n], chance.choice(keys[:n])) for n in range(1, 4)]
        steps: list[tuple[str, Any]] = [("merge", edge if chance.random() < 0.5 else edge[::-1]) for edge in edges]
        steps += [("import", n) for n in range(3)] + [("ask", chance.choice(keys)) for _ in range(2)]
        chance.shuffle(steps)
        for step, what in steps:
            if step == "merge":
                one, other = (ids[key] for key in what)
                await merge(running, one, other, structure=structure)
            elif step == "ask":
                await ask(running, ids[what], structure)
            else:
                rows.append(f"{structure}-q{what} {chance.choice(keys)}")
                await running.bring(folder(tmp_path / f"{structure}-{what + 1}", *rows, structure=structure))
        assert await supported(running, f"structure:{structure}") == 1, (seed, steps)
    assert await supported(running) == 12


async def test_the_ids_of_a_forgotten_survivor_stay_forgotten(running: Running, tmp_path: Path) -> None:
    await running.bring(folder(tmp_path / "first", "p1 h1", "p2 h2", "p3 h3"))
    one, two, three = [str(await running.person(key)) for key in ("h1", "h2", "h3")]
    await merge(running, one, two)
    await merge(running, two, three)
    await running.post(f"/intake/v1/persons/{one}/erasure", status=202)
    async with asyncio.timeout(30):
        while await running.service("intake").state.pool.fetchval(
            "select exists(select from erasures where stage <> 'done')"
        ):
            await asyncio.sleep(0.05)
    again = await running.bring(folder(tmp_path / "again", "p1 h1", "p2 h2", "p3 h3", "p4 h1", "p5 h2"))
    assert len(again.forgotten) == 5
    assert sum(again.events.values()) == 0
    for id in (one, two, three):
        request = {"request": {"structure": "s01", "person": id, "requested_on": DAY}}
        assert (await running.post("/intake/v1/pathways", request, 409))["code"] == "forgotten"
        named = request | {"identity": {"called": "Anna"}}
        assert (await running.post("/intake/v1/pathways", named, 409))["code"] == "forgotten"
        refused = await running.post("/intake/v1/pathways", named, 404, **of(running))
        assert refused["code"] == "unknown-person"
    keys = "select count(*) from person_keys where person = any($1)"
    assert await running.service("intake").state.pool.fetchval(keys, [UUID(id) for id in (one, two, three)]) == 0
