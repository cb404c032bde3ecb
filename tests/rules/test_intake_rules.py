"""The rules at the entrance, a sentence each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.intake.domain import (
    Dated,
    Identity,
    Pathway,
    Person,
    Request,
    Structure,
    StructureFile,
    request_for_support,
    with_age,
)
from services.intake.domain.person import AlreadyMerged, MergedWithItself
from shared.kernel.event_store import Aggregate
from shared.language.codes import Housing, Qualification, Requester, Sex
from shared.language.rules import AlreadyRecorded, InTheFuture, UnknownFact
from shared.language.rules.intake import DatesOutOfOrder, ImplausibleBirthYear, StartedAndWithdrawn
from shared.language.sealed import Sealed
from tests.sentences import Told, given, told

TODAY, TOMORROW = date(2025, 6, 30), date(2025, 7, 1)

Ask = Callable[[Any], object]
Asking = Callable[[date], Ask]
Telling = Callable[[date], Told]


def day(of_january: int) -> date:
    return date(2025, 1, of_january)


REQUESTED = day(6)


def request(on: date = REQUESTED, birth_year: int | None = None, person: int = 1, **profile: Any) -> Request:
    return request_for_support(on, birth_year, structure="s01", person=UUID(int=person), **profile)


# What is asked


def ask_for_support(on: date = REQUESTED, **profile: Any) -> Ask:
    return lambda pathway: pathway.ask_for_support(request(on, **profile), TODAY)


def welcome(on: date) -> Ask:
    return lambda pathway: pathway.welcome_person(on, TODAY)


def start(on: date) -> Ask:
    return lambda pathway: pathway.start_support(on, TODAY)


def withdraw(on: date) -> Ask:
    return lambda pathway: pathway.withdraw(on, TODAY)


def correct_request(on: date = REQUESTED, **profile: Any) -> Ask:
    return lambda pathway: pathway.correct_request(request(on, **profile), TODAY)


def correct_welcome(on: date | None) -> Ask:
    return lambda pathway: pathway.correct_welcome(on, TODAY)


def correct_start(on: date | None, exited_on: date | None = None) -> Ask:
    return lambda pathway: pathway.correct_start(on, exited_on, TODAY)


def correct_start_after_exit_on_31(on: date | None) -> Ask:
    return correct_start(on, day(31))


def correct_withdrawal(on: date | None) -> Ask:
    return lambda pathway: pathway.correct_withdrawal(on, TODAY)


# What is told


def requested(on: date = REQUESTED, **profile: Any) -> Told:
    return told(Pathway.PathwayRequested, request(on, **profile))


def request_corrected(on: date = REQUESTED, **profile: Any) -> Told:
    return told(Pathway.RequestCorrected, request(on, **profile))


def _dated(event: type[Aggregate.Event]) -> Callable[[date | None], Told]:
    return lambda on: told(event, Dated(on))


welcomed, welcome_corrected = _dated(Pathway.PathwayWelcomed), _dated(Pathway.WelcomeCorrected)
started, start_corrected = _dated(Pathway.SupportStarted), _dated(Pathway.StartCorrected)
withdrawn, withdrawal_corrected = _dated(Pathway.PathwayWithdrawn), _dated(Pathway.WithdrawalCorrected)


# --- every request is welcome -----------------------------------------------------------------------------


def test_a_request_needs_a_structure_a_person_and_a_day() -> None:
    event = given(Pathway).when(ask_for_support()).then(requested())
    assert event.happened_on == REQUESTED


def test_a_request_tells_the_profile_where_it_is_known() -> None:
    profile = {
        "requester": Requester.SIAO,
        "birth_year": 1980,
        "sex": Sex.UNDISCLOSED,
        "qualification_level": Qualification.CAP,
        "unemployment_months": 0,
        "housing": Housing.REFUSED,
    }
    event = given(Pathway).when(ask_for_support(**profile)).then(requested(**profile))
    assert (event.fact.birth_year.text, event.fact.age) == ("1980", "30_49")


@pytest.mark.parametrize("birth_year", [1900, 1960, 2008, 2025])
def test_no_age_is_refused(birth_year: int) -> None:
    given(Pathway).when(ask_for_support(birth_year=birth_year)).then(requested(birth_year=birth_year))
    given(Pathway, requested()).when(correct_request(birth_year=birth_year)).then(
        request_corrected(birth_year=birth_year)
    )


@pytest.mark.parametrize("birth_year", [1899, 2026])
def test_a_birth_before_1900_or_after_the_request_is_a_slip(birth_year: int) -> None:
    given(Pathway).when(ask_for_support(birth_year=birth_year)).then_refused(ImplausibleBirthYear)
    given(Pathway, requested()).when(correct_request(birth_year=birth_year)).then_refused(ImplausibleBirthYear)


def test_a_request_is_not_corrected_to_before_the_birth() -> None:
    given(Pathway, requested(birth_year=2025)).when(correct_request(date(2024, 12, 31), birth_year=2025)).then_refused(
        ImplausibleBirthYear
    )


# --- what was never requested has no pathway ----------------------------------------------------------------


@pytest.mark.parametrize(
    "ask", [welcome, start, withdraw, correct_request, correct_welcome, correct_start, correct_withdrawal]
)
def test_nothing_is_asked_of_what_nobody_requested(ask: Asking) -> None:
    given(Pathway).when(ask(day(8))).then_refused(UnknownFact)


@pytest.mark.parametrize("ask", [correct_welcome, correct_start, correct_withdrawal])
@pytest.mark.parametrize("on", [day(8), None])
def test_what_was_never_recorded_is_not_corrected(ask: Callable[[date | None], Ask], on: date | None) -> None:
    given(Pathway, requested()).when(ask(on)).then_refused(UnknownFact)


# --- dates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stood", "ask", "recorded"),
    [
        ([], ask_for_support, requested),
        ([requested()], welcome, welcomed),
        ([requested()], start, started),
        ([requested()], withdraw, withdrawn),
        ([requested()], correct_request, request_corrected),
        ([requested(), welcomed(day(8))], correct_welcome, welcome_corrected),
        ([requested(), started(day(15))], correct_start, start_corrected),
        ([requested(), withdrawn(day(20))], correct_withdrawal, withdrawal_corrected),
    ],
)
def test_what_happened_is_never_after_today(stood: list[Told], ask: Asking, recorded: Telling) -> None:
    event = given(Pathway, *stood).when(ask(TODAY)).then(recorded(TODAY))
    assert event.happened_on == TODAY
    given(Pathway, *stood).when(ask(TOMORROW)).then_refused(InTheFuture)


@pytest.mark.parametrize(
    ("stood", "ask", "recorded", "allowed", "refused"),
    [
        ([requested()], welcome, welcomed, day(6), day(5)),
        ([requested(), started(day(15))], welcome, welcomed, day(15), day(16)),
        ([requested()], start, started, day(6), day(5)),
        ([requested(), welcomed(day(8))], start, started, day(8), day(7)),
        ([requested()], withdraw, withdrawn, day(6), day(5)),
        ([requested(), welcomed(day(8))], correct_request, request_corrected, day(8), day(9)),
        ([requested(), started(day(15))], correct_request, request_corrected, day(15), day(16)),
        ([requested(), withdrawn(day(20))], correct_request, request_corrected, day(20), day(21)),
        ([requested(), welcomed(day(8))], correct_welcome, welcome_corrected, day(6), day(5)),
        ([requested(), welcomed(day(8)), started(day(15))], correct_welcome, welcome_corrected, day(15), day(16)),
        ([requested(), started(day(15))], correct_start, start_corrected, day(6), day(5)),
        ([requested(), welcomed(day(8)), started(day(15))], correct_start, start_corrected, day(8), day(7)),
        ([requested(), started(day(15))], correct_start_after_exit_on_31, start_corrected, day(31), date(2025, 2, 1)),
        ([requested(), withdrawn(day(20))], correct_withdrawal, withdrawal_corrected, day(6), day(5)),
    ],
)
def test_one_day_may_hold_both_but_the_order_does_not_turn(
    stood: list[Told], ask: Asking, recorded: Telling, allowed: date, refused: date
) -> None:
    given(Pathway, *stood).when(ask(allowed)).then(recorded(allowed))
    given(Pathway, *stood).when(ask(refused)).then_refused(DatesOutOfOrder)


def test_a_start_is_accepted_where_nobody_knows_of_a_welcome() -> None:
    given(Pathway, requested()).when(start(day(15))).then(started(day(15)))
    given(Pathway, requested(), welcomed(day(8)), started(day(15))).when(correct_welcome(None)).then(
        welcome_corrected(None)
    )


def test_welcome_and_withdrawal_may_come_in_either_order() -> None:
    given(Pathway, requested(), welcomed(day(8))).when(withdraw(day(7))).then(withdrawn(day(7)))
    given(Pathway, requested(), withdrawn(day(7))).when(welcome(day(8))).then(welcomed(day(8)))


# --- a withdrawal ends a request, an exit ends support ------------------------------------------------------


def test_who_has_started_does_not_withdraw() -> None:
    given(Pathway, requested(), started(day(15))).when(withdraw(day(20))).then_refused(StartedAndWithdrawn)
    given(Pathway, requested(), withdrawn(day(10)), withdrawal_corrected(None), started(day(15))).when(
        correct_withdrawal(day(10))
    ).then_refused(StartedAndWithdrawn)


def test_who_has_withdrawn_does_not_start() -> None:
    given(Pathway, requested(), withdrawn(day(10))).when(start(day(15))).then_refused(StartedAndWithdrawn)
    given(Pathway, requested(), started(day(15)), start_corrected(None), withdrawn(day(20))).when(
        correct_start(day(15))
    ).then_refused(StartedAndWithdrawn)


def test_once_the_other_was_taken_back_it_is_possible() -> None:
    given(Pathway, requested(), withdrawn(day(10)), withdrawal_corrected(None)).when(start(day(15))).then(
        started(day(15))
    )
    given(Pathway, requested(), started(day(15)), start_corrected(None)).when(withdraw(day(20))).then(
        withdrawn(day(20))
    )


def test_the_start_of_who_has_left_is_not_taken_back() -> None:
    stood = requested(), started(day(15))
    given(Pathway, *stood).when(correct_start(None, exited_on=day(31))).then_refused(DatesOutOfOrder)
    given(Pathway, *stood).when(correct_start(None, exited_on=None)).then(start_corrected(None))


# --- asking again, and correcting ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stood", "again", "otherwise"),
    [
        ([requested()], ask_for_support(), ask_for_support(day(7))),
        ([requested()], ask_for_support(), ask_for_support(birth_year=1980)),
        ([requested(), welcomed(day(8))], welcome(day(8)), welcome(day(9))),
        ([requested(), started(day(15))], start(day(15)), start(day(16))),
        ([requested(), withdrawn(day(20))], withdraw(day(20)), withdraw(day(21))),
    ],
)
def test_the_same_again_is_no_news_and_something_else_is_a_correction(
    stood: list[Told], again: Ask, otherwise: Ask
) -> None:
    given(Pathway, *stood).when(again).then_nothing()
    given(Pathway, *stood).when(otherwise).then_refused(AlreadyRecorded)


@pytest.mark.parametrize(
    ("stood", "first", "now"),
    [
        ([requested(), request_corrected(day(7))], ask_for_support(), ask_for_support(day(7))),
        ([requested(), welcomed(day(8)), welcome_corrected(day(9))], welcome(day(8)), welcome(day(9))),
        ([requested(), started(day(15)), start_corrected(day(16))], start(day(15)), start(day(16))),
        ([requested(), withdrawn(day(20)), withdrawal_corrected(day(21))], withdraw(day(20)), withdraw(day(21))),
    ],
)
def test_after_a_correction_the_same_is_what_now_stands(stood: list[Told], first: Ask, now: Ask) -> None:
    given(Pathway, *stood).when(first).then_refused(AlreadyRecorded)
    given(Pathway, *stood).when(now).then_nothing()


def test_a_correction_carries_the_whole_request() -> None:
    stood = requested(birth_year=1980, sex=Sex.FEMALE)
    given(Pathway, stood).when(correct_request(birth_year=1981)).then(request_corrected(birth_year=1981))


def test_a_request_may_turn_out_to_be_another_persons() -> None:
    stood = requested(birth_year=1980, sex=Sex.FEMALE), welcomed(day(8))
    given(Pathway, *stood).when(lambda pathway: pathway.move_to_person(UUID(int=2), TODAY)).then(
        request_corrected(birth_year=1980, sex=Sex.FEMALE, person=2)
    )
    given(Pathway, *stood).when(lambda pathway: pathway.move_to_person(UUID(int=1), TODAY)).then_nothing()
    given(Pathway).when(lambda pathway: pathway.move_to_person(UUID(int=2), TODAY)).then_refused(UnknownFact)


@pytest.mark.parametrize(
    ("stood", "correct", "recorded"),
    [
        ([requested(), welcomed(day(8))], correct_welcome, welcome_corrected),
        ([requested(), started(day(8))], correct_start, start_corrected),
        ([requested(), withdrawn(day(8))], correct_withdrawal, withdrawal_corrected),
    ],
)
def test_a_correction_names_another_day_or_none(
    stood: list[Told], correct: Callable[[date | None], Ask], recorded: Callable[[date | None], Told]
) -> None:
    given(Pathway, *stood).when(correct(day(9))).then(recorded(day(9)))
    assert given(Pathway, *stood).when(correct(None)).then(recorded(None)).happened_on is None


@pytest.mark.parametrize(
    ("stood", "correct"),
    [
        ([requested(birth_year=1980)], correct_request(birth_year=1980)),
        ([requested(), welcomed(day(8))], correct_welcome(day(8))),
        ([requested(), welcomed(day(8)), welcome_corrected(None)], correct_welcome(None)),
        ([requested(), started(day(15))], correct_start(day(15))),
        ([requested(), started(day(15)), start_corrected(None)], correct_start(None)),
        ([requested(), withdrawn(day(20))], correct_withdrawal(day(20))),
        ([requested(), withdrawn(day(20)), withdrawal_corrected(None)], correct_withdrawal(None)),
    ],
)
def test_a_correction_to_what_stands_is_no_news(stood: list[Told], correct: Ask) -> None:
    given(Pathway, *stood).when(correct).then_nothing()


@pytest.mark.parametrize(
    ("stood", "ask", "recorded"),
    [
        ([requested(), welcomed(day(8)), welcome_corrected(None)], welcome, welcomed),
        ([requested(), started(day(8)), start_corrected(None)], start, started),
        ([requested(), withdrawn(day(8)), withdrawal_corrected(None)], withdraw, withdrawn),
    ],
)
def test_what_was_taken_back_may_happen_after_all(stood: list[Told], ask: Asking, recorded: Telling) -> None:
    given(Pathway, *stood).when(ask(day(9))).then(recorded(day(9)))


# --- imports ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "of", "first", "corrected"),
    [
        ([], lambda p: p.request, Pathway.PathwayRequested, Pathway.RequestCorrected),
        ([requested()], lambda p: p.welcome, Pathway.PathwayWelcomed, Pathway.WelcomeCorrected),
        ([requested()], lambda p: p.start, Pathway.SupportStarted, Pathway.StartCorrected),
        ([requested()], lambda p: p.withdrawal, Pathway.PathwayWithdrawn, Pathway.WithdrawalCorrected),
    ],
)
def test_an_import_tells_what_is_to_stand_and_what_its_file_said(
    before: list[Told], of: Callable[[Pathway], Any], first: type[Aggregate.Event], corrected: type[Aggregate.Event]
) -> None:
    one, other = (Dated(day(8)), Dated(day(9))) if before else (request(), request(sex=Sex.MALE))
    given(Pathway, *before).when(lambda pathway: of(pathway).take(one, one)).then(told(first, one, imported=one))
    given(Pathway, *before, told(first, one)).when(lambda pathway: of(pathway).take(one, other)).then(
        told(corrected, one, imported=other)
    )


# --- structures ---------------------------------------------------------------------------------------------

FILE, RENAMED = StructureFile("s01", "Les Tilleuls", "69"), StructureFile("s01", "Les Érables", "69")
REGISTERED = told(Structure.StructureRegistered, FILE)


def test_a_structure_is_registered_once() -> None:
    assert given(Structure).when(lambda s: s.register(FILE)).then(REGISTERED).happened_on is None
    given(Structure, REGISTERED).when(lambda s: s.register(FILE)).then_nothing()
    given(Structure, REGISTERED).when(lambda s: s.register(RENAMED)).then_refused(AlreadyRecorded)


def test_a_structure_is_corrected() -> None:
    given(Structure).when(lambda s: s.correct(FILE)).then_refused(UnknownFact)
    given(Structure, REGISTERED).when(lambda s: s.correct(FILE)).then_nothing()
    corrected = told(Structure.StructureCorrected, RENAMED)
    given(Structure, REGISTERED).when(lambda s: s.correct(RENAMED)).then(corrected)
    given(Structure, REGISTERED, corrected).when(lambda s: s.register(FILE)).then_refused(AlreadyRecorded)


def test_an_import_registers_or_corrects_a_structure() -> None:
    given(Structure).when(lambda s: s.file.take(FILE, FILE)).then(
        told(Structure.StructureRegistered, FILE, imported=FILE)
    )
    given(Structure, REGISTERED).when(lambda s: s.file.take(RENAMED, FILE)).then(
        told(Structure.StructureCorrected, RENAMED, imported=FILE)
    )


# --- persons ------------------------------------------------------------------------------------------------

ANNA = Identity(Sealed("Anna"))
ANNA_DIAS = Identity(Sealed("Anna"), Sealed("Dias"), Sealed("1980-02-29"), phone=Sealed("0600000007"), language="pt")
IDENTIFIED, IDENTITY_CORRECTED = told(Person.PersonIdentified, ANNA), told(Person.IdentityCorrected, ANNA_DIAS)
MERGED = told(Person.PersonMerged, UUID(int=8))


def identify(identity: Identity) -> Ask:
    return lambda person: person.identify(identity)


def merge_into(number: int, *, who_is_alone: bool = True) -> Ask:
    other = Person.blank(UUID(int=number))
    if not who_is_alone:
        other.merge_into(Person.blank(UUID(int=99)))
    return lambda person: person.merge_into(other)


@pytest.mark.parametrize("identity", [ANNA, ANNA_DIAS])
def test_something_to_call_a_person_by_is_enough(identity: Identity) -> None:
    assert given(Person).when(identify(identity)).then(told(Person.PersonIdentified, identity)).happened_on is None
    given(Person).when(lambda person: person.known_identity()).then_refused(UnknownFact)


def test_who_is_identified_already_is_corrected() -> None:
    given(Person, IDENTIFIED).when(identify(ANNA)).then_nothing()
    given(Person, IDENTIFIED).when(identify(ANNA_DIAS)).then(IDENTITY_CORRECTED)
    given(Person, IDENTIFIED, IDENTITY_CORRECTED).when(identify(ANNA_DIAS)).then_nothing()
    given(Person, IDENTIFIED, IDENTITY_CORRECTED).when(identify(ANNA)).then(told(Person.IdentityCorrected, ANNA))
    assert given(Person, IDENTIFIED, IDENTITY_CORRECTED).aggregate.known_identity() == ANNA_DIAS


@pytest.mark.parametrize("stood", [[], [IDENTIFIED]], ids=["not identified", "identified"])
def test_two_persons_may_turn_out_to_be_one(stood: list[Told]) -> None:
    given(Person, *stood).when(merge_into(8)).then(MERGED)
    given(Person, *stood, MERGED).when(merge_into(8)).then_nothing()


def test_who_was_merged_is_changed_in_the_other() -> None:
    given(Person, IDENTIFIED, MERGED).when(identify(ANNA_DIAS)).then_refused(AlreadyMerged)
    given(Person, IDENTIFIED, MERGED).when(merge_into(9)).then_refused(AlreadyMerged)
    given(Person, IDENTIFIED).when(merge_into(8, who_is_alone=False)).then_refused(AlreadyMerged)


def test_nobody_is_merged_with_themselves() -> None:
    itself = given(Person, IDENTIFIED)
    itself.when(merge_into(itself.aggregate.id.int)).then_refused(MergedWithItself)


def test_a_refusal_is_answered_under_the_name_of_its_rule() -> None:
    assert StartedAndWithdrawn().code == "started-and-withdrawn"


def test_the_age_band_follows_whichever_of_the_year_and_the_day_changed() -> None:
    corrected = replace(request(birth_year=1970), requested_on=date(2024, 1, 1))
    assert with_age(corrected) == request(date(2024, 1, 1), birth_year=1970)
    assert with_age(request()).age == "unknown"
