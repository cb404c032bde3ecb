"""The rules of formation-action: training and action in turn, commitments of what was taught, feedback."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.training.domain import ActionPeriod, Commitment, Feedback, FormationAction, TrainingPeriod
from services.training.domain.periods import (
    ActionWithoutTraining,
    CommitmentOfNothingTaught,
    CountNegative,
    FeedbackNeeded,
    FeedbackTooEarly,
    KeptWithoutCommitment,
    NamedTwice,
    NothingFedBack,
    NothingTaught,
    NotOfFeedback,
    NotTheLastPeriod,
    PeriodsOverlap,
    TwoActionPeriods,
    TwoTrainingPeriods,
)
from shared.language.rules import AlreadyRecorded, InTheFuture, RuleBroken, UnknownFact
from shared.language.rules.training import EndBeforeStart
from tests.sentences import Told, given, told

TODAY, LATER = date(2025, 6, 30), date(2025, 7, 1)
FIRST, SECOND, THIRD, FOURTH = (UUID(int=n) for n in (1, 2, 3, 4))
WELCOME, BILAN = "Accueillir sans condition", "Mener un bilan"
OPEN_DOOR, NO_ROOM = "Tenir une porte ouverte", "Trop peu de place"

TRAINING = TrainingPeriod(date(2025, 1, 6), date(2025, 1, 10), (WELCOME, BILAN))
ACTION = ActionPeriod(date(2025, 1, 13), date(2025, 3, 14), (Commitment(WELCOME, OPEN_DOOR),))
FEEDBACK = Feedback(date(2025, 3, 17), (NO_ROOM, "Bon accueil"), (OPEN_DOOR,))
NEXT = TrainingPeriod(date(2025, 3, 24), date(2025, 3, 28), ("Réorganiser les lieux",), NO_ROOM, 6)

TRAINED = told(FormationAction.TrainingPeriodRecorded, TRAINING, key=FIRST)
ACTED = told(FormationAction.ActionPeriodRecorded, ACTION, key=SECOND)
TOLD_BACK = told(FormationAction.ActionFeedbackRecorded, FEEDBACK, key=SECOND)
TRAINED_AGAIN = told(FormationAction.TrainingPeriodRecorded, NEXT, key=THIRD)
ROUND = (TRAINED, ACTED, TOLD_BACK, TRAINED_AGAIN)

Ask = Callable[[FormationAction], object]


def train(period: TrainingPeriod, key: UUID = FIRST) -> Ask:
    return lambda file: file.record_training(key, period, TODAY)


def act(period: ActionPeriod = ACTION, key: UUID = SECOND) -> Ask:
    return lambda file: file.record_action(key, period, TODAY)


def feed_back(feedback: Feedback = FEEDBACK, key: UUID = SECOND) -> Ask:
    return lambda file: file.record_feedback(key, feedback, TODAY)


# In turn


def test_training_action_feedback_and_training_follow_each_other() -> None:
    assert given(FormationAction).when(train(TRAINING)).then(TRAINED).happened_on == date(2025, 1, 6)
    assert given(FormationAction, TRAINED).when(act()).then(ACTED).happened_on == date(2025, 1, 13)
    assert given(FormationAction, TRAINED, ACTED).when(feed_back()).then(TOLD_BACK).happened_on == date(2025, 3, 17)
    given(FormationAction, TRAINED, ACTED, TOLD_BACK).when(train(NEXT, THIRD)).then(TRAINED_AGAIN)


def test_asking_twice_is_no_news() -> None:
    for ask in (train(TRAINING), act(), feed_back(), train(NEXT, THIRD)):
        given(FormationAction, *ROUND).when(ask).then_nothing()
    given(FormationAction, *ROUND).when(train(replace(TRAINING, participants=2))).then_refused(AlreadyRecorded)
    given(FormationAction, *ROUND).when(act(replace(ACTION, commitments=()))).then_refused(AlreadyRecorded)
    given(FormationAction, *ROUND).when(act(key=FIRST)).then_refused(AlreadyRecorded)
    given(FormationAction, *ROUND).when(feed_back(replace(FEEDBACK, kept=()))).then_refused(AlreadyRecorded)


def test_two_periods_of_a_kind_do_not_follow_each_other() -> None:
    given(FormationAction, TRAINED).when(train(NEXT, THIRD)).then_refused(TwoTrainingPeriods)
    given(FormationAction, TRAINED, ACTED, TOLD_BACK).when(act(key=THIRD)).then_refused(TwoActionPeriods)
    given(FormationAction).when(act()).then_refused(ActionWithoutTraining)


def test_the_next_training_starts_from_feedback_that_was_given_before() -> None:
    given(FormationAction, TRAINED, ACTED).when(train(NEXT, THIRD)).then_refused(FeedbackNeeded)
    told_back = given(FormationAction, TRAINED, ACTED, TOLD_BACK)
    told_back.when(train(replace(NEXT, from_feedback=None), THIRD)).then_refused(FeedbackNeeded)
    told_back.when(train(replace(NEXT, started_on=date(2025, 3, 16)), THIRD)).then_refused(FeedbackNeeded)
    told_back.when(train(replace(NEXT, from_feedback="Autre chose"), THIRD)).then_refused(NotOfFeedback)
    given(FormationAction).when(train(replace(TRAINING, from_feedback=NO_ROOM))).then_refused(NotOfFeedback)


def test_a_commitment_names_what_was_taught_just_before() -> None:
    action = replace(ACTION, commitments=(Commitment("Autre chose", OPEN_DOOR),))
    given(FormationAction, TRAINED).when(act(action)).then_refused(CommitmentOfNothingTaught)
    of_the_first = ActionPeriod(date(2025, 4, 1), TODAY, (Commitment(WELCOME, "Agrandir"),))
    given(FormationAction, *ROUND).when(act(of_the_first, FOURTH)).then_refused(CommitmentOfNothingTaught)


# What a period is


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"started_on": LATER, "ended_on": LATER}, InTheFuture),
        ({"ended_on": date(2025, 1, 5)}, EndBeforeStart),
        ({"taught": ()}, NothingTaught),
        ({"taught": (WELCOME, WELCOME)}, NamedTwice),
        ({"participants": -1}, CountNegative),
    ],
    ids=str,
)
def test_a_training_period_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    period = replace(TRAINING, **change)
    given(FormationAction).when(train(period)).then_refused(rule)
    given(FormationAction, TRAINED).when(lambda f: f.correct_training(FIRST, period, TODAY)).then_refused(rule)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"started_on": LATER, "ended_on": LATER}, InTheFuture),
        ({"ended_on": date(2025, 1, 12)}, EndBeforeStart),
        ({"started_on": date(2025, 1, 9)}, PeriodsOverlap),
        ({"commitments": (Commitment(WELCOME, OPEN_DOOR), Commitment(BILAN, OPEN_DOOR))}, NamedTwice),
    ],
    ids=str,
)
def test_an_action_period_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    period = replace(ACTION, **change)
    given(FormationAction, TRAINED).when(act(period)).then_refused(rule)
    given(FormationAction, TRAINED, ACTED).when(lambda f: f.correct_action(SECOND, period, TODAY)).then_refused(rule)


def test_an_end_may_be_planned_and_a_day_be_shared() -> None:
    planned = replace(ACTION, started_on=TRAINING.ended_on, ended_on=date(9999, 12, 31), commitments=())
    given(FormationAction, TRAINED).when(act(planned)).then(
        told(FormationAction.ActionPeriodRecorded, planned, key=SECOND)
    )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"on": LATER}, InTheFuture),
        ({"on": date(2025, 1, 12)}, FeedbackTooEarly),
        ({"points": ()}, NothingFedBack),
        ({"points": (NO_ROOM, NO_ROOM)}, NamedTwice),
        ({"kept": (OPEN_DOOR, OPEN_DOOR)}, NamedTwice),
        ({"kept": ("Autre chose",)}, KeptWithoutCommitment),
    ],
    ids=str,
)
def test_a_feedback_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    feedback = replace(FEEDBACK, **change)
    given(FormationAction, TRAINED, ACTED).when(feed_back(feedback)).then_refused(rule)
    corrected = given(FormationAction, TRAINED, ACTED, TOLD_BACK)
    corrected.when(lambda f: f.correct_feedback(SECOND, feedback, TODAY)).then_refused(rule)


def test_a_feedback_is_of_an_action_period() -> None:
    given(FormationAction, TRAINED).when(feed_back(key=FIRST)).then_refused(UnknownFact)
    given(FormationAction, TRAINED).when(feed_back(key=SECOND)).then_refused(UnknownFact)


# Corrections and annulment


def test_a_correction_carries_the_whole_period() -> None:
    longer = replace(TRAINING, ended_on=date(2025, 1, 13), participants=5)
    given(FormationAction, *ROUND).when(lambda f: f.correct_training(FIRST, longer, TODAY)).then(
        told(FormationAction.TrainingPeriodCorrected, longer, key=FIRST)
    )
    more = replace(ACTION, commitments=(*ACTION.commitments, Commitment(BILAN, "Dix bilans")))
    given(FormationAction, *ROUND).when(lambda f: f.correct_action(SECOND, more, TODAY)).then(
        told(FormationAction.ActionPeriodCorrected, more, key=SECOND)
    )
    less = replace(FEEDBACK, points=(NO_ROOM,), kept=())
    given(FormationAction, *ROUND).when(lambda f: f.correct_feedback(SECOND, less, TODAY)).then(
        told(FormationAction.ActionFeedbackCorrected, less, key=SECOND)
    )


def test_correcting_to_what_stands_is_no_news() -> None:
    given(FormationAction, *ROUND).when(lambda f: f.correct_training(FIRST, TRAINING, TODAY)).then_nothing()
    given(FormationAction, *ROUND).when(lambda f: f.correct_action(SECOND, ACTION, TODAY)).then_nothing()
    given(FormationAction, *ROUND).when(lambda f: f.correct_feedback(SECOND, FEEDBACK, TODAY)).then_nothing()


def test_a_correction_leaves_what_later_periods_rest_on() -> None:
    for ask, rule in (
        (lambda f: f.correct_training(FIRST, replace(TRAINING, taught=(BILAN,)), TODAY), CommitmentOfNothingTaught),
        (lambda f: f.correct_training(FIRST, replace(TRAINING, ended_on=date(2025, 1, 14)), TODAY), PeriodsOverlap),
        (lambda f: f.correct_action(SECOND, replace(ACTION, commitments=()), TODAY), KeptWithoutCommitment),
        (lambda f: f.correct_feedback(SECOND, replace(FEEDBACK, points=("Rien",)), TODAY), NotOfFeedback),
        (lambda f: f.correct_feedback(SECOND, replace(FEEDBACK, on=date(2025, 3, 25)), TODAY), FeedbackNeeded),
    ):
        given(FormationAction, *ROUND).when(ask).then_refused(rule)


def test_what_is_not_recorded_as_such_is_not_corrected() -> None:
    given(FormationAction, *ROUND).when(lambda f: f.correct_training(SECOND, TRAINING, TODAY)).then_refused(UnknownFact)
    given(FormationAction, *ROUND).when(lambda f: f.correct_action(FOURTH, ACTION, TODAY)).then_refused(UnknownFact)
    given(FormationAction, TRAINED, ACTED).when(lambda f: f.correct_feedback(SECOND, FEEDBACK, TODAY)).then_refused(
        UnknownFact
    )


def annul(key: UUID, on: date = TODAY) -> Ask:
    return lambda file: file.annul(key, on, TODAY)


def annulled(key: UUID) -> Told:
    return told(FormationAction.FormationPeriodAnnulled, TODAY, key=key)


def test_the_last_period_alone_is_annulled() -> None:
    assert given(FormationAction, *ROUND).when(annul(THIRD)).then(annulled(THIRD)).happened_on == TODAY
    given(FormationAction, *ROUND, annulled(THIRD)).when(annul(SECOND)).then(annulled(SECOND))
    given(FormationAction, *ROUND).when(annul(SECOND)).then_refused(NotTheLastPeriod)
    given(FormationAction, *ROUND).when(annul(FOURTH)).then_refused(UnknownFact)
    given(FormationAction, *ROUND).when(annul(THIRD, LATER)).then_refused(InTheFuture)


def test_an_annulled_period_is_as_if_it_had_not_been() -> None:
    gone = (*ROUND, annulled(THIRD))
    given(FormationAction, *gone).when(annul(THIRD)).then_nothing()
    given(FormationAction, *gone).when(train(NEXT, THIRD)).then_refused(AlreadyRecorded)
    again = told(FormationAction.TrainingPeriodRecorded, NEXT, key=FOURTH)
    given(FormationAction, *gone).when(train(NEXT, FOURTH)).then(again)
    # Its feedback is gone with it.
    action = told(FormationAction.ActionPeriodRecorded, ACTION, key=FOURTH)
    without = (*gone, annulled(SECOND))
    given(FormationAction, *without).when(act(key=FOURTH)).then(action)
    given(FormationAction, *without, action).when(train(NEXT, UUID(int=5))).then_refused(FeedbackNeeded)
