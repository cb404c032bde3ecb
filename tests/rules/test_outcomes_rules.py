"""The rules of exits and follow-ups, a sentence each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.outcomes.domain import Exit, FollowUp, OutcomeFile
from shared.language.codes import Contract, ExitClass, FollowUpMonth, FollowUpStatus, Situation
from shared.language.rules import AlreadyRecorded, InTheFuture, RuleBroken, UnknownFact
from shared.language.rules.outcomes import (
    ContractEndsBeforeItStarts,
    ExitBeforeStart,
    FollowUpBeforeExit,
    FollowUpWithoutExit,
    NotStarted,
    SituationNeeded,
)
from tests.sentences import Told, given, told

TODAY, TOMORROW = date(2025, 6, 30), date(2025, 7, 1)
STARTED, LEFT, ASKED = date(2024, 10, 1), date(2025, 1, 31), date(2025, 4, 30)
ONE_DAY = timedelta(days=1)
RULE = "exit-1"
"""By its text: what is stored under it was classed as this file says, so another rule is another version."""

UNEMPLOYED = Exit(LEFT, Situation.UNEMPLOYED)
INACTIVE = Exit(LEFT, Situation.INACTIVE)
HIRED = Exit(LEFT, Situation.EMPLOYMENT, Contract.CDD, date(2025, 2, 1), date(2025, 7, 31))
NO_ANSWER = FollowUp(FollowUpMonth.THREE, ASKED, FollowUpStatus.UNREACHABLE)
IN_WORK = FollowUp(FollowUpMonth.THREE, ASKED, FollowUpStatus.REACHED, Situation.EMPLOYMENT)

Ask = Callable[[OutcomeFile], object]


# What is asked


def leave(exit: Exit, started_on: date | None = STARTED) -> Ask:
    return lambda file: file.leave(exit, started_on, TODAY)


def correct_exit(exit: Exit, started_on: date | None = STARTED) -> Ask:
    return lambda file: file.correct_exit(exit, started_on, TODAY)


def reopen(on: date) -> Ask:
    return lambda file: file.reopen(on, TODAY)


def follow_up(followup: FollowUp) -> Ask:
    return lambda file: file.record_follow_up(followup, TODAY)


def correct_follow_up(followup: FollowUp) -> Ask:
    return lambda file: file.correct_follow_up(followup, TODAY)


# What is told


def exited(exit: Exit, exit_class: ExitClass = ExitClass.OTHER, uncertain: bool = False, rule: str = RULE) -> Told:
    return told(OutcomeFile.SupportExited, exit, exit_class=exit_class, uncertain=uncertain, rule=rule)


def exit_corrected(exit: Exit, exit_class: ExitClass = ExitClass.OTHER, uncertain: bool = False) -> Told:
    return told(OutcomeFile.ExitCorrected, exit, exit_class=exit_class, uncertain=uncertain, rule=RULE)


def reopened(on: date = LEFT) -> Told:
    return told(OutcomeFile.ExitReopened, on)


def followed_up(followup: FollowUp) -> Told:
    return told(OutcomeFile.FollowUpRecorded, followup)


def follow_up_corrected(followup: FollowUp) -> Told:
    return told(OutcomeFile.FollowUpCorrected, followup)


# --- the exit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", [STARTED, LEFT, TODAY])
def test_who_has_started_leaves_on_any_day_from_then_until_today(on: date) -> None:
    exit = replace(INACTIVE, exited_on=on)
    assert given(OutcomeFile).when(leave(exit)).then(exited(exit)).happened_on == on
    event = given(OutcomeFile, exited(UNEMPLOYED)).when(correct_exit(exit)).then(exit_corrected(exit))
    assert event.happened_on == on


@pytest.mark.parametrize(
    "contract",
    [
        {"contract_start": date(2025, 7, 1)},
        {"contract_end": date(2026, 1, 31)},
        {"contract_start": date(2025, 9, 1), "contract_end": date(2025, 9, 1)},
        {"contract_start": date(2020, 1, 1)},
    ],
    ids=str,
)
def test_a_contract_may_be_planned_and_may_have_begun_before_the_exit(contract: dict[str, date]) -> None:
    exit = Exit(LEFT, Situation.EMPLOYMENT, Contract.CDI, **contract)
    given(OutcomeFile).when(leave(exit)).then(exited(exit, ExitClass.DURABLE))
    given(OutcomeFile, exited(UNEMPLOYED)).when(correct_exit(exit)).then(exit_corrected(exit, ExitClass.DURABLE))


@pytest.mark.parametrize(
    ("exit", "started_on", "rule"),
    [
        (replace(HIRED, exited_on=TOMORROW), STARTED, InTheFuture),
        (HIRED, None, NotStarted),
        (replace(HIRED, exited_on=STARTED - ONE_DAY), STARTED, ExitBeforeStart),
        (replace(HIRED, contract_end=HIRED.contract_start - ONE_DAY), STARTED, ContractEndsBeforeItStarts),
    ],
    ids=["tomorrow", "never started", "the day before the start", "a contract that ends the day before it starts"],
)
def test_an_exit_is_refused(exit: Exit, started_on: date | None, rule: type[RuleBroken]) -> None:
    given(OutcomeFile).when(leave(exit, started_on)).then_refused(rule)
    given(OutcomeFile, exited(UNEMPLOYED)).when(correct_exit(exit, started_on)).then_refused(rule)


def test_one_leaves_once() -> None:
    given(OutcomeFile, exited(UNEMPLOYED)).when(leave(UNEMPLOYED)).then_nothing()
    given(OutcomeFile, exited(UNEMPLOYED)).when(leave(INACTIVE)).then_refused(AlreadyRecorded)


def test_an_exit_is_corrected() -> None:
    stood = exited(UNEMPLOYED), exit_corrected(INACTIVE)
    given(OutcomeFile).when(correct_exit(UNEMPLOYED)).then_refused(UnknownFact)
    given(OutcomeFile, exited(UNEMPLOYED)).when(correct_exit(UNEMPLOYED)).then_nothing()
    given(OutcomeFile, *stood).when(correct_exit(INACTIVE)).then_nothing()
    given(OutcomeFile, *stood).when(leave(UNEMPLOYED)).then_refused(AlreadyRecorded)
    given(OutcomeFile, *stood).when(correct_exit(UNEMPLOYED)).then(exit_corrected(UNEMPLOYED))


def test_an_exit_is_not_corrected_to_after_what_was_asked_after_it() -> None:
    stood = exited(UNEMPLOYED), followed_up(NO_ANSWER)
    same_day, later = replace(UNEMPLOYED, exited_on=ASKED), replace(UNEMPLOYED, exited_on=ASKED + ONE_DAY)
    given(OutcomeFile, *stood).when(correct_exit(same_day)).then(exit_corrected(same_day))
    given(OutcomeFile, *stood).when(correct_exit(later)).then_refused(FollowUpBeforeExit)


# --- its class ----------------------------------------------------------------------------------------------

SITUATIONS = {
    Situation.TRAINING: ExitClass.POSITIVE,
    Situation.SIAE: ExitClass.POSITIVE,
    Situation.RETIREMENT: ExitClass.POSITIVE,
    Situation.UNEMPLOYED: ExitClass.OTHER,
    Situation.INACTIVE: ExitClass.OTHER,
    Situation.UNKNOWN: ExitClass.OTHER,
    Situation.DECEASED: ExitClass.NEUTRALISED,
    Situation.DETAINED: ExitClass.NEUTRALISED,
    Situation.LONG_LEAVE: ExitClass.NEUTRALISED,
    Situation.MOVED: ExitClass.NEUTRALISED,
}


def classed(exit: Exit, exit_class: ExitClass, *, uncertain: bool = False) -> None:
    """The class is the same whether the exit is recorded, corrected or imported, and tells its rule's version."""
    event = given(OutcomeFile).when(leave(exit)).then(exited(exit, exit_class, uncertain))
    assert event.rule_version == RULE
    other = replace(exit, exited_on=STARTED)
    given(OutcomeFile, exited(other)).when(correct_exit(exit)).then(exit_corrected(exit, exit_class, uncertain))
    imported = told(
        OutcomeFile.SupportExited, exit, imported=exit, exit_class=exit_class, uncertain=uncertain, rule=RULE
    )
    given(OutcomeFile).when(lambda file: file.take_exit(exit, exit)).then(imported)


@pytest.mark.parametrize("situation", [situation for situation in Situation if situation != Situation.EMPLOYMENT])
def test_without_a_job_the_situation_is_the_class(situation: Situation) -> None:
    classed(Exit(LEFT, situation), SITUATIONS[situation])
    classed(Exit(LEFT, situation, Contract.CDI), SITUATIONS[situation])


@pytest.mark.parametrize("contract", [Contract.CDI, Contract.PUBLIC_SERVICE, Contract.SELF_EMPLOYED])
def test_a_lasting_job_is_durable_whatever_is_known_of_its_dates(contract: Contract) -> None:
    classed(Exit(LEFT, Situation.EMPLOYMENT, contract), ExitClass.DURABLE)
    classed(replace(HIRED, contract=contract, contract_end=HIRED.contract_start), ExitClass.DURABLE)


@pytest.mark.parametrize("end", [None, date(2025, 2, 28), date(2028, 1, 31)])
def test_a_subsidised_contract_is_transition_however_long(end: date | None) -> None:
    classed(replace(HIRED, contract=Contract.SUBSIDISED, contract_end=end), ExitClass.TRANSITION)


each_fixed_term = pytest.mark.parametrize("contract", [Contract.CDD, Contract.INTERIM])


@each_fixed_term
@pytest.mark.parametrize(
    ("start", "last_day"),
    [
        (date(2025, 1, 1), date(2025, 6, 30)),
        (date(2025, 7, 1), date(2025, 12, 31)),
        (date(2025, 3, 12), date(2025, 9, 11)),
        # Six months from the 31st end with the shorter month, so its last day but one is the last day needed.
        (date(2025, 3, 31), date(2025, 9, 29)),
        (date(2024, 8, 31), date(2025, 2, 27)),
        (date(2024, 8, 28), date(2025, 2, 27)),
        (date(2023, 8, 31), date(2024, 2, 28)),
        (date(2023, 8, 29), date(2024, 2, 28)),
        (date(2024, 9, 1), date(2025, 2, 28)),
        (date(2023, 9, 1), date(2024, 2, 29)),
        (date(2024, 2, 29), date(2024, 8, 28)),
    ],
    ids=str,
)
def test_six_calendar_months_are_durable_and_a_day_less_is_transition(
    contract: Contract, start: date, last_day: date
) -> None:
    exit = Exit(LEFT, Situation.EMPLOYMENT, contract, start, last_day)
    classed(exit, ExitClass.DURABLE)
    classed(replace(exit, contract_end=last_day + ONE_DAY), ExitClass.DURABLE)
    classed(replace(exit, contract_end=last_day - ONE_DAY), ExitClass.TRANSITION)
    classed(replace(exit, contract_end=start), ExitClass.TRANSITION)


@each_fixed_term
@pytest.mark.parametrize("unknown", ["contract", "contract_start", "contract_end"])
def test_a_job_of_which_not_enough_is_known_is_transition_and_says_so(contract: Contract, unknown: str) -> None:
    nothing: dict[str, Any] = {unknown: None}
    classed(replace(HIRED, **{"contract": contract, **nothing}), ExitClass.TRANSITION, uncertain=True)


def test_an_exit_keeps_the_class_and_the_rule_of_its_time_until_it_is_corrected() -> None:
    earlier = exited(HIRED, ExitClass.POSITIVE, rule="exit-0")
    given(OutcomeFile, earlier).when(leave(HIRED)).then_nothing()
    given(OutcomeFile, earlier).when(correct_exit(HIRED)).then_nothing()
    given(OutcomeFile, earlier).when(correct_exit(UNEMPLOYED)).then(exit_corrected(UNEMPLOYED))


# --- reopening ----------------------------------------------------------------------------------------------


def test_a_reopening_annuls_the_exit() -> None:
    event = given(OutcomeFile, exited(UNEMPLOYED)).when(reopen(TODAY)).then(reopened(TODAY))
    assert (event.happened_on, event.rule_version) == (TODAY, None)
    given(OutcomeFile, exited(UNEMPLOYED)).when(reopen(TOMORROW)).then_refused(InTheFuture)
    given(OutcomeFile, exited(UNEMPLOYED), reopened()).when(correct_exit(INACTIVE)).then_refused(UnknownFact)
    given(OutcomeFile, exited(UNEMPLOYED), reopened()).when(follow_up(NO_ANSWER)).then_refused(FollowUpWithoutExit)


def test_what_is_open_is_not_reopened() -> None:
    given(OutcomeFile).when(reopen(TODAY)).then_refused(UnknownFact)
    given(OutcomeFile, exited(UNEMPLOYED), reopened()).when(reopen(TODAY)).then_nothing()


@pytest.mark.parametrize("exit", [UNEMPLOYED, INACTIVE, replace(UNEMPLOYED, exited_on=TODAY)], ids=str)
def test_after_a_reopening_one_may_leave_again(exit: Exit) -> None:
    stood = exited(UNEMPLOYED), reopened()
    given(OutcomeFile, *stood).when(leave(exit)).then(exited(exit))
    given(OutcomeFile, *stood, exited(exit)).when(leave(exit)).then_nothing()
    given(OutcomeFile, *stood, exited(exit)).when(correct_exit(HIRED)).then(exit_corrected(HIRED, ExitClass.DURABLE))
    given(OutcomeFile, *stood, exited(exit)).when(reopen(TODAY)).then(reopened(TODAY))


@pytest.mark.parametrize(
    ("exit", "started_on", "rule"),
    [
        (replace(UNEMPLOYED, exited_on=TOMORROW), STARTED, InTheFuture),
        (UNEMPLOYED, None, NotStarted),
        (replace(UNEMPLOYED, exited_on=STARTED - ONE_DAY), STARTED, ExitBeforeStart),
    ],
    ids=["tomorrow", "never started", "the day before the start"],
)
def test_leaving_again_is_held_to_the_same_rules(exit: Exit, started_on: date | None, rule: type[RuleBroken]) -> None:
    given(OutcomeFile, exited(UNEMPLOYED), reopened()).when(leave(exit, started_on)).then_refused(rule)


# --- follow-ups ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("month", FollowUpMonth)
@pytest.mark.parametrize("on", [LEFT, ASKED, TODAY])
def test_a_follow_up_is_asked_on_any_day_from_the_exit_until_today(month: FollowUpMonth, on: date) -> None:
    followup, earlier = replace(IN_WORK, month=month, asked_on=on), replace(NO_ANSWER, month=month)
    stood = exited(UNEMPLOYED)
    assert given(OutcomeFile, stood).when(follow_up(followup)).then(followed_up(followup)).happened_on == on
    event = (
        given(OutcomeFile, stood, followed_up(earlier))
        .when(correct_follow_up(followup))
        .then(follow_up_corrected(followup))
    )
    assert event.happened_on == on


@pytest.mark.parametrize("status", [FollowUpStatus.UNREACHABLE, FollowUpStatus.REFUSED])
def test_who_was_not_reached_has_no_situation(status: FollowUpStatus) -> None:
    followup = replace(IN_WORK, status=status, situation=None)
    stood = exited(UNEMPLOYED)
    given(OutcomeFile, stood).when(follow_up(followup)).then(followed_up(followup))
    given(OutcomeFile, stood, followed_up(IN_WORK)).when(correct_follow_up(followup)).then(
        follow_up_corrected(followup)
    )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"asked_on": TOMORROW}, InTheFuture),
        ({"asked_on": LEFT - ONE_DAY}, FollowUpBeforeExit),
        ({"situation": None}, SituationNeeded),
        ({"status": FollowUpStatus.UNREACHABLE}, SituationNeeded),
        ({"status": FollowUpStatus.REFUSED}, SituationNeeded),
    ],
    ids=str,
)
def test_a_follow_up_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    followup = replace(IN_WORK, **change)
    given(OutcomeFile, exited(UNEMPLOYED)).when(follow_up(followup)).then_refused(rule)
    given(OutcomeFile, exited(UNEMPLOYED), followed_up(NO_ANSWER)).when(correct_follow_up(followup)).then_refused(rule)


def test_nobody_is_followed_up_who_has_not_left() -> None:
    given(OutcomeFile).when(follow_up(NO_ANSWER)).then_refused(FollowUpWithoutExit)


def test_there_is_one_follow_up_a_month() -> None:
    stood = exited(UNEMPLOYED), followed_up(NO_ANSWER)
    given(OutcomeFile, *stood).when(follow_up(NO_ANSWER)).then_nothing()
    given(OutcomeFile, *stood).when(follow_up(IN_WORK)).then_refused(AlreadyRecorded)
    at_six = replace(NO_ANSWER, month=FollowUpMonth.SIX)
    given(OutcomeFile, *stood).when(follow_up(at_six)).then(followed_up(at_six))


def test_a_follow_up_is_corrected() -> None:
    stood = exited(UNEMPLOYED), followed_up(NO_ANSWER)
    given(OutcomeFile, *stood).when(correct_follow_up(NO_ANSWER)).then_nothing()
    at_six = replace(NO_ANSWER, month=FollowUpMonth.SIX)
    given(OutcomeFile, *stood).when(correct_follow_up(at_six)).then_refused(UnknownFact)
    stood += (follow_up_corrected(IN_WORK),)
    given(OutcomeFile, *stood).when(correct_follow_up(IN_WORK)).then_nothing()
    given(OutcomeFile, *stood).when(follow_up(IN_WORK)).then_nothing()
    given(OutcomeFile, *stood).when(follow_up(NO_ANSWER)).then_refused(AlreadyRecorded)


def test_who_leaves_again_does_not_leave_after_having_been_asked() -> None:
    stood = exited(UNEMPLOYED), followed_up(NO_ANSWER), told(OutcomeFile.ExitReopened, TODAY)
    given(OutcomeFile, *stood).when(leave(replace(UNEMPLOYED, exited_on=NO_ANSWER.asked_on + ONE_DAY))).then_refused(
        FollowUpBeforeExit
    )


@pytest.mark.parametrize("contract", [Contract.CDD, Contract.INTERIM])
@pytest.mark.parametrize("start", [date(2024, 1, 1), date.max])
def test_a_contract_to_the_end_of_the_calendar_is_classed(contract: Contract, start: date) -> None:
    job = replace(HIRED, contract=contract, contract_start=start, contract_end=date.max)
    given(OutcomeFile).when(leave(job)).then(exited(job, ExitClass.DURABLE))


# --- imports ------------------------------------------------------------------------------------------------


def test_an_import_tells_what_is_to_stand_and_what_its_file_said() -> None:
    stood = exited(UNEMPLOYED), followed_up(NO_ANSWER)
    corrected = exit_corrected(HIRED, ExitClass.DURABLE)
    given(OutcomeFile, *stood).when(lambda file: file.take_exit(HIRED, INACTIVE)).then(
        told(corrected.event, **{**corrected.fields, "imported": INACTIVE})
    )
    given(OutcomeFile, stood[0]).when(lambda file: file.followups.take(IN_WORK.month, IN_WORK, IN_WORK)).then(
        told(OutcomeFile.FollowUpRecorded, IN_WORK, imported=IN_WORK)
    )
    given(OutcomeFile, *stood).when(lambda file: file.followups.take(IN_WORK.month, IN_WORK, NO_ANSWER)).then(
        told(OutcomeFile.FollowUpCorrected, IN_WORK, imported=NO_ANSWER)
    )
