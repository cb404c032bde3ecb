"""An erasure survives the death of everything at any moment, and nothing of the person is left in any file."""

import asyncio
import json
import os
import signal
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lieu.client import Platform
from lieu.embedded.postgres import binaries
from shared.history import imported_pathway_id, imported_person_id
from tests.processes import children, lieu, up
from tests.test_hostile_import import folder

pytestmark = pytest.mark.slow
__all__ = ["folder"]
YEAR = {"scope": "national", "from": date(2024, 1, 1), "to": date(2024, 12, 31), "by": "housing"}
MOMENTS = (0.02, 0.15, 0.4, 0.8)
"""Seconds between the beginning of an erasure and the death of everything."""


async def figures(data: Path) -> Any:
    async with Platform(None, None, data) as platform:
        found = await platform.get("/reporting/v1/indicators", **YEAR)
    return found["indicators"], found["classes"]


async def in_any_file(data: Path, secrets: list[str]) -> list[str]:
    """Which of the texts stand where: in a dump of the databases, a stream's file, a log, a trace, any other file."""
    secret = json.loads((data / "secrets.json").read_text())["postgres"]
    port = json.loads((data / "ports.json").read_text())["postgres"]
    dump = await asyncio.create_subprocess_exec(
        str(binaries() / "pg_dumpall"), "-h", "127.0.0.1", "-p", str(port), "-U", "postgres",
        env=os.environ | {"PGPASSWORD": secret}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    dumped = (await dump.communicate())[0]
    assert dump.returncode == 0
    assert b"COPY public.events" in dumped
    # PostgreSQL's own files hold deleted rows until they are vacuumed and its log is recycled: a dump does not.
    files = [file for file in data.rglob("*") if file.is_file() and "postgres" not in file.relative_to(data).parts[0]]
    assert any("jetstream" in str(file) for file in files)
    held = {"the dump": dumped} | {str(file.relative_to(data)): file.read_bytes() for file in files}
    return [f"{text} in {place}" for text in secrets for place, content in held.items() if text.encode() in content]


async def test_an_erasure_killed_at_any_moment_ends_when_the_platform_comes_back(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "platform"
    platform = await up(data)
    try:
        pathways = folder / "pathways.csv"
        first = pathways.read_text().splitlines()
        keys = [f"p{number}" for number in range(len(MOMENTS))]
        rows = [f"{key},s01,h-{key},2024-01-10,,2024-01-11,2024-01-12,,,,,,chrs" for key in keys]
        pathways.write_text("\n".join([*first, *rows]) + "\n")
        with (folder / "exits.csv").open("a") as exits:
            exits.writelines(f"{key},2024-05-01,employment,cdi,,\n" for key in keys)
        importing = await lieu("import", str(folder), "--data", str(data))
        assert await importing.wait() == 0
        waiting = await lieu("status", "--wait", "--data", str(data))
        assert await waiting.wait() == 0
        before = await figures(data)
        for key, moment in zip(keys, MOMENTS, strict=True):
            ids = [str(imported_person_id(f"h-{key}")), str(imported_pathway_id(key))]
            found = await in_any_file(data, ids)
            assert {text.split()[0] for text in found} == set(ids), "the search finds what is there"
            async with Platform(None, None, data) as client:
                begun = await client.post(f"/intake/v1/persons/{ids[0]}/erasure")
            await asyncio.sleep(moment)
            for pid in (*children(platform.pid), platform.pid):
                os.kill(pid, signal.SIGKILL)
            await platform.wait()
            platform = await up(data)
            erasing = await lieu("erase", f"import:h-{key}", "--data", str(data))
            told = (await asyncio.wait_for(erasing.communicate(), 60))[0].decode()
            assert told.startswith(f"erasure {begun['erasure']}: done"), told
            waiting = await lieu("status", "--wait", "--data", str(data))
            assert await waiting.wait() == 0
            assert await in_any_file(data, ids) == [], f"killed after {moment} s"
            assert await figures(data) == before
        again = await lieu("import", str(folder), "--data", str(data))
        told = (await again.communicate())[0].decode()
        assert ": 0 new events" in told, told
        assert f"{len(keys)} pathways of forgotten people ignored" in told
    finally:
        platform.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(platform.wait(), 30) == 0
