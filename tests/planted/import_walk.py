"""An import that speaks of kinds of facts, in a source where mentorings and visits are planted."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lieu.import_folder import FolderRefused, read_folder
from lieu.importing import Summary
from services.training.domain import ActivityFile
from shared.language.history import imported_fact_id
from tests.harness import Running
from tests.imports.test_import_folder import FOLDER, write
from tests.spreadsheets import NAMES, SLASHES, Saved, texts, typed, workbook

TODAY = date(2025, 6, 30)
MENTORINGS = """\
pathway,met_on,means
anna,2024-02-01,phone
bruno,2024-02-08,visit
anna,2024-02-01,phone
"""
VISITS = """\
pathway,visited_on,workshop,hours,interest,level
anna,2024-03-01,Scierie: débit,3.5,8,3
anna,2024-03-01,Scierie,,,
"""
ALL = {"mentorings.csv": MENTORINGS, "employer-visits.csv": VISITS}
KINDS = [file.removesuffix(".csv") for file in ALL]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, dict(FOLDER))


def did(summary: Summary) -> tuple[int, list[str], list[str]]:
    """How many events came of it, what was refused, what has vanished."""
    return summary.events["training"], list(map(str, summary.refusals)), summary.vanished


async def recorded(running: Running, key: str) -> ActivityFile:
    store = running.service("training").state.runtime.store
    file: ActivityFile = await store.load(ActivityFile, await running.pathway(key))
    return file


async def test_rows_are_facts_compared_and_never_doubled(running: Running, folder: Path) -> None:
    without = await running.bring(folder)
    assert (without.refusals, without.vanished) == ([], [])

    summary = await running.bring(write(folder, ALL))
    assert did(summary) == (5, [], [])
    assert summary.facts == without.facts + 5
    assert did(await running.bring(folder)) == (0, [], [])
    assert did(await running.bring(workbook(folder, folder / "b.xlsx", typed, names=[*NAMES, *KINDS]))) == (0, [], [])

    pathway = await running.pathway("anna")
    first, second = ((pathway, "mentoring", "2024-02-01", number) for number in (1, 2))
    mentorings: Mapping[Any, Any] = (await recorded(running, "anna")).mentorings
    assert list(mentorings) == [imported_fact_id(*first), imported_fact_id(*second)]
    shown = (await running.http.get(f"/training/v1/pathways/{pathway}")).json()
    row = {"met_on": "2024-02-01", "means": "phone", "number": 1}
    assert shown["mentorings"][0] == {"current": row, "imported": row}
    assert [one["imported"]["number"] for one in shown["mentorings"]] == [1, 2]
    assert [one["current"]["hours"] for one in shown["employer_visits"]] == ["3.5", None]


async def test_a_changed_row_corrects_and_what_was_recorded_by_hand_stays(running: Running, folder: Path) -> None:
    await running.bring(write(folder, ALL))
    pathway = await running.pathway("anna")
    key = imported_fact_id(pathway, "mentoring", "2024-02-01", 1)
    by_hand = {"met_on": "2024-02-02", "means": "phone", "note": "Elle veut y retourner."}
    await running.post(f"/training/v1/pathways/{pathway}/mentorings/{key}/correction", by_hand)
    assert did(await running.bring(folder)) == (0, [], [])

    write(folder, {"mentorings.csv": MENTORINGS.replace("anna,2024-02-01,phone", "anna,2024-02-01,visit", 1)})
    assert did(await running.bring(folder)) == (1, [], [])
    corrected = (await recorded(running, "anna")).mentorings[key]
    assert (corrected.met_on, corrected.means) == (date(2024, 2, 2), "visit")
    assert corrected.note is not None
    assert corrected.note.text == "Elle veut y retourner."

    key = imported_fact_id(pathway, "employer-visit", "2024-03-01", '"Scierie"', 1)
    of_whole_day = {"visited_on": "2024-03-01", "workshop": "Scierie", "hours": 12, "interest": 5}
    await running.post(f"/training/v1/pathways/{pathway}/employer-visits/{key}/correction", of_whole_day)
    write(folder, {"employer-visits.csv": VISITS.replace("Scierie,,,", "Scierie,,9,")})
    assert did(await running.bring(folder)) == (1, [], [])
    visit = (await recorded(running, "anna")).employer_visits[key]
    assert (visit.hours, visit.interest) == (12, 9)


async def test_a_broken_row_is_refused_at_its_line_by_both(running: Running, folder: Path) -> None:
    tomorrow = "2099-01-01"
    lines = {"mentorings.csv": f"{MENTORINGS}bruno,{tomorrow},phone\nchloe,2024-03-02,fax\n"}
    visits = {"employer-visits.csv": VISITS.replace("3.5,8", "12.5,8") + "chloe,2024-03-05,,,11,\n"}
    summary = await running.bring(write(folder, ALL | lines | visits))
    refused = list(map(str, summary.refusals))
    assert refused[0].startswith(f"mentorings.csv:5:met_on: met on {tomorrow}, after today, ")
    assert refused[1].startswith("mentorings.csv:6:means: 'fax' is not one of ")
    assert refused[2:] == [
        "employer-visits.csv:2:hours: 12.5 hours are more than a day",
        "employer-visits.csv:4:workshop: required, but empty",
        "employer-visits.csv:4:interest: '11' cannot be taken: Input should be less than or equal to 10",
    ]
    assert (summary.pathways, summary.vanished) == (0, [])

    await running.bring(write(folder, ALL))
    request = {"structure": "alpha", "person": "P-7", "requested_on": "2024-01-08"}
    rows = [{"met_on": on, "means": "phone"} for on in ("2024-02-01", "2024-02-01", tomorrow)]
    sent = {"dossiers": [{"pathway": "anna", "request": request, "mentorings": rows}]}
    answer = await running.post("/training/v1/imports", sent)
    told = [(one["file"], one["row"], one["column"], one["reason"]) for one in answer[0]["problems"]]
    assert [one[:3] for one in told] == [("mentorings.csv", 2, "met_on"), ("mentorings.csv", 1, "met_on")]
    assert told[1][3] == "a second row of this pathway with met_on 2024-02-01, number 1"


async def test_a_row_that_is_no_longer_there_is_told(running: Running, folder: Path) -> None:
    await running.bring(write(folder, ALL))
    write(folder, {"mentorings.csv": MENTORINGS.replace("bruno", "anna")})
    (folder / "employer-visits.csv").unlink()
    assert did(await running.bring(folder)) == (
        1,
        [],
        [
            "employer-visits.csv: a row of pathway anna is no longer there (2024-03-01, Scierie: débit, 1)",
            "employer-visits.csv: a row of pathway anna is no longer there (2024-03-01, Scierie, 1)",
            "mentorings.csv: a row of pathway bruno is no longer there (2024-02-08, 1)",
        ],
    )


def test_what_a_spreadsheet_saves_reads_the_same(folder: Path, tmp_path: Path) -> None:
    names = [*NAMES, *KINDS]
    canonical = replace(read_folder(write(folder, ALL), TODAY), told=())
    saved = Saved(";", "cp1252", SLASHES, ",").save(folder, tmp_path / "saved", names)
    assert (
        "employer-visits.csv: read as semicolons, cp1252, dates JJ/MM/AAAA, decimal commas"
        in read_folder(saved, TODAY).told
    )
    books = [workbook(folder, tmp_path / f"{cell.__name__}.xlsx", cell, names=names) for cell in (typed, texts)]
    for path in (saved, *books):
        assert replace(read_folder(path, TODAY), told=()) == canonical


def test_a_file_of_a_kind_may_be_missing_but_not_broken(folder: Path) -> None:
    assert read_folder(folder, TODAY).refusals == []
    with pytest.raises(FolderRefused, match=r"^mentorings.csv: missing column means$"):
        read_folder(write(folder, {"mentorings.csv": "pathway,met_on\n"}), TODAY)
