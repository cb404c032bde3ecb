"""One active instance among several: whoever holds a PostgreSQL session lock works, the others stand by."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import asyncpg

log = logging.getLogger(__name__)

STANDBY_INTERVAL = 0.5
"""Seconds between two tries of an instance that stands by, and between two looks at the connection that holds locks."""
ANSWER = 5.0
"""Seconds within which the database answers, or the locks count as lost."""


class _Session:
    """A connection that holds locks. When it is lost they all are, and whoever worked under one stops."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._asking = asyncio.Lock()
        self.lost = asyncio.ensure_future(self._until_lost())

    async def take(self, name: str) -> bool:
        return bool(await self._ask("select pg_try_advisory_lock(hashtext($1))", name))

    async def give_back(self, name: str) -> None:
        if not self.lost.done():
            await self._ask("select pg_advisory_unlock(hashtext($1))", name)

    async def close(self) -> None:
        await end([self.lost])
        await self._connection.close(timeout=2)

    async def _ask(self, sql: str, *arguments: str) -> Any:
        async with self._asking:  # a connection answers one question at a time
            return await self._connection.fetchval(sql, *arguments, timeout=ANSWER)

    async def _until_lost(self) -> Exception:
        """Ends with the reason; the connection is then closed, so that the server lets its locks go."""
        try:
            while True:
                await self._ask("select 1")
                await asyncio.sleep(STANDBY_INTERVAL)
        except _BROKEN as error:
            self._connection.terminate()
            return error


class Election:
    """The candidacies of one service in one process, all on one connection of their own. Names are each used once."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._connecting = asyncio.Lock()
        self._session: _Session | None = None

    async def while_elected(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Runs `work` whenever this instance is the elected one, until cancelled. A lost lock stops the work."""
        while True:
            try:
                session = await self._connected()
                while not await session.take(name):
                    await asyncio.sleep(STANDBY_INTERVAL)
                log.info("elected: %s", name)
                try:
                    await _work_while_held(session, work)
                finally:
                    await session.give_back(name)
            except _BROKEN as error:
                stop_if_cancelled()
                log.warning("%s: standing by (%s: %s)", name, type(error).__name__, error)
                await asyncio.sleep(STANDBY_INTERVAL)

    async def close(self) -> None:
        """To be called when nobody is a candidate any more."""
        if self._session is not None:
            await self._session.close()

    async def _connected(self) -> _Session:
        async with self._connecting:
            if self._session is None or self._session.lost.done():
                self._session = _Session(await asyncpg.connect(self._database_url))
            return self._session


async def end(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancels until all have ended: before Python 3.12 `asyncio.wait_for` can swallow a cancellation.

    Whoever is cancelled while they end waits for them all the same: a task left behind would go on for ever.
    """
    remaining, cancelled = set(tasks), False
    while remaining:
        for task in remaining:
            task.cancel()
        try:
            _, remaining = await asyncio.wait(remaining, timeout=0.2)
        except asyncio.CancelledError:
            cancelled = True
            remaining = {task for task in remaining if not task.done()}
    if cancelled:
        raise asyncio.CancelledError


def stop_if_cancelled() -> None:
    """An error while tidying up must not hide that the task was cancelled (a task group does)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _work_while_held(session: _Session, work: Callable[[], Awaitable[None]]) -> None:
    working = asyncio.ensure_future(work())
    try:
        await asyncio.wait([working, session.lost], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
        else:
            raise session.lost.result()
    finally:
        await end([working])


_BROKEN = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
