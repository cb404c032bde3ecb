"""`lieu` in processes of its own, forked from one that has everything loaded: to load it takes seconds.

Signals, exit status, pipes and children are those of any process. `lieu_anew` starts one as a shell does.
"""

import asyncio
import atexit
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

from tests.places import ROOT

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["lieu.cli", "lieu.platform", "lieu.up", "services.intake.retention_api"])


class Process:
    """A forked process, as `asyncio.subprocess.Process` is one; what it prints and what it complains of is `stdout`."""

    def __init__(self, process: ForkServerProcess, stdout: asyncio.StreamReader, pipe: asyncio.BaseTransport) -> None:
        assert process.pid is not None
        self._process, self._pipe, self.stdout, self.pid = process, pipe, stdout, process.pid

    @property
    def returncode(self) -> int | None:
        """Negative: the signal that ended it."""
        return self._process.exitcode

    async def wait(self) -> int:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        assert self.returncode is not None
        return self.returncode

    async def communicate(self) -> tuple[bytes, None]:
        told = await self.stdout.read()
        await self.wait()
        return told, None

    def send_signal(self, signal: int) -> None:
        os.kill(self.pid, signal)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


async def lieu(*arguments: str, prepare: Callable[..., Any] | None = None, told: tuple[Any, ...] = ()) -> Process:
    """`lieu` with these arguments. `prepare`: a function of a module, called before it with what it is `told`."""
    ours, theirs = os.pipe()
    inside = (DupFd(theirs), dict(os.environ), arguments, prepare, told)
    process = _forks.Process(target=_lieu, args=inside)
    process.start()
    os.close(theirs)
    stdout = asyncio.StreamReader()
    pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdout), os.fdopen(ours, "rb", 0)
    )
    return Process(process, stdout, pipe)


async def lieu_anew(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from lieu.cli import main; main()", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


def _lieu(
    stdout: Any, environment: dict[str, str], arguments: tuple[str, ...], prepare: Callable[..., Any] | None, told: Any
) -> None:
    from lieu.cli import main

    handle = stdout.detach()
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["lieu", *arguments]
    if prepare is not None:
        prepare(*told)
    try:
        main()
    finally:
        atexit._run_exitfuncs()  # which a forked process would leave out


async def up(data: Path, prepare: Callable[..., Any] | None = None, told: tuple[Any, ...] = ()) -> Process:
    (data / "running.json").unlink(missing_ok=True)
    platform = await lieu("up", "--data", str(data), "--port", "0", prepare=prepare, told=told)
    async with asyncio.timeout(180):
        while not (data / "running.json").exists():
            assert platform.returncode is None, "the platform does not come up"
            await asyncio.sleep(0.05)
    return platform


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
