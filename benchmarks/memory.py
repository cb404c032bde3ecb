"""Memory of each process of a `lieu up`: at rest, after an import, after a burst of questions for indicators.

Megabytes (MiB) of proportional set size: a page that processes share is counted once in their sum, as PostgreSQL's
buffers are. The import's client at its highest, of resident set size.
"""

import asyncio
import tempfile
from pathlib import Path

from benchmarks import histories
from benchmarks.measure import Comparison, Scale
from lieu import issuer, status
from lieu.client import Platform
from shared.kernel.callers import Role
from tests import folders

AT_ONCE = 8
QUESTION = "/reporting/v1/indicators?scope={}&from=2023-01-01&to=2023-12-31"


async def measure(scale: Scale) -> list[Comparison]:
    """One comparison for each moment, the platform's process first."""
    facts = folders.large(1 if scale.quick else 6, 1)
    asked = 50 if scale.quick else 500
    found: list[Comparison] = []
    with tempfile.TemporaryDirectory(prefix="lieu-bench-") as folder:
        data = Path(folder) / "data"
        folders.write(facts, Path(folder) / "facts")
        async with histories.lieu_up(data) as (process, _):
            await asyncio.sleep(2)
            found.append(_now("started, nothing recorded", process.pid))
            client = await histories.lieu("import", str(Path(folder) / "facts"), "--data", str(data))
            ending, highest = asyncio.ensure_future(client.wait()), 0.0
            while not ending.done():
                highest = max(highest, histories.highest(client.pid))
                await asyncio.wait([ending], timeout=0.05)
            if code := ending.result():
                raise AssertionError(f"lieu import ended with status {code}")
            async with Platform(None, None, data) as platform:
                await status.wait_until_caught_up(platform)
            imported = _now(f"{sum(len(of) for of in vars(facts).values()):,} facts imported", process.pid)
            imported.figures["import client, at its highest"] = [highest]
            found.append(imported)
            await _burst(data, asked)
            found.append(_now(f"{asked} answers of indicators, {AT_ONCE} at once", process.pid))
    return found


def _now(moment: str, pid: int) -> Comparison:
    kinds = histories.by_kind(pid)
    figures = {kind: [histories.megabytes(pids)] for kind, pids in kinds.items()}
    resident = {kind: round(histories.megabytes(pids, "Rss")) for kind, pids in kinds.items()}
    processes = {kind: len(pids) for kind, pids in kinds.items()}
    return Comparison(
        f"memory: {moment}",
        "MB",
        figures,
        facts={
            "resident, summed": resident,
            "processes": processes,
            "sum": round(sum(of[0] for of in figures.values())),
        },
    )


async def _burst(data: Path, count: int) -> None:
    http = histories.Http(histories.url_of(data), issuer.token(data, Role.OPERATOR))
    scopes = ["national", *(f"department:{code}" for code in folders.DEPARTMENTS[:9])]
    following = iter(scopes * (count // len(scopes)))

    async def client() -> None:
        for scope in following:
            status, answer = await http.send("GET", QUESTION.format(scope))
            if status != 200:
                raise AssertionError(answer)

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    http.close()
