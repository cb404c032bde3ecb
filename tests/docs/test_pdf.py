"""A PDF is made of any text: what a font of this machine shows, and a box with the code point for what none does."""

import io
import re
from pathlib import Path

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.pdf import pdf

TEMPLATE = """\
#set document(title: "essai")
#set text(lang: "fr")
= Essai
#for text in json(bytes(sys.inputs.told)) [- #text
]
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pdf") / "template.typ"
    file.write_text(TEMPLATE)
    return file


def printed(document: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(document)).pages)


NAMES = {
    "Chinese": "李小龙",
    "Amharic": "ሰላማዊት",
    "Arabic": "محمد الأمين",
    "Hebrew": "שָׁלוֹם כהן",
    "Bengali": "শেখ হাসিনা",
    "Tamil": "தமிழ்ச்செல்வி",
    "Tibetan": "བསྟན་འཛིན་",
    "Thai": "สมชาย",
    "marks on what no font has": "\U000f1234\u0bcd\U000f1235\u0f9f",
    "a tab after a return": "a\r\tb",
    "Georgian": "გიორგი",
    "Korean, in parts": "김민준",
    "combining marks": "S\u0323\u0302e\u0301ne\u0308gal",
    "beyond the first plane": "\U00020bb7野家 \U0001e900\U0001e901",
    "an emoji of several": "👩‍👩‍👧 Zoé 🇫🇷",
    "of private use": "\U000f1234",
    "controls and joiners": 'a\u200db\u200fc\ufeffd\u2028e\x07f\\g"h\u0301',
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_in_any_script_is_printed_or_told_by_its_code_points(template: Path, name: str) -> None:
    found = printed(pdf(template, "told", ["avant", name, "après"]))
    assert "avant" in found
    assert "après" in found
    visible = [one for one in name if one.isprintable() and not one.isspace() and not re.match(r"[\u0300-\u036f]", one)]
    unseen = [one for one in visible if one not in found and f"U+{ord(one):04X}" not in found]
    assert not unseen


def test_of_an_unknown_character_its_number_stands_in_its_place(template: Path) -> None:
    assert "Marie ▯U+F1234▯U+F1235 Dupont" in printed(pdf(template, "told", ["Marie \U000f1234\U000f1235 Dupont"]))


def test_what_one_text_lacks_another_keeps(template: Path) -> None:
    """A joiner between characters that no font has is not taken out of a name that is shown."""
    found = printed(pdf(template, "told", ["\U000f1234\u200d\U000f1235", "نرگس\u200dی"]))
    assert "▯U+F1235" in found
    assert found.count("▯") == 2


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(max_size=30), max_size=5))
@pytest.mark.slow
def test_any_text_makes_a_pdf(template: Path, texts: list[str]) -> None:
    assert pdf(template, "told", texts).startswith(b"%PDF")


def test_an_error_of_the_template_is_not_taken_for_a_missing_glyph(tmp_path: Path) -> None:
    broken = tmp_path / "broken.typ"
    broken.write_text("#nothing-of-this-name")
    with pytest.raises(RuntimeError, match="unknown variable"):
        pdf(broken, "told", [])
