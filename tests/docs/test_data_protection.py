"""docs/data-protection.md names every sealed field, and every table in which a person or a pathway can be found."""

import re
from dataclasses import is_dataclass
from typing import get_type_hints

from eventsourcing.utils import get_topic

from services.reporting.read_models.sets import SETS
from shared.kernel.sealing import has_sealed
from shared.language.services import SERVICES
from tests.harness import Running
from tests.pipeline.test_sealing import AGGREGATES, events_of
from tests.places import ROOT

DOCUMENT = ROOT / "docs" / "data-protection.md"
NAMING = ("person", "pathway", "persons", "pathways", "aggregate", "entity", "key")
"""Columns that hold the id of one."""


def table_of(first: str) -> list[list[str]]:
    """The cells of the rows under a heading cell."""
    _, _, rest = DOCUMENT.read_text().partition(f"| {first} |")
    rows = rest.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_sealed_field_of_every_event_is_in_the_document() -> None:
    told = {
        (event, field)
        for fields, events in table_of("sealed field")
        for event in named(events)
        for field in named(fields)
    }
    kinds = [kind for aggregate in AGGREGATES for kind in events_of(aggregate)]
    facts = {get_topic(kind): get_type_hints(kind)["fact"] for kind in kinds}
    sealed = {
        (event, field)
        for event, fact in facts.items()
        if is_dataclass(fact)
        for field, hint in get_type_hints(fact).items()
        if has_sealed(hint)
    }
    assert told == sealed


async def test_every_table_that_names_a_person_or_a_pathway_is_in_the_document(running: Running) -> None:
    told: set[tuple[str, str]] = set()
    for tables, of, _ in table_of("table with ids"):
        names = [name for name in named(tables) if name not in SETS]
        if "read_model" in tables:
            names = [f"{schema}.{name}" for schema in SETS for name in names]
        told |= {(service, name) for service in (SERVICES if of == "every service" else [of]) for name in names}
    found: set[tuple[str, str]] = set()
    for service in SERVICES:
        rows = await running.service(service).state.pool.fetch(
            """select table_schema, table_name from information_schema.columns join information_schema.tables
                 using (table_schema, table_name)
                where table_type = 'BASE TABLE' and column_name = any($1) and table_schema not like 'pg_%'""",
            NAMING,
        )
        found |= {
            (service, row["table_name"] if row["table_schema"] == "public" else ".".join(row.values())) for row in rows
        }
    # Reporting has the tables that consumers share, but its consumers write into the read models.
    assert found == told
