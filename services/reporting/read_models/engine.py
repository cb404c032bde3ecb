"""The projecting of events: a state for each entity, and a row for each instant from which it shows something new."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any
from uuid import UUID

import orjson

from services.reporting.read_models import PROJECTION_OF
from services.reporting.read_models.projection import Day, Projection, State
from shared.kernel.clock import PARIS, day_in_paris
from shared.kernel.database import Connection
from shared.language.contracts import PublicEvent

Row = tuple[Any, ...]


async def project(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Applies events of one stream, in order, to the read models of the connection's schema."""
    by_projection: dict[Projection, list[PublicEvent]] = {}
    for event in events:
        if (projection := PROJECTION_OF.get(type(event.body))) is not None:
            by_projection.setdefault(projection, []).append(event)
    for projection, those in by_projection.items():
        await _project(connection, projection, those)


@dataclass
class _Entity:
    """Keeps how an entity stands, whole: the next event is folded into it."""

    projection: Projection
    id: UUID
    version: int = 0
    known_from: datetime | None = None
    state: State = field(default_factory=dict)

    def fold(self, event: PublicEvent) -> Iterator[Row]:
        """Folds an event in; gives the rows of the state before it, which it closes."""
        if self.known_from is not None and self.known_from < event.known_at:
            yield from self.shown(event.known_at)
        self.state = self.projection.fold(self.state, event)
        self.version, self.known_from = event.version, event.known_at

    def shown(self, until: datetime | None = None) -> Iterator[Row]:
        """Gives the rows of the state that begin before another one holds (null: it still does)."""
        begins = [instant for instant in self.begins() if until is None or instant < until]
        for begin, end in zip(begins, [*begins[1:], until], strict=True):
            yield (self.id, begin, end, *self.projection.row(self.state, day_in_paris(begin).isoformat()))

    def begins(self) -> list[datetime]:
        """Gives the instants from which the rows hold: that of the state, and that of each day that was to come."""
        assert self.known_from is not None
        by = day_in_paris(self.known_from).isoformat()
        to_come = sorted({day for day in self.projection.days(self.state) if day is not None and day > by})
        return [self.known_from, *map(_midnight, to_come)]


def _midnight(day: Day) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), PARIS).astimezone(UTC)


async def _project(connection: Connection, projection: Projection, events: Sequence[PublicEvent]) -> None:
    ids = [projection.entity(event) for event in events]
    entities = await _standing(connection, projection, set(ids))
    ahead = {id: entity.begins()[1:] for id, entity in entities.items()}
    closed: list[Row] = []
    touched: dict[UUID, _Entity] = {}
    for id, event in zip(ids, events, strict=True):
        entity = entities.setdefault(id, _Entity(projection, id))
        if event.version > entity.version:
            closed += entity.fold(event)
            touched[id] = entity
    if touched:
        await _take_back(connection, projection, [(id, begin) for id in touched for begin in ahead.get(id, ())])
        await _write(connection, projection, closed, touched.values())


async def _standing(connection: Connection, projection: Projection, ids: Collection[UUID]) -> dict[UUID, _Entity]:
    rows = await connection.fetch(
        "select entity, version, known_from, state from folds where projection = $1 and entity = any($2)",
        projection.table,
        list(ids),
    )
    return {id: _Entity(projection, id, version, at, orjson.loads(state)) for id, version, at, state in rows}


async def _take_back(connection: Connection, projection: Projection, ahead: Sequence[tuple[UUID, datetime]]) -> None:
    """Deletes the rows that were written ahead of days to come, before more became known."""
    if ahead:
        await connection.execute(
            f"""delete from {projection.table}
                 where (entity, known_from) in (select * from unnest($1::uuid[], $2::timestamptz[]))""",
            *map(list, zip(*ahead, strict=True)),
        )


async def _write(
    connection: Connection, projection: Projection, closed: Sequence[Row], touched: Collection[_Entity]
) -> None:
    rows = [*closed, *(row for entity in touched for row in entity.shown())]
    folds = [(one.id, one.version, one.known_from, orjson.dumps(one.state).decode()) for one in touched]
    columns = (*map(list, zip(*rows, strict=True)), projection.table, *map(list, zip(*folds, strict=True)))
    await connection.execute(_statement(projection), *columns)


@cache
def _statement(projection: Projection) -> str:
    """Writes rows and folds at once. The row that stood is written over, by what closes it or by what stands in its
    place from the same instant."""
    columns = {"entity": "uuid", "known_from": "timestamptz", "known_to": "timestamptz", **projection.columns}
    names = list(columns)
    shown = [f"{name}::{type}" for name, type in columns.items()]
    shown[2] = "coalesce(known_to, 'infinity')"
    # An array of arrays would be taken apart into its elements: each comes as text.
    arrays = ", ".join(f"${n}::{'text' if '[' in type else type}[]" for n, type in enumerate(columns.values(), 1))
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
