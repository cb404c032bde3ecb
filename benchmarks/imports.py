"""`lieu up`, then `lieu import` of a made-up folder, at two sizes: facts a second, and who spends the processor on it.

A fact is a row of the folder. The time is that of the whole command: reading and checking the folder, asking what is
known, sending. Reporting catches up beside it; how long after the command it has everything is told as well.
"""

import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import histories
from benchmarks.measure import Comparison, Scale
from lieu import status
from lieu.client import Platform
from tests import folders


async def measure(scale: Scale) -> list[Comparison]:
    """One comparison, the small folder first; both on a platform of their own in each round."""
    sizes = (1, 2) if scale.quick else (1, 6)
    figures: dict[str, list[float]] = {}
    facts: dict[str, Any] = {}
    for _ in range(min(scale.rounds, 2)):
        for size in sizes:
            name, rate, told = await _import(size)
            figures.setdefault(name, []).append(rate)
            facts[name] = told
    return [Comparison("import of a folder", "facts/s", figures, facts=facts)]


async def _import(size: int) -> tuple[str, float, dict[str, Any]]:
    facts = folders.large(size, 1)
    rows = sum(len(of) for of in vars(facts).values())
    with tempfile.TemporaryDirectory(prefix="lieu-bench-") as folder:
        data = Path(folder) / "data"
        folders.write(facts, Path(folder) / "facts")
        async with histories.lieu_up(data) as (process, _):
            kinds = histories.by_kind(process.pid)
            before = {kind: histories.cpu_seconds(pids) for kind, pids in kinds.items()}
            ended = _of_ended_children()
            others, started = histories.Others(), time.monotonic()
            client = await histories.lieu("import", str(Path(folder) / "facts"), "--data", str(data))
            if code := await client.wait():
                raise AssertionError(f"lieu import ended with status {code}")
            taken = time.monotonic() - started
            spent = {"client": _of_ended_children() - ended}
            async with Platform(None, None, data) as platform:
                report = await status.wait_until_caught_up(platform)
            if report.code:
                raise AssertionError(report.text())
            caught_up = time.monotonic() - started
            kinds = histories.by_kind(process.pid)
            spent |= {kind: histories.cpu_seconds(pids) - before[kind] for kind, pids in kinds.items()}
            told = {
                "facts": rows,
                "seconds": round(taken, 1),
                "until everything is in the figures": round(caught_up, 1),
                "processor seconds": {kind: round(of, 1) for kind, of in spent.items()},
                "of the machine taken by others": others.share(),
            }
    return f"{len(facts.pathways):,} pathways", rows / taken, told


def _of_ended_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
