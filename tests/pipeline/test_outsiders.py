"""Figures for outsiders: fixed periods, and no small count to be told from what is answered."""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from services.reporting.api.asking import asked_by, question
from services.reporting.disclosure.families import (
    CLUSTERS,
    FAMILIES,
    FIGURES,
    WITHHELD,
    Atoms,
    Part,
    part,
    shown,
    sizes,
    value,
)
from services.reporting.disclosure.outsiders import LAUNCH, Outsider, must_be_fixed, quarters
from services.reporting.disclosure.walk import Walk
from services.reporting.disclosure.withholding import told_of, told_of_classes, told_of_period
from services.reporting.figures.catalogue import CATALOGUE
from shared.kernel.callers import Caller, Role
from shared.kernel.refusals import Problem
from tests.harness import Running, now
from tests.services.test_reporting_depth import token

T = 5
TODAY = date(2026, 11, 25)


def some_people(seed: random.Random, most: int) -> Atoms:
    """Atoms of a made-up group, of which many are small or nobody."""

    def split(whole: int, names: list[str]) -> dict[str, tuple[int]]:
        weights = [seed.choice((0, 1, 1, 2, 8, 30)) for _ in names]
        drawn = seed.choices(names, weights if any(weights) else None, k=whole)
        return {name: (drawn.count(name),) for name in names}

    wholes: dict[int, int] = {}
    found = {}
    for family, of in FAMILIES.items():
        cluster = next(n for n, families in enumerate(CLUSTERS) if family in families)
        whole = wholes.setdefault(cluster, seed.randint(0, most))
        if family == "persons_supported":
            whole = seed.randint(min(whole, 1), whole)
        found[family] = split(whole, list(of.atoms))
    return found


def added(groups: list[Atoms]) -> Atoms:
    return {f: {a: sizes(group[f][a] for group in groups) for a in FAMILIES[f].atoms} for f in FAMILIES}


class Attacker:
    """Who knows what is told, that counts are not negative, and which families have one whole."""

    def __init__(self, groups: Mapping[str, Atoms], sums: Mapping[str, list[str]]) -> None:
        self.groups, self.sums = groups, sums
        self.at = {
            (g, f, a): n
            for n, (g, f, a) in enumerate((g, f, a) for g in groups for f in FAMILIES for a in FAMILIES[f].atoms)
        }
        self.rows: list[np.ndarray] = []
        self.right: list[int] = []
        for families in (("diagnosed_share", "plan_share"), ("plan_share", "days_to_employment_km")):
            self._same_whole(*families)
        self._same_whole("exits", "mobilised_share")

    def _row(self, group: str, p: Part, sign: int = 1) -> np.ndarray:
        row = np.zeros(len(self.at))
        for name in self.sums.get(group, [group]):
            for atom in p[1]:
                row[self.at[name, p[0], atom]] += sign
        return row

    def _same_whole(self, one: str, other: str) -> None:
        for group in self.groups:
            self.rows.append(self._row(group, part(one)) + self._row(group, part(other), -1))
            self.right.append(0)

    def learns(self, group: str, told: frozenset[Part], atoms: Atoms) -> None:
        for p in told:
            self.rows.append(self._row(group, p))
            self.right.append(value(p, atoms)[0])

    def bounds(self, group: str, p: Part) -> tuple[float, float]:
        aim = self._row(group, p)
        low, high = (
            linprog(sign * aim, A_eq=np.array(self.rows), b_eq=self.right, bounds=(0, 10_000), method="highs")
            for sign in (1, -1)
        )
        assert low.status == high.status == 0
        return low.fun, -high.fun


def small_parts(atoms: Atoms) -> list[Part]:
    """What a figure tells, and what is left of its whole, where it is of few."""
    counts = {p for parts in FIGURES.values() for p in parts}
    counts |= {(n[0], d[1] - n[1]) for n, d in (parts for parts in FIGURES.values() if len(parts) == 2)}
    return [p for p in sorted(counts, key=str) if 0 < value(p, atoms)[0] < T]


def test_every_figure_is_made_of_atoms_and_every_family_is_in_one_cluster() -> None:
    assert set(FIGURES) == CATALOGUE
    assert sorted(family for families in CLUSTERS for family in families) == sorted(FAMILIES)


@settings(max_examples=10, deadline=None)
@given(seed=st.randoms(use_true_random=False), most=st.sampled_from([6, 15, 40]))
def test_no_count_of_few_can_be_told_from_an_answer_with_its_classes(seed: random.Random, most: int) -> None:
    classes = {name: some_people(seed, most) for name in "abcd"}
    whole = added(list(classes.values()))
    of_all = told_of(whole, T)
    told = told_of_classes(classes, T, of_all)
    attacker = Attacker(classes, {"": list(classes)})
    attacker.learns("", of_all, whole)
    for name in classes:
        attacker.learns(name, told[name], classes[name])
    few = [(name, p) for name, atoms in {"": whole, **classes}.items() for p in small_parts(atoms)]
    for name, p in seed.sample(few, min(12, len(few))):
        low, high = attacker.bounds(name, p)
        assert high - low > 0.5, (name, p, low, high)


@settings(max_examples=10, deadline=None)
@given(seed=st.randoms(use_true_random=False), most=st.sampled_from([6, 15, 40]))
def test_no_count_of_few_can_be_told_from_the_quarters_and_their_year(seed: random.Random, most: int) -> None:
    year = {name: some_people(seed, most) for name in "1234"}
    whole = added(list(year.values()))
    attacker = Attacker(year, {"": list(year)})
    walk = Walk(T)
    for name, atoms in year.items():
        told = told_of(atoms, T, walk.waiting)
        walk.step(atoms, told)
        attacker.learns(name, told, atoms)
    additive = {
        p for p in told_of(whole, T, walk.waiting, walk.always) if not FAMILIES[p[0]].stock or p in Walk(T).always
    }
    attacker.learns("", frozenset(additive), whole)
    few = [(name, p) for name, atoms in year.items() for p in small_parts(atoms)]
    for name, p in seed.sample(few, min(12, len(few))):
        low, high = attacker.bounds(name, p)
        assert high - low > 0.5, (name, p, low, high)


def atoms(**counts: Mapping[str, int]) -> Atoms:
    return {f: {a: (counts.get(f, {}).get(a, 0),) for a in FAMILIES[f].atoms} for f in FAMILIES}


def told_figures(told: frozenset[Part]) -> set[str]:
    return {id for id in CATALOGUE if shown({id: {"value": 1}}, told)[id] != WITHHELD}


def test_a_share_is_withheld_for_its_numerator_its_denominator_and_what_is_left_but_not_for_nobody() -> None:
    for welcomed, left, requests_told, share_told in (
        (20, 30, True, True),
        (4, 30, True, False),
        (30, 4, True, False),
        (2, 2, False, False),
        (5, 5, True, True),
        (0, 30, True, True),
        (30, 0, True, True),
        (0, 0, True, True),
    ):
        told = told_figures(told_of(atoms(welcomed_share={"in": welcomed, "out": left}), T))
        assert ("requests" in told, "welcomed_share" in told) == (requests_told, share_told), (welcomed, left)
        assert ("days_to_welcome_km" in told) == share_told


def test_a_class_of_exits_of_few_takes_another_with_it_and_what_would_tell_them_apart() -> None:
    exits = {"durable": 9, "transition": 8, "positive": 7, "other": 3, "neutralised": 6, "staying": 40}
    told = told_figures(told_of(atoms(exits=exits), T))
    assert {"leavers", "supported", "exits_examined", "durable_exit_share", "exits_neutralised"} <= told
    assert not {"exits_other", "exits_positive", "dynamic_exit_share", "positive_exit_share"} & told


def test_stocks_are_withheld_with_the_flows_between_them() -> None:
    def told(entries: int, leavers: int, **query: bool) -> set[str]:
        exits = {"durable": leavers, "staying": 50}
        met = {f: {"in": entries, "out": 0} for f in ("diagnosed_share", "plan_share", "days_to_employment_km")}
        return told_figures(told_of_period(atoms(exits=exits, mobilised_share={"in": 50}, **met), T, **query))

    stocks = {"supported", "persons_supported", "mobilised_share", "durable_access_share"}
    assert stocks <= told(9, 8)
    for withheld in (told(3, 8), told(9, 3), told(9, 8, flows=False)):
        assert not stocks & withheld
    assert {"leavers", "exits_durable"} <= told(3, 8)
    assert {"entries", "diagnosed_share"} <= told(9, 3)


def test_hours_are_withheld_for_those_who_spent_them() -> None:
    told = told_figures(told_of(atoms(hours_workshop={"in": 4}, hours_training={"in": 5}), T))
    assert "hours_workshop" not in told
    assert {"hours_training", "hours_placement"} <= told


def test_who_could_subtract_their_own_structure_is_told_less() -> None:
    people: Any = {f: dict.fromkeys(FAMILIES[f].atoms, (9,)) for f in FAMILIES}
    assert "persons_supported" in told_figures(told_of(people, T))
    people = {f: dict.fromkeys(FAMILIES[f].atoms, (9, 2)) for f in FAMILIES}
    assert "persons_supported" not in told_figures(told_of(people, T))
    people = {f: dict.fromkeys(FAMILIES[f].atoms, (9, 0)) for f in FAMILIES}
    assert "persons_supported" in told_figures(told_of(people, T))


def test_two_classes_are_withheld_where_one_is_of_few() -> None:
    counts = {"female": 30, "male": 12, "other": 2, "unknown": 0}
    classes = {name: atoms(welcomed_share={"in": count, "out": 0}) for name, count in counts.items()}
    told = told_of_classes(classes, T, told_of(added(list(classes.values())), T))
    assert {name for name in counts if "requests" in told_figures(told[name])} == {"female", "unknown"}


def test_a_quarter_of_few_takes_the_next_one_with_it_or_else_the_year() -> None:
    def year(*requests: int) -> list[bool]:
        walk, quarters = Walk(T), [atoms(welcomed_share={"in": n, "out": 0}) for n in requests]
        found = []
        for quarter in quarters:
            told = told_of(quarter, T, walk.waiting)
            walk.step(quarter, told)
            found.append("requests" in told_figures(told))
        return [*found, "requests" in told_figures(told_of(added(quarters), T, walk.waiting, walk.always))]

    assert year(9, 8, 7, 6) == [True, True, True, True, True]
    assert year(9, 3, 7, 6) == [True, False, False, True, True]
    assert year(9, 3, 0, 6) == [True, False, False, False, True]
    assert year(9, 8, 7, 3) == [True, True, True, False, False]


@pytest.mark.parametrize(("first", "last"), [*quarters(2024), (date(2024, 1, 1), date(2024, 12, 31)),
    (LAUNCH, date(2025, 12, 31)), (date(2026, 7, 1), date(2026, 9, 30))])  # fmt: skip
def test_fixed_periods_are_those_that_are_over(first: date, last: date) -> None:
    must_be_fixed(first, last, TODAY)
    with pytest.raises(Problem) as refused:
        must_be_fixed(first, last, last)
    assert refused.value.code == "period-not-fixed"
    for moved in (first - timedelta(days=1), first + timedelta(days=1)):
        with pytest.raises(Problem, match="civil quarter"):
            must_be_fixed(moved, last, TODAY)


@pytest.mark.parametrize("last", [date(2026, 12, 31), date.max, date(2024, 9, 30), date(2024, 2, 29), TODAY])
def test_no_other_period_is_fixed(last: date) -> None:
    for first in (date(2024, 1, 1), date(2023, 1, 1), LAUNCH, date(last.year, 10, 1), date.min):
        with pytest.raises(Problem, match="civil quarter"):
            must_be_fixed(first, last, TODAY)


YEAR = (date(2024, 1, 1), date(2024, 12, 31))
TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("role", "own", "scope", "outsider"),
    [
        (Role.OPERATOR, None, "structure:s01", None),
        (Role.ADVISER, "s01", "structure:s01", None),
        (Role.MANAGER, "s01", "national", Outsider(T, "s01")),
        (Role.ADVISER, "s01", "department:69", Outsider(T, "s01")),
        (Role.EVALUATOR, None, "national", Outsider(T)),
        (Role.EVALUATOR, "s01", "national", Outsider(T)),
    ],
)
def test_who_is_an_outsider(role: Role, own: str | None, scope: str, outsider: Outsider | None) -> None:
    assert asked_by(Caller("x", role, own), question(scope, *YEAR), T, TODAY).outsider == outsider


@pytest.mark.parametrize(
    ("role", "own", "scope"),
    [
        (Role.EVALUATOR, None, "structure:s01"),
        (Role.EVALUATOR, "s01", "structure:s01"),
        (Role.ADVISER, "s01", "structure:s02"),
        (Role.MANAGER, None, "national"),
    ],
)
def test_no_figure_of_another_structure(role: Role, own: str | None, scope: str) -> None:
    with pytest.raises(Problem) as refused:
        asked_by(Caller("x", role, own), question(scope, *YEAR), T, TODAY)
    assert (refused.value.status, refused.value.code) == (403, "another-structure")


@pytest.mark.slow
async def test_outsiders_over_http(running: Running) -> None:
    for n in range(8):
        await running.a_started_pathway("s01" if n < 6 else "s02")
    await running.caught_up()
    year = {"from": "2024-01-01", "to": "2024-12-31"}

    async def ask(role: Role, own: str | None = None, accept: str = "*/*", **query: Any) -> Any:
        return await running.http.get(
            "/reporting/v1/indicators",
            params={"scope": "national", **year, **query},
            headers=token(running, role, own) | {"Accept": accept},
        )

    whole = await running.indicators("national", *YEAR)
    found = (await ask(Role.EVALUATOR, by="sex")).json()
    assert found["indicators"] == whole["indicators"]
    assert found["threshold"] == 5
    assert found["classes"]["unknown"]["requests"] == {"value": 8}
    assert "threshold" not in whole
    mine = (await ask(Role.ADVISER, "s01")).json()["indicators"]
    assert mine["requests"] == mine["welcomed_share"] == mine["days_to_welcome_median"] == WITHHELD, "8 - 6 are few"
    assert mine["exits_durable"] == {"value": 0}
    assert (await ask(Role.MANAGER, "s02")).json()["indicators"]["requests"] == {"value": 8}
    quarter = {"from": "2024-01-01", "to": "2024-03-31"}
    since = {"from": LAUNCH.isoformat(), "to": "2024-12-31"}
    for period in (quarter, since, year):
        for scope in ("national", "department:69"):
            there = (await ask(Role.EVALUATOR, scope=scope, by="sex", **period)).json()
            told = there["indicators"]["requests"] != WITHHELD
            assert told == (scope == "national" or period == year)
            assert (there["classes"]["unknown"]["requests"] == WITHHELD) == (scope != "national" or period != year)
    lines = (await ask(Role.ADVISER, "s01", "text/csv")).text.splitlines()
    cells = {line.split(",")[5]: line.split(",")[6:] for line in lines}
    assert cells["requests"] == ["withheld", *[""] * 6]
    assert cells["welcomed_share"] == [*["withheld"] * 5, "", ""]
    assert cells["days_to_welcome_km"] == ["withheld", "", "", "", "", "withheld", "withheld"]
    assert cells["exits_other"][0] == "0"
    for query, status, code in (
        ({"to": "2024-12-30"}, 422, "period-not-fixed"),
        ({"known_at": now()}, 422, "known-at-not-free"),
        ({"scope": "structure:s01"}, 403, "another-structure"),
        ({"scope": "structure:nowhere"}, 403, "another-structure"),
        ({"scope": "department:99"}, 404, "unknown-scope"),
    ):
        refused = await ask(Role.EVALUATOR, **query)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    page = await running.http.get(
        "/", params={"period": "2024-01-01/2024-12-31"}, headers=token(running, Role.ADVISER, "s01")
    )
    assert (page.status_code, "secret statistique" in page.text) == (200, True)
    page = await running.http.get(
        "/", params={"period": "2024-01-01/2024-12-31", "structure": "s01"}, headers=token(running, Role.MANAGER, "s01")
    )
    assert (page.status_code, "De la demande à la sortie" in page.text) == (200, True)
    page = await running.http.get(
        "/", params={"start": "2024-01-02", "end": "2024-12-31"}, headers=token(running, Role.EVALUATOR)
    )
    assert (page.status_code, "l'année dernière est affichée" in page.text.replace("&#39;", "'")) == (200, True)
    assert "s01" not in page.text
    for role in (Role.INTEGRATOR, Role.OPS):
        assert (await running.http.get("/", headers=token(running, role))).status_code == 403
