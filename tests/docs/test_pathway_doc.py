"""docs/pathway.md lists every command, question, event and reaction of the pathway services, and no other."""

import re
from importlib import import_module
from inspect import getmembers, iscoroutinefunction
from pathlib import Path

import pytest

from lieu.platform import SERVICES
from tests.docs.test_copy_labels import routes
from tests.docs.test_docs import FROZEN
from tests.places import ROOT

DOC = (ROOT / "docs" / "pathway.md").read_text()
PATHWAY_SERVICES = [name for name in SERVICES if name != "reporting"]


def rows(service: str, table: str) -> list[list[str]]:
    section = re.search(rf"^## {service}$(.*?)(?=^## |\Z)", DOC, re.S | re.M)
    assert section, f"no section for {service}"
    found = re.search(rf"^### {table}$(.*?)(?=^### |\Z)", section[1], re.S | re.M)
    assert found, f"no {table} of {service}"
    lines = [line for line in found[1].splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def in_ticks(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("service", PATHWAY_SERVICES)
def test_every_route_is_listed(service: str) -> None:
    listed = {in_ticks(row[0])[0] for table in ("Commands", "Questions") for row in rows(service, table)}
    own = {
        f"{method} {route.path.removeprefix('/v1')}"
        for name, route in routes()
        if name == service
        and route.endpoint.__module__.startswith((f"services.{service}.", "shared.people.correspondents"))
        for method in route.methods
    }
    assert listed == own


@pytest.mark.parametrize("service", PATHWAY_SERVICES)
def test_every_event_is_listed_with_what_records_it(service: str) -> None:
    listed = {f"{service}.{name}" for row in rows(service, "Commands") for name in in_ticks(row[1])}
    listed |= {f"{service}.{name}" for row in rows(service, "Reactions") for name in in_ticks(row[2])}
    assert listed == {topic for topic in FROZEN if topic.startswith(f"{service}.")}


@pytest.mark.parametrize("service", PATHWAY_SERVICES)
def test_every_reaction_is_listed(service: str) -> None:
    listed = {name for row in rows(service, "Reactions") for name in in_ticks(row[3])}
    module = import_module(f"services.{service}.reactions")
    assert {name for name, _ in getmembers(module, iscoroutinefunction) if name.startswith("when_")} <= listed
    code = Path(str(module.__file__)).read_text()
    assert not {name for name in listed if not re.search(rf"\b{name}\b", code)}
