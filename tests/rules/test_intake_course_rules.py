"""The rules of setting aside, advisers, commitment, pauses, transfers and the structure's delay, a sentence each."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.intake.domain import (
    Assignment,
    Dated,
    Pathway,
    Pause,
    Reception,
    Structure,
    StructureFile,
    Transfer,
    WelcomeDelay,
)
from services.intake.domain.course import PausedBeforeStart, RequestClosed, TooFewAttempts, TransferredToItself
from services.intake.domain.retention import Archived
from shared.kernel.event_store import Aggregate
from shared.language.rules import AlreadyRecorded, InTheFuture, Restricted, UnknownFact
from shared.language.rules.intake import DatesOutOfOrder
from tests.rules.test_intake_rules import (
    TODAY,
    TOMORROW,
    correct_request,
    correct_start,
    day,
    request_corrected,
    requested,
    start,
    start_corrected,
    started,
    welcome,
    welcomed,
    withdraw,
    withdrawn,
)
from tests.sentences import Answered, Told, given, told

Ask = Callable[[Any], object]
TENTH = day(10)


def set_aside(on: date, failed: int = 2) -> Ask:
    return lambda pathway: pathway.put_aside(on, failed, TODAY)


def take_up(on: date) -> Ask:
    return lambda pathway: pathway.take_up(on, TODAY)


def assign(adviser: str | None, on: date = TENTH) -> Ask:
    return lambda pathway: pathway.assign(adviser, on, TODAY)


def sign(on: date) -> Ask:
    return lambda pathway: pathway.sign_commitment(on, TODAY)


def correct_commitment(on: date | None) -> Ask:
    return lambda pathway: pathway.correct_commitment(on, TODAY)


def pause(on: date, exited_on: date | None = None) -> Ask:
    return lambda pathway: pathway.pause(on, exited_on, TODAY)


def resume(on: date, exited_on: date | None = None) -> Ask:
    return lambda pathway: pathway.resume(on, exited_on, TODAY)


def correct_pause(paused_on: date | None, resumed_on: date | None = None, exited_on: date | None = None) -> Ask:
    return lambda pathway: pathway.correct_pause(Pause(paused_on, resumed_on), exited_on, TODAY)


def transfer(on: date, to: str = "s02", exited_on: date | None = None) -> Ask:
    return lambda pathway: pathway.transfer(to, on, exited_on, TODAY)


def aside(on: date) -> Told:
    return told(Pathway.RequestSetAside, Dated(on))


def taken_up(on: date) -> Told:
    return told(Pathway.RequestTakenUp, Dated(on))


def assigned(adviser: str | None, on: date = TENTH) -> Told:
    return told(Pathway.AdviserAssigned, Assignment(adviser, on))


def signed(on: date) -> Told:
    return told(Pathway.CommitmentSigned, Dated(on))


def commitment_corrected(on: date | None) -> Told:
    return told(Pathway.CommitmentCorrected, Dated(on))


def paused(on: date) -> Told:
    return told(Pathway.SupportPaused, Pause(on))


def resumed(on: date) -> Told:
    return told(Pathway.SupportResumed, Dated(on))


def pause_corrected(paused_on: date | None, resumed_on: date | None = None) -> Told:
    return told(Pathway.PauseCorrected, Pause(paused_on, resumed_on))


def received(on: date, to: str = "s02", of: str = "s01", **more: Any) -> Told:
    profile = dict.fromkeys(
        ("requester", "sex", "qualification_level", "unemployment_months", "housing", "welcomed_on", "started_on")
    )
    fact: dict[str, Any] = profile | {"person": UUID(int=1), "requested_on": day(6), "age": "unknown"} | more
    return told(Pathway.PathwayReceived, Reception(to, of, on, **fact))


STARTED = requested(), started(day(8))


# --- set aside as unreachable -------------------------------------------------------------------------------


def test_after_two_failed_attempts_a_request_is_set_aside() -> None:
    event = given(Pathway, requested()).when(set_aside(day(20))).then(aside(day(20)))
    assert event.happened_on == day(20)
    for failed in (0, 1):
        given(Pathway, requested()).when(set_aside(day(20), failed)).then_refused(TooFewAttempts)


def test_a_request_that_was_welcomed_may_be_set_aside_before_the_start() -> None:
    given(Pathway, requested(), welcomed(day(8))).when(set_aside(day(20))).then(aside(day(20)))


def test_only_a_request_before_the_start_is_set_aside() -> None:
    given(Pathway, *STARTED).when(set_aside(day(20))).then_refused(RequestClosed)
    given(Pathway, requested(), withdrawn(day(8))).when(set_aside(day(20))).then_refused(RequestClosed)
    given(Pathway, *STARTED, start_corrected(None)).when(set_aside(day(20))).then(aside(day(20)))
    given(Pathway).when(set_aside(day(20))).then_refused(UnknownFact)


def test_it_is_set_aside_between_the_request_and_today() -> None:
    given(Pathway, requested()).when(set_aside(day(6))).then(aside(day(6)))
    given(Pathway, requested()).when(set_aside(day(5))).then_refused(DatesOutOfOrder)
    given(Pathway, requested()).when(set_aside(TOMORROW)).then_refused(InTheFuture)


def test_the_persons_word_takes_it_up_again() -> None:
    stood = requested(), aside(day(20))
    given(Pathway, *stood).when(take_up(day(20))).then(taken_up(day(20)))
    given(Pathway, *stood).when(take_up(day(19))).then_refused(DatesOutOfOrder)
    given(Pathway, *stood).when(take_up(TOMORROW)).then_refused(InTheFuture)
    given(Pathway, requested()).when(take_up(day(20))).then_refused(UnknownFact)


def test_it_may_be_set_aside_again_but_not_before_it_was_taken_up() -> None:
    stood = requested(), aside(day(20)), taken_up(day(25))
    given(Pathway, *stood).when(set_aside(day(28))).then(aside(day(28)))
    given(Pathway, *stood).when(set_aside(day(24))).then_refused(DatesOutOfOrder)
    given(Pathway, *stood).when(set_aside(day(28), failed=1)).then_refused(TooFewAttempts)


def tells(answered: Answered) -> list[tuple[type, object]]:
    assert answered.refusal is None
    return [(type(event), event.fact) for event in answered.recorded]


def test_who_is_welcomed_starts_or_comes_is_taken_up_again() -> None:
    stood = requested(), aside(day(20))
    again = (Pathway.RequestTakenUp, Dated(day(21)))
    assert tells(given(Pathway, *stood).when(welcome(day(21)))) == [(Pathway.PathwayWelcomed, Dated(day(21))), again]
    assert tells(given(Pathway, *stood).when(start(day(21)))) == [(Pathway.SupportStarted, Dated(day(21))), again]
    assert tells(given(Pathway, *stood).when(lambda pathway: pathway.come(day(21)))) == [again]


def test_what_took_place_before_does_not_take_it_up_again() -> None:
    stood = requested(), aside(day(20))
    given(Pathway, *stood).when(welcome(day(19))).then(welcomed(day(19)))
    given(Pathway, *stood).when(lambda pathway: pathway.come(day(19))).then_nothing()
    given(Pathway, requested()).when(lambda pathway: pathway.come(day(21))).then_nothing()


def test_who_has_the_processing_restricted_or_is_archived_is_not_taken_up_by_the_way() -> None:
    for closed in (told(Pathway.ProcessingRestricted, Dated(day(21))), told(Pathway.PathwayArchived, day(21))):
        given(Pathway, requested(), aside(day(20)), closed).when(lambda pathway: pathway.come(day(21))).then_nothing()


# --- advisers -----------------------------------------------------------------------------------------------


def test_an_adviser_is_assigned_changed_and_taken_away() -> None:
    event = given(Pathway, requested()).when(assign("anna")).then(assigned("anna"))
    assert event.happened_on == day(10)
    given(Pathway, requested(), assigned("anna")).when(assign("brice")).then(assigned("brice"))
    given(Pathway, requested(), assigned("anna")).when(assign(None)).then(assigned(None))


def test_the_same_adviser_again_is_no_news_on_any_day() -> None:
    given(Pathway, requested(), assigned("anna")).when(assign("anna", day(12))).then_nothing()
    given(Pathway, requested()).when(assign(None)).then_nothing()


def test_nobody_is_assigned_after_today_or_where_nobody_asked() -> None:
    given(Pathway, requested()).when(assign("anna", TOMORROW)).then_refused(InTheFuture)
    given(Pathway).when(assign("anna")).then_refused(UnknownFact)


# --- commitment ---------------------------------------------------------------------------------------------


def test_a_commitment_is_signed_from_the_request_on_and_no_start_waits_for_it() -> None:
    given(Pathway, requested()).when(sign(day(6))).then(signed(day(6)))
    given(Pathway, requested()).when(sign(day(5))).then_refused(DatesOutOfOrder)
    given(Pathway, requested()).when(sign(TOMORROW)).then_refused(InTheFuture)
    given(Pathway, requested()).when(start(day(8))).then(started(day(8)))


def test_a_commitment_is_corrected_or_taken_back() -> None:
    stood = requested(), signed(day(8))
    given(Pathway, *stood).when(correct_commitment(day(9))).then(commitment_corrected(day(9)))
    given(Pathway, *stood).when(correct_commitment(None)).then(commitment_corrected(None))
    given(Pathway, *stood).when(correct_commitment(day(5))).then_refused(DatesOutOfOrder)
    given(Pathway, *stood, commitment_corrected(None)).when(sign(day(10))).then(signed(day(10)))
    given(Pathway, requested()).when(correct_commitment(day(8))).then_refused(UnknownFact)


# --- pauses -------------------------------------------------------------------------------------------------


def test_support_is_paused_and_resumed() -> None:
    given(Pathway, *STARTED).when(pause(day(10))).then(paused(day(10)))
    given(Pathway, *STARTED, paused(day(10))).when(resume(day(12))).then(resumed(day(12)))
    given(Pathway, *STARTED, paused(day(10)), resumed(day(12))).when(pause(day(12))).then(paused(day(12)))


def test_only_support_that_started_is_paused() -> None:
    given(Pathway, requested(), welcomed(day(8))).when(pause(day(10))).then_refused(PausedBeforeStart)
    given(Pathway, *STARTED).when(resume(day(12))).then_refused(UnknownFact)


@pytest.mark.parametrize(
    ("stood", "ask"),
    [
        ([], pause(day(7))),
        ([], pause(day(21), exited_on=day(20))),
        ([paused(day(10))], resume(day(9))),
        ([paused(day(10))], resume(day(21), exited_on=day(20))),
        ([paused(day(10)), resumed(day(12))], pause(day(11))),
        ([paused(day(10))], correct_pause(day(7))),
        ([paused(day(10)), resumed(day(12))], correct_pause(day(13), day(12))),
        ([paused(day(10)), resumed(day(12)), paused(day(15))], correct_pause(day(11))),
        ([paused(day(10))], correct_pause(None, day(12))),
        ([paused(day(10))], correct_start(day(11))),
        ([paused(day(10))], correct_start(None)),
    ],
)
def test_the_order_of_start_pause_resumption_and_exit_does_not_turn(stood: list[Told], ask: Ask) -> None:
    given(Pathway, *STARTED, *stood).when(ask).then_refused(DatesOutOfOrder)


@pytest.mark.parametrize(
    ("stood", "ask"),
    [
        ([], pause(TOMORROW)),
        ([paused(day(10))], resume(TOMORROW)),
        ([paused(day(10))], correct_pause(TOMORROW)),
        ([paused(day(10))], correct_pause(day(10), TOMORROW)),
    ],
)
def test_no_pause_begins_or_ends_after_today(stood: list[Told], ask: Ask) -> None:
    given(Pathway, *STARTED, *stood).when(ask).then_refused(InTheFuture)


def test_the_last_pause_is_corrected_whole() -> None:
    stood = *STARTED, paused(day(10)), resumed(day(12))
    for fact in ((day(9), day(12)), (day(10), None), (None, None)):
        given(Pathway, *stood).when(correct_pause(*fact)).then(pause_corrected(*fact))
    given(Pathway, *STARTED).when(correct_pause(day(10))).then_refused(UnknownFact)


def test_a_pause_that_was_taken_back_is_in_nobodys_way() -> None:
    stood = *STARTED, paused(day(10)), pause_corrected(None)
    given(Pathway, *stood).when(pause(day(9))).then(paused(day(9)))
    given(Pathway, *stood).when(resume(day(12))).then_refused(UnknownFact)
    given(Pathway, *stood).when(correct_start(None)).then(start_corrected(None))


# --- transfer -----------------------------------------------------------------------------------------------


def test_a_transfer_is_told_under_both_structures_with_what_is_known() -> None:
    answered = given(Pathway, *STARTED, assigned("anna")).when(transfer(day(20)))
    handed, taken = answered.recorded
    assert (handed.fact, handed.of_structure) == (Transfer("s01", "s02", day(20)), "s01")
    assert (taken.fact, taken.of_structure) == (received(day(20), started_on=day(8)).fields["fact"], None)
    assert (handed.happened_on, taken.happened_on) == (day(20), day(20))


def test_the_structure_that_received_it_holds_it_and_nobody_advises() -> None:
    before = given(Pathway, *STARTED, assigned("anna")).aggregate
    after = given(Pathway, *STARTED, assigned("anna"), received(day(20))).aggregate
    assert (before.structure, before.adviser) == ("s01", "anna")
    assert (after.structure, after.adviser) == ("s02", None)
    assert after.request.current.structure == "s01"


def test_a_correction_of_the_request_does_not_move_it_back() -> None:
    stood = requested(), received(day(20))
    given(Pathway, *stood).when(correct_request(day(5))).then(request_corrected(day(5)))
    assert given(Pathway, *stood, request_corrected(day(5))).aggregate.structure == "s02"


def test_it_is_transferred_again_and_back() -> None:
    stood = requested(), received(day(20))
    for to in ("s03", "s01"):
        answered = given(Pathway, *stood).when(transfer(day(25), to))
        assert [event.fact for event in answered.recorded] == [
            Transfer("s02", to, day(25)),
            received(day(25), to, "s02").fields["fact"],
        ]


def test_it_is_transferred_from_the_request_on_and_until_today_or_the_exit() -> None:
    for on, more in ((day(6), {}), (TODAY, {}), (day(20), {"exited_on": day(20)})):
        assert given(Pathway, *requested_and_started()).when(transfer(on, **more)).refusal is None
    for on, more, rule in (
        (day(5), {}, DatesOutOfOrder),
        (TOMORROW, {}, InTheFuture),
        (day(21), {"exited_on": day(20)}, DatesOutOfOrder),
    ):
        given(Pathway, *requested_and_started()).when(transfer(on, **more)).then_refused(rule)
    given(Pathway, requested(), withdrawn(day(10))).when(transfer(day(11))).then_refused(DatesOutOfOrder)
    given(Pathway, requested(), received(day(20))).when(transfer(day(19), "s03")).then_refused(DatesOutOfOrder)
    given(Pathway).when(transfer(day(20))).then_refused(UnknownFact)


def requested_and_started() -> tuple[Told, ...]:
    return requested(), started(day(6))


def test_it_is_not_transferred_to_itself() -> None:
    given(Pathway, requested()).when(transfer(day(20), "s01")).then_refused(TransferredToItself)
    given(Pathway, requested(), received(day(20))).when(transfer(day(21))).then_refused(TransferredToItself)


# --- asking again, and what is closed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stood", "again"),
    [
        ([requested(), aside(day(20))], set_aside(day(20))),
        ([requested(), aside(day(20)), taken_up(day(21))], take_up(day(21))),
        ([requested(), signed(day(8))], sign(day(8))),
        ([requested(), signed(day(8)), commitment_corrected(None)], correct_commitment(None)),
        ([*STARTED, paused(day(10))], pause(day(10))),
        ([*STARTED, paused(day(10)), resumed(day(12))], resume(day(12))),
        ([*STARTED, paused(day(10)), resumed(day(12))], correct_pause(day(10), day(12))),
        ([requested(), received(day(20))], transfer(day(20))),
    ],
)
def test_the_same_again_is_no_news(stood: list[Told], again: Ask) -> None:
    given(Pathway, *stood).when(again).then_nothing()


@pytest.mark.parametrize(
    ("stood", "otherwise"),
    [
        ([requested(), aside(day(20))], set_aside(day(21))),
        ([requested(), aside(day(20)), taken_up(day(21))], take_up(day(22))),
        ([requested(), signed(day(8))], sign(day(9))),
        ([*STARTED, paused(day(10))], pause(day(11))),
        ([*STARTED, paused(day(10)), resumed(day(12))], resume(day(13))),
    ],
)
def test_another_day_is_a_corrections_business(stood: list[Told], otherwise: Ask) -> None:
    given(Pathway, *stood).when(otherwise).then_refused(AlreadyRecorded)


@pytest.mark.parametrize(
    ("closed", "rule"),
    [
        (told(Pathway.ProcessingRestricted, Dated(day(21))), Restricted),
        (told(Pathway.PathwayArchived, day(21)), Archived),
    ],
)
def test_nothing_is_recorded_of_what_is_restricted_or_archived(closed: Told, rule: type[Any]) -> None:
    stood = *STARTED, signed(day(9)), paused(day(10)), closed
    for ask in (
        set_aside(day(20)),
        take_up(day(20)),
        assign("anna"),
        sign(day(9)),
        correct_commitment(day(8)),
        pause(day(20)),
        resume(day(20)),
        correct_pause(day(9)),
        transfer(day(20)),
    ):
        given(Pathway, *stood).when(ask).then_refused(rule)


def test_who_started_still_does_not_withdraw_after_a_transfer() -> None:
    assert given(Pathway, *STARTED, received(day(20))).when(withdraw(day(21))).refusal is not None


# --- the structure's delay -------------------------------------------------------------------------------------


def test_a_structure_welcomes_within_seven_days_or_what_it_says() -> None:
    registered = told(Structure.StructureRegistered, StructureFile("s01", "Les Tilleuls", "69"))

    def within(days: int) -> Ask:
        return lambda structure: structure.welcome_in(days)

    assert given(Structure, registered).aggregate.welcome_within == 7
    said: type[Aggregate.Event] = Structure.WelcomeDelaySet
    given(Structure, registered).when(within(3)).then(told(said, WelcomeDelay("s01", 3)))
    given(Structure, registered).when(within(7)).then_nothing()
    given(Structure, registered, told(said, WelcomeDelay("s01", 3))).when(within(3)).then_nothing()
    given(Structure).when(within(3)).then_refused(UnknownFact)
