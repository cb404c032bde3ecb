"""The rules of placements, of PMSMP and AVA above all, a sentence each."""

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
    Evaluation,
    Placement,
    PlacementCancellation,
    PlacementEnd,
)
from services.training.domain.placement import (
    AvaTooManyHours,
    EndedAfterPlanned,
    EvaluatedBeforeStart,
    ObjectiveNeeded,
    PlacementBegun,
    PlacementHasEnded,
    PlacementWasCancelled,
    PmsmpRenewedTooLong,
    PmsmpRenewedTwice,
    PmsmpTooLong,
    PmsmpTooLongInHost,
    PrescriberNeeded,
    PrescriberNotEntitled,
    ReasonNeeded,
    RenewalBeforeEnd,
    SiretNeeded,
    TutorNeeded,
    UnknownPlacement,
)
from shared.language.codes import (
    ActivityKind,
    ActivityStatus,
    DropOutReason,
    PlacementConclusion,
    PlacementForm,
    PlacementObjective,
    Prescriber,
    WithdrawalReason,
)
from shared.language.rules import AlreadyRecorded, InTheFuture, RuleBroken, UnknownFact
from shared.language.rules.training import EndBeforeStart, HoursNegative
from shared.language.sealed import Sealed
from shared.language.siret import SiretInvalid
from shared.people.correspondents import UnknownCorrespondent
from tests.rules.test_training_sessions_rules import then_all
from tests.sentences import Told, given, told

TODAY = date(2025, 6, 30)
KEY, OTHER, TUTOR = UUID(int=1), UUID(int=2), UUID(int=5)
HOST, OTHER_HOST, LA_POSTE = "73282932000074", "35600000000048", "35600000049837"
PMSMP = Placement(
    form=PlacementForm.PMSMP,
    starts_on=date(2025, 3, 12),
    ends_on=date(2025, 4, 11),
    employer=HOST,
    tutor=TUTOR,
    prescriber=Prescriber.SIAE,
    objective=PlacementObjective.DISCOVER,
    hours_planned=Decimal(140),
)
AVA = Placement(
    form=PlacementForm.AVA, starts_on=date(2025, 3, 1), ends_on=date(2025, 3, 31), hours_planned=Decimal(80)
)


def plan(placement: Placement = PMSMP, key: UUID = KEY, *elsewhere: Placement) -> Callable[[ActivityFile], object]:
    return lambda file: file.plan_placement(key, placement, elsewhere, True)


def correct(placement: Placement, *elsewhere: Placement) -> Callable[[ActivityFile], object]:
    return lambda file: file.correct_placement(KEY, placement, elsewhere, True, TODAY)


def planned(placement: Placement = PMSMP, key: UUID = KEY) -> Told:
    return told(ActivityFile.PlacementPlanned, placement, key=key)


@pytest.mark.parametrize(
    "change",
    [
        {},
        *({"objective": objective} for objective in PlacementObjective),
        *({"prescriber": one} for one in Prescriber if one not in (Prescriber.ETTI, Prescriber.OTHER)),
        {"employer": LA_POSTE},
        {"starts_on": date(2027, 1, 31), "ends_on": date(2027, 2, 27)},
        {"starts_on": date(2025, 2, 1), "ends_on": date(2025, 2, 28)},
        {"renewed_until": date(2025, 5, 11)},
        {"form": PlacementForm.FIRST_HOURS, "ends_on": date(2025, 12, 31), "objective": None, "tutor": None},
        {"form": PlacementForm.VOLUNTEERING, "employer": None, "prescriber": None},
        {"form": PlacementForm.VISIT, "prescriber": Prescriber.ETTI, "ends_on": date(2025, 3, 12)},
    ],
    ids=str,
)
def test_a_placement_is_planned_and_corrected(change: dict[str, Any]) -> None:
    placement = replace(PMSMP, **change)
    assert given(ActivityFile).when(plan(placement)).then(planned(placement)).happened_on is None
    before = planned(replace(placement, hours_planned=Decimal(1)))
    given(ActivityFile, before).when(correct(placement)).then(told(ActivityFile.PlacementCorrected, placement, key=KEY))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"ends_on": date(2025, 4, 12)}, PmsmpTooLong),
        ({"starts_on": date(2027, 1, 31), "ends_on": date(2027, 2, 28)}, PmsmpTooLong),
        ({"starts_on": date.min, "ends_on": date.max}, PmsmpTooLong),
        ({"starts_on": date.max, "ends_on": date.max}, PmsmpTooLong),
        ({"renewed_until": date(2025, 5, 12)}, PmsmpRenewedTooLong),
        ({"renewed_until": date(2025, 4, 11)}, RenewalBeforeEnd),
        ({"objective": None}, ObjectiveNeeded),
        ({"employer": None}, SiretNeeded),
        ({"employer": "73282932000075"}, SiretInvalid),
        ({"tutor": None}, TutorNeeded),
        ({"prescriber": None}, PrescriberNeeded),
        ({"prescriber": Prescriber.ETTI}, PrescriberNotEntitled),
        ({"prescriber": Prescriber.OTHER}, PrescriberNotEntitled),
        ({"ends_on": date(2025, 3, 11)}, EndBeforeStart),
        ({"hours_planned": Decimal(-1)}, HoursNegative),
        ({"form": PlacementForm.VISIT, "employer": "1"}, SiretInvalid),
        ({"form": PlacementForm.AVA}, AvaTooManyHours),
    ],
    ids=str,
)
def test_a_placement_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    placement = replace(PMSMP, **change)
    given(ActivityFile).when(plan(placement)).then_refused(rule)
    given(ActivityFile, planned()).when(correct(placement)).then_refused(rule)


def test_dates_at_either_end_of_the_calendar_are_decided_too() -> None:
    early = replace(PMSMP, starts_on=date.min, ends_on=date(1, 1, 30), renewed_until=date(1, 2, 27))
    given(ActivityFile).when(plan(early)).then(planned(early))
    late = replace(PMSMP, starts_on=date(9999, 12, 1), ends_on=date(9999, 12, 30))
    given(ActivityFile).when(plan(late)).then(planned(late))
    ava = replace(AVA, starts_on=date.min, ends_on=date.max)
    given(ActivityFile).when(plan(ava)).then(planned(ava))


def test_asking_twice_of_a_placement_is_no_news() -> None:
    given(ActivityFile, planned()).when(plan()).then_nothing()
    given(ActivityFile, planned()).when(correct(PMSMP)).then_nothing()
    given(ActivityFile, planned()).when(plan(replace(PMSMP, employer=LA_POSTE))).then_refused(AlreadyRecorded)
    given(ActivityFile).when(correct(PMSMP)).then_refused(UnknownFact)


def test_a_tutor_is_known_unless_forgotten_since() -> None:
    given(ActivityFile).when(lambda f: f.plan_placement(KEY, PMSMP, [], False)).then_refused(UnknownCorrespondent)
    other = replace(PMSMP, hours_planned=None)
    given(ActivityFile, planned()).when(lambda f: f.correct_placement(KEY, other, [], False, TODAY)).then(
        told(ActivityFile.PlacementCorrected, other, key=KEY)
    )


# Two months over twelve in one host

AGAIN = replace(PMSMP, starts_on=date(2025, 9, 1), ends_on=date(2025, 9, 30))
RENEWED = replace(PMSMP, renewed_until=date(2025, 5, 11))


@pytest.mark.parametrize(
    ("before", "then"),
    [
        (PMSMP, AGAIN),  # one month and one month
        (RENEWED, replace(AGAIN, employer=OTHER_HOST)),
        (RENEWED, replace(AGAIN, starts_on=date(2026, 3, 12), ends_on=date(2026, 4, 11))),  # the twelve months after
        (replace(PMSMP, ends_on=date(2025, 3, 31)), replace(AGAIN, renewed_until=date(2025, 10, 10))),  # 20 + 1 m 10 d
    ],
    ids=str,
)
def test_two_months_over_twelve_in_one_host_are_allowed(before: Placement, then: Placement) -> None:
    given(ActivityFile, planned(before)).when(plan(then, OTHER)).then(planned(then, OTHER))
    given(ActivityFile).when(plan(then, OTHER, before)).then(planned(then, OTHER))


@pytest.mark.parametrize(
    ("before", "then"),
    [
        (RENEWED, replace(AGAIN, ends_on=date(2025, 9, 1))),  # two months and a day
        (RENEWED, replace(AGAIN, starts_on=date(2026, 3, 11), ends_on=date(2026, 3, 11))),  # within twelve months
        (AGAIN, RENEWED),  # what comes before counts as what comes after
        (replace(PMSMP, ends_on=date(2025, 3, 31)), replace(AGAIN, renewed_until=date(2025, 10, 11))),
    ],
    ids=str,
)
def test_more_than_two_months_over_twelve_in_one_host_are_refused(before: Placement, then: Placement) -> None:
    given(ActivityFile, planned(before)).when(plan(then, OTHER)).then_refused(PmsmpTooLongInHost)
    given(ActivityFile).when(plan(then, OTHER, before)).then_refused(PmsmpTooLongInHost)


def test_what_was_cancelled_or_broken_off_counts_for_what_it_was() -> None:
    cancelled = told(ActivityFile.PlacementCancelled, CANCELLATION, key=KEY)
    given(ActivityFile, planned(RENEWED), cancelled).when(plan(AGAIN, OTHER)).then(planned(AGAIN, OTHER))
    broken = told(ActivityFile.PlacementEnded, BROKEN_OFF, key=KEY)
    given(ActivityFile, planned(RENEWED), broken).when(plan(AGAIN, OTHER)).then(planned(AGAIN, OTHER))


# Eighty hours a month


@pytest.mark.parametrize(
    ("change", "others"),
    [
        ({}, []),
        ({"ends_on": date(2025, 4, 1), "hours_planned": Decimal(160)}, []),  # the second month has begun
        ({"hours_planned": None}, []),
        ({}, [replace(AVA, starts_on=date(2025, 4, 1), ends_on=date(2025, 4, 30))]),
        ({"hours_planned": Decimal(40)}, [replace(AVA, hours_planned=Decimal(40))]),
    ],
    ids=str,
)
def test_eighty_hours_of_ava_a_month_are_allowed(change: dict[str, Any], others: list[Placement]) -> None:
    placement = replace(AVA, **change)
    given(ActivityFile).when(plan(placement, KEY, *others)).then(planned(placement))


@pytest.mark.parametrize(
    ("change", "others"),
    [
        ({"hours_planned": Decimal("80.01")}, []),
        ({"ends_on": date(2025, 4, 1), "hours_planned": Decimal("160.5")}, []),
        ({"hours_planned": Decimal(41)}, [replace(AVA, hours_planned=Decimal(40))]),
    ],
    ids=str,
)
def test_more_hours_of_ava_are_refused(change: dict[str, Any], others: list[Placement]) -> None:
    given(ActivityFile).when(plan(replace(AVA, **change), KEY, *others)).then_refused(AvaTooManyHours)


# Renewal


def renew(until: date, hours: Decimal | None = None) -> Callable[[ActivityFile], object]:
    return lambda file: file.renew(KEY, until, hours, [])


def test_a_pmsmp_is_renewed_once_by_one_month_at_most() -> None:
    until = date(2025, 5, 11)
    told_renewed = told(ActivityFile.PlacementRenewed, RENEWED, key=KEY)
    given(ActivityFile, planned()).when(renew(until)).then(told_renewed)
    given(ActivityFile, planned(), told_renewed).when(renew(until)).then_nothing()
    given(ActivityFile, planned(), told_renewed).when(renew(date(2025, 5, 10))).then_refused(PmsmpRenewedTwice)
    given(ActivityFile, planned()).when(renew(date(2025, 5, 12))).then_refused(PmsmpRenewedTooLong)
    given(ActivityFile, planned()).when(renew(date(2025, 4, 11))).then_refused(RenewalBeforeEnd)
    given(ActivityFile).when(renew(until)).then_refused(UnknownPlacement)


def test_another_form_is_renewed_as_often_as_needed_with_its_hours() -> None:
    once = replace(AVA, renewed_until=date(2025, 4, 30), hours_planned=Decimal(160))
    given(ActivityFile, planned(AVA)).when(renew(date(2025, 4, 30), Decimal(160))).then(
        told(ActivityFile.PlacementRenewed, once, key=KEY)
    )
    twice = replace(once, renewed_until=date(2025, 5, 31))
    given(ActivityFile, planned(once)).when(renew(date(2025, 5, 31))).then(
        told(ActivityFile.PlacementRenewed, twice, key=KEY)
    )
    given(ActivityFile, planned(once)).when(renew(date(2025, 4, 29))).then_refused(RenewalBeforeEnd)


# The end, and the activity that follows

ACTIVITY_ID = ActivityFile.blank(UUID(int=7)).activity_of(KEY)
ENDED = PlacementEnd(date(2025, 4, 11), Decimal(130))
BROKEN_OFF = PlacementEnd(date(2025, 3, 20), Decimal(35), DropOutReason.JOB_FOUND)
NEVER_CAME = PlacementEnd(date(2025, 3, 12), None, DropOutReason.LOST_FROM_SIGHT)
DONE = Activity(ActivityKind.PLACEMENT, date(2025, 3, 12), date(2025, 4, 11), ActivityStatus.COMPLETED, Decimal(130))


def end(fact: PlacementEnd) -> Callable[[ActivityFile], object]:
    return lambda file: file.end_placement(KEY, fact, TODAY)


def correct_end(fact: PlacementEnd) -> Callable[[ActivityFile], object]:
    return lambda file: file.correct_end(KEY, fact, TODAY)


def ended(fact: PlacementEnd = ENDED) -> Told:
    return told(ActivityFile.PlacementEnded, fact, key=KEY)


def recorded(activity: Activity = DONE) -> Told:
    return told(ActivityFile.ActivityRecorded, activity, key=ACTIVITY_ID)


@pytest.mark.parametrize(
    ("fact", "status", "hours"),
    [
        (ENDED, ActivityStatus.COMPLETED, Decimal(130)),
        (BROKEN_OFF, ActivityStatus.PARTIAL, Decimal(35)),
        (NEVER_CAME, ActivityStatus.NO_SHOW, None),
        (replace(NEVER_CAME, hours=Decimal(0)), ActivityStatus.NO_SHOW, None),
    ],
    ids=str,
)
def test_an_activity_follows_from_the_end(fact: PlacementEnd, status: ActivityStatus, hours: Decimal | None) -> None:
    activity = replace(DONE, ended_on=fact.ended_on, status=status, hours=hours)
    then_all(given(ActivityFile, planned()).when(end(fact)), ended(fact), recorded(activity))
    given(ActivityFile, planned(), ended(fact), recorded(activity)).when(end(fact)).then_nothing()
    given(ActivityFile, planned(), ended(fact), recorded(activity)).when(correct_end(fact)).then_nothing()


@pytest.mark.parametrize(
    ("fact", "rule"),
    [
        (replace(ENDED, ended_on=date(2025, 7, 1)), InTheFuture),
        (replace(ENDED, ended_on=date(2025, 3, 11)), EndBeforeStart),
        (replace(ENDED, ended_on=date(2025, 4, 12)), EndedAfterPlanned),
        (replace(BROKEN_OFF, broken_off_for=None), ReasonNeeded),
        (replace(ENDED, hours=Decimal(-1)), HoursNegative),
    ],
    ids=str,
)
def test_an_end_is_refused(fact: PlacementEnd, rule: type[RuleBroken]) -> None:
    given(ActivityFile, planned()).when(end(fact)).then_refused(rule)
    given(ActivityFile, planned(), ended(), recorded()).when(correct_end(fact)).then_refused(rule)


def test_a_correction_of_the_end_or_of_the_placement_reaches_the_activity() -> None:
    stood = planned(), ended(), recorded()
    partial = replace(DONE, ended_on=date(2025, 3, 20), status=ActivityStatus.PARTIAL, hours=Decimal(35))
    then_all(
        given(ActivityFile, *stood).when(correct_end(BROKEN_OFF)),
        told(ActivityFile.PlacementEndCorrected, BROKEN_OFF, key=KEY),
        told(ActivityFile.ActivityCorrected, partial, key=ACTIVITY_ID),
    )
    later = replace(PMSMP, starts_on=date(2025, 3, 17))
    then_all(
        given(ActivityFile, *stood).when(correct(later)),
        told(ActivityFile.PlacementCorrected, later, key=KEY),
        told(ActivityFile.ActivityCorrected, replace(DONE, started_on=date(2025, 3, 17)), key=ACTIVITY_ID),
    )
    shorter = replace(PMSMP, ends_on=date(2025, 4, 1))
    given(ActivityFile, *stood).when(correct(shorter)).then_refused(EndedAfterPlanned)
    given(ActivityFile, *stood).when(end(BROKEN_OFF)).then_refused(AlreadyRecorded)
    given(ActivityFile, planned()).when(correct_end(ENDED)).then_refused(UnknownFact)
    given(ActivityFile, *stood).when(renew(date(2025, 5, 1))).then_refused(PlacementHasEnded)
    wrong = replace(DONE, hours=Decimal(1))
    given(ActivityFile, *stood).when(lambda f: f.correct_activity(ACTIVITY_ID, wrong, TODAY)).then_refused(
        ActivityFollows
    )


# Cancellation

CANCELLATION = PlacementCancellation(date(2025, 3, 10), WithdrawalReason.ORGANISER)


def cancel(fact: PlacementCancellation = CANCELLATION) -> Callable[[ActivityFile], object]:
    return lambda file: file.cancel_placement(KEY, fact, TODAY)


def test_a_placement_is_cancelled_before_it_begins_and_then_nothing_more_is_recorded_of_it() -> None:
    cancelled = told(ActivityFile.PlacementCancelled, CANCELLATION, key=KEY)
    given(ActivityFile, planned()).when(cancel()).then(cancelled)
    given(ActivityFile, planned(), cancelled).when(cancel()).then_nothing()
    other = replace(CANCELLATION, cancelled_for=WithdrawalReason.MISTAKE)
    given(ActivityFile, planned(), cancelled).when(cancel(other)).then_refused(AlreadyRecorded)
    late = replace(CANCELLATION, cancelled_on=date(2025, 3, 13))
    given(ActivityFile, planned()).when(cancel(late)).then_refused(PlacementBegun)
    given(ActivityFile, planned(), ended(), recorded()).when(cancel()).then_refused(PlacementHasEnded)
    future = replace(PMSMP, starts_on=date(2025, 8, 1), ends_on=date(2025, 8, 31))
    ahead = replace(CANCELLATION, cancelled_on=date(2025, 7, 1))
    given(ActivityFile, planned(future)).when(cancel(ahead)).then_refused(InTheFuture)
    given(ActivityFile).when(cancel()).then_refused(UnknownPlacement)
    for ask in (end(ENDED), renew(date(2025, 5, 1)), correct(RENEWED), evaluate()):
        given(ActivityFile, planned(), cancelled).when(ask).then_refused(PlacementWasCancelled)


# Evaluation

EVALUATION = Evaluation(date(2025, 4, 11), PlacementConclusion.CONFIRMED, Sealed("À l'aise à l'atelier"))


def evaluate(fact: Evaluation = EVALUATION) -> Callable[[ActivityFile], object]:
    return lambda file: file.evaluate(KEY, fact, TODAY)


def test_a_placement_is_evaluated_once_it_has_begun() -> None:
    evaluated = told(ActivityFile.PlacementEvaluated, EVALUATION, key=KEY)
    given(ActivityFile, planned()).when(evaluate()).then(evaluated)
    given(ActivityFile, planned(), evaluated).when(evaluate()).then_nothing()
    other = replace(EVALUATION, conclusion=PlacementConclusion.HIRED)
    given(ActivityFile, planned(), evaluated).when(evaluate(other)).then_refused(AlreadyRecorded)
    given(ActivityFile, planned(), evaluated).when(lambda f: f.correct_evaluation(KEY, other, TODAY)).then(
        told(ActivityFile.PlacementEvaluationCorrected, other, key=KEY)
    )
    given(ActivityFile, planned()).when(lambda f: f.correct_evaluation(KEY, other, TODAY)).then_refused(UnknownFact)
    early = replace(EVALUATION, evaluated_on=date(2025, 3, 11))
    given(ActivityFile, planned()).when(evaluate(early)).then_refused(EvaluatedBeforeStart)
    late = replace(EVALUATION, evaluated_on=date(2025, 7, 1))
    given(ActivityFile, planned()).when(evaluate(late)).then_refused(InTheFuture)
