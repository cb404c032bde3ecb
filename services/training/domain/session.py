"""Collective sessions: workshops, training, visits of a structure, on one or more half-days. They tell of no person."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid5

from shared.kernel.event_store import Aggregate
from shared.kernel.facts import DayEvent, Fact, FactEvent
from shared.language.codes import DayPart, InClear, OrganisationName, SessionKind, StructureCode
from shared.language.rules import AlreadyRecorded, RuleBroken, not_after


class UnknownSession(RuleBroken):
    """The session is planned in the structure that supports the person."""


class SessionCancelled(RuleBroken):
    """Nobody takes part in a session that was cancelled, and it is planned no further."""


class HalfDayTwice(RuleBroken):
    """Each half-day is named once."""


class HalfDayNeeded(RuleBroken):
    """A session takes place on one half-day at least."""


class HalfDayTooLong(RuleBroken):
    """A half-day has more than 0 and at most 12 hours."""


class CapacityTooSmall(RuleBroken):
    """A session has a place for one participant at least."""


class OutsideNegative(RuleBroken):
    """Participants from outside are counted: zero or more."""


@dataclass(frozen=True, order=True)
class HalfDay:
    day: date
    part: DayPart

    @property
    def place(self) -> tuple[date, bool]:
        """The order in which half-days pass."""
        return self.day, self.part is DayPart.AFTERNOON


@dataclass(frozen=True)
class SessionPlan:
    """A session as it is to be, or was. `half_days` in the order in which they pass.

    `capacity`: places for people of the structure; `outside`: participants from outside it, who come on top.
    """

    kind: SessionKind
    title: Annotated[str, InClear("title of a session")]
    half_days: tuple[HalfDay, ...]
    hours_per_half_day: Decimal
    capacity: int
    place: Annotated[str, InClear("where a session takes place")] | None = None
    partner: OrganisationName | None = None
    outside: int = 0

    @property
    def first_day(self) -> date:
        return self.half_days[0].day

    @property
    def last_day(self) -> date:
        return self.half_days[-1].day


class Session(Aggregate):
    """One session of one structure."""

    TOPIC = "training.session"
    key: UUID | None = None
    structure: StructureCode | None = None

    class SessionPlanned(FactEvent):
        TOPIC = "training.session-planned"
        key: UUID
        structure: StructureCode
        fact: SessionPlan

        def apply(self, session: "Session") -> None:
            super().apply(session)
            session.key, session.structure = self.key, self.structure

    class SessionCancelled(DayEvent):
        TOPIC = "training.session-cancelled"
        key: UUID

    plan = Fact(SessionPlan, None, SessionPlanned, "training.session-corrected", bare=True, keyed=True)
    cancelled_on = Fact(date, None, SessionCancelled, bare=True)

    def schedule(self, key: UUID, structure: str, plan: SessionPlan) -> None:
        if not self.plan:
            _check(plan)
            self.plan.record(plan, key=key, structure=structure)
        elif (self.structure, self.plan.current) != (structure, plan):
            raise AlreadyRecorded(f"session {key} is planned with other content; correct it")

    def correct(self, plan: SessionPlan) -> None:
        if self.standing() != plan:
            _check(plan)
            self.plan.correct(plan, key=self.key)

    def cancel(self, on: date, today: date) -> None:
        if not self.plan:
            raise UnknownSession("no such session is planned")
        if not self.cancelled_on:
            not_after(today, "cancelled", on)
            self.cancelled_on.record(on, key=self.key)

    def standing(self) -> SessionPlan:
        """Finds the plan. Raises UnknownSession, SessionCancelled."""
        if (plan := self.plan.current) is None:
            raise UnknownSession("no such session is planned")
        if self.cancelled_on:
            raise SessionCancelled(f"the session was cancelled on {self.cancelled_on.current}")
        return plan


def session_file(session: UUID) -> UUID:
    """Names the aggregate of a session. Derived, as a caller chooses the session's id and might choose a pathway's."""
    return uuid5(session, "session")


def _check(plan: SessionPlan) -> None:
    if not plan.half_days:
        raise HalfDayNeeded("no half-day is named")
    must_be_named_once(plan.half_days)
    if not 0 < plan.hours_per_half_day <= 12:
        raise HalfDayTooLong(f"{plan.hours_per_half_day} hours")
    if plan.capacity < 1:
        raise CapacityTooSmall(f"{plan.capacity} places")
    if plan.outside < 0:
        raise OutsideNegative(f"{plan.outside} participants from outside")


def must_be_named_once(half_days: tuple[HalfDay, ...]) -> None:
    if len(set(half_days)) < len(half_days):
        raise HalfDayTwice("a half-day is named twice")


def in_order(half_days: list[HalfDay]) -> tuple[HalfDay, ...]:
    return tuple(sorted(half_days, key=lambda one: one.place))
