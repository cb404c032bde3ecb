"""Periods of a formation-action and their feedback: facts and rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from shared.language.codes import InClear
from shared.language.rules import RuleBroken, not_after
from shared.language.rules.training import EndBeforeStart

Title = Annotated[str, InClear("title within a formation-action")]


class TwoTrainingPeriods(RuleBroken):
    """A training period is followed by an action period."""


class TwoActionPeriods(RuleBroken):
    """An action period is followed by a training period."""


class ActionWithoutTraining(RuleBroken):
    """The first period is one of training: an action period puts to work what was taught before."""


class PeriodsOverlap(RuleBroken):
    """A period starts on or after the last day of the one before."""


class NothingTaught(RuleBroken):
    """A training period teaches something."""


class CommitmentOfNothingTaught(RuleBroken):
    """A commitment names what was taught in the training period before it."""


class NothingFedBack(RuleBroken):
    """A feedback says something."""


class FeedbackTooEarly(RuleBroken):
    """The feedback of an action period is given on or after its start."""


class FeedbackNeeded(RuleBroken):
    """The next training period starts from a point of the feedback that the action period before it gave by then."""


class NotOfFeedback(RuleBroken):
    """A training period starts from what the action period before it fed back; the first one starts from nothing."""


class KeptWithoutCommitment(RuleBroken):
    """What was kept is a commitment of the action period."""


class NamedTwice(RuleBroken):
    """Each thing taught, each commitment and each point of a feedback is named once in its period."""


class CountNegative(RuleBroken):
    """Participants are counted: zero or more."""


class NotTheLastPeriod(RuleBroken):
    """Only the last period is annulled: the others follow from the ones before them."""


@dataclass(frozen=True)
class TrainingPeriod:
    """`ended_on` may be planned. `from_feedback`: the point that it starts from; null in the first.

    `participants`: how many people of the structure took part; null: not counted yet.
    """

    started_on: date
    ended_on: date
    taught: tuple[Title, ...]
    from_feedback: Title | None = None
    participants: int | None = None

    @property
    def happened_on(self) -> date:
        return self.started_on


@dataclass(frozen=True)
class Commitment:
    """What the structure commits itself to, and what was taught that it puts to work."""

    taught: Title
    commitment: Title


@dataclass(frozen=True)
class ActionPeriod:
    """`ended_on` may be planned."""

    started_on: date
    ended_on: date
    commitments: tuple[Commitment, ...]

    @property
    def happened_on(self) -> date:
        return self.started_on


@dataclass(frozen=True)
class Feedback:
    """What came of an action period. `kept`: those of its commitments that were kept."""

    on: date
    points: tuple[Title, ...]
    kept: tuple[Title, ...] = ()

    @property
    def happened_on(self) -> date:
        return self.on


Period = TrainingPeriod | ActionPeriod


def check_periods(periods: Mapping[UUID, Period], feedbacks: Mapping[UUID, Feedback], today: date) -> None:
    """Raises what the whole would break: a correction may not take away what a later period rests on."""
    before: Period | None = None
    told: Feedback | None = None
    for key, period in periods.items():
        not_after(today, "started", period.started_on)
        if period.ended_on < period.started_on:
            raise EndBeforeStart(f"ended on {period.ended_on}, started on {period.started_on}")
        if before is not None and period.started_on < before.ended_on:
            raise PeriodsOverlap(f"started on {period.started_on}, the period before ends on {before.ended_on}")
        feedback = feedbacks.get(key)
        match period, before:
            case TrainingPeriod(), _:
                _check_training(period, told, first=before is None)
            case ActionPeriod(), TrainingPeriod():
                _check_action(period, before)
                if feedback is not None:
                    _check_feedback(feedback, period, today)
        before, told = period, feedback


def _check_training(period: TrainingPeriod, told: Feedback | None, *, first: bool) -> None:
    if not period.taught:
        raise NothingTaught("nothing taught is named")
    _must_be_named_once(period.taught)
    if period.participants is not None and period.participants < 0:
        raise CountNegative(f"{period.participants} participants")
    if first:
        if period.from_feedback is not None:
            raise NotOfFeedback("there is no action period before the first training period")
    elif told is None or period.from_feedback is None or period.started_on < told.on:
        raise FeedbackNeeded("the action period before gave no feedback by then, or none of its points is named")
    elif period.from_feedback not in told.points:
        raise NotOfFeedback(f"“{period.from_feedback}” is no point of the feedback of the action period before")


def _check_action(period: ActionPeriod, before: TrainingPeriod) -> None:
    _must_be_named_once([one.commitment for one in period.commitments])
    for one in period.commitments:
        if one.taught not in before.taught:
            raise CommitmentOfNothingTaught(f"“{one.taught}” was not taught in the training period before")


def _check_feedback(feedback: Feedback, period: ActionPeriod, today: date) -> None:
    not_after(today, "feedback", feedback.on)
    if feedback.on < period.started_on:
        raise FeedbackTooEarly(f"feedback on {feedback.on}, the period started on {period.started_on}")
    if not feedback.points:
        raise NothingFedBack("no point is named")
    _must_be_named_once(feedback.points)
    _must_be_named_once(feedback.kept)
    commitments = {one.commitment for one in period.commitments}
    for kept in feedback.kept:
        if kept not in commitments:
            raise KeptWithoutCommitment(f"“{kept}” is no commitment of the period")


def _must_be_named_once(titles: Sequence[str]) -> None:
    if len(set(titles)) < len(titles):
        raise NamedTwice("the same is named twice")
