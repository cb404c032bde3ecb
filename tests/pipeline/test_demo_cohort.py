"""The demonstration cohort: the same everywhere, plainly made up, valid, and near the published figures."""

import os
import subprocess
import sys
from datetime import date
from enum import Enum
from itertools import pairwise
from pathlib import Path

import pytest

from lieu.demo import write_cohort
from lieu.import_folder import read_folder
from shared.language import codes
from tests.oracle import FILES, Facts, indicators, read

YEAR = (date(2016, 1, 1), date(2016, 12, 31))
SHOWN_ON = date(2018, 1, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "cohort"
    write_cohort(folder)
    return folder


@pytest.fixture(scope="module")
def cohort(folder: Path) -> Facts:
    return read(folder)


def test_it_is_the_same_bytes_in_another_process_with_other_hashes(folder: Path, tmp_path: Path) -> None:
    program = "import sys, pathlib; from lieu.demo import write_cohort; write_cohort(pathlib.Path(sys.argv[1]))"
    hashes = {**os.environ, "PYTHONHASHSEED": "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, env=hashes)
    for name in FILES:
        assert (tmp_path / f"{name}.csv").read_bytes() == (folder / f"{name}.csv").read_bytes()


def test_every_row_is_accepted(folder: Path, cohort: Facts) -> None:
    reading = read_folder(folder, SHOWN_ON)
    assert reading.refusals == []
    assert len(reading.dossiers) == len(cohort.pathways)


def test_nine_structures_of_nine_departements_say_that_they_are_made_up(cohort: Facts) -> None:
    assert [row["structure"] for row in cohort.structures] == [f"demo-{number}" for number in range(1, 10)]
    assert len({row["department"] for row in cohort.structures}) == 9
    for row in cohort.structures:
        assert row["name"].startswith("Démonstration")
        assert "fictive" in row["name"]
    for row in cohort.pathways:
        assert row["pathway"].startswith("demo-")
        assert row["person"].startswith("demo-")


def test_it_has_the_size_and_the_years_it_says(cohort: Facts) -> None:
    assert 600 <= len(cohort.pathways) <= 900
    happened = [row[column] for row in cohort.pathways for column in ("requested_on", "started_on") if row[column]]
    happened += [row["exited_on"] for row in cohort.exits]
    assert "2015-01-01" <= min(happened) <= max(happened) <= "2016-12-31"
    asked = {row["asked_on"][:4] for row in cohort.followups}
    assert max(asked) == "2017"


def test_the_published_shares_of_2016_are_met_within_a_point(cohort: Facts) -> None:
    residents = indicators(cohort, *YEAR, SHOWN_ON, by="housing")["chrs"]
    assert residents["supported"]["value"] > 100
    assert residents["transition_access_share"]["value"] == pytest.approx(0.27, abs=0.01)
    assert residents["durable_access_share"]["value"] == pytest.approx(0.12, abs=0.01)


NO_IMPORT_TELLS = {"mainstream_regained_share", "days_to_employment_km"}
"""The format has no mainstream support; and fewer than half find a job, so that there is no median."""


def test_it_shows_a_plausible_funnel_in_every_structure(cohort: Facts) -> None:
    nation = indicators(cohort, *YEAR, SHOWN_ON)
    assert {id for id, figure in nation.items() if not figure["value"]} == NO_IMPORT_TELLS
    assert nation["requests"]["value"] > nation["entries"]["value"] > nation["leavers"]["value"]
    assert nation["supported"]["value"] > nation["persons_supported"]["value"]
    for row in cohort.structures:
        figures = indicators(cohort, *YEAR, SHOWN_ON, f"structure:{row['structure']}")
        assert figures["supported"]["value"] >= 30
        assert 0.85 <= figures["welcomed_share"]["value"] <= 1
        assert figures["remobilised_share"]["value"] > 0.5
        assert figures["barriers_reduced_share"]["value"] > 0.4


@pytest.mark.parametrize(
    ("file", "column", "used"),
    [
        ("pathways", "requester", codes.Requester),
        ("pathways", "housing", codes.Housing),
        ("pathways", "sex", codes.Sex),
        ("pathways", "qualification_level", codes.Qualification),
        ("diagnostics", "purpose", codes.Purpose),
        ("barriers", "domain", codes.Barrier),
        ("barriers", "intensity", codes.Intensity),
        ("activities", "kind", codes.ActivityKind),
        ("activities", "status", codes.ActivityStatus),
        ("exits", "situation", codes.Situation),
        ("exits", "contract", codes.Contract),
        ("followups", "month", codes.FollowUpMonth),
        ("followups", "status", codes.FollowUpStatus),
    ],
)
def test_every_code_is_in_use(cohort: Facts, file: str, column: str, used: type[Enum]) -> None:
    found = {row[column] for row in getattr(cohort, file)} - {""}
    assert found == {str(code.value) for code in used}


def test_who_comes_back_had_left_before_and_is_the_same_person(cohort: Facts) -> None:
    left = {row["pathway"]: row for row in cohort.exits}
    courses: dict[str, list[dict[str, str]]] = {}
    for row in cohort.pathways:
        courses.setdefault(row["person"], []).append(row)
    returns = [course for course in courses.values() if len(course) > 1]
    assert returns
    for course in returns:
        for before, after in pairwise(course):
            assert left[before["pathway"]]["exited_on"] < after["requested_on"]
            assert left[before["pathway"]]["situation"] != "deceased"
            for column in ("birth_year", "sex"):
                assert before[column] == after[column]
    assert any(len({row["structure"] for row in course}) > 1 for course in returns)
