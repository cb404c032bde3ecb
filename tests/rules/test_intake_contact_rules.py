"""The rules of appointments and of attempts to reach a person, a sentence each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.intake.domain import Appointment, Attempt, ContactFile
from services.intake.domain.contact import AppointmentSettled, SettledWithoutDay
from shared.kernel.event_store import Aggregate
from shared.language.codes import AppointmentPurpose, AppointmentStatus, ContactMeans
from shared.language.rules import AlreadyRecorded, InTheFuture, UnknownFact
from shared.language.sealed import Sealed
from tests.sentences import Told, given, told

TODAY, TOMORROW = date(2025, 6, 30), date(2025, 7, 1)
KEY, OTHER = UUID(int=1), UUID(int=2)

Ask = Callable[[Any], object]


def june(day: int) -> date:
    return date(2025, 6, day)


TENTH = june(10)


def appointment(on: date = TENTH, **more: Any) -> Appointment:
    return Appointment(on, AppointmentPurpose.WELCOME, **more)


def settled(status: AppointmentStatus, on: date | None = None, day: date = TENTH) -> Appointment:
    return appointment(day, status=status, settled_on=on or day)


KEPT, MISSED, CANCELLED = AppointmentStatus.KEPT, AppointmentStatus.MISSED, AppointmentStatus.CANCELLED


def offer(on: date = TENTH, **more: Any) -> Ask:
    return lambda file: file.appointments.admit(KEY, appointment(on, **more), TODAY)


def move(on: date, at: str | None = None, place: Sealed | None = None) -> Ask:
    return lambda file: file.move(KEY, on, at, place)


def keep(on: date | None = None) -> Ask:
    return lambda file: file.keep(KEY, on, TODAY)


def miss() -> Ask:
    return lambda file: file.miss(KEY, TODAY)


def cancel(on: date) -> Ask:
    return lambda file: file.cancel(KEY, on, TODAY)


def correct(fact: Appointment) -> Ask:
    return lambda file: file.appointments.admit_correction(KEY, fact, TODAY)


def attempt(on: date, key: UUID = KEY) -> Ask:
    return lambda file: file.attempts.admit(key, Attempt(on, ContactMeans.PHONE), TODAY)


def correct_attempt(on: date | None, means: ContactMeans = ContactMeans.PHONE) -> Ask:
    return lambda file: file.attempts.admit_correction(KEY, Attempt(on, means), TODAY)


def tells(event: type[Aggregate.Event], fact: object, key: UUID = KEY) -> Told:
    return told(event, fact, key=key)


def offered(on: date = TENTH, key: UUID = KEY, **more: Any) -> Told:
    return tells(ContactFile.AppointmentOffered, appointment(on, **more), key)


def attempted(on: date, key: UUID = KEY) -> Told:
    return tells(ContactFile.ContactAttempted, Attempt(on, ContactMeans.PHONE), key)


# --- appointments -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", [june(10), TOMORROW, date(9999, 12, 31)])
def test_an_appointment_is_offered_for_any_day_and_has_not_happened_yet(on: date) -> None:
    event = given(ContactFile).when(offer(on)).then(offered(on))
    assert event.happened_on is None


def test_an_appointment_has_a_time_a_place_and_a_note_where_they_are_known() -> None:
    more = {"at": "09:30", "place": Sealed("Maison des habitants"), "note": Sealed("with an interpreter")}
    event = given(ContactFile).when(offer(**more)).then(offered(**more))
    assert event.fact.place.text == "Maison des habitants"


def test_an_appointment_is_moved_to_any_day_with_its_time() -> None:
    stood = offered(at="09:30", place=Sealed("Here"))
    given(ContactFile, stood).when(move(TOMORROW)).then(
        tells(ContactFile.AppointmentMoved, appointment(TOMORROW, place=Sealed("Here")))
    )
    given(ContactFile, stood).when(move(june(10), "10:00", Sealed("There"))).then(
        tells(ContactFile.AppointmentMoved, appointment(at="10:00", place=Sealed("There")))
    )


def test_who_comes_keeps_it_on_its_day_or_on_the_day_on_which_they_came() -> None:
    event = given(ContactFile, offered()).when(keep()).then(tells(ContactFile.AppointmentKept, settled(KEPT)))
    assert event.happened_on == june(10)
    given(ContactFile, offered()).when(keep(june(11))).then(tells(ContactFile.AppointmentKept, settled(KEPT, june(11))))


def test_who_does_not_come_misses_it_on_its_day() -> None:
    event = given(ContactFile, offered()).when(miss()).then(tells(ContactFile.AppointmentMissed, settled(MISSED)))
    assert event.happened_on == june(10)


def test_it_may_be_cancelled_before_its_day() -> None:
    given(ContactFile, offered(TOMORROW)).when(cancel(TODAY)).then(
        tells(ContactFile.AppointmentCancelled, settled(CANCELLED, TODAY, TOMORROW))
    )


@pytest.mark.parametrize("ask", [keep(), keep(TOMORROW), miss(), cancel(TOMORROW)])
def test_nothing_becomes_of_an_appointment_after_today(ask: Ask) -> None:
    given(ContactFile, offered(TOMORROW)).when(ask).then_refused(InTheFuture)


@pytest.mark.parametrize("ask", [move(june(11)), keep(), miss(), cancel(june(9)), correct(appointment())])
def test_what_was_never_offered_is_neither_moved_nor_settled_nor_corrected(ask: Ask) -> None:
    given(ContactFile).when(ask).then_refused(UnknownFact)


@pytest.mark.parametrize(
    ("stood", "again"),
    [
        ([offered()], offer()),
        ([offered()], move(june(10))),
        ([offered(), tells(ContactFile.AppointmentKept, settled(KEPT))], keep()),
        ([offered(), tells(ContactFile.AppointmentMissed, settled(MISSED))], miss()),
        ([offered(), tells(ContactFile.AppointmentCancelled, settled(CANCELLED, june(9)))], cancel(june(9))),
        ([offered()], correct(appointment())),
        ([attempted(june(10))], attempt(june(10))),
        ([attempted(june(10))], correct_attempt(june(10))),
    ],
)
def test_the_same_again_is_no_news(stood: list[Told], again: Ask) -> None:
    given(ContactFile, *stood).when(again).then_nothing()


def test_another_content_under_a_known_id_is_a_correction() -> None:
    given(ContactFile, offered()).when(offer(june(11))).then_refused(AlreadyRecorded)
    given(ContactFile, attempted(june(10))).when(attempt(june(11))).then_refused(AlreadyRecorded)


@pytest.mark.parametrize("status", [KEPT, MISSED, CANCELLED])
def test_what_was_settled_is_not_moved_or_settled_otherwise_but_corrected(status: AppointmentStatus) -> None:
    event = {
        KEPT: ContactFile.AppointmentKept,
        MISSED: ContactFile.AppointmentMissed,
        CANCELLED: ContactFile.AppointmentCancelled,
    }[status]
    stood = offered(), tells(event, settled(status))
    for ask in (move(june(20)), keep(june(11)), cancel(june(11))):
        given(ContactFile, *stood).when(ask).then_refused(AppointmentSettled)
    fact = settled(KEPT if status is MISSED else MISSED)
    given(ContactFile, *stood).when(correct(fact)).then(tells(ContactFile.AppointmentCorrected, fact))
    given(ContactFile, *stood).when(correct(appointment())).then(tells(ContactFile.AppointmentCorrected, appointment()))


def test_a_day_of_what_became_of_it_is_there_exactly_where_something_did() -> None:
    for fact in (replace(appointment(), status=KEPT), replace(appointment(), settled_on=june(10))):
        given(ContactFile, offered()).when(correct(fact)).then_refused(SettledWithoutDay)
    given(ContactFile, offered()).when(correct(settled(KEPT, TOMORROW))).then_refused(InTheFuture)


# --- attempts ---------------------------------------------------------------------------------------------


def test_an_attempt_is_never_after_today() -> None:
    event = given(ContactFile).when(attempt(TODAY)).then(attempted(TODAY))
    assert event.happened_on == TODAY
    given(ContactFile).when(attempt(TOMORROW)).then_refused(InTheFuture)


def test_an_attempt_is_corrected_whole_or_taken_back() -> None:
    for on, means in ((june(11), ContactMeans.VISIT), (None, ContactMeans.PHONE)):
        given(ContactFile, attempted(june(10))).when(correct_attempt(on, means)).then(
            tells(ContactFile.AttemptCorrected, Attempt(on, means))
        )
    given(ContactFile, attempted(june(10))).when(correct_attempt(TOMORROW)).then_refused(InTheFuture)
    given(ContactFile).when(correct_attempt(june(10))).then_refused(UnknownFact)


def test_attempts_and_missed_appointments_count_since_the_person_last_came() -> None:
    missed = [offered(june(5), OTHER), tells(ContactFile.AppointmentMissed, settled(MISSED, day=june(5)), OTHER)]
    stood = given(ContactFile, attempted(june(3)), *missed, attempted(june(20), OTHER)).aggregate
    assert [stood.failed(None, june(day)) for day in (2, 3, 5, 20)] == [0, 1, 2, 3]
    assert stood.failed(june(3), june(20)) == 2
    came = given(
        ContactFile, attempted(june(3)), *missed, offered(), tells(ContactFile.AppointmentKept, settled(KEPT))
    ).aggregate
    assert (came.failed(None, june(9)), came.failed(None, june(10))) == (2, 0)


def test_an_attempt_that_was_taken_back_or_an_appointment_that_was_cancelled_does_not_count() -> None:
    none = tells(ContactFile.AttemptCorrected, Attempt(None, ContactMeans.PHONE))
    cancelled = tells(ContactFile.AppointmentCancelled, settled(CANCELLED))
    assert given(ContactFile, attempted(june(3)), none, offered(), cancelled).aggregate.failed(None, TODAY) == 0
