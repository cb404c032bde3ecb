"""The forgotten ids outside the database."""

import logging
from pathlib import Path

import pytest

from shared.kernel.erasure_ledger import ErasureLedger

ONE, TWO, THREE = (bytes([number]) * 32 for number in (1, 2, 3))


def test_a_copy_gets_all_that_was_and_all_that_comes_and_gives_what_it_had(tmp_path: Path) -> None:
    here, there = ErasureLedger(tmp_path / "here"), ErasureLedger(tmp_path / "there")
    assert here.digests() == set()
    here.add([ONE])
    there.add([TWO])
    here.copy_to(there.folder)
    here.copy_to(there.folder)
    assert here.copies() == [there.folder]
    here.add([THREE, ONE])
    assert here.digests() == there.digests() == {ONE, TWO, THREE}
    assert (tmp_path / "here" / "erasures").stat().st_mode & 0o077 == 0


def test_a_line_that_a_crash_cut_short_spoils_no_other(tmp_path: Path) -> None:
    ledger = ErasureLedger(tmp_path)
    ledger.add([ONE])
    with (tmp_path / "erasures").open("a") as file:
        file.write(TWO.hex()[:33])
    assert ledger.digests() == {ONE}
    ledger.add([TWO, THREE])
    assert ledger.digests() == {ONE, TWO, THREE}


def test_a_copy_that_is_away_is_told_and_made_up_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    here, there = ErasureLedger(tmp_path / "here"), ErasureLedger(tmp_path / "drive" / "there")
    here.copy_to(there.folder)
    (tmp_path / "drive").touch()  # nothing can be made below it
    with caplog.at_level(logging.WARNING):
        here.add([ONE])
    assert "could not be copied" in caplog.text
    assert here.digests() == {ONE}
    (tmp_path / "drive").unlink()
    here.add([TWO])
    assert there.digests() == {ONE, TWO}
