"""Formation-action of a structure: training periods and action periods in turn. It tells of no person.

Lahso's essaimage: a training period is followed by an action period that puts what was taught to work, and the next
training period starts from its feedback.
"""

from dataclasses import field
from datetime import date
from typing import TypeVar
from uuid import UUID, uuid5

from services.training.domain.periods import (
    ActionPeriod,
    ActionWithoutTraining,
    Feedback,
    NotTheLastPeriod,
    Period,
    TrainingPeriod,
    TwoActionPeriods,
    TwoTrainingPeriods,
    check_periods,
)
from shared.kernel.event_store import Aggregate
from shared.kernel.facts import DayEvent, FactEvent, Facts
from shared.language.rules import AlreadyRecorded, UnknownFact, not_after

_FORMATIONS = UUID("8d2b7c52-7a0e-5c1f-9a64-51c0f6d1b3aa")

P = TypeVar("P", TrainingPeriod, ActionPeriod)


class FormationAction(Aggregate):
    """The formation-action of one structure, its periods in the order in which they followed each other."""

    TOPIC = "training.formation-action"

    class TrainingPeriodRecorded(FactEvent):
        TOPIC = "training.training-period-recorded"
        key: UUID
        fact: TrainingPeriod

    class TrainingPeriodCorrected(FactEvent):
        TOPIC = "training.training-period-corrected"
        key: UUID
        fact: TrainingPeriod

    class ActionPeriodRecorded(FactEvent):
        TOPIC = "training.action-period-recorded"
        key: UUID
        fact: ActionPeriod

    class ActionPeriodCorrected(FactEvent):
        TOPIC = "training.action-period-corrected"
        key: UUID
        fact: ActionPeriod

    periods = Facts[Period](
        Period,  # type: ignore[arg-type]  # of either type
        None,
        TrainingPeriodRecorded,
        TrainingPeriodCorrected,
        ActionPeriodRecorded,
        ActionPeriodCorrected,
        bare=True,
    )
    feedbacks = Facts(
        Feedback, None, "training.action-feedback-recorded", "training.action-feedback-corrected", bare=True
    )
    annulled: list[UUID] = field(default_factory=list)

    class FormationPeriodAnnulled(DayEvent):
        TOPIC = "training.formation-period-annulled"
        key: UUID

        def apply(self, formation: "FormationAction") -> None:
            vars(formation)["periods"].pop(self.key, None)
            vars(formation)["feedbacks"].pop(self.key, None)
            formation.annulled.append(self.key)

    def record_training(self, key: UUID, period: TrainingPeriod, today: date) -> None:
        if self._is_new(key, period):
            if isinstance(self._last(), TrainingPeriod):
                raise TwoTrainingPeriods("the last period is one of training: an action period comes next")
            check_periods({**self.periods, key: period}, self.feedbacks, today)
            self.periods.tell("TrainingPeriodRecorded", key, period)

    def record_action(self, key: UUID, period: ActionPeriod, today: date) -> None:
        if self._is_new(key, period):
            if not self.periods:
                raise ActionWithoutTraining("no training period is recorded")
            if isinstance(self._last(), ActionPeriod):
                raise TwoActionPeriods("the last period is one of action: a training period comes next")
            check_periods({**self.periods, key: period}, self.feedbacks, today)
            self.periods.tell("ActionPeriodRecorded", key, period)

    def correct_training(self, key: UUID, period: TrainingPeriod, today: date) -> None:
        if self._period(TrainingPeriod, key) != period:
            check_periods({**self.periods, key: period}, self.feedbacks, today)
            self.periods.tell("TrainingPeriodCorrected", key, period)

    def correct_action(self, key: UUID, period: ActionPeriod, today: date) -> None:
        if self._period(ActionPeriod, key) != period:
            check_periods({**self.periods, key: period}, self.feedbacks, today)
            self.periods.tell("ActionPeriodCorrected", key, period)

    def record_feedback(self, key: UUID, feedback: Feedback, today: date) -> None:
        self._period(ActionPeriod, key)
        stood = self.feedbacks.get(key)
        if stood is None:
            check_periods(self.periods, {**self.feedbacks, key: feedback}, today)
            self.feedbacks.record(key, feedback)
        elif stood != feedback:
            raise AlreadyRecorded(f"the feedback of period {key} is recorded with other content; correct it")

    def correct_feedback(self, key: UUID, feedback: Feedback, today: date) -> None:
        if key not in self.feedbacks:
            raise UnknownFact(f"no feedback is recorded of a period {key}")
        if self.feedbacks[key] != feedback:
            check_periods(self.periods, {**self.feedbacks, key: feedback}, today)
            self.feedbacks.correct(key, feedback)

    def annul(self, key: UUID, on: date, today: date) -> None:
        """Takes the last period back, with its feedback: it did not take place."""
        if key not in self.annulled:
            not_after(today, "annulled", on)
            if key not in self.periods:
                raise UnknownFact(f"no period is recorded under {key}")
            if key != list(self.periods)[-1]:
                raise NotTheLastPeriod("another period follows this one")
            self.trigger_event(self.FormationPeriodAnnulled, key=key, fact=on)

    def _is_new(self, key: UUID, period: Period) -> bool:
        if key in self.annulled or self.periods.get(key, period) != period:
            raise AlreadyRecorded(
                f"{key} is recorded with other content, or annulled; correct it, or choose another id"
            )
        return key not in self.periods

    def _last(self) -> Period | None:
        return list(self.periods.values())[-1] if self.periods else None

    def _period(self, kind: type[P], key: UUID) -> P:
        period = self.periods.get(key)
        if not isinstance(period, kind):
            raise UnknownFact(f"no such period is recorded under {key}")
        return period


def formation_id(structure: str) -> UUID:
    """Names the aggregate of a structure's formation-action, by its code."""
    return uuid5(_FORMATIONS, structure)
