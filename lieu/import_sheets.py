"""Reads the tables of an import out of what people have: a folder of CSV files, or a workbook (.xlsx).

    with opened(path) as tables:                       # FolderRefused: neither a folder nor a workbook
        table = tables.table("exits.csv", columns)     # FolderRefused: no such file, or undecodable
        for line, cells in table.records: ...          # FolderRefused before the first: malformed, or ambiguous

The canonical form is UTF-8, commas, AAAA-MM-JJ and 3.5, and nothing of it is repaired. What a spreadsheet makes of it
is read where it has one meaning in its whole table, and told (`Table.told`); docs/import.md lists what, and
docs/decisions/0030-what-a-spreadsheet-saves.md why. Every table is read as a stream, twice: once to see how it is
written, once for its records.
"""

import codecs
import csv
import os
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol, TextIO

from shared.language.kind_rows import columns_read_as

MOST_CHARACTERS = 200
"""Characters of one cell at most: the longest that any column allows (a key, a structure's name)."""
MOST_RECORD_CHARACTERS = 65_536
"""Characters of one record at most, counted after cells that are too long were cut. It is below the csv
module's own limit on a cell, which belongs to the whole process and is left alone."""

DATES = frozenset(
    {"requested_on", "welcomed_on", "started_on", "withdrawn_on", "completed_on", "plan_agreed_on", "assessed_on"}
    | {"ended_on", "exited_on", "contract_start", "contract_end", "asked_on"}
    | columns_read_as(date)
)
DECIMALS = frozenset({"hours"} | columns_read_as(Decimal))
TEXTS = frozenset({"pathway", "person", "structure", "name"} | columns_read_as(str))
"""Columns by what a spreadsheet may do to their cells; the others hold codes and whole numbers."""


@dataclass(frozen=True)
class Refusal:
    """One line of the report: `exits.csv:3:exited_on: reason`.

    `line` is the physical line where the record starts, or the row of the sheet (the header is line 1). A rule about
    a whole file has no line, and a malformed line no column; a record with too many or too few cells names `row`.
    """

    file: str
    line: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.reason}"


class FolderRefused(Exception):
    """The folder is no import of format version 1: nothing of it may be used. Names every file and rule."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = list(refusals)
        super().__init__("\n".join(map(str, self.refusals)))


def _refuse(file: str, reason: str, line: int | None = None, column: str | None = None) -> NoReturn:
    raise FolderRefused([Refusal(file, line, column, reason)])


@dataclass(frozen=True)
class Lost:
    """A cell whose value the spreadsheet did not keep, and why. It refuses its row."""

    reason: str


Cell = str | Lost
Record = tuple[int, list[Cell]]
"""The line, and the cells under the names of the header."""


@dataclass
class Table:
    """A file or a sheet. `told`: how it is written where that is not canonical; whole once the records are read."""

    header: list[str]
    records: Iterator[Record]
    told: list[str]


class Tables(Protocol):
    """The tables of one folder or workbook."""

    def has(self, file: str) -> bool:
        """Whether there is anything of that name."""

    def table(self, file: str, columns: Collection[str]) -> Table:
        """The table of that file, which should have these columns. Raises FolderRefused."""

    def told(self) -> list[str]:
        """Lines about the whole, after the last table."""


@contextmanager
def opened(path: Path) -> Iterator[Tables]:
    """Raises FolderRefused where there is neither a folder nor a workbook."""
    with ExitStack() as stack:
        yield _Folder(path) if path.is_dir() else _Workbook(path, stack)


def _table(habits: "_Habits", rows: Callable[[], Iterator[Record]], told: list[str]) -> Table:
    """Of the rows behind the header, which can be read again."""
    table = Table(habits.header, iter(()), told)

    def records() -> Iterator[Record]:
        for line, cells in rows():
            habits.see(line, cells)
        table.told += habits.told()
        for line, cells in rows():
            if any(cells):
                yield line, habits.read(cells)

    table.records = records()
    return table


def _fitted(cells: list[Cell], width: int) -> list[Cell]:
    """Without the empty cells that a spreadsheet puts behind the last column."""
    while len(cells) > width and not cells[-1]:
        cells.pop()
    return cells


# --- how a table writes its dates and decimals ------------------------------------------------------------

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCAL_DATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_SLASHED_DATE = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/(?:[0-9]{2}|[0-9]{4})")
_COMMA = re.compile(r"([0-9]+),([0-9]+)")
_POINT = re.compile(r"[0-9]+\.[0-9]+")
_SHORTENED = re.compile(r"-?[0-9](?:[.,][0-9]+)?E\+[0-9]{2,3}")
"""How a spreadsheet shows, and saves as CSV, a number of more digits than it keeps."""

_LOST_DIGITS = "a long number of which the spreadsheet kept 15 digits: format the column as text and enter it again"
_HOW_TO_SAVE_DATES = "format every column of dates as AAAA-MM-JJ, or every one as JJ/MM/AAAA, and save again"
_HOW_TO_SAVE_DECIMALS = "save all hours with a comma, or all with a point"


class _Habits:
    """What the cells of a table have in common: seen in all of them first, so that none is read by a guess."""

    def __init__(self, file: str, header: list[str], *, by_commas: bool = False, by_spreadsheet: bool = True) -> None:
        self.header = header
        self._file, self._by_commas, self._by_spreadsheet = file, by_commas, by_spreadsheet
        self._first: dict[str, tuple[int, str, str]] = {}
        """Line, column and text of the first cell of each way of writing."""

    def see(self, line: int, cells: Sequence[Cell]) -> None:
        """Raises FolderRefused at a cell that makes the table ambiguous."""
        if self._by_commas and len(cells) == len(self.header) + 1:
            self._refuse_split_decimals(line, cells)
        if len(cells) != len(self.header):
            return
        for column, cell in zip(self.header, cells, strict=True):
            if not isinstance(cell, str):
                continue
            if column in DATES:
                self._see_date(line, column, cell)
            elif column in DECIMALS and _COMMA.fullmatch(cell):
                self._see(",", ".", line, column, cell, _HOW_TO_SAVE_DECIMALS)
            elif column in DECIMALS and _POINT.fullmatch(cell):
                self._see(".", ",", line, column, cell, _HOW_TO_SAVE_DECIMALS)

    def told(self) -> list[str]:
        """The ways that are not canonical."""
        names = {"/": "dates JJ/MM/AAAA", ",": "decimal commas"}
        return [name for way, name in names.items() if way in self._first]

    def read(self, cells: list[Cell]) -> list[Cell]:
        """The cells in the canonical form; a cell that has none stays as it is, for its column to refuse."""
        beyond = cells[len(self.header) :]
        return [*(self._canonical(*pair) for pair in zip(self.header, cells, strict=False)), *beyond]

    def _canonical(self, column: str, cell: Cell) -> Cell:
        if isinstance(cell, Lost):
            return cell
        if column in DATES and (local := _LOCAL_DATE.fullmatch(cell)):
            return _iso_date(local) or cell
        if column in DECIMALS and (decimal := _COMMA.fullmatch(cell)):
            return f"{decimal[1]}.{decimal[2]}"
        if column in TEXTS and _SHORTENED.fullmatch(cell):
            return Lost(_LOST_DIGITS)
        if column == "department" and self._by_spreadsheet and len(cell) == 1:
            return f"0{cell}"  # 01 is the number 1 to it
        return cell

    def _see_date(self, line: int, column: str, cell: str) -> None:
        if _ISO_DATE.fullmatch(cell):
            self._see("-", "/", line, column, cell, _HOW_TO_SAVE_DATES)
        elif _SLASHED_DATE.fullmatch(cell):
            self._see("/", "-", line, column, cell, _HOW_TO_SAVE_DATES)
            local = _LOCAL_DATE.fullmatch(cell)
            if local is None or int(local[1]) <= 12 < int(local[2]):
                reason = f"{cell!r} is not JJ/MM/AAAA and may have the month first: {_HOW_TO_SAVE_DATES}"
                _refuse(self._file, reason, line, column)

    def _see(self, way: str, other: str, line: int, column: str, cell: str, remedy: str) -> None:
        self._first.setdefault(way, (line, column, cell))
        if other in self._first:
            there, where, text = self._first[other]
            reason = f"{cell!r} here and {text!r} in line {there}, {where}, are two ways of writing: {remedy}"
            _refuse(self._file, reason, line, column)

    def _refuse_split_decimals(self, line: int, cells: Sequence[Cell]) -> None:
        """3,5 without quotation marks is two cells of a file that commas separate."""
        for place, column in enumerate(self.header):
            split = [cell for cell in cells[place : place + 2] if isinstance(cell, str) and cell.isdecimal()]
            if column in DECIMALS and len(split) == 2:
                reason = f"the comma of {','.join(split)!r} separates cells in this file: save it with semicolons"
                _refuse(self._file, reason, line, column)


def _iso_date(local: re.Match[str]) -> str | None:
    day, month, year = map(int, local.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


# --- a folder of CSV files --------------------------------------------------------------------------------


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def told(self) -> list[str]:
        return []

    def has(self, file: str) -> bool:
        return os.path.lexists(self._folder / file)

    def table(self, file: str, columns: Collection[str]) -> Table:
        path = self._folder / file
        try:
            if not path.is_file():
                _refuse(file, "not a file" if path.exists() else "missing file")
            return _CsvFile(path, columns).table()
        except OSError as error:
            _refuse(file, f"cannot be read: {error.strerror}")


class _CsvFile:
    """A file, and how it is written: its encoding, what ends its lines, what separates its cells."""

    def __init__(self, path: Path, columns: Collection[str]) -> None:
        self._path = path
        self._encoding = _encoding(path)
        self._line_end = self._find_line_end()
        self._separator = self._find_separator(columns)
        self._spreadsheet = self._separator != "," or self._encoding != "utf-8-sig"

    def table(self) -> Table:
        _, names = next(self._rows(), (1, []))
        header = [str(name) for name in _fitted(names, 0)]
        habits = _Habits(self._path.name, header, by_commas=self._separator == ",", by_spreadsheet=self._spreadsheet)
        return _table(habits, lambda: self._behind(len(header)), self._told())

    def _told(self) -> list[str]:
        names = {";": "semicolons", "\t": "tabs", "cp1252": "cp1252", "utf-16": "UTF-16", "\r": "carriage returns"}
        return [names[way] for way in (self._separator, self._line_end, self._encoding) if way in names]

    def _behind(self, width: int) -> Iterator[Record]:
        rows = self._rows()
        next(rows, None)
        return ((line, _fitted(cells, width)) for line, cells in rows)

    def _rows(self) -> Iterator[Record]:
        """The line and the cells of each record, the header's first. Raises FolderRefused at a malformed one."""
        with self._text(self._line_end) as text:
            lines = _Lines(text, self._line_end, self._separator)
            reader = csv.reader(lines, delimiter=self._separator, strict=True)
            while True:
                line = lines.begin_record()
                try:
                    try:
                        cells = next(reader)
                    except _RecordTooLong:
                        cut = lines.cut_record()
                        cells = next(csv.reader([cut], delimiter=self._separator, strict=True))
                except StopIteration:
                    return
                except csv.Error as error:
                    reason = f"malformed CSV ({error}): look for a lone quotation mark or carriage return"
                    _refuse(self._path.name, reason, line)
                except _RecordTooLong:
                    reason = f"malformed CSV, a record of more than {MOST_RECORD_CHARACTERS} characters"
                    _refuse(self._path.name, reason, line)
                yield line, [_of_spreadsheet(cell) for cell in cells] if self._spreadsheet else list(cells)

    def _text(self, line_end: str) -> TextIO:
        return self._path.open(encoding=self._encoding, newline=line_end)

    def _find_line_end(self) -> str:
        r"""\n, which may follow a \r; \r only where the whole file has none."""
        with self._text("") as text:
            found = "\n"
            while part := text.read(MOST_RECORD_CHARACTERS):
                if "\n" in part:
                    return "\n"
                found = "\r" if "\r" in part else found
            return found

    def _find_separator(self, columns: Collection[str]) -> str:
        """The one that leaves the most known names in the header; none of them has a separator within."""
        with self._text(self._line_end) as text:
            header = text.readline(MOST_RECORD_CHARACTERS)
        names = {separator: _known_names(header, separator, columns) for separator in (",", ";", "\t")}
        if not any(names.values()) and sum(name in header for name in columns) > 1:
            _refuse(self._path.name, "its cells are not separated by semicolons, commas or tabs: save it so", 1)
        return max(names, key=names.__getitem__)


def _known_names(header: str, separator: str, columns: Collection[str]) -> int:
    try:
        return sum(name.strip() in columns for name in next(csv.reader([header], delimiter=separator), []))
    except csv.Error:
        return 0


def _of_spreadsheet(cell: str) -> str:
    """Without the spaces around it, which nobody sees in a grid."""
    return cell.strip()


class _RecordTooLong(Exception):
    pass


class _Lines:
    """The physical lines of a file for `csv.reader`, which asks for more while a quoted cell is open."""

    def __init__(self, text: TextIO, line_end: str, separator: str) -> None:
        # Only line_end ends a line here: beside \n, a lone carriage return is for csv to refuse.
        self._text, self._line_end = text, line_end
        self._long_cell = re.compile(rf"[^{re.escape(separator)}\r\n]{{{_CUT},}}")
        self._read = 0
        self._record = ""

    def begin_record(self) -> int:
        """The line at which the next record starts."""
        self._record = ""
        return self._read + 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._more()
        if not line:
            raise StopIteration
        self._record += line
        if len(self._record) > MOST_RECORD_CHARACTERS:
            raise _RecordTooLong
        return line

    def cut_record(self) -> str:
        """All of the record that was too long, its long cells cut, yet not so short that they would pass.

        Memory stays at a few times the limit, however long the record is. Raises _RecordTooLong where it is
        too many separators or quotation marks that make it long.
        """
        record = more = self._record
        quoted = False
        while True:
            quoted ^= more.count('"') % 2 == 1
            complete = not more or (more.endswith(self._line_end) and not quoted)
            if complete or len(record) > MOST_RECORD_CHARACTERS:
                record = self._with_long_cells_cut(record)
            if len(record) > MOST_RECORD_CHARACTERS:
                raise _RecordTooLong
            if complete:
                return record
            more = self._more()
            record += more

    def _with_long_cells_cut(self, record: str) -> str:
        parts = record.split('"')  # every second one is quoted
        for index, part in enumerate(parts):
            if len(part) > _CUT:
                parts[index] = part[:_CUT] if index % 2 else self._long_cell.sub(lambda cell: cell[0][:_CUT], part)
        return '"'.join(parts)

    def _more(self) -> str:
        # One character more than a record may have, so that csv is never given a part of a line.
        part = self._text.readline(MOST_RECORD_CHARACTERS + 1)
        self._read += part.endswith(self._line_end)
        return part


_CUT = 5 * MOST_CHARACTERS


# --- the encoding of a file -------------------------------------------------------------------------------

_SAVE_AS_UTF8 = 'save it as "CSV UTF-8"'
_CHUNK = 2**20

_FRENCH = "àâäáãæçéèêëíîïñóôöõøœùûüúÿåÀÂÄÁÆÇÉÈÊËÍÎÏÑÓÔÖŒÙÛÜÚŸ€…‘’“”–—\xa0«»°·²³½¼¾§£©®ºª"
_UNLIKE_FRENCH = re.compile(
    rf"[^\x00-\x7f{_FRENCH}]"
    r"|[a-z][À-Þ]|[A-Z][à-þ][A-Z]"  # a capital inside a word, as Mac's Roman comes out
    r"|(?<![aouAOU])ÿ"
    r"|Â[\xa0-\xbf]|â€"  # UTF-8 read as cp1252: a file of two encodings
    r"|[^\W\d_][…“”–‘][^\W\d_]"  # the accented letters of DOS
)
"""What cp1252 makes of bytes that are something else. It can decode nearly any: only what French writes is believed."""


def _encoding(path: Path) -> str:
    """How to decode a file: UTF-8, UTF-16 with its mark, or cp1252. Raises FolderRefused where that is not certain."""
    with path.open("rb") as data:
        start = data.read(4)
        data.seek(0)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            if _undecodable(data, "utf-16"):
                _refuse(path.name, f"begins as UTF-16 and is not: {_SAVE_AS_UTF8}")
            return "utf-16"
        if len(start) > 1 and (start[0] == 0) != (start[1] == 0):
            _refuse(path.name, f"looks like UTF-16, and has no byte order mark: {_SAVE_AS_UTF8}")
        broken = _undecodable(data, "utf-8")
    if broken is None:
        return "utf-8-sig"
    line, not_utf8 = broken
    if not start.startswith(codecs.BOM_UTF8):
        unlike = _line_unlike_french(path)
        if unlike is None:
            return "cp1252"
        not_utf8 += f", nor is the file French in cp1252 (line {unlike})"
    _refuse(path.name, f"{not_utf8}: {_SAVE_AS_UTF8}", line)


def _undecodable(data: IO[bytes], encoding: str) -> tuple[int, str] | None:
    """The line of the first byte that is not in the encoding, and what to say of it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset, line = 0, 1
    while True:
        chunk = data.read(_CHUNK)
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            before = len(error.object) - len(chunk)  # kept from the chunk before
            line += chunk.count(b"\n", 0, max(error.start - before, 0))
            byte = error.object[error.start]
            return line, f"byte 0x{byte:02x} at offset {offset - before + error.start} is not UTF-8"
        if not chunk:
            return None
        offset += len(chunk)
        line += chunk.count(b"\n")


def _line_unlike_french(path: Path) -> int | None:
    line = 1
    with path.open(encoding="cp1252", errors="replace", newline="\n") as text:
        while part := text.readline(MOST_RECORD_CHARACTERS):
            if _UNLIKE_FRENCH.search(part):
                return line
            line += part.endswith("\n")
    return None


# --- a workbook -------------------------------------------------------------------------------------------

_NO_WORKBOOK = "not a folder or an .xlsx workbook (of an .xls, an .ods or a protected one, save a copy as .xlsx)"
_MOST_ROWS = 2**20
_ROWS_AT_ONCE = 100
_MOST_UNPACKED = 2**28
_MOST_PART = 2**26
"""Bytes of all parts of a workbook, and of one that is no sheet. Sheets are streamed, all else is held in memory."""
_MOST_ROW_BYTES = 2**20

_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_BEHIND_ROWS = re.compile(rb"</(?:\w+:)?sheetData>")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell[\s/>]")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_LONGEST_TAG = 32

_ERROR = re.compile(r"#[A-Z0-9/]{1,12}[!?]?")


class _Workbook:
    """The sheets that are named as the files, with or without .csv; the others are left alone."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path, self._stack = path, stack
        self._parts = self._checked_parts()
        self._values = self._load(data_only=True)
        self._asked: set[str] = set()
        self._sheets: dict[str, Any] = {}
        for sheet in self._values.worksheets:
            file = sheet.title.strip().lower().removesuffix(".csv") + ".csv"
            if file in self._sheets:
                _refuse(file, f"two sheets of this name in {path.name}")
            self._sheets[file] = sheet

    def told(self) -> list[str]:
        others = len(self._sheets.keys() - self._asked)
        return [f"{self._path.name}: read as a workbook" + (f"; {others} other sheets left alone" if others else "")]

    def has(self, file: str) -> bool:
        return file in self._sheets

    def table(self, file: str, columns: Collection[str]) -> Table:
        self._asked.add(file)
        if file not in self._sheets:
            _refuse(file, f"{self._path.name} has no sheet {file.removesuffix('.csv')}")
        sheet = self._sheets[file]
        part = self._parts[sheet._worksheet_path]
        if part.merged:
            _refuse(file, "merged cells, of which only the first has a value: unmerge them and fill each")
        formulas = self._load(data_only=False)[sheet.title] if part.formulas else None
        _, names = next(self._rows(file, sheet, None), (1, []))
        header = [_shown_name(name) for name in names]
        while header and not header[-1]:
            header.pop()
        return _table(_Habits(file, header), lambda: self._behind(file, sheet, formulas, header), [])

    def _behind(self, file: str, sheet: Any, formulas: Any, header: Sequence[str]) -> Iterator[Record]:
        rows = self._rows(file, sheet, formulas)
        next(rows, None)
        for line, row in rows:
            row += [None] * (len(header) - len(row))
            columns = [*header, *[""] * (len(row) - len(header))]
            yield line, _fitted([_value(*pair) for pair in zip(columns, row, strict=True)], len(header))

    def _rows(self, file: str, sheet: Any, formulas: Any) -> Iterator[tuple[int, list[Any]]]:
        """The number and cells of each row, the header's first; a cell that a formula left without value is Lost."""
        rows = self._iterated(file, sheet)
        beside = self._iterated(file, formulas) if formulas is not None else None
        for number, row in enumerate(rows, 1):
            if number > _MOST_ROWS:
                _refuse(file, f"more than {_MOST_ROWS} rows")
            if beside is not None:
                row = [_computed(*pair) for pair in zip(row, next(beside), strict=True)]
            yield number, list(row)

    def _iterated(self, file: str, sheet: Any) -> Iterator[Sequence[Any]]:
        sheet.reset_dimensions()  # what a workbook says of its own size may be wrong
        rows = sheet.iter_rows()
        while some := self._guarded(file, lambda: list(islice(rows, _ROWS_AT_ONCE))):
            yield from some

    def _load(self, *, data_only: bool) -> Any:
        import openpyxl  # only here: most imports are CSV

        file = self._stack.enter_context(self._path.open("rb"))
        name = self._path.name
        book = self._guarded(name, lambda: openpyxl.load_workbook(file, read_only=True, data_only=data_only))
        self._stack.callback(book.close)
        return book

    def _guarded(self, file: str, work: Callable[[], Any]) -> Any:
        """What the reader says of a broken workbook, in one line; its warnings are about what we do not read."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return work()
        except Exception as error:  # noqa: BLE001 - a broken workbook makes the reader raise anything
            _refuse(file, f"the workbook is damaged ({type(error).__name__}): open it, and save a copy as .xlsx")

    def _checked_parts(self) -> dict[str, "_Part"]:
        """What stands in its sheets. Raises FolderRefused for one that would fill the memory, or is no workbook."""
        name = self._path.name
        try:
            with zipfile.ZipFile(self._path) as archive:
                parts = archive.infolist()
                if "xl/workbook.xml" not in archive.namelist():
                    _refuse(name, _NO_WORKBOOK)
                if sum(part.file_size for part in parts) > _MOST_UNPACKED:
                    _refuse(name, f"a workbook of more than {_MOST_UNPACKED >> 20} MB when unpacked")
                return {part.filename: _scanned(name, archive, part) for part in parts if _is_xml(part.filename)}
        except OSError as error:
            _refuse(str(self._path), f"not a folder or an .xlsx workbook: {error.strerror}")
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError):
            _refuse(name, _NO_WORKBOOK)


@dataclass
class _Part:
    merged: bool = False
    formulas: bool = False


def _is_xml(name: str) -> bool:
    return name.endswith((".xml", ".rels"))


def _scanned(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Part:
    """Read as a stream, before any of it is parsed: a row is parsed whole, and so is a part that is no sheet."""
    found = _Part()
    sheet = info.filename.startswith("xl/worksheets/")
    if not sheet and info.file_size > _MOST_PART:
        _refuse(name, f"a workbook with more than {_MOST_PART >> 20} MB beside its sheets")
    with archive.open(info) as part:
        seen, since_row, in_rows = b"", 0, sheet
        while chunk := part.read(2**16):
            seen = seen[-_LONGEST_TAG:] + chunk
            if b"<!DOCTYPE" in seen or b"\0" in chunk:
                _refuse(name, "a workbook with declarations of its own, as no spreadsheet saves it")
            found.merged |= _MERGED.search(seen) is not None
            found.formulas |= _FORMULA.search(seen) is not None
            in_rows &= _BEHIND_ROWS.search(seen) is None
            since_row = 0 if _ROW.search(seen) else since_row + len(chunk)
            if in_rows and since_row > _MOST_ROW_BYTES:
                _refuse(name, f"a workbook with a row of more than {_MOST_ROW_BYTES >> 20} MB")
    return found


def _shown_name(cell: Any) -> str:
    return str(cell.value).strip() if cell is not None and cell.value is not None else ""


def _computed(cell: Any, formula: Any) -> Any:
    """The value that the spreadsheet computed. A text formula whose result is empty has a type and no value."""
    if formula.data_type == "f" and cell.value is None and cell.data_type != "str":
        return Lost("a formula without a computed value: open the workbook in the spreadsheet and save it again")
    return cell


def _value(column: str, cell: Any) -> Cell:
    """A cell as the canonical form writes it."""
    if cell is None or isinstance(cell, Lost):
        return cell or ""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        error = value if isinstance(value, str) and _ERROR.fullmatch(value) else "an error"
        return Lost(f"{error}, which a formula left here")
    if isinstance(value, bool):
        return Lost("a TRUE or FALSE, which no column has")
    if isinstance(value, datetime | date):
        return _date_cell(column, value)
    if isinstance(value, time | timedelta):
        return Lost("a time of day or a duration: format the column as numbers, or as dates, and enter it again")
    if isinstance(value, int | float):
        return Lost(_LOST_DIGITS) if abs(value) >= 10**15 else f"{value:.15g}"
    return _of_spreadsheet(str(value))


def _date_cell(column: str, value: date) -> Cell:
    if column not in DATES:
        return Lost("a date, where the column has none: format the column as text and enter it again")
    if isinstance(value, datetime) and value.time() != time():
        return Lost("a date with a time of day: keep the date")
    return f"{value:%Y-%m-%d}" if value.year > 999 else Lost("a date before the year 1000")
