"""Figures for outsiders: evaluators, and advisers and managers who look beyond their own structure.

They get fixed periods that are over, as known now, and of those what withholding.py lets through. The longer periods
are sums of the shorter ones, the nation of the départements, and its classes of it; so each answer is decided along
with those that it could be subtracted from.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import asyncpg

from services.reporting.disclosure.families import FAMILIES, FLOWS, NOTHING, Atoms, Parts, Sizes
from services.reporting.disclosure.walk import Walk
from services.reporting.disclosure.withholding import told_of_classes, told_of_period
from services.reporting.figures.catalogue import HOURS
from services.reporting.figures.queries import ACTIVE, of_classes
from services.reporting.figures.scope import DEPARTMENT, Look
from shared.kernel.database import Connection
from shared.kernel.refusals import Problem

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

    of_all: Parts
    classes: Mapping[str, Parts]


def quarters(year: int) -> tuple[Period, ...]:
    starts = [date(year, month, 1) for month in (1, 4, 7, 10)]
    return tuple((start, (start + timedelta(days=93)).replace(day=1) - timedelta(days=1)) for start in starts)


def must_be_fixed(start: date, end: date, today: date) -> None:
    """Raises Problem for a period that an outsider may not choose, which names those that they may."""
    year = start in (date(end.year, 1, 1), LAUNCH) and (end.month, end.day) == (12, 31)
    if end >= today or not (year or (start, end) in quarters(end.year)):
        raise Problem(422, "period-not-fixed", f"from and to are {ALLOWED}")


async def told(connection: Connection, look: Look, outsider: Outsider) -> Told:
    """Tells of the nation or a département. Classes and départements are told of whole years only."""
    period, year = (look.start, look.end), look.start.year
    counts, classes = _Counts(connection, look.known_at, outsider), dict[str, Parts]()
    if year != look.end.year:
        of_all = await _since_launch(counts, look.end.year)
    elif period in quarters(year):
        of_all, _ = await _year(counts, year, look.end)
    else:
        of_all, _ = await _year(counts, year)
        if look.by or look.scope.department:
            of_class = f"i.{look.column}" if look.column and not look.scope.department else DEPARTMENT
            _, atoms = await counts.of(period, of_class)
            classes = await asyncio.to_thread(told_of_classes, atoms, outsider.threshold, of_all)
    # A département is a class of the nation; of its own classes nothing is told.
    return Told(classes.get(look.scope.department, NOTHING), {}) if look.scope.department else Told(of_all, classes)


async def _year(counts: "_Counts", year: int, until: date | None = None) -> tuple[Parts, Atoms]:
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


async def _since_launch(counts: "_Counts", last: int) -> Parts:
    walk = Walk(counts.outsider.threshold)
    for year in range(LAUNCH.year, last + 1):
        of_year, atoms = await _year(counts, year)
        walk.step(atoms, of_year)
    atoms, _ = await counts.of((LAUNCH, date(last, 12, 31)))
    return told_of_period(atoms, counts.outsider.threshold, walk.waiting, walk.always)


class _Counts:
    """The atoms of the nation and of its classes, as the asker can reckon them."""

    def __init__(self, connection: Connection, at: datetime | None, outsider: Outsider) -> None:
        self._connection, self._at, self.outsider = connection, at, outsider

    async def of(self, period: Period, of_class: str = "null::text") -> tuple[Atoms, dict[str, Atoms]]:
        whole = await self._counted(period, of_class, None)
        own = await self._counted(period, of_class, self.outsider.structure) if self.outsider.structure else None

        def size(*atom: str | None) -> Sizes:
            count = whole.get(atom, 0)
            return (count,) if own is None else (count, count - own.get(atom, 0))

        def atoms(name: str | None) -> Atoms:
            return {id: {atom: size(name, id, atom) for atom in family.atoms} for id, family in FAMILIES.items()}

        return atoms(None), {name: atoms(name) for name in {name for name, *_ in whole} if name is not None}

    async def _counted(self, period: Period, of_class: str, structure: str | None) -> dict[tuple[str | None, ...], int]:
        """Counts by class (null: the whole), family and atom."""
        parameters = (*period, self._at, structure, None)
        found: dict[tuple[str | None, ...], int] = {}
        for row in await self._connection.fetch(_pathways_query(of_class), *parameters):
            found |= {(_name(row), *atom): int(row[n + 2]) for n, atom in enumerate(_COUNTED)}
        for row in await self._connection.fetch(_hours_query(of_class), *parameters):
            found[_name(row), f"hours_{row['kind']}", "in"] = row["pathways"]
        return found


def _name(row: asyncpg.Record) -> str | None:
    return None if row["whole"] else row["class"] or ""


_COUNTED = tuple((family, atom) for family in FAMILIES if family not in HOURS for atom in FAMILIES[family].atoms)


def _pathways_query(of_class: str) -> str:
    counts = ", ".join(f"{FAMILIES[family].atoms[atom]} as n{n}" for n, (family, atom) in enumerate(_COUNTED))
    return of_classes(of_class, counts)


def _hours_query(of_class: str) -> str:
    return f"""
      select class, grouping(class) = 1 as whole, kind, count(distinct entity) as pathways
        from (select {of_class} as class, t.kind, i.entity from {ACTIVE} and t.hours > 0) attended
       group by grouping sets ((kind), (kind, class))"""
