"""What was recorded, read: aggregates as they now stand, and events with their whole envelope.

A reader of the service's order is `position > $1 order by position`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

import asyncpg
from eventsourcing.persistence import StoredEvent

from shared.kernel.database import Connection, Pool
from shared.kernel.event_store.aggregates import Aggregate, TypedMapper, has_texts, is_of, open_sealed
from shared.kernel.sealing import PersonKeys

A = TypeVar("A", bound=Aggregate)


class IdTaken(Exception):
    """An id that a caller chose is that of something of another kind."""

    def __init__(self, id: UUID) -> None:
        super().__init__(f"{id} is the id of something of another kind")


@dataclass(frozen=True)
class About:
    """Whom an event concerns; fixed at append, and with it the subject under which it is published."""

    structure: str | None = None
    pathway: UUID | None = None
    person: UUID | None = None


class Recorded(NamedTuple):
    """A stored event with its whole envelope, in the service's order."""

    position: int
    event: Aggregate.Event
    name: str
    aggregate: UUID
    version: int
    about: About
    actor: str
    happened_on: date | None
    known_at: datetime
    rule: str | None
    historical: bool
    traceparent: str | None


class Loading:
    """Reads the events of one service. `pool` connects as the service's own role."""

    def __init__(self, pool: Pool, keys: PersonKeys) -> None:
        self.pool, self.keys = pool, keys
        self.mapper = TypedMapper()

    async def load(self, cls: type[A], id: UUID) -> A:
        """Loads an aggregate as it now stands; blank, at version 0, where nothing was recorded."""
        return (await self._aggregates(cls, [id], await self.pool.rows_of(_LOAD, id)))[id]

    async def load_many(self, cls: type[A], ids: Sequence[UUID], connection: Connection | None = None) -> dict[UUID, A]:
        """Loads aggregates by id; as a transaction on `connection` sees them, where one is given."""
        return await self._aggregates(cls, ids, await (connection or self.pool).fetch(_LOAD, ids))

    async def _aggregates(self, cls: type[A], ids: Sequence[UUID], rows: Sequence[asyncpg.Record]) -> dict[UUID, A]:
        events = [self._event(row) for row in rows]
        await self._open(rows, events)
        found: dict[UUID, A] = {}
        together = zip(rows, events, strict=True)
        for id, group in groupby(together, key=lambda pair: cast(UUID, pair[0]["aggregate"])):
            aggregate: A | None = None
            for row, event in group:
                if not is_of(cls, event):
                    raise IdTaken(id)
                aggregate = event.mutate(None if row["snapshot"] else aggregate or cls.blank(id))
            assert aggregate is not None
            found[id] = aggregate
        return {id: found[id] if id in found else cls.blank(id) for id in ids}

    async def _open(self, rows: Sequence[asyncpg.Record], events: Sequence[Any]) -> None:
        closed = [(row["person"], event) for row, event in zip(rows, events, strict=True) if has_texts(event)]
        if closed:
            keys = await self.keys.find(self.pool, [person for person, _ in closed])
            for person, event in closed:
                open_sealed(event, keys.get(person))

    def _event(self, row: asyncpg.Record) -> Any:
        return self.mapper.to_domain_event(
            StoredEvent(row["aggregate"], row["version"], row["name"], row["state"].encode())
        )

    async def read(self, after: int, limit: int) -> list[Recorded]:
        """Reads the next events in the service's order, `after` excluded."""
        rows = await self.pool.fetch(
            "select * from events where position > $1 order by position limit $2", after, limit
        )
        return [self._recorded(row) for row in rows]

    async def read_on(self, after: int, limit: int) -> tuple[int, datetime, list[Recorded]]:
        """Reads as `read` does, beside the position and the instant of the service's last event at that moment."""
        rows = await self.pool.fetch(
            """select h.position as head, h.known_at as head_known_at, e.*
                 from head h left join lateral (
                   select * from events where position > $1 order by position limit $2) e on true
                order by e.position""",
            after,
            limit,
        )
        events = [self._recorded(row) for row in rows if row["position"] is not None]
        return rows[0]["head"], rows[0]["head_known_at"], events

    async def pathways_of(self, person: UUID) -> list[UUID]:
        """Lists the pathways with an event that concerns a person."""
        pathways, _ = await self.pathways_up_to_now(person)
        return pathways

    async def pathways_up_to_now(self, person: UUID) -> tuple[list[UUID], int]:
        """Lists the same, and the position up to which they were looked for."""
        row = await self.pool.fetchrow(
            """select position, array(select distinct pathway from events
                                       where person = $1 and pathway is not null order by 1) as pathways from head""",
            person,
        )
        assert row is not None
        return row["pathways"], row["position"]

    async def structures_of(self, person: UUID) -> list[str]:
        """Lists the structures with an event that concerns a person."""
        rows = await self.pool.fetch(
            "select distinct structure from events where person = $1 and structure is not null order by 1", person
        )
        return [row["structure"] for row in rows]

    async def of_pathway(self, pathway: UUID) -> list[Recorded]:
        """Reads every event that concerns a pathway, in order."""
        rows = await self.pool.fetch("select * from events where pathway = $1 order by position", pathway)
        return [self._recorded(row) for row in rows]

    async def history(self, pathways: Sequence[UUID], persons: Sequence[UUID]) -> list[Recorded]:
        """Reads every event of these pathways, and of these persons outside any pathway, in order, its texts opened."""
        rows = await self.pool.fetch(
            """select * from events where pathway = any($1) or (pathway is null and person = any($2))
                order by position""",
            pathways,
            persons,
        )
        recorded = [self._recorded(row) for row in rows]
        await self._open(rows, [one.event for one in recorded])
        return recorded

    def _recorded(self, row: asyncpg.Record) -> Recorded:
        return Recorded(
            position=row["position"],
            event=self._event(row),
            name=row["name"],
            aggregate=row["aggregate"],
            version=row["version"],
            about=About(row["structure"], row["pathway"], row["person"]),
            actor=row["actor"],
            happened_on=row["happened_on"],
            known_at=row["known_at"],
            rule=row["rule"],
            historical=row["historical"],
            traceparent=row["traceparent"],
        )

    async def since(self, aggregate: UUID, version: int) -> list[Recorded]:
        """Reads what was recorded on an aggregate after a version, in order."""
        rows = await self.pool.fetch(
            "select * from events where aggregate = $1 and version > $2 order by version", aggregate, version
        )
        return [self._recorded(row) for row in rows]

    async def generation(self) -> str:
        """Names this history: another one (a restored backup) has another generation."""
        return str(await self.pool.fetchval("select generation from head"))

    async def let_time_pass(self) -> tuple[int, datetime]:
        """Returns (position, instant): whatever will ever be known up to the instant has at most this position."""
        row = await self.pool.fetchrow("select at_position, at_known_at from let_time_pass()")
        assert row is not None
        return row["at_position"], row["at_known_at"]


_LOAD = """
select aggregate, version, name, state, person, true as snapshot from snapshots where aggregate = any($1)
union all
select e.aggregate, e.version, e.name, e.state, e.person, false
  from events e left join snapshots s using (aggregate)
 where e.aggregate = any($1) and e.version > coalesce(s.version, 0)
 order by aggregate, version
"""
