"""Cost as history grows: one command, one answer and the memory of each process against the events stored.

Beside them a commit of one bare row on the same server, which moves with the machine and not with history.

One `lieu up`; a folder is imported, then copies of its events are put into the stores (benchmarks/histories.py), which
the platform itself relays and projects; at each size, once everything is in the figures, requests one at a time over
HTTP, saves one at a time from this process. Milliseconds; megabytes of proportional set size. Drawn into
docs/performance/, unless quick.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import UUID, uuid4

import altair
import asyncpg
import vl_convert

from benchmarks import histories
from benchmarks.measure import EVERYBODY, Comparison, Scale, Target, pool_for_everybody
from lieu import issuer, status
from lieu.client import Platform
from lieu.embedded import Addresses
from services.training.domain import Activity, ActivityFile
from shared.kernel.callers import Role
from shared.kernel.event_store import About, EventStore
from shared.kernel.sealing import EnvironmentKeys, PersonKeys
from shared.language.codes import ActivityKind, ActivityStatus
from tests import folders

DRAWN = Path(__file__).parents[1] / "docs" / "performance"
FLOOR, SAVE, COMMAND = "insert of one bare row", "EventStore.save", "command over HTTP"
STRUCTURE, NATIONAL = "indicators of a structure, a year", "indicators of the nation, a year"
FACT = Activity(ActivityKind.WORKSHOP, date(2024, 12, 1), date(2024, 12, 1), ActivityStatus.NO_SHOW)
BODY = {"kind": "workshop", "started_on": "2024-12-01", "ended_on": "2024-12-01", "status": "no_show"}


@dataclass
class Point:
    """What was measured at one size. `latencies`: p50 and p99 by request, milliseconds; `memory` by process."""

    events: int
    pathways: int
    latencies: dict[str, tuple[float, float]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


async def measure(scale: Scale) -> list[Comparison]:
    """For each kind of request its median by size, the smallest size first; then memory by size."""
    sizes = [0, 30_000] if scale.quick else [0, 50_000, 150_000, 300_000]
    if os.environ.get("LIEU_BENCH_MILLION") and not scale.quick:
        sizes.append(1_000_000)
    points = await _points(sizes, 30 if scale.quick else 300)
    if not scale.quick:
        draw(points, DRAWN)
    found = []
    for name in (FLOOR, SAVE, COMMAND, STRUCTURE, NATIONAL):
        figures = {_size(point): [point.latencies[name][0]] for point in points}
        # Twice is within what caches and the disk do; what grows with history grows tenfold here.
        targets = [] if name in (FLOOR, NATIONAL) else [Target(_size(points[-1]), most=2)]
        p99 = {f"p99 at {_size(point)}, ms": round(point.latencies[name][1], 1) for point in points}
        found.append(Comparison(f"growth: {name}, p50", "ms", figures, targets, p99))
    for kind in points[0].memory:
        figures = {_size(point): [point.memory[kind]] for point in points}
        found.append(Comparison(f"growth: memory of {kind}", "MB", figures))
    found[-1].facts = {_size(point): point.facts for point in points}
    return found


def _size(point: Point) -> str:
    return f"{point.events:,} events"


async def _analyzed(addresses: Addresses) -> None:
    """As autovacuum does within a minute of any table that has grown so."""
    for service in ("training", "reporting"):
        connection = await asyncpg.connect(addresses.databases[service].owner_url)
        await connection.execute("analyze")
        await connection.close()


async def _points(sizes: Sequence[int], requests: int) -> list[Point]:
    points: list[Point] = []
    with tempfile.TemporaryDirectory(prefix="lieu-bench-") as folder:
        data = Path(folder) / "data"
        folders.write(folders.large(1, 1), Path(folder) / "facts")
        async with histories.lieu_up(data) as (process, addresses), Platform(None, None, data) as platform:
            await (await histories.lieu("import", str(Path(folder) / "facts"), "--data", str(data))).wait()
            await status.wait_until_caught_up(platform)
            template = await histories.template_of(addresses)
            copies = 0
            http = histories.Http(histories.url_of(data), issuer.token(data, Role.OPERATOR))
            for size in sizes:
                needed = max(copies, round(size / template.events) - 1)
                started = time.monotonic()
                await histories.copy(addresses, template, range(copies + 1, needed + 1))
                copies = needed
                stored = time.monotonic()
                report = await status.wait_until_caught_up(platform)
                if report.code:
                    raise AssertionError(report.text())
                await _analyzed(addresses)
                point = Point(template.events * (copies + 1), template.pathways * (copies + 1))
                point.facts = {
                    "seconds to store": round(stored - started),
                    "until all was in the figures": round(time.monotonic() - stored),
                }
                others = histories.Others()
                await _requests(point, http, addresses, requests)
                point.facts["of the machine taken by others"] = others.share()
                kinds = histories.by_kind(process.pid)
                point.memory = {kind: histories.megabytes(pids) for kind, pids in kinds.items()}
                points.append(point)
            http.close()
    return points


async def _requests(point: Point, http: histories.Http, addresses: Addresses, requests: int) -> None:
    connection = await asyncpg.connect(addresses.databases["training"].url, server_settings=EVERYBODY)
    rows = await connection.fetch(
        """select pathway, structure, person from known_pathways
            where started_on is not null order by md5(pathway::text) limit 1000"""
    )
    await connection.close()
    await _floor(point, addresses, requests)
    following = cycle([(row["pathway"], About(row["structure"], row["pathway"], row["person"])) for row in rows])
    async with pool_for_everybody(addresses.databases["training"].url) as pool:
        store = EventStore(pool, PersonKeys("training", EnvironmentKeys(None)))
        writing = asyncio.create_task(store.run())
        try:
            point.latencies[SAVE] = await _timed(lambda: _save(store, *next(following)), requests)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
    point.latencies[COMMAND] = await _timed(lambda: _command(http, next(following)[0]), requests)
    for name, scope in ((STRUCTURE, "structure:l00003"), (NATIONAL, "national")):
        path = f"/reporting/v1/indicators?scope={scope}&from=2023-01-01&to=2023-12-31"
        point.latencies[name] = await _timed(partial(_get, http, path), max(10, requests // 15))


async def _floor(point: Point, addresses: Addresses, requests: int) -> None:
    """What moves with the machine and not with history: the same commit without the platform."""
    connection = await asyncpg.connect(addresses.databases["training"].owner_url, server_settings=EVERYBODY)
    try:
        await connection.execute("create table if not exists bare (what text)")

        async def insert() -> None:
            await connection.execute("insert into bare values ($1)", "x" * 300)

        point.latencies[FLOOR] = await _timed(insert, requests)
        await connection.execute("truncate bare")
    finally:
        await connection.close()


async def _timed(ask: Callable[[], Awaitable[None]], times: int) -> tuple[float, float]:
    """p50 and p99 in milliseconds; a tenth is asked before and not counted."""
    taken = []
    for number in range(times + times // 10):
        started = time.perf_counter()
        await ask()
        if number >= times // 10:
            taken.append(1000 * (time.perf_counter() - started))
    cuts = quantiles(taken, n=100, method="inclusive")
    return cuts[49], cuts[98]


async def _save(store: EventStore, pathway: UUID, about: About) -> None:
    file = await store.load(ActivityFile, pathway)
    file.activities.admit(uuid4(), FACT, date(2024, 12, 2))
    await store.save(file, about=about, actor="bench")


async def _command(http: histories.Http, pathway: UUID) -> None:
    status, answer = await http.send("POST", f"/training/v1/pathways/{pathway}/activities", BODY)
    if status != 201:
        raise AssertionError(answer)


async def _get(http: histories.Http, path: str) -> None:
    status, answer = await http.send("GET", path)
    if status != 200:
        raise AssertionError(answer)


# --- drawing -------------------------------------------------------------------------------------------------


def draw(points: Sequence[Point], folder: Path) -> None:
    """Three charts: commands, answers, memory, each against the events stored."""
    folder.mkdir(parents=True, exist_ok=True)
    of_requests = {
        name: [(point.events, f"{name}, {what}", point.latencies[name][n]) for point in points for n, what in PARTS]
        for name in (FLOOR, SAVE, COMMAND, STRUCTURE, NATIONAL)
    }
    commands = [*of_requests[FLOOR], *of_requests[SAVE], *of_requests[COMMAND]]
    _draw([one for one in commands if one[1].endswith("p50")], "milliseconds", folder / "commands.svg")
    answers = [*of_requests[STRUCTURE], *of_requests[NATIONAL]]
    _draw([one for one in answers if one[1].endswith("p50")], "milliseconds", folder / "indicators.svg")
    memory = [(point.events, kind, value) for point in points for kind, value in point.memory.items()]
    _draw(memory, "megabytes", folder / "memory.svg")


PARTS = ((0, "p50"), (1, "p99"))
COLOURS = ["#1f4e79", "#7fa6c9", "#b3541e", "#e0a070"]


def _draw(rows: Sequence[tuple[int, str, float]], unit: str, file: Path) -> None:
    names = list(dict.fromkeys(name for _, name, _ in rows))
    values = [{"events": events, "what": name, "value": round(value, 2)} for events, name, value in rows]
    chart = (
        altair.Chart(altair.InlineData(values=values))
        .mark_line(point=True)
        .encode(
            x=altair.X("events:Q", title="events stored", axis=altair.Axis(format=",d", tickCount=6)),
            y=altair.Y("value:Q", title=unit, scale=altair.Scale(zero=True)),
            color=altair.Color(
                "what:N",
                title=None,
                sort=names,
                scale=altair.Scale(domain=names, range=COLOURS[: len(names)]),
                legend=altair.Legend(orient="bottom", columns=2, labelLimit=0),
            ),
        )
        .properties(width=520, height=260)
        .configure(font="system-ui, sans-serif", view=altair.ViewConfig(stroke=None))
    )
    file.write_text(vl_convert.vegalite_to_svg(chart.to_json()))
