"""What an activity is: what somebody took part in, as the catalogue counts it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.codes import ActivityKind, ActivityStatus
from shared.rules import RuleBroken, not_after


class EndBeforeStart(RuleBroken):
    """What has a start and an end ends on or after its start."""


class HoursNeeded(RuleBroken):
    """Hours are given unless the person did not come."""


class HoursNegative(RuleBroken):
    """Hours are zero or more."""


class ActivityFollows(RuleBroken):
    """An activity that follows from an attendance, a placement or a support action is corrected there."""


@dataclass(frozen=True)
class Activity:
    """Hours are the hours attended; null for a no-show."""

    kind: ActivityKind
    started_on: date
    ended_on: date
    status: ActivityStatus
    hours: Decimal | None = None

    @property
    def happened_on(self) -> date:
        return self.started_on


def check_activity(activity: Activity, today: date) -> None:
    not_after(today, "started", activity.started_on)
    not_after(today, "ended", activity.ended_on)
    must_end_after_start(activity.started_on, activity.ended_on)
    if activity.hours is None and activity.status is not ActivityStatus.NO_SHOW:
        raise HoursNeeded(f"a {activity.status} activity has hours")
    must_not_be_negative(activity.hours)


def must_end_after_start(start: date, end: date) -> None:
    if end < start:
        raise EndBeforeStart(f"ended on {end}, started on {start}")


def must_not_be_negative(hours: Decimal | None) -> None:
    if hours is not None and hours < 0:
        raise HoursNegative(f"{hours} hours")
