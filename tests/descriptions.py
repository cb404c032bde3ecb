"""What the services' own descriptions ask for: every body, parameter and field of every route, as they are now."""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import httpx

from lieu import issuer
from shared.kernel.callers import Role
from tests.harness import Running

SERVICES = ("intake", "diagnostic", "training", "outcomes", "reporting")
ASKERS = ((Role.OPERATOR, None), (Role.MANAGER, "s01"), (Role.ADVISER, "s01"), (Role.OPS, None))
EXAMPLES = {"date": "2024-01-10", "date-time": "2024-01-10T12:00:00Z", "uuid": "7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10"}
TEXTS = ("texte", "s01", "69", "G1602", "10:30", "fr", "73282932000074", "7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10.1",
         "2024-01-10/7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10", "1-e-1", "national")  # fmt: skip

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Route:
    """A route of a service; `schemas` are those of its service's description."""

    service: str
    method: str
    path: str
    operation: dict[str, Any]
    schemas: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} /{self.service}{self.path}"

    @property
    def body(self) -> dict[str, Any] | None:
        content = self.operation.get("requestBody", {}).get("content", {}).get("application/json")
        return None if content is None else resolved(content["schema"], self.schemas)

    def parameters(self, where: str) -> list[dict[str, Any]]:
        return [one for one in self.operation.get("parameters", ()) if one["in"] == where]

    def url(self, **given: str) -> str:
        """With an example in the place of every parameter of the path that is not given."""
        names = {one["name"]: sample(one["schema"], self.schemas) for one in self.parameters("path")}
        return f"/{self.service}{self.path}".format(**{name: str(value) for name, value in (names | given).items()})

    def query(self) -> dict[str, Any]:
        """Examples of those parameters that are needed."""
        needed = [one for one in self.parameters("query") if one.get("required")]
        return {one["name"]: sample(one["schema"], self.schemas) for one in needed}

    def example(self) -> Any:
        """A body with every field filled, nested parts too."""
        return None if self.body is None else sample(self.body, self.schemas)

    def fields(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        """The place and the schema of every value in the body."""
        if self.body is not None:
            yield from leaves(self.body, self.schemas, ())


def routes(running: Running) -> Iterator[Route]:
    for service in SERVICES:
        described = running.service(service).openapi()
        for path, operations in described["paths"].items():
            for method, operation in operations.items():
                yield Route(service, method, path, operation, described["components"]["schemas"])


async def ask(running: Running, route: Route, *, body: Any = None, query: Any = None, url: str = "") -> httpx.Response:
    """The answer to whoever may ask at all."""
    for role, structure in ASKERS:
        headers = {"Authorization": f"Bearer {issuer.token(running.data, role, structure)}"}
        found = await running.http.request(
            route.method, url or route.url(), json=body, params=query or route.query(), headers=headers
        )
        if found.status_code not in (401, 403):
            break
    return found


def resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, of what may be null that of the rest."""
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        else:
            schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
    return schema


def sample(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    schema = resolved(schema, schemas)
    if "properties" in schema:
        return {name: sample(part, schemas) for name, part in schema["properties"].items()}
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "array":
            return [sample(schema["items"], schemas)]
        case "string" if "format" in schema:
            return EXAMPLES[schema["format"]]
        case "string":
            fitting = (one for one in TEXTS if re.search(schema.get("pattern", ""), one))
            return next(fitting)[: schema.get("maxLength")]
        case "boolean":
            return False
        case "object":
            return {}
    least = schema.get("minimum", 1)
    return int(least) if schema.get("type") == "integer" else least


def put(value: Any, part: Any, *places: Place) -> Any:
    """A copy of the value with another part in these places."""
    made = deepcopy(value)
    for place in places:
        inside = made
        for step in place[:-1]:
            inside = inside[step]
        inside[place[-1]] = part
    return made


def refused_at(answer: httpx.Response) -> set[str]:
    return {error["place"] for error in answer.json()["errors"]}


def dotted(where: str, *places: Place) -> set[str]:
    """As an answer names places."""
    return {".".join(map(str, (where, *place))) for place in places}


def without(value: Any, place: Place) -> Any:
    """A copy of the value that does not speak of that place."""
    made = deepcopy(value)
    inside = made
    for step in place[:-1]:
        inside = inside[step]
    del inside[place[-1]]
    return made


def leaves(schema: dict[str, Any], schemas: dict[str, Any], place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
    schema = resolved(schema, schemas)
    if "properties" in schema:
        for name, part in schema["properties"].items():
            yield from leaves(part, schemas, (*place, name))
    elif schema.get("type") == "array":
        yield from leaves(schema["items"], schemas, (*place, 0))
    else:
        yield place, schema
