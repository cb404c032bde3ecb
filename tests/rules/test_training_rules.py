"""The rules of activities, a sentence each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.training.domain import Activity, ActivityFile
from shared.language.codes import ActivityKind, ActivityStatus
from shared.language.rules import AlreadyRecorded, InTheFuture, RuleBroken, UnknownFact
from shared.language.rules.training import EndBeforeStart, HoursNeeded, HoursNegative
from tests.sentences import Told, given, told

TODAY, TOMORROW, YESTERDAY = date(2025, 6, 30), date(2025, 7, 1), date(2025, 6, 29)
KEY, OTHER_KEY = UUID(int=1), UUID(int=2)
WORKSHOP = Activity(
    ActivityKind.WORKSHOP, date(2025, 1, 6), date(2025, 1, 8), ActivityStatus.COMPLETED, Decimal("10.50")
)
OTHERWISE = replace(WORKSHOP, status=ActivityStatus.PARTIAL, hours=Decimal("3.5"))


def record(activity: Activity, key: UUID = KEY) -> Callable[[ActivityFile], object]:
    return lambda file: file.activities.admit(key, activity, TODAY)


def correct(activity: Activity, key: UUID = KEY) -> Callable[[ActivityFile], object]:
    return lambda file: file.correct_activity(key, activity, TODAY)


def recorded(activity: Activity = WORKSHOP, key: UUID = KEY) -> Told:
    return told(ActivityFile.ActivityRecorded, activity, key=key)


def corrected(activity: Activity, key: UUID = KEY) -> Told:
    return told(ActivityFile.ActivityCorrected, activity, key=key)


@pytest.mark.parametrize(
    "change",
    [
        *({"kind": kind} for kind in ActivityKind if kind is not WORKSHOP.kind),
        {"status": ActivityStatus.PARTIAL},
        {"status": ActivityStatus.NO_SHOW, "hours": None},
        {"hours": Decimal(0)},
        {"hours": Decimal("0.10")},
        {"started_on": date(2025, 1, 8)},
        {"started_on": TODAY, "ended_on": TODAY},
    ],
    ids=str,
)
def test_an_activity_is_recorded_and_corrected(change: dict[str, Any]) -> None:
    activity = replace(WORKSHOP, **change)
    assert given(ActivityFile).when(record(activity)).then(recorded(activity)).happened_on == activity.started_on
    assert (
        given(ActivityFile, recorded()).when(correct(activity)).then(corrected(activity)).happened_on
        == activity.started_on
    )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"started_on": TOMORROW, "ended_on": TOMORROW}, InTheFuture),
        ({"ended_on": TOMORROW}, InTheFuture),
        ({"started_on": TOMORROW, "ended_on": TODAY}, InTheFuture),
        ({"started_on": TODAY, "ended_on": YESTERDAY}, EndBeforeStart),
        ({"hours": None}, HoursNeeded),
        ({"hours": None, "status": ActivityStatus.PARTIAL}, HoursNeeded),
        ({"hours": Decimal("-0.01")}, HoursNegative),
        ({"hours": Decimal(-1), "status": ActivityStatus.NO_SHOW}, HoursNegative),
    ],
    ids=str,
)
def test_an_activity_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    activity = replace(WORKSHOP, **change)
    given(ActivityFile).when(record(activity)).then_refused(rule)
    given(ActivityFile, recorded()).when(correct(activity)).then_refused(rule)


def test_the_same_again_is_no_news_and_something_else_is_a_correction() -> None:
    given(ActivityFile, recorded()).when(record(WORKSHOP)).then_nothing()
    given(ActivityFile, recorded()).when(record(OTHERWISE)).then_refused(AlreadyRecorded)


def test_after_a_correction_the_same_is_what_now_stands() -> None:
    stood = recorded(), corrected(OTHERWISE)
    given(ActivityFile, *stood).when(record(WORKSHOP)).then_refused(AlreadyRecorded)
    given(ActivityFile, *stood).when(record(OTHERWISE)).then_nothing()
    given(ActivityFile, *stood).when(correct(OTHERWISE)).then_nothing()
    given(ActivityFile, *stood).when(correct(WORKSHOP)).then(corrected(WORKSHOP))


def test_a_correction_to_what_stands_is_no_news() -> None:
    given(ActivityFile, recorded()).when(correct(WORKSHOP)).then_nothing()


def test_what_was_never_recorded_is_not_corrected() -> None:
    given(ActivityFile).when(correct(WORKSHOP)).then_refused(UnknownFact)
    given(ActivityFile, recorded()).when(correct(OTHERWISE, OTHER_KEY)).then_refused(UnknownFact)


def test_the_same_content_under_another_id_is_another_activity() -> None:
    given(ActivityFile, recorded()).when(record(WORKSHOP, OTHER_KEY)).then(recorded(WORKSHOP, OTHER_KEY))


def test_an_import_tells_what_is_to_stand_and_what_its_file_said() -> None:
    given(ActivityFile).when(lambda file: file.activities.take(KEY, WORKSHOP, WORKSHOP)).then(
        told(ActivityFile.ActivityRecorded, WORKSHOP, key=KEY, imported=WORKSHOP)
    )
    given(ActivityFile, recorded()).when(lambda file: file.activities.take(KEY, OTHERWISE, WORKSHOP)).then(
        told(ActivityFile.ActivityCorrected, OTHERWISE, key=KEY, imported=WORKSHOP)
    )
