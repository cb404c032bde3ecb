"""Both servers on one data folder, with the secrets, ports and lock that go with it."""

import asyncio
import fcntl
import json
import random
import re
import secrets
import shutil
import socket
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self, TextIO
from urllib.parse import quote

from lieu.embedded import nats, postgres
from lieu.embedded.errors import (
    DataFolderInUse,
    DataFolderUnusable,
    EmbeddedServersError,
    PortTaken,
    ServerFailed,
)
from lieu.embedded.server import Server
from lieu.secret_files import write_secret
from shared.kernel import broker_users
from shared.language.services import SERVICES

# Below the ports that systems give to outgoing connections (32768 and up on Linux, 49152 on others): a client
# that knocks while its server is being restarted could otherwise be given that very port, and keep it.
_PORTS = range(20_000, 32_000)
_PORT_ATTEMPTS = 3

DRAFT, RESTORED = "restoring", "restored"
"""Beside what the folder holds: a restore in the making, and one that is whole and only to be put in place."""
STAGING = "backup.new-"
"""Begins the names of backups in the making."""
_REPLACED = ("postgres", "nats", "secrets.json", "keys/import")


@dataclass(frozen=True)
class Database:
    """The database of one service, by two roles."""

    owner_url: str
    """Owns everything in it: migrations."""
    url: str
    """May connect; what else, the migrations grant: the running service."""


@dataclass(frozen=True)
class Addresses:
    """Where the running servers are, passwords included."""

    databases: Mapping[str, Database]
    """By service."""
    nats_url: str
    """As its administrator, whom no service is."""
    nats_urls: Mapping[str, str]
    """By service, as its own user."""


class EmbeddedServers:
    """PostgreSQL and NATS on the folder `data`, for the named services.

    `fsync=False` is for throw-away tests: a power cut then loses or damages data. A port that is given is
    used or refused (PortTaken); otherwise that of the last run is used, or another free one. To be started
    from a thread that lives as long as the servers should (the main one): on Linux they end with it.
    """

    def __init__(
        self,
        data: Path,
        services: Sequence[str] = SERVICES,
        *,
        fsync: bool = True,
        postgres_port: int | None = None,
        nats_port: int | None = None,
    ) -> None:
        for service in services:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", service):
                raise ValueError(f"not the name of a service: {service!r}")
        self.data, self.services = data.resolve(), tuple(services)
        self._fsync = fsync
        self._asked = {"postgres": postgres_port, "nats": nats_port}
        self._lock: TextIO | None = None
        self._servers: dict[str, Server] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._addresses: Addresses | None = None

    @property
    def postgres_pid(self) -> int | None:
        """The process of PostgreSQL; None while it does not run."""
        return self._pid("postgres")

    @property
    def nats_pid(self) -> int | None:
        """The process of NATS; None while it does not run."""
        return self._pid("nats")

    async def start(self) -> Addresses:
        """Starts both, made ready on first use; returns when both serve. Started already: the same addresses.

        Raises DataFolderInUse, DataFolderUnusable, PortTaken or ServerFailed; nothing runs then.
        """
        if self._addresses is None:
            self._lock = lock_folder(self.data)
            try:
                check(self.data)
                take_restored(self.data)
                self._addresses = await self._start()
            except BaseException as error:
                await self.stop()
                if isinstance(error, PermissionError):  # a part of it is another account's, as after a sudo
                    raise DataFolderUnusable(self.data, str(error)) from error
                raise
        return self._addresses

    async def stop(self) -> None:
        """Stops both in order, then frees the folder. Ends `supervise`. Without effect when nothing runs."""
        await _cancel(self._keepers)
        try:
            _raise_first(await asyncio.gather(*(s.stop() for s in self._servers.values()), return_exceptions=True))
        finally:
            self._servers, self._addresses = {}, None
            if self._lock is not None:
                self._lock.close()
                self._lock = None

    async def supervise(self) -> None:
        """Starts a server that died again, on the same port, until cancelled or stopped.

        Raises ServerFailed, with the end of the log, when one of them failed several times in a row.
        """
        if self._addresses is None:
            raise RuntimeError("supervise() before start()")
        self._keepers = [asyncio.create_task(server.keep_running()) for server in self._servers.values()]
        try:
            done, _ = await asyncio.wait(self._keepers, return_when=asyncio.FIRST_COMPLETED)
            for keeper in done:
                if not keeper.cancelled():
                    keeper.result()
        finally:
            await _cancel(self._keepers)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _start(self) -> Addresses:
        logs = self.data / "log"
        logs.mkdir(mode=0o700, exist_ok=True)
        passwords = self._passwords()
        database = postgres.Postgres(
            self.data / "postgres", logs / "postgres.log", passwords["postgres"], fsync=self._fsync
        )
        known = {s: passwords[f"{s}_nats"] for s in self.services if s in broker_users.FOLLOWS}
        users = [{"user": nats.ADMINISTRATOR, "password": passwords["nats"]}, *broker_users.users(known)]
        broker = nats.Nats(self.data / "nats", logs / "nats.log", users, fsync=self._fsync)
        self._servers = {"postgres": database, "nats": broker}
        remembered = _read(self.data / "ports.json")
        _raise_first(
            await asyncio.gather(
                *(self._start_server(name, remembered.get(name)) for name in self._servers),
                return_exceptions=True,
            )
        )
        _write(self.data / "ports.json", {name: server.port for name, server in self._servers.items()})
        await database.provide_databases(self.services, passwords)

        def url(role: str, service: str) -> str:
            return f"postgresql://{role}:{quote(passwords[role])}@127.0.0.1:{database.port}/{service}"

        def nats_url(user: str, password: str) -> str:
            return f"nats://{user}:{quote(password)}@127.0.0.1:{broker.port}"

        return Addresses(
            MappingProxyType({s: Database(url(f"{s}_owner", s), url(s, s)) for s in self.services}),
            nats_url(nats.ADMINISTRATOR, passwords["nats"]),
            MappingProxyType({s: nats_url(s, password) for s, password in known.items()}),
        )

    async def _start_server(self, name: str, remembered: object) -> None:
        server = self._servers[name]
        await server.clear_leftovers()  # before the look at the ports: it may hold ours
        for attempts_left in reversed(range(_PORT_ATTEMPTS)):
            server.port = choose_port(server.NAME, self._asked[name], remembered)
            try:
                return await server.start()
            except ServerFailed:
                # Unless someone took the port between the look and the start, another one does not help.
                if _is_free(server.port) or not attempts_left:
                    raise

    def _passwords(self) -> dict[str, str]:
        """By role; those of the superuser and of the broker are under `postgres` and `nats`."""
        path = self.data / "secrets.json"
        if not path.exists() and (self.data / "postgres").exists():
            raise DataFolderUnusable(self.data, "secrets.json, the passwords of its databases, is missing")
        known = {name: str(value) for name, value in _read(path).items()}
        wanted = ["postgres", "nats", *(role for s in self.services for role in (f"{s}_owner", s, f"{s}_nats"))]
        made = {name: secrets.token_hex(24) for name in wanted if name not in known}
        if made:
            _write(path, known | made)
        return known | made

    def _pid(self, name: str) -> int | None:
        server = self._servers.get(name)
        return None if server is None else server.pid


def check(data: Path) -> None:
    """Raises EmbeddedServersError, in one line, where servers cannot run at all on that folder as this user."""
    nats.binary()
    postgres.check(data)


def take_restored(data: Path) -> None:
    """Finishes a restore that is whole: its parts take the place of what was there. Killed in between, it goes on.
    Copies that a killed restore or backup left half-made go: an erasure would not reach them."""
    for draft in (data / DRAFT, *data.glob(f"{STAGING}*")):
        shutil.rmtree(draft, ignore_errors=True)
    if not (data / RESTORED).exists():
        return
    for name in _REPLACED:
        part, place = data / RESTORED / name, data / name
        if part.exists():
            shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            part.rename(place)
    shutil.rmtree(data / RESTORED)


def lock_folder(data: Path) -> TextIO:
    """Makes the folder if need be, for its owner only, and holds it until the file returned is closed."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(data.stat().st_mode) & 0o077:
            # Never close to others a folder that was given by mistake, such as a home or /tmp.
            if any(data.iterdir()) and not (data / "secrets.json").exists():
                raise DataFolderUnusable(data, "it holds other files and is open to others; choose an empty one")
            data.chmod(0o700)
        lock = (data / "lock").open("a")
    except OSError as error:
        raise DataFolderUnusable(data, str(error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise DataFolderInUse(data) from None
    return lock


def choose_port(what: str, asked: int | None, remembered: object) -> int:
    if asked is not None:
        if not _is_free(asked):
            raise PortTaken(asked, what)
        return asked
    if isinstance(remembered, int) and _is_free(remembered):
        return remembered
    for port in random.sample(_PORTS, k=100):
        if _is_free(port):
            return port
    raise EmbeddedServersError(f"no free port for {what} on 127.0.0.1")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: ended connections are no bar
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _read(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise DataFolderUnusable(path.parent, f"{path.name} is damaged: {error}") from error
    return dict(content)


def _write(path: Path, content: Mapping[str, object]) -> None:
    write_secret(path, json.dumps(dict(content), indent=1))


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _raise_first(results: Sequence[BaseException | None]) -> None:
    for result in results:
        if result is not None:
            raise result
