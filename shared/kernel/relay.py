"""The relay of one service: publishes its stored events in commit order, at least once, one active by election.

The event store is the truth and the stream's tail is the relay's position: on every start, and whenever a batch
did not go through as expected, the relay reads the tail and publishes what follows it. Everything it publishes is
fenced by the stream's last sequence, so that a second relay cannot interleave.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import nats.errors
import nats.js.errors
import orjson
from nats.aio.msg import Msg

from shared.kernel import broker, telemetry
from shared.kernel.election import end
from shared.kernel.event_store import EventStore, Recorded
from shared.language.contracts import Body

log = logging.getLogger(__name__)

Publishing = Callable[[Recorded], tuple[str, Body] | None]
"""Our stored event to the public event's name and body, or nothing where it stays inside."""

POLL, POLL_AT_REST = 0.02, 0.1
"""Seconds after which events appended by another process are noticed: at first, and once nothing came for a second."""
PULSE = 0.1
"""Seconds between two watermarks where nothing happens anywhere."""
STIRRED = 0.02
"""Seconds between two watermarks of a service where nothing happens while something does in another."""

LOOK = 1.0
"""Seconds after which an idle relay looks whether its stream is as it left it: an erasure may have dropped it."""


class _Batch(NamedTuple):
    """`head`, `known_at`: the service's last event when these were read. `position`: up to where this batch goes."""

    head: int
    known_at: datetime
    position: int
    messages: list[broker.Message]
    traceparents: list[str | None]
    """Of every event, those included that stay inside."""


class AnotherHistory(Exception):
    """The stream holds events of another store than ours: nothing is published over them."""


def watermark_subject(service: str) -> str:
    return f"lieu-watermark.{service}"


class Relay:
    """`watermarks`: it tells up to which instant it has published everything."""

    def __init__(
        self, service: str, store: EventStore, client: broker.Client, public: Publishing, watermarks: bool = True
    ) -> None:
        self.service, self.store, self.client, self.public = service, store, client, public
        self.watermarks = watermarks
        self.trouble: str | None = None
        """Why nothing is published at the moment, for `lieu status`."""
        self._heard: dict[str, int] = {}
        self._stirred, self._pulsed, self._busy = False, 0.0, 0.0

    async def run(self) -> None:
        """Publishes until cancelled; to be run while elected."""
        others = await self.client.subscribe(watermark_subject("*"), cb=self._hear)
        try:
            await self._run()
        finally:
            with suppress(nats.errors.Error):  # a connection that is gone heard its last
                await others.unsubscribe()

    async def _run(self) -> None:
        while True:
            try:
                await broker.ensure_stream(self.client, self.service)
                await self._publish_from_the_tail()
            except broker.StaleTail as stale:
                log.info("relay %s: reading the tail again (%s)", self.service, stale)
            except _PASSING as error:
                self.trouble = f"{type(error).__name__}: {error}"
                log.warning("relay %s: %s", self.service, self.trouble)
                await asyncio.sleep(0.3)
            except AnotherHistory as error:
                self.trouble = str(error)
                log.error("relay %s: %s", self.service, error)  # noqa: TRY400 - the place is known
                await asyncio.sleep(5)

    async def _publish_from_the_tail(self) -> None:
        generation = await self.store.generation()
        sequence = await broker.last_sequence(self.client, self.service)
        published = await self._tail_position(generation)
        self.trouble = None
        last_look = time.monotonic()
        async with aclosing(self._batches(published, generation)) as batches:
            async for batch in batches:
                if batch.traceparents:
                    self._busy = time.monotonic()
                if batch.messages:
                    with telemetry.stage("relay", self.service, batch.traceparents):
                        sequence = await broker.publish_batch(self.client, batch.messages, sequence)
                    published = int(batch.messages[-1].headers["ce-sequence"])
                if batch.position < batch.head:
                    continue
                now = time.monotonic()
                if batch.traceparents:
                    await self._pulse(generation, published, batch.known_at)
                elif self.watermarks and now - self._pulsed >= (STIRRED if self._stirred else PULSE):
                    # Only here does an idle service tell the others that nothing happened until now.
                    self._pulsed, self._stirred = now, False
                    at, known_at = await self.store.let_time_pass()
                    if at == batch.position:
                        await self._pulse(generation, published, known_at)
                if now - last_look >= LOOK and not batch.traceparents:
                    last_look = now
                    if await broker.last_sequence(self.client, self.service) != sequence:
                        raise broker.StaleTail("it is not as it was left")
                await self._wait()

    async def _batches(self, position: int, generation: str) -> "AsyncGenerator[_Batch, None]":
        """What follows a position, again and again; while a full batch is published, the next is read and encoded."""
        ahead: asyncio.Future[_Batch] | None = None
        try:
            while True:
                batch = await (ahead or self._batch(position, generation))
                position = batch.position
                full = len(batch.traceparents) == broker.BATCH_LIMIT
                ahead = asyncio.ensure_future(self._batch(position, generation)) if full else None
                yield batch
        finally:
            await end([ahead] if ahead else [])

    async def _batch(self, after: int, generation: str) -> "_Batch":
        head, known_at, events = await self.store.read_on(after, broker.BATCH_LIMIT)
        return _Batch(
            head,
            known_at,
            events[-1].position if events else head,  # what is missing below the head was erased
            [message for event in events if (message := self._message(event, generation))],
            [event.traceparent for event in events],
        )

    async def _hear(self, message: Msg) -> None:
        """Another service's pulse: where it tells of something new, everyone waits to hear that we have nothing."""
        position = orjson.loads(message.data)["position"]
        if message.subject != watermark_subject(self.service) and self._heard.get(message.subject) != position:
            self._heard[message.subject] = position
            self._stirred = True
            if time.monotonic() - self._pulsed >= STIRRED:
                self.store.appended.set()  # looks at once instead of at the next POLL

    async def _wait(self) -> None:
        at_rest = time.monotonic() - self._busy > 1
        try:
            async with asyncio.timeout(POLL_AT_REST if at_rest else POLL):
                await self.store.appended.wait()
        except TimeoutError:
            return
        self.store.appended.clear()

    def _message(self, event: Recorded, generation: str) -> broker.Message | None:
        public = self.public(event)
        return public and to_message(self.service, generation, event, *public)

    async def _pulse(self, generation: str, position: int, known_at: datetime) -> None:
        body = {"generation": generation, "position": position, "known_at": known_at}
        await self.client.publish(watermark_subject(self.service), orjson.dumps(body))

    async def _tail_position(self, generation: str) -> int:
        """Position of the last of our events that the stream holds, 0 where it holds none."""
        message = await broker.last_message(self.client, self.service)
        while message is not None:
            headers = message.headers or {}
            if headers.get("ce-generation") == generation and await self._is_ours(headers):
                return int(headers["ce-sequence"])
            if "ce-generation" in headers and headers["ce-generation"] != generation:
                raise AnotherHistory(
                    f"stream {broker.stream_of(self.service)} holds generation {headers['ce-generation']}, "
                    f"the store is generation {generation}"
                )
            message = await broker.message_before(self.client, self.service, message.seq or 1)
        return 0

    async def _is_ours(self, headers: dict[str, str]) -> bool:
        position = headers.get("ce-sequence", "")
        if not position.isascii() or not position.isdigit():
            return False
        row = await self.store.pool.fetchrow("select aggregate, version from events where position = $1", int(position))
        # An erased event has no row left; its message tells the position all the same.
        return row is None or headers.get("ce-id") == f"{self.service}/{row['aggregate']}/{row['version']}"


_PASSING = (
    OSError,
    TimeoutError,
    nats.errors.Error,
    nats.js.errors.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke in the middle of an operation
)


def to_message(service: str, generation: str, event: Recorded, name: str, body: Body) -> broker.Message:
    """The event as CloudEvents 1.0 in the binary mode of NATS; the message id is the event's id."""
    about = event.about
    subject = ".".join(("lieu", service, about.structure or "programme", str(about.pathway or event.aggregate), name))
    id = f"{service}/{event.aggregate}/{event.version}"
    headers: dict[str, Any] = {
        "Nats-Msg-Id": id,
        "ce-specversion": "1.0",
        "ce-id": id,
        "ce-source": f"/lieu/{service}",
        "ce-type": f"lieu.{service}.{name}",
        "ce-subject": str(event.aggregate),
        "ce-time": event.known_at.isoformat(),
        "ce-sequence": str(event.position),
        "ce-generation": generation,
        "ce-dataschema": f"/schemas/{service}/{name}/v1",
        "ce-datacontenttype": "application/json",
        "ce-aggregateversion": str(event.version),
        "ce-structure": about.structure,
        "ce-pathway": about.pathway and str(about.pathway),
        "ce-person": about.person and str(about.person),
        "ce-happenedon": event.happened_on and event.happened_on.isoformat(),
        "ce-rule": event.rule,
        "ce-historical": "true" if event.historical else None,
        "traceparent": event.traceparent,
    }
    data = orjson.dumps(body, default=str)
    return broker.Message(subject, {k: v for k, v in headers.items() if v is not None}, data)
