"""Hostile folders against a running platform: each refused at its place, nothing half-done, the rest imported."""

from datetime import date
from pathlib import Path

import asyncpg
import pytest

from lieu.client import PlatformError
from lieu.import_sheets import FolderRefused
from tests.folders import COLUMNS
from tests.harness import Running

HEADERS = {name: ",".join(columns) for name, columns in COLUMNS.items()}
YEAR = (date(2024, 1, 1), date(2024, 12, 31))
SERVICES = ("intake", "diagnostic", "training", "outcomes")


def pathway(key: str, structure: str = "s01", withdrawn: str = "") -> str:
    return f"{key},{structure},h-{key},2024-01-10,,2024-01-11,2024-01-12,{withdrawn},,,,,"


def write_folder(folder: Path) -> None:
    """Two sound pathways, `good` with a row in every file and `lone` with none."""
    folder.mkdir(exist_ok=True)
    rows = {
        "structures": ["s01,Un,69"],
        "pathways": [pathway("good"), pathway("lone")],
        "diagnostics": ["good,2024-01-12,entry,3,2024-01-12", "good,2024-03-01,interim,6,"],
        "barriers": ["good,2024-01-12,housing,high", "good,2024-03-01,housing,low"],
        "activities": ["good,workshop,2024-02-01,2024-02-01,3.5,completed"],
        "exits": ["good,2024-05-01,employment,cdi,2024-05-02,"],
        "followups": ["good,3,2024-08-01,reached,employment"],
    }
    for name, header in HEADERS.items():
        (folder / f"{name}.csv").write_text("\n".join([header, *rows[name]]) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path)
    return tmp_path


def add(folder: Path, file: str, line: str) -> None:
    with (folder / file).open("a") as text:
        text.write(line + "\n")


MALFORMED = {
    "a broken byte": ("exits.csv", (HEADERS["exits"] + "\ngood,2024-05-01,unempl").encode() + b"\xff,,,\n"),
    "a missing column": ("exits.csv", b"pathway,exited_on,contract,contract_start,contract_end\n"),
    "an unknown column": ("followups.csv", (HEADERS["followups"] + ",mood\n").encode()),
    "an empty file": ("barriers.csv", b""),
    "a missing file": ("structures.csv", None),
}


async def test_a_malformed_file_refuses_the_folder_before_anything_is_written(running: Running, folder: Path) -> None:
    for file, content in MALFORMED.values():
        whole = (folder / file).read_bytes()
        (folder / file).unlink()
        if content is not None:
            (folder / file).write_bytes(content)
        with pytest.raises(FolderRefused) as refused:
            await running.bring(folder)
        assert all(str(refusal).startswith(f"{file}:") for refusal in refused.value.refusals)
        (folder / file).write_bytes(whole)
    for service in SERVICES:
        stored = await running.service(service).state.pool.fetchval("select count(*) from events")
        assert stored == 0, f"{service} recorded something of a refused folder"


HOSTILE = {
    "an unknown structure": ("pathways.csv", pathway("bad", structure="nowhere"), "pathways.csv:4:structure: "),
    "a start and a withdrawal": (
        "pathways.csv",
        pathway("bad", withdrawn="2024-02-01"),
        "pathways.csv:4:withdrawn_on: ",
    ),
    "a date in the future": (
        "pathways.csv",
        "bad,s01,h,2999-01-01,,,,,,,,,",
        "pathways.csv:4:requested_on: ",
    ),
    "a duplicate key": ("pathways.csv", pathway("lone"), "pathways.csv:4:pathway: "),
    "an exit before the start": ("exits.csv", "lone,2024-01-11,unemployed,,,", "exits.csv:3:exited_on: "),
    "an unknown code": ("exits.csv", "lone,2024-05-01,flying,,,", "exits.csv:3:situation: "),
    "a cell of 50 MB": ("exits.csv", f"lone,2024-05-01,{'x' * 50_000_000},,,", "exits.csv:3:situation: "),
    "a pathway of nobody": ("barriers.csv", "who,2024-02-01,housing,low", "barriers.csv:4:pathway: "),
    "a follow-up before the exit": ("followups.csv", "good,6,2024-04-30,refused,", "followups.csv:3:asked_on: "),
    "a second follow-up": ("followups.csv", "good,3,2024-08-02,refused,", "followups.csv:3:month: "),
}  # fmt: skip


AT_ONCE = {"an exit before the start", "a cell of 50 MB"}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[] if case in AT_ONCE else [pytest.mark.slow]) for case in HOSTILE]
)
async def test_a_refused_row_refuses_its_pathway_in_all_files_and_nothing_else(
    running: Running, folder: Path, case: str
) -> None:
    file, line, place = HOSTILE[case]
    add(folder, file, line)
    summary = await running.bring(folder)
    (refusal,) = map(str, summary.refusals)
    assert refusal.startswith(place), refusal
    assert len(refusal) < 400
    refused = {"lone", "good"} & {line.split(",")[0]}
    await running.caught_up()
    found = (await running.indicators("national", *YEAR))["indicators"]
    kept = {"good", "lone"} - refused
    assert found["requests"]["value"] == len(kept)
    assert found["leavers"]["value"] == found["hours_workshop"]["value"] / 3.5 == int("good" in kept)
    for service in SERVICES:
        rows = await running.service(service).state.pool.fetch("select distinct pathway from events")
        pathways = {row["pathway"] for row in rows} - {None}
        assert len(pathways) == (len(kept) if service == "intake" else int("good" in kept)), service
    again = await running.bring(folder)
    assert sum(again.events.values()) == 0, "the second import adds nothing"
    assert [str(refusal) for refusal in again.refusals] == [refusal]


async def test_a_platform_that_fails_in_the_middle_is_told_as_one_error(running: Running, folder: Path) -> None:
    await running.bring(folder)
    training = await asyncpg.connect(running.addresses.databases["training"].owner_url)
    try:
        await training.execute("alter table events rename to mislaid")
        add(folder, "activities.csv", "lone,support,2024-02-01,2024-02-01,1,partial")
        with pytest.raises(PlatformError, match="500 internal-error"):
            await running.bring(folder)
    finally:
        await training.execute("alter table mislaid rename to events")
        await training.close()
    assert dict((await running.bring(folder)).events)["training"] == 1, "run again, it goes on"
