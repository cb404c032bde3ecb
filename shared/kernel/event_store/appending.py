"""Appends that wait are merged into one commit (`append_saves` in the migrations): the lock first, a version check per
save, positions and known_at in total order."""

import asyncio
import logging
from collections.abc import Sequence, Set
from datetime import datetime
from uuid import UUID

import asyncpg

from shared.kernel.database import Connection, Pool
from shared.kernel.event_store.answers import answered
from shared.kernel.event_store.ledger import Ledger
from shared.kernel.event_store.saves import APPEND, AlreadyAnswered, Forgotten, Save, VersionConflict, columns

log = logging.getLogger(__name__)

GROUP_LIMIT = 400
"""Saves merged into one commit at most."""
_CUT_OFF = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""After which nobody knows whether the commit went through."""
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


async def append_lock(connection: Connection) -> None:
    """Waits for whoever appends, and lets nobody until the transaction ends: what is read from here on stays so."""
    await connection.execute("select append_lock()")


async def append_within(connection: Connection, save: Save) -> None:
    """Appends one save in the caller's own transaction. Raises VersionConflict."""
    row = await connection.fetchrow(APPEND, *columns([save]))
    assert row is not None
    if row["refused"]:
        raise VersionConflict(save.stood)


class Appending:
    """The saves of this process that wait, and who commits them."""

    def __init__(self, pool: Pool, ledger: Ledger) -> None:
        self.pool, self.ledger = pool, ledger
        self.appended = asyncio.Event()
        """Set after every commit."""
        self._waiting: list[Save] = []
        self._wake = asyncio.Event()

    async def append(self, save: Save) -> datetime:
        """Returns, once a save is durable, when it became known. Raises VersionConflict, AlreadyAnswered, Forgotten."""
        self._waiting.append(save)
        self._wake.set()
        return await save.done

    async def run(self) -> None:
        """Writes what waits, until cancelled. One writer connection a process."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                # Of those that come at once half go first: while these are committed, the others' commands have been
                # computed, and from then on computing and committing go on at the same time.
                most = min(GROUP_LIMIT, (len(self._waiting) + 1) // 2)
                while group := self._next_group(most):
                    await self._append(group)
                    self.appended.set()
                    most = GROUP_LIMIT
        finally:
            for save in self._waiting:
                save.done.cancel()

    def _next_group(self, most: int) -> list[Save]:
        """Picks waiting saves in order of arrival: none that looks at what another of them changes, and one of a key at
        most. What has to wait goes before whatever came after it and meets it."""
        group: list[Save] = []
        later: list[Save] = []
        changed: set[object] = set()
        looked_at: set[object] = set()
        for save in self._waiting:
            meets = not (
                changed.isdisjoint(save.writes) and looked_at.isdisjoint(save.writes) and changed.isdisjoint(save.stood)
            )
            (later if meets or len(group) >= most else group).append(save)
            changed |= save.writes
            looked_at |= save.stood.keys()
        self._waiting = later
        return group

    async def _append(self, group: list[Save]) -> None:
        """Appends a group, again after each interruption, and answers everybody who waits for it."""
        while group:
            arguments = columns(group)
            try:
                row = await self.pool.fetchrow(APPEND, *arguments)
            except _CUT_OFF as error:
                # The commit may have gone through before the connection was lost: read the saves back before
                # trying again, or a save that succeeded would be reported as a conflict with itself.
                log.warning("append interrupted (%s): %s", type(error).__name__, error)
                group = await self._settle_ambiguous(group)
            except Exception as error:  # noqa: BLE001 - every waiting caller gets it
                for save in group:
                    _fail(save, error)
                return
            else:
                assert row is not None
                await self._answer(group, set(row["refused"]), row["appended_at"])
                return

    async def _answer(self, group: Sequence[Save], refused: Set[UUID], known_at: datetime) -> None:
        for save in group:
            if save.id in refused:
                _fail(save, await self._why(save))
            elif not save.done.done():
                save.done.set_result(known_at)

    async def _why(self, save: Save) -> Exception:
        """Finds for what reason a save was refused."""
        if save.key is not None and await answered(self.pool, save.key):
            return AlreadyAnswered()
        return Forgotten() if await self.ledger.holds(save.digests) else VersionConflict(save.stood)

    async def _settle_ambiguous(self, group: Sequence[Save]) -> list[Save]:
        """Confirms the saves of an interrupted append that did commit; returns those that did not."""
        committed = await self._committed([save.id for save in group])
        for save in group:
            if save.id in committed and not save.done.done():
                save.done.set_result(committed[save.id])
        return [save for save in group if save.id not in committed]

    async def _committed(self, saves: Sequence[UUID]) -> dict[UUID, datetime]:
        """Asks, until the store tells, which were committed, and when they became known."""
        while True:
            await asyncio.sleep(0.05)
            try:
                async with self.pool.acquire() as connection, connection.transaction():
                    # Waits for the interrupted transaction, should the server still be committing it.
                    await append_lock(connection)
                    rows = await connection.fetch(
                        "select save, max(known_at) as known_at from events where save = any($1) group by save", saves
                    )
                return {row["save"]: row["known_at"] for row in rows}
            except _AWAY as error:
                log.warning("the store is away (%s), trying again", type(error).__name__)


def _fail(save: Save, error: Exception) -> None:
    if not save.done.done():
        save.done.set_exception(error)
