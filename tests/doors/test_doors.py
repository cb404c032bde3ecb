"""Every door judges what it is given: all routes, walked from their descriptions."""

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.described import Callers, Leaf, Operation, changed, fields, operations
from tests.harness import Running


@pytest_asyncio.fixture
async def callers(running: Running) -> Callers:
    """Who asks of a pathway that every service knows."""
    pathway = await running.a_started_pathway("s01")
    await running.caught_up()
    return Callers(running, pathway)


def _misspelt(name: str) -> str:
    return name + name[-1]


async def test_what_a_route_does_not_name_is_refused_with_its_place(running: Running, callers: Callers) -> None:
    found = 0
    for operation in operations(running):
        names = {one["name"] for one in operation.parameters("query")}
        for name, nearest in [("zzzzzz", None), *((_misspelt(name), name) for name in names if len(name) > 3)]:
            body = {"json": operation.example()} if operation.body else {}
            answer = await callers.ask(operation, params={**operation.query(), name: "1"}, **body)
            _is_unknown(operation, answer.json(), f"query.{name}", nearest)
            found += 1
    assert found > 250


@pytest.mark.slow
async def test_what_a_body_does_not_name_is_refused_at_any_depth(running: Running, callers: Callers) -> None:
    found = 0
    for operation in operations(running):
        for steps, schema in _objects(operation):
            nearest = max(schema["properties"], key=len)
            for name, near in (("zzzzzz", None), (_misspelt(nearest), nearest)):
                body = changed(operation.example(), steps, lambda value, name=name: {**value, name: None})
                answer = await callers.ask(operation, params=operation.query(), json=body)
                _is_unknown(operation, answer.json(), ".".join(["body", *map(str, steps), name]), near)
                found += 1
    assert found > 220


async def test_a_body_for_a_route_that_takes_none_is_refused(running: Running, callers: Callers) -> None:
    found = 0
    for operation in operations(running):
        if operation.body is None and operation.method == "POST":
            answer = await callers.ask(operation, params=operation.query(), json={"on": "2024-01-01"})
            _is_unknown(operation, answer.json(), "body", None)
            found += 1
    assert found > 5


def _objects(operation: Operation) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    if operation.body is not None:
        yield (), operation.body
    for leaf in fields(operation):
        for form in leaf.forms:
            if form.get("type") == "object" and "properties" in form and _holds(operation, leaf):
                yield leaf.steps, form


def _holds(operation: Operation, leaf: Leaf) -> bool:
    """Whether the example has an object there, and not null."""
    value = operation.example()
    for step in leaf.steps:
        value = value[step]
    return isinstance(value, dict)


def _is_unknown(operation: Operation, problem: Any, place: str, nearest: str | None) -> None:
    told = f"{operation.name} {place}: {problem}"
    assert isinstance(problem, dict), told
    assert problem.get("code") == "unknown-field", told
    error = next((one for one in problem["errors"] if one["place"] == place), None)
    assert error is not None, told
    if nearest is not None:
        assert error.get("nearest") == nearest, told


async def test_every_schema_of_a_request_takes_its_own_fields_alone(running: Running) -> None:
    found = 0
    for operation in operations(running):
        for _, schema in _objects(operation):
            assert schema["additionalProperties"] is False, operation.name
            found += 1
    assert found > 110


WRONG: dict[str, list[Any]] = {
    "date": [0, 1704067200, "1704067200", "2024-01-01T00:00:00", "20240101", "2024-1-1", "01/01/2024", True, ""],
    "date-time": [0, "1704067200", "2024-01-01", "2024-01-01T00:00:00", True],
    "uuid": [0, "7f4f2f9e6f0b4f389a570d4c1c7a2b10", "{7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10}", "x", ""],
    "integer": ["3", True, False, 3.5, "", [], {}],
    "number": ["3", True, False, "", [], {}],
    "boolean": [0, 1, "true", "", [], {}],
    "string": [0, True, [], {}],
    "array": [0, "x", {}, True],
    "object": [0, "x", [], True],
}
"""By the published type, values of another one."""


@pytest.mark.slow
async def test_no_body_takes_another_type_than_is_published(running: Running, callers: Callers) -> None:
    found = 0
    for operation in operations(running):
        for leaf in fields(operation):
            types, formats = leaf.types(), leaf.formats()
            for kind in formats & WRONG.keys() or types & WRONG.keys():
                for wrong in WRONG[kind]:
                    if _is_of(types - ({"string"} if formats else set()), wrong):
                        continue  # another form of the field
                    body = changed(operation.example(), leaf.steps, lambda _, wrong=wrong: wrong)
                    answer = await callers.ask(operation, params=operation.query(), json=body)
                    told = f"{operation.name} {leaf.place} = {wrong!r}: {answer.text[:300]}"
                    assert answer.status_code == 422, told
                    assert any(one["place"].startswith(leaf.place) for one in answer.json()["errors"]), told
                    found += 1
    assert found > 1500


def _is_of(types: set[str], value: Any) -> bool:
    kinds = {bool: {"boolean"}, str: {"string"}, int: {"integer", "number"}, float: {"number"}}
    return bool(types & kinds.get(type(value), {"array"} if isinstance(value, list) else {"object"}))


TEXTS = {
    "date": ["1704067200", "2024-01-01T00:00:00", "20240101", "01/01/2024", "0", ""],
    "date-time": ["1704067200", "2024-01-01", "2024-01-01T00:00:00", ""],
    "uuid": ["7f4f2f9e6f0b4f389a570d4c1c7a2b10", "urn:uuid:7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10", "x"],
    "integer": ["01", "1.0", "+1", " 1", "1 ", "1e1", "１", "true", ""],
    "boolean": ["1", "0", "yes", "True", "on", ""],
}
"""By the published type, texts that are not its canonical ones."""


@pytest.mark.slow
async def test_no_parameter_takes_a_text_that_is_not_canonical(running: Running, callers: Callers) -> None:
    found = 0
    for operation in operations(running):
        body = {"json": operation.example()} if operation.body else {}
        for place in ("query", "path"):
            for parameter in operation.parameters(place):
                for form in operation.forms(parameter["schema"]):
                    for text in TEXTS.get(form.get("format", form.get("type")), []):
                        if place == "path" and not text.strip():
                            continue
                        name = parameter["name"]
                        query = operation.query() | ({name: text} if place == "query" else {})
                        path = callers.path(operation, **({name: text} if place == "path" else {}))
                        answer = await callers.ask(operation, path, params=query, **body)
                        told = f"{operation.name} {place}.{name} = {text!r}: {answer.status_code} {answer.text[:300]}"
                        assert answer.status_code == 422, told
                        assert any(one["place"] == f"{place}.{name}" for one in answer.json()["errors"]), told
                        found += 1
    assert found > 500


async def test_a_parameter_that_comes_twice_is_refused(running: Running) -> None:
    answer = await running.http.get("/intake/v1/people?limit=1&limit=2")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"] == [{"place": "query.limit", "rule": "given 2 times, takes one"}]


async def test_who_may_not_ask_is_told_that_before_what_is_wrong(running: Running) -> None:
    answer = await running.http.get("/intake/v1/people?unheard=of", headers={"Authorization": "Bearer none"})
    assert answer.status_code == 401, answer.text


@pytest.mark.slow
async def test_head_is_answered_wherever_get_is(running: Running, callers: Callers) -> None:
    found = 0
    paths = ["/health/live", "/health/ready", "/asyncapi.json", "/intake/openapi.json", "/", "/static/lieu.css"]
    for path in paths:
        got, headed = await running.http.get(path), await running.http.head(path)
        assert (headed.status_code, headed.content) == (got.status_code, b""), path
    for operation in operations(running):
        if operation.method == "GET":
            path, query = callers.path(operation), operation.query()
            got = await callers.ask(operation, path, params=query)
            headed = await running.http.head(
                path, params=query, headers={"Authorization": got.request.headers["authorization"]}
            )
            assert (headed.status_code, headed.content) == (got.status_code, b""), operation.name
            found += 1
    assert found > 40


@pytest.mark.slow
async def test_a_method_that_is_not_there_names_all_that_are(running: Running) -> None:
    token, found = {"Authorization": "Bearer none"}, 0
    for path in {operation.at() for operation in operations(running)}:
        allowed = set((await running.http.delete(path)).headers["allow"].split(", "))
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            answer = await running.http.request(method, path, headers=token)
            assert (answer.status_code != 405) == (method in allowed), f"{method} {path}: {allowed}"
            found += method in allowed
    assert found > 200


WEIGHED = [
    ("text/csv", "text/csv"),
    ("text/csv;q=0", "application/json"),
    ("text/csv;q=0, */*", "application/json"),
    ("application/json;q=0.5, text/csv", "text/csv"),
    ("application/json, text/csv;q=0.9", "application/json"),
    ("text/*", "text/csv"),
    ("*/*", "application/json"),
    ("TEXT/CSV; Q=1", "text/csv"),
    ("text/csvx", "application/json"),
    ("text/csv;q=nonsense", "application/json"),
]


async def test_the_accept_header_is_weighed(running: Running) -> None:
    query = {"scope": "national", "from": "2023-01-01", "to": "2023-12-31"}
    for accept, kind in WEIGHED:
        answer = await running.http.get("/reporting/v1/indicators", params=query, headers={"Accept": accept})
        assert answer.headers["content-type"].split(";")[0] == kind, accept
