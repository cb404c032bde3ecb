"""The whole catalogue, through the whole pipeline, against the naive computation over the same folder."""

import time
from datetime import date
from pathlib import Path

import pytest

from shared.kernel.clock import today
from shared.language.codes import BREAKDOWNS
from tests import folders, oracle
from tests.harness import Running, assert_same


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "seed"), [(1, 1), (1, 2), (8, 3)])
async def test_a_made_up_folder_gives_the_figures_of_the_naive_computation(
    running: Running, tmp_path: Path, scale: int, seed: int
) -> None:
    facts = folders.large(scale, seed)
    folders.write(facts, tmp_path)
    started = time.monotonic()
    summary = await running.bring(tmp_path)
    print(f"{summary.facts} facts, {summary.facts / (time.monotonic() - started):,.0f} a second")
    assert not summary.refusals
    await running.caught_up()
    year = sorted(row["requested_on"] for row in facts.pathways)[len(facts.pathways) // 2][:4]
    period = (date(int(year), 1, 1), date(int(year), 12, 31))
    compared = 0
    for scope in folders.scopes(facts):
        expected = oracle.indicators(facts, *period, today(), scope)
        compared += assert_same(expected, (await running.indicators(scope, *period))["indicators"], scope)
    for by in BREAKDOWNS:
        classes = oracle.indicators(facts, *period, today(), "national", by)
        found = (await running.indicators("national", *period, by=by))["classes"]
        assert list(classes) == list(found)
        compared += sum(assert_same(figures, found[name], f"{by} {name}") for name, figures in classes.items())
    assert compared > 1000
