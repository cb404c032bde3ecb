"""One active instance among several: whoever holds a PostgreSQL session lock works, the others stand by."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import asyncpg

log = logging.getLogger(__name__)

STANDBY_INTERVAL = 0.5
"""Seconds between two tries of an instance that stands by, and between two looks at a held lock."""


async def while_elected(database_url: str, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Runs `work` whenever this instance is the elected one, until cancelled. A lost lock stops the work."""
    while True:
        try:
            connection = await asyncpg.connect(database_url)
            try:
                while not await connection.fetchval("select pg_try_advisory_lock(hashtext($1))", name):
                    await asyncio.sleep(STANDBY_INTERVAL)
                log.info("elected: %s", name)
                await _work_while_held(connection, work)
            finally:
                await connection.close(timeout=2)
        except (
            OSError,
            TimeoutError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
        ) as error:
            stop_if_cancelled()
            log.warning("%s: standing by (%s: %s)", name, type(error).__name__, error)
            await asyncio.sleep(STANDBY_INTERVAL)


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels until all have ended: before Python 3.12 `asyncio.wait_for` can swallow a cancellation."""
    remaining = set(tasks)
    while remaining:
        for task in remaining:
            task.cancel()
        _, remaining = await asyncio.wait(remaining, timeout=0.2)


def stop_if_cancelled() -> None:
    """An error while tidying up must not hide that the task was cancelled (a task group does)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _work_while_held(connection: asyncpg.Connection, work: Callable[[], Awaitable[None]]) -> None:
    async def hold() -> None:
        while True:
            await connection.fetchval("select 1", timeout=5)
            await asyncio.sleep(STANDBY_INTERVAL)

    tasks = [asyncio.ensure_future(work()), asyncio.ensure_future(hold())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end(tasks)
