"""What tests do with a running platform, in sentences."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from lieu import issuer, status
from lieu.client import Platform
from lieu.embedded import Addresses
from lieu.importing import Summary, import_folder
from shared.kernel.callers import Role
from shared.kernel.clock import Clock
from shared.kernel.clock import now as by_this_machine

T = TypeVar("T")

EVERYBODY = {"lieu.across": "on"}
"""Settings of a connection that is shown every structure's rows."""


LONG = 60.0
"""Seconds for which a state is waited for. Only a test that fails waits so long: a busy machine is slow, not wrong."""


async def eventually(look: Callable[[], Awaitable[T]], is_there: Callable[[T], object] = bool) -> T:
    """Looks again and again until what is seen is there, and returns it. Whatever comes about beside a test (views that
    follow, spans that are written, health) is looked at so: at any one moment it may not be there yet."""
    deadline = asyncio.get_running_loop().time() + LONG
    while not is_there(seen := await look()):
        assert asyncio.get_running_loop().time() < deadline, f"waited in vain; last seen: {seen}"
        await asyncio.sleep(0.02)
    return seen


class Running:
    """A platform in this process, spoken to over its HTTP interface."""

    def __init__(self, app: FastAPI, data: Path, addresses: Addresses) -> None:
        self.app, self.data, self.addresses = app, data, addresses
        inside = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=inside, base_url="http://lieu", timeout=60)
        self.http.headers["Authorization"] = f"Bearer {issuer.token(data, Role.OPERATOR)}"
        self.platform = Platform("http://lieu", "unused", data, inside)
        self.clock: Clock = by_this_machine

    async def __aenter__(self) -> "Running":
        await self.platform.http.aclose()
        self.platform.http = self.http
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    def service(self, name: str) -> FastAPI:
        found: FastAPI = self.app.state.services[name]
        return found

    def set_clock(self, at: datetime) -> None:
        """From now on it is this instant, for every service and for the command line."""
        self.clock = lambda: at
        for service in self.app.state.services.values():
            service.state.runtime.store.clock = self.clock

    async def post(self, path: str, body: Any = None, status: int | None = None, **headers: str) -> Any:
        """Posts; a command that a service has not heard the pathway of is asked again, as a client would.

        What the body of a correction, or of a revision, leaves out is said to be not known: null, or none.
        """
        if path.endswith(("/correction", "/revision")):
            body = self._whole(path, body)

        def is_final(answer: httpx.Response) -> bool:
            waits = answer.status_code == 409 and answer.json()["code"] in ("not-yet-known", "not-started")
            return status == 409 or not waits

        answer = await eventually(lambda: self.http.post(path, json=body, headers=headers), is_final)
        if status is None:
            assert answer.is_success, answer.text
        else:
            assert answer.status_code == status, answer.text
        return answer.json()

    def _whole(self, path: str, body: Any) -> Any:
        _, service, place = path.split("/", 2)
        described = self.service(service).openapi()
        route = next(one for one in described["paths"] if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", one), f"/{place}"))
        named = described["paths"][route]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        schema = described["components"]["schemas"][named.rsplit("/", 1)[1]]
        return _filled(body, schema, described["components"]["schemas"])

    async def bring(self, folder: Path) -> Summary:
        return await import_folder(self.platform, folder, self.clock(), lambda *_: None)

    async def person(self, key: str) -> UUID:
        """The id of the person whom imported folders call `key`."""
        return await self.platform.person(f"import:{key}")

    async def pathway(self, key: str) -> UUID:
        return await self.platform.pathway(f"import:{key}")

    async def caught_up(self) -> None:
        report = await status.wait_until_caught_up(self.platform)
        assert report.code == 0, report.text()

    async def indicators(self, scope: str, start: date, end: date, **query: Any) -> dict[str, Any]:
        answer = await self.http.get(
            "/reporting/v1/indicators", params={"scope": scope, "from": start, "to": end, **query}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def value(self, id: str, day: date, **query: Any) -> Any:
        """One national figure of the year around a day."""
        found = await self.indicators("national", date(day.year, 1, 1), date(day.year, 12, 31), **query)
        figure = found["indicators"][id]
        return figure.get("numerator", figure["value"])

    async def a_started_pathway(self, structure: str = "s01", requested: date = date(2024, 1, 10)) -> str:
        """Registers the structure and takes one person to the start of support."""
        await self.post("/intake/v1/structures", {"structure": structure, "name": structure, "department": "69"})
        pathway = str(uuid4())
        request = {"structure": structure, "person": str(uuid4()), "requested_on": requested.isoformat()}
        await self.post("/intake/v1/pathways", {"pathway": pathway, "request": request, "identity": {"called": "Anna"}})
        for fact in ("welcome", "start"):
            await self.post(f"/intake/v1/pathways/{pathway}/{fact}", {"on": requested.isoformat()})
        return pathway


def _filled(body: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _filled(body, schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if isinstance(body, list):
        return [_filled(one, schema["items"], schemas) for one in body]
    if not isinstance(body, dict) or "properties" not in schema:
        return body
    nothing = {
        name: [] if part.get("type") == "array" else None
        for name, part in schema["properties"].items()
        if part.get("type") == "array" or {"type": "null"} in part.get("anyOf", ())
    }
    told = {name: _filled(part, schema["properties"].get(name, {}), schemas) for name, part in body.items()}
    return nothing | {name: part for name, part in told.items() if name in schema["properties"]}


def now() -> str:
    return datetime.now(UTC).isoformat()


def assert_same(expected: Mapping[str, Any], found: Mapping[str, Any], place: str) -> int:
    """Every id, numerator, denominator, value and interval; floats to the last few bits. Returns how many."""
    for id, figure in expected.items():
        assert _close(figure, found[id]), f"{place} {id}: expected {figure}, found {found[id]}"
    return len(expected)


def _close(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return isinstance(b, dict) and set(a) == set(b) and all(_close(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(_close, a, b))
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and abs(a - b) < 1e-12
    return bool(a == b)


def read_json(file: Path) -> Any:
    return json.loads(file.read_text())
