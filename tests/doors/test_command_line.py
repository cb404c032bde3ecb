"""`lieu` as its users run it: processes on a data folder, their output and their exit status."""

import asyncio
import re
import signal
from pathlib import Path

import pytest

from tests.harness import eventually
from tests.imports.test_hostile_import import add, folder
from tests.processes import lieu_anew, up

pytestmark = pytest.mark.slow
__all__ = ["folder"]


async def run(*arguments: str) -> tuple[int | None, str]:
    process = await lieu_anew(*arguments)
    told = (await asyncio.wait_for(process.communicate(), 60))[0].decode()
    return process.returncode, told


async def test_a_day_on_the_command_line(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "platform"
    here = ("--data", str(data))
    assert await run("status", *here) == (
        2,
        f"lieu: no platform runs on {data}; start one with: lieu up --data {data}\n",
    )
    platform = await up(data)
    try:
        assert (await run("up", *here))[0] == 2, "a folder carries one platform"
        add(folder, "exits.csv", "lone,2024-01-11,unemployed,,,")
        code, told = await run("import", str(folder), *here)
        assert code == 1
        first, last = told.splitlines()
        assert first == (
            "exits.csv:3:exited_on: 2024-01-11 is before started_on 2024-01-12: requested ≤ welcomed ≤ started ≤ exited"
        )
        assert last.startswith("1 pathways, 9 facts: ")
        code, told = await run("status", "--wait", *here)
        assert (code, told.splitlines()[0]) == (0, "all is well")
        code, told = await run("rebuild", "reporting", *here)
        assert (code, told) == (0, "rebuild done: 12 events\n")
        code, token = await run("token", "--role", "operator", *here)
        assert (code, token.count(".")) == (0, 2)
        stages = ("POST", "append", "relay intake", "reaction diagnostic", "projection reporting")
        # Spans are written twice a second.
        await eventually(
            lambda: run("trace", "import:good", *here),
            lambda seen: (
                seen[0] == 0
                and all(re.search(rf"^  {stage}.* took .* waited ", seen[1], re.MULTILINE) for stage in stages)
            ),
        )
        assert (await run("trace", "nonsense", *here))[0] == 2
        assert (await run("parked", "list", *here)) == (0, "")
    finally:
        platform.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(platform.wait(), 30) == 0
    assert (await run("import", str(folder), *here))[0] == 2, "no platform is there any more"
