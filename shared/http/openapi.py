"""What every route has in common in the description of its service: error answers, and an example of each body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from shared.http.door import closed, references
from shared.language.rules import RuleBroken

SCHEMA = "ProblemDetails"


@dataclass
class ProblemDetails:
    """An error (RFC 9457). `code` is stable for programs, `detail` is a sentence for people; some carry more."""

    type: str
    status: int
    code: str
    detail: str


REASONS = {
    401: "No token, or one that is refused: `token-needed`, `invalid-token`",
    403: "The token's role may not do this: `not-allowed`, `another-structure`, `restricted`",
    404: "There is no such thing, for this token at least",
    408: "The body did not come in time: `request-timeout`",
    409: "The file has moved on (`version-conflict`, with `changes`), or the service has not heard of the pathway yet "
    "(`not-yet-known`, with Retry-After), or a rule refuses it, by name:",
    413: "The body is too large: `content-too-large`",
    422: "The request is malformed: `invalid`, or `unknown-field` where it names what the description does not, with "
    "`errors` that name each place and rule, and the `nearest` known name",
    429: "Too many requests under this token, or from this address without one: `too-many-requests`; again after "
    "Retry-After seconds",
    503: "Not possible at the moment; try again after Retry-After seconds",
}
_EXAMPLES = {
    "date": "2026-01-12",
    "date-time": "2026-01-12T09:30:00+00:00",
    "uuid": "7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10",
}


def describe(app: FastAPI, service: str) -> None:
    """Adds to the service's own description what no route says by itself."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(
                title=app.title, version=app.version, routes=app.routes, description=app.description
            )
            schemas = described.setdefault("components", {}).setdefault("schemas", {})
            schemas[SCHEMA] = TypeAdapter(ProblemDetails).json_schema()
            described["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
            for schema in schemas.values():
                if schema.get("type") == "object":
                    schema.setdefault("examples", [example(schema, schemas)])
            for operations in described["paths"].values():
                for operation in operations.values():
                    _close(operation.get("requestBody", {}), schemas)
                    operation["security"] = [{"bearer": []}]
                    _errors(operation, service)
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]

    @app.get("/openapi.json", include_in_schema=False)
    async def description() -> dict[str, Any]:
        return app.openapi()


def _close(request: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Publishes what the door holds a body to: no field but these, in no part of it."""
    open_ends = [content["schema"] for content in request.get("content", {}).values()]
    seen: set[str] = set()
    while open_ends:
        schema = closed(open_ends.pop())
        for name in references(schema) - seen:
            seen.add(name)
            open_ends.append(schemas[name])


def _errors(operation: dict[str, Any], service: str) -> None:
    answers = operation["responses"]
    done = answers.get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if done.get("$ref", "").endswith("/Done"):
        answers["200"]["description"] = "It stood like that already: nothing was recorded"
        answers["201"] = answers["200"] | {"description": "It is recorded"}
    rules = "".join(f"\n- `{code}`: {says}" for code, says in rules_of(service).items())
    for status, reason in (REASONS | {409: REASONS[409] + rules}).items():
        answers[str(status)] = {
            "description": reason,
            "content": {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{SCHEMA}"}}},
        }


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A value that the schema allows: what it gives as example, else the least that says something."""
    if schema.get("examples"):
        return schema["examples"][0]
    for given in ("default", "const"):
        if schema.get(given) is not None:
            return schema[given]
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example(schema[several][0], schemas)
    match schema.get("type"):
        case "object":
            return {name: example(part, schemas) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [example(schema.get("items", {}), schemas)]
        case "string":
            return _EXAMPLES.get(schema.get("format", ""), "texte"[: schema.get("maxLength", 5)])
        case "integer":
            return int(schema.get("minimum", 1))  # published as 1900.0, which is no integer to everybody
        case "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return None


def _is_of(service: str, module: str) -> bool:
    """Whether a rule of a module is one of a service, or of all."""
    if module.startswith("shared.language.rules."):
        return module == f"shared.language.rules.{service}"
    return module.startswith((f"services.{service}.", "shared."))


def rules_of(service: str) -> dict[str, str]:
    """Every rule that a service may refuse with, by the code that it is answered under, with what it says."""
    found: dict[str, str] = {}
    open_ends = RuleBroken.__subclasses__()
    while open_ends:
        rule = open_ends.pop()
        open_ends += rule.__subclasses__()
        if _is_of(service, rule.__module__):
            found[rule.named()] = " ".join((rule.__doc__ or "").split())
    return dict(sorted(found.items()))
