"""The historical import, format version 1: the rows of its files.

The command line reads a folder into `Dossier`s; each service receives the dossiers, checks them again with
`history_checks.problems_of` and records the rows that are its own. Row order is the order of the file: it is the
order in which the facts become known. An import names pathways and persons by its own keys (`SentDossier`), a service
by the platform's ids of them (`Dossier`; shared/kernel/import_keys.py).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID, uuid5

from pydantic import AfterValidator

from shared.language.codes import (
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
