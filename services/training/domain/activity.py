"""An activity that somebody took part in, as the catalogue counts it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.language.codes import ActivityKind, ActivityStatus
from shared.language.days import Day
from shared.language.rules import RuleBroken
from shared.language.rules.training import EndBeforeStart, HoursNegative


class ActivityFollows(RuleBroken):
    """An activity that follows from an attendance, a placement or a support action is corrected there."""


@dataclass(frozen=True)
class Activity:
    """Hours are the hours attended; null for a no-show."""

    kind: ActivityKind
    started_on: Day
    ended_on: Day
    status: ActivityStatus
    hours: Decimal | None = None

    @property
    def happened_on(self) -> date:
        return self.started_on


def must_end_after_start(start: date, end: date) -> None:
    if end < start:
        raise EndBeforeStart(f"ended on {end}, started on {start}")


def must_not_be_negative(hours: Decimal | None) -> None:
    if hours is not None and hours < 0:
        raise HoursNegative(f"{hours} hours")
