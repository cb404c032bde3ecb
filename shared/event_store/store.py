"""The asynchronous recorder: aggregates in, events out, on asyncpg.

Appends that wait are merged into one commit (`append_saves` in the migrations): the lock first, a version check
per save, positions and known_at in total order. A reader is `position > $1 order by position`.
"""

import asyncio
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from itertools import groupby
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID, uuid4

import asyncpg
import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.domain import Snapshot
from eventsourcing.persistence import IntegrityError, StoredEvent

from shared.clock import Clock, now
from shared.database import Connection, Pool, across_structures
from shared.event_store.aggregates import Aggregate, TypedMapper, has_texts, holds_sealed, is_of, open_sealed
from shared.sealing import CannotOpen, PersonKeys
from shared.telemetry import current_traceparent

log = logging.getLogger(__name__)

A = TypeVar("A", bound=Aggregate)

GROUP_LIMIT = 400
"""Saves merged into one commit at most."""
under: ContextVar[tuple[str, str] | tuple[None, None]] = ContextVar("under", default=(None, None))
"""(role, token's id) under which the request under way appends; what no request asked for has none."""
SNAPSHOT_EVERY = 100
"""Events of one aggregate after which a snapshot is taken, off the request's path."""


class VersionConflict(IntegrityError):
    """Another writer recorded something first. `stood`: the versions that the save was based on, by aggregate."""

    def __init__(self, stood: Mapping[UUID, int]) -> None:
        stands = ", ".join(f"{aggregate} from version {version}" for aggregate, version in stood.items())
        super().__init__(f"one of these has moved on: {stands}")
        self.stood = stood


class IdTaken(Exception):
    """An id that a caller chose is that of something of another kind."""

    def __init__(self, id: UUID) -> None:
        super().__init__(f"{id} is the id of something of another kind")


class Forgotten(Exception):
    """The pathway or the person was forgotten: nothing is recorded of them any more."""


class AlreadyAnswered(Exception):
    """The idempotency key was answered meanwhile, by a twin of this request."""


@dataclass(frozen=True)
class About:
    """Whom an event concerns; fixed at append, and with it the subject under which it is published."""

    structure: str | None = None
    pathway: UUID | None = None
    person: UUID | None = None


@dataclass(frozen=True)
class IdempotencyKey:
    """One caller's key on one route, with the hash of the body it came with."""

    caller: str
    route: str
    key: str
    body_hash: bytes


@dataclass(frozen=True)
class Answer:
    """What was answered under an idempotency key."""

    body: dict[str, Any]
    known_at: datetime
    body_hash: bytes


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


class _Change(NamedTuple):
    """What one aggregate recorded."""

    stored: Sequence[StoredEvent]
    events: Sequence[Aggregate.Event]
    about: About


@dataclass
class _Save:
    changes: Sequence[_Change]
    stood: Mapping[UUID, int]
    """The version at which each file stood that was looked at, 0 where there was none."""
    listed: Mapping[UUID, int]
    """Persons whose pathways were listed, and the position up to which."""
    actor: str
    historical: bool
    key: IdempotencyKey | None
    answer: dict[str, Any] | None
    traceparent: str | None
    digests: list[bytes]
    under: tuple[str, str] | tuple[None, None] = field(default_factory=lambda: under.get())
    id: UUID = field(default_factory=uuid4)
    done: asyncio.Future[datetime] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @cached_property
    def writes(self) -> set[object]:
        """What no other save of the same group may look at: what is listed too, as it may be added to."""
        changed = {change.stored[0].originator_id for change in self.changes}
        return {*changed, *self.listed, *([self.key] if self.key else [])}


async def append_lock(connection: Connection) -> None:
    """Waits for whoever appends, and lets nobody until the transaction ends: what is read from here on stays so."""
    await connection.execute("select append_lock()")


class Ledger:
    """The forgotten ids of one database, as keyed digests."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._digest: Callable[[UUID], bytes] | None = None

    async def digests(self, ids: Iterable[UUID | None]) -> list[bytes]:
        """In the order of the ids, null left out."""
        if self._digest is None:
            secret = await self.pool.fetchval("select secret from forgetting_secret")
            # Every consumer asks for the same ids, a moment after the command that wrote them.
            self._digest = lru_cache(10_000)(lambda id: hmac.digest(secret, id.bytes, "sha256"))
        return [self._digest(id) for id in ids if id is not None]

    async def holds(self, digests: Sequence[bytes]) -> bool:
        return bool(await self.pool.fetchval("select exists(select from forgotten where digest = any($1))", digests))

    async def forgotten(self, ids: Iterable[UUID], connection: Connection | None = None) -> set[UUID]:
        """Those of the ids that were forgotten; as seen by a transaction on `connection` where one is given."""
        asked = list(set(ids))
        by_digest = dict(zip(await self.digests(asked), asked, strict=True))
        rows = await (connection or self.pool).fetch(
            "select digest from forgotten where digest = any($1)", list(by_digest)
        )
        return {by_digest[row["digest"]] for row in rows}


class EventStore:
    """The event store of one service. `pool` connects as the service's own role."""

    def __init__(self, pool: Pool, keys: PersonKeys) -> None:
        self.pool, self.keys, self.ledger = pool, keys, Ledger(pool)
        self.clock: Clock = now
        """By which is told what lies in the future. When something became known the database says."""
        self.mapper = TypedMapper()
        self.appended = asyncio.Event()
        """Set after every commit, and by the relay itself where it heard of news elsewhere: wakes the relay."""
        self._waiting: list[_Save] = []
        self._wake = asyncio.Event()
        self._to_snapshot: asyncio.Queue[tuple[type[Aggregate], UUID, UUID | None]] = asyncio.Queue()

    # Loading

    async def load(self, cls: type[A], id: UUID) -> A:
        """The aggregate as it now stands; blank, at version 0, where nothing was recorded."""
        return (await self._aggregates(cls, [id], await self.pool.rows_of(_LOAD, id)))[id]

    async def load_many(self, cls: type[A], ids: Sequence[UUID], connection: Connection | None = None) -> dict[UUID, A]:
        """As a transaction on `connection` sees them, where one is given."""
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
        """The next events in the service's order, `after` excluded."""
        rows = await self.pool.fetch(
            "select * from events where position > $1 order by position limit $2", after, limit
        )
        return [self._recorded(row) for row in rows]

    async def read_on(self, after: int, limit: int) -> tuple[int, datetime, list[Recorded]]:
        """As `read`, beside the position and the instant of the service's last event at that moment."""
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
        """The pathways with an event that concerns a person."""
        pathways, _ = await self.pathways_up_to_now(person)
        return pathways

    async def pathways_up_to_now(self, person: UUID) -> tuple[list[UUID], int]:
        """The same, and the position up to which they were looked for."""
        row = await self.pool.fetchrow(
            """select position, array(select distinct pathway from events
                                       where person = $1 and pathway is not null order by 1) as pathways from head""",
            person,
        )
        assert row is not None
        return row["pathways"], row["position"]

    async def structures_of(self, person: UUID) -> list[str]:
        """The structures with an event that concerns a person."""
        rows = await self.pool.fetch(
            "select distinct structure from events where person = $1 and structure is not null order by 1", person
        )
        return [row["structure"] for row in rows]

    async def of_pathway(self, pathway: UUID) -> list[Recorded]:
        """Every event that concerns a pathway, in order."""
        rows = await self.pool.fetch("select * from events where pathway = $1 order by position", pathway)
        return [self._recorded(row) for row in rows]

    async def history(self, pathways: Sequence[UUID], persons: Sequence[UUID]) -> list[Recorded]:
        """Every event of these pathways, and of these persons outside any pathway, in order, with its texts opened."""
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
        """What was recorded on an aggregate after a version, in order."""
        rows = await self.pool.fetch(
            "select * from events where aggregate = $1 and version > $2 order by version", aggregate, version
        )
        return [self._recorded(row) for row in rows]

    async def generation(self) -> str:
        """Names this history: another one (a restored backup) has another generation."""
        return str(await self.pool.fetchval("select generation from head"))

    async def let_time_pass(self) -> tuple[int, datetime]:
        """(position, instant): every event that will ever be known up to the instant has at most this position."""
        row = await self.pool.fetchrow("select at_position, at_known_at from let_time_pass()")
        assert row is not None
        return row["at_position"], row["at_known_at"]

    # Saving

    async def answer(self, key: IdempotencyKey) -> Answer | None:
        """What was answered under this key in the last 24 hours."""
        with across_structures():  # an answer is the caller's, whatever their structure
            rows = await self.pool.rows_of(_ANSWERED, key.caller, key.route, key.key)
        return Answer(orjson.loads(rows[0]["answer"]), rows[0]["known_at"], rows[0]["body_hash"]) if rows else None

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
        """As `save_all`, of one aggregate. `stood`: what else was looked at, by id its version."""
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
        changes = [
            (aggregate, about, cast("list[Aggregate.Event]", aggregate.collect_events()))
            for aggregate, about in recorded
            if aggregate.pending_events
        ]
        if not changes and key is None:
            return None
        sealing = {
            about.person for _, about, events in changes if about.person is not None and any(map(has_texts, events))
        }
        found = dict(keys or {})
        if missing := sealing - found.keys():
            found |= await self.keys.ensure(self.pool, list(missing))

        def change(about: About, events: Sequence[Aggregate.Event]) -> _Change:
            person_key = found.get(about.person) if about.person is not None else None
            return _Change([self.mapper.to_stored_event(event, person_key) for event in events], events, about)

        save = _Save(
            [change(about, events) for _, about, events in changes],
            stood,
            listed or {},
            actor,
            historical,
            key,
            answer,
            current_traceparent(),
            await self.ledger.digests({id for _, about, _ in changes for id in (about.pathway, about.person)}),
        )
        self._waiting.append(save)
        self._wake.set()
        known_at = await save.done
        for aggregate, about, events in changes:
            version = aggregate.version
            if version // SNAPSHOT_EVERY > (version - len(events)) // SNAPSHOT_EVERY:
                self._to_snapshot.put_nowait((type(aggregate), aggregate.id, about.person))
        return known_at if changes else None

    async def append_within(self, connection: Connection, aggregate: Aggregate, about: About, actor: str) -> None:
        """Appends in the caller's own transaction, for what must happen together with another change of the database.

        Raises VersionConflict.
        """
        events = cast("list[Aggregate.Event]", aggregate.collect_events())
        stored = [self.mapper.to_stored_event(event) for event in events]
        stood = {aggregate.id: aggregate.version - len(events)}
        change = _Change(stored, events, about)
        save = _Save([change], stood, {}, actor, False, None, None, current_traceparent(), [])
        row = await connection.fetchrow(_APPEND, *_columns([save]))
        assert row is not None
        if row["refused"]:
            raise VersionConflict(stood)

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
            tasks.create_task(self._write())
            tasks.create_task(self._take_snapshots())
            tasks.create_task(self._forget_answers())

    async def _write(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                # Of those that come at once half go first: while these are committed, the others' commands have been
                # computed, and from then on computing and committing go on at the same time.
                most = min(GROUP_LIMIT, (len(self._waiting) + 1) // 2)
                while group := self._next_group(most):
                    await self._append(group)
                    self.appended.set()
                    most = GROUP_LIMIT
        finally:
            for save in self._waiting:
                save.done.cancel()

    def _next_group(self, most: int) -> list[_Save]:
        """Waiting saves in order of arrival: none that looks at what another of them changes, and one of an idempotency
        key at most. What has to wait goes before whatever came after it and meets it."""
        group: list[_Save] = []
        later: list[_Save] = []
        changed: set[object] = set()
        looked_at: set[object] = set()
        for save in self._waiting:
            meets = not (
                changed.isdisjoint(save.writes) and looked_at.isdisjoint(save.writes) and changed.isdisjoint(save.stood)
            )
            (later if meets or len(group) >= most else group).append(save)
            changed |= save.writes
            looked_at |= save.stood.keys()
        self._waiting = later
        return group

    async def _append(self, group: list[_Save]) -> None:
        arguments = _columns(group)
        known_at: datetime | None = None
        refused: set[UUID] = set()
        while known_at is None:
            try:
                row = await self.pool.fetchrow(_APPEND, *arguments)
                assert row is not None
                refused, known_at = set(row["refused"]), row["appended_at"]
            except (
                OSError,
                asyncpg.PostgresConnectionError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
                TimeoutError,
            ) as error:
                # The commit may have gone through before the connection was lost: read the saves back before
                # trying again, or a save that succeeded would be reported as a conflict with itself.
                log.warning("append interrupted (%s): %s", type(error).__name__, error)
                group = await self._settle_ambiguous(group)
                if not group:
                    return
                arguments = _columns(group)
            except Exception as error:  # noqa: BLE001 - every waiting caller gets it
                for save in group:
                    _fail(save, error)
                return
        for save in group:
            if save.id not in refused:
                if not save.done.done():
                    save.done.set_result(known_at)
            elif save.key is not None and await self.answer(save.key):
                _fail(save, AlreadyAnswered())
            elif await self.ledger.holds(save.digests):
                _fail(save, Forgotten())
            else:
                _fail(save, VersionConflict(save.stood))

    async def _settle_ambiguous(self, group: list[_Save]) -> list[_Save]:
        """Confirms the saves of an interrupted append that did commit; returns those that did not."""
        while True:
            await asyncio.sleep(0.05)
            try:
                async with self.pool.acquire() as connection, connection.transaction():
                    # Waits for the interrupted transaction, should the server still be committing it.
                    await append_lock(connection)
                    rows = await connection.fetch(
                        "select save, max(known_at) as known_at from events where save = any($1) group by save",
                        [save.id for save in group],
                    )
                break
            except (
                OSError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
                TimeoutError,
            ) as error:
                log.warning("the store is away (%s), trying again", type(error).__name__)
        committed = {row["save"]: row["known_at"] for row in rows}
        for save in group:
            if save.id in committed and not save.done.done():
                save.done.set_result(committed[save.id])
        return [save for save in group if save.id not in committed]

    async def _take_snapshots(self) -> None:
        while True:
            cls, id, person = await self._to_snapshot.get()
            try:
                snapshot = Snapshot.take(await self.load(cls, id))
                keys = await self.keys.ensure(self.pool, [person]) if person and holds_sealed(snapshot) else {}
                stored = self.mapper.to_stored_event(snapshot, keys.get(person) if person else None)
                await self.pool.execute(
                    """insert into snapshots as s (aggregate, version, name, state, person) values ($1, $2, $3, $4, $5)
                       on conflict (aggregate) do update
                         set version = excluded.version, name = excluded.name, state = excluded.state,
                             person = excluded.person
                         where s.version < excluded.version""",
                    id,
                    stored.originator_version,
                    stored.topic,
                    stored.state.decode(),
                    person,
                )
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, CannotOpen) as error:
                log.warning("no snapshot taken (%s); the next one will serve", error)

    async def _forget_answers(self) -> None:
        while True:
            try:
                await self.pool.execute("delete from answers where known_at < now() - interval '24 hours'")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("old answers not yet deleted: %s", error)
            await asyncio.sleep(3600)


def _fail(save: _Save, error: Exception) -> None:
    if not save.done.done():
        save.done.set_exception(error)


_LOAD = """
select aggregate, version, name, state, person, true as snapshot from snapshots where aggregate = any($1)
union all
select e.aggregate, e.version, e.name, e.state, e.person, false
  from events e left join snapshots s using (aggregate)
 where e.aggregate = any($1) and e.version > coalesce(s.version, 0)
 order by aggregate, version
"""
# The inner limit has each key looked up by the table's index, whatever the planner takes a list to hold.
_ANSWERED = """
select a.* from unnest($1::text[], $2::text[], $3::text[]) asked(caller, route, key) cross join lateral (
  select caller, route, key, answer, known_at, body_hash from answers
   where caller = asked.caller and route = asked.route and key = asked.key
     and known_at > now() - interval '24 hours' limit 1) a
"""
_APPEND = "select * from append_saves({})".format(", ".join(f"${n}" for n in range(1, 30)))


def _columns(group: Iterable[_Save]) -> list[list[Any]]:
    events = [
        (
            save.id,
            stored.originator_id,
            stored.originator_version,
            stored.topic,
            stored.state.decode(),
            event.of_structure or about.structure,
            about.pathway,
            about.person,
            save.actor,
            event.happened_on,
            event.rule_version,
            save.historical,
            save.traceparent,
            *save.under,
        )
        for save in group
        for of_one, recorded, about in save.changes
        for stored, event in zip(of_one, recorded, strict=True)
    ]
    keys = [
        (
            save.id,
            key.caller,
            key.route,
            key.key,
            key.body_hash,
            orjson.dumps(save.answer, default=str).decode(),
        )
        for save in group
        if (key := save.key) is not None
    ]
    digests = [(save.id, digest) for save in group for digest in save.digests]
    stood = [(save.id, *one) for save in group for one in save.stood.items()]
    listed = [(save.id, *one) for save in group for one in save.listed.items()]
    widths = ((events, 15), (keys, 6), (digests, 2), (stood, 3), (listed, 3))
    return [column for rows, width in widths for column in _transposed(rows, width)]


def _transposed(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
