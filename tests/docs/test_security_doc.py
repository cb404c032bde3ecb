"""docs/security.md names tests that exist, and every item of the list."""

import re

from tests.places import ROOT

DOCUMENT = (ROOT / "docs" / "security.md").read_text()


def test_every_test_that_it_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", DOCUMENT)
    assert len(named) > 30
    assert len(named) == DOCUMENT.count("::"), "each is named by its file and whole"
    for file, name in named:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE), f"{file}::{name}"


def test_every_item_names_a_test() -> None:
    items = re.split(r"^## API(\d+) ", DOCUMENT, flags=re.MULTILINE)[1:]
    assert [int(number) for number in items[::2]] == list(range(1, 11))
    assert all("`tests/" in text for text in items[1::2])
