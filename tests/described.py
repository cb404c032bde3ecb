"""What the services publish of themselves, walked as an outsider would: routes, fields and the values they tell of."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from lieu import issuer
from shared.kernel.callers import Role
from tests.harness import Running

SERVICES = ("intake", "diagnostic", "training", "outcomes", "reporting", "desk")
NEVER_ASKED = {"POST /reporting/v1/rebuild", "POST /intake/v1/retention/runs"}
"""What would go on beside the others."""


@dataclass(frozen=True)
class Operation:
    """A route as its service describes it; `schemas` are those that its own refer to."""

    service: str
    method: str
    path: str
    described: dict[str, Any]
    schemas: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} /{self.service}{self.path}"

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of the body."""
        if "requestBody" not in self.described:
            return None
        (content,) = self.described["requestBody"]["content"].values()
        return self.resolved(content["schema"])

    def example(self) -> Any:
        return None if self.body is None else self.body["examples"][0]

    def parameters(self, place: str) -> list[dict[str, Any]]:
        return [one for one in self.described.get("parameters", []) if one["in"] == place]

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def forms(self, schema: dict[str, Any]) -> list[dict[str, Any]]:
        """The schema, or each of several that it may be."""
        schema = self.resolved(schema)
        several = [one for name in ("anyOf", "oneOf", "allOf") for one in schema.get(name, ())]
        return [form for one in several for form in self.forms(one)] if several else [schema]

    def at(self, **ids: str) -> str:
        def value(found: re.Match[str]) -> str:
            (parameter,) = (one for one in self.parameters("path") if one["name"] == found[1])
            return ids.get(found[1]) or some(self, parameter["schema"])

        return f"/{self.service}" + re.sub(r"{(\w+)}", value, self.path)

    def query(self) -> dict[str, str]:
        """The parameters that must be there."""
        examples = {"scope": "structure:s01", "from": "2023-01-01", "to": "2023-12-31"}
        return {
            one["name"]: examples.get(one["name"]) or some(self, one["schema"])
            for one in self.parameters("query")
            if one["required"]
        }


def some(operation: Operation, schema: dict[str, Any]) -> str:
    """A text that a parameter's schema allows."""
    form = next(form for form in operation.forms(schema) if form.get("type") != "null")
    if "enum" in form:
        return str(form["enum"][0])
    if form.get("format") == "uuid":
        return str(uuid4())
    kinds = {"date": "2024-01-31", "date-time": "2024-01-31T12:00:00Z", "integer": "3", "boolean": "true"}
    return kinds.get(form.get("format", form.get("type")), "s01")


def operations(running: Running) -> Iterator[Operation]:
    for service in SERVICES:
        if service == "desk":
            app = next(route.app for route in running.app.routes if getattr(route, "path", "") == "/desk")
        else:
            app = running.service(service)
        described = app.openapi()
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                found = Operation(service, method.upper(), path, operation, described["components"]["schemas"])
                if found.name not in NEVER_ASKED:
                    yield found


@dataclass(frozen=True)
class Leaf:
    """A field of a body's example, by the steps to it, with the schemas of which its value may be one."""

    steps: tuple[str | int, ...]
    forms: list[dict[str, Any]]

    @property
    def place(self) -> str:
        return ".".join(["body", *map(str, self.steps)])

    def types(self) -> set[str]:
        return {form.get("type", "string") for form in self.forms}

    def formats(self) -> set[str]:
        return {form["format"] for form in self.forms if "format" in form}


def fields(operation: Operation) -> Iterator[Leaf]:
    """Every field that the body's example holds, objects and lists among them."""
    if operation.body is not None:
        yield from _fields(operation, operation.body, operation.example(), ())


def _fields(operation: Operation, schema: dict[str, Any], value: Any, steps: tuple[str | int, ...]) -> Iterator[Leaf]:
    forms = operation.forms(schema)
    if steps:
        yield Leaf(steps, forms)
    if isinstance(value, dict):
        (form,) = (form for form in forms if form.get("type") == "object")
        for name, inner in value.items():
            if name in form.get("properties", {}):
                yield from _fields(operation, form["properties"][name], inner, (*steps, name))
    elif isinstance(value, list):
        (form,) = (form for form in forms if form.get("type") == "array")
        for number, inner in enumerate(value):
            yield from _fields(operation, form["items"], inner, (*steps, number))


def changed(value: Any, steps: tuple[str | int, ...], change: Callable[[Any], Any]) -> Any:
    """The value with what stands at some place changed."""
    if not steps:
        return change(value)
    first, *rest = steps
    inner = changed(value[first], tuple(rest), change)
    if isinstance(value, dict):
        return value | {first: inner}
    return [*value[:first], inner, *value[first + 1 :]]  # type: ignore[misc,operator]


class Callers:
    """Asks under the first role that a route lets in."""

    def __init__(self, running: Running, pathway: str, structure: str = "s01") -> None:
        self.running, self.pathway = running, pathway
        self.tokens = {
            role: issuer.token(running.data, role, structure if role.of_a_structure else None) for role in Role
        }
        self._lets_in: dict[str, Role] = {}

    def path(self, operation: Operation, **ids: str) -> str:
        return operation.at(**{"pathway": self.pathway, **ids})

    async def ask(self, operation: Operation, path: str | None = None, **request: Any) -> httpx.Response:
        for role in [self._lets_in[operation.name]] if operation.name in self._lets_in else self.tokens:
            answer = await self.running.http.request(
                operation.method,
                path or self.path(operation),
                headers={"Authorization": f"Bearer {self.tokens[role]}"} | request.pop("headers", {}),
                **request,
            )
            if answer.status_code != 403:
                self._lets_in[operation.name] = role
                return answer
        raise AssertionError(f"{operation.name} lets nobody in: {answer.text}")
