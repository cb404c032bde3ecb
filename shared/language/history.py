"""The historical import, format version 1: the rows of its files and the whole-context check of one pathway.

The command line reads a folder into `Dossier`s; each service receives the dossiers, checks them again with
`problems_of` and records the rows that are its own. Row order is the order of the file: it is the order in
which the facts become known. An import names pathways and persons by its own keys (`SentDossier`), a service by the
platform's ids of them (`Dossier`; shared/kernel/import_keys.py).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID, uuid5

from pydantic import AfterValidator

from shared.language.codes import (
    MOST_MONTHS,
    ActivityKind,
    ActivityStatus,
    Barrier,
    Contract,
    Department,
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
from shared.language.days import Day
from shared.language.kind_rows import IMPORTED, parts_of_kinds
from shared.language.rules import RuleBroken, not_to_come
from shared.language.rules.diagnostic import of_score
from shared.language.rules.intake import in_order, of_birth_year, of_withdrawal
from shared.language.rules.outcomes import of_exit, of_follow_up
from shared.language.rules.training import of_activity
from shared.language.texts import CodeOfStructure, CodeToRegister, Key, Name


@dataclass(frozen=True)
class ById:
    """Somebody of whom the files hold no key, as the platform answered it: their pathway is of an earlier import."""

    id: UUID


N = TypeVar("N")
"""What names a pathway: a key or an id."""
P = TypeVar("P")
"""What names a person."""
R = TypeVar("R", bound="Any")


def imported_fact_id(pathway: UUID, *parts: object) -> UUID:
    """The id of one imported fact of a pathway, from what tells it apart there."""
    return uuid5(pathway, ":".join(map(str, parts)))


def in_one_spelling(number: Decimal) -> Decimal:
    """3, 3.0 and 03 as 3: hours are part of what tells an imported activity apart."""
    return number if not number.is_finite() else Decimal(f"{number.normalize():f}")


def numbered(rows: Iterable[R]) -> tuple[R, ...]:
    """Rows that nothing but their number tells apart are distinct: the first is number 1, the second 2…"""
    counts: Counter[tuple[object, ...]] = Counter()
    found = []
    for row in rows:
        same = row.key[:-1]
        counts[same] += 1
        found.append(row if row.number == counts[same] else replace(row, number=counts[same]))
    return tuple(found)


@dataclass(frozen=True)
class StructureRow:
    structure: CodeToRegister
    name: Name
    department: Department


@dataclass(frozen=True)
class PathwayRowOf(Generic[P]):
    structure: CodeOfStructure
    person: P
    requested_on: Day
    requester: Requester | None = None
    welcomed_on: Day | None = None
    started_on: Day | None = None
    withdrawn_on: Day | None = None
    birth_year: int | None = None
    sex: Sex | None = None
    qualification_level: Qualification | None = None
    unemployment_months: int | None = None
    housing: Housing | None = None


@dataclass(frozen=True)
class PathwayRow(PathwayRowOf[UUID]):
    person: UUID


@dataclass(frozen=True)
class SentPathwayRow(PathwayRowOf[Key | ById]):
    """As an import sends it."""

    person: Key | ById


@dataclass(frozen=True)
class DiagnosticRow:
    completed_on: Day
    purpose: Purpose
    remobilisation: int | None = None
    plan_agreed_on: Day | None = None

    @property
    def key(self) -> tuple[object, ...]:
        return (self.completed_on, self.purpose)


@dataclass(frozen=True)
class BarrierRow:
    assessed_on: Day
    domain: Barrier
    intensity: Intensity

    @property
    def key(self) -> tuple[object, ...]:
        return (self.assessed_on, self.domain)


@dataclass(frozen=True)
class ActivityRow:
    """`number` tells identical rows of one pathway apart: 1 for the first, 2 for the second…"""

    kind: ActivityKind
    started_on: Day
    ended_on: Day
    status: ActivityStatus
    hours: Annotated[Decimal, AfterValidator(in_one_spelling)] | None = None
    number: int = 1

    @property
    def key(self) -> tuple[object, ...]:
        return (self.kind, self.started_on, self.ended_on, self.status, self.hours, self.number)


@dataclass(frozen=True)
class ExitRow:
    exited_on: Day
    situation: Situation
    contract: Contract | None = None
    contract_start: Day | None = None
    contract_end: Day | None = None


@dataclass(frozen=True)
class FollowUpRow:
    month: FollowUpMonth
    asked_on: Day
    status: FollowUpStatus
    situation: Situation | None = None

    @property
    def key(self) -> tuple[object, ...]:
        return (self.month,)


if TYPE_CHECKING:

    class RowsOfKinds:
        """Of each kind of facts that is declared whole, and that imports speak of, the rows."""

else:
    RowsOfKinds = parts_of_kinds(lambda row: row)


@dataclass(frozen=True)
class DossierOf(RowsOfKinds, Generic[N, P]):
    """Everything an import says of one pathway, or the platform knows of it."""

    pathway: N
    request: PathwayRowOf[P]
    diagnostics: tuple[DiagnosticRow, ...] = ()
    barriers: tuple[BarrierRow, ...] = ()
    activities: tuple[ActivityRow, ...] = ()
    exit: ExitRow | None = None
    followups: tuple[FollowUpRow, ...] = field(default=())


@dataclass(frozen=True)
class Dossier(DossierOf[UUID, UUID]):
    pathway: UUID
    request: PathwayRow


@dataclass(frozen=True)
class SentDossier(DossierOf[Key, Key | ById]):
    """As an import sends it."""

    pathway: Key
    request: SentPathwayRow


File = Literal["pathways.csv", "diagnostics.csv", "barriers.csv", "activities.csv", "exits.csv", "followups.csv"]
if not TYPE_CHECKING:
    File = Literal[File, *(rows.file for rows in IMPORTED)]


@dataclass(frozen=True)
class Problem:
    """A rule that a row breaks: in which file, which of the pathway's rows there (from 0), which column."""

    file: File
    row: int
    column: str
    reason: str


def problems_of(dossier: DossierOf[Any, Any], today: date) -> list[Problem]:
    """Every rule that the facts of one pathway break, alone or together, in the order of the files.

    `today` is the local date of the structure: what happened is never after it. The terms of a contract are planned,
    so its start and its end may lie after today and after the exit. Nothing is constrained beyond these
    rules: an assessment may precede the start, a welcome may be unknown or later than a withdrawal.
    """
    return [
        *_request_problems(dossier.request, today),
        *_diagnostic_problems(dossier.diagnostics, today),
        *_barrier_problems(dossier.barriers, today),
        *_activity_problems(dossier.activities, today),
        *_exit_problems(dossier.exit, dossier.request, today),
        *_follow_up_problems(dossier.followups, dossier.exit, today),
        *_problems_of_kinds(dossier, today),
    ]


def _told(file: File, row: int, broken: Iterable[RuleBroken]) -> Iterator[Problem]:
    """The rules that a row breaks, at its columns."""
    for rule in broken:
        assert rule.field is not None
        yield Problem(file, row, rule.field, rule.reason)


def _days_of(request: PathwayRowOf[Any]) -> dict[str, date | None]:
    """The days of the entrance in their order, by column."""
    return {
        "requested_on": request.requested_on,
        "welcomed_on": request.welcomed_on,
        "started_on": request.started_on,
    }


def _request_problems(request: PathwayRowOf[Any], today: date) -> Iterator[Problem]:
    days, requested_on = _days_of(request), request.requested_on
    told = partial(_told, "pathways.csv", 0)
    yield from told(not_to_come(today, days | {"withdrawn_on": request.withdrawn_on}))
    yield from told(in_order(days))
    yield from told(of_withdrawal(requested_on, request.started_on, request.withdrawn_on))
    for broken in of_birth_year(request.birth_year, requested_on):
        yield Problem("pathways.csv", 0, "birth_year", f"{request.birth_year} {broken.reason}")
    months = request.unemployment_months
    if months is not None and not 0 <= months <= MOST_MONTHS:
        yield Problem("pathways.csv", 0, "unemployment_months", f"{months} is not between 0 and {MOST_MONTHS}")


def _diagnostic_problems(rows: Sequence[DiagnosticRow], today: date) -> Iterator[Problem]:
    for index, row in enumerate(rows):
        told = partial(_told, "diagnostics.csv", index)
        yield from told(not_to_come(today, {"completed_on": row.completed_on, "plan_agreed_on": row.plan_agreed_on}))
        yield from told(of_score(row.remobilisation))
    yield from _repeated("diagnostics.csv", rows, "completed_on", "purpose")


def _barrier_problems(rows: Sequence[BarrierRow], today: date) -> Iterator[Problem]:
    for index, row in enumerate(rows):
        yield from _told("barriers.csv", index, not_to_come(today, {"assessed_on": row.assessed_on}))
    yield from _repeated("barriers.csv", rows, "assessed_on", "domain")


def _activity_problems(rows: Sequence[ActivityRow], today: date) -> Iterator[Problem]:
    for index, row in enumerate(rows):
        yield from _told("activities.csv", index, of_activity(row, today))
    yield from _repeated("activities.csv", rows, "kind", "started_on", "ended_on", "status", "hours", "number")


def _exit_problems(row: ExitRow | None, request: PathwayRowOf[Any], today: date) -> Iterator[Problem]:
    if row is not None:
        yield from _told("exits.csv", 0, of_exit(row, _days_of(request), today))


def _follow_up_problems(rows: Sequence[FollowUpRow], exit: ExitRow | None, today: date) -> Iterator[Problem]:
    exited_on = None if exit is None else exit.exited_on
    for index, row in enumerate(rows):
        yield from _told("followups.csv", index, of_follow_up(row, exited_on, today))
    yield from _repeated("followups.csv", rows, "month")


def _problems_of_kinds(dossier: RowsOfKinds, today: date) -> Iterator[Problem]:
    for of in IMPORTED:
        file: Any = of.file
        for index, row in enumerate(of.of(dossier)):
            for broken in of.kind.rules(of.fact(row), today):
                yield Problem(file, index, broken.field or of.kind.row[0], broken.reason)
        yield from _repeated(file, of.of(dossier), *of.kind.row, "number")


def _repeated(file: File, rows: Sequence[Any], *key: str) -> Iterator[Problem]:
    """The rows after the first under one key; `key` names the key's columns."""
    seen = set()
    for index, row in enumerate(rows):
        if row.key in seen:
            values = ", ".join(f"{column} {getattr(row, column)}" for column in key)
            yield Problem(file, index, key[0], f"a second row of this pathway with {values}")
        seen.add(row.key)
