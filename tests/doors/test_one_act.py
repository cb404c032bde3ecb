"""A command is one append, under its key, or nothing: in turn, at once, and whatever refuses it."""

import ast
import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from lieu import issuer
from lieu.client import running as address_of
from shared.kernel.callers import Role
from shared.kernel.clock import today
from tests import processes
from tests.harness import Running
from tests.places import ROOT

DAY = "2024-01-10"
RESTRICTION = {"reason": "accuracy_contested", "restricted_on": "2024-07-01"}


def of(running: Running, role: Role = Role.ADVISER, structure: str = "s01", key: str | None = None) -> dict[str, str]:
    named = {} if key is None else {"Idempotency-Key": key}
    return {"Authorization": f"Bearer {issuer.token(running.data, role, structure)}"} | named


async def register(running: Running, *structures: str) -> None:
    for structure in structures:
        await running.post("/intake/v1/structures", {"structure": structure, "name": structure, "department": "69"})


def asked(**more: Any) -> dict[str, Any]:
    """A request with a name; ids where they are given."""
    request = {"structure": "s01", "requested_on": DAY} | more.pop("request", {})
    return {"request": request, "identity": {"called": "Anna", "phone": "0601020304"}} | more


async def ask(running: Running, **headers: str) -> tuple[str, str]:
    """(person, pathway), of an adviser's request."""
    person, pathway = str(uuid4()), str(uuid4())
    body = asked(request={"person": person}, pathway=pathway)
    await running.post("/intake/v1/pathways", body, 201, **(headers or of(running)))
    return person, pathway


async def persons(running: Running) -> tuple[int, int, int]:
    """(files of persons, persons whom pathways tell of, pathways)."""
    row = await running.service("intake").state.pool.fetchrow(
        """select count(distinct aggregate) filter (where name = 'intake.person-identified') as files,
                  count(distinct person) filter (where name = 'intake.pathway-requested') as told,
                  count(distinct aggregate) filter (where name = 'intake.pathway-requested') as pathways from events"""
    )
    return row["files"], row["told"], row["pathways"]


async def saves_since(running: Running, position: int) -> dict[UUID, list[str]]:
    """By save, the names of the events that it appended."""
    rows = await running.service("intake").state.pool.fetch(
        "select save, name from events where position > $1 order by position", position
    )
    found: dict[UUID, list[str]] = {}
    for row in rows:
        found.setdefault(row["save"], []).append(row["name"].removeprefix("intake."))
    return found


async def position(running: Running) -> int:
    found: int = await running.service("intake").state.pool.fetchval("select position from head")
    return found


async def one_save(running: Running, before: int) -> list[str]:
    (names,) = (await saves_since(running, before)).values()
    return names


async def test_a_refused_request_keeps_no_name(running: Running) -> None:
    await register(running, "s01")
    tomorrow = (today() + timedelta(days=2)).isoformat()
    for body, code in (
        (asked(request={"requested_on": tomorrow}), "in-the-future"),
        (asked(request={"birth_year": 2025}), "implausible-birth-year"),
    ):
        for key in (None, str(uuid4())):
            refused = await running.post("/intake/v1/pathways", body, 409, **of(running, key=key))
            assert refused["code"] == code
    _, pathway = await ask(running)
    other = asked(request={"requested_on": "2024-02-02"}, pathway=pathway)
    assert (await running.post("/intake/v1/pathways", other, 409, **of(running)))["code"] == "already-recorded"
    nowhere = asked(request={"structure": "s09"})
    assert (await running.post("/intake/v1/pathways", nowhere, 409))["code"] == "unknown-structure"
    assert await persons(running) == (1, 1, 1)


@pytest.mark.parametrize("named", ["person", "pathway", "nothing", "both"])
@pytest.mark.slow
async def test_any_number_of_retries_under_one_key_leave_one_person(running: Running, named: str) -> None:
    """In turn and at once, whichever ids the caller leaves to the server."""
    await register(running, "s01")
    body = asked()
    if named in ("person", "both"):
        body["request"]["person"] = str(uuid4())
    if named in ("pathway", "both"):
        body["pathway"] = str(uuid4())
    headers = of(running, key=str(uuid4()))
    at_once = await asyncio.gather(
        *(running.http.post("/intake/v1/pathways", json=body, headers=headers) for _ in range(20))
    )
    in_turn = [await running.http.post("/intake/v1/pathways", json=body, headers=headers) for _ in range(3)]
    answers = {(answer.status_code, answer.text) for answer in [*at_once, *in_turn]}
    assert len(answers) == 1, answers
    assert {status for status, _ in answers} == {201}
    assert await persons(running) == (1, 1, 1)


@pytest.mark.slow
async def test_whatever_is_asked_again_and_refused_there_are_as_many_persons_as_pathways_tell_of(
    running: Running,
) -> None:
    await register(running, "s01")
    chance = random.Random(15)
    tomorrow = (today() + timedelta(days=2)).isoformat()
    known: list[str] = []
    for _ in range(12):
        more: dict[str, Any] = {"request": {"requested_on": chance.choice([DAY, tomorrow])}}
        if known and chance.random() < 0.3:
            more["pathway"] = chance.choice(known)
        elif chance.random() < 0.5:
            more["pathway"] = str(uuid4())
        body = asked(**more)
        headers = of(running, key=chance.choice([None, str(uuid4())]))
        answers = await asyncio.gather(
            *(
                running.http.post("/intake/v1/pathways", json=body, headers=headers)
                for _ in range(chance.randint(1, 4) if "Idempotency-Key" in headers else 1)
            )
        )
        assert len({answer.text for answer in answers}) == 1
        known += [answer.json()["id"] for answer in answers[:1] if answer.status_code == 201]
        files, told, pathways = await persons(running)
        assert files == told == pathways
    assert known


async def test_the_first_answer_stands_after_the_file_was_closed(running: Running) -> None:
    """A rule that came to hold later does not make the same request another one."""
    await register(running, "s01")
    person, pathway = await ask(running)
    path, key = f"/intake/v1/pathways/{pathway}/welcome", str(uuid4())
    offered, at = str(uuid4()), f"/intake/v1/pathways/{pathway}/appointments"
    first = await running.post(path, {"on": DAY}, 201, **of(running, key=key))
    offer = {"on": DAY, "purpose": "welcome", "appointment": offered}
    second = await running.post(at, offer, 201, **of(running, key=key))
    await running.caught_up()
    said = {"kind": "request", "said_on": DAY, "id": str(uuid4())}
    third = await running.post(f"/intake/v1/pathways/{pathway}/disagreements", said, 201, **of(running, key=key))
    fourth = await running.post(
        f"/diagnostic/v1/pathways/{pathway}/plans", {"id": offered, "agreed_on": DAY}, 201, **of(running, key=key)
    )
    await running.post(
        f"/intake/v1/persons/{person}/restriction", RESTRICTION, 201, **of(running, Role.MANAGER, "s01", key)
    )
    await running.caught_up()
    assert await running.post(path, {"on": DAY}, 201, **of(running, key=key)) == first
    assert await running.post(at, offer, 201, **of(running, key=key)) == second
    again = await running.post(f"/intake/v1/pathways/{pathway}/disagreements", said, 201, **of(running, key=key))
    assert again == third
    again = await running.post(
        f"/diagnostic/v1/pathways/{pathway}/plans", {"id": offered, "agreed_on": DAY}, 201, **of(running, key=key)
    )
    assert again == fourth


async def test_what_one_command_changes_in_several_files_is_one_append(running: Running) -> None:
    await register(running, "s01", "s02")
    before = await position(running)
    one, pathway = await ask(running)
    assert await one_save(running, before) == ["pathway-requested", "person-identified"]
    two, _ = await ask(running)

    offered = str(uuid4())
    at = f"/intake/v1/pathways/{pathway}"
    await running.post(f"{at}/appointments", {"on": DAY, "purpose": "welcome", "appointment": offered}, 201)
    for day in ("2024-01-11", "2024-01-12"):
        await running.post(f"{at}/attempts", {"on": day, "means": "phone"}, 201)
    await running.post(f"{at}/set-aside", {"on": "2024-01-12"}, 201)
    before = await position(running)
    await running.post(f"{at}/appointments/{offered}/kept", {"on": "2024-01-13"}, 201, **of(running))
    assert sorted(await one_save(running, before)) == ["appointment-kept", "request-taken-up"]

    before = await position(running)
    await running.post(f"/intake/v1/persons/{two}/merge", {"into": one}, 201, **of(running))
    assert await one_save(running, before) == ["person-merged", "request-corrected"]
    for path, body, told in (
        ("restriction", RESTRICTION, "restrict"),
        ("restriction/lifting", {"on": "2024-07-20"}, "lifted"),
    ):
        before = await position(running)
        await running.post(f"/intake/v1/persons/{one}/{path}", body, 201, **of(running, Role.MANAGER))
        names = await one_save(running, before)
        assert len(names) == 4, "two files of persons and two pathways"
        assert all(told in name for name in names)

    before = await position(running)
    user = {"user": "camille", "role": "adviser", "name": "Camille Roux"}
    await running.post("/intake/v1/structures/s01/users", user, 201, **of(running, Role.MANAGER))
    assert len(await one_save(running, before)) == 2


async def test_nothing_of_an_act_stands_where_one_part_of_it_is_refused(running: Running) -> None:
    """The same person under another day of restriction, a user who is let in as what they are not."""
    await register(running, "s01")
    one, _ = await ask(running)
    two, _ = await ask(running)
    await running.post(f"/intake/v1/persons/{one}/restriction", RESTRICTION, 201, **of(running, Role.MANAGER))
    before = await position(running)
    back = asked(request={"person": one})
    assert (await running.post("/intake/v1/pathways", back, 409, **of(running)))["code"] == "restricted"
    into = {"into": one}
    assert (await running.post(f"/intake/v1/persons/{two}/merge", into, 409, **of(running)))["code"] == "restricted"
    user = {"user": "camille", "role": "operator", "name": "Camille Roux"}
    await running.post("/intake/v1/structures/s01/users", user, 409, **of(running, Role.MANAGER))
    assert await saves_since(running, before) == {}


async def test_the_pathways_of_an_adviser_are_moved_under_one_answer(running: Running) -> None:
    await register(running, "s01")
    for _ in range(3):
        _, pathway = await ask(running)
        await running.post(f"/intake/v1/pathways/{pathway}/adviser", {"adviser": "anna", "on": DAY}, 201)
    body = {"from_adviser": "anna", "to_adviser": "paul", "on": DAY}
    headers = of(running, Role.MANAGER, key=str(uuid4()))
    first = await running.post("/intake/v1/advisers/caseload", body, 200, **headers)
    assert first == {"moved": 3, "restricted": 0}
    assert await running.post("/intake/v1/advisers/caseload", body, 200, **headers) == first
    await running.post("/intake/v1/advisers/caseload", body | {"on": "2024-01-11"}, 422, **headers)
    later = await running.post("/intake/v1/advisers/caseload", body, 200, **of(running, Role.MANAGER))
    assert later["moved"] == 0


async def test_rows_of_structures_under_one_key_are_all_registered(running: Running) -> None:
    rows = [{"structure": code, "name": code, "department": "69"} for code in ("s01", "s02", "s03")]
    added = await running.post(
        "/intake/v1/imports/structures", {"structures": rows}, 200, **{"Idempotency-Key": str(uuid4())}
    )
    assert added == {"s01": 1, "s02": 1, "s03": 1}
    found = await running.service("intake").state.pool.fetchval(
        "select count(*) from events where name = 'intake.structure-registered'"
    )
    assert found == 3


@pytest.mark.slow
@pytest.mark.slow
async def test_over_sockets_at_once_one_key_is_one_person(tmp_path: Path) -> None:
    platform = await processes.up(tmp_path)
    reading = asyncio.create_task(platform.communicate())
    try:
        operator = {"Authorization": f"Bearer {issuer.token(tmp_path, Role.OPERATOR)}"}
        adviser = {"Authorization": f"Bearer {issuer.token(tmp_path, Role.ADVISER, 's01')}"}
        async with httpx.AsyncClient(base_url=address_of(tmp_path), timeout=60) as http:
            structure = {"structure": "s01", "name": "s01", "department": "69"}
            (await http.post("/intake/v1/structures", json=structure, headers=operator)).raise_for_status()
            for number in range(5):
                headers = adviser | {"Idempotency-Key": str(uuid4())}
                answers = await asyncio.gather(
                    *(http.post("/intake/v1/pathways", json=asked(), headers=headers) for _ in range(24))
                )
                assert {answer.status_code for answer in answers} == {201}
                assert len({answer.text for answer in answers}) == 1
                people = await _listed(http, adviser, number + 1)
                assert len({row["person"] for row in people}) == number + 1
            found = await http.post("/intake/v1/persons/search", json={"name": "Anna"}, headers=adviser)
            assert len(found.json()) == 5
    finally:
        platform.terminate()
        await reading


async def _listed(http: httpx.AsyncClient, headers: dict[str, str], many: int) -> list[dict[str, Any]]:
    """The people of the structure, once the list has heard of so many."""
    async with asyncio.timeout(30):
        while True:
            rows: list[dict[str, Any]] = (await http.get("/intake/v1/people", headers=headers)).json()
            if len(rows) >= many:
                return rows
            await asyncio.sleep(0.05)


# A function that acts twice for one request would have been found here

ACTS = {"execute", "save", "save_all", "import_dossiers"}
SEVERAL = {
    "import_structures": "a row is an act of its own, and sent again adds nothing",
    "import_dossiers": "a dossier is an act of its own, and sent again adds nothing",
    "_move_all": "the pathways of an adviser: what is left is found again (docs/decisions/0026-one-act.md)",
    "move_caseload": "the same, with the answer that is kept of them all",
    "_bring_home": "pathways of different persons, each brought home by itself",
    "_follow": "the steps of one person, one after the other; each leaves them among those due",
    "run": "the steps of many people",
    "reactivate": "many people",
    "run_of_the_day": "the pages of a run",
    "_every_day": "a run, once a day",
    "_say_accepted": "of an erasure: found again by its row",
    "_decide": "the attempts of one act",
}


Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> Iterator[tuple[Path, list[ast.stmt]]]:
    for file in [*(ROOT / "services").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]:
        if "event_store" not in file.parts and "reporting" not in file.parts:
            yield file, ast.parse(file.read_text()).body


def functions() -> Iterator[tuple[Path, ast.AsyncFunctionDef]]:
    for file, module in modules():
        yield from ((file, node) for node in module if isinstance(node, ast.AsyncFunctionDef))


def decided() -> Iterator[tuple[Path, Function]]:
    """What CommandRoutes acts for, once: targets, which open a file, and the decisions that it makes routes of."""
    for file, module in modules():
        nodes = [node for of in module for node in ast.walk(of)]  # shared routes are made in functions
        routes = {
            one.targets[0].id
            for one in nodes
            if isinstance(one, ast.Assign)
            and isinstance(one.targets[0], ast.Name)
            and isinstance(one.value, ast.Call)
            and ast.unparse(one.value.func) == "CommandRoutes"
        }
        for node in nodes:
            if isinstance(node, Function) and (
                "Target[" in ast.unparse(node.returns or ast.Constant(None))
                or any(ast.unparse(one).partition(".post(")[0] in routes for one in node.decorator_list)
            ):
                yield file, node


def acts_in(function: Function, acting: set[str]) -> int:
    """How many calls that append it makes; in a loop as many as two."""
    found = 0
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _called(node) in acting:
            found += 1
        if isinstance(node, ast.For | ast.While | ast.AsyncFor | ast.ListComp | ast.GeneratorExp):
            inside = (one for one in ast.walk(node) if isinstance(one, ast.Call) and one is not node)
            found += any(_called(one) in acting for one in inside)
    return found


MODULES = {
    "application",
    "correspondents",
    "course",
    "disagreement",
    "pathways",
    "persons",
    "retention",
    "users",
    "waves",
}


def _called(call: ast.Call) -> str | None:
    """The command that is called, or what appends; null for a method of an aggregate that is called alike."""
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=module), attr=name) if module in MODULES:
            return name
        case ast.Attribute(attr=name) if name in ACTS - {"execute"}:  # which a connection does with SQL
            return name
    return None


def acting_functions() -> set[str]:
    acting = set(ACTS)
    while more := {function.name for _, function in functions() if acts_in(function, acting)} - acting:
        acting |= more
    return acting


def test_no_request_acts_twice() -> None:
    found, acting = list(functions()), acting_functions()
    twice = {
        f"{file.relative_to(ROOT)} {function.name}"
        for file, function in found
        if acts_in(function, acting) > 1 and function.name not in SEVERAL
    }
    assert twice == set()
    assert len(acting) > 20, "it has seen what is no decision of CommandRoutes"


def test_no_decision_acts_beside_its_route() -> None:
    """CommandRoutes makes the route of a decision, which acts once: it executes the decision. So neither this nor the
    target that opens its file appends anything; what else they look at, they load by the same act."""
    found, acting = list(decided()), acting_functions()
    twice = {f"{file.relative_to(ROOT)} {function.name}" for file, function in found if acts_in(function, acting)}
    assert twice == set()
    assert len(found) > 110, "it has seen the decisions"
    (route,) = (
        node for _, module in modules() for node in module if isinstance(node, Function) and node.name == "_endpoint"
    )
    assert acts_in(route, acting) == 1
