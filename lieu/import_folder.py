"""Reads a historical import folder, format version 1: its CSV files in, checked pathways and refusals out.

    reading = read_folder(folder, today)                     # FolderRefused: not even the files can be read
    reading = reading.refuse_unknown(structures, pathways)   # what the platform has registered and knows

Beside the seven files there may be one of each kind of facts that is declared whole
(shared/language/kind_rows.py). Nothing here speaks to the platform. What a file may hold, beyond its columns' own
rules:

- Nothing is repaired but what a spreadsheet did to a table as a whole (lieu/import_sheets.py): spaces around a value
  of the canonical form, another case, +3, 1e3, 20210101 or digits of other scripts are refused with the value. Only an
  empty cell is "not known". Empty rows are skipped.
- A cell holds at most MOST_CHARACTERS characters, a record MOST_RECORD_CHARACTERS of import_sheets.
- A social-security number (NIR) is refused wherever it stands and never repeated, nor is any value with as
  many digits as one.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from lieu.import_sheets import MOST_CHARACTERS, Cell, FolderRefused, Lost, Refusal, Tables, opened
from shared.language import texts
from shared.language.codes import (
    DECIMALS_OF_HOURS,
    DEPARTMENT,
    PROGRAMME,
    STRUCTURE_CODE,
    ActivityKind,
    ActivityStatus,
    Barrier,
    Contract,
    FollowUpMonth,
    FollowUpStatus,
    Housing,
    Intensity,
    Purpose,
    Qualification,
    Requester,
    Sex,
    Situation,
)
from shared.language.days import DayRefused, day_of
from shared.language.history import (
    ActivityRow,
    BarrierRow,
    DiagnosticRow,
    ExitRow,
    FollowUpRow,
    Problem,
    SentDossier,
    SentPathwayRow,
    StructureRow,
    in_one_spelling,
    numbered,
)
from shared.language.history_checks import problems_of
from shared.language.kind_rows import IMPORTED, Column, Rows
from shared.language.nir import holds_nir


@dataclass(frozen=True)
class KeyedDossier:
    """A pathway as the folder has it, under the folder's own key.

    `lines` holds, by file, the line of each of the pathway's rows, in the order of the dossier. Whoever adds
    rows that only the platform knows adds them after the folder's, so that `refusal` still finds the line.
    """

    key: str
    dossier: SentDossier
    lines: Mapping[str, Sequence[int]]

    def refusal(self, problem: Problem) -> Refusal:
        """The problem at its line; that of a row which the folder lacks, at the pathway's first line."""
        lines = self.lines.get(problem.file, ())
        if problem.row < len(lines):
            return Refusal(problem.file, lines[problem.row], problem.column, problem.reason)
        file, line = next((file, lines[0]) for file, lines in self.lines.items() if lines)
        place = f"{problem.file}, {problem.column}"
        return Refusal(file, line, "pathway", f"with what the platform knows ({place}): {problem.reason}")


@dataclass(frozen=True)
class Orphan:
    """Readable rows, by file, of a pathway that pathways.csv does not hold; the platform may know it."""

    key: str
    rows: Mapping[str, Sequence[Any]]
    lines: Mapping[str, Sequence[int]]

    def joined(self, request: SentPathwayRow) -> KeyedDossier:
        """The pathway with the request that the platform knows. Its whole context is still to be checked."""
        return _keyed(self.key, {"pathways.csv": [request], **self.rows}, self.lines)


@dataclass(frozen=True)
class Reading:
    """What a folder holds, in the order of its files; nothing of a refused pathway is in `dossiers`.

    The whole context of each dossier is checked; an orphan's only row by row. `orphans` are by key. `refused`
    are the keys of the pathways that a refusal keeps out: they have not vanished from the folder.
    `structure_lines` tells where each of `structures` stands, `told` how files were read that are not canonical.
    """

    structures: list[StructureRow]
    structure_lines: Mapping[str, int]
    dossiers: list[KeyedDossier]
    orphans: Mapping[str, Orphan]
    refusals: list[Refusal]
    refused: frozenset[str]
    told: Sequence[str] = ()

    def refuse_unknown(self, structures: Collection[str], pathways: Collection[str]) -> "Reading":
        """The reading without what neither the folder nor the platform knows.

        `structures` are the codes registered on the platform, `pathways` the keys that it knows, at least
        those among the orphans'.
        """
        registered = {row.structure for row in self.structures}.union(structures)
        refusals: dict[str, list[Refusal]] = {}
        for keyed in self.dossiers:
            structure = keyed.dossier.request.structure
            if structure not in registered:
                reason = f"unknown structure {_shown(structure)}"
                line = keyed.lines["pathways.csv"][0]
                refusals[keyed.key] = [Refusal("pathways.csv", line, "structure", reason)]
        for orphan in self.orphans.values():
            if orphan.key not in pathways:
                reason = f"unknown pathway {_shown(orphan.key)}"
                refusals[orphan.key] = [
                    Refusal(file, line, "pathway", reason) for file, lines in orphan.lines.items() for line in lines
                ]
        return replace(
            self,
            dossiers=[keyed for keyed in self.dossiers if keyed.key not in refusals],
            orphans={key: orphan for key, orphan in self.orphans.items() if key not in refusals},
            refusals=_in_order([*self.refusals, *(refusal for found in refusals.values() for refusal in found)]),
            refused=self.refused.union(refusals),
        )


def read_folder(folder: Path, today: date) -> Reading:
    """Reads and checks the files; `today` is the latest date of any structure's. Raises FolderRefused."""
    tables, told = _tables(folder)
    for file in ("structures.csv", "pathways.csv", "exits.csv"):
        _refuse_second_rows(tables[file])
    structures = tables.pop("structures.csv")
    refused_structures = {record.key for record in structures if record.refusals}
    for record in tables["pathways.csv"]:
        if record.row is not None and record.row.structure in refused_structures:
            record.refuse("structure", f"structure {record.row.structure} is refused in structures.csv")

    refusals = [found for records in (structures, *tables.values()) for r in records for found in r.refusals]
    refused: set[str] = set()
    dossiers: list[KeyedDossier] = []
    orphans: dict[str, Orphan] = {}
    for key, records in _by_pathway(tables).items():
        rows, lines = _readable(records)
        broken = any(record.refusals for found in records.values() for record in found)
        if "pathways.csv" in rows:
            keyed = _keyed(key, rows, lines)
            checked = keyed.dossier
            if "exits.csv" in records and "exits.csv" not in rows:
                # Of an exit that cannot be read nothing is known, so nothing can be said of what follows it.
                checked = replace(checked, followups=())
            problems = problems_of(checked, today)
            refusals += map(keyed.refusal, problems)
            broken = broken or bool(problems)
        if broken:
            refused.add(key)
        elif "pathways.csv" in rows:
            dossiers.append(keyed)
        else:
            orphans[key] = Orphan(key, rows, lines)

    good = [record for record in structures if record.key not in refused_structures]
    return Reading(
        structures=[record.row for record in good],
        structure_lines={record.row.structure: record.line for record in good},
        dossiers=dossiers,
        orphans=orphans,
        refusals=_in_order(refusals),
        refused=frozenset(refused),
        told=told,
    )


# --- from records to pathways -----------------------------------------------------------------------------


@dataclass(slots=True)
class _Record:
    """One record of a file: its key where that can be read, its row where all can, and what is wrong."""

    file: str
    line: int
    key: str | None = None
    row: Any = None
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, column: str, reason: str) -> None:
        self.refusals.append(Refusal(self.file, self.line, column, reason))


def _refuse_second_rows(records: Iterable[_Record]) -> None:
    """In the files whose key is their first column alone."""
    first: dict[str, _Record] = {}
    for record in records:
        if record.key is not None and (earlier := first.setdefault(record.key, record)) is not record:
            key = _FORMATS[record.file].key
            record.refuse(key, f"a second row of this {key}; the first is in line {earlier.line}")


def _by_pathway(tables: Mapping[str, Iterable[_Record]]) -> dict[str, dict[str, list[_Record]]]:
    """The records of each pathway by file. One whose key cannot be read is nobody's."""
    pathways: dict[str, dict[str, list[_Record]]] = {}
    for file, records in tables.items():
        for record in records:
            if record.key is not None:
                pathways.setdefault(record.key, {}).setdefault(file, []).append(record)
    return pathways


def _readable(
    records: Mapping[str, Iterable[_Record]],
) -> tuple[dict[str, list[Any]], dict[str, list[int]]]:
    """By file the rows that could be read, and their lines."""
    rows: dict[str, list[Any]] = {}
    lines: dict[str, list[int]] = {}
    for file, found in records.items():
        for record in found:
            if record.row is not None:
                rows.setdefault(file, []).append(record.row)
                lines.setdefault(file, []).append(record.line)
    return rows, lines


def _keyed(key: str, rows: Mapping[str, Sequence[Any]], lines: Mapping[str, Sequence[int]]) -> KeyedDossier:
    exits = rows.get("exits.csv", ())
    dossier = SentDossier(
        pathway=key,
        request=rows["pathways.csv"][0],
        diagnostics=tuple(rows.get("diagnostics.csv", ())),
        barriers=tuple(rows.get("barriers.csv", ())),
        activities=numbered(rows.get("activities.csv", ())),
        exit=exits[0] if exits else None,
        followups=tuple(rows.get("followups.csv", ())),
        **{of.name: numbered(rows.get(of.file, ())) for of in IMPORTED},
    )
    return KeyedDossier(key, dossier, lines)


def _in_order(refusals: Iterable[Refusal]) -> list[Refusal]:
    order = {file: index for index, file in enumerate(_FORMATS)}
    return sorted(refusals, key=lambda refusal: (order[refusal.file], refusal.line or 0))


# --- from tables to records -------------------------------------------------------------------------------


def _tables(folder: Path) -> tuple[dict[str, list[_Record]], list[str]]:
    """The records of every file, and how it was read. Raises FolderRefused with all that is wrong with all of them."""
    tables, told, refusals = {}, [], []
    with opened(folder) as sheets:
        for file, format in _FORMATS.items():
            if format.may_be_missing and not sheets.has(file):
                continue
            try:
                tables[file], ways = _read_table(sheets, file, format)
            except FolderRefused as refused:
                refusals += refused.refusals
            else:
                told += [f"{file}: read as {', '.join(ways)}"] if ways else []
        told = [*sheets.told(), *told]
    if refusals:
        raise FolderRefused(refusals)
    return tables, told


def _read_table(sheets: Tables, file: str, format: "_Format") -> tuple[list[_Record], list[str]]:
    sheet = sheets.table(file, format.columns)
    refusals = list(_header_refusals(file, sheet.header, format))
    table = []
    try:
        if refusals:
            for _ in sheet.records:  # a malformed record further down is told with the rest
                pass
        else:
            table = [_record(file, line, cells, sheet.header, format) for line, cells in sheet.records]
    except FolderRefused as malformed:
        refusals += malformed.refusals
    if refusals:
        raise FolderRefused(refusals)
    return table, sheet.told


def _header_refusals(file: str, header: list[str], format: "_Format") -> Iterator[Refusal]:
    if not header:
        yield Refusal(file, None, None, "empty: the header is missing")
        return
    for name, times in Counter(header).items():
        if name not in format.columns:
            yield Refusal(file, 1, _shown(name)[1:-1] or "(no name)", "unknown column")
        elif times > 1:
            yield Refusal(file, 1, name, "duplicate column")
    for name in format.columns:
        if name not in header:
            yield Refusal(file, None, None, f"missing column {name}")


def _record(file: str, line: int, cells: Sequence[Cell], header: Sequence[str], format: "_Format") -> _Record:
    record = _Record(file, line)
    parse = format.columns
    values: dict[str, Any] = {}
    named = list(zip(header, cells, strict=False))
    if len(cells) != len(header):
        record.refuse("row", f"{len(cells)} cells where the header has {len(header)}")
        # The cells may have shifted: only the key is looked for, so that its pathway is refused.
        named = [(column, cell) for column, cell in named if column == format.key]
    for column, cell in named:
        if isinstance(cell, Lost):
            record.refuse(column, cell.reason)
        elif cell:
            try:
                values[column] = parse[column](cell)
            except _Unreadable as unreadable:
                record.refuse(column, _explained(cell, unreadable))
        elif column in format.required:
            record.refuse(column, "required, but empty")
    record.key = values.get(format.key)
    if not record.refusals:
        record.row = format.row(**values)
    return record


# --- from cells to values ---------------------------------------------------------------------------------


class _Unreadable(ValueError):
    """What a cell is not, as the end of a sentence that begins with its value."""


_NIR_DIGITS = 13
_SHOWN = 40


def _shown(value: str) -> str:
    """A value for a message: escaped, abbreviated, and never what may be a social-security number."""
    start = value[:MOST_CHARACTERS]
    if sum(map(str.isdecimal, start)) >= _NIR_DIGITS or holds_nir(start):  # Corsica's have a letter
        return f"(a value of {_NIR_DIGITS} digits or more, not repeated)"
    return repr(start if len(value) <= _SHOWN else f"{start[:_SHOWN]}…")


def _explained(cell: str, unreadable: _Unreadable) -> str:
    if len(cell) > MOST_CHARACTERS:
        return f"longer than {MOST_CHARACTERS} characters"
    if holds_nir(cell):
        return "a social-security number (NIR) is never imported, nor repeated here"
    if "\n" in cell:
        return f"{_shown(cell)} spans several lines: was a quotation mark left open?"
    if cell != cell.strip():
        return f"{_shown(cell)} has spaces around it"
    return f"{_shown(cell)} {unreadable}"


def _text(cell: str) -> str:
    if not cell.isprintable():
        raise _Unreadable("has characters that cannot be printed")
    return _taken(texts.key, cell)


def _name(cell: str) -> str:
    if len(cell) > MOST_CHARACTERS or cell != cell.strip():
        raise _Unreadable("is too long, or has spaces around it")
    return _taken(texts.name, cell)


def _taken(rule: Callable[[str], str], cell: str) -> str:
    try:
        return rule(cell)
    except PydanticCustomError as refused:
        raise _Unreadable(f"cannot be taken: {refused.message()}") from None


def _structure(cell: str) -> str:
    if not re.fullmatch(STRUCTURE_CODE, cell) or cell == PROGRAMME or holds_nir(cell):
        raise _Unreadable(f"is not 1 to 32 of a-z, 0-9 and -, other than {PROGRAMME}")
    return cell


def _department(cell: str) -> str:
    if not re.fullmatch(DEPARTMENT, cell):
        raise _Unreadable("is not a département (01-19, 2A, 2B, 21-95, 971-978, 984, 986-988)")
    return cell


def _date(cell: str) -> date:
    try:
        return day_of(cell)
    except DayRefused as refused:
        raise _Unreadable(str(refused)) from None


_WHOLE_NUMBER = re.compile(r"[0-9]{1,4}")


def _whole_number(cell: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(cell):
        raise _Unreadable("is not a whole number from 0 to 9999")
    return int(cell)


_HOURS = re.compile(rf"([0-9]{{1,5}})(?:\.([0-9]{{1,{DECIMALS_OF_HOURS}}}))?")


@lru_cache(maxsize=2**12)
def _hours(cell: str) -> Decimal:
    if _HOURS.fullmatch(cell) is None:
        raise _Unreadable("is not a number of hours from 0, such as 3 or 3.5 (at most 5 digits and 4 decimals)")
    return in_one_spelling(Decimal(cell))


def _code(codes: type[Enum]) -> Callable[[str], Enum]:
    by_value = {str(code.value): code for code in codes}

    def parse(cell: str) -> Enum:
        if cell not in by_value:
            raise _Unreadable(f"is not one of {', '.join(by_value)}")
        return by_value[cell]

    return parse


_OF_TYPE: Mapping[type, Callable[[str], Any]] = {date: _date, int: _whole_number, Decimal: _hours, str: _name}


def _of_column(column: Column) -> Callable[[str], Any]:
    """Reads a cell as its type is read anywhere, and holds it to whatever else the fact says of the field."""
    read = _code(column.read_as) if issubclass(column.read_as, Enum) else _OF_TYPE[column.read_as]
    held = TypeAdapter(column.hint)

    def parse(cell: str) -> Any:
        value = read(cell)
        try:
            return held.validate_python(value)
        except ValidationError as refused:
            raise _Unreadable(f"cannot be taken: {refused.errors()[0]['msg']}") from None

    return parse


@dataclass(frozen=True)
class _Format:
    """The columns of a file, each with what reads its cells, and the row that their values make.

    The first required column is the file's key, or begins it.
    """

    row: Callable[..., Any]
    required: Mapping[str, Callable[[str], Any]]
    optional: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    may_be_missing: bool = False

    @cached_property
    def columns(self) -> dict[str, Callable[[str], Any]]:
        return {**self.required, **self.optional}

    @property
    def key(self) -> str:
        return next(iter(self.required))


def _of_pathway(row: Callable[..., Any]) -> Callable[..., Any]:
    def build(pathway: str, **values: Any) -> Any:
        return row(**values)

    return build


def _of_kind(rows: Rows) -> _Format:
    required = {one.name: _of_column(one) for one in rows.columns if one.required}
    optional = {one.name: _of_column(one) for one in rows.columns if not one.required}
    return _Format(_of_pathway(rows.type), {"pathway": _text, **required}, optional, may_be_missing=True)


_FORMATS = {
    "structures.csv": _Format(
        StructureRow,
        {"structure": _structure, "name": _name, "department": _department},
    ),
    "pathways.csv": _Format(
        _of_pathway(SentPathwayRow),
        {"pathway": _text, "structure": _structure, "person": _text, "requested_on": _date},
        {
            "requester": _code(Requester),
            "welcomed_on": _date,
            "started_on": _date,
            "withdrawn_on": _date,
            "birth_year": _whole_number,
            "sex": _code(Sex),
            "qualification_level": _code(Qualification),
            "unemployment_months": _whole_number,
            "housing": _code(Housing),
        },
    ),
    "diagnostics.csv": _Format(
        _of_pathway(DiagnosticRow),
        {"pathway": _text, "completed_on": _date, "purpose": _code(Purpose)},
        {"remobilisation": _whole_number, "plan_agreed_on": _date},
    ),
    "barriers.csv": _Format(
        _of_pathway(BarrierRow),
        {"pathway": _text, "assessed_on": _date, "domain": _code(Barrier), "intensity": _code(Intensity)},
    ),
    "activities.csv": _Format(
        _of_pathway(ActivityRow),
        {
            "pathway": _text,
            "kind": _code(ActivityKind),
            "started_on": _date,
            "ended_on": _date,
            "status": _code(ActivityStatus),
        },
        {"hours": _hours},
    ),
    "exits.csv": _Format(
        _of_pathway(ExitRow),
        {"pathway": _text, "exited_on": _date, "situation": _code(Situation)},
        {"contract": _code(Contract), "contract_start": _date, "contract_end": _date},
    ),
    "followups.csv": _Format(
        _of_pathway(FollowUpRow),
        {
            "pathway": _text,
            "month": _code(FollowUpMonth),
            "asked_on": _date,
            "status": _code(FollowUpStatus),
        },
        {"situation": _code(Situation)},
    ),
    **{of.file: _of_kind(of) for of in IMPORTED},
}
