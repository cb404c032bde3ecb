"""Appending: our event store against eventsourcing's own PostgreSQL store, and against bare inserts as the ceiling.

Measured: saves a second, each confirmed as durable before its client sends the next; one event a save at 1, 8, 32 and
128 clients, five events a save at 32, and what sealing costs. All on one PostgreSQL that writes to disk.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count, cycle
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from eventsourcing import application, domain
from opentelemetry import trace

from benchmarks.measure import EVERYBODY, Comparison, Scale, Target, Turn, compare, pool_for_everybody, rival_settings
from lieu.embedded import Addresses, Database, EmbeddedServers
from services.intake.domain import Pathway, request_for_support
from services.training.domain import Activity, ActivityFile
from shared.kernel.event_store import About, EventStore, under
from shared.kernel.migrate import SHARED, migrate
from shared.kernel.sealing import EnvironmentKeys, PersonKeys, new_master_key
from shared.language.codes import ActivityKind, ActivityStatus

FACT = Activity(ActivityKind.WORKSHOP, date(2024, 1, 1), date(2024, 1, 1), ActivityStatus.COMPLETED, Decimal("3.5"))
DAY = date(2024, 1, 2)
CLIENTS = (1, 8, 32, 128)
RIVAL, OURS, CEILING = "eventsourcing's own store", "ours", "bare inserts in groups as large, one connection"
TARGETS = {(1, 32): 15, (1, 128): 22, (5, 32): 9}
"""How many times as fast as the rival ours should be, by events a save and clients."""
RIVAL_CONNECTIONS = 4
"""Of the rival's pool. Its table lock lets one commit at a time: of 1, 2, 4, 8 and 32 connections none were better,
neither for 32 clients nor for 128."""


async def measure(scale: Scale) -> list[Comparison]:
    async with on_servers("training", "rival") as addresses, our_store(addresses.databases["training"]) as store:
        with rival_store(addresses.databases["rival"]) as rival, as_in_a_request():
            inserts = await Inserts.ready(addresses.databases["training"], store)
            try:
                found = [
                    await side_by_side(store, rival, inserts, clients, events, scale)
                    for clients, events in [*((clients, 1) for clients in CLIENTS), (32, 5)]
                ]
            finally:
                await inserts.connection.close()
        grouping = {told(n): one.figures[OURS] for n, one in zip(CLIENTS, found, strict=False)}
        found.append(Comparison("what grouping gains: ours, one event a save", "saves/s", grouping))
        for clients in (1, 32):
            sealing: dict[str, Turn] = {
                name: partial(rate, partial(save, store), clients, scale.seconds) for name, save in REQUESTS.items()
            }
            title = f"what sealing costs: requests for support, {told(clients)}"
            found.append(await compare(title, "saves/s", sealing, scale.rounds))
        return found


async def side_by_side(
    store: EventStore, rival: "RivalFiles", inserts: "Inserts", clients: int, events: int, scale: Scale
) -> Comparison:
    turns: dict[str, Turn] = {
        RIVAL: partial(threaded_rate, partial(rival.save_activities, events), clients, scale.seconds),
        OURS: partial(rate, partial(save_activities, store, events), clients, scale.seconds),
        CEILING: partial(inserts.rate, clients, events, scale.seconds),
    }
    least = TARGETS.get((events, clients))
    targets = [] if least is None else [Target(OURS, least=least)]
    what = "one event" if events == 1 else f"{events} events"
    found = await compare(f"append, {what} a save, {told(clients)}", "saves/s", turns, scale.rounds, targets)
    found.facts["ours, of what bare inserts reach"] = f"{found.ratio(OURS) / found.ratio(CEILING):.0%}"
    return found


def told(clients: int) -> str:
    return "1 client" if clients == 1 else f"{clients} clients"


@asynccontextmanager
async def on_servers(*services: str) -> AsyncIterator[Addresses]:
    """Throw-away servers that write to disk as in production, with a database for each of the names."""
    with tempfile.TemporaryDirectory(prefix="lieu-benchmark-") as folder:
        servers = EmbeddedServers(Path(folder) / "data", services)
        try:
            yield await servers.start()
        finally:
            await servers.stop()


# Ours


@asynccontextmanager
async def our_store(database: Database, *migrations: Path) -> AsyncIterator[EventStore]:
    """Our store on an empty database, writing. `migrations`: a service's, where more than the store is needed."""
    await asyncio.to_thread(migrate, database.owner_url, database.url, [SHARED, *migrations])
    async with pool_for_everybody(database.url) as pool:
        store = EventStore(pool, PersonKeys("training", EnvironmentKeys(new_master_key("benchmark"))))
        writing = asyncio.create_task(store.run())
        try:
            yield store
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)


@contextmanager
def as_in_a_request() -> Iterator[None]:
    """What is appended inside has a trace (not sampled, as most), and the role and token of who asked for it."""
    context = trace.SpanContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, is_remote=False)
    before = under.set(("adviser", "0123456789abcdef"))
    try:
        with trace.use_span(trace.NonRecordingSpan(context)):
            yield
    finally:
        under.reset(before)


async def save_activities(store: EventStore, events: int = 1) -> None:
    """One save of so many events on a new file, with every column that a command fills."""
    file = ActivityFile.blank(uuid4())
    for _ in range(events):
        file.activities.admit(uuid4(), FACT, DAY)
    await store.save(file, about=About("s01", file.id, uuid4()), actor="benchmark")


async def save_request(store: EventStore, person: UUID, birth_year: int | None) -> None:
    pathway = Pathway.blank(uuid4())
    pathway.ask_for_support(request_for_support(DAY, birth_year, structure="s01", person=person), DAY)
    await store.save(pathway, about=About("s01", pathway.id, person), actor="benchmark")


KNOWN = cycle([uuid4() for _ in range(1000)])
REQUESTS: dict[str, Callable[[EventStore], Awaitable[None]]] = {
    "nothing sealed": lambda store: save_request(store, uuid4(), None),
    "one text, person with a key": lambda store: save_request(store, next(KNOWN), 1990),
    "one text, new person": lambda store: save_request(store, uuid4(), 1990),
}


async def rate(save: Callable[[], Awaitable[None]], clients: int, seconds: float) -> float:
    """Saves a second of so many clients, each confirmed before its client sends the next."""
    until = time.perf_counter() + seconds
    done = 0

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await save()
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return done / (time.perf_counter() - began)


# The rival


class RivalFile(domain.Aggregate):
    """The same facts as the library's manual would have them: whom they concern stands in the event's body."""

    def __init__(self, structure: str, pathway: UUID, person: UUID, actor: str, key: UUID, fact: dict[str, Any]):
        self.structure, self.pathway, self.person, self.actor = structure, pathway, person, actor
        self.activities = {str(key): fact}

    @domain.event("Recorded")
    def record(self, key: UUID, fact: dict[str, Any], actor: str) -> None:
        self.activities[str(key)] = fact


class RivalFiles(application.Application[UUID]):
    """eventsourcing's application on its PostgreSQL recorder."""

    def save_activities(self, events: int) -> None:
        """One save of so many events on a new file."""
        fact = {name: str(value) for name, value in asdict(FACT).items()}
        file = RivalFile("s01", uuid4(), uuid4(), "benchmark", uuid4(), fact)
        for _ in range(events - 1):
            file.record(uuid4(), fact, "benchmark")
        self.save(file)


@contextmanager
def rival_store(database: Database, **settings: str) -> Iterator[RivalFiles]:
    """As its manual has it, and safe: with the table lock, which is the default. `settings`: others of its recorder."""
    rival = RivalFiles(
        {
            **rival_settings(database.owner_url),
            "POSTGRES_POOL_SIZE": str(RIVAL_CONNECTIONS),
            "POSTGRES_CONNECT_TIMEOUT": "30",
            **settings,
        }
    )
    try:
        yield rival
    finally:
        rival.close()


async def threaded_rate(save: Callable[[], None], clients: int, seconds: float) -> float:
    """As `rate`, of a store that is synchronous: each client is a thread."""
    until = time.perf_counter() + seconds

    def client() -> int:
        done = 0
        while time.perf_counter() < until:
            save()
            done += 1
        return done

    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(clients) as threads:
        done = sum(await asyncio.gather(*(loop.run_in_executor(threads, client) for _ in range(clients))))
        return done / (time.perf_counter() - began)


# The ceiling


class Inserts:
    """Rows as our store's, inserted by one statement a group: no lock, no version checked, nobody waiting."""

    def __init__(self, connection: asyncpg.Connection, model: dict[str, Any], insert: str) -> None:
        self.connection, self._model, self._insert = connection, model, insert
        self._positions = count(1)

    @classmethod
    async def ready(cls, database: Database, store: EventStore) -> "Inserts":
        """Into a table with the columns and indexes of the events', after a row that our store wrote."""
        await save_activities(store)
        model = dict(await store.pool.fetchrow("select * from events order by position desc limit 1") or {})
        connection = await asyncpg.connect(database.owner_url, server_settings=EVERYBODY)
        await connection.execute("create table bare (like events including all)")
        types = await connection.fetch(
            """select attname, format_type(atttypid, null) as type from pg_attribute
                where attrelid = 'bare'::regclass and attnum > 0 and not attisdropped"""
        )
        columns = {row["attname"]: row["type"] for row in types}
        arrays = ", ".join(f"${place}::{type}[]" for place, type in enumerate(columns.values(), 1))
        insert = f"insert into bare ({', '.join(columns)}) select * from unnest({arrays})"
        return cls(connection, {name: model[name] for name in columns}, insert)

    async def rate(self, clients: int, events: int, seconds: float) -> float:
        """Saves a second, in groups of one save a client."""
        began = time.perf_counter()
        done = 0
        while time.perf_counter() < began + seconds:
            saves = [save for save in [uuid4() for _ in range(clients)] for _ in range(events)]
            columns = {name: [value] * len(saves) for name, value in self._model.items()} | {
                "position": [next(self._positions) for _ in saves],
                "save": saves,
                "aggregate": [uuid4() for _ in saves],
            }
            await self.connection.execute(self._insert, *columns.values())
            done += clients
        return done / (time.perf_counter() - began)
