"""What one field alone may say is the same over HTTP and in an import, value by value."""

import csv
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lieu.import_folder import read_folder
from shared.kernel.clock import today
from tests.descriptions import resolved, routes
from tests.harness import Running
from tests.imports.test_import_folder import FOLDER, write

pytestmark = pytest.mark.slow

TEXTS = ["Kaz", "K" * 200, "K" * 201, "\u200b", "a\u202eb", "a\x07b", "e\u0301", "O’Brien\u00a0!", "184076912345668",
         "1 84 07 69 123 456", "1840769123456", "\u3164", "名前"]  # fmt: skip
DEPARTMENTS = [*(f"{n:02}" for n in range(100)), *(f"{n}" for n in range(970, 990)), "2A", "2B", "2C", "2a", "1", "069"]
CODES = ["s01", "programme", "a" * 32, "a" * 33, "S01", "a_b", "-", "1840769123456", "184-07-69-123-456", "é"]
HOURS = ["0", "0.0001", "0.00001", "12.5", "4999.9999", "5000", "5000.0001", "5001", "99999", "100000"]
YEARS = [1899, 1900, 1990, 2023, 2024, 2025, 2100, 2200]
MONTHS = [0, 1, 1199, 1200, 1201, 9999]
SCORES = [0, 5, 10, 11]


class Doors:
    """Whether a value is taken: by a command, and by an import as the cell of a row."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running, self.folder = running, folder

    async def command(self, path: str, body: dict[str, Any]) -> bool:
        answer = await self.running.http.post(path, json=body)
        assert answer.status_code in (201, 200, 409, 422), answer.text
        return answer.is_success

    def cell(self, file: str, column: str, value: object) -> bool:
        header, first, *rest = csv.reader(FOLDER[f"{file}.csv"].splitlines())
        first[header.index(column)] = str(value)
        with (self.folder / "changed.csv").open("w", newline="") as changed:
            csv.writer(changed, lineterminator="\n").writerows((header, first, *rest))
        files = FOLDER | {f"{file}.csv": (self.folder / "changed.csv").read_bytes()}
        reading = read_folder(write(self.folder, files), today())
        return not any((one.file, one.line, one.column) == (f"{file}.csv", 2, column) for one in reading.refusals)


@pytest.fixture
async def doors(running: Running, tmp_path: Path) -> Doors:
    (tmp_path / "folder").mkdir()
    return Doors(running, tmp_path / "folder")


async def test_of_a_structure(doors: Doors) -> None:
    for text in TEXTS:
        structure = {"structure": f"x-{uuid4().hex[:8]}", "name": text, "department": "69"}
        taken = await doors.command("/intake/v1/structures", structure)
        assert taken is doors.cell("structures", "name", text), text
    for department in DEPARTMENTS:
        structure = {"structure": f"y-{uuid4().hex[:8]}", "name": "Kaz", "department": department}
        taken = await doors.command("/intake/v1/structures", structure)
        assert taken is doors.cell("structures", "department", department), department
    for code in CODES:
        taken = await doors.command("/intake/v1/structures", {"structure": code, "name": "Kaz", "department": "69"})
        assert taken is doors.cell("structures", "structure", code), code


async def test_of_a_request(doors: Doors) -> None:
    await doors.running.a_started_pathway()
    for field, values in (("birth_year", YEARS), ("unemployment_months", MONTHS)):
        for value in values:
            request = {"structure": "s01", "requested_on": "2024-01-08", field: value}
            taken = await doors.command("/intake/v1/pathways", {"request": request, "identity": {"called": "Anna"}})
            assert taken is doors.cell("pathways", field, value), (field, value)


async def test_of_scores_and_hours(doors: Doors) -> None:
    pathway = await doors.running.a_started_pathway()
    await doors.running.caught_up()
    for score in SCORES:
        diagnostic = {"completed_on": "2024-01-20", "purpose": "entry", "remobilisation": score}
        taken = await doors.command(f"/diagnostic/v1/pathways/{pathway}/diagnostics", diagnostic)
        assert taken is doors.cell("diagnostics", "remobilisation", score), score
    for hours in HOURS:
        activity = {"kind": "workshop", "started_on": "2024-01-22", "ended_on": "2024-01-22", "status": "completed"}
        taken = await doors.command(f"/training/v1/pathways/{pathway}/activities", activity | {"hours": float(hours)})
        assert taken is doors.cell("activities", "hours", hours), hours


async def test_what_is_published_of_imported_numbers_is_what_is_checked(doors: Doors) -> None:
    """A row that comes by an import can be corrected by hand as it stands."""
    pathway, activity = await doors.running.a_started_pathway(), str(uuid4())
    path = f"/training/v1/pathways/{pathway}/activities"
    fact = {"kind": "workshop", "started_on": "2024-01-22", "ended_on": "2024-01-22", "status": "completed"}
    await doors.running.post(path, fact | {"id": activity, "hours": 3}, 201)
    await doors.running.post(f"{path}/{activity}/correction", fact | {"hours": 4999.1234}, 201)
    recorded = (await doors.running.http.get(f"/training/v1/pathways/{pathway}")).json()["activities"][0]["current"]
    assert Decimal(recorded["hours"]) == Decimal("4999.1234")


COLUMNS = [
    ("pathways", "requester"), ("pathways", "sex"), ("pathways", "qualification_level"), ("pathways", "housing"),
    ("diagnostics", "purpose"), ("barriers", "domain"), ("barriers", "intensity"), ("activities", "kind"),
    ("activities", "status"), ("exits", "situation"), ("exits", "contract"), ("followups", "status"),
]  # fmt: skip


async def test_of_codes(doors: Doors) -> None:
    bodies = {
        "pathways": ("/v1/pathways/{pathway}/request/correction", "intake"),
        "diagnostics": ("/v1/pathways/{pathway}/diagnostics", "diagnostic"),
        "barriers": ("/v1/pathways/{pathway}/barriers", "diagnostic"),
        "activities": ("/v1/pathways/{pathway}/activities", "training"),
        "exits": ("/v1/pathways/{pathway}/exit", "outcomes"),
        "followups": ("/v1/pathways/{pathway}/follow-ups/{month}", "outcomes"),
    }
    all_of = {(one.service, one.path): one for one in routes(doors.running) if one.method == "post"}
    for file, column in COLUMNS:
        path, service = bodies[file]
        route = all_of[service, path]
        assert route.body is not None
        published = {str(code) for code in resolved(route.body["properties"][column], route.schemas)["enum"]}
        header, first, *rest = csv.reader(FOLDER[f"{file}.csv"].splitlines())
        first[header.index(column)] = "no such code"
        rows = "".join(",".join(f'"{cell}"' for cell in cells) + "\n" for cells in (header, first, *rest))
        reading = read_folder(write(doors.folder, FOLDER | {f"{file}.csv": rows}), today())
        (reason,) = [one.reason for one in reading.refusals if (one.line, one.column) == (2, column)]
        assert set(re.sub(".* is not one of ", "", reason).split(", ")) == published, (file, column)
