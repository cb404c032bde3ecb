"""A consumer of public events: effects exactly once, in order, with what fails parked by pathway.

The position stands in the consumer's own database and advances in the transaction of the effect. A message that
was already applied is skipped; an event that cannot be applied is parked with its reason, and every later one of
its pathway with it, in that same transaction; everything else goes on.

The tables (in the schema that `enter` chooses): `subscription` and `parked`, see migrations/0001.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import nats.errors
import nats.js.errors
import orjson
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared import broker, telemetry
from shared.contracts import EVENTS, Body, PublicEvent, decode_body
from shared.database import Connection, Pool
from shared.days import day_of
from shared.election import end
from shared.event_store import Ledger
from shared.relay import watermark_subject

log = logging.getLogger(__name__)

Apply = Callable[[Connection, Sequence[PublicEvent]], Awaitable[None]]
"""The effect of events of one stream, in order, inside the transaction that advances the position."""
Enter = Callable[[Connection], Awaitable[None]]
"""Prepares the transaction: chooses the schema that the effect writes to."""

FETCH = 500
GATHER = 0.03
"""Seconds from one transaction to the next, at least, where nobody waits for the effect: what comes meanwhile is
applied together, at a fraction of the cost."""


async def _stay(_: Connection) -> None:
    """The tables stand in the connection's own schema."""


class Delivery:
    """A message as it came, before anyone knows whether it makes sense. `sequence`: tells its place in the stream."""

    def __init__(self, subject: str, headers: dict[str, str], data: bytes, sequence: Callable[[], int]) -> None:
        self.subject, self.headers, self.data, self.sequence = subject, headers, data, sequence
        text = headers.get("ce-sequence", "")
        self.position = int(text) if _is_position(text) else -sequence()
        """The service's position; a message that names none is told by its place in the stream, negated."""
        self.generation = headers.get("ce-generation", "")

    @property
    def key(self) -> str:
        """What parks together: the pathway, else the aggregate."""
        tokens = self.subject.split(".")
        return tokens[3] if len(tokens) == 5 else self.subject

    def event(self) -> PublicEvent:
        """The typed event. Raises what a malformed message deserves: KeyError, ValueError, ValidationError.

        Several consumers of a process follow the same stream, each a moment after the other, and share the headers that
        the client has read: the event is made once for all, and kept beside these.
        """
        kept = self.headers.kept if isinstance(self.headers, broker.Headers) else None
        if kept is not None and kept[0] == self.subject and kept[1] == self.data:
            event: PublicEvent = kept[2]
        else:
            event = _event(self.subject, self.headers, self.data)
            if isinstance(self.headers, broker.Headers):
                self.headers.kept = (self.subject, self.data, event)
        return event


def _event(subject: str, headers: Mapping[str, str], data: bytes) -> PublicEvent:
    _, service, _, key, name = subject.split(".")
    position = headers["ce-sequence"]
    if headers["ce-type"] != f"lieu.{service}.{name}" or not _is_position(position) or int(position) < 1:
        raise ValueError(f"the envelope does not fit the subject {subject}")
    pathway = headers.get("ce-pathway")
    aggregate = headers["ce-subject"]
    if key != (pathway or aggregate):
        raise ValueError(f"the envelope names another pathway than the subject {subject}")
    happened_on = headers.get("ce-happenedon")
    person = headers.get("ce-person")
    return PublicEvent(
        service=service,
        name=name,
        position=int(position),
        aggregate=_id(aggregate),
        version=int(headers["ce-aggregateversion"]),
        structure=headers.get("ce-structure"),
        pathway=_id(pathway) if pathway else None,
        person=_id(person) if person else None,
        happened_on=day_of(happened_on) if happened_on else None,
        known_at=datetime.fromisoformat(headers["ce-time"]),
        rule=headers.get("ce-rule"),
        historical=headers.get("ce-historical") == "true",
        traceparent=headers.get("traceparent"),
        body=decode_body(service, name, data),
    )


# The same few ids stand in one event and in its neighbours, and making one of a text is slow.
_id = lru_cache(broker.RECENT)(UUID)


def _is_position(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


class Subscriber:
    """Follows the stream of one service on behalf of one consumer.

    `name` is the durable's name, or null for a passing reader such as a rebuild. `of`: the bodies of the events it
    needs; empty: the whole stream, whatever it holds. `watermarks` keeps, beside the position, the instant up to
    which everything of that stream is applied.
    """

    def __init__(
        self,
        name: str | None,
        service: str,
        pool: Pool,
        client: broker.Client,
        apply: Apply,
        *,
        of: Sequence[type[Body]] = (),
        stage: str = "reaction",
        enter: Enter = _stay,
        watermarks: bool = False,
    ) -> None:
        self.name, self.service, self.pool, self.client = name, service, pool, client
        self._of = frozenset(of)
        self.apply, self.stage, self.enter, self.watermarks = apply, stage, enter, watermarks
        self._ledger = Ledger(pool)
        self.trouble: str | None = None
        self._pulses: deque[tuple[str, int, datetime]] = deque(maxlen=1000)
        self._generation, self._applied = "", 0
        """Up to where, as far as this process knows; the truth stands in `subscription`."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection that finds the consumer's tables; without a transaction where none is needed for that."""
        async with self.pool.acquire() as connection:
            if self.enter is _stay:
                yield connection
            else:
                async with connection.transaction():
                    await self.enter(connection)
                    yield connection

    @property
    def stream(self) -> str:
        return broker.stream_of(self.service)

    @property
    def _subjects(self) -> list[str]:
        """Of the events it needs."""
        if not self._of:
            return [f"lieu.{self.service}.>"]
        return [f"lieu.{self.service}.*.*.{name}" for name, body in EVENTS[self.service].items() if body in self._of]

    async def run(self) -> None:
        """Follows until cancelled; to be run while elected."""
        while True:
            tasks = [asyncio.ensure_future(self._follow())]
            if self.watermarks:
                tasks.append(asyncio.ensure_future(self._hear_pulses()))
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            except PASSING as error:
                self.trouble = f"{type(error).__name__}: {error}"
                # Its owner makes a stream, at the platform's first start a moment after its consumers look for it.
                level = logging.INFO if isinstance(error, nats.js.errors.NotFoundError) else logging.WARNING
                log.log(level, "%s on %s: %s", self.name, self.stream, self.trouble)
                await asyncio.sleep(0.3)
            finally:
                await end(tasks)

    async def catch_up(self, until: int, progress: Callable[[int], None] = lambda _: None) -> int:
        """Applies everything up to `until` at least (a position that the stream holds); returns the position."""
        position = (await self._position())[1]
        if position < until:
            async with await self._pull() as pull:
                fetching = asyncio.ensure_future(pull.fetch(FETCH, timeout=5))
                try:
                    while position < until:
                        messages = await fetching
                        fetching = asyncio.ensure_future(pull.fetch(FETCH, timeout=5))  # while these are applied
                        if messages:
                            position = await self._take(messages)
                            progress(position)
                finally:
                    await end([fetching])
        return position

    async def _follow(self) -> None:
        async with await self._pull() as pull:
            self.trouble = None
            reconnects = self.client.stats["reconnects"]
            fetching = asyncio.ensure_future(pull.fetch(FETCH, timeout=1))
            try:
                while self.client.stats["reconnects"] == reconnects:
                    messages = await fetching
                    fetching = asyncio.ensure_future(pull.fetch(FETCH, timeout=1))  # while these are applied
                    if messages:
                        began = asyncio.get_running_loop().time()
                        await self._take(messages)
                        await messages[-1].ack()
                        if not self.watermarks and len(messages) < FETCH:
                            await asyncio.sleep(began + GATHER - asyncio.get_running_loop().time())
            finally:
                await end([fetching])

    async def _pull(self) -> broker.Pull:
        """A consumer of the stream that starts right after our position, whatever it had acknowledged before."""
        js = self.client.jetstream()
        if self.name is not None:
            with suppress(nats.js.errors.NotFoundError):
                await js.delete_consumer(self.stream, self.name)
        self._generation, self._applied = await self._position()
        start = await self._sequence_after(self._generation, self._applied)
        config = ConsumerConfig(
            name=self.name or f"passing-{uuid4().hex}",
            durable_name=self.name,
            ack_policy=AckPolicy.ALL if self.name else AckPolicy.NONE,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=start,
            filter_subjects=self._subjects,
            max_ack_pending=20 * FETCH if self.name else None,
            ack_wait=30 if self.name else None,
            inactive_threshold=None if self.name else 60,
        )
        info = await js.add_consumer(self.stream, config)
        return broker.Pull(self.client, self.stream, info.name)

    async def _sequence_after(self, generation: str, position: int) -> int:
        """By bisection: sequences move (lost tails, erased messages), positions within a generation do not."""
        low, high = 1, await broker.last_sequence(self.client, self.service) + 1
        while low < high:
            middle = (low + high) // 2
            message = await broker.message_at_or_after(self.client, self.service, middle)
            if message is None:
                high = middle
                continue
            delivery = _delivery_of_raw(message)
            if delivery.generation in (generation, "") and delivery.position <= position:
                low = delivery.sequence() + 1
            else:
                high = middle
        return max(low, 1)

    async def _position(self) -> tuple[str, int]:
        async with self.reading() as connection:
            row = await connection.fetchrow(
                "select generation, position from subscription where stream = $1", self.stream
            )
        return (row["generation"], row["position"]) if row else ("", 0)

    # Applying

    async def _take(self, messages: Sequence[Msg]) -> int:
        deliveries = [_delivery(message) for message in messages]
        traceparents = [delivery.headers.get("traceparent") for delivery in deliveries]
        with telemetry.stage(self.stage, self.name or "rebuild", traceparents):
            try:
                await self._apply_new(deliveries, self._all_at_once)
            except PASSING:
                raise
            except Exception as error:  # noqa: BLE001 - found one by one, and parked with its reason
                log.warning("%s on %s: %s; applying one by one", self.name, self.stream, _reason(error))
                await self._apply_new(deliveries, self._one_by_one)
        await self._move_watermark()
        return self._applied

    async def _apply_new(
        self,
        deliveries: Sequence[Delivery],
        effect: Callable[[Connection, Sequence[tuple[Delivery, PublicEvent]]], Awaitable[None]],
    ) -> None:
        """What is new of these, in one transaction with the position."""
        async with self.pool.acquire() as connection, connection.transaction():
            await self.enter(connection)
            generation, position = await self._locked_position(connection)
            new: list[Delivery] = []
            for delivery in deliveries:
                if delivery.generation and delivery.generation != generation:
                    # Another history: its positions start anew; aggregates skip the versions that they know.
                    generation, position = delivery.generation, 0
                if not 0 < delivery.position <= position:
                    position = max(position, delivery.position)
                    new.append(delivery)
            if fresh := await self._not_held_back(connection, new):
                await effect(connection, fresh)
            await connection.execute(
                """update subscription set generation = $2, position = $3,
                          watermark = greatest(watermark, $4) where stream = $1""",
                self.stream,
                generation,
                position,
                self._watermark(generation, position),
            )
        self._generation, self._applied = generation, position

    async def _not_held_back(
        self, connection: Connection, new: Sequence[Delivery]
    ) -> Sequence[tuple[Delivery, PublicEvent]]:
        """What can be applied now: the malformed, and what follows on something parked, is parked. Of who was forgotten
        late copies are passed over: a tail that comes back, a restored stream."""
        if not new:
            return []
        read = [(delivery, _read(delivery)) for delivery in new]
        pathways = list({event.pathway for _, event in read if isinstance(event, PublicEvent) and event.pathway})
        digests = dict(zip(await self._ledger.digests(pathways), pathways, strict=True))
        # After the lock and in a statement of its own: what another instance parked or replayed before is seen.
        held = await connection.fetchrow(
            """select array(select key from parked where stream = $1 and key = any($2) and discarded_at is null) parked,
                      array(select digest from forgotten where digest = any($3)) forgotten""",
            self.stream,
            list({delivery.key for delivery in new}),
            list(digests),
        )
        assert held is not None
        parked, forgotten = set(held["parked"]), {digests[digest] for digest in held["forgotten"]}
        fresh: list[tuple[Delivery, PublicEvent]] = []
        for delivery, event in read:
            if delivery.key in parked:
                await self._park(connection, delivery, "waits behind an earlier event of the same pathway")
            elif isinstance(event, Exception):
                parked.add(delivery.key)
                await self._park(connection, delivery, f"malformed: {_reason(event)}")
            elif event.pathway not in forgotten:
                fresh.append((delivery, event))
        return fresh

    async def _locked_position(self, connection: Connection) -> tuple[str, int]:
        """Ours alone until the transaction ends: a second instance, or a replay, waits."""
        lock = "select generation, position from subscription where stream = $1 for update"
        row = await connection.fetchrow(lock, self.stream)
        if row is None:
            await connection.execute(
                "insert into subscription (stream, generation, position) values ($1, '', 0) on conflict do nothing",
                self.stream,
            )
            row = await connection.fetchrow(lock, self.stream)
            assert row is not None
        return row["generation"], row["position"]

    async def _all_at_once(self, connection: Connection, fresh: Sequence[tuple[Delivery, PublicEvent]]) -> None:
        await self.apply(connection, [event for _, event in fresh])

    async def _one_by_one(self, connection: Connection, fresh: Sequence[tuple[Delivery, PublicEvent]]) -> None:
        """Each for itself; what cannot be applied is parked, with every later one of its pathway."""
        stuck: set[str] = set()
        for delivery, event in fresh:
            if delivery.key in stuck:
                reason: str | None = "waits behind an earlier event of the same pathway"
            else:
                reason = await self._try(connection, event)
            if reason is not None:
                stuck.add(delivery.key)
                await self._park(connection, delivery, reason)

    async def _try(self, connection: Connection, event: PublicEvent) -> str | None:
        """Applies one event alone; returns why it cannot be applied."""
        try:
            async with connection.transaction():
                await self.apply(connection, [event])
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - the reason is kept beside the parked event
            return _reason(error)
        return None

    async def _park(self, connection: Connection, delivery: Delivery, reason: str) -> None:
        log.warning("parked by %s: %s %s", self.name, self.stream, delivery.position)
        await connection.execute(
            """insert into parked (stream, generation, position, key, event, reason)
               values ($1, $2, $3, $4, $5, $6) on conflict (stream, generation, position) do nothing""",
            self.stream,
            delivery.generation,
            delivery.position,
            delivery.key,
            orjson.dumps(
                {
                    "subject": delivery.subject,
                    "headers": delivery.headers,
                    "data": delivery.data.decode("utf-8", "backslashreplace").replace("\\x00", "\\\\x00"),
                    "sequence": delivery.sequence(),
                }
            )
            .decode()
            .replace("\\u0000", "\\ufffd"),
            reason[:500],
        )

    async def replay(self) -> tuple[int, int]:
        """Applies what is parked, in order, each pathway up to its first event that still fails.

        Returns (applied, still parked)."""
        async with self.pool.acquire() as connection, connection.transaction():
            await self.enter(connection)
            await self._locked_position(connection)
            rows = await connection.fetch(
                "select * from parked where stream = $1 and discarded_at is null order by generation, position",
                self.stream,
            )
            stuck: set[str] = set()
            applied = 0
            for row in rows:
                if row["key"] in stuck:
                    continue
                stored = orjson.loads(row["event"])
                delivery = Delivery(
                    stored["subject"], stored["headers"], stored["data"].encode(), partial(int, stored["sequence"])
                )
                try:
                    reason = await self._try(connection, delivery.event())
                except PASSING:
                    raise
                except Exception as error:  # noqa: BLE001 - still malformed
                    reason = f"malformed: {_reason(error)}"
                same = (self.stream, row["generation"], row["position"])
                if reason is None:
                    applied += 1
                    await connection.execute(
                        "delete from parked where stream = $1 and generation = $2 and position = $3", *same
                    )
                else:
                    stuck.add(row["key"])
                    await connection.execute(
                        "update parked set reason = $4 where stream = $1 and generation = $2 and position = $3",
                        *same,
                        reason[:500],
                    )
        return applied, len(rows) - applied

    async def discard(self, key: str) -> int:
        """Gives up what is parked of one pathway; it stays listed, and its figures stay marked incomplete."""
        async with self.pool.acquire() as connection, connection.transaction():
            await self.enter(connection)
            await self._locked_position(connection)
            done = await connection.fetch(
                """update parked set discarded_at = clock_timestamp()
                    where stream = $1 and key = $2 and discarded_at is null returning 1""",
                self.stream,
                key,
            )
        return len(done)

    # Watermarks

    async def _hear_pulses(self) -> None:
        heard = asyncio.Event()

        async def hear(message: Msg) -> None:
            pulse = orjson.loads(message.data)
            self._pulses.append((pulse["generation"], pulse["position"], datetime.fromisoformat(pulse["known_at"])))
            heard.set()

        subscription = await self.client.subscribe(watermark_subject(self.service), cb=hear)
        try:
            while True:
                await heard.wait()
                heard.clear()
                await self._move_watermark()
        finally:
            await subscription.unsubscribe()

    async def _move_watermark(self) -> None:
        """Where a pulse waits for nothing more to be applied; what is still to be applied brings the others along."""
        if not self._pulses or self._pulses[0][1] > self._applied:
            return
        of, position = self._generation, self._applied
        if watermark := self._watermark(of, position):
            async with self.reading() as connection:
                # Where another instance, or a rebuild, has not come as far, it says so itself.
                await connection.execute(
                    """with known as (update subscription set watermark = greatest(watermark, $2)
                                       where stream = $1 and generation = $3 and position >= $4)
                       insert into subscription (stream, generation, position, watermark)
                       select $1, '', 0, $2 where $3 = '' and $4 = 0 on conflict (stream) do nothing""",
                    self.stream,
                    watermark,
                    of,
                    position,
                )

    def _watermark(self, generation: str, position: int) -> datetime | None:
        """The latest instant told by the relay whose position we have reached."""
        reached = [
            known_at for of, at, known_at in self._pulses if at <= position and of in (generation, generation or of)
        ]
        while self._pulses and self._pulses[0][1] <= position:
            self._pulses.popleft()
        return max(reached, default=None)


def _read(delivery: Delivery) -> PublicEvent | Exception:
    try:
        return delivery.event()
    except Exception as error:  # noqa: BLE001 - whatever a message holds, it must not stop the others
        return error


def _delivery(message: Msg) -> Delivery:
    return Delivery(message.subject, message.headers or {}, message.data, lambda: message.metadata.sequence.stream)


def _delivery_of_raw(message: Any) -> Delivery:
    return Delivery(message.subject, message.headers or {}, message.data or b"", lambda: message.seq)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


PASSING = (
    OSError,
    TimeoutError,
    nats.errors.Error,
    nats.js.errors.Error,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke in the middle of an operation
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
)
"""What passes by itself: tried again, never parked."""
