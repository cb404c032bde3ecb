"""An erasure survives the death of everything at each of its steps, and nothing of the person is left in any file."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from lieu.client import Platform, PlatformError
from lieu.embedded.postgres import binaries
from lieu.status import look, wait_until_caught_up
from shared.kernel.import_keys import ImportKeys
from tests.imports.test_hostile_import import folder
from tests.processes import children, lieu, up

pytestmark = pytest.mark.slow
__all__ = ["folder"]
YEAR = {"scope": "national", "from": date(2024, 1, 1), "to": date(2024, 12, 31), "by": "housing"}


@dataclass(frozen=True)
class Gate:
    """A write of an erasure at which everything is killed, while its transaction is open."""

    service: str
    table: str
    when: str
    """Of the trigger: which write of the table."""
    released_for: float = 0
    """Seconds for which the work goes on from there before the death."""

    def __str__(self) -> str:
        return f"{self.service}: {self.when}"


def appends(service: str, name: str) -> Gate:
    return Gate(service, "events", f"before insert ... when (new.name = '{name}')")


def reaches(service: str, stage: str, *, told: str = "update") -> Gate:
    return Gate(service, "erasures", f"before {told} ... when (new.stage = '{stage}')")


DELETING = "before update of attempts ... when (new.attempts = 1)"
"""The service's rows are gone for good; the messages of its stream are next."""
GATES = [
    reaches("intake", "accepted", told="insert"),
    appends("intake", "forgetting.erasure-accepted"),
    reaches("training", "accepted", told="insert"),
    appends("training", "forgetting.erasure-accepted"),
    appends("reporting", "reporting.pathway-anonymised"),
    appends("reporting", "reporting.erasure-rewritten"),
    reaches("reporting", "done"),
    *(
        gate
        for service in ("intake", "training")
        for gate in (
            reaches(service, "deleted"),
            Gate(service, "erasures", DELETING),
            Gate(service, "erasures", DELETING, released_for=0.006),
            appends(service, "forgetting.erasure-done"),
            reaches(service, "done"),
        )
    ),
]
"""Every step of an erasure in the service that begins it, in one that follows, and in reporting."""


@asynccontextmanager
async def closed(data: Path, gate: Gate) -> AsyncIterator[asyncpg.Connection]:
    """Holds whoever comes to the gate, as long as this connection lives; the trigger stays, and lets all through."""
    password = json.loads((data / "secrets.json").read_text())["postgres"]
    port = json.loads((data / "ports.json").read_text())["postgres"]
    connection = await asyncpg.connect(f"postgresql://postgres:{password}@127.0.0.1:{port}/{gate.service}", timeout=10)
    try:
        await connection.execute("select pg_advisory_lock(77, 1)")
        what, condition = gate.when.split("...")
        await connection.execute(
            f"""create or replace function gate() returns trigger language plpgsql as
                $$ begin perform pg_advisory_xact_lock_shared(77, 1); return new; end $$;
                create or replace trigger gate {what} on {gate.table}
                  for each row {condition} execute function gate()"""
        )
        yield connection
    finally:
        connection.terminate()


async def until_someone_waits(connection: asyncpg.Connection) -> None:
    async with asyncio.timeout(30):
        while not await connection.fetchval(
            """select exists(select from pg_locks join pg_database d on d.oid = database
                              where d.datname = current_database() and locktype = 'advisory'
                                and classid = 77 and not granted)"""
        ):
            await asyncio.sleep(0.01)


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


def ids_of(data: Path, key: str) -> list[str]:
    """Of the person and the pathway that a folder calls h-KEY and KEY, on that platform."""
    keys = ImportKeys((data / "keys" / "import").read_text())
    return [str(keys.person(f"h-{key}")), str(keys.pathway(key))]


async def erased(data: Path, person: str) -> Any:
    """What a user does: asks for the erasure, again where it was asked before, and looks until it is done."""
    deadline = time.monotonic() + 60
    async with Platform(None, None, data) as platform:
        found = await platform.post(f"/intake/v1/persons/{person}/erasure")
        while not found["done"]:
            assert time.monotonic() < deadline, (found, (await look(platform)).text())
            await asyncio.sleep(0.05)
            found = await platform.get(f"/intake/v1/erasures/{found['erasure']}")
        assert (await wait_until_caught_up(platform)).code == 0
    return found


@pytest.mark.parametrize("service", ["intake", "training", "reporting"])
async def test_an_erasure_killed_at_any_step_ends_when_the_platform_comes_back(
    tmp_path: Path, folder: Path, service: str
) -> None:
    data = tmp_path / "platform"
    gates = [gate for gate in GATES if gate.service == service]
    platform = await up(data)
    try:
        keys = [f"p{number}" for number in range(len(gates))]
        for file, line in (
            ("pathways", "{0},s01,h-{0},2024-01-10,,2024-01-11,2024-01-12,,,,,,chrs"),
            ("exits", "{0},2024-05-01,employment,cdi,,"),
            ("activities", "{0},workshop,2024-02-01,2024-02-01,3,completed"),
        ):
            with (folder / f"{file}.csv").open("a") as rows:
                rows.writelines(line.format(key) + "\n" for key in keys)
        importing = await lieu("import", str(folder), "--data", str(data))
        assert await importing.wait() == 0, (await importing.communicate())[0].decode()
        waiting = await lieu("status", "--wait", "--data", str(data))
        assert await waiting.wait() == 0
        before = await figures(data)
        for key, gate in zip(keys, gates, strict=True):
            ids = ids_of(data, key)
            person = ids[0]
            found = await in_any_file(data, ids)
            assert {text.split()[0] for text in found} == set(ids), "the search finds what is there"
            async with closed(data, gate) as held:
                erasing = asyncio.create_task(erased(data, person))
                await until_someone_waits(held)
                if gate.released_for:
                    await held.execute("select pg_advisory_unlock(77, 1)")
                    await asyncio.sleep(gate.released_for)
                for pid in (*children(platform.pid), platform.pid):
                    os.kill(pid, signal.SIGKILL)
            await platform.wait()
            with pytest.raises(PlatformError):
                await erasing
            platform = await up(data)
            assert (await erased(data, person))["destroyed"], gate
            assert await in_any_file(data, ids) == [], gate
            assert await figures(data) == before, gate
        told = await (await lieu("erase", f"import:h-{keys[0]}", "--data", str(data))).communicate()
        assert b": done" in told[0].splitlines()[0]
        importing = await lieu("import", str(folder), "--data", str(data))
        told = await importing.communicate()
        assert b": 0 new events" in told[0], told
        assert f"{len(keys)} pathways of forgotten people ignored".encode() in told[0]
    finally:
        platform.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(platform.wait(), 30) == 0
