"""What becomes of a historical import folder, good, bad or hostile: exact lines, and nothing else lost."""

import csv
import io
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lieu.import_folder import KeyedDossier, Reading, read_folder
from lieu.import_sheets import FolderRefused
from shared.language.codes import (
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
)
from shared.language.history_checks import problems_of
from shared.language.nir import holds_nir
from tests.places import TEN_STRUCTURES

TODAY = date(2025, 6, 30)
NIR = "295109912611193"
"""A made-up number whose key is right (it is the example of python-stdnum's documentation)."""

# anna has left, bruno waits, chloe withdrew.
FOLDER = {
    "structures.csv": """\
structure,name,department
alpha,"Le ""Relais"", Lyon",69
bravo,Kaz « Espwa »,974
""",
    "pathways.csv": """\
pathway,structure,person,requested_on,requester,welcomed_on,started_on,withdrawn_on,birth_year,sex,\
qualification_level,unemployment_months,housing
anna,alpha,P-7,2024-01-08,spip,2024-01-10,2024-01-15,,1990,female,3,14,chrs
bruno,bravo,P-8,2024-02-01,,,,,,,,,
chloe,alpha,P-7,2024-03-01,,2024-03-02,,2024-03-05,,,,,
""",
    "diagnostics.csv": """\
pathway,completed_on,purpose,remobilisation,plan_agreed_on
anna,2024-01-20,entry,4,2024-01-25
""",
    "barriers.csv": """\
pathway,assessed_on,domain,intensity
anna,2024-01-20,housing,high
bruno,2024-02-02,language,low
""",
    "activities.csv": """\
pathway,kind,started_on,ended_on,hours,status
anna,workshop,2024-01-22,2024-01-22,3.5,completed
anna,workshop,2024-01-22,2024-01-22,3.50,completed
anna,placement,2024-02-01,2024-02-14,,no_show
""",
    "exits.csv": """\
pathway,exited_on,situation,contract,contract_start,contract_end
anna,2024-05-31,employment,cdd,2024-06-03,2026-06-02
""",
    "followups.csv": """\
pathway,month,asked_on,status,situation
anna,3,2024-08-31,reached,employment
anna,6,2024-11-30,refused,
""",
}


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for file, content in files.items():
        (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def line(file: str, number: int, text: str) -> dict[str, str | bytes]:
    """FOLDER's file with another text on that line (its header is line 1)."""
    lines = FOLDER[file].splitlines()
    lines[number - 1] = text
    return {file: "\n".join(lines) + "\n"}


def more(file: str, *lines: str) -> dict[str, str | bytes]:
    """FOLDER's file with more lines at its end."""
    return {file: FOLDER[file] + "".join(f"{line}\n" for line in lines)}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    """Reads FOLDER with some files changed; nothing but the folder's own structures is registered."""

    def read(*changes: dict[str, str | bytes], known: tuple[str, ...] = ()) -> Reading:
        files: dict[str, str | bytes] = dict(FOLDER)
        for change in changes:
            files |= change
        reading = read_folder(write(tmp_path, files), TODAY)
        return reading.refuse_unknown(set(), set(known))

    return read


def keys(reading: Reading) -> list[str]:
    return [keyed.key for keyed in reading.dossiers]


def lines_of(reading: Reading) -> list[str]:
    return [str(refusal) for refusal in reading.refusals]


# --- a good folder ----------------------------------------------------------------------------------------


def test_a_folder_becomes_structures_and_dossiers(read: Callable[..., Reading]) -> None:
    reading = read()
    assert reading.refusals == []
    assert reading.orphans == {}
    assert reading.refused == frozenset()
    assert reading.structures == [
        StructureRow("alpha", 'Le "Relais", Lyon', "69"),
        StructureRow("bravo", "Kaz « Espwa »", "974"),
    ]
    assert reading.structure_lines == {"alpha": 2, "bravo": 3}
    anna, bruno, chloe = reading.dossiers
    session = ActivityRow(
        ActivityKind.WORKSHOP,
        date(2024, 1, 22),
        date(2024, 1, 22),
        ActivityStatus.COMPLETED,
        Decimal("3.5"),
    )
    assert anna == KeyedDossier(
        "anna",
        SentDossier(
            pathway="anna",
            request=SentPathwayRow(
                structure="alpha",
                person="P-7",
                requested_on=date(2024, 1, 8),
                requester=Requester.SPIP,
                welcomed_on=date(2024, 1, 10),
                started_on=date(2024, 1, 15),
                birth_year=1990,
                sex=Sex.FEMALE,
                qualification_level=Qualification.CAP,
                unemployment_months=14,
                housing=Housing.CHRS,
            ),
            diagnostics=(DiagnosticRow(date(2024, 1, 20), Purpose.ENTRY, 4, date(2024, 1, 25)),),
            barriers=(BarrierRow(date(2024, 1, 20), Barrier.HOUSING, Intensity.HIGH),),
            activities=(
                session,
                replace(session, number=2),
                ActivityRow(ActivityKind.PLACEMENT, date(2024, 2, 1), date(2024, 2, 14), ActivityStatus.NO_SHOW),
            ),
            exit=ExitRow(date(2024, 5, 31), Situation.EMPLOYMENT, Contract.CDD, date(2024, 6, 3), date(2026, 6, 2)),
            followups=(
                FollowUpRow(FollowUpMonth.THREE, date(2024, 8, 31), FollowUpStatus.REACHED, Situation.EMPLOYMENT),
                FollowUpRow(FollowUpMonth.SIX, date(2024, 11, 30), FollowUpStatus.REFUSED),
            ),
        ),
        {
            "pathways.csv": [2],
            "diagnostics.csv": [2],
            "barriers.csv": [2],
            "activities.csv": [2, 3, 4],
            "exits.csv": [2],
            "followups.csv": [2, 3],
        },
    )
    assert bruno.dossier.request == SentPathwayRow("bravo", "P-8", date(2024, 2, 1))
    assert chloe.dossier.request.person == anna.dossier.request.person, "one person across structures"


def test_hours_have_one_spelling(read: Callable[..., Reading]) -> None:
    spellings = ("10", "10.0", "010", "0.2500", "0")
    rows = [f"bruno,workshop,2024-02-01,2024-02-01,{hours},completed" for hours in spellings]
    bruno = read(more("activities.csv", *rows)).dossiers[1].dossier
    assert [str(row.hours) for row in bruno.activities] == ["10", "10", "10", "0.25", "0"]
    assert [row.number for row in bruno.activities] == [1, 2, 3, 1, 1], "the first three are identical"


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda text: b"\xef\xbb\xbf" + text.encode(), id="byte order mark"),
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(lambda text: text.rstrip("\n").encode(), id="no last line end"),
        pytest.param(lambda text: (text.replace("\n", "\n\r\n") + "\n\n").encode(), id="empty lines"),
        pytest.param(
            lambda text: "".join(
                ",".join('"' + cell.replace('"', '""') + '"' for cell in reversed(row)) + "\n"
                for row in csv.reader(io.StringIO(text))
            ).encode(),
            id="columns in another order, every cell quoted",
        ),
    ],
)
def test_how_a_file_is_written_makes_no_difference(
    read: Callable[..., Reading], encode: Callable[[str], bytes]
) -> None:
    plain = read()
    reading = read({file: encode(text) for file, text in FOLDER.items()})
    assert lines_of(reading) == []
    assert reading.structures == plain.structures
    assert [keyed.dossier for keyed in reading.dossiers] == [keyed.dossier for keyed in plain.dossiers]


def test_a_file_of_a_header_only_is_fine(read: Callable[..., Reading]) -> None:
    only = {file: text.splitlines()[0] for file, text in FOLDER.items()}
    reading = read(only)
    assert (reading.structures, reading.dossiers, reading.refusals) == ([], [], [])


def test_other_files_in_the_folder_are_left_alone(read: Callable[..., Reading]) -> None:
    assert read({"notes.csv": b"\xff", "expected.json": "{"}).refusals == []


# --- a folder that is refused -----------------------------------------------------------------------------

HEADERS = {file: text.splitlines()[0] for file, text in FOLDER.items()}
FOLDER_CASES: dict[str, tuple[dict[str, str | bytes], list[str]]] = {
    "an empty file": ({"exits.csv": b""}, ["exits.csv: empty: the header is missing"]),
    "an empty first line": (
        {"exits.csv": "\n" + FOLDER["exits.csv"]},
        ["exits.csv: empty: the header is missing"],
    ),
    "only a byte order mark": ({"exits.csv": b"\xef\xbb\xbf"}, ["exits.csv: empty: the header is missing"]),
    "a missing column": (
        line("barriers.csv", 1, "pathway,assessed_on,domain"),
        ["barriers.csv: missing column intensity"],
    ),
    "a missing optional column": (
        line("diagnostics.csv", 1, "pathway,completed_on,purpose,remobilisation"),
        ["diagnostics.csv: missing column plan_agreed_on"],
    ),
    "an unknown column": (
        line("barriers.csv", 1, "pathway,assessed_on,domain,intensity,foo"),
        ["barriers.csv:1:foo: unknown column"],
    ),
    "a column without a name": (
        line("barriers.csv", 1, "pathway,assessed_on,,domain,intensity"),
        ["barriers.csv:1:(no name): unknown column"],
    ),
    "a duplicate column": (
        line("barriers.csv", 1, "pathway,assessed_on,domain,intensity,domain"),
        ["barriers.csv:1:domain: duplicate column"],
    ),
    "columns in capitals and with spaces": (
        line("barriers.csv", 1, "Pathway,assessed_on, domain,intensity"),
        [
            "barriers.csv:1:Pathway: unknown column",
            "barriers.csv:1: domain: unknown column",
            "barriers.csv: missing column pathway",
            "barriers.csv: missing column domain",
        ],
    ),
    "a row in the header's place, with a social-security number": (
        {"structures.csv": f"alpha,{NIR},2 95 10 99 126 111 93\n"},
        [
            "structures.csv:1:alpha: unknown column",
            "structures.csv:1:a value of 13 digits or more, not repeated: unknown column",
            "structures.csv:1:a value of 13 digits or more, not repeated: unknown column",
            "structures.csv: missing column structure",
            "structures.csv: missing column name",
            "structures.csv: missing column department",
        ],
    ),
    "a byte that is not UTF-8": (
        {"structures.csv": FOLDER["structures.csv"].encode().replace(b"Kaz", b"K\xffz")},
        [
            "structures.csv:3: byte 0xff at offset 64 is not UTF-8, nor is the file French in cp1252 (line 3): "
            'save it as "CSV UTF-8"'
        ],
    ),
    "a byte that is not UTF-8 after a byte order mark and CRLF": (
        {"exits.csv": b"\xef\xbb\xbfpathway\r\nanna\r\n\xe9t\xe9"},
        ['exits.csv:3: byte 0xe9 at offset 18 is not UTF-8: save it as "CSV UTF-8"'],
    ),
    "a character cut off at the end": (
        {"exits.csv": FOLDER["exits.csv"].encode() + b"\xc3"},
        [
            "exits.csv:3: byte 0xc3 at offset 118 is not UTF-8, nor is the file French in cp1252 (line 3): "
            'save it as "CSV UTF-8"'
        ],
    ),
    "a quotation mark left open": (
        line("barriers.csv", 2, 'anna,2024-01-20,housing,"high'),
        ["barriers.csv:2: malformed CSV (unexpected end of data): look for a lone quotation mark or carriage return"],
    ),
    "text after a closing quotation mark": (
        line("barriers.csv", 3, 'bruno,2024-02-02,"lang"uage,low'),
        ["barriers.csv:3: malformed CSV (',' expected after '\"'): look for a lone quotation mark or carriage return"],
    ),
    "a lone carriage return": (
        line("barriers.csv", 3, "bruno,2024-02-02,lang\ruage,low"),
        [
            "barriers.csv:3: malformed CSV (new-line character seen in unquoted field - "
            "do you need to open the file in universal-newline mode?): "
            "look for a lone quotation mark or carriage return"
        ],
    ),
    "a record of nothing but commas": (
        more("exits.csv", "," * 70_000),
        ["exits.csv:3: malformed CSV, a record of more than 65536 characters"],
    ),
    "everything at once, in the order of the files": (
        {
            "structures.csv": b"",
            "pathways.csv": b"\x81",
            "diagnostics.csv": FOLDER["diagnostics.csv"].replace("purpose", "why") + '"',
            "followups.csv": FOLDER["followups.csv"] + '"',
        },
        [
            "structures.csv: empty: the header is missing",
            "pathways.csv:1: byte 0x81 at offset 0 is not UTF-8, nor is the file French in cp1252 (line 1): "
            'save it as "CSV UTF-8"',
            "diagnostics.csv:1:why: unknown column",
            "diagnostics.csv: missing column purpose",
            "diagnostics.csv:3: malformed CSV (unexpected end of data): "
            "look for a lone quotation mark or carriage return",
            "followups.csv:4: malformed CSV (unexpected end of data): "
            "look for a lone quotation mark or carriage return",
        ],
    ),
}


@pytest.mark.parametrize(("given", "expect"), FOLDER_CASES.values(), ids=FOLDER_CASES)
def test_a_folder_is_refused_for(
    read: Callable[..., Reading], given: dict[str, str | bytes], expect: list[str]
) -> None:
    with pytest.raises(FolderRefused) as refused:
        read(given)
    assert str(refused.value).splitlines() == expect
    assert [str(refusal) for refusal in refused.value.refusals] == expect


def test_a_folder_is_refused_for_missing_files(tmp_path: Path) -> None:
    with pytest.raises(FolderRefused) as refused:
        read_folder(tmp_path, TODAY)
    assert str(refused.value).splitlines() == [f"{file}: missing file" for file in FOLDER]


def test_a_folder_is_refused_for_a_folder_in_a_files_place(tmp_path: Path) -> None:
    write(tmp_path, dict(FOLDER))
    (tmp_path / "exits.csv").unlink()
    (tmp_path / "exits.csv").mkdir()
    with pytest.raises(FolderRefused, match=r"^exits\.csv: not a file$"):
        read_folder(tmp_path, TODAY)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", write(tmp_path, {"file": b""}) / "file"):
        with pytest.raises(FolderRefused, match=r"not a folder or an \.xlsx workbook") as refused:
            read_folder(path, TODAY)
        assert len(refused.value.refusals) == 1


# --- rows that are refused --------------------------------------------------------------------------------

ANNA, BRUNO, CHLOE = "anna", "bruno", "chloe"
SITUATIONS = ", ".join(Situation)
REQUESTERS = ", ".join(Requester)
NO_NIR = "a social-security number (NIR) is never imported, nor repeated here"
WITHHELD = "(a value of 13 digits or more, not repeated)"


def pathway_of_bruno(**cells: str) -> dict[str, str | bytes]:
    """pathways.csv with other cells in bruno's row, which is line 3."""
    header = HEADERS["pathways.csv"].split(",")
    row = dict(zip(header, FOLDER["pathways.csv"].splitlines()[2].split(","), strict=True)) | cells
    return line("pathways.csv", 3, ",".join(row.values()))


ROW_CASES: dict[str, tuple[dict[str, str | bytes], list[str], list[str]]] = {
    # Each: the changed files, the lines of the report, the pathways that go on.
    "an unknown structure": (
        pathway_of_bruno(structure="charlie"),
        ["pathways.csv:3:structure: unknown structure 'charlie'"],
        [ANNA, CHLOE],
    ),
    "a structure's second row, with its pathways": (
        more("structures.csv", "bravo,Kaz « Espwa »,974", "bravo,Other,13"),
        [
            "structures.csv:4:structure: a second row of this structure; the first is in line 3",
            "structures.csv:5:structure: a second row of this structure; the first is in line 3",
            "pathways.csv:3:structure: structure bravo is refused in structures.csv",
        ],
        [ANNA, CHLOE],
    ),
    "a structure's bad row, with its pathways": (
        line("structures.csv", 3, "bravo,,20"),
        [
            "structures.csv:3:name: required, but empty",
            "structures.csv:3:department: '20' is not a département (01-19, 2A, 2B, 21-95, 971-978, 984, 986-988)",
            "pathways.csv:3:structure: structure bravo is refused in structures.csv",
        ],
        [ANNA, CHLOE],
    ),
    "a structure without a usable code, so that its pathways' structure is unknown": (
        line("structures.csv", 3, "programme,Kaz,974"),
        [
            "structures.csv:3:structure: 'programme' is not 1 to 32 of a-z, 0-9 and -, other than programme",
            "pathways.csv:3:structure: unknown structure 'bravo'",
        ],
        [ANNA, CHLOE],
    ),
    "an unknown pathway, at each of its rows": (
        more("barriers.csv", "dora,2024-01-20,housing,high", "dora,2024-01-20,digital,high")
        | more("exits.csv", "dora,2024-05-31,moved,,,"),
        [
            "barriers.csv:4:pathway: unknown pathway 'dora'",
            "barriers.csv:5:pathway: unknown pathway 'dora'",
            "exits.csv:3:pathway: unknown pathway 'dora'",
        ],
        [ANNA, BRUNO, CHLOE],
    ),
    "an exit before the start": (
        line("exits.csv", 2, "anna,2024-01-14,moved,,,"),
        ["exits.csv:2:exited_on: 2024-01-14 is before started_on 2024-01-15: requested ≤ welcomed ≤ started ≤ exited"],
        [BRUNO, CHLOE],
    ),
    "an exit without a start": (
        more("exits.csv", "bruno,2024-05-31,moved,,,"),
        ["exits.csv:3:exited_on: exited on 2024-05-31, but the pathway never started: an exit needs a start"],
        [ANNA, CHLOE],
    ),
    "a date in the future": (
        pathway_of_bruno(requested_on="2025-07-01"),
        [
            "pathways.csv:3:requested_on: 2025-07-01 is after today, 2025-06-30: what happened is never in the future",
        ],
        [ANNA, CHLOE],
    ),
    "a start and a withdrawal": (
        pathway_of_bruno(started_on="2024-02-02", withdrawn_on="2024-02-03"),
        [
            "pathways.csv:3:withdrawn_on: withdrawn on 2024-02-03 and started on 2024-02-02: "
            "after the start, leaving is an exit"
        ],
        [ANNA, CHLOE],
    ),
    "an unknown code": (
        line("exits.csv", 2, "anna,2024-05-31,Employment,,,"),
        [f"exits.csv:2:situation: 'Employment' is not one of {SITUATIONS}"],
        [BRUNO, CHLOE],
    ),
    "numbers that are no codes": (
        pathway_of_bruno(qualification_level="03") | line("followups.csv", 3, "anna,4,2024-11-30,refused,"),
        [
            "pathways.csv:3:qualification_level: '03' is not one of 0, 1, 2, 3, 4, 5, 6, 7, 8",
            "followups.csv:3:month: '4' is not one of 3, 6, 12",
        ],
        [CHLOE],
    ),
    "a pathway's second row": (
        more("pathways.csv", "bruno,alpha,P-9,2024-02-01,,,,,,,,,"),
        ["pathways.csv:5:pathway: a second row of this pathway; the first is in line 3"],
        [ANNA, CHLOE],
    ),
    "a second exit, although it is the same": (
        more("exits.csv", FOLDER["exits.csv"].splitlines()[1]),
        ["exits.csv:3:pathway: a second row of this pathway; the first is in line 2"],
        [BRUNO, CHLOE],
    ),
    "a second row under a key of several columns": (
        more("barriers.csv", "anna,2024-01-20,housing,none") | more("followups.csv", "anna,6,2024-12-01,refused,"),
        [
            "barriers.csv:4:assessed_on: a second row of this pathway with assessed_on 2024-01-20, domain housing",
            "followups.csv:4:month: a second row of this pathway with month 6",
        ],
        [BRUNO, CHLOE],
    ),
    "every problem of a pathway, in the order of the files and lines": (
        pathway_of_bruno(birth_year="1850", requester="friend", sex="F")
        | line("barriers.csv", 3, "bruno,2024-02-30,language,some")
        | more("activities.csv", "bruno,training,2024-02-02,2024-02-01,,completed"),
        [
            f"pathways.csv:3:requester: 'friend' is not one of {REQUESTERS}",
            "pathways.csv:3:sex: 'F' is not one of female, male, other, undisclosed",
            "barriers.csv:3:assessed_on: '2024-02-30' is not a date (YYYY-MM-DD)",
            "barriers.csv:3:intensity: 'some' is not one of none, low, medium, high",
        ],
        [ANNA, CHLOE],
    ),
    "rules of the readable rows beside a row that is not": (
        line("exits.csv", 2, "anna,soon,moved,,,") | line("diagnostics.csv", 2, "anna,2024-01-20,entry,11,"),
        [
            "diagnostics.csv:2:remobilisation: 11 is not between 0 and 10",
            "exits.csv:2:exited_on: 'soon' is not a date (YYYY-MM-DD)",
        ],
        [BRUNO, CHLOE],
    ),
    "a row with too few cells": (
        line("barriers.csv", 3, "bruno,2024-02-02,language"),
        ["barriers.csv:3:row: 3 cells where the header has 4"],
        [ANNA, CHLOE],
    ),
    "a row with too many cells": (
        line("barriers.csv", 3, "bruno,2024-02-02,language,low,,x"),
        ["barriers.csv:3:row: 6 cells where the header has 4"],
        [ANNA, CHLOE],
    ),
    "nothing, at rows of nothing but commas": (
        more("barriers.csv", ",,,", ",,,,,,,"),
        [],
        [ANNA, BRUNO, CHLOE],
    ),
    "an empty key, which refuses only its row": (
        more("barriers.csv", ",2024-02-02,language,low"),
        ["barriers.csv:4:pathway: required, but empty"],
        [ANNA, BRUNO, CHLOE],
    ),
    "a key with a zero byte, which refuses only its row": (
        more("barriers.csv", "bru\0no,2024-02-02,language,low"),
        [r"barriers.csv:4:pathway: 'bru\x00no' has characters that cannot be printed"],
        [ANNA, BRUNO, CHLOE],
    ),
    "control characters, which are shown escaped": (
        pathway_of_bruno(person="P\x1b[31m", requester="\x9b\u202echrs", housing="chrs\x07"),
        [
            r"pathways.csv:3:person: 'P\x1b[31m' has characters that cannot be printed",
            rf"pathways.csv:3:requester: '\x9b\u202echrs' is not one of {REQUESTERS}",
            r"pathways.csv:3:housing: 'chrs\x07' is not one of chrs, chu, hotel, asylum, social_residence, "
            "pension_de_famille, street, own_home, other, refused",
        ],
        [ANNA, CHLOE],
    ),
    "spaces around a value": (
        line("barriers.csv", 3, "bruno, 2024-02-02,language\xa0,low\t"),
        [
            "barriers.csv:3:assessed_on: ' 2024-02-02' has spaces around it",
            r"barriers.csv:3:domain: 'language\xa0' has spaces around it",
            r"barriers.csv:3:intensity: 'low\t' has spaces around it",
        ],
        [ANNA, CHLOE],
    ),
    "a blank cell, which is not an empty one": (
        pathway_of_bruno(welcomed_on=" "),
        ["pathways.csv:3:welcomed_on: ' ' has spaces around it"],
        [ANNA, CHLOE],
    ),
    "a lone quotation mark inside a cell": (
        line("barriers.csv", 3, 'bruno,2024-02-02,lang"uage,low'),
        [
            "barriers.csv:3:domain: 'lang\"uage' is not one of housing, health, mobility, administrative, "
            "financial, justice, language, literacy, digital, family, availability"
        ],
        [ANNA, CHLOE],
    ),
    "quoted cells of several lines, after which the lines still count right": (
        {
            "barriers.csv": HEADERS["barriers.csv"]
            + '\nbruno,2024-02-02,"lang\n\nuage",low\n'
            + '"an\r\nna",2024-01-20,housing,high\n'
            + "chloe,2024-03-02,housing,extreme\n"
        },
        [
            r"barriers.csv:2:domain: 'lang\n\nuage' spans several lines: was a quotation mark left open?",
            r"barriers.csv:5:pathway: 'an\r\nna' spans several lines: was a quotation mark left open?",
            "barriers.csv:7:intensity: 'extreme' is not one of none, low, medium, high",
        ],
        [ANNA],
    ),
    "a cell that is too long, not repeated": (
        pathway_of_bruno(person="P" * 201, housing="x" * 201),
        [
            "pathways.csv:3:person: longer than 200 characters",
            "pathways.csv:3:housing: longer than 200 characters",
        ],
        [ANNA, CHLOE],
    ),
    "a long value, abbreviated": (
        pathway_of_bruno(welcomed_on="y" * 41),
        [f"pathways.csv:3:welcomed_on: '{'y' * 40}…' is not a date (YYYY-MM-DD)"],
        [ANNA, CHLOE],
    ),
    "a social-security number in any cell, never repeated": (
        line("structures.csv", 3, f"{NIR},Kaz 2 95 10 99 126 111 93,974")
        | pathway_of_bruno(
            structure="2-95-10-99-126-111-93",
            person=f"NIR{NIR}",
            welcomed_on="253072B07300470",
            unemployment_months=NIR,
            housing="2.95.10.99.126.111.93",
        )
        | more("barriers.csv", "2\u202f95\u202f10\u202f99\u202f126\u202f111\u202f93,2024-01-20,housing,high")
        | line("activities.csv", 4, f"anna,placement,2024-02-01,2024-02-14,{NIR},no_show")
        | more("followups.csv", f"{NIR},12,2025-05-31,refused,", "".join(chr(0xFF10 + int(n)) for n in NIR)),
        [
            f"structures.csv:3:structure: {NO_NIR}",
            f"structures.csv:3:name: {NO_NIR}",
            f"pathways.csv:3:structure: {NO_NIR}",
            f"pathways.csv:3:person: {NO_NIR}",
            f"pathways.csv:3:welcomed_on: {NO_NIR}",
            f"pathways.csv:3:unemployment_months: {NO_NIR}",
            f"pathways.csv:3:housing: {NO_NIR}",
            f"barriers.csv:4:pathway: {NO_NIR}",
            f"activities.csv:4:hours: {NO_NIR}",
            f"followups.csv:4:pathway: {NO_NIR}",
            "followups.csv:5:row: 1 cells where the header has 5",
            f"followups.csv:5:pathway: {NO_NIR}",
        ],
        [CHLOE],
    ),
    "a social-security number with a wrong key, not repeated either": (
        pathway_of_bruno(welcomed_on="2 95 10 99 126 111 94")
        | more("barriers.csv", "295109912611194,2024-01-20,housing,high"),
        [
            f"pathways.csv:3:welcomed_on: {NO_NIR}",  # its first thirteen characters are one without its key
            f"barriers.csv:4:pathway: unknown pathway {WITHHELD}",
        ],
        [ANNA, CHLOE],
    ),
}


@pytest.mark.parametrize(("given", "expect", "go_on"), ROW_CASES.values(), ids=ROW_CASES)
def test_rows_are_refused_for(
    read: Callable[..., Reading], given: dict[str, str | bytes], expect: list[str], go_on: list[str]
) -> None:
    reading = read(given)
    assert lines_of(reading) == expect
    assert keys(reading) == go_on
    assert not reading.refused.intersection(go_on)
    assert {ANNA, BRUNO, CHLOE} <= reading.refused.union(go_on), "whatever is refused is told"


def cells(column: str, *values: str) -> list[tuple[str, str]]:
    return [(column, value) for value in values]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *cells("pathway", "bruno 2", "ÉLÉONORE-12/34", "x" * 200, '"a,""b"', "c" * 64, "0" * 12),
        *cells("person", "1", "名前", "d41d8cd98f00b204e9800998ecf8427e"),
        *cells("requested_on", "1900-01-01", "2024-02-29", "2025-06-30"),
        *cells("birth_year", "1900", "2024", ""),
        *cells("unemployment_months", "0", "007", "1200"),
        *cells("qualification_level", "0", "8"),
    ],
)
def test_a_cell_is_read(read: Callable[..., Reading], column: str, value: str) -> None:
    reading = read(pathway_of_bruno(**{column: value}), {"barriers.csv": HEADERS["barriers.csv"]})
    assert lines_of(reading) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *cells("pathway", "", "a\u200bb", "\ufeffa", "a\u2028b", "a\xa0b", "x" * 201),
        *cells("person", "", "\x7f", "a\u0085b", "\ud7ff\ue000"),
        *cells("structure", "", "Bravo", "br avo", "bravo_", "b" * 33, "brävo", "programme"),
        *cells("requested_on", "", "20240101", "2024-W01-1", "2024-1-1", "2024-13-01", "2023-02-29"),
        *cells("requested_on", "2024-01-01T00:00", "01-02-2024", "-024-01-01", "+2024-01-01", "0000-01-01"),
        *cells("requested_on", "２０２４-０１-０１", "٢٠٢٤-٠١-٠١", "2024-01-01\x00", "2024–01–01"),
        *cells(
            "birth_year",
            "+1990",
            "-1990",
            "1_990",
            "1e3",
            "1990.0",
            "١٩٩٠",
            "１９９０",
            "²",
            "19900",
            "0x7C6",
        ),
        *cells("unemployment_months", "-1", "1.5", "one", "10000", "None", "nan"),
        *cells("qualification_level", "9", "3.0", "+3", "٣", "cap"),
        *cells("sex", "Female", "f", "femal\u0435"),
        *cells("housing", "CHRS", "none"),
    ],
)
def test_a_cell_is_refused_by_its_column(read: Callable[..., Reading], column: str, value: str) -> None:
    reading = read(pathway_of_bruno(**{column: value}), {"barriers.csv": HEADERS["barriers.csv"]})
    assert [(r.file, r.line, r.column) for r in reading.refusals] == [("pathways.csv", 3, column)]
    assert keys(reading) == [ANNA, CHLOE]


@pytest.mark.parametrize(
    "hours",
    ["", "-1", "+1", "1,5,5", ".5", "3.", "1e2", "NaN", "Infinity", "1_0", "٣", "5000.5", "3h", "1.00001"],
)
def test_hours_are_refused(read: Callable[..., Reading], hours: str) -> None:
    quoted = f'"{hours}"' if "," in hours else hours
    reading = read(more("activities.csv", f"bruno,support,2024-02-02,2024-02-02,{quoted},completed"))
    assert [(r.file, r.line, r.column) for r in reading.refusals] == [("activities.csv", 5, "hours")]


@pytest.mark.parametrize("department", ["01", "09", "19", "2A", "2B", "21", "95", "971", "978", "984", "988"])
def test_a_departement_is_read(read: Callable[..., Reading], department: str) -> None:
    assert read(line("structures.csv", 3, f"bravo,Kaz,{department}")).structures[1].department == department


@pytest.mark.parametrize(
    "department",
    ["", "1", "00", "20", "2a", "2C", "96", "99", "970", "979", "985", "989", "69D", "069", "６９"],
)
def test_a_departement_is_refused(read: Callable[..., Reading], department: str) -> None:
    reading = read(line("structures.csv", 3, f"bravo,Kaz,{department}"))
    assert [(r.file, r.line, r.column) for r in reading.refusals] == [
        ("structures.csv", 3, "department"),
        ("pathways.csv", 3, "structure"),
    ]


@pytest.mark.parametrize("name", ["", " Kaz", "Kaz\xa0", "K\taz", "K\x00az", "Ka\u200bz", '"Kaz\nEspwa"', "K" * 201])
def test_a_structures_name_is_refused(read: Callable[..., Reading], name: str) -> None:
    reading = read(line("structures.csv", 3, f"bravo,{name},974"))
    assert [(r.file, r.line, r.column) for r in reading.refusals] == [
        ("structures.csv", 3, "name"),
        ("pathways.csv", 3, "structure"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        NIR,
        "2 95 10 99 126 111 93",
        "n° 2.95.10.99.126.111.93.",
        "253072B07300470",
        "12 2 95 10 99 126 111 93",
    ],
)
def test_a_social_security_number_is_found(text: str) -> None:
    assert holds_nir(text)


@pytest.mark.parametrize(
    "text",
    ["295109912611194", "29510991261119", f"{NIR}0", f"0{NIR}", f"a1{NIR[1:]}b", "253072C07300443", "12/34"],
)
def test_other_numbers_are_none(text: str) -> None:
    assert not holds_nir(text)


# --- cells of any size ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "lines"),
    [
        pytest.param("x" * 50_000_000, 1, id="50 MB"),
        pytest.param('"' + "a, b " * 10_000_000 + '"', 1, id="50 MB, quoted, with commas"),
        pytest.param('"' + ("z" * 9_999 + "\n") * 500 + '"', 501, id="5 MB, quoted, on 501 lines"),
        pytest.param('"' + "z" * 70_000 + '""' + "z" * 70_000 + '"', 1, id="quotation marks within"),
    ],
)
def test_a_huge_cell_refuses_its_pathway_and_no_other(read: Callable[..., Reading], cell: str, lines: int) -> None:
    limit = csv.field_size_limit()
    reading = read(
        {
            "barriers.csv": HEADERS["barriers.csv"]
            + f"\nbruno,2024-02-02,{cell},low\n"
            + "anna,2024-01-20,housing,extreme\n"
        }
    )
    assert lines_of(reading) == [
        "barriers.csv:2:domain: longer than 200 characters",
        f"barriers.csv:{2 + lines}:intensity: 'extreme' is not one of none, low, medium, high",
    ]
    assert keys(reading) == [CHLOE]
    assert csv.field_size_limit() == limit, "which belongs to the whole process"


def test_a_huge_cell_before_the_key_still_refuses_the_pathway(read: Callable[..., Reading]) -> None:
    reading = read({"barriers.csv": f"intensity,domain,assessed_on,pathway\n{'x' * 200_000},a,b,bruno\n"})
    assert lines_of(reading)[0] == "barriers.csv:2:intensity: longer than 200 characters"
    assert keys(reading) == [ANNA, CHLOE]


# --- what only the platform can tell ----------------------------------------------------------------------


def test_a_structure_may_be_registered_on_the_platform(tmp_path: Path) -> None:
    files = dict(FOLDER) | line("structures.csv", 3, "")
    reading = read_folder(write(tmp_path, files), TODAY)
    assert keys(reading) == [ANNA, BRUNO, CHLOE]
    assert keys(reading.refuse_unknown({"bravo"}, set())) == [ANNA, BRUNO, CHLOE]
    unknown = reading.refuse_unknown({"charlie"}, set())
    assert lines_of(unknown) == ["pathways.csv:3:structure: unknown structure 'bravo'"]
    assert keys(unknown) == [ANNA, CHLOE]
    assert unknown.refused == {BRUNO}


def test_rows_of_a_pathway_that_the_platform_knows_are_kept_and_joined(
    read: Callable[..., Reading],
) -> None:
    gone = line("pathways.csv", 2, "")
    assert read(gone).orphans == {}
    assert len(read(gone).refusals) == 8, "each row of an unknown pathway is refused"
    reading = read(gone, known=(ANNA,))
    assert lines_of(reading) == []
    assert keys(reading) == [BRUNO, CHLOE]
    assert list(reading.orphans) == [ANNA]
    request = SentPathwayRow("alpha", "P-7", date(2024, 1, 8), started_on=date(2024, 6, 1))
    joined = reading.orphans[ANNA].joined(request)
    assert joined.dossier.pathway == ANNA
    assert joined.dossier.request == request
    assert [row.number for row in joined.dossier.activities] == [1, 2, 1]
    assert [str(joined.refusal(problem)) for problem in problems_of(joined.dossier, TODAY)] == [
        "exits.csv:2:exited_on: 2024-05-31 is before started_on 2024-06-01: requested ≤ welcomed ≤ started ≤ exited"
    ]


def test_an_orphan_with_a_broken_row_is_refused_at_once(read: Callable[..., Reading]) -> None:
    reading = read(line("pathways.csv", 2, "") | line("exits.csv", 2, "anna,,moved,,,"), known=(ANNA,))
    assert lines_of(reading) == ["exits.csv:2:exited_on: required, but empty"]
    assert reading.orphans == {}
    assert reading.refused == {ANNA}


def test_a_problem_is_placed_at_its_row_or_at_the_pathway(read: Callable[..., Reading]) -> None:
    anna = read().dossiers[0]
    theirs = Problem("followups.csv", 1, "asked_on", "too early")
    assert str(anna.refusal(theirs)) == "followups.csv:3:asked_on: too early"
    beyond = Problem("followups.csv", 2, "asked_on", "too early")
    assert str(anna.refusal(beyond)) == (
        "pathways.csv:2:pathway: with what the platform knows (followups.csv, asked_on): too early"
    )


# --- any bytes at all -------------------------------------------------------------------------------------

Mutation = tuple[str, int, str, bytes]
mutations: st.SearchStrategy[list[Mutation]] = st.lists(
    st.tuples(
        st.sampled_from(list(FOLDER)),
        st.integers(-20, 400),
        st.sampled_from(["replace", "insert", "delete"]),
        # Mostly what leaves a file well-formed, as most random bytes refuse the whole folder.
        st.sampled_from([*"aab0129-,, \n\x00\x7f", "\r\n", "é", '"', "\r"]).map(str.encode)
        | st.binary(min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=4,
)


def mutated(changes: list[Mutation]) -> dict[str, bytes]:
    """FOLDER with bytes changed: in the header at positions below 0, else in the rows."""
    files = {file: bytearray(text.encode()) for file, text in FOLDER.items()}
    for file, position, how, new in changes:
        data = files[file]
        rows = data.find(b"\n") + 1
        at = max(rows + position, 0) if position < 0 else rows + position % (len(data) - rows + 1)
        data[at : at if how == "insert" else at + len(new)] = b"" if how == "delete" else new
    return {file: bytes(data) for file, data in files.items()}


def rows_by_key(file: bytes) -> tuple[list[str], dict[str, list[list[str]]]]:
    """Header and rows of a file under the cell of its first column, as the csv module reads them."""
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = file.decode("cp1252")
    header, *rows = csv.reader(io.StringIO(text, newline="\n"), strict=True)
    by_key: dict[str, list[list[str]]] = {}
    for row in rows:
        by_key.setdefault(row[0] if row else "", []).append(row)
    return header, by_key


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(mutations)
def test_mutated_bytes_refuse_the_folder_or_only_the_pathways_that_they_touch(
    changes: list[Mutation],
) -> None:
    files = mutated(changes)
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), dict(FOLDER))
        before = {keyed.key: keyed.dossier for keyed in read_folder(path, TODAY).dossiers}
        write(path, dict(files))
        try:
            reading = read_folder(path, TODAY).refuse_unknown(set(), set())
        except FolderRefused:
            return
    after = {keyed.key: keyed.dossier for keyed in reading.dossiers}
    was = {file: rows_by_key(text.encode())[1] for file, text in FOLDER.items()}
    now = {file: rows_by_key(data)[1] for file, data in files.items()}

    def same(file: str, key: str) -> bool:
        return was[file].get(key) == now[file].get(key)

    for key, dossier in before.items():
        touched = [file for file in FOLDER if file != "structures.csv" and not same(file, key)]
        if not touched and same("structures.csv", dossier.request.structure):
            assert after[key] == dossier, "an untouched pathway goes on as it was"
        assert key in after or key in reading.refused or "pathways.csv" in touched, "or it is told"
    assert not reading.refused.intersection(after)
    assert all(str(refusal).count("\n") == 0 for refusal in reading.refusals)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(FOLDER)), st.binary(max_size=300))
def test_any_bytes_for_a_file_are_read_or_refused(file: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), {**FOLDER, file: data})
        with pytest.raises(FolderRefused, match=f"^{file}"):
            read_folder(path, TODAY)


# --- a real case ------------------------------------------------------------------------------------------


def test_the_ten_structures_are_read_without_a_refusal() -> None:
    reading = read_folder(TEN_STRUCTURES, TODAY).refuse_unknown(set(), set())
    assert lines_of(reading) == []
    assert reading.orphans == {}
    assert (len(reading.structures), len(reading.dossiers)) == (10, 574)
    rows = sum(len(lines) for keyed in reading.dossiers for lines in keyed.lines.values())
    in_files = sum(
        len((TEN_STRUCTURES / file).read_text(encoding="utf-8").splitlines()) - 1
        for file in FOLDER
        if file != "structures.csv"
    )
    assert rows == in_files


@pytest.mark.parametrize("nir", ["1840769123456", "1 84 07 2A 123 456", "184072A123456", "1-84-07-2B-123-456"])
def test_a_number_without_its_key_is_refused_in_every_column_and_never_repeated(
    read: Callable[..., Reading], nir: str
) -> None:
    for file, text in FOLDER.items():
        header, first = csv.reader(text.splitlines()[:2])
        for place, column in enumerate(header):
            cells = ['"{}"'.format(cell.replace('"', '""')) for cell in (*first[:place], nir, *first[place + 1 :])]
            found = [str(one) for one in read(line(file, 2, ",".join(cells))).refusals]
            assert f"{file}:2:{column}: {NO_NIR}" in found
            assert nir not in "".join(found)
