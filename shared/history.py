"""The historical import, format version 1: the rows of its files and the whole-context check of one pathway.

The command line reads a folder into `Dossier`s; each service receives the dossiers, checks them again with
`problems_of` and records the rows that are its own. Row order is the order of the file: it is the order in
which the facts become known.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid5

from shared.codes import (
    ActivityKind,
    ActivityStatus,
    Barrier,
    Contract,
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

# Import keys become the platform's ids by a fixed rule, so that an import that was interrupted is simply run
# again and finds what it already recorded (docs/decisions/0003-ids-of-imported-facts.md).
_IMPORT = UUID("5b3b8a52-1f0e-5c4e-9d43-0f3a7f6f2a10")


def imported_pathway_id(key: str) -> UUID:
    """The platform's id of the pathway that import files call `key`."""
    return uuid5(_IMPORT, f"pathway:{key}")


def imported_person_id(key: str) -> UUID:
    """The platform's id of the person that import files call `key`."""
    return uuid5(_IMPORT, f"person:{key}")


def imported_fact_id(pathway: UUID, *parts: object) -> UUID:
    """The id of one imported fact of a pathway, from what tells it apart there."""
    return uuid5(pathway, ":".join(map(str, parts)))


@dataclass(frozen=True)
class StructureRow:
    structure: str
    name: str
    department: str


@dataclass(frozen=True)
class PathwayRow:
    structure: str
    person: UUID
    requested_on: date
    requester: Requester | None = None
    welcomed_on: date | None = None
    started_on: date | None = None
    withdrawn_on: date | None = None
    birth_year: int | None = None
    sex: Sex | None = None
    qualification_level: Qualification | None = None
    unemployment_months: int | None = None
    housing: Housing | None = None


@dataclass(frozen=True)
class DiagnosticRow:
    completed_on: date
    purpose: Purpose
    remobilisation: int | None = None
    plan_agreed_on: date | None = None

    @property
    def key(self) -> tuple[object, ...]:
        return (self.completed_on, self.purpose)


@dataclass(frozen=True)
class BarrierRow:
    assessed_on: date
    domain: Barrier
    intensity: Intensity

    @property
    def key(self) -> tuple[object, ...]:
        return (self.assessed_on, self.domain)


@dataclass(frozen=True)
class ActivityRow:
    """`number` tells identical rows of one pathway apart: 1 for the first, 2 for the second…"""

    kind: ActivityKind
    started_on: date
    ended_on: date
    status: ActivityStatus
    hours: Decimal | None = None
    number: int = 1

    @property
    def key(self) -> tuple[object, ...]:
        return (self.kind, self.started_on, self.ended_on, self.status, self.hours, self.number)


@dataclass(frozen=True)
class ExitRow:
    exited_on: date
    situation: Situation
    contract: Contract | None = None
    contract_start: date | None = None
    contract_end: date | None = None


@dataclass(frozen=True)
class FollowUpRow:
    month: FollowUpMonth
    asked_on: date
    status: FollowUpStatus
    situation: Situation | None = None

    @property
    def key(self) -> tuple[object, ...]:
        return (self.month,)


@dataclass(frozen=True)
class Dossier:
    """Everything an import says of one pathway, or the platform knows of it."""

    pathway: UUID
    request: PathwayRow
    diagnostics: tuple[DiagnosticRow, ...] = ()
    barriers: tuple[BarrierRow, ...] = ()
    activities: tuple[ActivityRow, ...] = ()
    exit: ExitRow | None = None
    followups: tuple[FollowUpRow, ...] = field(default=())


File = Literal[
    "pathways.csv", "diagnostics.csv", "barriers.csv", "activities.csv", "exits.csv", "followups.csv"
]


@dataclass(frozen=True)
class Problem:
    """A rule that a row breaks: in which file, which of the pathway's rows there (0 is the first), which column."""

    file: File
    row: int
    column: str
    reason: str
