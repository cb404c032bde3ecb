"""What is lost: 32 writers in two processes, while writers, PostgreSQL and NATS are killed (SIGKILL) under them.

Counted: every event that a writer was told is durable, then in the store, at a reader by position, in the stream and
at a consumer; the same ones, each once, in the store's order, and no save in part. Beside it, with nothing killed, what
a reader by position misses where positions are given before the commit: on a bare `bigserial`, and on eventsourcing's
own store in its mode without a table lock.
"""

import asyncio
import logging
import os
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from nats.js.api import AckPolicy, ConsumerConfig

from benchmarks.append import on_servers, rival_store
from benchmarks.measure import EVERYBODY, Comparison, Scale, Target, pool_for_everybody
from lieu.embedded import EmbeddedServers
from services.training.publishing import public
from shared.kernel import broker
from shared.kernel.database import Connection, Pool
from shared.kernel.election import end
from shared.kernel.event_store import EventStore
from shared.kernel.migrate import SHARED, migrate
from shared.kernel.relay import Relay
from shared.kernel.sealing import EnvironmentKeys, PersonKeys
from shared.kernel.subscriber import Subscriber
from shared.language.contracts import PublicEvent
from shared.service import for_ever

ROOT = Path(__file__).parents[1]
WRITERS = 32
VICTIMS = ("writer", "postgres", "writer", "nats")
NAIVE, UNLOCKED = "bigserial: missed by a reader by position", "eventsourcing, no table lock: missed by its reader"
OURS = {
    "lost": "ours: lost",
    "twice": "ours: twice",
    "out_of_order": "ours: out of order",
    "half_written": "ours: saves half written",
}


async def measure(scale: Scale) -> list[Comparison]:
    seconds = 1.0 if scale.quick else 4.0
    async with on_servers("naive", "unlocked") as addresses:
        naive, committed = await read_beside_writers(addresses.databases["naive"].owner_url, seconds)
        with rival_store(
            addresses.databases["unlocked"], POSTGRES_ENABLE_DB_FUNCTIONS="y", POSTGRES_POOL_SIZE=str(WRITERS + 1)
        ) as rival:
            unlocked, recorded = await read_beside_rival(rival, seconds)
    ours = await killed(0.5 if scale.quick else 1.5)
    figures = {NAIVE: [float(naive)], UNLOCKED: [float(unlocked)]} | {
        name: [float(getattr(ours, of))] for of, name in OURS.items()
    }
    targets = [Target(name, most=0, of="figure") for name in OURS.values()]
    facts = {
        "bigserial": f"{committed:,} events committed, nothing killed",
        "eventsourcing, no table lock": f"{recorded:,} events committed, nothing killed",
        "ours": ours.told(),
        "killed under ours": ", ".join(VICTIMS),
    }
    return [Comparison(f"loss, {WRITERS} writers", "events", figures, targets, facts)]


# Ours, with what is killed


Versions = list[tuple[UUID, int]]


@dataclass
class Seen:
    """What each stage saw: an event is its aggregate and version."""

    confirmed: list[tuple[UUID, int, int]] = field(default_factory=list)
    """Saves that a writer was told are durable: the aggregate, its first and its last version in them."""
    stored: list[tuple[int, UUID, UUID, int]] = field(default_factory=list)
    """(position, save, aggregate, version), in the order of positions."""
    read: list[int] = field(default_factory=list)
    """Positions, as a reader by position came to see them."""
    published: Versions = field(default_factory=list)
    delivered: Versions = field(default_factory=list)

    @property
    def _events(self) -> Versions:
        return [(aggregate, version) for _, _, aggregate, version in self.stored]

    @property
    def _told(self) -> Versions:
        return [(id, version) for id, first, last in self.confirmed for version in range(first, last + 1)]

    @property
    def lost(self) -> int:
        """Confirmed and not stored, or stored and not at a later stage."""
        stored = set(self._events)
        positions = {position for position, *_ in self.stored}
        return (
            len(set(self._told) - stored)
            + len(positions - set(self.read))
            + len(stored - set(self.published))
            + len(stored - set(self.delivered))
        )

    @property
    def twice(self) -> int:
        """More than once at a stage, or told to two writers as theirs."""
        stages: list[Sequence[object]] = [self._told, self._events, self.read, self.published, self.delivered]
        return sum(len(stage) - len(set(stage)) for stage in stages)

    @property
    def out_of_order(self) -> int:
        """At a stage after an event that the store has later."""
        place = {event: position for position, event in enumerate(self._events)}
        known = [[place[event] for event in stage if event in place] for stage in (self.published, self.delivered)]
        return sum(later < earlier for stage in (self.read, *known) for earlier, later in pairwise(stage))

    @property
    def half_written(self) -> int:
        """Saves with a gap in their versions or positions, and those confirmed that the store has as several."""
        saves: dict[UUID, list[tuple[int, int]]] = defaultdict(list)
        save_of = {(aggregate, version): save for _, save, aggregate, version in self.stored}
        for position, save, _, version in self.stored:
            saves[save].append((position, version))
        torn = {
            save
            for save, rows in saves.items()
            for before, after in pairwise(rows)
            if (after[0] - before[0], after[1] - before[1]) != (1, 1)
        }
        several = sum(
            len({save_of.get((id, version)) for version in range(first, last + 1)}) > 1
            for id, first, last in self.confirmed
        )
        versions = Counter(aggregate for aggregate, _ in self._events)
        highest = dict(self._events)  # in the store's order, so that the last one stays
        return len(torn) + several + sum(highest[aggregate] != of for aggregate, of in versions.items())

    def told(self) -> str:
        return (
            f"{len(self._told):,} events confirmed in {len(self.confirmed):,} saves; {len(self.stored):,} stored, "
            f"{len(self.read):,} read, {len(self.published):,} published, {len(self.delivered):,} delivered"
        )


async def killed(seconds: float) -> Seen:
    """Writes, reads, relays and consumes through four kills, `seconds` before and after each."""
    seen = Seen()
    logging.disable(logging.ERROR)  # what is killed is missed by many, and each says so
    with tempfile.TemporaryDirectory(prefix="lieu-benchmark-") as folder:
        servers = EmbeddedServers(Path(folder) / "data", ("training",))
        addresses = await servers.start()
        database = addresses.databases["training"]
        tasks: list[asyncio.Task[None]] = [asyncio.create_task(servers.supervise())]
        try:
            await asyncio.to_thread(migrate, database.owner_url, database.url, [SHARED])
            await _on(database.owner_url, lambda owner: owner.execute(_DELIVERED))
            async with pool_for_everybody(database.url) as pool:
                client = await broker.connect(addresses.nats_urls["training"], "training")
                store = EventStore(pool, PersonKeys("training", EnvironmentKeys(None)))
                relay = Relay("training", store, client, public)
                consumer = Subscriber("loss", "training", pool, client, _deliver)
                tasks += [
                    asyncio.create_task(for_ever("the relay", relay.run)),
                    asyncio.create_task(for_ever("the consumer", consumer.run)),
                    asyncio.create_task(_read(database.url, seen.read)),
                ]
                contested = [uuid4() for _ in range(8)]
                for victim in VICTIMS:
                    await _awake(database.url)
                    async with _writing(database.url, contested, seen.confirmed) as writers:
                        await _confirmed(seen.confirmed, len(seen.confirmed) + 300, seconds)
                        if victim == "writer":
                            _kill(writers[0])
                        else:
                            pid = servers.postgres_pid if victim == "postgres" else servers.nats_pid
                            assert pid is not None
                            os.kill(pid, signal.SIGKILL)
                        await asyncio.sleep(seconds)
                await _caught_up(pool, client, seen)
                await end(tasks)
                await client.close()
        finally:
            await end(tasks)
            await servers.stop()
            logging.disable(logging.NOTSET)
    return seen


_DELIVERED = """
create table delivered (place bigserial, aggregate uuid, version integer);
grant select, insert on delivered to training;
grant usage on sequence delivered_place_seq to training
"""


async def _deliver(connection: Connection, events: Sequence[PublicEvent]) -> None:
    # In the transaction of the position: what a killed database took back was not delivered.
    await connection.execute(
        "insert into delivered (aggregate, version) select * from unnest($1::uuid[], $2::integer[])",
        [event.aggregate for event in events],
        [event.version for event in events],
    )


@asynccontextmanager
async def _writing(
    url: str, contested: list[UUID], confirmed: list[tuple[UUID, int, int]]
) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """Two processes of writers, killed at the end; what they were told is added to `confirmed`."""
    writers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.writers", url, str(WRITERS // 2), *map(str, contested),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )
        for _ in range(2)
    ]  # fmt: skip

    async def hear(writer: asyncio.subprocess.Process) -> None:
        assert writer.stdout is not None
        async for line in writer.stdout:
            parts = line.decode().split()
            if line.endswith(b"\n") and len(parts) == 3:  # the last line of a killed process may be cut
                confirmed.append((UUID(parts[0]), int(parts[1]), int(parts[2])))
        await writer.wait()

    hearing = [asyncio.create_task(hear(writer)) for writer in writers]
    try:
        yield writers
    finally:
        for writer in writers:
            _kill(writer)
        await asyncio.gather(*hearing)


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):  # a writer ends by itself when its database is killed
        process.send_signal(signal.SIGKILL)


async def _awake(url: str) -> None:
    """Until PostgreSQL answers again: writers do not wait for it."""
    async with asyncio.timeout(60):
        while True:
            try:
                await _on(url, lambda connection: connection.execute("select 1"))
                return
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.05)


async def _confirmed(confirmed: list[tuple[UUID, int, int]], saves: int, seconds: float) -> None:
    """Until so many saves are confirmed, and for so many seconds at least."""
    await asyncio.sleep(seconds)
    async with asyncio.timeout(120):
        while len(confirmed) < saves:
            await asyncio.sleep(0.05)


async def _read(url: str, into: list[int]) -> None:
    """A reader by position in a session of its own, which comes back."""
    while True:
        try:
            await _on(url, lambda connection: _read_on(connection, "events", into))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            await asyncio.sleep(0.05)


async def _read_on(connection: asyncpg.Connection, table: str, into: list[int]) -> None:
    while True:
        query = f"select position from {table} where position > $1 order by position"
        into += [row["position"] for row in await connection.fetch(query, into[-1] if into else 0, timeout=10)]
        await asyncio.sleep(0.001)


async def _on(url: str, work: Callable[[asyncpg.Connection], Awaitable[Any]]) -> Any:
    connection = await asyncpg.connect(url, timeout=5, server_settings=EVERYBODY)
    try:
        return await work(connection)
    finally:
        await connection.close(timeout=2)


async def _caught_up(pool: Pool, client: broker.Client, seen: Seen) -> None:
    """Takes what each stage has once nothing is on its way any more, or after a minute: the rest is lost."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        stored = await pool.fetchval("select count(*) from events")
        delivered = await pool.fetchval("select count(*) from delivered")
        if stored == len(seen.read) and stored <= delivered:
            break
        await asyncio.sleep(0.1)
    rows = await pool.fetch("select position, save, aggregate, version from events order by position")
    seen.stored = [tuple(row) for row in rows]
    rows = await pool.fetch("select aggregate, version from delivered order by place")
    seen.delivered = [tuple(row) for row in rows]
    seen.published = await _stream(client)


async def _stream(client: broker.Client) -> Versions:
    """Everything that the stream holds, in its order."""
    stream = broker.stream_of("training")
    info = await client.jetstream().add_consumer(stream, ConsumerConfig(name="all", ack_policy=AckPolicy.NONE))
    found: Versions = []
    async with broker.Pull(client, stream, info.name) as pull:
        while messages := await pull.fetch(500, timeout=2):
            for message in messages:
                headers = message.headers or {}
                found.append((UUID(headers["ce-subject"]), int(headers["ce-aggregateversion"])))
    return found


# Readers that lose


async def read_beside_writers(url: str, seconds: float) -> tuple[int, int]:
    """(missed, committed) where a reader follows `bigserial` positions while 32 connections insert."""
    await _on(url, lambda owner: owner.execute("create table naive (position bigserial primary key, state text)"))
    until = time.monotonic() + seconds
    read: list[int] = []

    async def write(connection: asyncpg.Connection) -> None:
        while time.monotonic() < until:
            await connection.execute("insert into naive (state) select 'an event' from generate_series(1, 2)")

    reading = asyncio.create_task(_on(url, lambda connection: _read_on(connection, "naive", read)))
    await asyncio.gather(*(_on(url, write) for _ in range(WRITERS)))
    await asyncio.sleep(0.5)  # what it has not seen by now, it never will: it looks further on
    await end([reading])
    committed = await _on(url, lambda connection: connection.fetchval("select count(*) from naive"))
    return committed - len(read), committed


async def read_beside_rival(rival: Any, seconds: float) -> tuple[int, int]:
    """(missed, committed) where 32 threads save and one follows by the library's own `select_notifications`."""
    until = time.monotonic() + seconds
    read: set[int] = set()

    def write() -> None:
        while time.monotonic() < until:
            rival.save_activities(2)

    def follow() -> None:
        last = 0
        while time.monotonic() < until + 0.5:
            for notification in rival.recorder.select_notifications(last + 1, 10_000):
                last = notification.id
                read.add(last)

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(WRITERS + 1) as threads:
        writing = [loop.run_in_executor(threads, write) for _ in range(WRITERS)]
        await asyncio.gather(loop.run_in_executor(threads, follow), *writing)
    committed = {one.id for one in rival.recorder.select_notifications(1, 10_000_000)}
    return len(committed - read), len(committed)
