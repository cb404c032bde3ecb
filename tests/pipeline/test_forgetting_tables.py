"""No table is left out of an erasure, and no read model of copies and rebuilds: each is looked up in the catalogue."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import orjson
import pytest
from eventsourcing.persistence import StoredEvent

from lieu.embedded import Addresses
from services.reporting.publishing import public
from services.reporting.read_models import PROJECTIONS
from services.reporting.read_models.forgetting import follow
from services.reporting.read_models.sets import SETS, empty, enter_active
from shared.kernel.database import pool
from shared.kernel.event_store import EventStore
from shared.kernel.event_store.aggregates import TypedMapper
from shared.kernel.sealing import EnvironmentKeys, PersonKeys
from shared.language.contracts import EVENTS, Body, PublicEvent
from shared.language.contracts.forgetting import ErasureAccepted
from shared.language.contracts.reporting import ErasureRewritten
from shared.language.services import OF_PATHWAYS
from shared.people.forgetting import DELETED_ELSEWHERE, Forgetting, beside_others
from tests.conftest import _empty_database
from tests.harness import EVERYBODY

PATHWAY, PERSON, ERASURE = uuid4(), uuid4(), uuid4()
NOW = datetime(2024, 1, 10, tzinfo=UTC)
OF_NOBODY = {
    "public.head": "the history that positions are counted in",
    "public.erasures": "filled by the test; the ids are dropped when an erasure is done",
    "users.access": "users, who are no supported people",
    "public.erasure_reports": "the id of the erasure itself",
    "public.waves": "waves of structures",
    "public.sessions": "sessions, which are open to the programme",
    "public.session_days": "as sessions",
    **{f"{name}.structures": "structures" for name in SETS},
}
"""Tables whose ids are of no pathway and no supported person."""
UNUSED_IN_REPORTING = {
    "public.events": "its own: anonymous copies",
    "public.snapshots": "of the same",
    "public.answers": "it takes no command",
    "public.person_keys": "it seals nothing",
    **dict.fromkeys(
        ("public.known_pathways", "public.listed_facts", "public.parked"), "its consumers write into the read models"
    ),
    **dict.fromkeys(("users.parked", "structures.parked"), "events that name no pathway"),
}
# Read models that stand empty for as long as no kind of facts is counted.
UNDECLARED = {f"{name}.facts" for name in SETS if not any(of.table == "facts" for of in PROJECTIONS)}
TELLING = {of.table: of.pathway for of in PROJECTIONS if of.pathway is not None}
EXAMPLES: dict[str, Any] = {
    "uuid": PATHWAY, "uuid[]": [PATHWAY], "text": "x", "text[]": [], "json": "{}", "bytea": b"x",
    "integer": 1, "bigint": 1, "numeric": 1, "boolean": False, "date": NOW.date(), "date[]": [date(2024, 1, 1)],
    "timestamp with time zone": NOW,
}  # fmt: skip
Columns = dict[str, asyncpg.Record]


async def tables_of(connection: asyncpg.Connection) -> dict[str, Columns]:
    """The columns of every table, by name."""
    rows = await connection.fetch(
        """select format('%I.%I', n.nspname, c.relname) as table, a.attname as name,
                  format_type(a.atttypid, null) as type,
                  a.attnotnull and not a.atthasdef and a.attidentity = '' as needed
             from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and c.relname !~ 'yoyo'
              and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1, a.attnum"""
    )
    found: dict[str, Columns] = {}
    for row in rows:
        found.setdefault(row["table"], {})[row["name"]] = row
    return found


def example(columns: Columns) -> dict[str, Any]:
    """A row in which every id is the person's or the pathway's, and what else a row must hold."""
    row = {name: EXAMPLES[of["type"]] for name, of in columns.items() if of["needed"] or of["type"].startswith("uuid")}
    row |= {name: str(PATHWAY) for name in ("key", "route") if name in columns}
    row |= {name: PERSON for name, of in columns.items() if name.startswith("person") and of["type"] == "uuid"}
    return row


async def fill(connection: asyncpg.Connection, table: str, row: dict[str, Any]) -> None:
    values = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await connection.execute(f"insert into {table} ({', '.join(row)}) values ({values})", *row.values())


def naming(tables: dict[str, Columns], but: dict[str, str]) -> Iterator[str]:
    """The tables in which a person or a pathway can stand: by an id, or as a text."""
    for table, columns in tables.items():
        ids = {name for name, of in columns.items() if of["type"].startswith("uuid")}
        if table not in but and (ids or {"key", "route"} & set(columns)):
            yield table


async def holding(connection: asyncpg.Connection, tables: dict[str, Columns], but: dict[str, str]) -> set[str]:
    """The tables in which the person or the pathway stands."""
    ids = f"{PATHWAY}|{PERSON}"
    return {
        table
        for table in tables
        if table not in but
        and await connection.fetchval(f"select exists(select from {table} t where t::text ~ $1)", ids)
    }


@asynccontextmanager
async def as_owner(addresses: Addresses, service: str) -> AsyncIterator[asyncpg.Connection]:
    """A transaction on an empty database, of which nothing is left."""
    await _empty_database(addresses.databases[service])
    connection = await asyncpg.connect(addresses.databases[service].owner_url, server_settings=EVERYBODY)
    try:
        transaction = connection.transaction()
        await transaction.start()
        yield connection
        await transaction.rollback()
    finally:
        await connection.close()


def told(service: str, name: str, body: Body) -> PublicEvent:
    return PublicEvent(service, name, 1, ERASURE, 1, None, None, None, None, NOW, None, False, None, body)


@pytest.mark.parametrize("service", OF_PATHWAYS)
async def test_an_erasure_leaves_nothing_in_any_table(migrated: Addresses, service: str) -> None:
    role = urlsplit(migrated.databases[service].url).username
    async with as_owner(migrated, service) as connection:
        tables = await tables_of(connection)
        filled = set(naming(tables, OF_NOBODY))
        for table in filled:
            await fill(connection, table, example(tables[table]))
        assert await holding(connection, tables, OF_NOBODY) == filled
        await connection.execute("insert into erasures values ($1, $2, $3, 'accepted')", ERASURE, [PERSON], [PATHWAY])
        rewritten = told("reporting", "erasure-rewritten", ErasureRewritten(erasure=ERASURE))
        await Forgetting(service, None, None, beside_others, None).when_the_figures_are_rewritten(
            connection, [rewritten]
        )
        assert await holding(connection, tables, OF_NOBODY) == set()
        for table in filled - {f"public.{name}" for name in DELETED_ELSEWHERE}:
            assert await connection.fetchval("select has_table_privilege($1, $2, 'delete')", role, table), table


async def test_an_erasure_leaves_a_copy_of_every_read_model_and_nothing_else_in_any(migrated: Addresses) -> None:
    but = OF_NOBODY | UNUSED_IN_REPORTING | dict.fromkeys(UNDECLARED, "")
    async with as_owner(migrated, "reporting") as connection, pool(migrated.databases["reporting"].url) as lent:
        tables = await tables_of(connection)
        for table in naming(tables, but):
            row = example(tables[table])
            for more in [{"projection": one} for one in TELLING] if "projection" in row else [{}]:
                await fill(connection, table, row | more)
        assert await holding(connection, tables, but) == set(naming(tables, but))
        store = EventStore(lent, PersonKeys("reporting", EnvironmentKeys(None)))
        await enter_active(connection)
        accepted = ErasureAccepted(erasure=ERASURE, persons=[PERSON], pathways=[PATHWAY])
        for service in OF_PATHWAYS:
            await follow(store, connection, [told(service, "erasure-accepted", accepted)])
        assert await holding(connection, tables, OF_NOBODY) == set()
        copy = await connection.fetchval(
            "select state -> 'fact' from events where name = 'reporting.pathway-anonymised'"
        )
        assert {table: len(rows) for table, rows in orjson.loads(copy).items()} == dict.fromkeys(TELLING, 1)


def test_the_public_copy_has_every_read_model_that_tells_of_pathways() -> None:
    assert [field.name for field in fields(EVENTS["reporting"]["pathway-anonymised"])] == list(TELLING)


def test_a_copy_that_was_stored_before_a_table_was_made_is_told_without_it() -> None:
    state = orjson.dumps({"fact": {of: [{"kind": "x"}] for of in ("intake", "diagnostic", "activities", "outcomes")}})
    event = TypedMapper().to_domain_event(StoredEvent(PATHWAY, 1, "reporting.pathway-anonymised", state))
    name, body = public(SimpleNamespace(event=event, name="reporting.pathway-anonymised"))
    assert (name, body.outcomes, body.profiles, body.situations) == ("pathway-anonymised", [{"kind": "x"}], [], [])


@pytest.mark.parametrize("name", SETS)
async def test_a_rebuild_empties_every_table_and_fills_every_read_model(migrated: Addresses, name: str) -> None:
    async with as_owner(migrated, "reporting") as connection:
        tables = {of: columns for of, columns in (await tables_of(connection)).items() if of.startswith(f"{name}.")}
        of_all = {"entity": "uuid", "known_from": "timestamp with time zone", "known_to": "timestamp with time zone"}
        found = {of: {column: row["type"] for column, row in columns.items()} for of, columns in tables.items()}
        for of in ("folds", "subscription", "parked"):
            assert found.pop(f"{name}.{of}")
        found = {of: columns for of, columns in found.items() if of not in UNDECLARED}
        assert found == {f"{name}.{of.table}": of_all | dict(of.columns) for of in PROJECTIONS}
        for of, columns in tables.items():
            await fill(connection, of, example(columns))
        await empty(connection, name)
        for of in tables:
            assert not await connection.fetchval(f"select exists(select from {of})"), of
