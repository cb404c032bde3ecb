"""A command over HTTP: our real route against a bare FastAPI route that checks the same body and touches no database.

Measured: requests answered 201 a second at 32 connections, each of which sends its next request when the last one is
answered. Both run under uvicorn with uvloop and httptools, in a process of their own that is started anew for each
turn; the same light client loads them, in a process of its own. Ours is `lieu serve training`: the token is checked,
the Idempotency-Key looked up, the file loaded, the event durable before the answer; meanwhile the same process relays
what it stored to NATS and keeps its view of it. Then the parts: the same route without one thing each.
"""

import asyncio
import cProfile
import json
import os
import re
import signal
import socket
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

import uvloop

from benchmarks.measure import EVERYBODY, Comparison, Scale, Target, Turn, compare

if TYPE_CHECKING:  # the client, which runs this module as well, is to be up at once
    from lieu.embedded import Addresses

ROOT = Path(__file__).parents[1]
CLIENTS = 32
BODY = (
    '{"kind":"workshop","started_on":"2024-01-01","ended_on":"2024-01-01","status":"completed","hours":"3.5","id":"%s"}'
)
EVENTS_BEFORE = 4
"""Of each file, recorded before anything is measured."""


@dataclass(frozen=True)
class Variant:
    """What is served, with which settings beside the usual ones, whether requests carry an Idempotency-Key, and whether
    the tables have their row-level security."""

    serves: str = "real"
    settings: Mapping[str, str] = field(default_factory=dict)
    keyed: bool = True
    protected: bool = True


BARE, OURS = "a bare FastAPI route: body checked, nothing stored", "ours, whole"
PARTS = {
    BARE: Variant("bare"),
    OURS: Variant(),
    "ours, no Idempotency-Key": Variant(keyed=False),
    "ours, a constant caller: no token, no user looked up": Variant("constant"),
    "ours, without row-level security": Variant(protected=False),
    "ours, with a rate limit that nobody reaches": Variant(settings={"LIEU_REQUESTS_PER_SECOND": "1000000"}),
}
NONE, SOME, ALL = "no request traced", "ten requests a second traced (the default)", "every request traced"
TRACING = {
    NONE: Variant(settings={"LIEU_TRACES_PER_SECOND": "0"}),
    SOME: Variant(),
    ALL: Variant(settings={"LIEU_TRACES_PER_SECOND": "-1"}),
}


async def measure(scale: Scale) -> list[Comparison]:
    from benchmarks.append import on_servers
    from shared.language.services import SERVICES

    async with on_servers(*SERVICES) as addresses, a_stage(addresses, scale) as stage:
        whole = await stage.compare(f"HTTP command, {CLIENTS} clients", PARTS, [Target(OURS, least=0.30)])
        tracing = await stage.compare(
            f"tracing of that command, {CLIENTS} clients", TRACING, [Target(SOME, least=0.97), Target(ALL, least=0.65)]
        )
        whole.facts["events of a file"] = f"{EVENTS_BEFORE} at first, {await stage.events_of_a_file():.1f} at the end"
        whole.facts["on the same cores"] = "client, server, PostgreSQL and NATS: each takes from the others"
    return [whole, tracing]


@asynccontextmanager
async def _without_policies(owner_url: str) -> AsyncIterator[None]:
    import asyncpg

    connection = await asyncpg.connect(owner_url)
    try:
        tables = [row["name"] for row in await connection.fetch(_PROTECTED)]
        for table in tables:
            await connection.execute(f"alter table {table} disable row level security")
        yield
        for table in tables:
            await connection.execute(f"alter table {table} enable row level security")
    finally:
        await connection.close()


_PROTECTED = "select oid::regclass::text as name from pg_class where relrowsecurity"


@dataclass
class Stage:
    """The training service's database and streams, on which servers come and go."""

    environment: Mapping[str, str]
    owner_url: str
    token: str
    operator: str
    pathways: list[str]
    scale: Scale
    log: Path
    events_of_a_file: Callable[[], Any]
    _loads: defaultdict[str, list[dict[str, float]]] = field(default_factory=lambda: defaultdict(list))

    async def compare(self, title: str, variants: Mapping[str, Variant], targets: list[Target]) -> Comparison:
        turns: dict[str, Turn] = {name: partial(self.turn, name, variant) for name, variant in variants.items()}
        self._loads.clear()
        found = await compare(title, "requests/s", turns, self.scale.rounds, targets)
        for name, loads in self._loads.items():
            of = {figure: median(load[figure] for load in loads) for figure in loads[0]}
            found.facts[name] = (
                f"p50 {of['p50']:.1f} ms, p99 {of['p99']:.1f} ms; cores used: server {of['server']:.2f}, "
                f"client {of['client']:.2f}, all else {of['else']:.2f}"
            )
            if "pending" in of:
                found.facts[name] += f"; {of['pending']:,.0f} events not yet relayed and viewed at the end"
        return found

    async def turn(self, name: str, variant: Variant) -> float:
        open_to_all = nullcontext() if variant.protected else _without_policies(self.owner_url)
        async with open_to_all, self.served(name, variant) as (port, pid):
            if "BENCHMARK_PROFILES" in os.environ:
                os.kill(pid, signal.SIGUSR1)
            load = await self._load(port, pid, variant.keyed)
            if variant.serves == "real":
                load["pending"] = await self.pending(port)
        self._loads[name].append(load)
        return load.pop("rate")

    @asynccontextmanager
    async def served(self, name: str, variant: Variant) -> AsyncIterator[tuple[int, int]]:
        """A server's port and process, once it is ready."""
        port = _free_port()
        with self.log.open("w") as log:
            server = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "benchmarks.command", "serve", variant.serves, str(port), name,
                cwd=ROOT, env={**self.environment, **variant.settings}, stderr=log,
            )  # fmt: skip
        try:
            async with asyncio.timeout(60):
                while not await _answers(port, "/health/ready", ""):
                    assert server.returncode is None, f"the server of “{name}” ended"
                    await asyncio.sleep(0.05)
            yield port, server.pid
        except BaseException:
            print(f"The server of “{name}” told:\n{self.log.read_text()[-3000:]}", file=sys.stderr)
            raise
        finally:
            if server.returncode is None:
                server.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(server.wait(), 20)
            except TimeoutError:
                server.kill()
                await server.wait()

    async def _load(self, port: int, pid: int, keyed: bool) -> dict[str, float]:
        asked = {
            "port": port,
            "server": pid,
            "token": self.token,
            "keyed": keyed,
            "pathways": self.pathways,
            "clients": CLIENTS,
            "warm": self.scale.seconds / 2,
            "seconds": self.scale.seconds,
        }
        client = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.command", "load",
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        told, _ = await client.communicate(json.dumps(asked).encode())
        assert client.returncode == 0, "the client failed"
        load = json.loads(told)
        assert load.pop("statuses").keys() == {"201"}, told.decode()
        # The next turn goes on with other files: all grow alike.
        used = load.pop("used") % len(self.pathways)
        self.pathways = self.pathways[used:] + self.pathways[:used]
        return load  # type: ignore[no-any-return]

    async def pending(self, port: int) -> float:
        """Events that the service recorded and has not yet relayed, or not yet applied to its own view."""
        told = await _answers(port, "/training/v1/status", self.operator)
        assert told
        state = json.loads(told)
        return float(state["relay"]["pending"] + sum(c["pending"] + c["unacknowledged"] for c in state["consumers"]))


@asynccontextmanager
async def a_stage(addresses: "Addresses", scale: Scale) -> AsyncIterator[Stage]:
    """Pathways that training knows as if intake had told of them, each with a file of some events; all caught up."""
    from benchmarks.append import our_store
    from lieu import issuer
    from shared.kernel import broker
    from shared.kernel.callers import Role
    from shared.kernel.sealing import new_master_key

    database = addresses.databases["training"]
    admin = await broker.connect(addresses.nats_url, "benchmark")
    for service in ("intake", "diagnostic", "training", "outcomes", "reporting"):
        await broker.ensure_stream(admin, service)
    await admin.close()
    with tempfile.TemporaryDirectory(prefix="lieu-benchmark-") as folder:
        issuer.ensure_issuer(Path(folder))
        usual = {
            "LIEU_DATABASE_URL": database.url,
            "LIEU_NATS_URL": addresses.nats_urls["training"],
            "LIEU_KEYS_MASTER": new_master_key("benchmark"),
            "LIEU_TRACE_FOLDER": f"{folder}/traces",
            "LIEU_REQUESTS_PER_SECOND": "0",
            **{name: str(value) for name, value in issuer.settings(Path(folder)).items()},
        }
        surroundings = {name: value for name, value in os.environ.items() if not re.match("LIEU_|OTEL_", name)}
        async with our_store(database, ROOT / "services" / "training" / "migrations") as store:
            pathways = await _known(database.owner_url, 500 if scale.quick else 20_000)
            await _fill(store, pathways)
            await _analyze(database.owner_url)

            async def events_of_a_file() -> float:
                count: int = await store.pool.fetchval("select count(*) from events")
                return count / len(pathways)

            stage = Stage(
                surroundings | usual,
                database.owner_url,
                issuer.token(Path(folder), Role.ADVISER, "s01"),
                issuer.token(Path(folder), Role.OPERATOR),
                [str(pathway) for pathway, _ in pathways],
                scale,
                Path(folder) / "server.log",
                events_of_a_file,
            )
            async with stage.served("before", Variant()) as (port, _), asyncio.timeout(120):
                while await stage.pending(port):
                    await asyncio.sleep(0.1)
            yield stage


async def _known(owner_url: str, number: int) -> list[tuple[UUID, UUID]]:
    import asyncpg

    connection = await asyncpg.connect(owner_url, server_settings=EVERYBODY)
    rows = await connection.fetch(
        """insert into known_pathways (pathway, structure, person, requested_on, started_on, intake_version)
           select gen_random_uuid(), 's01', gen_random_uuid(), date '2023-12-01', date '2023-12-15', 3
             from generate_series(1, $1) returning pathway, person""",
        number,
    )
    await connection.close()
    return [(row["pathway"], row["person"]) for row in rows]


async def _fill(store: Any, pathways: list[tuple[UUID, UUID]]) -> None:
    from benchmarks.append import DAY, FACT
    from services.training.domain import ActivityFile
    from shared.kernel.event_store import About

    waiting = iter(pathways)

    async def writer() -> None:
        for pathway, person in waiting:
            file = ActivityFile.blank(pathway)
            for _ in range(EVENTS_BEFORE):
                file.activities.admit(uuid4(), FACT, DAY)
            await store.save(file, about=About("s01", pathway, person), actor="benchmark")

    await asyncio.gather(*(writer() for _ in range(400)))


async def _analyze(owner_url: str) -> None:
    """As autovacuum will have done on any database that was not filled a moment ago."""
    import asyncpg

    connection = await asyncpg.connect(owner_url)
    await connection.execute("analyze")
    await connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answers(port: int, path: str, token: str) -> str | None:
    """The body of an answer 200, null where it is another or none."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return None
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode()
    )
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    return body if " 200 " in head.partition("\r\n")[0] else None


# The server's process


def serve(kind: str, port: str, name: str) -> None:
    """`real`: `lieu serve training` itself. `constant`: the same with the check of the token replaced. `bare`."""
    profile = cProfile.Profile()
    # Told by whoever wants a profile of the requests alone, once the server is up.
    signal.signal(signal.SIGUSR1, lambda *_: profile.enable())
    try:
        if kind == "bare":
            _serve_bare(int(port))
        else:
            if kind == "constant":
                _replace_the_check()
            from lieu.cli import app

            app(["serve", "training", "--host", "127.0.0.1", "--port", port])
    finally:
        profile.disable()
        if "BENCHMARK_PROFILES" in os.environ and profile.getstats():
            profile.dump_stats(Path(os.environ["BENCHMARK_PROFILES"]) / f"{name.replace('/', ' ')}.prof")


def _replace_the_check() -> None:
    """Of the real application, and only in this process: who asks is always the same adviser."""
    from shared.http import access
    from shared.kernel.database import ask_for

    caller = access.Caller("benchmark", access.Role.ADVISER, "s01", "0123456789abcdef")

    async def constant(_: access.TokenCheck, __: str) -> access.Caller:
        ask_for(caller.structure)
        return caller

    # Not by FastAPI's overrides, which have every request analyse the route's dependencies anew.
    setattr(access.TokenCheck, "caller", constant)  # noqa: B010 - a method, to a checker


def _serve_bare(port: int) -> None:
    import uvicorn
    from fastapi import FastAPI

    from lieu.cli.running import spare_the_collector
    from services.training.api.activities import ActivityBody
    from shared.http import edge
    from shared.kernel.commands import Done

    app = FastAPI()

    @app.post("/training/v1/pathways/{pathway}/activities", status_code=201)
    async def record(pathway: UUID, body: ActivityBody) -> Done:
        return Done(pathway, 1, True, datetime.now(UTC))

    @app.get("/health/ready")
    async def ready() -> str:
        return "ready"

    spare_the_collector()  # as ours has it
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, **edge.server_options(""))


# The client's process


@dataclass
class Load:
    """What the client was asked, and what it met in the time that counts."""

    asked: dict[str, Any]
    sent: int = 0
    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    counts: bool = False

    def request(self) -> bytes:
        """The next one: of the next file, an activity of its own, under a key of its own."""
        self.sent += 1
        pathways = self.asked["pathways"]
        id = f"{self.asked['run']}{self.sent:012x}"
        body = BODY % id
        key = f"Idempotency-Key: {id}\r\n" if self.asked["keyed"] else ""
        return (
            f"POST /training/v1/pathways/{pathways[self.sent % len(pathways)]}/activities HTTP/1.1\r\n"
            f"Host: 127.0.0.1\r\nAuthorization: Bearer {self.asked['token']}\r\n{key}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def answered(self, status: str, milliseconds: float) -> None:
        self.statuses[status] += 1
        if self.counts:
            self.milliseconds.append(milliseconds)


class Connection(asyncio.Protocol):
    """One client: sends a request, reads the whole answer, sends the next."""

    transport: asyncio.Transport

    def __init__(self, load: Load) -> None:
        self.load, self.answer, self.at = load, b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are of no class of asyncio's
        self._send()

    def _send(self) -> None:
        self.at = time.perf_counter()
        self.transport.write(self.load.request())

    def data_received(self, data: bytes) -> None:
        self.answer += data
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]):
            self.load.answered(head[9:12].decode(), (time.perf_counter() - self.at) * 1000)
            self.answer = b""
            self._send()


async def load(asked: dict[str, Any]) -> dict[str, Any]:
    """Requests answered a second, their times in milliseconds, and how many cores were used meanwhile by whom."""
    of = Load(asked | {"run": str(uuid4())[:24]})
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(lambda: Connection(of), "127.0.0.1", asked["port"]))[0]
        for _ in range(asked["clients"])
    ]
    async with asyncio.timeout(30):
        while of.statuses.total() < asked["clients"]:
            await asyncio.sleep(0.01)
    await asyncio.sleep(asked["warm"])
    of.counts = True
    began, used = time.perf_counter(), _seconds_used(asked["server"])
    await asyncio.sleep(asked["seconds"])
    took, used_now = time.perf_counter() - began, _seconds_used(asked["server"])
    of.counts = False
    for connection in connections:
        connection.abort()
    server, client, all_of_it = [(now - before) / took for now, before in zip(used_now, used, strict=True)]
    hundredths = quantiles(of.milliseconds, n=100)
    return {
        "rate": len(of.milliseconds) / took,
        "p50": hundredths[49],
        "p99": hundredths[98],
        "server": server,
        "client": client,
        "else": all_of_it - server - client,
        "statuses": of.statuses,
        "used": of.sent,
    }


def _seconds_used(server: int) -> tuple[float, float, float]:
    """Of processor time so far, by the server, by us, and by everything on the machine; nan where /proc is not."""
    try:
        tick = os.sysconf("SC_CLK_TCK")
        own = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
        user, nice, system, _idle, _waiting, *rest = Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]
    except OSError:
        return (float("nan"),) * 3
    busy = sum(map(int, (user, nice, system, *rest)))
    return (int(own[11]) + int(own[12])) / tick, time.process_time(), busy / tick


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            print(json.dumps(runner.run(load(json.load(sys.stdin)))))
