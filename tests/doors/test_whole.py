"""Bodies: the fact is taken by name; a correction carries it whole, and what it does not speak of is refused."""

from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.http.bodies import New, Whole, fact_in
from tests.descriptions import Route, ask, dotted, refused_at, resolved, routes, without
from tests.harness import Running


@dataclass(frozen=True)
class Part:
    called: str
    weight: int | None = None


@dataclass(frozen=True)
class Fact:
    on: str
    parts: tuple[Part, ...] = ()
    main: Part | None = None
    capacity: int = 9


GIVEN: dict[str, Any] = {"on": "x", "parts": [{"called": "a", "weight": None}], "main": None, "capacity": 5}


def test_what_is_read_is_the_fact_itself() -> None:
    assert TypeAdapter(Whole[Fact]).validate_python(GIVEN) == Fact("x", (Part("a"),), None, 5)


@pytest.mark.parametrize(
    "place", [("on",), ("parts",), ("main",), ("capacity",), ("parts", 0, "called"), ("parts", 0, "weight")]
)
def test_nothing_is_left_out(place: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Whole[Fact]).validate_python(without(GIVEN, place))
    assert [(error["type"], error["loc"]) for error in refused.value.errors()] == [("missing", place)]


@dataclass
class Body:
    """As a request says it."""

    on: str
    parts: list[Part]
    weighed: bool = True


def test_a_fact_is_taken_from_a_body_by_the_names_of_its_fields() -> None:
    body = Body("x", [Part("a")])
    assert fact_in(Fact, body) == Fact("x", (Part("a"),))
    assert fact_in(Fact, body, on="y", main=Part("b")) == Fact("y", (Part("a"),), Part("b"))
    with pytest.raises(TypeError, match="weight"):
        fact_in(Fact, body, weight=1)
    with pytest.raises(TypeError, match="on"):
        fact_in(Fact, Part("a"))


def test_a_new_body_has_an_id_that_its_caller_may_choose() -> None:
    id, given = "7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10", {"on": "x", "parts": []}
    reader: TypeAdapter[Any] = TypeAdapter(New[Body])
    assert str(reader.validate_python(given | {"id": id}).id) == id
    assert reader.validate_python(given).id != reader.validate_python(given).id
    assert fact_in(Fact, reader.validate_python(given)) == Fact("x")


def corrections(running: Running) -> list[Route]:
    """Every route that corrects, and the revision of a plan, which takes its whole place."""
    return [one for one in routes(running) if one.path.endswith(("/correction", "/revision"))]


def objects(schema: dict[str, Any], schemas: dict[str, Any], place: tuple[str | int, ...] = ()) -> Any:
    """The place and the schema of every object in a body, itself first."""
    schema = resolved(schema, schemas)
    if "properties" in schema:
        yield place, schema
        for name, part in schema["properties"].items():
            yield from objects(part, schemas, (*place, name))
    elif schema.get("type") == "array":
        yield from objects(schema["items"], schemas, (*place, 0))


async def test_every_property_of_every_correction_is_needed(running: Running) -> None:
    found = corrections(running)
    assert len(found) > 25
    for route in found:
        assert route.body is not None
        for place, schema in objects(route.body, route.schemas):
            optional = schema["properties"].keys() - set(schema.get("required", ()))
            allowed = {"id"} if route.path.endswith("/revision") else set()  # a new plan's, and new actions'
            assert optional <= allowed, (route.name, place)
            if route.path.endswith("/correction"):
                assert "id" not in schema["properties"], (route.name, place, "says nothing in a correction")


@pytest.mark.slow
async def test_what_a_correction_leaves_out_is_named(running: Running) -> None:
    tried = 0
    for route in corrections(running):
        assert route.body is not None
        example = route.example()
        for place, schema in objects(route.body, route.schemas):
            for name in schema["properties"].keys() - {"id"}:
                left = (*place, name)
                answer = await ask(running, route, body=without(example, left))
                assert answer.status_code == 422, (route.name, left, answer.text)
                assert dotted("body", left) <= refused_at(answer)
                tried += 1
    assert tried > 100


async def test_who_a_request_is_of_stays_where_a_correction_does_not_say(running: Running) -> None:
    pathway = await running.a_started_pathway()
    request = {"structure": "s01", "requested_on": "2024-01-09", "requester": None, "birth_year": None, "sex": None,
               "qualification_level": None, "unemployment_months": None, "housing": None}  # fmt: skip
    answer = await running.http.post(f"/intake/v1/pathways/{pathway}/request/correction", json=request)
    assert (answer.status_code, [one["place"] for one in answer.json()["errors"]]) == (422, ["body.person"])


async def test_an_identity_never_loses_what_it_does_not_speak_of(running: Running) -> None:
    await running.post("/intake/v1/structures", {"structure": "s01", "name": "s01", "department": "69"}, 201)
    person = "7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10"
    request = {"structure": "s01", "person": person, "requested_on": "2024-01-10"}
    told = {"called": "Anna", "phone": "06 12 34 56 78"}
    await running.post("/intake/v1/pathways", {"request": request, "identity": told}, 201)
    path = f"/intake/v1/persons/{person}/identity"
    refused = await running.post(path, {"called": "Ana"}, 422)
    assert [one["place"] for one in refused["errors"]] == ["body.phone"]
    again = {"request": request | {"requested_on": "2024-02-01"}, "identity": {"called": "Ana"}}
    refused = await running.post("/intake/v1/pathways", again, 422)
    assert [one["place"] for one in refused["errors"]] == ["body.identity.phone"]
    await running.post(path, told | {"called": "Ana"}, 201)
    await running.post(path, {"called": "Ana", "phone": None}, 201)
    await running.post(path, {"called": "Ana"}, 200)
