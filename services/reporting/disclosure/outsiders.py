"""Figures for outsiders: evaluators, and advisers and managers who look beyond their own structure.

They get fixed periods that are over, as known now, and of those what withholding.py lets through. The longer periods
are sums of the shorter ones, the nation of the départements, and its classes of it; so each answer is decided along
with those that it could be subtracted from.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.reporting.disclosure.families import FAMILIES, FLOWS, NOTHING, Atoms, Part, Sizes
from services.reporting.disclosure.walk import Walk
from services.reporting.disclosure.withholding import told_of_classes, told_of_period
from services.reporting.figures.catalogue import ACTIVE, DEPARTMENT, HOURS, of_classes
from services.reporting.figures.scope import Scope
from shared.codes import BREAKDOWNS
from shared.database import Connection
from shared.problems import Problem

LAUNCH = date(2014, 1, 1)
"""First day of the year in which the action was designed: where "since launch" begins."""

ALLOWED = (
    "a whole civil quarter or year, or "
    f"from {LAUNCH} to the end of a civil year; and the period must be over, so that it ends before today"
)

Period = tuple[date, date]


@dataclass(frozen=True)
class Outsider:
    """`structure`: the asker's own, whose figures they have and can subtract."""

    threshold: int
    structure: str | None = None


@dataclass(frozen=True)
class Told:
    """The parts that may be told of the scope, and of each class."""

    of_all: frozenset[Part]
    classes: Mapping[str, frozenset[Part]]


def quarters(year: int) -> tuple[Period, ...]:
    starts = [date(year, month, 1) for month in (1, 4, 7, 10)]
    return tuple((start, (start + timedelta(days=93)).replace(day=1) - timedelta(days=1)) for start in starts)


def must_be_fixed(start: date, end: date, today: date) -> None:
    """Raises Problem for a period that an outsider may not choose, which names those that they may."""
    year = start in (date(end.year, 1, 1), LAUNCH) and (end.month, end.day) == (12, 31)
    if end >= today or not (year or (start, end) in quarters(end.year)):
        raise Problem(422, "period-not-fixed", f"from and to are {ALLOWED}")


async def told(
    connection: Connection, scope: Scope, start: date, end: date, at: datetime, by: str | None, outsider: Outsider
) -> Told:
    """Tells of the nation or a département. Classes and départements are told of whole years only."""
    of_class = f"i.{by}" if by in BREAKDOWNS and not scope.department else DEPARTMENT
    counts = _Counts(connection, at, outsider)
    if start.year != end.year:
        return _of_scope(scope, Told(await _since_launch(counts, end.year), {}))
    if (start, end) in quarters(start.year):
        return _of_scope(scope, Told((await _year(counts, start.year, end))[0], {}))
    of_all, _ = await _year(counts, start.year)
    if not by and not scope.department:
        return Told(of_all, {})
    _, classes = await counts.of((start, end), of_class)
    found = await asyncio.to_thread(told_of_classes, classes, outsider.threshold, of_all)
    return _of_scope(scope, Told(of_all, found))


def _of_scope(scope: Scope, nation: Told) -> Told:
    """Picks a département as a class of the nation; of its own classes nothing is told."""
    return Told(nation.classes.get(scope.department, NOTHING), {}) if scope.department else nation


async def _year(counts: "_Counts", year: int, until: date | None = None) -> tuple[frozenset[Part], Atoms]:
    """Gives what may be told of the year, or of its quarter that ends on `until`."""
    threshold = counts.outsider.threshold
    walk, flows = Walk(threshold), True
    for quarter in quarters(year):
        atoms, _ = await counts.of(quarter)
        of_quarter = told_of_period(atoms, threshold, walk.waiting, flows=flows)
        flows = flows and of_quarter >= FLOWS
        if quarter[1] == until:
            return of_quarter, atoms
        walk.step(atoms, of_quarter)
    atoms, _ = await counts.of((date(year, 1, 1), date(year, 12, 31)))
    return told_of_period(atoms, threshold, walk.waiting, walk.always), atoms


async def _since_launch(counts: "_Counts", last: int) -> frozenset[Part]:
    walk = Walk(counts.outsider.threshold)
    for year in range(LAUNCH.year, last + 1):
        of_year, atoms = await _year(counts, year)
        walk.step(atoms, of_year)
    atoms, _ = await counts.of((LAUNCH, date(last, 12, 31)))
    return told_of_period(atoms, counts.outsider.threshold, walk.waiting, walk.always)


class _Counts:
    """The atoms of the nation and of its classes, as the asker can reckon them."""

    def __init__(self, connection: Connection, at: datetime, outsider: Outsider) -> None:
        self._connection, self._at, self.outsider = connection, at, outsider

    async def of(self, period: Period, of_class: str = "null::text") -> tuple[Atoms, dict[str, Atoms]]:
        whole = await self._counted(period, of_class, None)
        own = await self._counted(period, of_class, self.outsider.structure) if self.outsider.structure else None

        def atoms(name: str | None) -> Atoms:
            return {
                family: {atom: self._sizes(whole, own, name, (family, atom)) for atom in FAMILIES[family].atoms}
                for family in FAMILIES
            }

        return atoms(None), {name: atoms(name) for name in {name for name, *_ in whole} if name is not None}

    @staticmethod
    def _sizes(
        whole: Mapping[Any, int], own: Mapping[Any, int] | None, name: str | None, atom: tuple[str, str]
    ) -> Sizes:
        count = whole.get((name, *atom), 0)
        return (count,) if own is None else (count, count - own.get((name, *atom), 0))

    async def _counted(
        self, period: Period, of_class: str, structure: str | None
    ) -> dict[tuple[str | None, str, str], int]:
        """Counts by class (null: the whole), family and atom."""
        arguments = (*period, self._at, structure, None)
        found: dict[tuple[str | None, str, str], int] = {}
        for row in await self._connection.fetch(_pathways_query(of_class), *arguments):
            name = None if row["whole"] else row["class"] or ""
            found |= {(name, *atom): int(row[n + 2]) for n, atom in enumerate(_COUNTED)}
        kinds = {kind.value: id for id, kind in HOURS.items()}
        for row in await self._connection.fetch(_hours_query(of_class), *arguments):
            name = None if row["whole"] else row["class"] or ""
            found[name, kinds[row["kind"]], "in"] = row["pathways"]
        return found


_COUNTED = tuple((family, atom) for family in FAMILIES if family not in HOURS for atom in FAMILIES[family].atoms)


def _pathways_query(of_class: str) -> str:
    counts = ", ".join(f"{FAMILIES[family].atoms[atom]} as n{n}" for n, (family, atom) in enumerate(_COUNTED))
    return of_classes(of_class, counts)


def _hours_query(of_class: str) -> str:
    return f"""
      select class, grouping(class) = 1 as whole, kind, count(distinct entity) as pathways
        from (select {of_class} as class, t.kind, i.entity from {ACTIVE} and t.hours > 0) attended
       group by grouping sets ((kind), (kind, class))"""
