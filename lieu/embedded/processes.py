"""Processes as the system sees them: under which account they run, whose they are, how they end."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lieu.embedded.errors import EmbeddedServersError

Stopping = Sequence[tuple[signal.Signals, float]]
"""Signals to send in turn, each with the seconds after which the next one follows."""

POLL = 0.02
"""Seconds between two looks at something that cannot be awaited."""

_PROC = Path("/proc")
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_SETPCAP = 1, 2, 8  # bit numbers of linux/capability.h


@dataclass(frozen=True)
class Account:
    """An unprivileged account of the system."""

    uid: int
    gid: int


def unprivileged_account(folder: Path) -> Account | None:
    """Who runs a server that refuses root: None (we do) for an ordinary user; for root the owner of `folder`,
    or, where root owns it or it is not there yet, `postgres` or `nobody`. No account is created."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedServersError("PostgreSQL refuses root and there is no account postgres or nobody to run it under")


def as_child(command: Sequence[str], dies_by: signal.Signals, account: Account | None = None) -> list[str]:
    """`command` such that it gets `dies_by` when the thread that starts it ends, and runs under `account`.

    The account may read what root may read (not write), since binaries and data often lie under folders of
    mode 0700; also where a program asks access(2), as PostgreSQL's do of each other, which leaves capabilities out
    for an account that is not root unless no_setuid_fixup is set. Without util-linux (macOS) the command is returned
    as it is, for no other account.
    """
    setpriv = _setpriv()
    if setpriv is None:
        if account is not None:
            raise EmbeddedServersError(
                "PostgreSQL refuses root; running it under another account needs setpriv (util-linux): "
                "install it, or start the platform as an ordinary user"
            )
        return list(command)
    options = ["--pdeathsig", dies_by.name]
    if account is not None:
        options += ["--reuid", str(account.uid), "--regid", str(account.gid), "--clear-groups"]
        if capability := _reading_capability():
            options += ["--inh-caps", f"+{capability}", "--ambient-caps", f"+{capability}"]
            options += ["--securebits", "+no_setuid_fixup"] if _holds(_CAP_SETPCAP) else []
    return [setpriv, *options, "--", *command]


@cache
def _setpriv() -> str | None:
    """util-linux's setpriv; busybox's namesake knows no --pdeathsig."""
    path = shutil.which("setpriv")
    if path is None:
        return None
    probe = subprocess.run([path, "--pdeathsig", "keep", "true"], capture_output=True, check=False)
    return path if probe.returncode == 0 else None


def _reading_capability() -> str | None:
    """The weakest capability we hold and can hand on that opens other people's folders. Containers often have
    the second only."""
    if _holds(_CAP_DAC_READ_SEARCH):
        return "dac_read_search"
    return "dac_override" if _holds(_CAP_DAC_OVERRIDE) else None


def _holds(capability: int) -> bool:
    held = {name: int(value, 16) for name, value in _status_lines() if name in ("CapPrm", "CapBnd")}
    return bool(held.get("CapPrm", 0) & held.get("CapBnd", 0) & 1 << capability)


def check_reach(account: Account, *paths: Path) -> None:
    """Raises EmbeddedServersError, in one line, for a path that the account may not enter or run, also as our child."""
    for path in paths:
        probe = as_child(["test", "-x", str(path)], signal.SIGKILL, account)
        if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
            raise EmbeddedServersError(
                f"PostgreSQL refuses root, and the account {account.uid} under which it runs instead may not reach "
                f"{path}, nor may root here lend it the right: start the platform as an ordinary user, or let others "
                "enter the folders above"
            )


def _status_lines() -> Iterator[tuple[str, str]]:
    for line in (_PROC / "self" / "status").read_text().splitlines():
        name, _, value = line.partition(":")
        yield name, value.strip()


def command_line(pid: int) -> str:
    """The arguments of a process, separated by spaces; empty if there is none, or one that has ended."""
    if _PROC.joinpath("self").exists():
        try:
            line = (_PROC / str(pid) / "cmdline").read_bytes()
        except OSError:  # gone, or hidden from us
            return ""
        return line.rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    shown = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)
    return shown.stdout.decode(errors="replace").strip()


def running(sought: Callable[[str], bool]) -> list[int]:
    """The processes with a command line that is sought; none where the system has no /proc."""
    if not _PROC.joinpath("self").exists():
        return []
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]
    return [pid for pid in pids if sought(command_line(pid))]


async def stop_stranger(pid: int, sought: Callable[[str], bool], stopping: Stopping) -> None:
    """Ends a process that is not our child, for as long as its command line is one that is sought."""
    loop = asyncio.get_running_loop()
    for number, seconds in stopping:
        deadline = loop.time() + seconds
        with suppress(ProcessLookupError):
            if sought(command_line(pid)):
                os.kill(pid, number)
        while sought(command_line(pid)):
            if loop.time() > deadline:
                break
            await asyncio.sleep(POLL)
        else:
            return
    raise EmbeddedServersError(f"process {pid} of an earlier run does not end: {command_line(pid)}")


async def stop_child(process: asyncio.subprocess.Process, stopping: Stopping) -> signal.Signals | None:
    """Ends a child and reaps it; returns the signal that did it, None if it had ended before."""
    for number, seconds in stopping:
        if process.returncode is not None:
            return None
        with suppress(ProcessLookupError):
            process.send_signal(number)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), seconds)
            return number
    raise EmbeddedServersError(f"process {process.pid} does not end")
