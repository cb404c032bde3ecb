"""The historical import, format version 1: the rows of its files and the whole-context check of one pathway.

The command line reads a folder into `Dossier`s; each service receives the dossiers, checks them again with
`problems_of` and records the rows that are its own. Row order is the order of the file: it is the order in
which the facts become known. An import names pathways and persons by its own keys (`SentDossier`), a service by the
platform's ids of them (`Dossier`; shared/import_keys.py).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID, uuid5

from pydantic import AfterValidator

from shared.codes import (
    EARLIEST_BIRTH_YEAR,
    HIGHEST_SCORE,
    MOST_HOURS,
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
from shared.days import Day
from shared.kind_rows import IMPORTED, parts_of_kinds
from shared.texts import CodeOfStructure, CodeToRegister, Key, Name


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


_ORDER = "requested ≤ welcomed ≤ started ≤ exited"


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


def _request_problems(request: PathwayRowOf[Any], today: date) -> Iterator[Problem]:
    requested_on = request.requested_on
    dates = {
        "requested_on": requested_on,
        "welcomed_on": request.welcomed_on,
        "started_on": request.started_on,
        "withdrawn_on": request.withdrawn_on,
    }
    for column, on in dates.items():
        yield from _future("pathways.csv", 0, column, on, today)
    yield from _entrance_out_of_order(request)
    if request.withdrawn_on is not None:
        if request.withdrawn_on < requested_on:
            reason = f"{request.withdrawn_on} is before requested_on {requested_on}: requested ≤ withdrawn"
            yield Problem("pathways.csv", 0, "withdrawn_on", reason)
        if request.started_on is not None:
            reason = (
                f"withdrawn on {request.withdrawn_on} and started on {request.started_on}: "
                "after the start, leaving is an exit"
            )
            yield Problem("pathways.csv", 0, "withdrawn_on", reason)
    born, months = request.birth_year, request.unemployment_months
    if born is not None and not EARLIEST_BIRTH_YEAR <= born <= requested_on.year:
        reason = f"{born} is not between {EARLIEST_BIRTH_YEAR} and the year of the request, {requested_on.year}"
        yield Problem("pathways.csv", 0, "birth_year", reason)
    if months is not None and not 0 <= months <= MOST_MONTHS:
        yield Problem("pathways.csv", 0, "unemployment_months", f"{months} is not between 0 and {MOST_MONTHS}")


def _entrance_out_of_order(request: PathwayRowOf[Any]) -> Iterator[Problem]:
    last, last_on = "requested_on", request.requested_on
    for column, on in (("welcomed_on", request.welcomed_on), ("started_on", request.started_on)):
        if on is not None:
            if on < last_on:
                yield Problem("pathways.csv", 0, column, f"{on} is before {last} {last_on}: {_ORDER}")
            else:
                last, last_on = column, on


def _diagnostic_problems(rows: Sequence[DiagnosticRow], today: date) -> Iterator[Problem]:
    for index, row in enumerate(rows):
        yield from _future("diagnostics.csv", index, "completed_on", row.completed_on, today)
        yield from _future("diagnostics.csv", index, "plan_agreed_on", row.plan_agreed_on, today)
        if row.remobilisation is not None and not 0 <= row.remobilisation <= HIGHEST_SCORE:
            reason = f"{row.remobilisation} is not between 0 and {HIGHEST_SCORE}"
            yield Problem("diagnostics.csv", index, "remobilisation", reason)
    yield from _repeated("diagnostics.csv", rows, "completed_on", "purpose")


def _barrier_problems(rows: Sequence[BarrierRow], today: date) -> Iterator[Problem]:
    for index, row in enumerate(rows):
        yield from _future("barriers.csv", index, "assessed_on", row.assessed_on, today)
    yield from _repeated("barriers.csv", rows, "assessed_on", "domain")


def _activity_problems(rows: Sequence[ActivityRow], today: date) -> Iterator[Problem]:
    """Completed, partial or missed: whatever its status, an imported activity has taken place."""
    for index, row in enumerate(rows):
        yield from _future("activities.csv", index, "started_on", row.started_on, today)
        yield from _future("activities.csv", index, "ended_on", row.ended_on, today)
        if row.ended_on < row.started_on:
            reason = f"{row.ended_on} is before started_on {row.started_on}"
            yield Problem("activities.csv", index, "ended_on", reason)
        if row.hours is None:
            if row.status is not ActivityStatus.NO_SHOW:
                reason = f"required, as the status is {row.status}: only a no_show may leave it empty"
                yield Problem("activities.csv", index, "hours", reason)
        elif not (row.hours.is_finite() and 0 <= row.hours <= MOST_HOURS):
            yield Problem("activities.csv", index, "hours", f"{row.hours} is not between 0 and {MOST_HOURS}")
    yield from _repeated("activities.csv", rows, "kind", "started_on", "ended_on", "status", "hours", "number")


def _exit_problems(row: ExitRow | None, request: PathwayRowOf[Any], today: date) -> Iterator[Problem]:
    if row is None:
        return
    yield from _future("exits.csv", 0, "exited_on", row.exited_on, today)
    if request.started_on is None:
        reason = f"exited on {row.exited_on}, but the pathway never started: an exit needs a start"
        yield Problem("exits.csv", 0, "exited_on", reason)
    before = {
        "requested_on": request.requested_on,
        "welcomed_on": request.welcomed_on,
        "started_on": request.started_on,
    }
    last_on, last = max((on, column) for column, on in before.items() if on is not None)
    if row.exited_on < last_on:
        yield Problem("exits.csv", 0, "exited_on", f"{row.exited_on} is before {last} {last_on}: {_ORDER}")
    start, end = row.contract_start, row.contract_end
    if start is not None and end is not None and end < start:
        yield Problem("exits.csv", 0, "contract_end", f"{end} is before contract_start {start}")


def _follow_up_problems(rows: Sequence[FollowUpRow], exit: ExitRow | None, today: date) -> Iterator[Problem]:
    for index, row in enumerate(rows):
        yield from _future("followups.csv", index, "asked_on", row.asked_on, today)
        if exit is None:
            reason = f"asked on {row.asked_on}, but there is no exit: a follow-up is asked after the exit"
            yield Problem("followups.csv", index, "asked_on", reason)
        elif row.asked_on < exit.exited_on:
            reason = f"{row.asked_on} is before exited_on {exit.exited_on}: a follow-up is asked after the exit"
            yield Problem("followups.csv", index, "asked_on", reason)
        reached = row.status is FollowUpStatus.REACHED
        if reached and row.situation is None:
            yield Problem("followups.csv", index, "situation", "required, as the status is reached")
        if not reached and row.situation is not None:
            reason = f"{row.situation} with status {row.status}: only a reached person has a situation"
            yield Problem("followups.csv", index, "situation", reason)
    yield from _repeated("followups.csv", rows, "month")


def _problems_of_kinds(dossier: RowsOfKinds, today: date) -> Iterator[Problem]:
    for of in IMPORTED:
        file: Any = of.file
        for index, row in enumerate(of.of(dossier)):
            for broken in of.kind.rules(of.fact(row), today):
                yield Problem(file, index, broken.field or of.kind.row[0], str(broken))
        yield from _repeated(file, of.of(dossier), *of.kind.row, "number")


def _future(file: File, row: int, column: str, on: date | None, today: date) -> Iterable[Problem]:
    if on is None or on <= today:
        return ()
    return (Problem(file, row, column, f"{on} is after today, {today}: what happened is never in the future"),)


def _repeated(file: File, rows: Sequence[Any], *key: str) -> Iterator[Problem]:
    """The rows after the first under one key; `key` names the key's columns."""
    seen = set()
    for index, row in enumerate(rows):
        if row.key in seen:
            values = ", ".join(f"{column} {getattr(row, column)}" for column in key)
            yield Problem(file, index, key[0], f"a second row of this pathway with {values}")
        seen.add(row.key)
