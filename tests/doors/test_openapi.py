"""What the services say of themselves: every command and question with its errors, every body with an example."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from lieu.desk import desk_app
from lieu.platform import SERVICES
from shared.http.openapi import REASONS, rules_of
from tests.docs.test_copy_labels import apps

DESCRIBED = (*SERVICES, "desk")


@cache
def description(service: str) -> dict[str, Any]:
    app = desk_app(next(iter(apps().values()))) if service == "desk" else apps()[service]
    return app.openapi()


def operations(service: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in description(service)["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


@pytest.mark.parametrize("service", DESCRIBED)
def test_every_operation_says_what_it_does_and_how_it_refuses(service: str) -> None:
    found = 0
    for place, operation in operations(service):
        assert len(operation.get("description", "")) > 20, f"{service} {place} does not say what it does"
        assert {str(status) for status in REASONS} <= operation["responses"].keys(), place
        for status in map(str, REASONS):
            assert "application/problem+json" in operation["responses"][status]["content"], place
        found += 1
    assert found >= 2


CODES = {"id": "of an indicator: one of the catalogue's"}
"""Names in a path that are no uuid, no closed set of words and no code of a structure, with what they are."""


@pytest.mark.parametrize("service", DESCRIBED)
def test_no_free_text_stands_in_a_path(service: str) -> None:
    """A key with a slash, two dots or a blank would lead elsewhere; a name would stand in logs."""
    for place, operation in operations(service):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path" and parameter["name"] not in CODES:
                schema = parameter["schema"]
                named = description(service)["components"]["schemas"].get(
                    schema.get("$ref", "").rsplit("/", 1)[-1], schema
                )
                closed = named.get("format") == "uuid" or "enum" in named or named.get("pattern") == "^[a-z0-9-]{1,32}$"
                assert closed, f"{service} {place}: {parameter['name']}"


@pytest.mark.parametrize("service", DESCRIBED)
def test_a_filter_by_a_user_names_somebody_whom_a_token_may_name(service: str) -> None:
    for place, operation in operations(service):
        for parameter in operation.get("parameters", []):
            if parameter["name"] == "adviser":
                (told,) = [one for one in parameter["schema"]["anyOf"] if one["type"] != "null"]
                check = jsonschema_rs.validator_for(told)
                assert check.is_valid("a1b2-c3"), place
                for nobody in ("", " ", "\u200b", "Anna Diop", "anna@example.org", "x" * 65):
                    assert not check.is_valid(nobody), (place, nobody)


@pytest.mark.parametrize("service", DESCRIBED)
def test_every_body_has_an_example_that_it_allows(service: str) -> None:
    described = description(service)
    for place, operation in operations(service):
        if "requestBody" not in operation:
            continue
        (content,) = operation["requestBody"]["content"].values()
        schema = described["components"]["schemas"][content["schema"]["$ref"].rsplit("/", 1)[1]]
        assert schema["examples"], f"{service} {place}"
        check = jsonschema_rs.validator_for(
            content["schema"] | {"components": described["components"]}, validate_formats=True
        )
        for example in schema["examples"]:
            check.validate(example)


@pytest.mark.parametrize("service", [name for name in DESCRIBED if name != "desk"])
def test_every_rule_is_named_among_the_refusals(service: str) -> None:
    rules = rules_of(service)
    assert all(len(says) > 15 for says in rules.values()), "a rule says what it is"
    if service != "reporting":
        assert len(rules) > 10
    _, operation = next(operations(service))
    for code in rules:
        assert f"`{code}`" in operation["responses"]["409"]["description"]
