"""The rules of retention, a sentence each."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.intake.domain import ArchiveReason, Dated, LastContact, Pathway, Retention, request_for_support
from services.intake.domain.retention import Announcement, Archived, Due, NotArchived, Reading, Step, next_step
from shared.kernel.clock import day_in_paris
from tests.sentences import Told, given, told

CONTACT = date(2024, 3, 10)
TWO_YEARS, NEXT_DAY = date(2026, 3, 10), date(2026, 3, 11)
THREE_MONTHS, A_YEAR = date(2026, 6, 11), date(2027, 6, 11)

ANNOUNCED = told(Retention.RetentionAnnounced, Announcement(NEXT_DAY, CONTACT))
ARCHIVED = told(Retention.PersonArchived, THREE_MONTHS)


def follow(today: date, contact: date | None = CONTACT, imported: bool = False) -> Callable[[Any], object]:
    last = None if contact is None else LastContact(contact, imported)
    return lambda retention: retention.follow(last, today)


# Announced


def test_a_file_is_announced_two_years_after_the_last_contact_and_no_day_before() -> None:
    given(Retention).when(follow(date(2026, 3, 9))).then_nothing()
    given(Retention).when(follow(TWO_YEARS)).then(told(Retention.RetentionAnnounced, Announcement(TWO_YEARS, CONTACT)))
    given(Retention).when(follow(NEXT_DAY)).then(ANNOUNCED)


@pytest.mark.parametrize(
    ("contact", "due"),
    [
        (date(2024, 2, 29), date(2026, 2, 28)),
        (date(2022, 2, 28), date(2024, 2, 28)),
        (date(2026, 12, 31), date(2028, 12, 31)),
    ],
)
def test_a_day_that_the_month_lacks_is_its_last(contact: date, due: date) -> None:
    assert next_step(LastContact(contact), None, None) == Due(Step.ANNOUNCE, due)


def test_imported_contacts_are_announced_too() -> None:
    given(Retention).when(follow(NEXT_DAY, imported=True)).then(ANNOUNCED)


def test_of_whom_no_contact_is_known_nothing_is_ever_due() -> None:
    given(Retention).when(follow(date(2999, 1, 1), contact=None)).then_nothing()
    given(Retention, ANNOUNCED).when(follow(date(2999, 1, 1), contact=None)).then_nothing()


def test_announced_again_on_the_same_day_is_no_news() -> None:
    given(Retention, ANNOUNCED).when(follow(NEXT_DAY)).then_nothing()


# Archived


def test_a_file_is_archived_three_months_after_it_was_announced_and_no_day_before() -> None:
    given(Retention, ANNOUNCED).when(follow(date(2026, 6, 10))).then_nothing()
    given(Retention, ANNOUNCED).when(follow(THREE_MONTHS)).then(ARCHIVED)


def test_who_was_announced_late_has_three_months_all_the_same() -> None:
    late = told(Retention.RetentionAnnounced, Announcement(date(2030, 1, 1), CONTACT))
    given(Retention, late).when(follow(date(2030, 3, 31))).then_nothing()
    given(Retention, late).when(follow(date(2030, 4, 1))).then(told(Retention.PersonArchived, date(2030, 4, 1)))


def test_who_was_only_imported_is_never_archived_nor_erased() -> None:
    given(Retention, ANNOUNCED).when(follow(date(2999, 1, 1), imported=True)).then_nothing()
    given(Retention, ANNOUNCED, ARCHIVED).when(follow(date(2999, 1, 1), imported=True)).then_nothing()
    assert next_step(LastContact(CONTACT, True), ANNOUNCED.fields["fact"], THREE_MONTHS) is None


def test_a_contact_corrected_to_earlier_changes_nothing_of_what_was_announced() -> None:
    given(Retention, ANNOUNCED).when(follow(date(2026, 6, 10), contact=date(2023, 1, 1))).then_nothing()
    given(Retention, ANNOUNCED).when(follow(THREE_MONTHS, contact=date(2023, 1, 1))).then(ARCHIVED)


# Erased


@pytest.mark.parametrize(("today", "step"), [(date(2027, 6, 10), None), (A_YEAR, Step.ERASE)])
def test_a_file_is_to_be_erased_a_year_after_it_was_archived_and_no_day_before(today: date, step: Step | None) -> None:
    retention = given(Retention, ANNOUNCED, ARCHIVED).aggregate
    assert retention.due(LastContact(CONTACT), today) == step


def test_that_somebody_is_to_be_erased_is_not_recorded() -> None:
    given(Retention, ANNOUNCED, ARCHIVED).when(follow(A_YEAR)).then_nothing()


# Met again


@pytest.mark.parametrize("stood", [[ANNOUNCED], [ANNOUNCED, ARCHIVED]])
def test_a_later_contact_takes_an_announced_or_archived_file_back(stood: list[Told]) -> None:
    back = told(Retention.PersonReactivated, A_YEAR)
    given(Retention, *stood).when(follow(A_YEAR, contact=date(2024, 3, 11))).then(back)
    given(Retention, *stood).when(follow(A_YEAR, contact=date(2024, 3, 11), imported=True)).then(back)


def test_from_then_on_it_counts_anew() -> None:
    stood = (ANNOUNCED, ARCHIVED, told(Retention.PersonReactivated, A_YEAR))
    given(Retention, *stood).when(follow(date(2029, 6, 10), contact=A_YEAR)).then_nothing()
    again = Announcement(date(2029, 6, 11), A_YEAR)
    given(Retention, *stood).when(follow(date(2029, 6, 11), contact=A_YEAR)).then(
        told(Retention.RetentionAnnounced, again)
    )


@pytest.mark.parametrize("stood", [[ANNOUNCED], [ANNOUNCED, ARCHIVED]])
def test_who_asks_for_support_again_is_taken_back_whatever_the_day_of_the_request(stood: list[Told]) -> None:
    given(Retention, *stood).when(lambda r: r.take_back(A_YEAR)).then(told(Retention.PersonReactivated, A_YEAR))


def test_an_active_file_is_not_taken_back() -> None:
    given(Retention).when(lambda r: r.take_back(A_YEAR)).then_nothing()


# Reading


def test_reading_an_archived_file_is_recorded_each_time() -> None:
    read = told(Retention.ArchiveRead, Reading(A_YEAR, "s01", ArchiveReason.LEGAL_CLAIM))
    for stood in ((ANNOUNCED, ARCHIVED), (ANNOUNCED, ARCHIVED, read)):
        given(Retention, *stood).when(lambda r: r.read("s01", ArchiveReason.LEGAL_CLAIM, A_YEAR)).then(read)


@pytest.mark.parametrize("stood", [[], [ANNOUNCED], [ANNOUNCED, ARCHIVED, told(Retention.PersonReactivated, A_YEAR)]])
def test_an_open_file_is_not_read_as_an_archive(stood: list[Told]) -> None:
    given(Retention, *stood).when(lambda r: r.read("s01", ArchiveReason.INSPECTION, A_YEAR)).then_refused(NotArchived)


def test_only_an_archived_file_is_closed() -> None:
    given(Retention, ANNOUNCED).when(lambda r: r.must_be_open()).then_nothing()
    given(Retention, ANNOUNCED, ARCHIVED).when(lambda r: r.must_be_open()).then_refused(Archived)
    assert Archived("").code == "archived"


# The pathways

PERSON, OTHER = UUID(int=1), UUID(int=2)
REQUEST = request_for_support(CONTACT, None, structure="s01", person=PERSON)
REQUESTED = told(Pathway.PathwayRequested, REQUEST)
PATHWAY_ARCHIVED = told(Pathway.PathwayArchived, THREE_MONTHS)


def test_a_pathway_is_archived_once_and_reactivated_once() -> None:
    given(Pathway, REQUESTED).when(lambda p: p.archive(PERSON, THREE_MONTHS)).then(PATHWAY_ARCHIVED)
    archived = (REQUESTED, PATHWAY_ARCHIVED)
    given(Pathway, *archived).when(lambda p: p.archive(PERSON, A_YEAR)).then_nothing()
    back = told(Pathway.PathwayReactivated, A_YEAR)
    given(Pathway, *archived).when(lambda p: p.reactivate(PERSON, A_YEAR)).then(back)
    given(Pathway, *archived, back).when(lambda p: p.reactivate(PERSON, A_YEAR)).then_nothing()
    given(Pathway, REQUESTED).when(lambda p: p.reactivate(PERSON, A_YEAR)).then_nothing()


def test_a_pathway_that_is_another_persons_by_now_is_left_alone() -> None:
    given(Pathway, REQUESTED).when(lambda p: p.archive(OTHER, THREE_MONTHS)).then_nothing()
    given(Pathway, REQUESTED, PATHWAY_ARCHIVED).when(lambda p: p.reactivate(OTHER, A_YEAR)).then_nothing()
    given(Pathway).when(lambda p: p.archive(PERSON, THREE_MONTHS)).then_nothing()


@pytest.mark.parametrize(
    "ask",
    [
        lambda p: p.welcome_person(CONTACT, A_YEAR),
        lambda p: p.start_support(CONTACT, A_YEAR),
        lambda p: p.withdraw(CONTACT, A_YEAR),
        lambda p: p.correct_request(REQUEST, A_YEAR),
        lambda p: p.correct_welcome(None, A_YEAR),
        lambda p: p.correct_start(None, None, A_YEAR),
        lambda p: p.correct_withdrawal(None, A_YEAR),
        lambda p: p.move_to_person(OTHER, A_YEAR),
    ],
)
def test_nothing_is_recorded_of_an_archived_pathway_until_it_is_open_again(ask: Callable[[Any], object]) -> None:
    facts = [
        told(event, Dated(CONTACT))
        for event in (Pathway.PathwayWelcomed, Pathway.StartCorrected, Pathway.WithdrawalCorrected)
    ]
    given(Pathway, REQUESTED, *facts, PATHWAY_ARCHIVED).when(ask).then_refused(Archived)
    again = given(Pathway, REQUESTED, PATHWAY_ARCHIVED, told(Pathway.PathwayReactivated, A_YEAR))
    again.when(lambda p: p.welcome_person(CONTACT, A_YEAR)).then(told(Pathway.PathwayWelcomed, Dated(CONTACT)))


def test_the_same_request_asked_again_is_no_news_of_an_archived_pathway() -> None:
    asked = given(Pathway, REQUESTED, PATHWAY_ARCHIVED)
    asked.when(lambda p: p.ask_for_support(REQUEST, A_YEAR)).then_nothing()


# Which day it is


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 9, 22, 59, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2026, 3, 9, 23, 0, tzinfo=UTC), TWO_YEARS),
        (datetime(2026, 7, 9, 21, 59, tzinfo=UTC), date(2026, 7, 9)),
        (datetime(2026, 7, 9, 22, 0, tzinfo=UTC), date(2026, 7, 10)),
    ],
)
def test_the_day_begins_at_midnight_in_paris(moment: datetime, day: date) -> None:
    assert day_in_paris(moment) == day
