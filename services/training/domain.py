"""What an activity is, and what is refused."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from eventsourcing.domain import event

from shared.codes import ActivityKind, ActivityStatus
from shared.disagreement import FactId
from shared.event_store import Aggregate, Known
from shared.rules import RuleBroken, differs, is_new, not_after


class EndBeforeStart(RuleBroken):
    """An activity's end is on or after its start."""


class HoursNeeded(RuleBroken):
    """Hours are given unless the person did not come."""


class HoursNegative(RuleBroken):
    """Hours are zero or more."""


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


class ActivityFile(Aggregate):
    """All activities of one pathway."""

    TOPIC = "training.file"
    activities: dict[UUID, Known[Activity]] = field(default_factory=dict)

    class Recorded(Aggregate.Event):
        TOPIC = "training.activity-recorded"
        key: UUID
        fact: Activity
        imported: Activity | None

    class Corrected(Aggregate.Event):
        TOPIC = "training.activity-corrected"
        key: UUID
        fact: Activity
        imported: Activity | None

    def record(self, key: UUID, activity: Activity, today: date) -> None:
        if is_new(self.activities, key, activity):
            _check(activity, today)
            self._recorded(key, activity, None)

    def correct(self, key: UUID, activity: Activity, today: date) -> None:
        if differs(self.activities, key, activity):
            _check(activity, today)
            self._corrected(key, activity, None)

    def take_activity(self, key: UUID, fact: Activity, imported: Activity) -> None:
        """What an import says, after its whole context was checked."""
        (self._corrected if key in self.activities else self._recorded)(key, fact, imported)

    @event(Recorded)
    def _recorded(self, key: UUID, fact: Activity, imported: Activity | None) -> None:
        self.activities[key] = Known(fact, imported)

    @event(Corrected)
    def _corrected(self, key: UUID, fact: Activity, imported: Activity | None) -> None:
        self.activities[key] = Known.now(self.activities.get(key), fact, imported)


def _check(activity: Activity, today: date) -> None:
    not_after(today, "started", activity.started_on)
    not_after(today, "ended", activity.ended_on)
    if activity.ended_on < activity.started_on:
        raise EndBeforeStart(f"ended on {activity.ended_on}, started on {activity.started_on}")
    if activity.hours is None and activity.status is not ActivityStatus.NO_SHOW:
        raise HoursNeeded(f"a {activity.status} activity has hours")
    if activity.hours is not None and activity.hours < 0:
        raise HoursNegative(f"{activity.hours} hours")


def fact_of(event: Aggregate.Event) -> FactId | None:
    """Which fact an event tells of, as a disagreement names it."""
    match event:
        case ActivityFile.Recorded(key=key) | ActivityFile.Corrected(key=key):
            return activity_fact(key)
    return None


def activity_fact(activity: UUID) -> FactId:
    return FactId("activity", str(activity))
