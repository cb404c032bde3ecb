"""A run of retention survives the death of everything at any moment: run again, it ends as if nothing had happened."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from lieu.client import Platform, PlatformError
from services.intake import retention_api
from shared.language.services import SERVICES
from tests import processes
from tests.faults.test_forgetting_crash import figures, in_any_file
from tests.processes import Process, children, lieu

pytestmark = pytest.mark.slow
PEOPLE = 40
DAYS = {"announce": date(2026, 1, 10), "archive": date(2026, 4, 10), "erase": date(2027, 4, 10)}
"""The steps of who was last met on 10 January 2024."""
MOMENTS = (0.2,)
"""Seconds between the beginning of a run and the death of everything. More of them: more waiting, the same places."""
STEPS = ("intake.retention-announced", "intake.person-archived", "intake.pathway-archived")


def set_day(day: date) -> None:
    """Today is that day where a platform makes a run of retention."""
    retention_api._today = lambda request: day  # type: ignore[attr-defined]


async def up(data: Path, day: date) -> Process:
    return await processes.up(data, set_day, (day,))


async def caught_up(data: Path) -> None:
    waiting = await lieu("status", "--wait", "--data", str(data))
    told = (await asyncio.wait_for(waiting.communicate(), 120))[0].decode()
    assert waiting.returncode == 0, told


async def kill(platform: Process) -> None:
    for pid in (*children(platform.pid), platform.pid):
        os.kill(pid, signal.SIGKILL)
    await platform.wait()


@asynccontextmanager
async def superuser(data: Path, service: str) -> AsyncIterator[asyncpg.Connection]:
    secret = json.loads((data / "secrets.json").read_text())["postgres"]
    port = json.loads((data / "ports.json").read_text())["postgres"]
    connection = await asyncpg.connect(f"postgresql://postgres:{secret}@127.0.0.1:{port}/{service}")
    try:
        yield connection
    finally:
        await connection.close()


async def erasing(data: Path) -> int:
    """Erasures that are not done in every service: events go first, the messages of the streams after them."""
    under_way = 0
    for service in SERVICES:
        async with superuser(data, service) as connection:
            under_way += await connection.fetchval("select count(*) from erasures where stage <> 'done'")
    return under_way


async def recorded(data: Path) -> dict[str, int]:
    """How many events of each name intake holds; of nobody two of a step."""
    async with superuser(data, "intake") as connection:
        rows = await connection.fetch("select name, count(*) as events from events group by name")
        twice = await connection.fetch(
            """select name from events where name like 'intake.%' group by name, aggregate having count(*) > 1"""
        )
    assert not twice, {row["name"] for row in twice}
    return {row["name"]: row["events"] for row in rows}


async def post(client: Platform, path: str, body: Any) -> None:
    await client.post(path, json.dumps(body).encode())


async def made_up(data: Path) -> tuple[list[str], str]:
    """(ids of people last met long ago and of their pathways, the pathway of one who was met again)."""
    ids = []
    async with Platform(None, None, data) as client:
        await post(client, "/intake/v1/structures", {"structure": "s01", "name": "s01", "department": "69"})
        for _ in range(PEOPLE):
            person = str(uuid4())
            ids.append(person)
            for _ in range(2):
                pathway = str(uuid4())
                request = {"structure": "s01", "person": person, "requested_on": "2024-01-10"}
                body = {"pathway": pathway, "request": request, "identity": {"called": "Anna"}}
                await post(client, "/intake/v1/pathways", body)
                ids.append(pathway)
        met, request = str(uuid4()), {"structure": "s01", "person": str(uuid4()), "requested_on": "2024-01-10"}
        await post(client, "/intake/v1/pathways", {"pathway": met, "request": request, "identity": {"called": "Anna"}})
        await post(client, f"/intake/v1/pathways/{met}/welcome", {"on": "2026-11-01"})
    return ids, met


async def test_a_run_killed_at_any_moment_and_made_again_ends_the_same(tmp_path: Path) -> None:
    data = tmp_path / "platform"
    day = DAYS["announce"]
    platform = await up(data, day)
    try:
        ids, met = await made_up(data)
        await caught_up(data)
        before, interrupted = await figures(data), 0
        for step, day in DAYS.items():
            for moment in MOMENTS:
                await kill(platform)
                platform = await up(data, day)
                await caught_up(data)
                async with Platform(None, None, data) as client:
                    running = asyncio.create_task(client.post("/intake/v1/retention"))
                    await asyncio.sleep(moment)
                    await kill(platform)
                    try:
                        await running
                    except PlatformError:
                        interrupted += 1
                platform = await up(data, day)
            async with asyncio.timeout(120):
                again = await lieu("retention", "--data", str(data))
                told = (await again.communicate())[0].decode()
                assert again.returncode == 0, told
            await caught_up(data)
            events = await recorded(data)
            if step != "erase":  # which is under way for some time
                steps = [events.get(name, 0) for name in STEPS]
                assert steps == ([PEOPLE, 0, 0] if step == "announce" else [PEOPLE, PEOPLE, 2 * PEOPLE]), (step, told)
            assert await figures(data) == before, step
        assert interrupted >= len(DAYS)
        async with asyncio.timeout(120):
            while (await recorded(data)).get("intake.retention-announced", 0) > 0:
                await asyncio.sleep(0.5)
            while await erasing(data):
                await asyncio.sleep(0.5)
        await caught_up(data)
        assert await in_any_file(data, [met]) != []
        assert await in_any_file(data, ids) == []
        assert await figures(data) == before
        nothing = await lieu("retention", "--dry-run", "--data", str(data))
        assert (await nothing.communicate())[0].decode() == "0 people; nothing was done.\n"
    finally:
        if platform.returncode is None:
            platform.send_signal(signal.SIGTERM)
            await asyncio.wait_for(platform.wait(), 30)
