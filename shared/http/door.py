"""The door of every route: a request says what the route's description publishes, and nothing else.

A body is read as JSON against its published schema, a parameter as the canonical text of its published type: no number
for a date, no text for a number. What the description does not name is refused with its place and the nearest name
that it does (docs/decisions/0031-the-published-schema-is-the-door.md). Events that are read stay open: a schema grows.

One file of more than 300 lines: whoever doubts what gets through the door reads all of it.
"""

import re
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import jsonschema_rs
import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute, _effective_route_context_var
from pydantic import ValidationError

from shared.language.nir import holds_nir

UNKNOWN_FIELD = "unknown-field"
OPEN_QUERY = "open-query"
"""Tag of a route that takes queries that nobody can list."""

Error = dict[str, Any]
Schema = Mapping[str, Any]


class Application(FastAPI):
    """An application whose routes judge what they are given; it serves no pages about itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__(openapi_url=None, docs_url=None, redoc_url=None, **options)
        self.router.route_class = StrictRoute


class Router(APIRouter):
    """A router whose routes judge what they are given."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"route_class": StrictRoute} | options))


class StrictRoute(APIRoute):
    """A route that takes what its description publishes. Also behind a router that another one includes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        # A route that a router brings along is described anew where it is included.
        included = _effective_route_context_var.get()
        in_force = included if included is not None and included.original_route is self else self
        self._judge(in_force.dependant)
        handle = super().get_route_handler()

        async def handle_as_read(request: Request) -> Response:
            return await handle(AsRead(request.scope, request.receive, request._send))

        return handle_as_read

    def _judge(self, dependant: Dependant) -> None:
        """Has every field of the route read strictly, and what no field is refused."""
        parameters = list(_parameters(dependant))
        for field in parameters:
            field.__class__ = Parameter
        forms = [field for field in dependant.body_params if isinstance(field.field_info, Form)]
        for field in dependant.body_params:
            field.__class__ = Parameter if field in forms else Body
        known = {field.alias: field for field in _queries(dependant)}
        takes_body = bool(dependant.body_params)

        async def unknown_in(request: Request) -> list[Error]:
            errors = [] if OPEN_QUERY in self.tags else _query_errors(request.query_params.multi_items(), known)
            if forms:
                names = {field.alias: field for field in forms}
                sent = [(name, str(value)) for name, value in (await request.form()).multi_items()]
                errors += _query_errors(sent, names, "body")
            elif not takes_body and (await request.body()).strip() not in (b"", b"{}"):
                errors.append(_unknown(("body",), "this route takes no body", ()))
            return errors

        async def note(request: Request) -> None:
            request.scope[_UNKNOWN_IN] = unknown_in

        # Noted first, asked by whoever comes to know who asks, and last of all where nobody does.
        dependant.dependencies.insert(0, Dependant(call=note, request_param_name="request"))
        dependant.dependencies.append(Dependant(call=refuse_unknown, request_param_name="request"))


_UNKNOWN_IN = "lieu.unknown_in"


async def refuse_unknown(request: Request) -> None:
    """Refuses what the route does not name, before anything is looked up for the request. Asked once it is done.

    Raises RequestValidationError.
    """
    unknown_in = request.scope.pop(_UNKNOWN_IN, None)
    if unknown_in is not None and (errors := await unknown_in(request)):
        raise RequestValidationError(errors)


class AsRead(Request):
    """A request whose body is parsed once: against the schema by `Body`, and in one order for an idempotency key."""

    async def json(self) -> "Sent":
        return Sent(await self.body())


class Sent:
    """A JSON body as it came. Raises orjson.JSONDecodeError where it is none."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @cached_property
    def parsed(self) -> Any:
        return orjson.loads(self.raw)


def in_one_order(raw: bytes) -> bytes:
    """A JSON body with its members sorted and no spaces: two that say the same are the same. Others as they are."""
    try:
        return orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        return raw


class _Judged(ModelField):
    """A field with its published schema."""

    @cached_property
    def published(self) -> dict[str, Any]:
        return closed(self._type_adapter.json_schema(mode="validation"))

    @cached_property
    def _validator(self) -> Any:
        return jsonschema_rs.validator_for(self.published, validate_formats=True)

    def _read(self, sent: Sent, loc: tuple[int | str, ...]) -> tuple[Any, list[Error]]:
        """Both readers must agree: pydantic, which makes the value, and the schema, which is what was published."""
        try:
            _ = sent.parsed
        except orjson.JSONDecodeError:
            return None, [{"type": "json", "loc": loc, "msg": "no JSON in UTF-8, or half of a character stands alone"}]
        try:
            value = self._type_adapter.validate_json(sent.raw, strict=True, extra="forbid")
        except ValidationError as invalid:
            told = invalid.errors(include_url=False, include_input=False)
            return None, [self._told(error, loc, _steps(sent.parsed, error["loc"])) for error in told]
        if self._validator.is_valid(sent.parsed):
            return value, []
        found = [_deepest(error) for error in self._validator.iter_errors(sent.parsed)]
        return None, [{"type": "schema", "loc": (*loc, *one.instance_path), "msg": _rule(one)} for one in found]

    def _told(self, error: Any, loc: tuple[int | str, ...], steps: tuple[int | str, ...]) -> Error:
        if error["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            return _unknown((*loc, *steps), "unknown field", properties_at(self.published, steps[:-1]))
        return {"type": error["type"], "loc": (*loc, *steps), "msg": error["msg"]}


class Body(_Judged):
    """The JSON body of a route."""

    def validate(
        self, value: Any, values: dict[str, Any] | None = None, *, loc: tuple[int | str, ...] = ()
    ) -> tuple[Any, list[Error]]:
        if isinstance(value, Sent):
            return self._read(value, loc)
        return None, [{"type": "json", "loc": loc, "msg": "send JSON, with Content-Type: application/json"}]


class Parameter(_Judged):
    """A parameter of path, query, header, cookie or form: the canonical text of its published type."""

    def validate(
        self, value: Any, values: dict[str, Any] | None = None, *, loc: tuple[int | str, ...] = ()
    ) -> tuple[Any, list[Error]]:
        try:
            return self._read(Sent(orjson.dumps(self._as_json(value))), loc)
        except orjson.JSONEncodeError:
            return None, [{"type": "text", "loc": loc, "msg": "no text: half of a character stands alone"}]

    def _as_json(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._as_json(one) for one in value]
        return orjson.loads(value) if self._is_literal and _LITERAL.fullmatch(value) else value

    @cached_property
    def _is_literal(self) -> bool:
        return not _types_in(self.published, self.published) & {"string"}


_LITERAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?|true|false")


def _queries(dependant: Dependant) -> Iterator[ModelField]:
    yield from dependant.query_params
    for one in dependant.dependencies:
        yield from _queries(one)


def _parameters(dependant: Dependant) -> Iterator[ModelField]:
    yield from (*dependant.path_params, *dependant.query_params, *dependant.header_params, *dependant.cookie_params)
    for one in dependant.dependencies:
        yield from _parameters(one)


def _query_errors(
    sent: Iterable[tuple[str, str]], known: Mapping[str, ModelField], where: str = "query"
) -> list[Error]:
    """Names that the route does not have, and those of one value that came twice."""
    times = Counter(name for name, _ in sent)
    errors = [_unknown((where, name), "unknown field", known) for name in times if name not in known]
    for name, field in known.items():
        if times[name] > 1 and "array" not in _types_in(_schema_of(field), _schema_of(field)):
            errors.append({"type": "repeated", "loc": (where, name), "msg": f"given {times[name]} times, takes one"})
    return errors


def _schema_of(field: ModelField) -> Schema:
    assert isinstance(field, _Judged)
    return field.published


def _steps(value: Any, loc: Sequence[int | str]) -> tuple[int | str, ...]:
    """The steps of a place that lead through what was sent: pydantic also names which of several forms it tried."""
    steps: list[int | str] = []
    for number, step in enumerate(loc):
        if isinstance(value, dict) and (step in value or number == len(loc) - 1):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            continue
        steps.append(step)
    return tuple(steps)


def _unknown(place: tuple[int | str, ...], what: str, known: Iterable[str]) -> Error:
    if holds_nir(str(place[-1])):  # a name that somebody made of what must reach no log and no screen
        return {"type": UNKNOWN_FIELD, "loc": (*place[:-1], "…"), "msg": what}
    near = get_close_matches(str(place[-1]).replace("-", "_").lower(), list(known), 1, cutoff=0.7)
    told = {"type": UNKNOWN_FIELD, "loc": place, "msg": f"{what}; did you mean `{near[0]}`?" if near else what}
    return told | ({"nearest": near[0]} if near else {})


def _deepest(error: Any) -> Any:
    """Of what may be one of several forms, what is wrong with the one that fits best: it goes furthest in."""
    inner = [_deepest(one) for branch in getattr(error.kind, "context", ()) for one in branch]
    formats_first = sorted(inner, key=lambda one: one.kind.name == "type")
    return max(formats_first, key=lambda one: len(one.instance_path), default=error)


def _rule(error: Any) -> str:
    """What the schema says, without the value, which may hold what must not reach a log."""
    kind = error.kind
    wanted = getattr(kind, "format", None) or getattr(kind, "types", None) or getattr(kind, "pattern", None)
    return f"does not fit the published schema: {kind.name}{f' {wanted}' if wanted else ''}"


# Schemas as they are published


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with every object in it taking its own properties alone; changed in place."""
    if schema.get("type") == "object" and "properties" in schema:
        schema.setdefault("additionalProperties", False)
    for part in _parts(schema):
        closed(part)
    return schema


def _parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("$defs", "properties"):
        yield from schema.get(name, {}).values()
    for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
        yield from schema.get(name, ())
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield schema[name]


def references(schema: dict[str, Any]) -> set[str]:
    """The names of the schemas that this one refers to, in any of its parts."""
    own = {schema["$ref"].rsplit("/", 1)[1]} if "$ref" in schema else set()
    return own.union(*(references(part) for part in _parts(schema)))


def properties_at(schema: Schema, place: Iterable[int | str]) -> set[str]:
    """The names that an object at this place of a value may hold, whichever of several forms it has."""
    found = [schema]
    for step in place:
        found = [inner for one in found for form in _forms(one, schema) for inner in _inside(form, step)]
    return {name for one in found for form in _forms(one, schema) for name in form.get("properties", ())}


def _inside(form: Schema, step: int | str) -> Iterator[Schema]:
    if isinstance(step, int):
        yield from (form[name] for name in ("items",) if isinstance(form.get(name), dict))
    elif step in form.get("properties", {}):
        yield form["properties"][step]
    elif isinstance(form.get("additionalProperties"), dict):
        yield form["additionalProperties"]


def _forms(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The schema, or each of several that it may be, without references."""
    if (reference := schema.get("$ref")) is not None:
        yield from _forms(root["$defs"][reference.rsplit("/", 1)[1]], root)
        return
    several = [one for name in ("anyOf", "oneOf", "allOf") for one in schema.get(name, ())]
    for one in several:
        yield from _forms(one, root)
    if not several:
        yield schema


def _types_in(schema: Schema, root: Schema) -> set[str]:
    return {form.get("type", "string") for form in _forms(schema, root)}
