"""Taking part in a session: enrolled, withdrawn, attended."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.training.domain.activity import Activity
from services.training.domain.session import HalfDay, SessionPlan, must_be_named_once
from shared.language.codes import ActivityStatus, DropOutReason, WithdrawalReason
from shared.language.days import Day
from shared.language.rules import RuleBroken, not_after


class AlreadyEnrolled(RuleBroken):
    """A person is enrolled in a session once."""


class EnrolledAfterSession(RuleBroken):
    """Somebody is enrolled on the last day of the session at the latest, whenever that becomes known."""


class WithdrawnBeforeEnrolled(RuleBroken):
    """An enrolment is withdrawn on or after the day on which it was made."""


class AlreadyAttended(RuleBroken):
    """An enrolment whose attendance is recorded is not withdrawn; the attendance is corrected instead."""


class NotEnrolled(RuleBroken):
    """Attendance is recorded of who was enrolled; who withdrew and came all the same is enrolled again before."""


class SessionNotOver(RuleBroken):
    """Attendance is recorded when the session is over, or the person has dropped out."""


class HalfDayNotOfSession(RuleBroken):
    """What was attended is a half-day of the session."""


class NothingMissed(RuleBroken):
    """Who dropped out has missed a half-day."""


@dataclass(frozen=True)
class Enrolment:
    """`action`: the proposal, which is the plan's action, that it answers."""

    session: UUID
    enrolled_on: Day
    action: UUID | None = None

    @property
    def happened_on(self) -> date:
        return self.enrolled_on


@dataclass(frozen=True)
class EnrolmentEnd:
    withdrawn_on: date
    withdrawn_for: WithdrawalReason

    @property
    def happened_on(self) -> date:
        return self.withdrawn_on


@dataclass(frozen=True)
class Attendance:
    """The half-days at which the person was, in the order in which they passed; none: they did not come.

    `dropped_for`: why they stopped coming, null where they did not drop out.
    """

    attended: tuple[HalfDay, ...]
    dropped_for: DropOutReason | None = None

    @property
    def happened_on(self) -> date | None:
        return self.attended[0].day if self.attended else None


STILL_ATTENDED = frozenset({WithdrawalReason.EXIT, WithdrawalReason.TRANSFER})
"""Reasons that close an enrolment from outside: what was attended before is recorded all the same."""


def check_enrolment(enrolment: Enrolment, session: SessionPlan, today: date) -> None:
    not_after(today, "enrolled", enrolment.enrolled_on)
    if enrolment.enrolled_on > session.last_day:
        raise EnrolledAfterSession(f"enrolled on {enrolment.enrolled_on}, the session ended on {session.last_day}")


def check_enrolment_end(end: EnrolmentEnd, enrolment: Enrolment, today: date) -> None:
    not_after(today, "withdrawn", end.withdrawn_on)
    if end.withdrawn_on < enrolment.enrolled_on:
        raise WithdrawnBeforeEnrolled(f"withdrawn on {end.withdrawn_on}, enrolled on {enrolment.enrolled_on}")


def check_attendance(attendance: Attendance, session: SessionPlan, today: date) -> None:
    not_after(today, "began", session.first_day)
    must_be_named_once(attendance.attended)
    for half_day in attendance.attended:
        if half_day not in session.half_days:
            raise HalfDayNotOfSession(f"{half_day.day}, {half_day.part}, is none of the session")
        not_after(today, "attended", half_day.day)
    if attendance.dropped_for is None:
        if session.last_day > today:
            raise SessionNotOver(f"the session goes on until {session.last_day}")
    elif len(attendance.attended) == len(session.half_days):
        raise NothingMissed("every half-day was attended")


def attended_activity(attendance: Attendance, session: SessionPlan) -> Activity:
    """Makes the activity. Hours: half-days attended times their length; all: completed, some: partial, none: no-show.

    It starts with the session and ends with it; where the person dropped out, with the last half-day that they came to.
    """
    came = attendance.attended
    status = (
        ActivityStatus.NO_SHOW
        if not came
        else ActivityStatus.COMPLETED
        if len(came) == len(session.half_days)
        else ActivityStatus.PARTIAL
    )
    end = session.last_day
    if attendance.dropped_for is not None:
        end = came[-1].day if came else session.first_day
    hours = Decimal(len(came)) * session.hours_per_half_day if came else None
    return Activity(session.kind.activity, session.first_day, end, status, hours)
