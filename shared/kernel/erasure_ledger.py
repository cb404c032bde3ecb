"""The forgotten ids outside the database, so that a restored backup does not bring them back.

A folder with the file `erasures`, one keyed digest (hexadecimal) a line, and the file `copies`: further folders, one a
line, that get the same file. Backups are made beside such a copy, never around it.
"""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

log = logging.getLogger(__name__)

_LINE = 64
"""Hexadecimal digits of a digest."""


class ErasureLedger:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def _copies(self) -> Path:
        return self.folder / "copies"

    def digests(self) -> set[bytes]:
        """Without a line that a crash cut short: what it stood for was not confirmed, and is written again."""
        file = self.folder / "erasures"
        lines = file.read_text().split() if file.exists() else []
        return {bytes.fromhex(line) for line in lines if len(line) == _LINE}

    def add(self, digests: Iterable[bytes]) -> None:
        """Durable here before it returns. A copy that cannot be reached, as on a drive taken away, is told in the log
        and made up for at the next call. Raises OSError where this folder itself cannot be written."""
        self._append(set(digests) - self.digests())
        for place in self.copies():
            copy = ErasureLedger(place)
            try:
                copy._append(self.digests() - copy.digests())
            except OSError as error:
                log.warning("the erasure ledger could not be copied to %s: %s", place, error)

    def copies(self) -> list[Path]:
        return [Path(line) for line in self._copies.read_text().splitlines()] if self._copies.exists() else []

    def copy_to(self, place: Path) -> None:
        """From now on `place` gets all that is added here, and what both hold already. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if place not in self.copies():
            with self._copies.open("a") as file:
                file.write(f"{place}\n")
        here, there = self.digests(), ErasureLedger(place).digests()
        self._append(there - here)
        ErasureLedger(place)._append(here - there)

    def _append(self, digests: set[bytes]) -> None:
        if not digests:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.folder / "erasures", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as file:
            # On a line of its own, whatever a crash left at the end.
            file.write("".join(f"\n{digest.hex()}" for digest in sorted(digests)) + "\n")
            file.flush()
            os.fsync(file.fileno())
