"""Made-up histories at scale: a folder imported by the real platform, then its events copied under new ids.

The first pathways go through everything (checks, seals, envelope, public events). Each further copy is the same rows
with every id of a pathway, person and fact replaced, in the store's order, as if they had been imported one after the
other; the relay then publishes them as it publishes anything. A sealed text in a copy cannot be opened (its key is
the original's), which nothing measured here asks for.
"""

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import orjson
import uvloop

from benchmarks.measure import EVERYBODY, pool_for_everybody
from lieu import issuer
from lieu.embedded import Addresses, Database, EmbeddedServers
from lieu.import_secret import ensure_import_secret
from lieu.platform import platform
from lieu.up import ensure_master_key, settings_for
from services.diagnostic.publishing import public as public_of_diagnostic
from services.intake.publishing import public as public_of_intake
from services.outcomes.publishing import public as public_of_outcomes
from services.training.publishing import public as public_of_training
from shared.kernel import broker
from shared.kernel.election import end
from shared.kernel.event_store import EventStore, append_lock
from shared.kernel.relay import Publishing, Relay
from shared.kernel.sealing import EnvironmentKeys, PersonKeys
from shared.language.services import SERVICES
from tests import folders
from tests.harness import Running

PUBLISHING: dict[str, Publishing] = {
    "intake": public_of_intake,
    "diagnostic": public_of_diagnostic,
    "training": public_of_training,
    "outcomes": public_of_outcomes,
}
"""The services that own facts of people, with what each publishes."""

ROOT = Path(__file__).parents[1]
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FREE = int("ffffffffffff0fff3fffffffffffffff", 16)
"""The bits of a UUID that are not its version or variant."""


COPIES_A_STRUCTURE = 5
"""Copies whose pathways share structures: some 300 in one over five years; more history means more structures. They
are not registered, so that they belong to no département."""


@asynccontextmanager
async def servers(*more: str) -> AsyncIterator[tuple[Path, Addresses]]:
    """A throw-away data folder with PostgreSQL and NATS that write to disk as in production.

    `more`: further databases, for rivals."""
    with tempfile.TemporaryDirectory(prefix="lieu-bench-") as folder:
        data = Path(folder) / "data"
        embedded = EmbeddedServers(data, (*SERVICES, *more))
        try:
            yield data, await embedded.start()
        finally:
            await embedded.stop()


@asynccontextmanager
async def platform_on(data: Path, addresses: Addresses) -> AsyncIterator[Running]:
    """The whole platform in this process."""
    os.environ["LIEU_RETENTION"] = "off"  # old dates of made-up people must announce nobody in the middle of a run
    os.environ.setdefault("LIEU_REQUESTS_PER_SECOND", "0")
    issuer.ensure_issuer(data)
    of_services = Addresses(
        {name: addresses.databases[name] for name in SERVICES}, addresses.nats_url, addresses.nats_urls
    )
    await ensure_import_secret(data, of_services.databases)
    app = platform(settings_for(of_services, data, ensure_master_key(data)))
    async with app.router.lifespan_context(app), Running(app, data, addresses) as running:
        yield running


@dataclass(frozen=True)
class _Row:
    values: dict[str, Any]
    literals: Sequence[str]
    ids: Sequence[int]
    """The state's text, taken apart at its ids: literal, id, literal, …"""


@dataclass(frozen=True)
class Template:
    """The events of some imported pathways, by service, in order."""

    rows: Mapping[str, Sequence[_Row]]
    pathways: int

    @property
    def events(self) -> int:
        return sum(map(len, self.rows.values()))


async def imported(running: Running, scale: int = 1, seed: int = 1) -> Template:
    """Imports `scale` × 600 made-up pathways through the platform; returns what was recorded of them."""
    facts = folders.large(scale, seed)
    with tempfile.TemporaryDirectory() as folder:
        folders.write(facts, Path(folder))
        summary = await running.bring(Path(folder))
    if summary.refusals:
        raise AssertionError(summary.refusals[0])
    await running.caught_up()
    return await template_of(running.addresses)


async def template_of(addresses: Addresses) -> Template:
    """Of whatever pathways were recorded until now."""
    rows: dict[str, list[_Row]] = {}
    for service in PUBLISHING:
        connection = await asyncpg.connect(addresses.databases[service].owner_url, server_settings=EVERYBODY)
        try:
            found = await connection.fetch("select * from events where pathway is not null order by position")
        finally:
            await connection.close()
        rows[service] = [
            _taken_apart({name: value for name, value in row.items() if name != "found_by"}) for row in found
        ]
    return Template(rows, len({row.values["pathway"] for row in rows["intake"]}))


def _taken_apart(values: dict[str, Any]) -> _Row:
    state = values["state"]
    # As a request that was not chosen for tracing leaves it: of its true length, and no span for each of a million.
    values["traceparent"] = (values["traceparent"] or f"00-{'1' * 32}-{'1' * 16}-00")[:-2] + "00"
    return _Row(values, _ID.split(state), [UUID(id).int for id in _ID.findall(state)])


async def copy(addresses: Addresses, template: Template, numbers: range) -> int:
    """Appends one copy of the template for each number, under ids of its own; returns how many events."""
    await asyncio.gather(
        *(_copy(addresses.databases[name].owner_url, rows, numbers) for name, rows in template.rows.items())
    )
    return template.events * len(numbers)


async def _copy(url: str, rows: Sequence[_Row], numbers: range) -> None:
    connection = await asyncpg.connect(url, server_settings=EVERYBODY)
    try:
        for start in range(numbers.start, numbers.stop, 5):
            async with connection.transaction():
                await append_lock(connection)
                head = await connection.fetchrow("select position, known_at from head")
                assert head is not None
                position: int = head["position"]
                known_at = max(datetime.now(UTC), head["known_at"] + timedelta(microseconds=1))
                records: list[tuple[Any, ...]] = []
                for number in range(start, min(start + 5, numbers.stop)):
                    records += _copied(rows, number, position + len(records), known_at)
                # COPY does not go into a table with policies.
                columns = list(rows[0].values)
                await connection.execute("create temp table copied (like events) on commit drop")
                await connection.copy_records_to_table("copied", records=records, columns=columns)
                names = ", ".join(columns)
                await connection.execute(f"insert into events ({names}) select {names} from copied")
                await connection.execute(
                    "update head set position = $1, known_at = $2", position + len(records), known_at
                )
    finally:
        await connection.close()


def _copied(rows: Sequence[_Row], number: int, position: int, known_at: datetime) -> list[tuple[Any, ...]]:
    salt = int.from_bytes(sha256(str(number).encode()).digest()[:16], "big") & _FREE
    records = []
    for row in rows:
        position += 1
        values = row.values | {"position": position, "known_at": known_at}
        for column in ("save", "aggregate", "pathway", "person"):
            if (id := values[column]) is not None:
                values[column] = UUID(int=id.int ^ salt)
        state = row.literals[0]
        for id, literal in zip(row.ids, row.literals[1:], strict=True):
            state += str(UUID(int=id ^ salt)) + literal
        if code := values["structure"]:
            values["structure"] = f"{code}-{number // COPIES_A_STRUCTURE}"
            state = state.replace(f'"structure":"{code}"', f'"structure":"{values["structure"]}"')
        values["state"] = state
        records.append(tuple(values.values()))
    return records


@asynccontextmanager
async def relays(addresses: Addresses) -> AsyncIterator[None]:
    """The relays of the services alone, without anything that reacts."""
    async with AsyncExitStack() as standing:
        tasks = []
        for name, public in PUBLISHING.items():
            pool = await standing.enter_async_context(pool_for_everybody(addresses.databases[name].url))
            client = await broker.connect(addresses.nats_urls[name], name)
            standing.push_async_callback(client.close)
            store = EventStore(pool, PersonKeys(name, EnvironmentKeys(None)))
            tasks.append(asyncio.create_task(Relay(name, store, client, public).run()))
        try:
            yield
        finally:
            await end(tasks)


async def published(addresses: Addresses) -> float:
    """Waits until every stored event is in its stream; returns the seconds that took."""
    started = time.perf_counter()
    client = await broker.connect(addresses.nats_url, "bench")
    try:
        for name in PUBLISHING:
            connection = await asyncpg.connect(addresses.databases[name].url, server_settings=EVERYBODY)
            try:
                stored = await connection.fetchval("select count(*) from events")
            finally:
                await connection.close()
            while True:
                info = await client.jetstream().stream_info(broker.stream_of(name))
                if info.state.messages >= stored:
                    break
                await asyncio.sleep(0.05)
    finally:
        await client.close()
    return time.perf_counter() - started


async def streamed(data: Path, addresses: Addresses, events: int) -> tuple[Template, int]:
    """Stores and publishes at least so many events; returns the template and how many there are.

    The whole platform runs only while the first pathways are imported.
    """
    async with platform_on(data, addresses) as running:
        template = await imported(running)
    copies = max(0, -(-events // template.events) - 1)
    await copy(addresses, template, range(1, 1 + copies))
    async with relays(addresses):
        await published(addresses)
    return template, template.events * (1 + copies)


# --- a platform in a process of its own ----------------------------------------------------------------------

UP = "from lieu.cli import main; main()"


@asynccontextmanager
async def lieu_up(
    data: Path, code: str = UP, **environment: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Addresses]]:
    """`lieu up` on a data folder, up; `code`: what its Python runs. Yields its process and the servers' addresses."""
    limits = {"LIEU_RETENTION": "off", "LIEU_REQUESTS_PER_SECOND": "0"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "up", "--data", str(data), "--port", "0",
        cwd=ROOT, env=os.environ | limits | environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(1800):
            if (data / "running.json").exists() or process.returncode is not None:
                break
            await asyncio.sleep(0.05)
        if process.returncode is not None or not (data / "running.json").exists():
            raise AssertionError(f"the platform does not come up, see {data / 'log'}")
        yield process, addresses_of(data)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()


def addresses_of(data: Path) -> Addresses:
    """Of the servers that run on a data folder."""
    passwords = json.loads((data / "secrets.json").read_text())
    ports = json.loads((data / "ports.json").read_text())

    def url(role: str, service: str) -> str:
        return f"postgresql://{role}:{passwords[role]}@127.0.0.1:{ports['postgres']}/{service}"

    def nats_url(user: str, password: str) -> str:
        return f"nats://{user}:{passwords[password]}@127.0.0.1:{ports['nats']}"

    return Addresses(
        {name: Database(url(f"{name}_owner", name), url(name, name)) for name in SERVICES},
        nats_url("lieu", "nats"),
        {name: nats_url(name, f"{name}_nats") for name in SERVICES},
    )


async def lieu(*arguments: str) -> asyncio.subprocess.Process:
    """Another `lieu` command, started."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", UP, *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


class Http:
    """A light client: keep-alive connections as many as are needed at once, bodies by Content-Length."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self._head = f"Host: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        pair = None
        while self._free and (pair is None or pair[0].at_eof()):  # the server closes what is idle
            pair = self._free.pop()
        if pair is None or pair[0].at_eof():
            pair = await asyncio.open_connection(self.host, self.port)
        reader, writer = pair
        content = b"" if body is None else orjson.dumps(body)
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(content)}\r\n"
        if content:
            head += "Content-Type: application/json\r\n"
        writer.write(f"{head}\r\n".encode() + content)
        answered = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: *(\d+)", answered)[1])  # type: ignore[index]
        found = await reader.readexactly(length)
        self._free.append(pair)
        return int(answered[9:12]), orjson.loads(found) if found else None

    def close(self) -> None:
        for _, writer in self._free:
            writer.close()
        self._free.clear()


# --- what processes cost -------------------------------------------------------------------------------------

_TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and all that it started, while they run."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def by_kind(pid: int) -> dict[str, list[int]]:
    """The processes of a `lieu up`: the platform itself, PostgreSQL's, NATS."""
    kinds: dict[str, list[int]] = {"platform": [pid], "PostgreSQL": [], "NATS": []}
    for one in tree(pid)[1:]:
        with suppress(OSError):
            line = Path(f"/proc/{one}/cmdline").read_bytes()
            kinds["NATS" if b"nats-server" in line else "PostgreSQL"].append(one)
    return kinds


def cpu_seconds(pids: Iterable[int]) -> float:
    """Of processes and of those of their children that have ended, in user and kernel mode."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / _TICKS


def megabytes(pids: Iterable[int], what: str = "Pss") -> float:
    """Memory of processes: `Pss` counts a shared page in parts, so that a sum holds it once; `Rss` in each."""
    kilobytes = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith(f"{what}:"):
                    kilobytes += int(line.split()[1])
    return kilobytes / 1024


def highest(pid: int) -> float:
    """Resident memory of a process at its highest so far, in megabytes; 0 where it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


class Others:
    """How much of the machine's processors others took since this was made: what makes a figure worse than it is."""

    def __init__(self) -> None:
        self._busy, self._own, self._at = self._machine(), self._ours(), time.monotonic()

    @staticmethod
    def _machine() -> float:
        user, nice, system, _, _, irq, soft, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
        return (user + nice + system + irq + soft + steal) / _TICKS

    @staticmethod
    def _ours() -> float:
        return cpu_seconds(tree(os.getpid()))

    def share(self) -> float:
        """From 0 to 1, of all processors together."""
        span = (time.monotonic() - self._at) * (os.cpu_count() or 1)
        return round(max(0.0, (self._machine() - self._busy) - (self._ours() - self._own)) / span, 2)


def written_through(folder: Path) -> float:
    """Milliseconds that the disk takes to make a small write durable, median of 50: the floor under every commit."""
    taken = []
    with (folder / "written-through").open("wb") as file:
        for _ in range(50):
            started = time.perf_counter()
            file.write(b"x" * 512)
            file.flush()
            os.fsync(file.fileno())
            taken.append(1000 * (time.perf_counter() - started))
    return round(sorted(taken)[25], 2)


def url_of(data: Path) -> str:
    """Where the platform on a data folder serves."""
    return str(json.loads((data / "running.json").read_text())["url"])


def loop() -> str:
    """Which event loop the benchmark itself runs on; `lieu` uses uvloop."""
    return "uvloop" if isinstance(asyncio.get_running_loop(), uvloop.Loop) else "asyncio"
