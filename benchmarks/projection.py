"""The projection of reporting with all its real work, against a rival's runner and against fetching alone; the rebuild.

Events are those of imported pathways, in the streams of the four services (benchmarks/histories.py); read models,
positions and history rows are written as in production, into the set that does not answer. Rates in events a second.
LIEU_BENCH_MILLION=1: the rebuild is one from a million events instead of 200,000.
"""

import asyncio
import json
import multiprocessing
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import uvicorn
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from nats.js.api import AckPolicy, ConsumerConfig
from psycopg.sql import SQL

from benchmarks import histories
from benchmarks.measure import EVERYBODY, Comparison, Scale, Target, Turn, compare, pool_for_everybody, rival_settings
from lieu import issuer
from lieu.cli.running import spare_the_collector
from lieu.embedded import Addresses
from lieu.up import ensure_master_key, settings_for
from services.reporting.main import create_app
from services.reporting.read_models.forgetting import follow
from services.reporting.read_models.sets import SETS, STREAMS, empty, enter
from shared.kernel import broker
from shared.kernel.callers import Role
from shared.kernel.database import Connection, Pool
from shared.kernel.election import end
from shared.kernel.event_store import EventStore
from shared.kernel.sealing import EnvironmentKeys, PersonKeys
from shared.kernel.settings import Settings
from shared.kernel.subscriber import FETCH, Subscriber

ASIDE = "read_model_b"
"""The set of read models that does not answer while these turns are measured."""
RUNNER, FETCHED = "eventsourcing's ProjectionRunner, one upsert an event", f"fetch({FETCH}) alone"
FOLLOWED, CAUGHT_UP = "reporting, following", "reporting, catching up (as a rebuild)"


async def measure(scale: Scale) -> list[Comparison]:
    """Three comparisons: with the runner, with the ceiling, and the rebuild with the live projection before it."""
    events = 3_000 if scale.quick else 50_000
    async with histories.servers("rival") as (data, addresses):
        template, streamed = await histories.streamed(data, addresses, events)
        async with _reporting(addresses) as (pool, client):
            ends = await _ends(client)
            runner = Runner(addresses.databases["rival"].owner_url, 1_000 if scale.quick else 4_000)
            await asyncio.to_thread(runner.prepare)
            turns: dict[str, Turn] = {
                RUNNER: lambda: asyncio.to_thread(runner.turn),
                FETCHED: partial(_fetch, client, ends),
                FOLLOWED: partial(_follow, pool, client, ends),
                CAUGHT_UP: partial(_catch_up, pool, client, ends),
            }
            others = histories.Others()
            of_all = await compare("", "events/s", turns, scale.rounds)
        facts = {
            "events": sum(count for _, count in ends.values()),
            "event loop": histories.loop(),
            "of the machine taken by others": others.share(),
        }
        whole = 3_000 if scale.quick else 1_000_000 if os.environ.get("LIEU_BENCH_MILLION") else 200_000
        missing = max(0, whole - streamed)
        copies = range(1_000, 1_000 + missing // template.events)
        await histories.copy(addresses, template, copies)
        rebuilt = await _rebuild(data, addresses)
    figures = of_all.figures
    return [
        Comparison(
            "projection: the runner",
            "events/s",
            {name: figures[name] for name in (RUNNER, FOLLOWED, CAUGHT_UP)},
            [Target(FOLLOWED, least=15)],
            facts,
        ),
        Comparison(
            "projection: the ceiling",
            "events/s",
            {name: figures[name] for name in (FETCHED, FOLLOWED, CAUGHT_UP)},
            [Target(FOLLOWED, least=0.60)],
        ),
        *rebuilt,
    ]


# --- the contestants -----------------------------------------------------------------------------------------

Ends = dict[str, tuple[int, int]]
"""By stream: the position of its last event, and how many messages it holds."""


@asynccontextmanager
async def _reporting(addresses: Addresses) -> AsyncIterator[tuple[Pool, broker.Client]]:
    client = await broker.connect(addresses.nats_url, "bench")
    try:
        async with pool_for_everybody(addresses.databases["reporting"].url) as pool:
            yield pool, client
    finally:
        await client.close()


async def _ends(client: broker.Client) -> Ends:
    found: Ends = {}
    for stream in STREAMS:
        message = await broker.last_message(client, stream.lower())
        info = await client.jetstream().stream_info(stream)
        assert message is not None
        assert message.headers is not None
        found[stream] = int(message.headers["ce-sequence"]), info.state.messages
    return found


async def _fetch(client: broker.Client, ends: Ends) -> float:
    started = time.perf_counter()
    for stream, (_, count) in ends.items():
        config = ConsumerConfig(name=f"passing-{uuid4().hex}", ack_policy=AckPolicy.NONE, inactive_threshold=60)
        info = await client.jetstream().add_consumer(stream, config)
        async with broker.Pull(client, stream, info.name) as pull:
            fetched = 0
            while fetched < count:
                fetched += len(await pull.fetch(FETCH, timeout=5))
    return sum(count for _, count in ends.values()) / (time.perf_counter() - started)


async def _enter_aside(connection: Connection) -> None:
    await enter(connection, ASIDE)


async def _emptied(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await empty(connection, ASIDE)


def _subscriber(name: str | None, stream: str, pool: Pool, client: broker.Client) -> Subscriber:
    store = EventStore(pool, PersonKeys("reporting", EnvironmentKeys(None)))
    stage = "projection" if name else "rebuild"
    return Subscriber(
        name,
        stream.lower(),
        pool,
        client,
        partial(follow, store),
        stage=stage,
        enter=_enter_aside,
        watermarks=name is not None,
    )


async def _follow(pool: Pool, client: broker.Client, ends: Ends) -> float:
    await _emptied(pool)
    subscribers = [_subscriber("bench", stream, pool, client) for stream in ends]
    started = time.perf_counter()
    tasks = [asyncio.create_task(subscriber.run()) for subscriber in subscribers]
    try:
        while True:
            rows = await pool.fetch(f"select stream, position from {ASIDE}.subscription")
            if {row["stream"]: row["position"] for row in rows} == {name: at for name, (at, _) in ends.items()}:
                break
            await asyncio.sleep(0.01)
        taken = time.perf_counter() - started
    finally:
        await end(tasks)
    return sum(count for _, count in ends.values()) / taken


async def _catch_up(pool: Pool, client: broker.Client, ends: Ends) -> float:
    await _emptied(pool)
    started = time.perf_counter()
    for stream, (position, _) in ends.items():
        await _subscriber(None, stream, pool, client).catch_up(position)
    return sum(count for _, count in ends.values()) / (time.perf_counter() - started)


# --- the rival -----------------------------------------------------------------------------------------------


class Dog(Aggregate):
    """Of the rival's application: as small as its documentation has them, with a body of our events' size."""

    def __init__(self) -> None:
        self.seen = 0

    @event("Seen")
    def see(self, what: str) -> None:
        self.seen += 1


class Dogs(Application[UUID]):
    name = "dogs"


class SeenView(PostgresTrackingRecorder):
    """One row an aggregate, upserted in the transaction that advances the position."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(
            SQL("create table if not exists seen (aggregate uuid primary key, what text, times integer)").format()
        )

    def see(self, dog: Any, what: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(
                """insert into seen values (%s, %s, 1) on conflict (aggregate) do update
                     set what = excluded.what, times = seen.times + 1""",
                (dog, what),
                prepare=True,
            )
            self._insert_tracking(cursor, tracking)


class SeenProjection(Projection[SeenView]):
    name = "seen"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        what = getattr(domain_event, "what", "")
        self.view.see(domain_event.originator_id, what, tracking)


class Runner:
    """ProjectionRunner over `events` events of its own PostgreSQL store, without a broker between."""

    def __init__(self, url: str, events: int) -> None:
        self.events = events
        self.env = rival_settings(url)

    def prepare(self) -> None:
        app = Dogs(self.env)
        for _ in range(self.events // 10):
            dog = Dog()
            for _ in range(9):
                dog.see("x" * 250)
            app.save(dog)
        self.last = app.recorder.max_notification_id()
        app.close()

    def turn(self) -> float:
        view: PostgresTrackingRecorder
        with ProjectionRunner(
            application_class=Dogs, projection_class=SeenProjection, view_class=SeenView, env=self.env
        ) as runner:
            view = runner.view
            started = time.perf_counter()
            # Its own `wait` sleeps up to 0.8 s between two looks.
            while not runner.view.has_tracking_id(Dogs.name, self.last):
                if runner.is_interrupted.wait(0.01):
                    raise AssertionError("the runner failed")
            taken = time.perf_counter() - started
            with view.datastore.transaction(commit=True) as cursor:
                cursor.execute("truncate seen")
                # The table also notes its own version, without which the library would migrate it again.
                cursor.execute(f"delete from {view.tracking_table_name} where application_name = %s", (Dogs.name,))
        return self.events / taken


# --- the rebuild ---------------------------------------------------------------------------------------------


def serve(settings: Settings, port: int) -> None:
    """Reporting alone in a process of its own, as `lieu serve` has it."""
    spare_the_collector()
    uvicorn.run(create_app(settings), host="127.0.0.1", port=port, loop="uvloop", log_level="error", access_log=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _rebuild(data: Path, addresses: Addresses) -> list[Comparison]:
    settings = settings_for(addresses_of_services(addresses), data, ensure_master_key(data))["reporting"]
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(settings, port), daemon=True)
    headers = {"Authorization": f"Bearer {issuer.token(data, Role.OPERATOR)}"}
    async with (
        histories.relays(addresses),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as http,
    ):
        await histories.published(addresses)
        async with _reporting(addresses) as (_, client):
            ends = await _ends(client)
        await _start_over(addresses)
        process.start()
        try:
            pid = process.pid
            assert pid is not None
            return await _watch_rebuild(http, pid, addresses, ends)
        finally:
            process.terminate()
            await asyncio.to_thread(process.join, 10)


def addresses_of_services(addresses: Addresses) -> Addresses:
    """Without the databases of rivals, which no service has settings for."""
    known = {name: of for name, of in addresses.databases.items() if name in addresses.nats_urls}
    return Addresses(known, addresses.nats_url, addresses.nats_urls)


async def _start_over(addresses: Addresses) -> None:
    """Both sets empty: the projection that answers begins with the first event."""
    connection = await asyncpg.connect(addresses.databases["reporting"].owner_url, server_settings=EVERYBODY)
    try:
        for name in SETS:
            await empty(connection, name)
    finally:
        await connection.close()


async def _watch_rebuild(http: httpx.AsyncClient, pid: int, addresses: Addresses, ends: Ends) -> list[Comparison]:
    count = sum(count for _, count in ends.values())
    await _until(lambda: _is_up(http), 60)
    connection = await asyncpg.connect(addresses.databases["reporting"].owner_url, server_settings=EVERYBODY)

    async def first_reached() -> bool:
        rows = await connection.fetch("select stream, position from read_model_a.subscription")
        found = {row["stream"]: row["position"] for row in rows}
        return all(found.get(stream, 0) >= at for stream, (at, _) in ends.items())

    started = time.perf_counter()
    await _until(first_reached, 1200)
    live = count / (time.perf_counter() - started)
    await connection.close()

    query = {"scope": "national", "from": date(2022, 1, 1).isoformat(), "to": date(2022, 12, 31).isoformat()}
    before = (await _asked(http, query))[0]
    alone = [(await _asked(http, query))[1] for _ in range(5)]
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # VmHWM begins anew
    (await http.post("/v1/rebuild")).raise_for_status()
    others = histories.Others()
    started, answers, state = time.perf_counter(), [], {"state": "running"}
    differing = 0
    while state["state"] == "running":
        found, seconds = await _asked(http, query)
        answers.append(seconds)
        differing += found != before
        state = (await http.get("/v1/rebuild")).json()
        await asyncio.sleep(0.2)
    taken = time.perf_counter() - started
    assert state["state"] == "done", state
    after = (await _asked(http, query))[0]
    facts: dict[str, Any] = {
        "events": count,
        "indicators asked meanwhile": len(answers),
        "  their slowest, seconds": round(max(answers), 3),
        "  one asked before, median seconds": round(sorted(alone)[2], 3),
        "  answers unlike the one before": differing,
        "figures after as before": after == before,
        "of the machine taken by others": others.share(),
    }
    name, peak = "rebuild, the old set answering meanwhile", "peak of the process during it"
    return [
        Comparison(
            "rebuild of reporting",
            "events/s",
            {"live projection, the same events": [live], name: [count / taken]},
            [Target(name, least=0.9)],
            facts,
        ),
        Comparison(
            "memory of a rebuild", "MB", {peak: [histories.highest(pid)]}, [Target(peak, most=400, of="figure")]
        ),
    ]


async def _asked(http: httpx.AsyncClient, query: dict[str, str]) -> tuple[str, float]:
    started = time.perf_counter()
    answer = await http.get("/v1/indicators", params=query)
    answer.raise_for_status()
    return json.dumps(answer.json()["indicators"], sort_keys=True), time.perf_counter() - started


async def _is_up(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/v1/rebuild")).is_success
    except httpx.TransportError:
        return False


async def _until(true: Callable[[], Any], seconds: float) -> None:
    deadline = time.perf_counter() + seconds
    while not await true():
        if time.perf_counter() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.02)


__all__: Sequence[str] = ["measure"]
