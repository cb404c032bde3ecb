"""Another structure's person, pathway or structure is answered as one that does not exist, whichever field names it."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from lieu import issuer
from shared.kernel.callers import Role
from shared.kernel.clock import today
from tests.doors.test_matrix import Names, Route, routes, told
from tests.harness import Running

pytestmark = pytest.mark.slow

OURS, THEIRS = "s01", "s02"
NAME, PHONE = "Wilhelmine", "0601020399"
OF_A_PERSON = {"person", "into"}
OF_A_PATHWAY = {"pathway", "pathways"}
OF_A_STRUCTURE = {"structure", "to_structure", "scope"}
OF_A_CORRESPONDENT = {"correspondent", "tutor"}
OF_SOMETHING_ELSE = {
    "action", "activity", "appointment", "assessment", "attempt", "attempt_id", "diagnostic", "disagreement_id",
    "enrolment", "erasure", "fact", "id", "job", "period", "placement", "plan", "proposal", "session", "situation",
    "support", "support_id", "wave",
}  # fmt: skip
"""Ids of facts: they lead to something within a pathway's file, a session or a wave."""
TOLD = {
    ("POST /intake/v1/pathways", "pathway"): "a new id that the caller chooses: one that is taken is a conflict",
    ("POST /intake/v1/pathways/{pathway}/transfer", "to_structure"): "which structures there are, everybody knows",
    ("GET /reporting/v1/indicators", "scope"): "figures that tell of no person (docs/decisions/0020)",
}
"""What is answered otherwise than something that does not exist, and why that tells nothing of a person."""


@dataclass(frozen=True)
class Field:
    """Where a route takes an id: in its path, its query, or its body by the names on the way."""

    place: str
    way: tuple[str, ...]

    @property
    def name(self) -> str:
        return [part for part in self.way if part != "[]"][-1]


def fields(running: Running, service: str) -> dict[str, list[Field]]:
    """By route, every field of a text that is a uuid, or is named as one of the ids above."""
    app = running.app if service == "desk" else running.service(service)
    if service == "desk":
        app = next(route.app for route in running.app.routes if getattr(route, "path", "") == "/desk")
    described = app.openapi()
    found: dict[str, list[Field]] = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            here = found.setdefault(f"{method.upper()} /{service}{path}", [])
            for parameter in operation.get("parameters", []):
                if parameter["in"] != "header":
                    ways = _texts(parameter["schema"], described, (parameter["name"],))
                    here += [Field(parameter["in"], way) for way in ways]
            if "requestBody" in operation:
                (content,) = operation["requestBody"]["content"].values()
                here += [Field("body", way) for way in _texts(content["schema"], described, ())]
    return found


def _texts(schema: Any, described: Any, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    for part in ("anyOf", "allOf", "oneOf"):
        for one in schema.get(part, []):
            yield from _texts(one, described, way)
    for name, inner in schema.get("properties", {}).items():
        yield from _texts(inner, described, (*way, name))
    if "items" in schema:
        yield from _texts(schema["items"], described, (*way, "[]"))
    name = [part for part in way if part != "[]"][-1:]
    known = OF_A_PERSON | OF_A_PATHWAY | OF_A_STRUCTURE | OF_A_CORRESPONDENT
    if schema.get("type") == "string" and (schema.get("format") == "uuid" or known & set(name)):
        yield way


SERVICES = ("intake", "diagnostic", "training", "outcomes", "reporting", "desk")


def as_caller(running: Running, role: Role, structure: str) -> dict[str, str]:
    token = issuer.token(running.data, role, structure)
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}


@pytest_asyncio.fixture
async def both(running: Running) -> dict[str, dict[str, str]]:
    """By structure, the ids of a person who is supported there, of their pathway and of a correspondent."""
    found = {}
    for structure, called, phone in ((OURS, "Anna", "0600000001"), (THEIRS, NAME, PHONE)):
        await running.post("/intake/v1/structures", {"structure": structure, "name": structure, "department": "69"})
        person, pathway, correspondent = (str(uuid4()) for _ in range(3))
        request = {"structure": structure, "person": person, "requested_on": "2024-01-10"}
        identity = {"called": called, "family_name": called, "phone": phone}
        body = {"pathway": pathway, "request": request, "identity": identity}
        caller = as_caller(running, Role.ADVISER, structure)
        await running.post("/intake/v1/pathways", body, 201, **caller)
        await running.post(f"/intake/v1/pathways/{pathway}/start", {"on": "2024-01-12"}, 201)
        for service in ("training", "outcomes"):
            contact = {"id": correspondent, "structure": structure, "name": called}
            await running.post(f"/{service}/v1/correspondents", contact, 201, **caller)
        found[structure] = {
            "person": person,
            "pathway": pathway,
            "structure": structure,
            "correspondent": correspondent,
            "scope": f"structure:{structure}",
        }
    await running.caught_up()
    return found


def kind(name: str) -> str:
    """The name of what an id of this name leads to, in `both`."""
    for names, of in ((OF_A_PERSON, "person"), (OF_A_PATHWAY, "pathway"), (OF_A_CORRESPONDENT, "correspondent")):
        if name in names:
            return of
    return "scope" if name == "scope" else "structure"


def nobody(of: str) -> str:
    return {"structure": f"x{str(uuid4())[:8]}", "scope": f"structure:x{str(uuid4())[:8]}"}.get(of, str(uuid4()))


def with_id(route: Route, field: Field, ids: dict[str, str], id: str) -> tuple[Route, dict[str, str]] | None:
    """The route with this id in the field; null where its example has no such field to put it in."""
    if field.place == "path":
        return route, ids | {field.name: id}
    if field.place == "query":
        return replace(route, query=route.query | {field.name: id}), ids
    body = copy.deepcopy(route.body)
    return (replace(route, body=body), ids) if _put(body, list(field.way), id) else None


def _put(body: Any, way: list[str], id: str) -> bool:
    first, *rest = way
    if first == "[]":
        if not rest:
            body[:] = [id]
            return True
        return bool(body) and _put(body[0], rest, id)
    if not rest:
        body[first] = id
        return True
    if rest == ["[]"]:
        body[first] = [id]
        return True
    return body.get(first) is not None and _put(body[first], rest, id)


async def answer(running: Running, route: Route, ids: dict[str, str], role: Role) -> Any:
    return await running.http.request(
        route.method,
        route.at(Names(ids)),
        params=route.query,
        json=route.body,
        headers=as_caller(running, role, OURS),
    )


async def everything_of(running: Running, ids: dict[str, str]) -> dict[str, list[str]]:
    """Every event that tells of them, of their pathway or their structure, and where they are held."""
    found = {}
    for service in ("intake", "diagnostic", "training", "outcomes"):
        pool = running.service(service).state.pool
        events = await pool.fetch(
            """select e::text as line from events e where structure = $1 or person = $2 or pathway = $3
                order by position""",
            ids["structure"],
            ids["person"],
            ids["pathway"],
        )
        held = await pool.fetch("select k::text as line from known_pathways k where pathway = $1", ids["pathway"])
        found[service] = [row["line"] for row in (*events, *held)]
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_whatever_field_names_what_is_anothers_it_is_answered_as_what_does_not_exist(
    running: Running, both: dict[str, dict[str, str]]
) -> None:
    ours, theirs = both[OURS], both[THEIRS]
    table, wrong, tried, seen = told(), [], set(), set()
    before = await everything_of(running, theirs)
    nowhere = {of: nobody(of) for of in theirs}
    by_name = {route.name: route for route in routes(running, ours)}
    for service in SERVICES:
        for name, takes in fields(running, service).items():
            for field in takes:
                known = OF_A_PERSON | OF_A_PATHWAY | OF_A_STRUCTURE | OF_A_CORRESPONDENT
                assert field.name in known | OF_SOMETHING_ELSE, f"{name} {field}: whose is this id?"
                seen.add(field.name)
                if field.name not in known or name not in by_name or (name, field.name) in TOLD:
                    continue
                of = kind(field.name)
                for role in (Role.ADVISER, Role.MANAGER):
                    if table[name][role] == "–":
                        continue
                    answers = []
                    for id in (theirs[of], nowhere[of]):
                        put = with_id(_without_identity(by_name[name], field), field, ours, id)
                        if put is None:
                            continue
                        found = await answer(running, *put, role)
                        text = found.text.replace(id.removeprefix("structure:"), "<id>")
                        answers.append((found.status_code, _steady(text)))
                        assert NAME not in found.text, f"{name} {field}"
                        assert PHONE not in found.text, f"{name} {field}"
                    tried.add((name, field, role))
                    if len(set(answers)) > 1 or any(status >= 500 for status, _ in answers):
                        wrong.append(f"{name} {field} {role}: {answers}")
    assert not wrong, "\n".join(wrong)
    assert len(tried) > 250
    assert seen >= OF_A_PERSON | OF_A_PATHWAY | OF_A_STRUCTURE | OF_A_CORRESPONDENT
    await running.caught_up()
    assert await everything_of(running, theirs) == before, "nothing of theirs has changed"
    await nothing_is_read(running, both)


def _without_identity(route: Route, field: Field) -> Route:
    """A new person may be sent under an id of the caller's choice, with an identity: what that tells is tried apart."""
    if field.way == ("request", "person"):
        return replace(route, body={name: value for name, value in route.body.items() if name != "identity"})
    return route


def _steady(text: str) -> str:
    """Without the instant of the answer and the trace."""
    try:
        told = json.loads(text)
    except ValueError:
        return text
    if isinstance(told, list):  # notes of who read, each with its instant
        told = [{**one, "at": None} if isinstance(one, dict) and "at" in one else one for one in told]
    if isinstance(told, dict):
        told = {name: value for name, value in told.items() if name not in ("known_at", "trace")}
        # Of the audit: whoever asks is noted, and told that they asked.
        if "entries" in told:
            told["entries"] = len(told["entries"])
    return json.dumps(told, sort_keys=True)


async def nothing_is_read(running: Running, both: dict[str, dict[str, str]]) -> None:
    """Whatever our structure asks, with our ids or theirs, no answer holds their person's name or telephone."""
    for ids in both.values():
        for route in routes(running, ids):
            if route.method == "GET" or route.name == "POST /intake/v1/persons/search":
                asked = replace(route, body={"name": NAME}) if route.method == "POST" else route
                for role in (Role.ADVISER, Role.MANAGER):
                    found = await answer(running, asked, ids, role)
                    assert NAME not in found.text, route.name
                    assert PHONE not in found.text, route.name


ACTS: list[tuple[str, Callable[[dict[str, str], dict[str, str]], tuple[str, Any]]]] = [
    (
        "a request",
        lambda ours, id: ("pathways", {"request": {"structure": OURS, "requested_on": "2024-02-01", **id}}),
    ),
    (
        "a correction",
        lambda ours, id: (
            f"pathways/{ours['pathway']}/request/correction",
            {"structure": OURS, "requested_on": "2024-01-10", **id},
        ),
    ),
    ("merging ours", lambda ours, id: (f"persons/{ours['person']}/merge", {"into": id["person"]})),
    ("merging theirs", lambda ours, id: (f"persons/{id['person']}/merge", {"into": ours["person"]})),
    ("a name", lambda ours, id: (f"persons/{id['person']}/identity", {"called": "X"})),
]


@pytest.mark.parametrize("role", [Role.ADVISER, Role.MANAGER])
async def test_nobody_gets_at_another_structures_person(
    running: Running, both: dict[str, dict[str, str]], role: Role
) -> None:
    ours, theirs = both[OURS], both[THEIRS]
    before = await everything_of(running, theirs)
    for what, act in ACTS:
        answers = []
        for id in (theirs["person"], str(uuid4()), theirs["pathway"]):
            path, body = act(ours, {"person": id})
            refused = await running.post(f"/intake/v1/{path}", body, 404, **as_caller(running, role, OURS))
            answers.append(json.dumps(refused).replace(id, "<id>"))
        assert "unknown-person" in answers[0], what
        assert len(set(answers)) == 1, what
    assert await everything_of(running, theirs) == before
    await nothing_is_read(running, both)


async def test_who_is_new_has_a_name_and_an_id_that_nobody_has(
    running: Running, both: dict[str, dict[str, str]]
) -> None:
    """What an outsider learns: that an id which they hold is somebody's. Of whom, they are told nothing."""
    theirs, identity = both[THEIRS], {"called": "Wanda"}
    request = {"structure": OURS, "requested_on": "2024-02-01", "person": theirs["person"]}
    body = {"request": request, "identity": identity}
    refused = await running.post("/intake/v1/pathways", body, 404, **as_caller(running, Role.ADVISER, OURS))
    assert refused["code"] == "unknown-person"
    new = str(uuid4())
    body["request"] = request | {"person": new}
    await running.post("/intake/v1/pathways", body, 201, **as_caller(running, Role.ADVISER, OURS))
    found = await running.http.get(f"/intake/v1/persons/{new}", headers=as_caller(running, Role.ADVISER, THEIRS))
    assert found.status_code == 404
    await nothing_is_read(running, both)


async def test_a_structure_changes_by_transfer_alone(running: Running, both: dict[str, dict[str, str]]) -> None:
    ours = both[OURS]
    path = f"/intake/v1/pathways/{ours['pathway']}/request/correction"
    body = {"structure": THEIRS, "requested_on": "2024-01-10", "person": ours["person"]}
    for headers in (as_caller(running, Role.ADVISER, OURS), as_caller(running, Role.MANAGER, OURS), {}):
        assert (await running.post(path, body, 409, **headers))["code"] == "structure-changes-by-transfer"


async def test_who_held_a_pathway_knows_the_person_when_they_come_back(
    running: Running, both: dict[str, dict[str, str]]
) -> None:
    ours, mine = both[OURS], as_caller(running, Role.ADVISER, OURS)
    path = f"/intake/v1/pathways/{ours['pathway']}"
    on = (today() - timedelta(days=1)).isoformat()
    await running.post(f"{path}/transfer", {"to_structure": THEIRS, "transferred_on": on}, 201, **mine)
    for headers, status in ((mine, 404), (as_caller(running, Role.ADVISER, THEIRS), 201)):
        identity = f"/intake/v1/persons/{ours['person']}/identity"
        told = {"called": "Ana", "family_name": "Ana", "phone": None}
        await running.post(identity, told, status, **(headers | {"Idempotency-Key": str(uuid4())}))
    back = {"request": {"structure": OURS, "person": ours["person"], "requested_on": on}}
    await running.post("/intake/v1/pathways", back, 201, **as_caller(running, Role.ADVISER, OURS))
