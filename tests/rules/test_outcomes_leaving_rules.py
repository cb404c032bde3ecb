"""The rules of why one leaves, of versions of the exit's rule, of attempts, and of leaving anew, a sentence each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from eventsourcing.domain import Snapshot
from eventsourcing.persistence import StoredEvent

from services.outcomes import application
from services.outcomes.domain import Attempt, DeathIsItsOwnReason, Exit, OutcomeFile, exit_rule
from shared.language.codes import ContactMeans, Contract, ExitClass, ExitReason, FollowUpMonth, Situation
from shared.language.history import Dossier, ExitRow, FollowUpRow, PathwayRow
from shared.language.rules import AlreadyRecorded, InTheFuture, RuleBroken, UnknownFact
from shared.language.rules.outcomes import FollowUpBeforeExit, FollowUpWithoutExit
from shared.language.sealed import Sealed
from tests.rules.test_outcomes_rules import (
    ASKED,
    HIRED,
    IN_WORK,
    LEFT,
    NO_ANSWER,
    ONE_DAY,
    STARTED,
    TODAY,
    TOMORROW,
    UNEMPLOYED,
    correct_exit,
    correct_follow_up,
    exit_corrected,
    exited,
    follow_up,
    followed_up,
    leave,
    reopened,
)
from tests.sentences import MAPPER, Told, given, told

KEY = UUID(int=1)

# --- why --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [None, *(reason for reason in ExitReason if reason is not ExitReason.DECEASED)])
def test_one_leaves_for_a_reason_that_is_not_the_situation(reason: ExitReason | None) -> None:
    exit = replace(HIRED, reason=reason)
    given(OutcomeFile).when(leave(exit)).then(exited(exit, ExitClass.DURABLE))


def test_the_reason_says_nothing_of_the_class() -> None:
    exit = replace(UNEMPLOYED, reason=ExitReason.AIM_REACHED)
    given(OutcomeFile).when(leave(exit)).then(exited(exit, ExitClass.OTHER))


def test_who_died_left_for_no_other_reason_and_nobody_else_did() -> None:
    dead = Exit(LEFT, Situation.DECEASED, reason=ExitReason.DECEASED)
    for exit in (dead, replace(dead, reason=None)):
        given(OutcomeFile).when(leave(exit)).then(exited(exit, ExitClass.NEUTRALISED))
    for wrong in (replace(dead, reason=ExitReason.MOVED), replace(dead, situation=Situation.UNKNOWN)):
        given(OutcomeFile).when(leave(wrong)).then_refused(DeathIsItsOwnReason)
        given(OutcomeFile, exited(UNEMPLOYED)).when(correct_exit(wrong)).then_refused(DeathIsItsOwnReason)


def test_a_reason_is_corrected_like_the_rest_of_the_exit() -> None:
    known = replace(UNEMPLOYED, reason=ExitReason.END_OF_STAY)
    given(OutcomeFile, exited(UNEMPLOYED)).when(leave(known)).then_refused(AlreadyRecorded)
    given(OutcomeFile, exited(UNEMPLOYED)).when(correct_exit(known)).then(exit_corrected(known))
    given(OutcomeFile, exited(known)).when(leave(known)).then_nothing()


def test_an_exit_of_before_there_were_reasons_has_none() -> None:
    state = {"fact": {"exited_on": "2019-05-02", "situation": "unemployed"}, "imported": None}
    state |= {"exit_class": "other", "uncertain": False, "rule": "exit-1"}
    event = MAPPER.to_domain_event(StoredEvent(UUID(int=7), 1, "outcomes.support-exited", orjson.dumps(state)))
    assert event.fact == Exit(date(2019, 5, 2), Situation.UNEMPLOYED)


# --- imports ------------------------------------------------------------------------------------------------

ROW = ExitRow(LEFT, Situation.UNEMPLOYED)


def brought(exit: ExitRow, *followups: FollowUpRow) -> Callable[[OutcomeFile], object]:
    request = PathwayRow("s01", UUID(int=2), STARTED, started_on=STARTED)
    return lambda file: application._take(file, Dossier(file.id, request, exit=exit, followups=followups))


def imported(
    exit: Exit, said: Exit, event: type = OutcomeFile.SupportExited, exit_class: ExitClass = ExitClass.OTHER
) -> Told:
    return told(event, exit, imported=said, exit_class=exit_class, uncertain=False, rule="exit-1")


def test_an_import_brought_again_keeps_the_reason_that_was_recorded_by_hand() -> None:
    known = replace(UNEMPLOYED, reason=ExitReason.LOST_FROM_SIGHT)
    stood = imported(UNEMPLOYED, UNEMPLOYED), exit_corrected(known)
    given(OutcomeFile, *stood).when(brought(ROW)).then_nothing()
    moved = replace(known, situation=Situation.MOVED)
    given(OutcomeFile, *stood).when(brought(replace(ROW, situation=Situation.MOVED))).then(
        imported(moved, replace(moved, reason=None), OutcomeFile.ExitCorrected, ExitClass.NEUTRALISED)
    )
    given(OutcomeFile, exited(known)).when(brought(ROW)).then(imported(known, UNEMPLOYED, OutcomeFile.ExitCorrected))


def test_an_import_that_tells_of_a_death_or_takes_one_back_leaves_no_reason_that_says_otherwise() -> None:
    dead = replace(UNEMPLOYED, situation=Situation.DECEASED)
    stood = imported(UNEMPLOYED, UNEMPLOYED), exit_corrected(replace(UNEMPLOYED, reason=ExitReason.MOVED))
    given(OutcomeFile, *stood).when(brought(replace(ROW, situation=Situation.DECEASED))).then(
        imported(dead, dead, OutcomeFile.ExitCorrected, ExitClass.NEUTRALISED)
    )
    known = replace(dead, reason=ExitReason.DECEASED)
    stood = imported(dead, dead, exit_class=ExitClass.NEUTRALISED), exit_corrected(known, ExitClass.NEUTRALISED)
    given(OutcomeFile, *stood).when(brought(ROW)).then(imported(UNEMPLOYED, UNEMPLOYED, OutcomeFile.ExitCorrected))


@pytest.mark.parametrize("reason", [None, ExitReason.LOST_FROM_SIGHT])
def test_an_import_of_an_exit_that_was_annulled_leaves_it_annulled(reason: ExitReason | None) -> None:
    known = replace(UNEMPLOYED, reason=reason)
    given(OutcomeFile, exited(known), reopened()).when(brought(ROW)).then_nothing()
    given(OutcomeFile, imported(UNEMPLOYED, UNEMPLOYED), reopened()).when(brought(ROW)).then_nothing()
    given(OutcomeFile, imported(UNEMPLOYED, UNEMPLOYED), exit_corrected(known), reopened()).when(
        brought(ROW)
    ).then_nothing()
    given(OutcomeFile, imported(UNEMPLOYED, UNEMPLOYED), reopened()).when(
        lambda file: file.take_exit(UNEMPLOYED, UNEMPLOYED)
    ).then_nothing()


def test_an_import_that_says_something_else_of_it_makes_it_stand() -> None:
    inactive = replace(UNEMPLOYED, situation=Situation.INACTIVE)
    for stood in (exited(UNEMPLOYED), imported(UNEMPLOYED, UNEMPLOYED)):
        answered = given(OutcomeFile, stood, reopened()).when(brought(replace(ROW, situation=Situation.INACTIVE)))
        answered.then(imported(inactive, inactive, OutcomeFile.ExitCorrected))


# --- another version of the rule ----------------------------------------------------------------------------


@pytest.fixture
def a_second_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """exit-2 counts every job as durable."""

    def exit_2(situation: Situation, *contract: Any) -> tuple[ExitClass, bool]:
        if situation is Situation.EMPLOYMENT:
            return ExitClass.DURABLE, False
        return exit_rule.exit_1(situation, *contract)

    monkeypatch.setitem(exit_rule.VERSIONS, "exit-2", exit_2)


SHORT = replace(HIRED, contract_end=HIRED.contract_start)


@pytest.mark.usefixtures("a_second_version")
def test_a_rule_put_in_force_classes_what_is_recorded_from_then_on() -> None:
    event = given(OutcomeFile).when(leave(SHORT)).then(exited(SHORT, ExitClass.DURABLE, rule="exit-2"))
    assert event.rule_version == "exit-2"


@pytest.mark.usefixtures("a_second_version")
def test_a_rule_put_in_force_rewrites_no_history() -> None:
    earlier = exited(SHORT, ExitClass.TRANSITION)
    given(OutcomeFile, earlier).when(leave(SHORT)).then_nothing()
    given(OutcomeFile, earlier).when(correct_exit(SHORT)).then_nothing()
    given(OutcomeFile, imported(SHORT, SHORT, exit_class=ExitClass.TRANSITION)).when(
        brought(ExitRow(LEFT, Situation.EMPLOYMENT, Contract.CDD, SHORT.contract_start, SHORT.contract_end))
    ).then_nothing()


@pytest.mark.usefixtures("a_second_version")
def test_a_correction_is_classed_by_the_rule_now_in_force() -> None:
    known = replace(SHORT, reason=ExitReason.AIM_REACHED)
    answered = given(OutcomeFile, exited(SHORT, ExitClass.TRANSITION)).when(correct_exit(known))
    answered.then(told(OutcomeFile.ExitCorrected, known, exit_class=ExitClass.DURABLE, uncertain=False, rule="exit-2"))


def test_the_versions_of_the_rule_are_kept() -> None:
    assert list(exit_rule.VERSIONS) == ["exit-1"]


# --- leaving anew -------------------------------------------------------------------------------------------

BACK, AWAY_AGAIN = date(2025, 5, 5), date(2025, 6, 2)
ANEW = replace(UNEMPLOYED, exited_on=AWAY_AGAIN)
LEFT_ANEW = exited(UNEMPLOYED), followed_up(NO_ANSWER), reopened(BACK), exited(ANEW)


@pytest.mark.parametrize("on", [BACK, AWAY_AGAIN])
def test_who_came_back_leaves_anew_whatever_was_asked_after_the_exit_that_was_annulled(on: date) -> None:
    exit = replace(UNEMPLOYED, exited_on=on)
    given(OutcomeFile, *LEFT_ANEW[:3]).when(leave(exit)).then(exited(exit))


def test_before_they_came_back_what_was_asked_binds() -> None:
    exit = replace(UNEMPLOYED, exited_on=BACK - ONE_DAY)
    assert exit.exited_on > ASKED
    given(OutcomeFile, *LEFT_ANEW[:3]).when(leave(exit)).then_refused(FollowUpBeforeExit)
    same_day = replace(UNEMPLOYED, exited_on=ASKED)
    given(OutcomeFile, *LEFT_ANEW[:3]).when(leave(same_day)).then(exited(same_day))


def test_a_month_that_was_answered_before_is_answered_again_after_the_new_exit() -> None:
    again = replace(IN_WORK, asked_on=TODAY)
    given(OutcomeFile, *LEFT_ANEW).when(follow_up(again)).then(followed_up(again))
    given(OutcomeFile, *LEFT_ANEW).when(correct_follow_up(again)).then_refused(UnknownFact)
    given(OutcomeFile, *LEFT_ANEW).when(follow_up(replace(again, asked_on=BACK))).then_refused(FollowUpBeforeExit)
    given(OutcomeFile, *LEFT_ANEW, followed_up(again)).when(follow_up(again)).then_nothing()
    given(OutcomeFile, *LEFT_ANEW, followed_up(again)).when(follow_up(replace(NO_ANSWER, asked_on=TODAY))).then_refused(
        AlreadyRecorded
    )


def test_the_new_exit_is_corrected_without_regard_to_what_was_asked_before_it() -> None:
    later = replace(ANEW, exited_on=TODAY)
    given(OutcomeFile, *LEFT_ANEW).when(correct_exit(later)).then(exit_corrected(later))
    answered = followed_up(replace(IN_WORK, asked_on=AWAY_AGAIN))
    given(OutcomeFile, *LEFT_ANEW, answered).when(correct_exit(later)).then_refused(FollowUpBeforeExit)


# --- attempts -----------------------------------------------------------------------------------------------

TRIED = Attempt(FollowUpMonth.THREE, ASKED, ContactMeans.PHONE, Sealed("Number not in use"))


def attempt(attempt: Attempt) -> Callable[[OutcomeFile], object]:
    return lambda file: file.attempt(KEY, attempt, TODAY)


def correct_attempt(attempt: Attempt) -> Callable[[OutcomeFile], object]:
    return lambda file: file.correct_attempt(KEY, attempt, TODAY)


def tried(attempt: Attempt = TRIED) -> Told:
    return told(OutcomeFile.FollowUpAttempted, attempt, key=KEY)


@pytest.mark.parametrize("month", FollowUpMonth)
@pytest.mark.parametrize("on", [LEFT, TODAY])
def test_somebody_tries_to_reach_the_person(month: FollowUpMonth, on: date) -> None:
    fact = replace(TRIED, month=month, attempted_on=on)
    assert given(OutcomeFile, exited(UNEMPLOYED)).when(attempt(fact)).then(tried(fact)).happened_on == on


def test_an_attempt_is_no_result() -> None:
    given(OutcomeFile, exited(UNEMPLOYED), tried()).when(follow_up(IN_WORK)).then(followed_up(IN_WORK))
    given(OutcomeFile, exited(UNEMPLOYED), followed_up(IN_WORK)).when(attempt(TRIED)).then(tried())


@pytest.mark.parametrize(
    ("on", "rule"), [(TOMORROW, InTheFuture), (LEFT - timedelta(days=1), FollowUpBeforeExit)], ids=str
)
def test_an_attempt_is_refused(on: date, rule: type[RuleBroken]) -> None:
    fact = replace(TRIED, attempted_on=on)
    given(OutcomeFile, exited(UNEMPLOYED)).when(attempt(fact)).then_refused(rule)
    given(OutcomeFile, exited(UNEMPLOYED), tried()).when(correct_attempt(fact)).then_refused(rule)


def test_nobody_tries_to_reach_who_has_not_left() -> None:
    given(OutcomeFile).when(attempt(TRIED)).then_refused(FollowUpWithoutExit)
    given(OutcomeFile, exited(UNEMPLOYED), reopened()).when(attempt(TRIED)).then_refused(FollowUpWithoutExit)


def test_an_attempt_is_recorded_once_and_corrected() -> None:
    other = replace(TRIED, means=ContactMeans.VISIT)
    given(OutcomeFile, exited(UNEMPLOYED), tried()).when(attempt(TRIED)).then_nothing()
    given(OutcomeFile, exited(UNEMPLOYED), tried()).when(attempt(other)).then_refused(AlreadyRecorded)
    given(OutcomeFile, exited(UNEMPLOYED)).when(correct_attempt(TRIED)).then_refused(UnknownFact)
    given(OutcomeFile, exited(UNEMPLOYED), tried()).when(correct_attempt(TRIED)).then_nothing()
    corrected = told(OutcomeFile.FollowUpAttemptCorrected, other, key=KEY)
    given(OutcomeFile, exited(UNEMPLOYED), tried()).when(correct_attempt(other)).then(corrected)


def test_a_snapshot_of_before_there_were_attempts_is_read() -> None:
    file = given(OutcomeFile, exited(UNEMPLOYED), followed_up(NO_ANSWER))
    stored = MAPPER.to_stored_event(Snapshot.take(file.aggregate))
    state = orjson.loads(stored.state)
    for name in ("attempts", "reopened_on", "class_version"):
        state["state"].pop(name, None)
    old = StoredEvent(stored.originator_id, stored.originator_version, stored.topic, orjson.dumps(state))
    assert MAPPER.to_domain_event(old).mutate(None).attempts == {}
