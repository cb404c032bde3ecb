"""`make bench`: ratios against rivals and ceilings, each in one run on one machine.

`python -m benchmarks [NAME …]` measures all or the named ones, prints a table each and a summary, and writes every
figure as JSON. A target that is not met is told and is no failure; a loss, or a benchmark that crashes, is one.
"""

import argparse
import asyncio
import cProfile
import os
import platform
import pstats
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.measure import Comparison, Scale, write
from lieu.cli.running import spare_the_collector

BENCHMARKS = {
    "append": "saves of events, against another store and bare inserts",
    "command": "a command over HTTP, against a bare application",
    "relay": "from the store to the stream, against raw batches",
    "projection": "from the stream to the read model",
    "latency": "from a command to the indicators",
    "indicators": "one request for figures, as history grows",
    "imports": "a folder of history",
    "memory": "of the processes at work",
    "growth": "of tables, streams and rebuilds with history",
    "loss": "nothing lost while processes are killed",
}
"""By name what is measured; each is a module with `async def measure(scale: Scale) -> list[Comparison]`."""
MUST_HOLD = ("loss",)
"""Whose targets are a matter of being right, not of being fast."""
PROFILES = "BENCHMARK_PROFILES"
"""Names the folder in which a process that a benchmark starts leaves its profile."""


def main() -> int:
    asked = _arguments()
    scale = Scale(
        asked.rounds or (2 if asked.quick else 5), asked.seconds or (0.5 if asked.quick else 2.0), asked.quick
    )
    if asked.profile:
        return _profiled(asked.profile, scale)
    found: dict[str, Sequence[Comparison]] = {}
    failed: list[str] = []
    facts = machine()
    print(", ".join(f"{name} {fact}" for name, fact in facts.items()))
    for name in asked.names or BENCHMARKS:
        print(f"\n── {name}: {BENCHMARKS[name]}", flush=True)
        try:
            found[name] = _run(name, scale)
        except Exception:  # noqa: BLE001 - told, and the others are measured all the same
            traceback.print_exc()
            failed.append(f"{name} crashed")
            continue
        for comparison in found[name]:
            print("\n".join(comparison.lines()), flush=True)
        if name in MUST_HOLD and not all(one.met(target) for one in found[name] for target in one.targets):
            failed.append(f"{name} does not hold")
    write(found, asked.json, facts)
    print("\n".join(["\n── in all", *_summary(found), *failed, f"every figure: {asked.json}"]))
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__, epilog=_listed())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    # Not `choices`: with none named, argparse would look for the default among them.
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to measure; none: all")
    parser.add_argument("--rounds", type=int, help="turns of each contestant (5)")
    parser.add_argument("--seconds", type=float, help="of a turn, about (2)")
    parser.add_argument(
        "--quick", action="store_true", help="little of everything, to try the code and not the machine"
    )
    parser.add_argument("--json", type=Path, default=Path("build/benchmarks.json"), help="where the figures go")
    parser.add_argument("--profile", choices=BENCHMARKS, metavar="NAME", help="where one of them spends its time")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {', '.join(unknown)}\n{_listed()}")
    return asked


def _listed() -> str:
    return "\n".join(f"  {name:<12}{what}" for name, what in BENCHMARKS.items())


def _run(name: str, scale: Scale) -> list[Comparison]:
    # Only what is asked for is imported; on the event loop that the services run on.
    measure = import_module(f"benchmarks.{name}").measure
    spare_the_collector()  # as in the services' own processes
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found: list[Comparison] = runner.run(measure(scale))
    return found


def _profiled(name: str, scale: Scale) -> int:
    """Prints the dearest functions of this process, and of each that the benchmark started and that left its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[PROFILES] = folder
        profile = cProfile.Profile()
        for comparison in profile.runcall(_run, name, scale):
            print("\n".join(comparison.lines()))
        left = {file.stem: str(file) for file in sorted(Path(folder).glob("*.prof"))}
        sources: list[tuple[str, Any]] = [("this process", profile), *left.items()]
        for where, source in sources:
            print(f"\n── {where}, by own time")
            pstats.Stats(source).strip_dirs().sort_stats("tottime").print_stats(30)
            print(f"── {where}, by time with what they call")
            pstats.Stats(source).strip_dirs().sort_stats("cumulative").print_stats(40)
    print("A profile makes Python's own functions dearer than they are: where time goes, not how much.")
    return 0


def machine() -> dict[str, Any]:
    """On what was measured, and with what."""
    from lieu.embedded.nats import binary
    from lieu.embedded.postgres import binaries

    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": _processor(),
        "Python": platform.python_version(),
        "PostgreSQL": _version(binaries() / "postgres"),
        "NATS": _version(binary()),
        **{name: metadata.version(name) for name in ("eventsourcing", "asyncpg", "fastapi", "uvicorn", "uvloop")},
    }


def _version(program: Path) -> str:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return told.split()[-1].removeprefix("v")


def _processor() -> str:
    with Path("/proc/cpuinfo").open() if Path("/proc/cpuinfo").exists() else open(os.devnull) as told:
        return next(
            (line.partition(": ")[2].strip() for line in told if line.startswith("model name")), platform.machine()
        )


def _summary(found: Mapping[str, Sequence[Comparison]]) -> list[str]:
    return [
        f"{name:<11} {verdict}"
        for name, comparisons in found.items()
        for one in comparisons
        for verdict in one.verdicts()
    ]


if __name__ == "__main__":
    sys.exit(main())
