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

from services.reporting.catalogue import CATALOGUE
from services.reporting.outsiders import LAUNCH, must_be_fixed, quarters
from services.reporting.withholding import (
    CLUSTERS,
    FAMILIES,
    FIGURES,
    WITHHELD,
    Atoms,
    Part,
    Walk,
    part,
    shown,
    sizes,
    told_of,
    told_of_classes,
    value,
)
from shared.problems import Problem

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
