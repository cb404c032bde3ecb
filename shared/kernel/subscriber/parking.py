"""What cannot be applied waits, with its reason, and every later event of its pathway behind it."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import asyncpg
import nats.errors
import nats.js.errors
import orjson

from shared.kernel.database import Connection
from shared.kernel.subscriber.consumer import Consumer
from shared.kernel.subscriber.delivery import Delivery
from shared.language.contracts import PublicEvent

log = logging.getLogger(__name__)

Apply = Callable[[Connection, Sequence[PublicEvent]], Awaitable[None]]
"""The effect of events of one stream, in order, inside the transaction that advances the position."""
WAITS = "waits behind an earlier event of the same pathway"

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


def reason_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


async def attempt(apply: Apply, connection: Connection, event: PublicEvent) -> str | None:
    """Applies one event alone; returns why it cannot be applied."""
    try:
        async with connection.transaction():
            await apply(connection, [event])
    except PASSING:
        raise
    except Exception as error:  # noqa: BLE001 - the reason is kept beside the parked event
        return reason_of(error)
    return None


class Parking:
    """What is parked of one consumer."""

    def __init__(self, consumer: Consumer, apply: Apply) -> None:
        self.consumer, self.apply = consumer, apply

    async def park(self, connection: Connection, delivery: Delivery, reason: str) -> None:
        stream = self.consumer.stream
        log.warning("parked by %s: %s %s", self.consumer.name, stream, delivery.position)
        await connection.execute(
            """insert into parked (stream, generation, position, key, event, reason)
               values ($1, $2, $3, $4, $5, $6) on conflict (stream, generation, position) do nothing""",
            stream,
            delivery.generation,
            delivery.position,
            delivery.key,
            _stored(delivery),
            reason[:500],
        )

    async def replay(self) -> tuple[int, int]:
        """Applies what is parked, in order, each pathway up to its first event that still fails.

        Returns (applied, still parked)."""
        async with self.consumer.alone() as (connection, _, _):
            rows = await connection.fetch(
                "select * from parked where stream = $1 and discarded_at is null order by generation, position",
                self.consumer.stream,
            )
            stuck: set[str] = set()
            applied = 0
            for row in rows:
                if row["key"] not in stuck:
                    if await self._replay(connection, row):
                        applied += 1
                    else:
                        stuck.add(row["key"])
        return applied, len(rows) - applied

    async def _replay(self, connection: Connection, row: asyncpg.Record) -> bool:
        reason = await self._try(connection, _restored(row["event"]))
        same = (self.consumer.stream, row["generation"], row["position"])
        if reason is None:
            await connection.execute(f"delete from parked where {_SAME}", *same)
        else:
            await connection.execute(f"update parked set reason = $4 where {_SAME}", *same, reason[:500])
        return reason is None

    async def _try(self, connection: Connection, delivery: Delivery) -> str | None:
        try:
            event = delivery.event()
        except Exception as error:  # noqa: BLE001 - still malformed
            return f"malformed: {reason_of(error)}"
        return await attempt(self.apply, connection, event)

    async def discard(self, key: str) -> int:
        """Gives up what is parked of one pathway; it stays listed, and its figures stay marked incomplete."""
        async with self.consumer.alone() as (connection, _, _):
            done = await connection.fetch(
                """update parked set discarded_at = clock_timestamp()
                    where stream = $1 and key = $2 and discarded_at is null returning 1""",
                self.consumer.stream,
                key,
            )
        return len(done)


_SAME = "stream = $1 and generation = $2 and position = $3"


def _stored(delivery: Delivery) -> str:
    """As JSON that PostgreSQL takes, whatever the message holds."""
    told = {
        "subject": delivery.subject,
        "headers": delivery.headers,
        "data": delivery.data.decode("utf-8", "backslashreplace").replace("\\x00", "\\\\x00"),
        "sequence": delivery.sequence(),
    }
    return orjson.dumps(told).decode().replace("\\u0000", "\\ufffd")


def _restored(stored: str) -> Delivery:
    told = orjson.loads(stored)
    return Delivery(told["subject"], told["headers"], told["data"].encode(), partial(int, told["sequence"]))
