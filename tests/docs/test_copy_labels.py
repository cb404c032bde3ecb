"""Nothing that a copy can hold is without a French name, and no route shows a person without noting it."""

import dataclasses
import re
from collections.abc import Iterator
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from eventsourcing.utils import get_topic
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from lieu.personal_copy import labels
from lieu.platform import SERVICES
from services.intake.domain import Access, Structure, Wave
from services.reporting.domain import AnonymousPathway, Rewriting
from services.training.domain import FormationAction, Session
from shared.http.readings import _looking
from shared.kernel.callers import Role
from shared.kernel.settings import Settings
from shared.language.codes import AGE_CLASSES, DayPart, YesNo
from shared.people.copies import ENVELOPE, plain
from shared.people.correspondents import Correspondent
from shared.people.forgetting import Erasure, ErasureReport
from tests.pipeline.test_sealing import AGGREGATES, events_of
from tests.places import ROOT

OF_NOBODY = (
    Access,
    Structure,
    Wave,
    Session,
    FormationAction,
    Correspondent,
    Erasure,
    ErasureReport,
    AnonymousPathway,
    Rewriting,
)
"""Aggregates without a supported person, or without one that is left."""
EVENTS = [kind for aggregate in AGGREGATES if aggregate not in OF_NOBODY for kind in events_of(aggregate)]


def fields_of(kind: type) -> Iterator[tuple[str, Any]]:
    """The fields that a copy tells of an event, with their types."""
    hints = get_type_hints(kind)
    fact = hints["fact"]
    yield from get_type_hints(fact).items() if dataclasses.is_dataclass(fact) else [("fact", fact)]
    yield from ((name, hint) for name, hint in hints.items() if name not in ENVELOPE)


def codes_in(hint: Any) -> set[type[Enum]]:
    """The classes of codes of which a field holds one or several."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {hint}
    return {codes for part in get_args(hint) for codes in codes_in(part)}


def test_every_event_has_a_french_name() -> None:
    assert {get_topic(kind) for kind in EVENTS} == set(labels.EVENTS)


@pytest.mark.parametrize("kind", EVENTS, ids=get_topic)
def test_every_field_and_every_code_reads_in_french(kind: type) -> None:
    looked_at = 0
    for name, hint in fields_of(kind):
        label, _ = labels.field(get_topic(kind), name, None)
        assert label
        looked_at += 1
        for code in [code for codes in codes_in(hint) for code in codes]:
            several = get_origin(hint) is tuple
            assert labels.field(get_topic(kind), name, plain([code] if several else code))[1]
            with pytest.raises(KeyError):
                labels.field(get_topic(kind), name, "no-such-code")
        if date in (hint, *get_args(hint)):
            assert labels.field(get_topic(kind), name, "2024-01-10")[1] == "10 janvier 2024"
    assert looked_at > 0


def test_the_french_texts_hold_nothing_that_a_copy_cannot() -> None:
    held: dict[str, set[str]] = {get_topic(kind): {name for name, _ in fields_of(kind)} for kind in EVENTS}
    for fact, told in labels.texts("facts").items():
        assert set(told["fields"]) == set().union(*(held[event] for event in told["events"])), fact
    of_fields = {codes for kind in EVENTS for _, hint in fields_of(kind) for codes in codes_in(hint)}
    listed = {codes.__name__: {str(code.value) for code in codes} for codes in of_fields | {DayPart, YesNo}}
    listed["AgeClass"] = set(AGE_CLASSES)
    assert {name: set(codes) for name, codes in labels.texts("codes").items()} == listed


def test_every_fact_that_a_disagreement_can_be_about_has_a_french_name() -> None:
    domains = [path for path in (ROOT / "services").rglob("domain*") if path.name in ("domain", "domain.py")]
    sources = [file.read_text() for one in domains for file in ([one] if one.is_file() else one.glob("*.py"))]
    kinds = {kind for source in sources for kind in re.findall(r'FactId\("([a-z-]+)"', source)}
    kinds |= {facts.kind for cls in AGGREGATES for facts in cls.facts().values() if facts.kind is not None}
    kinds |= {event.KIND for cls in AGGREGATES for event in cls.events() if hasattr(event, "KIND")}
    assert len(kinds) > 8
    assert kinds == set(labels.FACTS)


def test_days_are_french() -> None:
    assert labels.day("2024-01-10") == "10 janvier 2024"
    assert labels.day(date(2024, 8, 1)) == "1er août 2024"
    assert labels.moment("2024-12-31T23:30:00+00:00") == "1er janvier 2025 à 00 h 30"


@cache
def apps() -> dict[str, FastAPI]:
    settings = Settings(
        LIEU_DATABASE_URL="postgresql://nobody@localhost/x", LIEU_NATS_URL="nats://localhost", LIEU_OIDC_ISSUER="urn:x"
    )
    return {name: make(settings) for name, make in SERVICES.items()}


def notes(dependant: Dependant) -> bool:
    return dependant.call is _looking or any(map(notes, dependant.dependencies))


def names_in(hint: Any) -> set[str]:
    """The names of every field anywhere in an answer's type."""
    if dataclasses.is_dataclass(hint) or hasattr(hint, "model_fields"):
        hints = get_type_hints(hint)
        return set(hints) | {name for part in hints.values() for name in names_in(part)}
    return {name for part in get_args(hint) for name in names_in(part)}


NAMED = {"person", "persons", "pathway", "pathways"}
COMMANDS = {"import_dossiers", "run"}
"""A command tells what became of what it was sent; it shows nothing that is recorded."""


def routes() -> list[tuple[str, APIRoute]]:
    return [(name, route) for name, app in apps().items() for route in _flat(app.routes)]


def _flat(found: list[Any]) -> Iterator[APIRoute]:
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        elif router := getattr(route, "original_router", None):
            yield from _flat(router.routes)


def test_every_route_that_shows_a_person_or_a_pathway_notes_it() -> None:
    showing = set()
    for service, route in routes():
        shows = NAMED & names_in(get_type_hints(route.endpoint).get("return"))
        if shows and route.name not in COMMANDS:
            assert notes(route.dependant), f"{service} {route.path} answers {shows} and notes nobody"
            showing.add((service, route.name))
        if notes(route.dependant):
            assert route.name in labels.ROUTES, route.name
    assert {("intake", "search"), ("intake", "duplicates"), ("training", "activities")} <= showing
    assert {("outcomes", "copy"), ("diagnostic", "pathway"), ("outcomes", "known_rows")} <= showing


def test_every_reader_has_a_french_name() -> None:
    assert set(labels.ROLES) == set(Role)


def test_what_has_no_decided_form_is_refused() -> None:
    with pytest.raises(TypeError, match="no copy is decided"):
        plain(object())
    assert plain([UUID(int=1), date(2024, 1, 1), None]) == [str(UUID(int=1)), "2024-01-01", None]
