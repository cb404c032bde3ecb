"""One consumer of one stream, and how far it has come.

The tables (in the schema that `enter` chooses): `subscription` and `parked`, see migrations/0002.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from shared.kernel import broker
from shared.kernel.database import Connection, Pool

Enter = Callable[[Connection], Awaitable[None]]
"""Prepares the transaction: chooses the schema that the effect writes to."""


async def stay(_: Connection) -> None:
    """Leaves the schema as it is: the tables stand in the connection's own."""


class Consumer:
    """Who follows which service's stream. The truth of how far stands in `subscription`."""

    def __init__(self, name: str | None, service: str, pool: Pool, enter: Enter) -> None:
        self.name, self.service, self.pool, self.enter = name, service, pool, enter
        self.generation, self.applied = "", 0
        """Up to where, as far as this process knows."""

    @property
    def stream(self) -> str:
        return broker.stream_of(self.service)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Lends a connection that finds the consumer's tables; without a transaction where none is needed for that."""
        async with self.pool.acquire() as connection:
            if self.enter is stay:
                yield connection
            else:
                async with connection.transaction():
                    await self.enter(connection)
                    yield connection

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[tuple[Connection, str, int]]:
        """Opens a transaction on the consumer's tables, with its position: a second instance, or a replay, waits."""
        async with self.pool.acquire() as connection, connection.transaction():
            await self.enter(connection)
            yield connection, *await self._locked(connection)

    async def stored(self) -> tuple[str, int]:
        """Reads how far it has come: the generation, and the position in it."""
        async with self.reading() as connection:
            row = await connection.fetchrow(
                "select generation, position from subscription where stream = $1", self.stream
            )
        return (row["generation"], row["position"]) if row else ("", 0)

    async def advance(self, connection: Connection, generation: str, position: int, watermark: datetime | None) -> None:
        """Notes how far it has come, in the transaction of the effect."""
        await connection.execute(
            """update subscription set generation = $2, position = $3,
                      watermark = greatest(watermark, $4) where stream = $1""",
            self.stream,
            generation,
            position,
            watermark,
        )

    async def _locked(self, connection: Connection) -> tuple[str, int]:
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
