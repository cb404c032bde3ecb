"""The projecting of events: a state for each entity, and a row for each instant from which it shows something new."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any
from uuid import UUID

import orjson

from services.reporting.read_models import PROJECTION_OF
from services.reporting.read_models.projection import Day, Projection, State
from shared.clock import PARIS, day_in_paris
from shared.contracts import PublicEvent
from shared.database import Connection

Row = tuple[Any, ...]


@dataclass
class _Entity:
    """How an entity stands, whole: what the next event is folded into."""

    version: int = 0
    known_from: datetime | None = None
    state: State = field(default_factory=dict)


async def project(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Applies events of one stream, in order, to the read models of the connection's schema."""
    by_projection: dict[Projection, list[PublicEvent]] = {}
    for event in events:
        if (projection := PROJECTION_OF.get(type(event.body))) is not None:
            by_projection.setdefault(projection, []).append(event)
    for projection, those in by_projection.items():
        await _project(connection, projection, [(projection.entity(event), event) for event in those])


async def _project(connection: Connection, projection: Projection, events: Sequence[tuple[UUID, PublicEvent]]) -> None:
    entities = await _standing(connection, projection, {id for id, _ in events})
    ahead = {id: _begins(projection, entity)[1:] for id, entity in entities.items()}
    touched: dict[UUID, _Entity] = {}
    closed = [row for id, event in events for row in _fold(projection, id, event, entities, touched)]
    if touched:
        await _take_back(connection, projection, [(id, begin) for id in touched for begin in ahead.get(id, ())])
        standing = [row for id, entity in touched.items() for row in _shown(projection, id, entity, None)]
        await _write(connection, projection, [*closed, *standing], touched)


async def _standing(connection: Connection, projection: Projection, ids: Collection[UUID]) -> dict[UUID, _Entity]:
    rows = await connection.fetch(
        "select entity, version, known_from, state from folds where projection = $1 and entity = any($2)",
        projection.table,
        list(ids),
    )
    return {row["entity"]: _Entity(row["version"], row["known_from"], orjson.loads(row["state"])) for row in rows}


def _fold(
    projection: Projection,
    id: UUID,
    event: PublicEvent,
    entities: dict[UUID, _Entity],
    touched: dict[UUID, _Entity],
) -> Iterator[Row]:
    """Folds an event in, unless that was done before; gives the rows of the state before it, which it closes."""
    entity = entities.setdefault(id, _Entity())
    if event.version <= entity.version:
        return
    if entity.known_from is not None and entity.known_from < event.known_at:
        yield from _shown(projection, id, entity, event.known_at)
    entity.state = projection.fold(entity.state, event)
    entity.version, entity.known_from = event.version, event.known_at
    touched[id] = entity


def _begins(projection: Projection, entity: _Entity) -> list[datetime]:
    """Gives the instants from which the rows of a state hold: its own, and that of each day that was to come."""
    assert entity.known_from is not None
    by = day_in_paris(entity.known_from).isoformat()
    to_come = sorted({day for day in projection.days(entity.state) if day is not None and day > by})
    return [entity.known_from, *map(_midnight, to_come)]


def _midnight(day: Day) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), PARIS).astimezone(UTC)


def _shown(projection: Projection, id: UUID, entity: _Entity, until: datetime | None) -> Iterator[Row]:
    """Gives the rows of a state that begin before another one holds (null: it still does)."""
    begins = [instant for instant in _begins(projection, entity) if until is None or instant < until]
    for begin, end in zip(begins, [*begins[1:], until], strict=True):
        yield (id, begin, end, *projection.row(entity.state, day_in_paris(begin).isoformat()))


async def _take_back(connection: Connection, projection: Projection, ahead: Sequence[tuple[UUID, datetime]]) -> None:
    """Deletes the rows that were written ahead of days to come, before more became known."""
    if ahead:
        await connection.execute(
            f"""delete from {projection.table}
                 where (entity, known_from) in (select * from unnest($1::uuid[], $2::timestamptz[]))""",
            *map(list, zip(*ahead, strict=True)),
        )


async def _write(
    connection: Connection, projection: Projection, rows: Sequence[Row], entities: Mapping[UUID, _Entity]
) -> None:
    await connection.execute(
        _statement(projection),
        *map(list, zip(*rows, strict=True)),
        projection.table,
        list(entities),
        [entity.version for entity in entities.values()],
        [entity.known_from for entity in entities.values()],
        [orjson.dumps(entity.state).decode() for entity in entities.values()],
    )


@cache
def _statement(projection: Projection) -> str:
    """Writes rows and folds at once. The row that stood is written over, by what closes it or by what stands in its
    place from the same instant."""
    columns = (("entity", "uuid"), ("known_from", "timestamptz"), ("known_to", "timestamptz"), *projection.columns)
    names = [name for name, _ in columns]
    shown = ["coalesce(known_to, 'infinity')" if name == "known_to" else f"{name}::{type}" for name, type in columns]
    # An array of arrays would be taken apart into its elements: each comes as text.
    arrays = ", ".join(f"${n}::{'text' if '[' in type else type}[]" for n, (_, type) in enumerate(columns, 1))
    table, entities, versions, instants, states = range(len(columns) + 1, len(columns) + 6)
    return f"""
        with rows as (
          insert into {projection.table} ({", ".join(names)})
          select {", ".join(shown)} from unnest({arrays}) u({", ".join(names)})
          on conflict (entity, known_from) do update set {", ".join(f"{name} = excluded.{name}" for name in names[2:])})
        insert into folds (projection, entity, version, known_from, state)
        select ${table}, u.* from unnest(${entities}::uuid[], ${versions}::integer[], ${instants}::timestamptz[],
                                         ${states}::json[]) u
        on conflict (projection, entity) do update
          set version = excluded.version, known_from = excluded.known_from, state = excluded.state"""
