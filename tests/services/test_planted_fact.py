"""One module and one line make a fact: what CONTRIBUTING.md shows is planted in a copy, and looked at from outside."""

from pathlib import Path

import pytest

from tests.planting import FILE, LINE, MODULE, plant, run

FILES = {
    "intake": "services/intake/domain/pathway.py",
    "diagnostic": "services/diagnostic/domain/file.py",
    "training": FILE,
    "outcomes": "services/outcomes/domain/leaving.py",
}


@pytest.mark.slow
@pytest.mark.parametrize("service", FILES)
def test_a_planted_fact_has_all_that_a_fact_has(tmp_path: Path, service: str) -> None:
    module = MODULE.replace('"training"', f'"{service}"')
    run(plant(tmp_path, module, FILES[service], LINE.strip()), "tests/planted/walk.py")


def test_what_the_walk_shows_is_one_module_and_one_line() -> None:
    assert len(LINE.strip().splitlines()) == 1
    assert MODULE.startswith('"""')
