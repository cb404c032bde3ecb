"""Facts and rules of a pathway beside its request, welcome, start and withdrawal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.intake.domain.days import must_be_in_order
from services.intake.domain.request import Request
from shared.language.codes import ClassCode, Housing, Qualification, Requester, Sex, StructureCode, Subject
from shared.language.days import Day
from shared.language.rules import RuleBroken, not_after
from shared.language.rules.intake import DatesOutOfOrder

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


def check_pause(
    pause: Pause, resumed_before: date | None, started_on: date | None, exited_on: date | None, today: date
) -> None:
    """Raises what a pause breaks. `resumed_before`: when support went on after the pause before this one."""
    if pause.paused_on is not None and started_on is None:
        raise PausedBeforeStart("support has not started")
    if pause.paused_on is None and pause.resumed_on is not None:
        raise DatesOutOfOrder(f"resumed on {pause.resumed_on} without a pause")
    not_after(today, "paused", pause.paused_on)
    not_after(today, "resumed", pause.resumed_on)
    must_be_in_order(
        ("started", started_on),
        ("resumed", resumed_before),
        ("paused", pause.paused_on),
        ("resumed", pause.resumed_on),
        ("exited", exited_on),
    )


def check_first_pause(pauses: Sequence[Pause], started_on: date | None) -> None:
    """Raises DatesOutOfOrder where the start would come after the first of the pauses, or not at all."""
    if pauses:
        paused_on = pauses[0].paused_on
        if started_on is None:
            raise DatesOutOfOrder(f"paused on {paused_on}, so the start cannot be taken back")
        must_be_in_order(("started", started_on), ("paused", paused_on))


@dataclass(frozen=True)
class Transfer:
    """A structure hands the pathway over to another."""

    from_structure: StructureCode
    to_structure: StructureCode
    transferred_on: date

    @property
    def happened_on(self) -> date:
        return self.transferred_on


@dataclass(frozen=True)
class Reception:
    """`structure` receives the pathway, told of the request, the welcome and the start."""

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


def received(
    request: Request, from_structure: str, by: str, on: date, welcomed_on: date | None, started_on: date | None
) -> Reception:
    """Tells the structure `by` of the pathway that it receives."""
    return Reception(
        structure=by,
        from_structure=from_structure,
        received_on=on,
        person=request.person,
        requested_on=request.requested_on,
        requester=request.requester,
        age=request.age,
        sex=request.sex,
        qualification_level=request.qualification_level,
        unemployment_months=request.unemployment_months,
        housing=request.housing,
        welcomed_on=welcomed_on,
        started_on=started_on,
    )
