"""What is told of a pathway beside its request, welcome, start and withdrawal, and what is refused of it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.codes import ClassCode, Housing, Qualification, Requester, Sex, StructureCode, Subject
from shared.days import Day
from shared.rules import RuleBroken

ATTEMPTS_NEEDED = 2
"""Failed attempts, missed appointments among them, before a request may be set aside; our own choice."""


class TooFewAttempts(RuleBroken):
    """A request is set aside only after two attempts to reach the person that failed, missed appointments included."""


class RequestClosed(RuleBroken):
    """Only a request that neither led to a start nor was withdrawn is set aside."""


class PausedBeforeStart(RuleBroken):
    """Only support that has started is paused."""


class TransferredToItself(RuleBroken):
    """A pathway is transferred to another structure than the one that holds it."""


@dataclass(frozen=True)
class Assignment:
    """`adviser` is the subject of a user's token; null: nobody for the moment."""

    adviser: Subject | None
    on: date

    @property
    def happened_on(self) -> date:
        return self.on


@dataclass(frozen=True)
class Pause:
    """A time in which support rests. `paused_on` null: it did not after all; `resumed_on` null: it goes on."""

    paused_on: Day | None
    resumed_on: Day | None = None

    @property
    def happened_on(self) -> date | None:
        return self.paused_on


@dataclass(frozen=True)
class Transfer:
    """That a structure handed the pathway over to another."""

    from_structure: StructureCode
    to_structure: StructureCode
    transferred_on: date

    @property
    def happened_on(self) -> date:
        return self.transferred_on


@dataclass(frozen=True)
class Reception:
    """That `structure` received the pathway, with what it is told of the request, the welcome and the start."""

    structure: StructureCode
    from_structure: StructureCode
    received_on: date
    person: UUID
    requested_on: date
    requester: Requester | None
    age: ClassCode
    sex: Sex | None
    qualification_level: Qualification | None
    unemployment_months: int | None
    housing: Housing | None
    welcomed_on: date | None
    started_on: date | None

    @property
    def happened_on(self) -> date:
        return self.received_on
