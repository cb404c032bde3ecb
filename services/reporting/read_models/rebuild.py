"""Building the read models anew, from the streams, in the set that does not answer; then the two change places."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import asyncpg

from services.reporting.read_models.forgetting import follow
from services.reporting.read_models.sets import FOLLOWED, SETS, empty, enter
from shared.kernel import broker, database
from shared.kernel.database import Connection, Pool
from shared.kernel.event_store import EventStore
from shared.kernel.refusals import Problem
from shared.kernel.subscriber import Subscriber

log = logging.getLogger(__name__)


@dataclass
class Rebuild:
    """`state`: none, running, done or failed; `applied` events of `of`."""

    state: str = "none"
    applied: int = 0
    of: int = 0
    error: str | None = None


class Rebuilder:
    """One rebuild at a time, over all instances: a session lock sees to it."""

    def __init__(self, database_url: str, store: EventStore, client: broker.Client) -> None:
        self.database_url, self.store, self.pool, self.client = database_url, store, store.pool, client
        self.rebuild = Rebuild()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> Rebuild:
        if self.rebuild.state == "running":
            raise Problem(409, "rebuild-running", "a rebuild is under way")
        self.rebuild = Rebuild("running")
        self._task = asyncio.create_task(self._run(self.rebuild))
        return self.rebuild

    async def _run(self, rebuild: Rebuild) -> None:
        try:
            lock = await asyncpg.connect(self.database_url)
            try:
                await lock.execute("select pg_advisory_lock(hashtext('rebuild'))")
                # Its readers have connections of their own: at the end all others wait for them.
                async with database.pool(self.database_url) as pool:
                    await self._rebuild(rebuild, pool)
            finally:
                await lock.close(timeout=5)
            rebuild.state = "done"
        except Exception as error:
            log.exception("the rebuild failed; the read models that answer are untouched")
            rebuild.state, rebuild.error = "failed", f"{type(error).__name__}: {error}"

    async def _rebuild(self, rebuild: Rebuild, pool: Pool) -> None:
        active: str = await self.pool.fetchval("select name from active_read_model")
        fresh = SETS[1 - SETS.index(active)]
        async with self.pool.acquire() as connection, connection.transaction():
            await empty(connection, fresh)
        readers = [self._reader(stream, fresh, pool) for stream in FOLLOWED]
        done = dict.fromkeys(FOLLOWED, 0)

        def progress(stream: str, position: int) -> None:
            done[stream] = position
            rebuild.applied = sum(done.values())

        positions = await self._positions(self.pool, active)
        rebuild.of = sum(positions.values())
        await self._catch_up(readers, positions, progress)
        # The last stretch with the live projections held: they go on in the new set, from its positions.
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.fetchval("select name from active_read_model for update")
            await self._catch_up(readers, await self._positions(connection, active), progress)
            await connection.execute(
                f"""insert into {fresh}.subscription as s select * from {active}.subscription
                    on conflict (stream) do update set watermark = excluded.watermark"""
            )
            await connection.execute("update active_read_model set name = $1", fresh)

    @staticmethod
    async def _catch_up(
        readers: Sequence[Subscriber], positions: Mapping[str, int], progress: Callable[[str, int], None]
    ) -> None:
        """Reads all streams at once, as when they are followed: while the database works for one, another is read."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for reader in readers:
                    told = partial(progress, reader.stream)
                    tasks.create_task(reader.catch_up(positions.get(reader.stream, 0), told))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed

    def _reader(self, stream: str, fresh: str, pool: Pool) -> Subscriber:
        apply, into = partial(follow, self.store), partial(enter, name=fresh)
        return Subscriber(None, stream.lower(), pool, self.client, apply, stage="rebuild", enter=into)

    @staticmethod
    async def _positions(where: Pool | Connection, name: str) -> dict[str, int]:
        rows = await where.fetch(f"select stream, position from {name}.subscription")
        return {row["stream"]: row["position"] for row in rows}
