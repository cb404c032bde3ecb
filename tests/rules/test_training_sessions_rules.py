"""The rules of collective sessions, of enrolment and of attendance, a sentence each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.training.domain import (
    Activity,
    ActivityFile,
    ActivityFollows,
    Attendance,
    Enrolment,
    EnrolmentEnd,
    HalfDay,
    Session,
    SessionPlan,
    UnknownSession,
    in_order,
)
from services.training.domain.participation import (
    AlreadyAttended,
    AlreadyEnrolled,
    EnrolledAfterSession,
    HalfDayNotOfSession,
    NotEnrolled,
    NothingMissed,
    SessionNotOver,
    WithdrawnBeforeEnrolled,
)
from services.training.domain.session import (
    CapacityTooSmall,
    HalfDayNeeded,
    HalfDayTooLong,
    HalfDayTwice,
    OutsideNegative,
    SessionCancelled,
)
from shared.language.codes import ActivityKind, ActivityStatus, DayPart, DropOutReason, SessionKind, WithdrawalReason
from shared.language.rules import AlreadyRecorded, InTheFuture, RuleBroken, UnknownFact
from tests.sentences import Answered, Told, given, told

TODAY = date(2025, 6, 30)
KEY, OTHER, SESSION, SECOND = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
MORNING, AFTERNOON = HalfDay(date(2025, 6, 2), DayPart.MORNING), HalfDay(date(2025, 6, 2), DayPart.AFTERNOON)
NEXT = HalfDay(date(2025, 6, 3), DayPart.MORNING)
PLAN = SessionPlan(SessionKind.VISIT, "Visite d'un chantier", (MORNING, AFTERNOON, NEXT), Decimal("3.50"), 8, "Lyon 7e")
LATER = replace(PLAN, half_days=(MORNING, HalfDay(date(2025, 7, 1), DayPart.MORNING)))
PLANNED = told(Session.SessionPlanned, PLAN, key=SESSION, structure="s01")
CANCELLED = told(Session.SessionCancelled, date(2025, 6, 1), key=SESSION)
ENROLMENT = Enrolment(SESSION, date(2025, 5, 20))
ENROLLED = told(ActivityFile.Enrolled, ENROLMENT, key=KEY)


def session(plan: SessionPlan = PLAN, *more: Told) -> Session:
    aggregate = given(Session, told(Session.SessionPlanned, plan, key=SESSION, structure="s01"), *more).aggregate
    assert isinstance(aggregate, Session)
    return aggregate


def then_all(answered: Answered, *expected: Told) -> None:
    """Exactly these are recorded, in order."""
    found = [(type(e), e.key, e.fact) for e in answered.recorded]
    assert (answered.refusal, found) == (None, [(e.event, e.fields["key"], e.fields["fact"]) for e in expected])


# Sessions


def test_a_session_is_planned_corrected_and_cancelled() -> None:
    assert given(Session).when(lambda s: s.schedule(SESSION, "s01", PLAN)).then(PLANNED).happened_on is None
    given(Session, PLANNED).when(lambda s: s.correct(replace(PLAN, outside=4))).then(
        told(Session.SessionCorrected, replace(PLAN, outside=4), key=SESSION)
    )
    cancelled = given(Session, PLANNED).when(lambda s: s.cancel(date(2025, 6, 1), TODAY)).then(CANCELLED)
    assert cancelled.happened_on == date(2025, 6, 1)


def test_asking_twice_of_a_session_is_no_news() -> None:
    given(Session, PLANNED).when(lambda s: s.schedule(SESSION, "s01", PLAN)).then_nothing()
    given(Session, PLANNED).when(lambda s: s.correct(PLAN)).then_nothing()
    given(Session, PLANNED, CANCELLED).when(lambda s: s.cancel(TODAY, TODAY)).then_nothing()
    given(Session, PLANNED).when(lambda s: s.schedule(SESSION, "s02", PLAN)).then_refused(AlreadyRecorded)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"half_days": ()}, HalfDayNeeded),
        ({"half_days": (MORNING, MORNING)}, HalfDayTwice),
        ({"hours_per_half_day": Decimal(0)}, HalfDayTooLong),
        ({"hours_per_half_day": Decimal("12.01")}, HalfDayTooLong),
        ({"capacity": 0}, CapacityTooSmall),
        ({"outside": -1}, OutsideNegative),
    ],
    ids=str,
)
def test_a_session_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    plan = replace(PLAN, **change)
    given(Session).when(lambda s: s.schedule(SESSION, "s01", plan)).then_refused(rule)
    given(Session, PLANNED).when(lambda s: s.correct(plan)).then_refused(rule)


def test_what_is_not_planned_or_cancelled_is_not_changed() -> None:
    given(Session).when(lambda s: s.correct(PLAN)).then_refused(UnknownSession)
    given(Session).when(lambda s: s.cancel(TODAY, TODAY)).then_refused(UnknownSession)
    given(Session, PLANNED).when(lambda s: s.cancel(date(2025, 7, 1), TODAY)).then_refused(InTheFuture)
    given(Session, PLANNED, CANCELLED).when(lambda s: s.correct(PLAN)).then_refused(SessionCancelled)


def test_half_days_pass_from_morning_to_afternoon() -> None:
    assert in_order([NEXT, AFTERNOON, MORNING]) == (MORNING, AFTERNOON, NEXT)


# Enrolment


def enrol(enrolment: Enrolment = ENROLMENT, key: UUID = KEY, of: Session | None = None) -> Callable[..., object]:
    return lambda file: file.enrol(key, enrolment, of or session(), "s01", TODAY)


def test_a_person_is_enrolled_before_the_session_and_on_its_last_day() -> None:
    given(ActivityFile).when(enrol()).then(ENROLLED)
    last = replace(ENROLMENT, enrolled_on=date(2025, 6, 3))
    given(ActivityFile).when(enrol(last)).then(told(ActivityFile.Enrolled, last, key=KEY))


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"enrolled_on": date(2025, 6, 4)}, EnrolledAfterSession), ({"enrolled_on": date(2025, 7, 1)}, InTheFuture)],
    ids=str,
)
def test_an_enrolment_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    given(ActivityFile).when(enrol(replace(ENROLMENT, **change))).then_refused(rule)


def test_nobody_is_enrolled_in_another_structures_a_cancelled_or_an_unknown_session() -> None:
    given(ActivityFile).when(lambda f: f.enrol(KEY, ENROLMENT, session(), "s02", TODAY)).then_refused(UnknownSession)
    given(ActivityFile).when(enrol(of=Session.blank(UUID(int=9)))).then_refused(UnknownSession)
    given(ActivityFile).when(enrol(of=session(PLAN, CANCELLED))).then_refused(SessionCancelled)


def test_a_person_is_enrolled_once_until_withdrawn() -> None:
    given(ActivityFile, ENROLLED).when(enrol()).then_nothing()
    given(ActivityFile, ENROLLED).when(enrol(key=OTHER)).then_refused(AlreadyEnrolled)
    given(ActivityFile, ENROLLED).when(enrol(replace(ENROLMENT, enrolled_on=TODAY))).then_refused(AlreadyRecorded)
    again = told(ActivityFile.Enrolled, ENROLMENT, key=OTHER)
    given(ActivityFile, ENROLLED, withdrawn()).when(enrol(key=OTHER)).then(again)
    given(ActivityFile, ENROLLED, withdrawn()).when(enrol()).then_nothing()


END = EnrolmentEnd(date(2025, 5, 25), WithdrawalReason.PERSONS_CHOICE)


def withdrawn(end: EnrolmentEnd = END) -> Told:
    return told(ActivityFile.EnrolmentWithdrawn, end, key=KEY)


def withdraw(end: EnrolmentEnd = END, key: UUID = KEY) -> Callable[[ActivityFile], object]:
    return lambda file: file.withdraw(key, end, TODAY)


def test_an_enrolment_is_withdrawn() -> None:
    given(ActivityFile, ENROLLED).when(withdraw()).then(withdrawn())
    given(ActivityFile, ENROLLED, withdrawn()).when(withdraw()).then_nothing()


def test_a_withdrawal_is_refused() -> None:
    given(ActivityFile).when(withdraw()).then_refused(UnknownFact)
    given(ActivityFile, ENROLLED).when(withdraw(replace(END, withdrawn_on=date(2025, 7, 1)))).then_refused(InTheFuture)
    early = replace(END, withdrawn_on=date(2025, 5, 19))
    given(ActivityFile, ENROLLED).when(withdraw(early)).then_refused(WithdrawnBeforeEnrolled)
    given(ActivityFile, ENROLLED, attended()).when(withdraw()).then_refused(AlreadyAttended)
    other = replace(END, withdrawn_for=WithdrawalReason.PREVENTED)
    given(ActivityFile, ENROLLED, withdrawn()).when(withdraw(other)).then_refused(AlreadyRecorded)


# Attendance, and the activity that follows

ACTIVITY_ID = ActivityFile.blank(UUID(int=7)).activity_of(KEY)
ALL = Attendance((MORNING, AFTERNOON, NEXT))
FOLLOWING = Activity(
    ActivityKind.WORKSHOP, date(2025, 6, 2), date(2025, 6, 3), ActivityStatus.COMPLETED, Decimal("10.50")
)


def attended(attendance: Attendance = ALL) -> Told:
    return told(ActivityFile.AttendanceRecorded, attendance, key=KEY)


def recorded(activity: Activity = FOLLOWING) -> Told:
    return told(ActivityFile.ActivityRecorded, activity, key=ACTIVITY_ID)


def attend(attendance: Attendance, plan: SessionPlan = PLAN) -> Callable[[ActivityFile], object]:
    return lambda file: file.record_attendance(KEY, attendance, session(plan), TODAY)


def correct(attendance: Attendance, plan: SessionPlan = PLAN) -> Callable[[ActivityFile], object]:
    return lambda file: file.correct_attendance(KEY, attendance, session(plan), TODAY)


@pytest.mark.parametrize(
    ("attendance", "status", "ended_on", "hours"),
    [
        (ALL, ActivityStatus.COMPLETED, date(2025, 6, 3), Decimal("10.50")),
        (Attendance((MORNING, NEXT)), ActivityStatus.PARTIAL, date(2025, 6, 3), Decimal("7.00")),
        (Attendance(()), ActivityStatus.NO_SHOW, date(2025, 6, 3), None),
        (
            Attendance((MORNING,), DropOutReason.JOB_FOUND),
            ActivityStatus.PARTIAL,
            date(2025, 6, 2),
            Decimal("3.50"),
        ),
        (Attendance((), DropOutReason.UNAVAILABLE), ActivityStatus.NO_SHOW, date(2025, 6, 2), None),
    ],
    ids=str,
)
def test_an_activity_follows_from_an_attendance(
    attendance: Attendance, status: ActivityStatus, ended_on: date, hours: Decimal | None
) -> None:
    activity = replace(FOLLOWING, status=status, ended_on=ended_on, hours=hours)
    then_all(given(ActivityFile, ENROLLED).when(attend(attendance)), attended(attendance), recorded(activity))


def test_a_training_session_is_a_training_activity() -> None:
    plan = replace(PLAN, kind=SessionKind.TRAINING)
    activity = replace(FOLLOWING, kind=ActivityKind.TRAINING)
    then_all(given(ActivityFile, ENROLLED).when(attend(ALL, plan)), attended(), recorded(activity))


def test_who_dropped_out_of_a_session_that_goes_on_is_recorded_at_once() -> None:
    dropped = Attendance((MORNING,), DropOutReason.NOT_FITTING)
    activity = replace(FOLLOWING, status=ActivityStatus.PARTIAL, ended_on=date(2025, 6, 2), hours=Decimal("3.50"))
    then_all(given(ActivityFile, ENROLLED).when(attend(dropped, LATER)), attended(dropped), recorded(activity))


@pytest.mark.parametrize(
    ("attendance", "plan", "rule"),
    [
        (Attendance((HalfDay(date(2025, 6, 4), DayPart.MORNING),)), PLAN, HalfDayNotOfSession),
        (Attendance((MORNING, MORNING)), PLAN, HalfDayTwice),
        (Attendance((MORNING,)), LATER, SessionNotOver),
        (Attendance(LATER.half_days), LATER, InTheFuture),
        (replace(ALL, dropped_for=DropOutReason.OTHER), PLAN, NothingMissed),
        (Attendance((), DropOutReason.OTHER), replace(PLAN, half_days=LATER.half_days[1:]), InTheFuture),
    ],
    ids=str,
)
def test_an_attendance_is_refused(attendance: Attendance, plan: SessionPlan, rule: type[RuleBroken]) -> None:
    given(ActivityFile, ENROLLED).when(attend(attendance, plan)).then_refused(rule)
    given(ActivityFile, ENROLLED, attended(), recorded()).when(correct(attendance, plan)).then_refused(rule)


def test_attendance_is_of_who_was_enrolled_in_a_session_that_took_place() -> None:
    given(ActivityFile).when(attend(ALL)).then_refused(UnknownFact)
    given(ActivityFile, ENROLLED, withdrawn()).when(attend(ALL)).then_refused(NotEnrolled)
    cancelled = session(PLAN, CANCELLED)
    given(ActivityFile, ENROLLED).when(lambda f: f.record_attendance(KEY, ALL, cancelled, TODAY)).then_refused(
        SessionCancelled
    )


@pytest.mark.parametrize("reason", [WithdrawalReason.EXIT, WithdrawalReason.TRANSFER])
def test_who_left_or_was_transferred_meanwhile_attended_all_the_same(reason: WithdrawalReason) -> None:
    closed = withdrawn(replace(END, withdrawn_for=reason))
    then_all(given(ActivityFile, ENROLLED, closed).when(attend(ALL)), attended(), recorded())


def test_attendance_asked_twice_is_no_news_and_another_is_a_correction() -> None:
    stood = ENROLLED, attended(), recorded()
    given(ActivityFile, *stood).when(attend(ALL)).then_nothing()
    given(ActivityFile, *stood).when(correct(ALL)).then_nothing()
    partial = Attendance((MORNING,))
    given(ActivityFile, *stood).when(attend(partial)).then_refused(AlreadyRecorded)
    given(ActivityFile, ENROLLED).when(correct(partial)).then_refused(UnknownFact)
    activity = replace(FOLLOWING, status=ActivityStatus.PARTIAL, hours=Decimal("3.50"))
    then_all(
        given(ActivityFile, *stood).when(correct(partial)),
        told(ActivityFile.AttendanceCorrected, partial, key=KEY),
        told(ActivityFile.ActivityCorrected, activity, key=ACTIVITY_ID),
    )


def test_an_activity_that_follows_is_not_corrected_by_itself() -> None:
    stood = ENROLLED, attended(), recorded()
    other = replace(FOLLOWING, hours=Decimal(1))
    given(ActivityFile, *stood).when(lambda f: f.correct_activity(ACTIVITY_ID, other, TODAY)).then_refused(
        ActivityFollows
    )


def test_hours_follow_a_correction_of_the_session() -> None:
    stood = ENROLLED, attended(), recorded()
    longer = replace(PLAN, hours_per_half_day=Decimal(4))
    given(ActivityFile, *stood).when(lambda f: f.session_corrected(session(longer), TODAY)).then(
        told(ActivityFile.ActivityCorrected, replace(FOLLOWING, hours=Decimal(12)), key=ACTIVITY_ID)
    )
    given(ActivityFile, *stood).when(lambda f: f.session_corrected(session(), TODAY)).then_nothing()
    moved = replace(PLAN, half_days=(NEXT,))
    given(ActivityFile, *stood).when(lambda f: f.session_corrected(session(moved), TODAY)).then_nothing()
    future = replace(PLAN, half_days=(HalfDay(date(2026, 1, 1), DayPart.MORNING),))
    given(ActivityFile, *stood).when(lambda f: f.session_corrected(session(future), TODAY)).then_nothing()
