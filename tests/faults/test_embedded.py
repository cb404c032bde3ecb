"""The embedded servers: what survives, who may enter, and what happens when something is killed."""

import asyncio
import ipaddress
import os
import pwd
import shutil
import signal
import socket
import stat
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import nats
import pytest
from nats.js.api import StorageType

from lieu.embedded import (
    Addresses,
    Database,
    DataFolderInUse,
    DataFolderUnusable,
    EmbeddedServers,
    PortTaken,
    ServerFailed,
    server,
)
from lieu.embedded.processes import command_line
from lieu.embedded.processes import running as running_processes
from tests.harness import LONG

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

needs_proc = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's /proc")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedServers]:
    """Servers that these tests leave as they are."""
    async with EmbeddedServers(tmp_path_factory.mktemp("running") / "data", fsync=False) as servers:
        yield servers


@pytest.fixture(scope="module")
async def addresses(running: EmbeddedServers) -> Addresses:
    return await running.start()


async def store(addresses: Addresses, word: str) -> None:
    """A row in the database of intake and a message in JetStream, both confirmed."""
    connection = await asyncpg.connect(addresses.databases["intake"].owner_url)
    await connection.execute("create table if not exists words (word text)")
    await connection.execute("insert into words values ($1)", word)
    await connection.close()
    client = await nats.connect(addresses.nats_url)
    await client.jetstream().add_stream(name="WORDS", subjects=["words"], storage=StorageType.FILE)
    await client.jetstream().publish("words", word.encode())
    await client.close()


async def stored(addresses: Addresses) -> tuple[list[str], list[str]]:
    """The rows, and the messages."""
    connection = await asyncpg.connect(addresses.databases["intake"].owner_url)
    rows = [row["word"] for row in await connection.fetch("select word from words")]
    await connection.close()
    client = await nats.connect(addresses.nats_url)
    stream = await client.jetstream().stream_info("WORDS")
    numbers = range(stream.state.first_seq, stream.state.last_seq + 1)
    messages = [await client.jetstream().get_msg("WORDS", number) for number in numbers]
    await client.close()
    return rows, [(message.data or b"").decode() for message in messages]


def ports(addresses: Addresses) -> tuple[int, int]:
    return (
        urlsplit(addresses.databases["intake"].url).port or 0,
        urlsplit(addresses.nats_url).port or 0,
    )


async def until(fact: Callable[[], object], seconds: float = LONG) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.005)


def kill(*pids: int | None) -> None:
    for pid in pids:
        assert pid is not None
        with suppress(ProcessLookupError):  # one may have taken the next with it
            os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def supervised(servers: EmbeddedServers) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(servers.supervise())
    await asyncio.sleep(0)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, ServerFailed):
            await task


async def test_what_was_stored_is_there_after_a_restart_at_the_same_addresses(tmp_path: Path) -> None:
    servers = EmbeddedServers(tmp_path / "data")
    first = await servers.start()
    await store(first, "kept")
    await servers.stop()
    await servers.stop()
    assert (servers.postgres_pid, servers.nats_pid) == (None, None)

    async with EmbeddedServers(tmp_path / "data") as again:
        second = await again.start()
        assert second == first
        assert await stored(second) == (["kept"], ["kept"])


async def test_a_service_that_is_new_gets_its_database_and_the_others_keep_theirs(tmp_path: Path) -> None:
    async with EmbeddedServers(tmp_path / "data", ["intake"], fsync=False) as servers:
        before = await servers.start()
        await store(before, "kept")
    async with EmbeddedServers(tmp_path / "data", ["intake", "training"], fsync=False) as servers:
        after = await servers.start()
        assert after.databases["intake"] == before.databases["intake"]
        assert (await stored(after))[0] == ["kept"]
        await (await asyncpg.connect(after.databases["training"].url)).close()


async def test_a_role_reaches_its_own_database_only(addresses: Addresses) -> None:
    tried = 0
    for service, database in addresses.databases.items():
        for url in (database.url, database.owner_url):
            role = urlsplit(url).username
            connection = await asyncpg.connect(url)
            assert await connection.fetchval("select current_user") == role
            await connection.close()
            for other in [*addresses.databases, "postgres", "template1"]:
                if other != service:
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await asyncpg.connect(urlsplit(url)._replace(path=f"/{other}").geturl())
                    tried += 1
    assert tried == 5 * 2 * 6


async def test_the_role_of_a_service_creates_nothing(addresses: Addresses) -> None:
    connection = await asyncpg.connect(addresses.databases["intake"].url)
    for statement in (
        "create table t (i int)",
        "create temp table t (i int)",
        "create schema s",
        "create role r",
        "create database d",
        "set role intake_owner",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_the_owner_creates_and_grants(addresses: Addresses) -> None:
    owner = await asyncpg.connect(addresses.databases["training"].owner_url)
    service = await asyncpg.connect(addresses.databases["training"].url)
    await owner.execute("create table granted (i int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.fetch("select * from granted")
    await owner.execute("grant select on granted to training")
    assert await service.fetch("select * from granted") == []
    await owner.execute("drop table granted")
    await owner.close()
    await service.close()


@pytest.mark.parametrize("password", ["", "wrong"])
async def test_nobody_enters_without_the_password(addresses: Addresses, password: str) -> None:
    postgres_port, nats_port = ports(addresses)
    for user in ("postgres", "intake"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(
                host="127.0.0.1",
                port=postgres_port,
                user=user,
                password=password,
                database="intake",
                ssl=False,
            )
    reader, writer = await asyncio.open_connection("127.0.0.1", nats_port)
    writer.write(f'CONNECT {{"user":"lieu","pass":"{password}"}}\r\nPING\r\n'.encode())
    answer = await reader.read()
    writer.close()
    assert b"Authorization Violation" in answer
    assert b"PONG" not in answer


async def test_the_cluster_is_made_to_keep_data(tmp_path: Path) -> None:
    async with EmbeddedServers(tmp_path / "data", ["intake"]) as servers:
        connection = await asyncpg.connect((await servers.start()).databases["intake"].url)
        for setting, value in {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "data_checksums": "on",
            "password_encryption": "scram-sha-256",
            "server_encoding": "UTF8",
        }.items():
            assert await connection.fetchval("select current_setting($1)", setting) == value
        await connection.close()
        assert '"sync_interval": "always"' in (tmp_path / "data/nats/server.conf").read_text()
    assert (tmp_path / "data/postgres/pg_hba.conf").read_text().splitlines() == [
        "host all all 127.0.0.1/32 scram-sha-256",
        "host replication postgres 127.0.0.1/32 scram-sha-256",
    ]


@needs_proc
def test_nothing_listens_beyond_loopback(running: EmbeddedServers, addresses: Addresses) -> None:
    listening = list(listening_sockets())
    for port in ports(addresses):
        assert {address for address, at, _ in listening if at == port} == {ipaddress.ip_address("127.0.0.1")}
        assert not Path(f"/tmp/.s.PGSQL.{port}").exists()
    held = open_files(running.postgres_pid) | open_files(running.nats_pid)
    theirs = {port for _, port, inode in listening if f"socket:[{inode}]" in held}
    assert {ports(addresses)[1]} <= theirs <= set(ports(addresses))


def listening_sockets() -> Iterator[tuple[IPAddress, int, str]]:
    """Address, port and inode of every TCP socket that listens (state 0A)."""
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else []:
            fields = line.split()
            if fields[3] == "0A":
                address, port = fields[1].split(":")
                words = [bytes.fromhex(address[i : i + 8])[::-1] for i in range(0, len(address), 8)]
                yield ipaddress.ip_address(b"".join(words)), int(port, 16), fields[9]


def open_files(pid: int | None) -> set[str]:
    """Empty where we may not look: in containers root does not see those of another account."""
    with suppress(PermissionError):
        return {os.readlink(entry) for entry in (Path("/proc") / str(pid) / "fd").iterdir()}
    return set()


async def test_the_folder_is_closed_to_others(running: EmbeddedServers) -> None:
    assert stat.S_IMODE(running.data.stat().st_mode) == 0o700
    for secret in ("secrets.json", "nats/server.conf", "log/postgres.log", "log/nats.log"):
        assert stat.S_IMODE((running.data / secret).stat().st_mode) == 0o600
    assert not (running.data / "initdb.password").exists()


@needs_root
def test_as_root_postgresql_runs_as_somebody_else_and_only_its_folder_is_theirs(
    running: EmbeddedServers, addresses: Addresses
) -> None:
    owner = pwd.getpwuid((running.data / "postgres").stat().st_uid)
    assert owner.pw_name in ("postgres", "nobody")
    assert Path(f"/proc/{running.postgres_pid}").stat().st_uid == owner.pw_uid
    assert {entry.name for entry in running.data.iterdir() if entry.stat().st_uid != 0} == {"postgres"}


@needs_root
async def test_it_works_below_folders_that_only_root_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    async with EmbeddedServers(closed / 'dàta of "a" platform', ["intake"], fsync=False) as servers:
        await store(await servers.start(), "kept")
        assert await stored(await servers.start()) == (["kept"], ["kept"])


def test_the_servers_are_out_of_the_terminals_reach(running: EmbeddedServers) -> None:
    """Ctrl-C goes to the foreground process group: the platform alone, which then stops them in order."""
    for pid in (running.postgres_pid, running.nats_pid):
        assert pid is not None
        assert os.getsid(pid) == pid


async def test_a_second_start_on_the_folder_is_refused(running: EmbeddedServers, addresses: Addresses) -> None:
    with pytest.raises(DataFolderInUse, match=str(running.data)):
        await EmbeddedServers(running.data).start()
    await (await asyncpg.connect(addresses.databases["intake"].url)).close()


async def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "letters").mkdir()
    with pytest.raises(DataFolderUnusable, match="holds other files"):
        await EmbeddedServers(home).start()
    assert stat.S_IMODE(home.stat().st_mode) == 0o755
    assert [entry.name for entry in home.iterdir()] == ["letters"]


async def test_lost_passwords_are_said_and_not_replaced(tmp_path: Path) -> None:
    async with EmbeddedServers(tmp_path, ["intake"], fsync=False) as servers:
        await servers.start()
    (tmp_path / "secrets.json").unlink()
    with pytest.raises(DataFolderUnusable, match=r"secrets\.json"):
        await EmbeddedServers(tmp_path, ["intake"], fsync=False).start()
    assert not (tmp_path / "secrets.json").exists()


async def test_a_taken_port_is_chosen_around_or_refused_where_it_was_asked_for(tmp_path: Path) -> None:
    async with EmbeddedServers(tmp_path / "data", ["intake"], fsync=False) as servers:
        before = ports(await servers.start())
    with socket.create_server(("127.0.0.1", before[0])), socket.create_server(("127.0.0.1", before[1])):
        with pytest.raises(PortTaken, match=f"port {before[1]} .* NATS"):
            await EmbeddedServers(tmp_path / "data", ["intake"], fsync=False, nats_port=before[1]).start()
        async with EmbeddedServers(tmp_path / "data", ["intake"], fsync=False) as servers:
            after = ports(await servers.start())
    assert not set(before) & set(after)
    async with EmbeddedServers(
        tmp_path / "data", ["intake"], fsync=False, postgres_port=before[0], nats_port=before[1]
    ) as servers:
        assert ports(await servers.start()) == before


async def test_a_server_that_is_killed_is_started_again_at_its_port(tmp_path: Path) -> None:
    async with EmbeddedServers(tmp_path, ["intake"]) as servers:
        addresses = await servers.start()
        await store(addresses, "kept")
        async with supervised(servers) as supervision:
            killed = servers.postgres_pid, servers.nats_pid
            kill(*killed)
            await until(lambda: not {None, *killed} & {servers.postgres_pid, servers.nats_pid})
            await until_it_answers(addresses)
            assert await stored(addresses) == (["kept"], ["kept"])
            assert not supervision.done()


async def until_it_answers(addresses: Addresses) -> None:
    async with asyncio.timeout(LONG):
        while True:
            with suppress(OSError, asyncpg.CannotConnectNowError):
                await (await asyncpg.connect(addresses.databases["intake"].url)).close()
                with socket.create_connection(("127.0.0.1", ports(addresses)[1])):
                    return
            await asyncio.sleep(0.02)


@needs_proc
async def test_a_session_that_is_busy_does_not_keep_a_killed_server_from_returning(tmp_path: Path) -> None:
    """A session notices the end of its server when it next waits; this one, stopped, never does."""
    async with EmbeddedServers(tmp_path, ["intake"], fsync=False) as servers:
        addresses = await servers.start()
        connection = await asyncpg.connect(addresses.databases["intake"].url)
        session = await connection.fetchval("select pg_backend_pid()")
        os.kill(session, signal.SIGSTOP)
        async with supervised(servers):
            first = servers.postgres_pid
            kill(first)
            await until(lambda: servers.postgres_pid not in (None, first))
            await until_it_answers(addresses)
        assert command_line(session) == ""
        connection.terminate()


async def test_a_server_that_fails_again_and_again_is_given_up_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "RESTART_PAUSES", (0.0, 0.01, 0.01))
    async with EmbeddedServers(tmp_path, ["intake"], fsync=False) as servers:
        await servers.start()
        async with supervised(servers) as supervision:
            (tmp_path / "postgres/global/pg_control").rename(tmp_path / "pg_control")
            kill(servers.postgres_pid)
            with pytest.raises(ServerFailed, match=r"(?s)postgres\.log:.*pg_control") as failure:
                await supervision
            assert failure.value.log_file == tmp_path / "log/postgres.log"
        assert servers.nats_pid is not None


async def test_a_failed_start_names_the_log_and_leaves_nothing_running(tmp_path: Path) -> None:
    async with EmbeddedServers(tmp_path, ["intake"], fsync=False) as servers:
        await servers.start()
    control = tmp_path / "postgres/global/pg_control"
    control.rename(tmp_path / "pg_control")
    servers = EmbeddedServers(tmp_path, ["intake"], fsync=False)
    with pytest.raises(ServerFailed, match=r"(?s)PostgreSQL did not start.*postgres\.log:.*pg_control"):
        await servers.start()
    assert servers.nats_pid is None
    (tmp_path / "pg_control").rename(control)
    await servers.start()
    await servers.stop()


async def test_a_cluster_half_made_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.new-half").mkdir()
    (tmp_path / "postgres.new-half" / "PG_VERSION").write_text("18\n")
    async with EmbeddedServers(tmp_path, ["intake"], fsync=False) as servers:
        await servers.start()
    assert not [name for name in os.listdir(tmp_path) if ".new" in name]


@needs_proc
async def test_cancelled_at_any_moment_of_its_start_it_leaves_nothing_running(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for moment in (
        "lock",
        "secrets.json",
        "log/nats.log",
        "postgres.new-*/global",
        "postgres",
        "postgres/postmaster.pid",
    ):
        servers = EmbeddedServers(data, ["intake"], fsync=False)
        start = asyncio.create_task(servers.start())
        await until(partial(has_come, moment, data, start))
        start.cancel()
        with suppress(asyncio.CancelledError):
            await start
            await servers.stop()  # too late
        assert running_processes(lambda line: f"{data}/" in line) == []
    async with EmbeddedServers(data, ["intake"], fsync=False) as servers:
        await store(await servers.start(), "kept")


def has_come(moment: str, data: Path, start: asyncio.Task[Addresses]) -> bool:
    return start.done() or any(data.glob(moment))


PLATFORM = """
import asyncio, sys
from pathlib import Path
from lieu.embedded import EmbeddedServers

async def main():
    servers = EmbeddedServers(Path(sys.argv[1]), ["intake"])
    addresses = await servers.start()
    print(addresses.databases["intake"].owner_url, addresses.databases["intake"].url, addresses.nats_url,
          servers.postgres_pid, servers.nats_pid, flush=True)
    await servers.supervise()

asyncio.run(main())
"""

WITHOUT_DEATH_SIGNAL = """
from lieu.embedded import server

with_signal = server.as_child
server.as_child = lambda *about: ["clear" if w in ("SIGINT", "SIGTERM") else w for w in with_signal(*about)]
"""


@asynccontextmanager
async def platform_in_a_process(data: Path, before: str = "") -> AsyncIterator[tuple[int, Addresses, list[int]]]:
    """A platform of its own: its process, its addresses, the processes of its servers."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", before + PLATFORM, str(data), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        owner_url, url, nats_url, *pids = (await process.stdout.readline()).decode().split()
        yield (
            process.pid,
            Addresses({"intake": Database(owner_url, url)}, nats_url, {}),
            [int(pid) for pid in pids],
        )
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent death signal")
@pytest.mark.slow
async def test_the_servers_die_with_a_killed_platform_and_the_next_start_recovers(tmp_path: Path) -> None:
    async with platform_in_a_process(tmp_path) as (parent, addresses, pids):
        await store(addresses, "kept")
        kill(parent)
        await until(lambda: not any(command_line(pid) for pid in pids))
    async with EmbeddedServers(tmp_path, ["intake"]) as servers:
        assert await stored(await servers.start()) == (["kept"], ["kept"])


@pytest.mark.slow
@pytest.mark.slow
async def test_everything_killed_at_once_recovers_at_once(tmp_path: Path) -> None:
    for word in ("one", "two", "three"):
        async with platform_in_a_process(tmp_path) as (parent, addresses, pids):
            await store(addresses, word)
            kill(*pids, parent)
    async with EmbeddedServers(tmp_path, ["intake"]) as servers:
        assert await stored(await servers.start()) == (["one", "two", "three"],) * 2


@needs_proc
@pytest.mark.slow
async def test_servers_that_outlived_their_platform_are_stopped_first(tmp_path: Path) -> None:
    """As where the kernel knows no parent death signal."""
    async with platform_in_a_process(tmp_path, WITHOUT_DEATH_SIGNAL) as (parent, addresses, pids):
        await store(addresses, "kept")
        kill(parent)
    await asyncio.sleep(0.2)
    assert all(command_line(pid) for pid in pids)
    async with EmbeddedServers(tmp_path, ["intake"]) as servers:
        assert not any(command_line(pid) for pid in pids)
        assert ports(await servers.start()) == ports(addresses)
        assert await stored(await servers.start()) == (["kept"], ["kept"])


@pytest.mark.slow
@needs_proc
@pytest.mark.parametrize("content", ["the number of a stranger", "nothing"])
async def test_a_stale_pid_file_does_not_bar_the_way(tmp_path: Path, content: str) -> None:
    async with platform_in_a_process(tmp_path) as (parent, addresses, pids):
        await store(addresses, "kept")
        kill(*pids, parent)
        await until(lambda: not any(command_line(pid) for pid in pids))
    pid_file = tmp_path / "postgres/postmaster.pid"
    owner = pid_file.stat().st_uid
    _, *rest = pid_file.read_text().split("\n")
    stranger = await asyncio.create_subprocess_exec("sleep", "60", user=owner if os.geteuid() == 0 else None)
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *rest]) if content != "nothing" else "")
        (tmp_path / "nats/server.pid").write_text(str(stranger.pid))
        async with EmbeddedServers(tmp_path, ["intake"]) as servers:
            assert await stored(await servers.start()) == (["kept"], ["kept"])
        assert stranger.returncode is None
    finally:
        stranger.kill()
        await stranger.wait()


@pytest.mark.slow
async def test_a_restore_that_was_whole_is_put_in_place_by_the_next_start(tmp_path: Path) -> None:
    """Wherever its last moves were cut short, and with what a killed one left half-made beside it."""
    data, other = tmp_path / "data", tmp_path / "other"
    for folder in (data, other):
        async with EmbeddedServers(folder, ["intake"]) as servers:
            connection = await asyncpg.connect((await servers.start()).databases["intake"].owner_url)
            await connection.execute(f"create table {folder.name} ()")
            await connection.close()
    (data / "restored").mkdir()
    for name in ("postgres", "nats", "secrets.json"):
        (other / name).rename(data / "restored" / name)
    shutil.rmtree(data / "postgres")
    (data / "restored" / "postgres").rename(data / "postgres")  # as far as it came
    for half_made in ("restoring", "backup.new-x"):
        (data / half_made / "postgres").mkdir(parents=True)
    async with EmbeddedServers(data, ["intake"]) as servers:
        connection = await asyncpg.connect((await servers.start()).databases["intake"].url)
        assert await connection.fetchval("select to_regclass('other') is not null")
        await connection.close()
    assert {entry.name for entry in data.iterdir()} == {"postgres", "nats", "secrets.json", "ports.json", "lock", "log"}
