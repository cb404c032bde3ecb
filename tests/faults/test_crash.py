"""What is killed, and what must not be lost: writers, servers, the whole platform in the middle of an import."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from lieu import status
from lieu.embedded import EmbeddedServers
from services.training.publishing import public
from shared.kernel import broker
from shared.kernel.database import Connection, Pool
from shared.kernel.database import pool as pool_of
from shared.kernel.election import end
from shared.kernel.event_store import EventStore
from shared.kernel.migrate import SHARED, migrate
from shared.kernel.relay import Relay
from shared.kernel.sealing import EnvironmentKeys, PersonKeys
from shared.kernel.subscriber import Subscriber
from shared.language.contracts import PublicEvent
from shared.service import for_ever
from tests.harness import EVERYBODY, LONG, Running, assert_same, eventually, read_json
from tests.places import ROOT
from tests.processes import children, lieu, up

pytestmark = pytest.mark.slow


async def test_thirty_two_writers_in_two_processes_with_processes_killed_lose_nothing(tmp_path: Path) -> None:
    servers = EmbeddedServers(tmp_path / "data", ("training",))
    addresses = await servers.start()
    database = addresses.databases["training"]
    tasks: list[asyncio.Task[None]] = [asyncio.create_task(servers.supervise())]
    try:
        migrations = [SHARED, ROOT / "services" / "training" / "migrations"]
        await asyncio.to_thread(migrate, database.owner_url, database.url, migrations)
        async with pool_of(database.url) as pool:
            client = await broker.connect(addresses.nats_url, "test")
            store = EventStore(pool, PersonKeys("training", EnvironmentKeys(None)))
            followed: list[int] = []
            owner = await asyncpg.connect(database.owner_url)
            await owner.execute(
                """create table heard (place bigserial, aggregate uuid, version integer);
                   grant select, insert on heard to training; grant usage on sequence heard_place_seq to training"""
            )
            await owner.close()

            async def take(connection: Connection, events: Sequence[PublicEvent]) -> None:
                # In the transaction of the position: what a killed database took back was not heard.
                await connection.execute(
                    "insert into heard (aggregate, version) select * from unnest($1::uuid[], $2::integer[])",
                    [event.aggregate for event in events],
                    [event.version for event in events],
                )

            tasks.append(asyncio.create_task(for_ever("the relay", Relay("training", store, client, public).run)))
            tasks.append(
                asyncio.create_task(for_ever("the consumer", Subscriber("test", "training", pool, client, take).run))
            )
            tasks.append(asyncio.create_task(_follow_the_store(database.url, followed)))
            contested = [uuid4() for _ in range(8)]
            confirmed: list[tuple[UUID, int, int]] = []
            for victim in ("writer", "postgres", "writer", "nats"):
                writers = [await _writers(database.url, contested) for _ in range(2)]
                readers = [asyncio.create_task(_confirmations(writer, confirmed)) for writer in writers]
                await _confirmed(300, confirmed)
                if victim == "writer":
                    writers[0].send_signal(signal.SIGKILL)
                else:
                    pid = servers.postgres_pid if victim == "postgres" else servers.nats_pid
                    assert pid is not None
                    os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(1.5)
                for writer in writers:
                    if writer.returncode is None:
                        writer.send_signal(signal.SIGKILL)
                await asyncio.gather(*readers)
            await _until_equal(pool, followed)
            stored = await pool.fetch("select position, save, aggregate, version from events order by position")
            heard = await pool.fetch("select aggregate, version from heard order by place")
            _check(confirmed, [(row["aggregate"], row["version"]) for row in stored], [tuple(row) for row in heard])
            assert followed == [row["position"] for row in stored], "the reader saw every event once, in order"
            assert followed == list(range(1, len(followed) + 1)), "positions have no gap"
            count = sum(last - first + 1 for _, first, last in confirmed)
            print(f"confirmed {count} events, stored {len(stored)}, read {len(followed)}")
            print(f"delivered {len(heard)}: none lost, twice, out of order or half written")
            await end(tasks)
            await client.close()
    finally:
        await end(tasks)
        await servers.stop()


async def _writers(url: str, contested: list[UUID]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.writers", url, "16", *map(str, contested),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def _confirmations(writer: asyncio.subprocess.Process, into: list[tuple[UUID, int, int]]) -> None:
    assert writer.stdout is not None
    async for line in writer.stdout:
        parts = line.decode().split()
        if line.endswith(b"\n") and len(parts) == 3:  # the last line of a killed process may be cut
            into.append((UUID(parts[0]), int(parts[1]), int(parts[2])))
    await writer.wait()


async def _confirmed(more: int, confirmed: list[tuple[UUID, int, int]]) -> None:
    """Until so many more saves are confirmed, for 1.5 seconds at least: however fast the machine is just now."""
    before = len(confirmed)
    await asyncio.sleep(1.5)
    async with asyncio.timeout(120):
        while len(confirmed) < before + more:
            await asyncio.sleep(0.05)


async def _follow_the_store(url: str, into: list[int]) -> None:
    """A reader by position, in a session of its own, while everything goes on."""
    while True:
        try:
            connection = await asyncpg.connect(url, timeout=5, server_settings=EVERYBODY)
            while True:
                last = into[-1] if into else 0
                query = "select position from events where position > $1 order by position"
                rows = await connection.fetch(query, last, timeout=10)
                into.extend(row["position"] for row in rows)
                await asyncio.sleep(0.001)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            await asyncio.sleep(0.05)


async def _until_equal(pool: Pool, followed: list[int]) -> None:
    async def equal() -> tuple[bool, int, int, int]:
        try:
            stored = await pool.fetchval("select count(*) from events")
            heard = await pool.fetchval("select count(*) from heard")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False, -1, len(followed), -1
        return stored == len(followed) and stored <= heard, stored, len(followed), heard

    await eventually(equal, lambda seen: seen[0])


Versions = list[tuple[UUID, int]]


def _check(confirmed: list[tuple[UUID, int, int]], stored: Versions, heard: Versions) -> None:
    assert len(confirmed) > 1000
    assert max(Counter(stored).values()) == 1
    present = set(stored)
    claimed: Counter[tuple[UUID, int]] = Counter()
    for id, first, last in confirmed:
        for version in range(first, last + 1):
            assert (id, version) in present, "a confirmed event is not in the store"
            claimed[id, version] += 1
    assert max(claimed.values()) == 1, "two writers were told that the same event is theirs"
    assert heard == stored, "the consumer heard every event once, in the store's order"
    versions: dict[UUID, list[int]] = defaultdict(list)
    for id, version in stored:
        versions[id].append(version)
    assert all(of == list(range(1, len(of) + 1)) for of in versions.values())


async def test_an_import_killed_in_the_middle_is_run_again_and_is_exact(tmp_path: Path, ten_structures: Path) -> None:
    data = tmp_path / "data"
    platform = await up(data)
    importing = await lieu("import", str(ten_structures), "--data", str(data))
    while (reached := await _requests(data)) < 50:
        assert importing.returncode is None
        await asyncio.sleep(0.02)
    assert reached < ALL_REQUESTS, "the import had ended before the kill"
    for pid in (*children(platform.pid), platform.pid):
        os.kill(pid, signal.SIGKILL)
    await platform.wait()
    await importing.wait()
    platform = await up(data)
    try:
        print(f"requests counted before the kill: {reached} of {ALL_REQUESTS}")
        for expected_new in (True, False):
            again = await lieu("import", str(ten_structures), "--data", str(data))
            told = (await again.communicate())[0].decode()
            assert again.returncode == 0, told
            assert (": 0 new events" in told) is not expected_new, told
        waiting = await lieu("status", "--wait", "--data", str(data))
        told = (await waiting.communicate())[0].decode()
        assert waiting.returncode == 0, told
        for file in sorted(ten_structures.glob("expected-*.json")):
            expected = read_json(file)
            found = json.loads(await _answer(data, expected["from"], expected["to"]))
            assert_same(expected["national"], found["indicators"], "national")
    finally:
        platform.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(platform.wait(), 30) == 0


ALL_REQUESTS = 461
"""Of the ten structures, from October 2021 to September 2022."""


async def _requests(data: Path) -> int:
    found = json.loads(await _answer(data, "2021-10-01", "2022-09-30"))
    return int(found["indicators"]["requests"]["value"])


async def _answer(data: Path, start: str, end_: str) -> str:
    from lieu.client import Platform

    async with Platform(None, None, data) as platform:
        async with asyncio.timeout(LONG):
            while True:
                try:
                    query = {"scope": "national", "from": date.fromisoformat(start), "to": date.fromisoformat(end_)}
                    return json.dumps(await platform.get("/reporting/v1/indicators", **query))
                except Exception:  # noqa: BLE001 - the projections are on their way
                    await asyncio.sleep(0.1)


async def test_a_stream_that_is_lost_while_nothing_happens_comes_back_whole(running: Running) -> None:
    await running.a_started_pathway()
    await running.caught_up()
    client = running.service("intake").state.runtime.client
    before = (await client.jetstream().stream_info("INTAKE")).state.messages
    await broker.drop_stream(client, "intake")
    await eventually(lambda: status.look(running.platform), lambda report: report.code == 0)
    assert (await client.jetstream().stream_info("INTAKE")).state.messages == before > 0
