"""The asynchronous recorder: aggregates in, events out, on asyncpg."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.clock import Clock, now
from shared.kernel.database import Connection, Pool
from shared.kernel.event_store.aggregates import Aggregate, has_texts
from shared.kernel.event_store.answers import Answer, IdempotencyKey, answered, forget_answers
from shared.kernel.event_store.appending import Appending, append_lock, append_within
from shared.kernel.event_store.ledger import Ledger
from shared.kernel.event_store.loading import About, Loading
from shared.kernel.event_store.saves import Change, Save
from shared.kernel.event_store.snapshots import Snapshots
from shared.kernel.sealing import PersonKeys
from shared.kernel.telemetry import current_traceparent

A = TypeVar("A", bound=Aggregate)
_Told = tuple[Aggregate, About, "list[Aggregate.Event]"]
"""An aggregate, whom it concerns, and what it recorded since it was loaded."""


class EventStore(Loading):
    """The event store of one service. `pool` connects as the service's own role."""

    def __init__(self, pool: Pool, keys: PersonKeys) -> None:
        super().__init__(pool, keys)
        self.ledger = Ledger(pool)
        self.clock: Clock = now
        """By which is told what lies in the future. When something became known the database says."""
        self._appending, self._snapshots = Appending(pool, self.ledger), Snapshots(self)
        self.appended = self._appending.appended
        """Set after every commit, and by the relay itself where it heard of news elsewhere: wakes the relay."""

    async def answer(self, key: IdempotencyKey) -> Answer | None:
        """Looks up what was answered under a key in the last 24 hours."""
        return await answered(self.pool, key)

    async def save(
        self,
        aggregate: Aggregate,
        *,
        about: About,
        actor: str,
        historical: bool = False,
        stood: Mapping[UUID, int] | None = None,
        keys: Mapping[UUID, AESGCM] | None = None,
    ) -> datetime | None:
        """Appends as `save_all` does, of one aggregate. `stood`: what else was looked at, by id its version."""
        stands = {aggregate.id: aggregate.version - len(aggregate.pending_events)}
        return await self.save_all(
            [(aggregate, about)], stood={**(stood or {}), **stands}, actor=actor, historical=historical, keys=keys
        )

    async def save_all(
        self,
        recorded: Sequence[tuple[Aggregate, About]],
        *,
        stood: Mapping[UUID, int],
        listed: Mapping[UUID, int] | None = None,
        actor: str,
        historical: bool = False,
        key: IdempotencyKey | None = None,
        answer: dict[str, Any] | None = None,
        keys: Mapping[UUID, AESGCM] | None = None,
    ) -> datetime | None:
        """Appends what the aggregates have recorded since they were loaded, in their order, all of it or nothing;
        returns when it became known.

        `stood`: by id the version of every file that was looked at, those that recorded something included; `listed`:
        by person the position up to which their pathways were listed. Null where there was nothing to append. Raises
        VersionConflict where any of that has moved on, AlreadyAnswered, Forgotten; then nothing was appended. `keys`:
        those of the persons concerned, where the caller has them already.
        When it returns, the events are durable. The current trace context is stored with them.
        """
        told = [(aggregate, about, _collect(aggregate)) for aggregate, about in recorded if aggregate.pending_events]
        if not told and key is None:
            return None
        save = Save(
            await self._changes(told, keys or {}),
            stood,
            listed or {},
            actor,
            historical,
            key,
            answer,
            current_traceparent(),
            await self.ledger.digests({id for _, about, _ in told for id in (about.pathway, about.person)}),
        )
        known_at = await self._appending.append(save)
        for aggregate, about, events in told:
            self._snapshots.after(aggregate, len(events), about.person)
        return known_at if told else None

    async def _changes(self, told: Sequence[_Told], keys: Mapping[UUID, AESGCM]) -> list[Change]:
        """Makes what was recorded what is stored, texts sealed under the key of whom it concerns."""
        sealing = {about.person for _, about, events in told if about.person and any(map(has_texts, events))}
        found = dict(keys)
        if missing := sealing - found.keys():
            found |= await self.keys.ensure(self.pool, list(missing))
        return [
            self._change(about, events, found.get(about.person) if about.person else None) for _, about, events in told
        ]

    def _change(self, about: About, events: Sequence[Aggregate.Event], key: AESGCM | None = None) -> Change:
        return Change([self.mapper.to_stored_event(event, key) for event in events], events, about)

    async def append_within(self, connection: Connection, aggregate: Aggregate, about: About, actor: str) -> None:
        """Appends in the caller's own transaction, for what must happen together with another change of the database.

        Raises VersionConflict.
        """
        events = _collect(aggregate)
        stood = {aggregate.id: aggregate.version - len(events)}
        change = self._change(about, events)
        save = Save([change], stood, {}, actor, False, None, None, current_traceparent(), [])
        await append_within(connection, save)

    async def react(
        self,
        connection: Connection,
        cls: type[A],
        id: UUID,
        decision: Callable[[A], object],
        about: About,
        actor: str,
    ) -> None:
        """Decides on an aggregate and appends in the caller's own transaction: what follows from an event, exactly
        once with the position of whoever follows. No text can be sealed in it. Of who was forgotten nothing is done.

        The append lock is held until the transaction ends, so that no command comes between. Raises RuleBroken where
        the decision does.
        """
        await append_lock(connection)
        ids = [one for one in (about.pathway, about.person) if one is not None]
        if await self.ledger.forgotten(ids, connection):
            return
        aggregate = (await self.load_many(cls, [id], connection))[id]
        decision(aggregate)
        if aggregate.pending_events:
            await self.append_within(connection, aggregate, about, actor)

    async def run(self) -> None:
        """Writes what waits, until cancelled. One writer connection a process."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._appending.run())
            tasks.create_task(self._snapshots.run())
            tasks.create_task(forget_answers(self.pool))


def _collect(aggregate: Aggregate) -> "list[Aggregate.Event]":
    return cast("list[Aggregate.Event]", aggregate.collect_events())
