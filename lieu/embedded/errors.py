"""What can go wrong with the embedded servers, in words for the person at the terminal."""

from pathlib import Path


class EmbeddedServersError(Exception):
    """Any of these; the message is whole and can be shown as it is."""


class PortTaken(EmbeddedServersError):
    """A port that was asked for is used by another program."""

    def __init__(self, port: int, what: str) -> None:
        super().__init__(f"port {port} on 127.0.0.1, asked for {what}, is used by another program")
        self.port, self.what = port, what


class DataFolderInUse(EmbeddedServersError):
    """Another running platform holds the data folder."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"the data folder {path} is in use by another running platform")
        self.path = path


class DataFolderUnusable(EmbeddedServersError):
    """The data folder cannot be used as it is."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"the data folder {path} cannot be used: {why}")
        self.path, self.why = path, why


class ServerFailed(EmbeddedServersError):
    """A server or one of its tools did not start, or ended by itself; `tail` is the end of its log."""

    def __init__(self, what: str, log_file: Path, tail: str) -> None:
        said = f"the end of {log_file}:\n{tail}" if tail else f"{log_file} says nothing about it"
        super().__init__(f"{what}; {said}")
        self.what, self.log_file, self.tail = what, log_file, tail
