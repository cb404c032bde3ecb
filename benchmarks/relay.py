"""The relay: from stored events to a stream that holds them, against raw atomic batches of the same messages.

Measured: events a second from the relay's start on an empty stream until it has told that it published the last one.
NATS writes every acknowledged batch to disk (`sync_interval: always`), PostgreSQL every commit.
"""

import asyncio
import time
from functools import partial

import orjson
from nats.aio.msg import Msg

from benchmarks.append import as_in_a_request, on_servers, our_store, save_activities
from benchmarks.measure import Comparison, Scale, Target, Turn, compare
from services.training.publishing import public
from shared.kernel import broker
from shared.kernel.election import end
from shared.kernel.event_store import EventStore
from shared.kernel.relay import Relay, to_message, watermark_subject

RAW, OURS = "atomic batches of 500 prepared messages", "the relay"


async def measure(scale: Scale) -> list[Comparison]:
    events = 2_000 if scale.quick else 20_000
    return [
        await side_by_side(events, 1, "each of another file", scale),
        await side_by_side(events, 20, "twenty of each file", scale),
    ]


async def side_by_side(events: int, of_each: int, told: str, scale: Scale) -> Comparison:
    """On servers of its own, so that the stream holds these events alone."""
    async with on_servers("training") as addresses, our_store(addresses.databases["training"]) as store:
        with as_in_a_request():
            await fill(store, events // of_each, of_each)
        # As the service's own user, who may do what the relay needs.
        client = await broker.connect(addresses.nats_urls["training"], "training")
        try:
            messages = await prepared(store)
            assert len(messages) == events
            turns: dict[str, Turn] = {
                RAW: partial(raw_rate, client, messages),
                OURS: partial(relay_rate, client, store, events),
            }
            title = f"relay, {events:,} stored events, {told}"
            found = await compare(title, "events/s", turns, scale.rounds, [Target(OURS, least=0.80)])
        finally:
            await client.close()
    size = sum(len(message.data) + sum(map(len, message.headers.values())) for message in messages) / events
    found.facts["bytes of a message, names of its headers left out"] = round(size)
    return found


async def fill(store: EventStore, files: int, of_each: int) -> None:
    """So many files, each with so many events."""
    waiting = iter(range(files))

    async def writer() -> None:
        for _ in waiting:
            await save_activities(store, of_each)

    await asyncio.gather(*(writer() for _ in range(400)))


async def prepared(store: EventStore) -> list[broker.Message]:
    """What the relay would publish of everything stored."""
    generation = await store.generation()
    messages = []
    for event in await store.read(0, 10_000_000):
        name, body = public(event) or ("", None)
        if body is not None:
            messages.append(to_message("training", generation, event, name, body))
    return messages


async def raw_rate(client: broker.Client, messages: list[broker.Message]) -> float:
    """Events a second, each batch acknowledged before the next."""
    await broker.drop_stream(client, "training")
    await broker.ensure_stream(client, "training")
    began, sequence = time.perf_counter(), 0
    for start in range(0, len(messages), broker.BATCH_LIMIT):
        sequence = await broker.publish_batch(client, messages[start : start + broker.BATCH_LIMIT], sequence)
    took = time.perf_counter() - began
    await must_hold(client, len(messages))
    return len(messages) / took


async def relay_rate(client: broker.Client, store: EventStore, events: int) -> float:
    """Events a second of a relay that starts with everything still to publish."""
    await broker.drop_stream(client, "training")
    published = asyncio.Event()

    async def hear(pulse: Msg) -> None:
        if orjson.loads(pulse.data)["position"] == events:
            published.set()

    subscription = await client.subscribe(watermark_subject("training"), cb=hear)
    await client.flush()
    relay = Relay("training", store, client, public)
    began = time.perf_counter()
    running = asyncio.create_task(relay.run())
    try:
        async with asyncio.timeout(120):
            await published.wait()
        took = time.perf_counter() - began
    finally:
        await end([running])
        await subscription.unsubscribe()
    assert relay.trouble is None
    await must_hold(client, events)
    return events / took


async def must_hold(client: broker.Client, messages: int) -> None:
    state = (await client.jetstream().stream_info(broker.stream_of("training"))).state
    assert state.messages == messages, f"{state.messages} of {messages} messages"
