"""Snapshots of long aggregates, taken off the request's path."""

import asyncio
import logging
from uuid import UUID

import asyncpg
from eventsourcing.domain import Snapshot

from shared.kernel.event_store.aggregates import Aggregate, holds_sealed
from shared.kernel.event_store.loading import Loading
from shared.language.sealed import CannotOpen

log = logging.getLogger(__name__)

SNAPSHOT_EVERY = 100
"""Events of one aggregate after which a snapshot is taken."""


class Snapshots:
    """The aggregates of which one is to be taken."""

    def __init__(self, loading: Loading) -> None:
        self.loading = loading
        self._due: asyncio.Queue[tuple[type[Aggregate], UUID, UUID | None]] = asyncio.Queue()

    def after(self, aggregate: Aggregate, events: int, person: UUID | None) -> None:
        """Notes that so many events were appended to an aggregate, whose texts are sealed under the person's key."""
        if aggregate.version // SNAPSHOT_EVERY > (aggregate.version - events) // SNAPSHOT_EVERY:
            self._due.put_nowait((type(aggregate), aggregate.id, person))

    async def run(self) -> None:
        """Takes what is due, until cancelled."""
        while True:
            due = await self._due.get()
            try:
                await self._take(*due)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, CannotOpen) as error:
                log.warning("no snapshot taken (%s); the next one will serve", error)

    async def _take(self, cls: type[Aggregate], id: UUID, person: UUID | None) -> None:
        pool, keys, mapper = self.loading.pool, self.loading.keys, self.loading.mapper
        snapshot = Snapshot.take(await self.loading.load(cls, id))
        found = await keys.ensure(pool, [person]) if person and holds_sealed(snapshot) else {}
        stored = mapper.to_stored_event(snapshot, found.get(person) if person else None)
        await pool.execute(_KEEP, id, stored.originator_version, stored.topic, stored.state.decode(), person)


_KEEP = """
insert into snapshots as s (aggregate, version, name, state, person) values ($1, $2, $3, $4, $5)
on conflict (aggregate) do update set version = excluded.version, name = excluded.name, state = excluded.state,
                                      person = excluded.person
 where s.version < excluded.version
"""
