"""What an activity must be."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Protocol

from shared.language.codes import MOST_HOURS, ActivityStatus
from shared.language.rules import RuleBroken, not_to_come


class EndBeforeStart(RuleBroken):
    """What has a start and an end ends on or after its start."""


class HoursNeeded(RuleBroken):
    """Hours are given unless the person did not come."""


class HoursNegative(RuleBroken):
    """Hours are zero or more."""


class Attended(Protocol):
    """An activity, or a row of an import that tells of one."""

    @property
    def started_on(self) -> date: ...
    @property
    def ended_on(self) -> date: ...
    @property
    def status(self) -> ActivityStatus: ...
    @property
    def hours(self) -> Decimal | None: ...


def of_activity(activity: Attended, today: date) -> Iterator[RuleBroken]:
    """Completed, partial or missed: whatever its status, an activity has taken place."""
    start, end, hours = activity.started_on, activity.ended_on, activity.hours
    yield from not_to_come(today, {"started_on": start, "ended_on": end})
    if end < start:
        yield EndBeforeStart(f"{end} is before started_on {start}", "ended_on")
    if hours is None:
        if activity.status is not ActivityStatus.NO_SHOW:
            reason = f"required, as the status is {activity.status}: only a no_show may leave it empty"
            yield HoursNeeded(reason, "hours")
    elif not (hours.is_finite() and 0 <= hours <= MOST_HOURS):
        yield HoursNegative(f"{hours} is not between 0 and {MOST_HOURS}", "hours")
