"""One supervised server: launched, waited for, launched again when it dies, stopped in order."""

import asyncio
import hashlib
import logging
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, ClassVar

from lieu.embedded.errors import ServerFailed
from lieu.embedded.processes import POLL, Account, Stopping, as_child, command_line, stop_child, stop_stranger

log = logging.getLogger(__name__)

START_PAUSES = (0.5,)
RESTART_PAUSES = (0.0, 0.2, 1.0, 5.0)
"""Seconds before each new attempt after failures in a row; the failure after the last one is raised."""
STEADY = 30.0
"""Seconds after which a server counts as having run: its end is then the first failure of a new row."""

_LOG_ROTATED_AT = 5_000_000  # bytes
_TAIL = 20, 4_000  # lines and bytes of a log shown in an error
_STILL_STARTING = 10.0  # seconds between two lines about a server that takes its time, as after a crash


class Server(ABC):
    """A server with its folder, log and port. `port` is to be set before `start`."""

    NAME: ClassVar[str]
    PROGRAM: ClassVar[str]
    DIES_BY: ClassVar[signal.Signals]
    """Sent by the kernel when the platform is killed."""
    STOPPING: ClassVar[Stopping]

    def __init__(self, folder: Path, log_file: Path) -> None:
        self.folder, self.log_file = folder, log_file
        self.port = 0
        # Names the server of this folder to others, in process titles and greetings.
        self.identity = f"lieu-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = 0

    @property
    @abstractmethod
    def pid_file(self) -> Path:
        """Written by the server; its first line is the process id."""

    @property
    @abstractmethod
    def last_argument(self) -> Path:
        """The path that ends the server's command line and tells it from those of other folders."""

    @abstractmethod
    async def prepare(self) -> None:
        """Everything that a launch needs in place; called before each."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line of the server, `last_argument` included."""

    @abstractmethod
    async def is_ready(self, pid: int) -> bool:
        """Whether the process `pid`, and no other, serves at `port`."""

    @property
    def account(self) -> Account | None:
        """The account that the server runs under; None: ours."""
        return None

    @property
    def pid(self) -> int | None:
        """The running process."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    async def start(self) -> None:
        """Returns when the server serves. Raises ServerFailed when that failed, and failed again."""
        await self._bring_up(iter(START_PAUSES))

    async def keep_running(self) -> None:
        """Launches the server again, on the same port, whenever it ends.

        Raises the last ServerFailed of several in a row.
        """
        loop = asyncio.get_running_loop()
        pauses = iter(RESTART_PAUSES)
        while self._process is not None:
            began = loop.time()
            status = await self._process.wait()
            if loop.time() - began > STEADY:
                pauses = iter(RESTART_PAUSES)
            await self._pause(self._failed(f"(process {self._process.pid}) {_ended(status)}"), pauses)
            await self._bring_up(pauses)

    async def stop(self) -> None:
        """Ends the server in order; more and more firmly if it does not."""
        if self._process is not None:
            ended_by = await stop_child(self._process, self.STOPPING)
            if ended_by not in (None, self.STOPPING[0][0]):
                log.warning("%s had to be stopped by %s", self.NAME, ended_by)
            self._process = None

    async def clear_leftovers(self) -> None:
        """Stops the server that an earlier run on this folder left behind, if there is one."""
        pid = self.pid_in_file()
        if pid is not None and self.is_ours(command_line(pid)):
            log.warning("stopping %s (process %d), left behind by a platform that was killed", self.NAME, pid)
            await stop_stranger(pid, self.is_ours, self.STOPPING)

    def pid_in_file(self) -> int | None:
        """The process id that the server wrote; None if it wrote none."""
        try:
            first, *_ = self.pid_file.read_text().split("\n")
            return int(first)
        except (FileNotFoundError, ValueError):
            return None

    def is_ours(self, line: str) -> bool:
        """Whether a command line is that of a server of this folder."""
        return self.PROGRAM in line and line.endswith(f" {self.last_argument}")

    async def run_tool(self, command: Sequence[str]) -> None:
        """Runs a tool to its end, its output in the server's log. Raises ServerFailed unless it succeeds."""
        process = await self._spawn(command, signal.SIGKILL)
        try:
            status = await process.wait()
        finally:
            await stop_child(process, [(signal.SIGKILL, 10)])
        if status:
            raise self._failed(f"could not be set up: {Path(command[0]).name} {_ended(status)}")

    async def _bring_up(self, pauses: Iterator[float]) -> None:
        while True:
            try:
                return await self._launch()
            except ServerFailed as failure:
                await self._pause(failure, pauses)

    async def _launch(self) -> None:
        await self.clear_leftovers()
        await self.prepare()
        process = self._process = await self._spawn(self.command(), self.DIES_BY)
        ended = asyncio.create_task(process.wait())
        loop = asyncio.get_running_loop()
        began = told = loop.time()
        try:
            while not await self.is_ready(process.pid):
                await asyncio.wait({ended}, timeout=POLL)
                if ended.done():
                    raise self._failed(f"did not start: it {_ended(ended.result())}")
                if loop.time() - told > _STILL_STARTING:
                    told = loop.time()
                    log.info("%s is starting since %d s, see %s", self.NAME, told - began, self.log_file)
        finally:
            ended.cancel()

    async def _spawn(self, command: Sequence[str], dies_by: signal.Signals) -> asyncio.subprocess.Process:
        with self._open_log() as output:
            return await asyncio.create_subprocess_exec(
                *as_child(command, dies_by, self.account),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                # Nothing of the caller's PG…, LANG or TZ reaches the servers.
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                # Out of the terminal's reach: Ctrl-C is for the platform, which stops its servers in order.
                start_new_session=True,
            )

    async def _pause(self, failure: ServerFailed, pauses: Iterator[float]) -> None:
        pause = next(pauses, None)
        if pause is None:
            raise failure
        log.error("%s\nStarting it again in %g s", failure, pause)
        await asyncio.sleep(pause)

    def _open_log(self) -> BinaryIO:
        if self.log_file.exists() and self.log_file.stat().st_size > _LOG_ROTATED_AT:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        output = os.fdopen(os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
        self._log_start = output.seek(0, os.SEEK_END)
        return output

    def _failed(self, what: str) -> ServerFailed:
        lines, size = _TAIL
        written = self.log_file.read_bytes()[self._log_start :] if self.log_file.exists() else b""
        tail = written[-size:].decode(errors="replace").splitlines()[-lines:]
        return ServerFailed(f"{self.NAME} {what}", self.log_file, "\n".join(tail))


def _ended(status: int) -> str:
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
