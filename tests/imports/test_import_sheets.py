"""What people really have: the same import, saved by a spreadsheet in its own ways, or refused in one line."""

import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lieu import import_folder, import_sheets
from lieu.import_folder import Reading, read_folder
from lieu.import_sheets import DATES, DECIMALS, TEXTS, FolderRefused
from tests.folders import folders
from tests.folders import write as write_facts
from tests.harness import Running, assert_same, read_json
from tests.imports.test_import_folder import FOLDER, HEADERS, line, more, write
from tests.spreadsheets import NAMES, SLASHES, Saved, texts, typed, workbook

TODAY = date(2025, 6, 30)


def read(path: Path) -> Reading:
    """Without how it was read, of which the canonical folder says nothing."""
    return replace(read_folder(path, TODAY), told=())


def refusals(path: Path) -> list[str]:
    with pytest.raises(FolderRefused) as refused:
        read_folder(path, TODAY)
    return str(refused.value).splitlines()


@pytest.fixture
def canonical(tmp_path: Path) -> Path:
    folder = tmp_path / "canonical"
    folder.mkdir()
    return write(folder, dict(FOLDER))


# --- the same in every way of saving ----------------------------------------------------------------------

SAVED = {
    "semicolons, cp1252": Saved(";", "cp1252", line_end="\r\n"),
    "semicolons, UTF-8 with its mark": Saved(";", "utf-8-sig", line_end="\r\n"),
    "tabs, UTF-16": Saved("\t", "utf-16", line_end="\r\n"),
    "commas, cp1252": Saved(",", "cp1252"),
    "French dates": Saved(dates=SLASHES),
    "French dates and decimals": Saved(";", "cp1252", SLASHES, ","),
    "French decimals in quotation marks": Saved(decimals=","),
    "empty rows and columns": Saved(trailing=3),
    "empty rows and columns, semicolons": Saved(";", trailing=2),
    "carriage returns": Saved(";", line_end="\r"),
    "everything at once": Saved("\t", "utf-16", SLASHES, ",", "\r\n", 4),
}


@pytest.mark.parametrize("way", SAVED.values(), ids=SAVED)
def test_a_folder_saved_by_a_spreadsheet_is_the_same_folder(canonical: Path, tmp_path: Path, way: Saved) -> None:
    saved = read(way.save(canonical, tmp_path / "saved"))
    assert saved == read(canonical)
    assert len(saved.dossiers) == 3


@pytest.mark.parametrize("cell", [texts, typed])
@pytest.mark.parametrize("suffix", ["", ".csv"])
def test_a_workbook_is_a_folder(canonical: Path, tmp_path: Path, cell: Callable[[str, str], Any], suffix: str) -> None:
    book = workbook(canonical, tmp_path / "Import LREF.xlsx", cell, suffix=suffix)
    assert read(book) == read(canonical)
    assert read_folder(book, TODAY).told == ["Import LREF.xlsx: read as a workbook; 1 other sheets left alone"]


@pytest.mark.parametrize("way", SAVED.values(), ids=SAVED)
@pytest.mark.slow
def test_ten_structures_saved_by_a_spreadsheet_read_the_same(ten_structures: Path, tmp_path: Path, way: Saved) -> None:
    assert read(way.save(ten_structures, tmp_path)) == read(ten_structures)


@pytest.mark.parametrize("cell", [pytest.param(texts, id="texts", marks=pytest.mark.slow), typed])
def test_ten_structures_in_a_workbook_read_the_same(
    ten_structures: Path, tmp_path: Path, cell: Callable[[str, str], Any]
) -> None:
    assert read(workbook(ten_structures, tmp_path / "book.xlsx", cell)) == read(ten_structures)


ways = st.builds(
    Saved,
    separator=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    dates=st.sampled_from(["", SLASHES]),
    decimals=st.sampled_from(".,"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    trailing=st.integers(0, 3),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(facts=folders(), way=ways, cell=st.sampled_from([typed, texts]))
def test_any_folder_saved_in_any_way_reads_as_the_canonical_one(facts: Any, way: Saved, cell: Any) -> None:
    with tempfile.TemporaryDirectory() as place:
        write_facts(facts, Path(place, "canonical"))
        plain = read(Path(place, "canonical"))
        assert read(way.save(Path(place, "canonical"), Path(place, "saved"))) == plain
        assert read(workbook(Path(place, "canonical"), Path(place, "book.xlsx"), cell)) == plain


@pytest.mark.slow
async def test_ten_structures_saved_by_a_spreadsheet_give_the_expected_figures(
    running: Running, ten_structures: Path, tmp_path: Path
) -> None:
    summary = await running.bring(workbook(ten_structures, tmp_path / "ten.xlsx"))
    assert (summary.refusals, summary.pathways) == ([], 574)
    await running.caught_up()
    compared = 0
    for file in sorted(ten_structures.glob("expected-*.json")):
        expected = read_json(file)
        period = (date.fromisoformat(expected["from"]), date.fromisoformat(expected["to"]))
        for scope, figures in (("national", expected["national"]), *_by_structure(expected)):
            found = await running.indicators(scope, *period)
            compared += assert_same(figures, found["indicators"], scope)
    assert compared > 500
    for way in (SAVED["semicolons, cp1252"], SAVED["French dates and decimals"], Saved()):
        again = await running.bring(way.save(ten_structures, tmp_path / "again"))
        assert (again.refusals, again.vanished, sum(again.events.values())) == ([], [], 0)


def _by_structure(expected: Any) -> list[tuple[str, Any]]:
    return [(f"structure:{code}", figures) for code, figures in expected["structures"].items()]


# --- said in one line -------------------------------------------------------------------------------------


def test_how_a_file_was_read_is_said_in_one_line(canonical: Path, tmp_path: Path) -> None:
    assert read_folder(canonical, TODAY).told == []
    saved = SAVED["French dates and decimals"].save(canonical, tmp_path / "saved")
    told = read_folder(saved, TODAY).told
    assert "exits.csv: read as semicolons, dates JJ/MM/AAAA" in told
    assert "structures.csv: read as semicolons, cp1252" in told
    assert "activities.csv: read as semicolons, dates JJ/MM/AAAA, decimal commas" in told
    assert len(told) == len(NAMES)


async def test_the_summary_of_an_import_says_how_files_were_read(
    running: Running, canonical: Path, tmp_path: Path
) -> None:
    summary = await running.bring(SAVED["semicolons, cp1252"].save(canonical, tmp_path / "saved"))
    assert "pathways.csv: read as semicolons" in summary.told


def test_columns_by_kind_are_those_that_the_parsers_take() -> None:
    def taking(cell: str, and_not: str = "") -> set[str]:
        return {
            column
            for format in import_folder._FORMATS.values()
            for column, parse in format.columns.items()
            if _takes(parse, cell) and not (and_not and _takes(parse, and_not))
        }

    assert taking("2024-05-31", and_not="x-y") == DATES
    assert taking("3.5", and_not="x-y") == DECIMALS
    assert taking("x-y") == TEXTS


def _takes(parse: Callable[[str], Any], cell: str) -> bool:
    try:
        parse(cell)
    except ValueError:
        return False
    return True


# --- what a spreadsheet does to cells ---------------------------------------------------------------------


def test_spaces_and_a_departement_of_one_digit_are_read_in_what_a_spreadsheet_saved(tmp_path: Path) -> None:
    files = {file: text.replace(",", ";") for file, text in FOLDER.items()}
    files["structures.csv"] = "structure;name; department\nalpha; Le Relais ;1\nbravo;Kaz\xa0;974\n"
    reading = read_folder(write(tmp_path, files), TODAY)
    assert [(row.name, row.department) for row in reading.structures] == [("Le Relais", "01"), ("Kaz", "974")]
    assert reading.refusals == []


AMBIGUOUS: dict[str, tuple[dict[str, str | bytes], str]] = {
    "dates in two ways": (
        more("exits.csv", "bruno,31/05/2024,moved,,,"),
        "exits.csv:3:exited_on: '31/05/2024' here and '2024-05-31' in line 2, exited_on, are two ways of writing: "
        "format every column of dates as AAAA-MM-JJ, or every one as JJ/MM/AAAA, and save again",
    ),
    "the month first": (
        line("exits.csv", 2, "anna,05/31/2024,moved,,,"),
        "exits.csv:2:exited_on: '05/31/2024' is not JJ/MM/AAAA and may have the month first: "
        "format every column of dates as AAAA-MM-JJ, or every one as JJ/MM/AAAA, and save again",
    ),
    "a date as an American spreadsheet shows it": (
        line("exits.csv", 2, "anna,5/3/2024,moved,,,"),
        "exits.csv:2:exited_on: '5/3/2024' is not JJ/MM/AAAA and may have the month first: "
        "format every column of dates as AAAA-MM-JJ, or every one as JJ/MM/AAAA, and save again",
    ),
    "a year of two digits": (
        line("exits.csv", 2, "anna,31/05/24,moved,,,"),
        "exits.csv:2:exited_on: '31/05/24' is not JJ/MM/AAAA and may have the month first: "
        "format every column of dates as AAAA-MM-JJ, or every one as JJ/MM/AAAA, and save again",
    ),
    "decimals in two ways": (
        more("activities.csv", 'bruno,support,2024-02-02,2024-02-02,"1,5",completed'),
        "activities.csv:5:hours: '1,5' here and '3.5' in line 2, hours, are two ways of writing: "
        "save all hours with a comma, or all with a point",
    ),
    "a decimal comma between commas": (
        {"activities.csv": HEADERS["activities.csv"] + "\nanna,workshop,2024-01-22,2024-01-22,3,5,completed\n" * 40},
        "activities.csv:2:hours: the comma of '3,5' separates cells in this file: save it with semicolons",
    ),
    "another separator": (
        {"exits.csv": FOLDER["exits.csv"].replace(",", "|")},
        "exits.csv:1: its cells are not separated by semicolons, commas or tabs: save it so",
    ),
    "UTF-16 without its mark": (
        {"exits.csv": FOLDER["exits.csv"].encode("utf-16-be")},
        'exits.csv: looks like UTF-16, and has no byte order mark: save it as "CSV UTF-8"',
    ),
    "half a character of UTF-16": (
        {"exits.csv": FOLDER["exits.csv"].encode("utf-16") + b"\x00"},
        'exits.csv: begins as UTF-16 and is not: save it as "CSV UTF-8"',
    ),
    "a byte that cp1252 has not": (
        {"structures.csv": FOLDER["structures.csv"].encode("cp1252").replace(b"Kaz", b"K\x81z")},
        "structures.csv:3: byte 0x81 at offset 64 is not UTF-8, nor is the file French in cp1252 (line 3): "
        'save it as "CSV UTF-8"',
    ),
    "Mac's Roman": (
        {"structures.csv": "structure,name,department\nalpha,Fraternité,69\n".encode("mac-roman")},
        "structures.csv:2: byte 0x8e at offset 41 is not UTF-8, nor is the file French in cp1252 (line 2): "
        'save it as "CSV UTF-8"',
    ),
    "DOS": (
        {"structures.csv": "structure,name,department\nalpha,Fraternité,69\n".encode("cp850")},
        "structures.csv:2: byte 0x82 at offset 41 is not UTF-8, nor is the file French in cp1252 (line 2): "
        'save it as "CSV UTF-8"',
    ),
    "two encodings in one file": (
        {"structures.csv": "structure,name,department\nalpha,Fraternité,69\n".encode() + b"bravo,\xc9toile,13\n"},
        "structures.csv:3: byte 0xc9 at offset 53 is not UTF-8, nor is the file French in cp1252 (line 2): "
        'save it as "CSV UTF-8"',
    ),
}


@pytest.mark.parametrize(("change", "expect"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_is_ambiguous_is_refused_in_one_line(canonical: Path, change: dict[str, str | bytes], expect: str) -> None:
    assert refusals(write(canonical, change)) == [expect]


@pytest.mark.parametrize(
    "name",
    ["« Le Relais Fraternité »", "L’Haÿ-les-Roses", "CŒUR D’ÎLE – « CAFÉ »", "Été à Besançon… 2 €", "Peña & Müller"],
)
def test_french_in_cp1252_is_read(canonical: Path, name: str) -> None:
    typed = name.replace("« ", "«\xa0").replace(" »", "\xa0»")
    text = f"structure;name;department\nalpha;{typed};69\n"
    write(canonical, {"structures.csv": text.encode("cp1252")})
    assert read_folder(canonical, TODAY).structures[0].name.replace("\xa0", " ") == name


def test_a_long_number_that_a_spreadsheet_shortened_refuses_its_row(canonical: Path) -> None:
    write(canonical, line("pathways.csv", 3, "bruno,bravo,1.23457E+17,2024-02-01,,,,,,,,,"))
    assert [str(refusal) for refusal in read_folder(canonical, TODAY).refusals] == [
        "pathways.csv:3:person: a long number of which the spreadsheet kept 15 digits: "
        "format the column as text and enter it again"
    ]


def test_memory_is_bounded_by_the_rows_and_not_by_the_file(canonical: Path) -> None:
    long_rows = f"anna;2024-05-31;{'x' * 1_000_000};;;\n" * 24
    write(canonical, {"exits.csv": FOLDER["exits.csv"].replace(",", ";") + long_rows})
    tracemalloc.start()
    try:
        read_folder(canonical, TODAY)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 12_000_000


# --- cells of a workbook ----------------------------------------------------------------------------------


@pytest.fixture
def book(canonical: Path, tmp_path: Path) -> Path:
    return workbook(canonical, tmp_path / "book.xlsx")


def changed(book: Path, sheet: str, place: str, value: Any) -> Path:
    loaded = openpyxl.load_workbook(book)
    loaded[sheet][place].number_format = "General"
    loaded[sheet][place] = value
    loaded.save(book)
    return book


CELLS: dict[str, tuple[str, str, Any, str]] = {
    "an error": ("exits", "C2", "#N/A", "exits.csv:2:situation: #N/A, which a formula left here"),
    "a yes or no": ("pathways", "A3", True, "pathways.csv:3:pathway: a TRUE or FALSE, which no column has"),
    "a key that became a date": (
        "pathways",
        "C3",
        datetime.fromisoformat("2024-02-01"),
        "pathways.csv:3:person: a date, where the column has none: format the column as text and enter it again",
    ),
    "a time of day": (
        "activities",
        "E2",
        time(3, 30),
        "activities.csv:2:hours: a time of day or a duration: format the column as numbers, or as dates, "
        "and enter it again",
    ),
    "a date with a time": (
        "exits",
        "B2",
        datetime.fromisoformat("2024-05-31T14:30"),
        "exits.csv:2:exited_on: a date with a time of day: keep the date",
    ),
    "a formula that was never computed": (
        "exits",
        "C2",
        '=IF(1,"moved","")',
        "exits.csv:2:situation: a formula without a computed value: "
        "open the workbook in the spreadsheet and save it again",
    ),
    "a number of 16 digits": (
        "pathways",
        "C3",
        1234567890123456,
        "pathways.csv:3:person: a long number of which the spreadsheet kept 15 digits: "
        "format the column as text and enter it again",
    ),
    "a social-security number as a number": (
        "pathways",
        "H3",
        295109912611193,
        "pathways.csv:3:withdrawn_on: a social-security number (NIR) is never imported, nor repeated here",
    ),
    "a date that lost its format": (
        "exits",
        "B2",
        45443,
        "exits.csv:2:exited_on: '45443' is not a date (YYYY-MM-DD)",
    ),
    "a value behind the last column": ("barriers", "G3", "?", "barriers.csv:3:row: 7 cells where the header has 4"),
}


@pytest.mark.parametrize(("sheet", "place", "value", "expect"), CELLS.values(), ids=CELLS)
def test_a_cell_that_the_spreadsheet_lost_refuses_its_row(
    book: Path, sheet: str, place: str, value: Any, expect: str
) -> None:
    reading = read_folder(changed(book, sheet, place, value), TODAY)
    assert expect in [str(refusal) for refusal in reading.refusals]


def test_numbers_texts_and_computed_cells_read_as_what_they_show(canonical: Path, tmp_path: Path) -> None:
    book = workbook(canonical, tmp_path / "book.xlsx")
    for sheet, place, value in (
        ("activities", "E2", 3.4000000000000004),
        ("pathways", "I2", 1990.0),
        ("exits", "B2", "2024-05-31"),
        ("barriers", "A3", " bruno "),
        ("barriers", "A9", " "),
    ):
        changed(book, sheet, place, value)
    write(canonical, line("activities.csv", 2, "anna,workshop,2024-01-22,2024-01-22,3.4,completed"))
    assert read(book) == read(canonical)


def rewritten(book: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with one of its parts changed byte by byte, as another program may have written it."""
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return book


EXITS = "xl/worksheets/sheet7.xml"


@pytest.mark.parametrize(
    ("cell", "situation"),
    [
        (b'<c r="C2" t="str"><f>A1</f><v>moved</v></c>', "moved"),
        (b'<c r="C2" t="inlineStr"><is><t>moved</t></is></c>', "moved"),
    ],
)
def test_a_formula_has_the_value_that_was_computed(book: Path, cell: bytes, situation: str) -> None:
    def change(sheet: bytes) -> bytes:
        start = sheet.index(b'<c r="C2"')
        return sheet[:start] + cell + b"</row></sheetData>" + sheet[sheet.index(b"</sheetData>") + 12 :]

    (anna, *_) = read_folder(rewritten(book, EXITS, change), TODAY).dossiers
    assert anna.dossier.exit is not None
    assert anna.dossier.exit.situation == situation


def test_a_text_formula_of_nothing_is_an_empty_cell(book: Path) -> None:
    def change(sheet: bytes) -> bytes:
        return sheet.replace(b"</row></sheetData>", b'<c r="F2" t="str"><f>A1</f><v></v></c></row></sheetData>')

    changed(book, "exits", "F2", None)
    (anna, *_) = read_folder(rewritten(book, EXITS, change), TODAY).dossiers
    assert anna.dossier.exit is not None
    assert anna.dossier.exit.contract_end is None


def test_what_a_workbook_says_of_its_size_is_not_believed(book: Path, canonical: Path) -> None:
    def shrunk(sheet: bytes) -> bytes:
        start = sheet.index(b'<dimension ref="') + 16
        return sheet[:start] + b"A1:B1" + sheet[sheet.index(b'"', start) :]

    assert read(rewritten(book, EXITS, shrunk)) == read(canonical)


def test_dates_of_two_ways_in_a_sheet_are_refused_in_one_line(book: Path) -> None:
    """As where a spreadsheet took for dates only those whose day may be a month."""
    (refusal,) = refusals(changed(book, "followups", "C3", "30/11/2024"))
    assert refusal.startswith("followups.csv:3:asked_on: '30/11/2024' here and '2024-08-31' in line 2")


def test_merged_cells_are_refused_in_one_line(book: Path) -> None:
    loaded = openpyxl.load_workbook(book)
    loaded["barriers"].merge_cells("A2:A3")
    loaded.save(book)
    assert refusals(book) == [
        "barriers.csv: merged cells, of which only the first has a value: unmerge them and fill each"
    ]


def test_a_missing_sheet_and_two_of_one_name_are_refused(book: Path) -> None:
    loaded = openpyxl.load_workbook(book)
    loaded["exits"].title = "sorties"
    loaded.save(book)
    assert refusals(book) == ["exits.csv: book.xlsx has no sheet exits"]
    loaded["sorties"].title = "barriers.csv"
    loaded.save(book)
    assert refusals(book) == ["barriers.csv: two sheets of this name in book.xlsx"]


def _bomb(sheet: bytes) -> bytes:
    return sheet.replace(b"<sheetData>", b"<sheetData>" + b" " * 5_000_000, 1)


def _long_row(sheet: bytes) -> bytes:
    return sheet.replace(b"</row>", b'<c r="XFD2"/>' * 200_000 + b"</row>", 1)


def _laughs(sheet: bytes) -> bytes:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    declared = b'<!DOCTYPE worksheet [<!ENTITY l0 "haha">' + entities + b"]>"
    return declared + sheet.replace(b"<sheetData>", b"<sheetData>&l9;", 1)


def _far_row(sheet: bytes) -> bytes:
    return sheet.replace(b'<row r="2"', b'<row r="999999999"', 1)


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a bomb": (_bomb, "book.xlsx: a workbook of more than 4 MB when unpacked"),
    "a row without end": (_long_row, "book.xlsx: a workbook with a row of more than 1 MB"),
    "entities": (_laughs, "book.xlsx: a workbook with declarations of its own, as no spreadsheet saves it"),
    "a row far below": (_far_row, "exits.csv: more than 1024 rows"),
    "no XML": (
        lambda sheet: b"<worksheet",
        "book.xlsx: the workbook is damaged (ParseError): open it, and save a copy as .xlsx",
    ),
    "half of it": (
        lambda sheet: sheet[: len(sheet) // 2],
        "exits.csv: the workbook is damaged (ParseError): open it, and save a copy as .xlsx",
    ),
}


@pytest.mark.parametrize(("change", "expect"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_workbook_is_refused_in_one_line(
    book: Path, change: Callable[[bytes], bytes], expect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_sheets, "_MOST_UNPACKED", 2**22)
    monkeypatch.setattr(import_sheets, "_MOST_ROWS", 2**10)
    assert refusals(rewritten(book, EXITS, change)) == [expect]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 10**6), new=st.binary(min_size=1, max_size=4))
def test_any_bytes_in_a_workbook_are_read_or_refused(book: Path, position: int, new: bytes) -> None:
    data = bytearray(book.read_bytes())
    at = position % len(data)
    data[at : at + len(new)] = new
    mutated = book.with_name("mutated.xlsx")
    mutated.write_bytes(data)
    with suppress(FolderRefused):
        read_folder(mutated, TODAY)
