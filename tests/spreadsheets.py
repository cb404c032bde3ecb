"""What a spreadsheet makes of an import folder: the same cells, saved in its ways. Knows no reader."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl

Rows = list[list[str]]
NAMES = ("structures", "pathways", "diagnostics", "barriers", "activities", "exits", "followups")
SLASHES, CELLS = "JJ/MM/AAAA", "cells"


def rows_of(folder: Path, name: str) -> Rows:
    """The cells of a canonical file."""
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.reader(file) if row]


def is_date(cell: str) -> bool:
    try:
        return date.fromisoformat(cell).isoformat() == cell
    except ValueError:
        return False


@dataclass(frozen=True)
class Saved:
    """One way of saving text files."""

    separator: str = ","
    encoding: str = "utf-8"
    dates: str = ""
    decimals: str = "."
    line_end: str = "\n"
    trailing: int = 0
    """Empty rows behind, and empty columns beside."""

    def save(self, canonical: Path, folder: Path, names: Sequence[str] = NAMES) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / f"{name}.csv").write_bytes(self.text(rows_of(canonical, name)).encode(self.encoding))
        return folder

    def text(self, rows: Rows) -> str:
        hours = rows[0].index("hours") if "hours" in rows[0] else None
        written = io.StringIO()
        writer = csv.writer(written, delimiter=self.separator, lineterminator=self.line_end)
        for row in rows:
            cells = [self._cell(cell, place == hours) for place, cell in enumerate(row)]
            writer.writerow(cells + [""] * self.trailing)
        for _ in range(self.trailing):
            written.write(self.separator * (len(rows[0]) + self.trailing - 1) + self.line_end)
        return written.getvalue()

    def _cell(self, cell: str, hours: bool) -> str:
        if hours:
            return cell.replace(".", self.decimals)
        return f"{date.fromisoformat(cell):%d/%m/%Y}" if self.dates == SLASHES and is_date(cell) else cell


def typed(column: str, cell: str) -> Any:
    """As somebody's typing makes it: numbers and dates where it looks like one, keys included, 01 as 1."""
    if is_date(cell):
        return datetime.fromisoformat(cell)
    if column == "hours" and cell:
        return float(cell)
    if cell.isdecimal() and str(int(cell)) == cell and len(cell) < 16:
        return int(cell)
    return int(cell) if column == "department" and cell.isdecimal() else cell or None


def texts(column: str, cell: str) -> Any:
    """As a column that was formatted as text keeps it."""
    return cell


def workbook(
    canonical: Path,
    file: Path,
    cell: Callable[[str, str], Any] = typed,
    *,
    suffix: str = "",
    names: Sequence[str] = NAMES,
) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Lisez-moi"
    for name in names:
        sheet = book.create_sheet(name + suffix)
        header, *rows = rows_of(canonical, name)
        sheet.append(header)
        for row in rows:
            sheet.append([cell(*pair) for pair in zip(header, row, strict=True)])
    book.save(file)
    return file
