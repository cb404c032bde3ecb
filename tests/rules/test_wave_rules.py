"""The rules of waves: a capacity, one structure of a département, and what comes before what."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.intake.domain import CAPACITY, Selection, Wave, WavePlan
from services.intake.domain.wave import (
    AlreadyLaunched,
    CapacityTooSmall,
    ClosedTooEarly,
    DepartmentTaken,
    LaunchedBeforeSelection,
    NotSelected,
    SelectedBeforeOpening,
    SelectedBeforeWithdrawal,
    UnknownWave,
    WaveClosed,
    WaveFull,
    WithdrawnBeforeSelection,
)
from shared.language.rules import AlreadyRecorded, InTheFuture, RuleBroken
from tests.sentences import Told, given, told

TODAY, LATER = date(2025, 6, 30), date(2025, 7, 1)
KEY = UUID(int=1)
PLAN = WavePlan("Vague 1", date(2025, 1, 6))
OPENED = told(Wave.WaveOpened, PLAN, key=KEY)
SELECTION = Selection("s01", "69", date(2025, 2, 3))
SELECTED = told(Wave.StructureSelected, SELECTION, key=KEY)
WITHDRAWN = told(Wave.StructureSelectionWithdrawn, replace(SELECTION, withdrawn_on=date(2025, 3, 3)), key=KEY)
LAUNCHED = told(Wave.StructureLaunched, replace(SELECTION, launched_on=date(2025, 3, 3)), key=KEY)
CLOSED = told(Wave.WaveClosed, replace(PLAN, closed_on=date(2025, 4, 1)), key=KEY)


def selected(structure: str, department: str, on: date = SELECTION.selected_on) -> Told:
    return told(Wave.StructureSelected, Selection(structure, department, on), key=KEY)


def full() -> list[Told]:
    return [selected(f"s{number}", str(number)) for number in range(11, 11 + CAPACITY)]


# The wave


def test_a_wave_has_nine_places_unless_it_says_otherwise() -> None:
    assert PLAN.capacity == 9
    opened = given(Wave).when(lambda w: w.open(KEY, PLAN, TODAY)).then(OPENED)
    assert opened.happened_on == PLAN.opened_on
    small = replace(PLAN, capacity=1)
    given(Wave).when(lambda w: w.open(KEY, small, TODAY)).then(told(Wave.WaveOpened, small, key=KEY))


@pytest.mark.parametrize(
    ("change", "rule"), [({"capacity": 0}, CapacityTooSmall), ({"opened_on": LATER}, InTheFuture)], ids=str
)
def test_a_wave_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    plan = replace(PLAN, **change)
    given(Wave).when(lambda w: w.open(KEY, plan, TODAY)).then_refused(rule)
    given(Wave, OPENED).when(lambda w: w.correct(plan, TODAY)).then_refused(rule)


def test_opening_and_closing_twice_is_no_news() -> None:
    given(Wave, OPENED).when(lambda w: w.open(KEY, PLAN, TODAY)).then_nothing()
    given(Wave, OPENED, CLOSED).when(lambda w: w.open(KEY, PLAN, TODAY)).then_nothing()
    given(Wave, OPENED).when(lambda w: w.open(KEY, replace(PLAN, capacity=8), TODAY)).then_refused(AlreadyRecorded)
    given(Wave, OPENED, CLOSED).when(lambda w: w.close(date(2025, 4, 1), TODAY)).then_nothing()
    given(Wave, OPENED, CLOSED).when(lambda w: w.close(TODAY, TODAY)).then_refused(AlreadyRecorded)


def test_a_wave_is_closed_after_its_last_selection() -> None:
    closed = given(Wave, OPENED, SELECTED).when(lambda w: w.close(date(2025, 4, 1), TODAY)).then(CLOSED)
    assert closed.happened_on == date(2025, 4, 1)
    given(Wave, OPENED, SELECTED).when(lambda w: w.close(date(2025, 2, 2), TODAY)).then_refused(ClosedTooEarly)
    given(Wave, OPENED).when(lambda w: w.close(date(2025, 1, 5), TODAY)).then_refused(ClosedTooEarly)
    given(Wave, OPENED).when(lambda w: w.close(LATER, TODAY)).then_refused(InTheFuture)


def test_a_correction_carries_the_whole_wave() -> None:
    plan = replace(PLAN, title="Vague du Rhône", capacity=12)
    given(Wave, OPENED).when(lambda w: w.correct(plan, TODAY)).then(told(Wave.WaveCorrected, plan, key=KEY))
    given(Wave, OPENED).when(lambda w: w.correct(PLAN, TODAY)).then_nothing()
    given(Wave, OPENED, CLOSED).when(lambda w: w.correct(PLAN, TODAY)).then(told(Wave.WaveCorrected, PLAN, key=KEY))
    given(Wave, OPENED, *full()).when(lambda w: w.correct(replace(PLAN, capacity=8), TODAY)).then_refused(WaveFull)
    late = replace(PLAN, opened_on=date(2025, 2, 4))
    given(Wave, OPENED, SELECTED).when(lambda w: w.correct(late, TODAY)).then_refused(SelectedBeforeOpening)


def test_nothing_is_done_with_a_wave_that_nobody_opened() -> None:
    for ask in (
        lambda w: w.correct(PLAN, TODAY),
        lambda w: w.close(TODAY, TODAY),
        lambda w: w.select("s01", "69", TODAY, TODAY),
        lambda w: w.withdraw("s01", TODAY, TODAY),
        lambda w: w.launch("s01", TODAY, TODAY),
        lambda w: w.correct_selection("s01", TODAY, None, None, TODAY),
    ):
        given(Wave).when(ask).then_refused(UnknownWave)


# Selections


def select(structure: str = "s01", department: str = "69", on: date = SELECTION.selected_on) -> Any:
    return lambda wave: wave.select(structure, department, on, TODAY)


def test_a_structure_is_selected_once() -> None:
    assert given(Wave, OPENED).when(select()).then(SELECTED).happened_on == date(2025, 2, 3)
    given(Wave, OPENED, SELECTED).when(select()).then_nothing()
    given(Wave, OPENED, SELECTED, LAUNCHED, CLOSED).when(select()).then_nothing()
    given(Wave, OPENED, SELECTED).when(select(department="38")).then_nothing()
    given(Wave, OPENED, SELECTED).when(select(on=TODAY)).then_refused(AlreadyRecorded)


@pytest.mark.parametrize(
    ("on", "rule"), [(LATER, InTheFuture), (date(2025, 1, 5), SelectedBeforeOpening)], ids=lambda x: str(x)
)
def test_a_selection_is_refused_for_its_day(on: date, rule: type[RuleBroken]) -> None:
    given(Wave, OPENED).when(select(on=on)).then_refused(rule)
    given(Wave, OPENED, SELECTED).when(lambda w: w.correct_selection("s01", on, None, None, TODAY)).then_refused(rule)


def test_a_wave_has_no_more_structures_than_places() -> None:
    *eight, ninth = full()
    given(Wave, OPENED, *eight).when(select("s19", "19")).then(ninth)
    given(Wave, OPENED, *eight, ninth).when(select()).then_refused(WaveFull)
    one = told(Wave.WaveOpened, replace(PLAN, capacity=1), key=KEY)
    given(Wave, one, SELECTED).when(select("s02", "38")).then_refused(WaveFull)


def test_a_wave_has_one_structure_of_a_departement_and_says_which() -> None:
    refused = given(Wave, OPENED, SELECTED).when(select("s02"))
    refused.then_refused(DepartmentTaken)
    assert str(refused.refusal) == "département 69 is held by structure s01"
    given(Wave, OPENED, SELECTED).when(select("s02", "38")).then(selected("s02", "38"))


def test_nobody_is_selected_into_a_closed_wave() -> None:
    given(Wave, OPENED, CLOSED).when(select()).then_refused(WaveClosed)


# Withdrawal and launch


def test_a_withdrawal_frees_the_place_and_the_departement() -> None:
    answered = given(Wave, OPENED, SELECTED).when(lambda w: w.withdraw("s01", date(2025, 3, 3), TODAY))
    assert answered.then(WITHDRAWN).happened_on == date(2025, 3, 3)
    given(Wave, OPENED, SELECTED, WITHDRAWN).when(select("s02")).then(selected("s02", "69"))
    one = told(Wave.WaveOpened, replace(PLAN, capacity=1), key=KEY)
    given(Wave, one, SELECTED, WITHDRAWN).when(select("s02", "38")).then(selected("s02", "38"))
    given(Wave, OPENED, SELECTED, CLOSED).when(lambda w: w.withdraw("s01", date(2025, 3, 3), TODAY)).then(WITHDRAWN)


def test_who_withdrew_is_selected_again_later() -> None:
    again = date(2025, 3, 4)
    given(Wave, OPENED, SELECTED, WITHDRAWN).when(select(on=again)).then(selected("s01", "69", again))
    given(Wave, OPENED, SELECTED, WITHDRAWN).when(select()).then_refused(SelectedBeforeWithdrawal)
    other = selected("s02", "69", date(2025, 3, 3))
    refused = given(Wave, OPENED, SELECTED, WITHDRAWN, other).when(select(on=again))
    refused.then_refused(DepartmentTaken)
    assert "s02" in str(refused.refusal)


@pytest.mark.parametrize(
    ("history", "on", "rule"),
    [
        ((), TODAY, NotSelected),
        ((SELECTED,), LATER, InTheFuture),
        ((SELECTED,), date(2025, 2, 2), WithdrawnBeforeSelection),
        ((SELECTED, LAUNCHED), TODAY, AlreadyLaunched),
        ((SELECTED, WITHDRAWN), TODAY, AlreadyRecorded),
    ],
    ids=["not selected", "future", "before", "launched", "another day"],
)
def test_a_withdrawal_is_refused(history: tuple[Told, ...], on: date, rule: type[RuleBroken]) -> None:
    given(Wave, OPENED, *history).when(lambda w: w.withdraw("s01", on, TODAY)).then_refused(rule)


def test_only_a_selected_structure_is_launched() -> None:
    day = date(2025, 3, 3)
    assert given(Wave, OPENED, SELECTED).when(lambda w: w.launch("s01", day, TODAY)).then(LAUNCHED).happened_on == day
    given(Wave, OPENED, SELECTED, CLOSED).when(lambda w: w.launch("s01", day, TODAY)).then(LAUNCHED)
    given(Wave, OPENED).when(lambda w: w.launch("s01", day, TODAY)).then_refused(NotSelected)
    given(Wave, OPENED, SELECTED, WITHDRAWN).when(lambda w: w.launch("s01", day, TODAY)).then_refused(NotSelected)
    early = date(2025, 2, 2)
    given(Wave, OPENED, SELECTED).when(lambda w: w.launch("s01", early, TODAY)).then_refused(LaunchedBeforeSelection)
    given(Wave, OPENED, SELECTED).when(lambda w: w.launch("s01", LATER, TODAY)).then_refused(InTheFuture)


def test_withdrawing_or_launching_twice_is_no_news() -> None:
    day = date(2025, 3, 3)
    given(Wave, OPENED, SELECTED, WITHDRAWN).when(lambda w: w.withdraw("s01", day, TODAY)).then_nothing()
    given(Wave, OPENED, SELECTED, LAUNCHED).when(lambda w: w.launch("s01", day, TODAY)).then_nothing()
    given(Wave, OPENED, SELECTED, LAUNCHED).when(lambda w: w.launch("s01", TODAY, TODAY)).then_refused(AlreadyRecorded)


def test_a_correction_carries_the_whole_selection() -> None:
    day = SELECTION.selected_on

    def stands(wave: Wave) -> None:
        wave.correct_selection("s01", day, None, None, TODAY)

    back = told(Wave.StructureSelectionCorrected, SELECTION, key=KEY)
    given(Wave, OPENED, SELECTED).when(stands).then_nothing()
    given(Wave, OPENED).when(stands).then_refused(NotSelected)
    given(Wave, OPENED, SELECTED, LAUNCHED).when(stands).then(back)
    given(Wave, OPENED, SELECTED, WITHDRAWN).when(stands).then(back)
    given(Wave, OPENED, SELECTED, WITHDRAWN, *full()).when(stands).then_refused(WaveFull)
    given(Wave, OPENED, SELECTED, WITHDRAWN, selected("s02", "69")).when(stands).then_refused(DepartmentTaken)
    both = given(Wave, OPENED, SELECTED).when(lambda w: w.correct_selection("s01", day, day, day, TODAY))
    both.then_refused(AlreadyLaunched)
    late = given(Wave, OPENED, SELECTED, CLOSED).when(lambda w: w.correct_selection("s01", TODAY, None, None, TODAY))
    late.then_refused(ClosedTooEarly)
