"""Messages of the stream from right after the consumer's position, whatever it had acknowledged before."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from uuid import uuid4

import nats.js.errors
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.kernel import broker
from shared.kernel.election import end
from shared.kernel.subscriber.consumer import Consumer
from shared.kernel.subscriber.delivery import of_raw

FETCH = 500
"""Messages applied together at most."""


async def pull_from(consumer: Consumer, client: broker.Client, subjects: Sequence[str]) -> broker.Pull:
    """Makes the stream's consumer anew, at the position that stands."""
    js, name = client.jetstream(), consumer.name
    if name is not None:
        with suppress(nats.js.errors.NotFoundError):
            await js.delete_consumer(consumer.stream, name)
    consumer.generation, consumer.applied = await consumer.stored()
    start = await _sequence_after(client, consumer)
    info = await js.add_consumer(consumer.stream, _config(name, start, subjects))
    return broker.Pull(client, consumer.stream, info.name)


def _config(name: str | None, start: int, subjects: Sequence[str]) -> ConsumerConfig:
    return ConsumerConfig(
        name=name or f"passing-{uuid4().hex}",
        durable_name=name,
        ack_policy=AckPolicy.ALL if name else AckPolicy.NONE,
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=start,
        filter_subjects=list(subjects),
        max_ack_pending=20 * FETCH if name else None,
        ack_wait=30 if name else None,
        inactive_threshold=None if name else 60,
    )


async def _sequence_after(client: broker.Client, consumer: Consumer) -> int:
    """Bisects: sequences move (lost tails, erased messages), positions within a generation do not."""
    low, high = 1, await broker.last_sequence(client, consumer.service) + 1
    while low < high:
        middle = (low + high) // 2
        message = await broker.message_at_or_after(client, consumer.service, middle)
        if message is None:
            high = middle
            continue
        delivery = of_raw(message)
        if delivery.generation in (consumer.generation, "") and delivery.position <= consumer.applied:
            low = delivery.sequence() + 1
        else:
            high = middle
    return max(low, 1)


async def batches(pull: broker.Pull, timeout: float) -> AsyncGenerator[list[Msg]]:
    """Yields what comes, for ever; none where nothing came in time. The next is fetched while one is applied."""
    fetching = asyncio.ensure_future(pull.fetch(FETCH, timeout=timeout))
    try:
        while True:
            messages = await fetching
            fetching = asyncio.ensure_future(pull.fetch(FETCH, timeout=timeout))
            yield messages
    finally:
        await end([fetching])
