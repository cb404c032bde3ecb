"""The benchmarks' own arithmetic, and that they run. Nothing here is timed."""

import asyncio
import json
import os
import sys
from dataclasses import replace
from math import isnan
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from benchmarks.loss import Seen
from benchmarks.measure import Comparison, Target, Turn, compare, write
from tests.places import ROOT


async def test_contestants_take_turns_within_each_round() -> None:
    turns_taken: list[str] = []

    def contestant(name: str) -> Turn:
        async def turn() -> float:
            turns_taken.append(name)
            return float(len(turns_taken))

        return turn

    found = await compare("turns", "places", {"rival": contestant("rival"), "ours": contestant("ours")}, rounds=2)
    assert turns_taken == ["rival", "ours", "rival", "ours"]
    assert found.figures == {"rival": [1, 3], "ours": [2, 4]}


def test_a_ratio_is_of_the_same_round() -> None:
    # The machine was four times as fast in the second round; each round alone says three.
    assert Comparison("", "", {"rival": [10, 40, 20], "ours": [30, 120, 60]}).ratio("ours") == 3
    assert isnan(Comparison("", "", {"rival": [0], "ours": [0]}).ratio("ours"))


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (Target("ours", least=3), True),
        (Target("ours", least=3.1), False),
        (Target("ours", most=3), True),
        (Target("ours", most=2.9), False),
        (Target("ours", most=30, of="figure"), True),
        (Target("ours", most=29, of="figure"), False),
    ],
)
def test_a_target_is_a_bound_of_the_ratio_or_of_the_figure(target: Target, met: bool) -> None:
    comparison = Comparison("title", "unit", {"rival": [10], "ours": [30]}, [target])
    assert comparison.met(target) is met
    assert any(line.endswith("NOT met") is not met for line in comparison.lines() if "target" in line)
    assert comparison.verdicts()[0].startswith("met" if met else "NOT met")


def test_figures_are_written_with_what_they_were_measured_on(tmp_path: Path) -> None:
    comparison = Comparison("title", "unit", {"rival": [0, 0], "ours": [1, 3]}, [Target("ours", least=2, of="figure")])
    write({"some": [comparison]}, tmp_path / "new" / "figures.json", {"cores": 2})
    told = json.loads((tmp_path / "new" / "figures.json").read_text())
    assert told["machine"] == {"cores": 2}
    [found] = told["benchmarks"]["some"]
    assert found["figures"] == {"rival": [0, 0], "ours": [1, 3]}
    assert (found["median"]["ours"], found["ratio"]["ours"], found["met"]) == (2, None, [True])


def all_is_well() -> Seen:
    """Two saves on one aggregate, the second of two events, and what each stage saw of them."""
    file, first, second = uuid4(), uuid4(), uuid4()
    events = [(file, 1), (file, 2), (file, 3)]
    stored = [(1, first, file, 1), (2, second, file, 2), (3, second, file, 3)]
    return Seen([(file, 1, 1), (file, 2, 3)], stored, [1, 2, 3], list(events), list(events))


def counts(seen: Seen) -> tuple[int, int, int, int]:
    return seen.lost, seen.twice, seen.out_of_order, seen.half_written


def test_the_loss_test_counts_what_went_wrong() -> None:
    well = all_is_well()
    file = well.stored[0][2]
    assert counts(well) == (0, 0, 0, 0)
    assert counts(replace(well, confirmed=[*well.confirmed, (file, 4, 5)])) == (2, 0, 0, 0), "confirmed, not stored"
    assert counts(replace(well, confirmed=[*well.confirmed, (file, 1, 1)])) == (0, 1, 0, 0), (
        "two were told it is theirs"
    )
    assert counts(replace(well, read=[1, 3])) == (1, 0, 0, 0)
    assert counts(replace(well, read=[1, 3, 2])) == (0, 0, 1, 0)
    assert counts(replace(well, published=well.published[:-1])) == (1, 0, 0, 0)
    assert counts(replace(well, delivered=[*well.delivered, (file, 3)])) == (0, 1, 0, 0)
    assert counts(replace(well, delivered=well.delivered[::-1])) == (0, 0, 2, 0)
    another = UUID(int=0)
    torn = [well.stored[0], (2, well.stored[1][1], file, 2), (3, another, file, 3)]
    assert counts(replace(well, stored=torn)) == (0, 0, 0, 1), "confirmed as one save, stored as two"
    apart = [(1, well.stored[1][1], file, 2), (2, another, another, 1), (3, well.stored[2][1], file, 3)]
    assert replace(well, stored=apart).half_written == 2, "another save came in between, and the first version is gone"


@pytest.mark.slow
async def test_the_benchmarks_run_and_write_their_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks", "append", "relay", "--quick", "--rounds", "1", "--json", str(file),
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed = (await running.communicate())[0].decode()
    assert running.returncode == 0, printed
    told = json.loads(file.read_text())
    assert told["machine"]["PostgreSQL"]
    assert told["benchmarks"].keys() == {"append", "relay"}
    for comparisons in told["benchmarks"].values():
        for one in comparisons:
            assert one["title"] in printed
            assert all(figure > 0 for figures in one["figures"].values() for figure in figures)
