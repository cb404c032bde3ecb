"""The two sets of read models, of which one answers: how a transaction enters one, and how far it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from shared.kernel.broker import stream_of
from shared.kernel.database import Connection, Pool
from shared.language.services import OF_PATHWAYS

SETS = ("read_model_a", "read_model_b")
STREAMS = tuple(map(stream_of, OF_PATHWAYS))
FOLLOWED = ("REPORTING", *STREAMS)
"""Our own stream holds what is left of forgotten people."""


async def enter_active(connection: Connection) -> None:
    """Makes unqualified names those of the set that answers, for the rest of the transaction, until it ends."""
    await connection.execute(
        """select set_config('search_path', name || ', public', true)
             from (select name from active_read_model for share) active"""
    )


async def enter(connection: Connection, name: str) -> None:
    await connection.execute("select set_config('search_path', $1 || ', public', true)", name)


async def empty(connection: Connection, name: str) -> None:
    """Takes away all that a set holds, in whatever tables it has: rows, positions and what is parked."""
    tables = await connection.fetchval(
        "select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables where schemaname = $1", name
    )
    await connection.execute(f"truncate {tables}")


@asynccontextmanager
async def reading(pool: Pool) -> AsyncIterator[Connection]:
    """Gives one consistent look at the read models that answer."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await enter_for_reading(connection)
        yield connection


async def enter_for_reading(connection: Connection) -> None:
    """Does as `enter_active`, in a transaction that may not write, nor take a lock.

    Each question is planned for itself: a plan for all scopes alike was seen to take minutes instead of a moment.
    """
    name = await connection.fetchval("select name from active_read_model")
    await connection.execute(
        """select set_config('search_path', $1 || ', public', true),
                  set_config('plan_cache_mode', 'force_custom_plan', true)""",
        name,
    )


async def expect_many(connection: Connection) -> None:
    """Has rows joined and sorted in bulk for the rest of the transaction: behind the policies the planner takes the
    nation's pathways for a few, and would look each of them up by an index."""
    await connection.execute("select set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true)")


async def watermark(connection: Connection) -> datetime | None:
    """Tells the instant up to which every stream is applied; null while one of them never was."""
    row = await connection.fetchrow(
        "select count(watermark) as told, min(watermark) as reached from subscription where stream = any($1)",
        STREAMS,
    )
    assert row is not None
    reached: datetime | None = row["reached"]
    return reached if row["told"] == len(STREAMS) else None
