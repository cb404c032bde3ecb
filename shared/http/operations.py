"""What operations ask of every service: how far it is, what is parked, which events a pathway has."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import nats.errors
import nats.js.errors
from fastapi import Depends, Request
from pydantic import BaseModel, Field

from shared.http.access import allow
from shared.http.door import Router
from shared.http.readings import Reading
from shared.kernel import broker
from shared.kernel.callers import Role
from shared.kernel.event_store import Recorded
from shared.kernel.refusals import Problem


class RelayState(BaseModel):
    """`pending`: events stored and not yet published, null when the broker cannot be asked."""

    pending: int | None
    trouble: str | None


class ConsumerState(BaseModel):
    """`pending`: messages not yet delivered; `unacknowledged`: delivered and not yet applied for sure.

    `watermarks`: it keeps in `watermark` the instant up to which everything of the stream is applied.
    """

    name: str
    stream: str
    pending: int | None
    unacknowledged: int | None
    parked: int
    discarded: int
    watermarks: bool
    watermark: datetime | None
    trouble: str | None


class Status(BaseModel):
    """`position`: of the last event that the service has recorded. `import_secret`: a fingerprint of it, or `constant`;
    null: none is set."""

    service: str
    position: int
    import_secret: str | None
    relay: RelayState | None
    consumers: list[ConsumerState]


class Parked(BaseModel):
    """An event that a consumer could not apply, without its body."""

    consumer: str
    stream: str
    position: int
    key: str
    event: str
    reason: str
    parked_at: datetime
    discarded_at: datetime | None


class ParkedKey(BaseModel):
    """As the list of what is parked tells it; of a malformed message it is whatever stood there."""

    key: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]+$")]


class Replayed(BaseModel):
    applied: int
    still_parked: int


class Rotated(BaseModel):
    """How many data keys were wrapped anew."""

    wrapped: int


class EventTrace(BaseModel):
    """An event of the store, without its content: enough to find its trace."""

    id: str
    name: str
    position: int
    known_at: datetime
    traceparent: str | None


def operations(service: str) -> Router:
    """The routes of operations, the same in each service."""
    router = Router(prefix="/v1", tags=["operations"], dependencies=[Depends(allow(Role.OPS, Role.OPERATOR))])

    @router.get("/status")
    async def status(request: Request) -> Status:
        """How far the relay and each consumer of this service are, and how much is parked."""
        runtime = request.app.state.runtime
        relay = None
        if runtime.relay is not None:
            relay = RelayState(pending=await _relay_pending(runtime), trouble=runtime.relay.trouble)
        return Status(
            service=service,
            position=await runtime.pool.fetchval("select position from head"),
            import_secret=runtime.import_keys.fingerprint,
            relay=relay,
            consumers=[await _consumer_state(runtime, subscriber) for subscriber in runtime.subscribers],
        )

    @router.get("/parked")
    async def parked(request: Request) -> list[Parked]:
        """Events that a consumer could not apply, with the reason; without what they say."""
        found = []
        for subscriber in request.app.state.runtime.subscribers:
            async with subscriber.pool.acquire() as connection, connection.transaction():
                await subscriber.enter(connection)
                rows = await connection.fetch(
                    """select stream, position, key, event->>'subject' as event, reason, parked_at, discarded_at
                         from parked where stream = $1 order by position limit 1000""",
                    subscriber.stream,
                )
            found += [Parked(consumer=subscriber.name, **row) for row in rows]
        return found

    @router.post("/parked/replay")
    async def replay(request: Request) -> Replayed:
        """Applies what is parked, in order; what still fails stays."""
        results = [await subscriber.replay() for subscriber in request.app.state.runtime.subscribers]
        return Replayed(applied=sum(a for a, _ in results), still_parked=sum(s for _, s in results))

    @router.post("/parked/discard")
    async def discard(request: Request, body: ParkedKey) -> Replayed:
        """Gives up what is parked of one pathway; the figures that it touches stay marked incomplete."""
        subscribers = request.app.state.runtime.subscribers
        discarded = sum([await subscriber.discard(body.key) for subscriber in subscribers])
        if not discarded:
            raise Problem(404, "nothing-parked", "nothing is parked under this key")
        return Replayed(applied=0, still_parked=0)

    @router.post("/keys/rotation")
    async def rotate_keys(request: Request) -> Rotated:
        """Wraps every person's data key with the master key in use. No event changes; asked again, none is left."""
        store = request.app.state.runtime.store
        return Rotated(wrapped=await store.keys.rewrap(store.pool))

    @router.get("/events")
    async def events(request: Request, pathway: UUID, reading: Reading) -> list[EventTrace]:
        """The events that this service recorded of a pathway, without their content."""
        found = await request.app.state.runtime.store.of_pathway(pathway)
        noted = await reading.shown([event.about for event in found])
        return [_trace(service, event) for event in found if event.about in noted]

    return router


def _trace(service: str, event: Recorded) -> EventTrace:
    return EventTrace(
        id=f"{service}/{event.aggregate}/{event.version}",
        name=event.name,
        position=event.position,
        known_at=event.known_at,
        traceparent=event.traceparent,
    )


async def _relay_pending(runtime: Any) -> int | None:
    try:
        message = await broker.last_message(runtime.client, runtime.name)
    except (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError):
        return None
    published = int((message.headers or {}).get("ce-sequence", "0")) if message else 0
    kinds = await runtime.pool.fetch(
        "select count(*) as events, min(position) as first from events where position > $1 group by name", published
    )
    pending = 0
    for kind in kinds:
        # One event of a name tells whether such events leave the service at all.
        for event in await runtime.store.read(kind["first"] - 1, 1):
            pending += kind["events"] if runtime.relay.public(event) else 0
    return pending


async def _consumer_state(runtime: Any, subscriber: Any) -> ConsumerState:
    async with subscriber.reading() as connection:
        row = await connection.fetchrow(
            """select count(*) filter (where discarded_at is null) as parked, count(discarded_at) as discarded,
                      (select watermark from subscription where stream = $1 and $2) as watermark
                 from parked where stream = $1""",
            subscriber.stream,
            subscriber.watermarks,
        )
    pending = unacknowledged = None
    try:
        info = await runtime.client.jetstream().consumer_info(subscriber.stream, subscriber.name)
        pending, unacknowledged = info.num_pending, info.num_ack_pending
    except (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError):
        pass  # told by null: the broker cannot be asked, or the consumer does not run
    return ConsumerState(
        name=subscriber.name,
        stream=subscriber.stream,
        pending=pending,
        unacknowledged=unacknowledged,
        trouble=subscriber.trouble,
        watermarks=subscriber.watermarks,
        **row,
    )
