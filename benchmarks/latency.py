"""From a command to the figures: how long until what was recorded stands in reporting's read models, and is answered.

Open loop: commands arrive by a clock, whatever the platform does meanwhile, and each one's time runs from its scheduled
arrival, so that waiting counts. Milliseconds, two ends of the time for each command:

- *held*: the transaction that puts it into the read model is committed;
- *told*: an answer that asks for no instant tells it. Answers hold for the instant up to which all four streams are
  applied, so this also waits for word from the streams where nothing happens.

Both are read from a log that reporting's subscribers keep for this run, one line after each commit; nothing is polled
and nothing else differs. Into the application layer: from within the platform's own process. Over HTTP: `lieu up` in a
process of its own, the clock in this one. PostgreSQL, NATS, platform and clock share the machine.
"""

import asyncio
import atexit
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson

import services.reporting.main
from benchmarks import histories
from benchmarks.measure import EVERYBODY, Comparison, Scale, Target
from lieu import issuer, status
from lieu.client import Platform
from lieu.embedded import Addresses
from services.reporting.read_models.sets import STREAMS
from services.training import application
from services.training.domain import Activity
from shared.kernel.callers import Caller, Command, Role
from shared.kernel.database import Connection, Pool, ask_across_structures
from shared.kernel.event_store import EventStore
from shared.kernel.subscriber import Subscriber
from shared.language.codes import ActivityKind, ActivityStatus
from tests import folders
from tests.harness import Running

WARM_UP = 1.0
"""Seconds of the same load before what is counted."""
HELD_50, HELD_99, TOLD_50, TOLD_99 = "held, p50", "held, p99", "told, p50", "told, p99"
TARGETS = [
    Target(name, most=most, of="figure") for name, most in ((HELD_50, 15), (HELD_99, 50), (TOLD_50, 15), (TOLD_99, 50))
]
OBSERVED = "LIEU_BENCH_OBSERVED"
"""Where a platform in a process of its own leaves the log of its commits."""


async def measure(scale: Scale) -> list[Comparison]:
    """The application layer at a trickle, at 1,000 commands a second and between; then HTTP, up to 300."""
    found: list[Comparison] = []
    seconds = max(scale.seconds, 2.0)
    async with histories.servers() as (data, addresses):
        async with histories.platform_on(data, addresses) as running:
            template = await histories.imported(running)
        await histories.copy(addresses, template, range(1, 3 if scale.quick else 10))
        async with _observed(), histories.platform_on(data, addresses) as running:
            await running.caught_up()
            ask_across_structures()  # as the operator's commands do
            send = _into_the_application(running, await _started(addresses.databases["training"].url))
            for rate in (10, 100, 300, 1_000):
                turns = [
                    await _open_loop(send, rate, seconds if rate > 10 else 3 * seconds, running.caught_up)
                    for _ in range(scale.rounds)
                ]
                events = await _events(addresses)
                told = _told(f"application layer, {rate:,}/s", events, turns, list(COMMITS))
                told.targets = TARGETS if rate == 1_000 else ()
                found.append(told)
    return [*found, *await _over_http((50, 300), seconds, scale.rounds)]


# --- commands by the clock -----------------------------------------------------------------------------------


@dataclass
class Sent:
    """A turn's commands: when each was due, and what was answered; `late`: seconds the clock itself was at most.
    `others`: of the machine's processors, what others took."""

    due: list[float] = field(default_factory=list)
    answered: list[tuple[UUID, int] | None] = field(default_factory=list)
    late: float = 0.0
    others: float = 0.0


Send = Callable[[], Awaitable[tuple[UUID, int]]]
"""One command; returns the aggregate and its version."""


async def _open_loop(send: Send, rate: int, seconds: float, visible: Callable[[], Awaitable[object]]) -> Sent:
    """`visible`: returns when everything is in the figures."""
    sent = Sent()
    total, first = round(rate * (WARM_UP + seconds)), round(rate * WARM_UP)
    tasks: set[asyncio.Task[None]] = set()

    async def one(number: int, due: float) -> None:
        try:
            answered = await send()
        except Exception:  # noqa: BLE001 - a refused command is counted, and is none that became visible
            answered = None
        if number >= first:
            sent.due.append(due)
            sent.answered.append(answered)

    others = histories.Others()
    start = time.monotonic() + 0.05
    for number in range(total):
        due = start + number / rate
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        sent.late = max(sent.late, time.monotonic() - due)
        task = asyncio.create_task(one(number, due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    while tasks:
        await asyncio.wait(set(tasks))
    sent.others = others.share()
    await visible()
    return sent


async def _started(url: str) -> list[UUID]:
    connection = await asyncpg.connect(url, server_settings=EVERYBODY)
    try:
        rows = await connection.fetch("select pathway from known_pathways where started_on is not null order by 1")
    finally:
        await connection.close()
    return [row["pathway"] for row in rows]


def _into_the_application(running: Running, pathways: Sequence[UUID]) -> Send:
    store: EventStore = running.service("training").state.runtime.store
    command = Command(Caller("bench", Role.OPERATOR), None)
    fact = Activity(ActivityKind.WORKSHOP, date(2024, 12, 1), date(2024, 12, 1), ActivityStatus.NO_SHOW)
    following = cycle(pathways)

    async def send() -> tuple[UUID, int]:
        done = await application.record(store, next(following), uuid4(), fact, command)
        return done.id, done.version

    return send


# --- what the log says ---------------------------------------------------------------------------------------


Events = dict[tuple[UUID, int], tuple[int, datetime]]
"""Position and known_at by aggregate and version."""


async def _events(addresses: Addresses) -> Events:
    connection = await asyncpg.connect(addresses.databases["training"].url, server_settings=EVERYBODY)
    try:
        rows = await connection.fetch("select aggregate, version, position, known_at from events")
    finally:
        await connection.close()
    return {(row["aggregate"], row["version"]): (row["position"], row["known_at"]) for row in rows}


def _told(title: str, events: Events, turns: Sequence[Sent], log: "Sequence[Commit]") -> Comparison:
    held_by, told_by = _positions(log), _watermarks(log)
    figures: dict[str, list[float]] = {name: [] for name in (HELD_50, HELD_99, TOLD_50, TOLD_99)}
    refused = counted = 0
    for turn in turns:
        held, told = [], []
        for due, answered in zip(turn.due, turn.answered, strict=True):
            if answered is None:
                refused += 1
                continue
            position, known_at = events[answered]
            held.append(1000 * (_first(held_by, position) - due))
            told.append(1000 * (_first(told_by, known_at) - due))
        counted += len(held)
        for name, of, hundredth in (
            (HELD_50, held, 50), (HELD_99, held, 99), (TOLD_50, told, 50), (TOLD_99, told, 99),
        ):  # fmt: skip
            figures[name].append(quantiles(of, n=100)[hundredth - 1])
    facts = {
        "commands counted": counted,
        "refused": refused,
        "the clock itself late at most, ms": round(1000 * max(turn.late for turn in turns), 1),
        "of the machine taken by others": [turn.others for turn in turns],
        "a small write made durable, ms": histories.written_through(Path(tempfile.gettempdir())),
    }
    return Comparison(f"append to figures: {title}", "ms", figures, facts=facts)


def _positions(log: "Sequence[Commit]") -> list[tuple[float, Any]]:
    return [(commit.at, commit.position) for commit in log if commit.stream == "TRAINING"]


def _watermarks(log: "Sequence[Commit]") -> list[tuple[float, Any]]:
    """When the instant up to which all streams are applied became which."""
    reached: dict[str, datetime] = {}
    steps: list[tuple[float, Any]] = []
    for commit in log:
        if commit.watermark is not None and commit.stream in STREAMS:
            reached[commit.stream] = max(commit.watermark, reached.get(commit.stream, commit.watermark))
        if len(reached) == len(STREAMS):
            steps.append((commit.at, min(reached.values())))
    return steps


def _first(steps: list[tuple[float, Any]], sought: Any) -> float:
    """When the steps, which never go down, first reached what is sought."""
    low, high = 0, len(steps)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if steps[middle][1] >= sought else (middle + 1, high)
    if low == len(steps):
        raise AssertionError(f"{sought} never became visible")
    return steps[low][0]


# --- the log -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Commit:
    """A transaction of a subscriber of reporting is committed; `at` on the machine's monotonic clock, seconds."""

    at: float
    stream: str
    position: int
    watermark: datetime | None


COMMITS: list[Commit] = []
_under_way: ContextVar[tuple[int, datetime | None] | None] = ContextVar("under_way", default=None)


class Observed(Subscriber):
    """Notes each commit after it; otherwise the subscriber."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.pool = _Noting(self.pool, self.stream)  # type: ignore[assignment]
        reached = self._pulses.reached

        def note(generation: str, position: int) -> datetime | None:
            found = reached(generation, position)
            _under_way.set((position, found))
            return found

        self._pulses.reached = note  # type: ignore[method-assign]


class _Noting:
    """A pool whose connections come back with their transaction committed: then it is noted."""

    def __init__(self, pool: Pool, stream: str) -> None:
        self._pool, self._stream = pool, stream

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        async with self._pool.acquire() as connection:
            yield connection
            if told := _under_way.get():
                _under_way.set(None)
                COMMITS.append(Commit(time.monotonic(), self._stream, *told))


class _observed:
    """While this is entered, reporting is composed with observed subscribers."""

    async def __aenter__(self) -> None:
        setattr(services.reporting.main, "Subscriber", Observed)  # noqa: B010 - a name that it imports, to a checker none of its own

    async def __aexit__(self, *_: object) -> None:
        setattr(services.reporting.main, "Subscriber", Subscriber)  # noqa: B010 - a name that it imports, to a checker none of its own


# --- over HTTP -----------------------------------------------------------------------------------------------

SERVED = "from benchmarks import latency; latency.serve_observed()"


def serve_observed() -> None:
    """`lieu` with observed subscribers; leaves the log of their commits as JSON lines where OBSERVED says."""
    from lieu.cli import main

    setattr(services.reporting.main, "Subscriber", Observed)  # noqa: B010 - a name that it imports, to a checker none of its own
    atexit.register(_leave_log, Path(os.environ[OBSERVED]))
    main()


def _leave_log(file: Path) -> None:
    lines = [
        [one.at, one.stream, one.position, one.watermark.isoformat() if one.watermark else None] for one in COMMITS
    ]
    file.write_bytes(orjson.dumps(lines))


def _log_left(file: Path) -> list[Commit]:
    lines = orjson.loads(file.read_bytes())
    return [Commit(at, stream, to, when and datetime.fromisoformat(when)) for at, stream, to, when in lines]


async def _over_http(rates: Sequence[int], seconds: float, rounds: int) -> list[Comparison]:
    with tempfile.TemporaryDirectory(prefix="lieu-bench-") as folder:
        data, log = Path(folder) / "data", Path(folder) / "commits.json"
        async with histories.lieu_up(data, SERVED, **{OBSERVED: str(log)}) as (_, addresses):
            folders.write(folders.large(1, 1), Path(folder) / "facts")
            await (await histories.lieu("import", str(Path(folder) / "facts"), "--data", str(data))).wait()
            await histories.copy(addresses, await histories.template_of(addresses), range(1, 4))
            async with Platform(None, None, data) as platform:
                await status.wait_until_caught_up(platform)
            pathways = await _started(addresses.databases["training"].url)
            http = histories.Http(histories.url_of(data), issuer.token(data, Role.OPERATOR))
            async with Platform(None, None, data) as platform:
                visible = partial(status.wait_until_caught_up, platform)
                turns = {
                    rate: [await _open_loop(_over(http, pathways), rate, seconds, visible) for _ in range(rounds)]
                    for rate in rates
                }
            http.close()
            events = await _events(addresses)
        found = [_told(f"HTTP, {rate:,}/s", events, of, _log_left(log)) for rate, of in turns.items()]
        found[-1].targets = TARGETS
        return found


def _over(http: histories.Http, pathways: Sequence[UUID]) -> Send:
    following = cycle(pathways)
    body = {"kind": "workshop", "started_on": "2024-12-01", "ended_on": "2024-12-01", "status": "no_show"}

    async def send() -> tuple[UUID, int]:
        code, done = await http.send("POST", f"/training/v1/pathways/{next(following)}/activities", body)
        if code != 201:
            raise AssertionError(done)
        return UUID(done["id"]), done["version"]

    return send
