"""An import speaks of every kind of facts that names a row, wherever one is planted."""

from dataclasses import make_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.language.contracts import Body
from shared.language.kind_rows import Rows
from shared.language.kinds import French, Kind
from shared.language.sealed import Sealed
from tests.places import TESTS
from tests.planting import FILE, LINE, MODULE, plant, run

PLANTED = TESTS / "planted"


@pytest.mark.slow
def test_planted_kinds_are_imported(tmp_path: Path) -> None:
    plant(tmp_path, MODULE, FILE, LINE.strip())
    visit = (PLANTED / "visit.py").read_text()
    copy = plant(tmp_path, visit, FILE, "employer_visits = Facts.of(kinds.visit.VISIT)")
    run(copy, "tests/planted/import_walk.py")


def kind(**types: Any) -> Kind[Any]:
    words = French("une", "R", "C", "F", {})
    return Kind("training", "visit", "visits", make_dataclass("Visit", types.items()), words, Body, row=("on",))


@pytest.mark.parametrize(
    "type", [datetime, bool, str, float, tuple[date, ...], date | int, Sealed], ids=lambda type: str(type)
)
def test_what_no_file_can_tell_is_refused_at_the_start(type: Any) -> None:
    with pytest.raises(TypeError, match=r"^visit: an import cannot read what, "):
        Rows(kind(on=date, what=type))


def test_a_row_is_told_apart_by_columns_that_it_has() -> None:
    assert [one.name for one in Rows(kind(on=date, note=Sealed | None)).columns] == ["on"]
    with pytest.raises(TypeError, match="visit: its row names what is no column: on"):
        Rows(kind(met_on=date))
    with pytest.raises(TypeError, match="visit: an import cannot read number, "):
        Rows(kind(on=date, number=int))
