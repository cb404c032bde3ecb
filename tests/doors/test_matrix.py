"""Every route under every role, and of another structure, against docs/roles.md: a route without a rule fails."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from starlette.routing import Mount

from lieu import issuer
from shared.kernel.callers import Role
from tests.harness import Running
from tests.places import ROOT

DOCUMENT = ROOT / "docs" / "roles.md"
ROLES = list(Role)
SERVICES = ("intake", "diagnostic", "training", "outcomes", "reporting", "desk")
WITHOUT_TOKEN: set[str] = set()
NEVER_TRIED = {"POST /reporting/v1/rebuild"}
"""It would go on beside the others."""
OURS, THEIRS = "s01", "s02"


@dataclass(frozen=True)
class Route:
    service: str
    method: str
    path: str
    body: Any
    query: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.method} /{self.service}{self.path}"

    def at(self, ids: dict[str, str]) -> str:
        return f"/{self.service}" + re.sub(r"{(\w+)}", lambda found: ids[found[1]], self.path)


def _tables() -> dict[str, list[str]]:
    rows = re.findall(r"^\| `((?:GET|POST) /\S*)` \| (.+) \|$", DOCUMENT.read_text(), re.MULTILINE)
    return {route: cells.split(" | ") for route, cells in rows}


def told() -> dict[str, dict[Role, str]]:
    """The document's table: for each route what each role may: `yes`, `own` (their structure's), `–`."""
    return {
        route: dict(zip(ROLES, cells, strict=True)) for route, cells in _tables().items() if len(cells) == len(ROLES)
    }


def told_of_pages() -> dict[str, dict[Role | None, str]]:
    """The same of the pages, and what nobody in particular may."""
    readers = [None, *ROLES]
    return {
        page: dict(zip(readers, cells, strict=True)) for page, cells in _tables().items() if len(cells) == len(readers)
    }


def routes(running: Running, ids: dict[str, str]) -> Iterator[Route]:
    for service in SERVICES:
        app = running.app if service == "desk" else running.service(service)
        if service == "desk":
            app = next(route.app for route in running.app.routes if getattr(route, "path", "") == "/desk")
        described = app.openapi()
        for path, operations in described["paths"].items():
            for method, operation in operations.items():
                body = None
                if "requestBody" in operation:
                    (content,) = operation["requestBody"]["content"].values()
                    named = content["schema"]["$ref"].rsplit("/", 1)[1]
                    body = _about_ours(described["components"]["schemas"][named]["examples"][0], ids)
                query = {
                    parameter["name"]: _value(parameter, ids)
                    for parameter in operation.get("parameters", [])
                    if parameter["in"] == "query" and parameter["required"]
                }
                yield Route(service, method.upper(), path, body, query)


def _value(parameter: dict[str, Any], ids: dict[str, str]) -> str:
    if parameter["name"] in ids:
        return ids[parameter["name"]]
    examples = {"from": "2023-01-01", "to": "2023-12-31", "scope": "national", "first": "2024-01-01"}
    kind = parameter["schema"].get("format") or parameter["schema"].get("type")
    return examples.get(parameter["name"]) or {"date": "2024-01-31", "uuid": str(uuid4())}.get(str(kind), "x")


def _about_ours(example: Any, ids: dict[str, str]) -> Any:
    """The body's example with our structure, pathway and person in the places of its own."""
    if isinstance(example, dict):
        return {
            name: ids[name] if name in ids and isinstance(value, str) else _about_ours(value, ids)
            for name, value in example.items()
        }
    return [_about_ours(one, ids) for one in example] if isinstance(example, list) else example


@pytest_asyncio.fixture
async def ids(running: Running) -> dict[str, str]:
    """What there is of our structure, by the names that routes and bodies give it."""
    pathway = await running.a_started_pathway(OURS)
    await running.post("/intake/v1/structures", {"structure": THEIRS, "name": "Deux", "department": "38"}, 201)
    await running.caught_up()
    (row,) = await running.service("intake").state.pool.fetch("select person from requests")
    manager = {"Authorization": f"Bearer {issuer.token(running.data, Role.MANAGER, OURS)}"}
    await running.post(f"/intake/v1/persons/{row['person']}/identity", {"called": "Anna"}, None, **manager)
    return {"pathway": pathway, "person": str(row["person"]), "structure": OURS}


def nobody() -> dict[str, str]:
    """Ids of the same kinds that lead nowhere."""
    return {"pathway": str(uuid4()), "person": str(uuid4()), "structure": "s99"}


class Names(dict[str, str]):
    """With something that leads nowhere for any other name in a path."""

    def __missing__(self, name: str) -> str:
        return {"moment": "start", "month": "3", "key": "nobody"}.get(name, ELSEWHERE)


FIGURES = {"value", "numerator", "denominator", "ci95_low", "ci95_high", "observed", "censored"}
"""Columns of the CSV that a withheld figure leaves without a number."""
ELSEWHERE = "00000000-0000-4000-8000-00000000e15e"


async def asked(
    running: Running, route: Route, ids: dict[str, str], role: Role | None, structure: str, **more: str
) -> Any:
    """The answer to a role, of that structure where it is a structure's; with no token where there is no role."""
    headers = {"Idempotency-Key": str(uuid4()), "Authorization": ""} | more
    if role is not None:
        token = issuer.token(running.data, role, structure if role.of_a_structure else None)
        headers["Authorization"] = f"Bearer {token}"
    return await running.http.request(
        route.method, route.at(Names(ids)), params=route.query, json=route.body, headers=headers
    )


@pytest.mark.slow
async def test_every_role_may_what_the_document_says_and_nothing_else(running: Running, ids: dict[str, str]) -> None:
    wrong, table = [], told()
    found = list(routes(running, nobody()))
    for route in found:
        for role in ROLES:
            cell = table.get(route.name, {}).get(role)
            if cell != "–" and route.name in NEVER_TRIED:
                continue
            answer = await asked(running, route, nobody(), role, OURS)
            refused = answer.status_code == 403 and answer.json()["code"] in ("not-allowed", "no-structure")
            if route.method == "GET":
                as_csv = await asked(running, route, nobody(), role, OURS, Accept="text/csv")
                if as_csv.status_code != answer.status_code:
                    wrong.append(f"{route.name} {role} as CSV: {as_csv.status_code}, as JSON {answer.status_code}")
            if cell is None or refused != (cell == "–") or answer.status_code == 401 or answer.status_code >= 500:
                wrong.append(f"{route.name} {role}: {cell}, answered {answer.status_code} {answer.text[:80]}")
        answer = await asked(running, route, ids, None, OURS)
        if (answer.status_code != 401) != (route.name in WITHOUT_TOKEN):
            wrong.append(f"{route.name} without a token: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert {route.name for route in found} == set(table), "every route has a rule, and every rule a route"


@pytest.mark.slow
async def test_what_is_anothers_is_answered_as_what_does_not_exist(running: Running, ids: dict[str, str]) -> None:
    wrong, table, tried = [], told(), 0
    before = await _recorded(running)
    nothing = nobody()
    for route, of_nothing in zip(routes(running, ids), routes(running, nothing), strict=True):
        for role in (Role.ADVISER, Role.MANAGER):
            if table[route.name][role] != "own":
                continue
            there = await asked(running, route, ids, role, THEIRS)
            nowhere = await asked(running, of_nothing, nothing, role, THEIRS)
            tried += 1
            if (there.status_code, _named(there.text, ids)) != (nowhere.status_code, _named(nowhere.text, nothing)):
                wrong.append(f"{route.name} {role}: {there.status_code} {there.text[:90]} / {nowhere.text[:90]}")
    assert not wrong, "\n".join(wrong)
    assert tried > 150
    assert await _recorded(running) == before, "nothing was recorded of ours"


def pages(running: Running) -> set[str]:
    """Every page, and what else stands at the root, from the applications themselves."""
    mounted = {route.path: route.app for route in running.app.routes if isinstance(route, Mount)}
    assert set(mounted) == {"", *(f"/{service}" for service in SERVICES)}, "a new application needs rules of its own"
    return {
        f"{method.upper()} {path}"
        for app in (running.app, mounted[""])
        for path, operations in app.openapi()["paths"].items()
        for method in operations
    }


async def test_every_page_is_for_whom_the_document_says(running: Running, ids: dict[str, str]) -> None:
    table, wrong = told_of_pages(), []
    assert pages(running) == set(table), "every page has a rule, and every rule a page"
    await running.caught_up()
    for page, cells in table.items():
        method, path = page.split(" ")
        for role, cell in cells.items():
            for structure in (OURS, THEIRS) if role and role.of_a_structure else (None,):
                headers = {"Authorization": "", "Origin": "http://lieu"}
                if role is not None:
                    headers["Cookie"] = f"lieu_token={issuer.token(running.data, role, structure)}"
                answer = await running.http.request(method, path.format(**ids), headers=headers)
                what, status = f"{page} {role} {structure}: {cell}, answered", answer.status_code
                seen = ids["person"] in answer.text or "Anna" in answer.text or status == 200
                match cell:
                    case "sign-in":
                        fits = status in (303, 401) and "Anna" not in answer.text
                    case "own":
                        fits = seen if structure == OURS else status == 404 and "Anna" not in answer.text
                    case "yes":
                        fits = status in (200, 303, 401, 403) if "sign" in path else status == 200
                    case _:
                        fits = status == 403 and "Anna" not in answer.text
                if not fits or status >= 500:
                    wrong.append(f"{what} {status} {answer.text[:90]}")
    assert not wrong, "\n".join(wrong)


async def test_figures_withheld_as_json_are_withheld_as_csv_and_on_the_page(
    running: Running, ids: dict[str, str]
) -> None:
    """One person is below every threshold: no outsider is told that there is one, in whatever form."""
    await running.caught_up()
    query = {"scope": "national", "from": "2024-01-01", "to": "2024-03-31"}
    for role, structure in ((Role.EVALUATOR, None), (Role.ADVISER, THEIRS), (Role.MANAGER, THEIRS)):
        headers = {"Authorization": f"Bearer {issuer.token(running.data, role, structure)}"}
        answer = await running.http.get("/reporting/v1/indicators", params=query, headers=headers)
        withheld = {id for id, figure in answer.json()["indicators"].items() if figure.get("withheld")}
        assert "requests" in withheld, answer.text
        as_csv = await running.http.get(
            "/reporting/v1/indicators", params=query, headers=headers | {"Accept": "text/csv"}
        )
        rows = {row["indicator"]: row for row in csv.DictReader(io.StringIO(as_csv.text))}
        assert {id for id, row in rows.items() if row["value"] == "withheld"} == withheld
        told = {cell for id in withheld for name, cell in rows[id].items() if name in FIGURES}
        assert told <= {"withheld", ""}


def _named(text: str, ids: dict[str, str]) -> str:
    """An answer with the ids that were asked for taken out, and when it was given."""
    for name, id in ids.items():
        text = text.replace(id, f"<{name}>")
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+(\+00:00|Z)", "<moment>", text)


async def _recorded(running: Running) -> dict[str, int]:
    return {
        service: await running.service(service).state.pool.fetchval(
            "select count(*) from events where structure = $1", OURS
        )
        for service in SERVICES
        if service != "desk"
    }
