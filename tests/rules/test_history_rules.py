"""The rules of one imported pathway, a sentence each: what is allowed and what is refused, in which words."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from shared.language.codes import (
    ActivityKind,
    ActivityStatus,
    Barrier,
    Contract,
    FollowUpMonth,
    FollowUpStatus,
    Intensity,
    Purpose,
    Situation,
)
from shared.language.history import ActivityRow, BarrierRow, DiagnosticRow, Dossier, ExitRow, FollowUpRow, PathwayRow
from shared.language.history_checks import problems_of

TODAY = date(2025, 6, 30)
TOMORROW = date(2025, 7, 1)
REQUESTED, WELCOMED, STARTED, EXITED = (date(2025, 1, day) for day in (6, 8, 15, 31))


def day(of_june: int) -> date:
    return date(2025, 6, of_june)


def pathway(
    *rows: DiagnosticRow | BarrierRow | ActivityRow | FollowUpRow, exit: ExitRow | None = None, **request: Any
) -> Dossier:
    """A pathway that was requested, welcomed and started in January 2025, with what is said otherwise."""
    dates = {"requested_on": REQUESTED, "welcomed_on": WELCOMED, "started_on": STARTED}
    return Dossier(
        pathway=uuid4(),
        request=PathwayRow(structure="s01", person=uuid4(), **(dates | request)),
        diagnostics=tuple(row for row in rows if isinstance(row, DiagnosticRow)),
        barriers=tuple(row for row in rows if isinstance(row, BarrierRow)),
        activities=tuple(row for row in rows if isinstance(row, ActivityRow)),
        exit=exit,
        followups=tuple(row for row in rows if isinstance(row, FollowUpRow)),
    )


LEFT = ExitRow(EXITED, Situation.UNEMPLOYED)
HIRED = ExitRow(EXITED, Situation.EMPLOYMENT, Contract.CDD, date(2025, 2, 3), date(2025, 8, 2))


def refused(dossier: Dossier) -> list[str]:
    """Each problem as `file[row].column: reason`."""
    return [f"{p.file}[{p.row}].{p.column}: {p.reason}" for p in problems_of(dossier, TODAY)]


def allowed(dossier: Dossier) -> bool:
    return problems_of(dossier, TODAY) == []


# --- the entrance -----------------------------------------------------------------------------------------


def test_all_but_the_request_may_be_unknown() -> None:
    assert allowed(pathway(welcomed_on=None, started_on=None))


def test_an_unknown_welcome_with_a_known_start_is_history() -> None:
    assert allowed(pathway(welcomed_on=None))


def test_everything_may_happen_on_one_day() -> None:
    exit = ExitRow(TODAY, Situation.UNKNOWN)
    asked = FollowUpRow(FollowUpMonth.THREE, TODAY, FollowUpStatus.REFUSED)
    assert allowed(pathway(asked, exit=exit, requested_on=TODAY, welcomed_on=TODAY, started_on=TODAY))


def test_nobody_is_welcomed_before_the_request() -> None:
    assert refused(pathway(welcomed_on=date(2025, 1, 5))) == [
        "pathways.csv[0].welcomed_on: 2025-01-05 is before requested_on 2025-01-06: "
        "requested ≤ welcomed ≤ started ≤ exited"
    ]


def test_nobody_starts_before_the_welcome() -> None:
    assert refused(pathway(started_on=date(2025, 1, 7))) == [
        "pathways.csv[0].started_on: 2025-01-07 is before welcomed_on 2025-01-08: "
        "requested ≤ welcomed ≤ started ≤ exited"
    ]


def test_nobody_starts_before_the_request_even_when_the_welcome_is_unknown_or_wrong() -> None:
    before = "2025-01-05 is before requested_on 2025-01-06: requested ≤ welcomed ≤ started ≤ exited"
    early = date(2025, 1, 5)
    assert refused(pathway(welcomed_on=None, started_on=early)) == [f"pathways.csv[0].started_on: {before}"]
    assert refused(pathway(welcomed_on=early, started_on=early)) == [
        f"pathways.csv[0].welcomed_on: {before}",
        f"pathways.csv[0].started_on: {before}",
    ]


def test_a_withdrawal_ends_a_request_that_was_welcomed_or_not() -> None:
    assert allowed(pathway(started_on=None, withdrawn_on=date(2025, 3, 1)))
    assert allowed(pathway(started_on=None, welcomed_on=None, withdrawn_on=REQUESTED))
    assert allowed(pathway(started_on=None, withdrawn_on=REQUESTED)), "the order of the two is not constrained"


def test_nobody_withdraws_before_the_request() -> None:
    assert refused(pathway(started_on=None, withdrawn_on=date(2025, 1, 5))) == [
        "pathways.csv[0].withdrawn_on: 2025-01-05 is before requested_on 2025-01-06: requested ≤ withdrawn"
    ]


def test_what_started_was_not_withdrawn() -> None:
    assert refused(pathway(withdrawn_on=date(2025, 3, 1))) == [
        "pathways.csv[0].withdrawn_on: withdrawn on 2025-03-01 and started on 2025-01-15: "
        "after the start, leaving is an exit"
    ]


def test_a_birth_lies_between_1900_and_the_year_of_the_request() -> None:
    assert allowed(pathway(birth_year=1900))
    assert allowed(pathway(birth_year=2025))
    reason = "is not between 1900 and the year of the request, 2025"
    assert refused(pathway(birth_year=1899)) == [f"pathways.csv[0].birth_year: 1899 {reason}"]
    assert refused(pathway(birth_year=2026)) == [f"pathways.csv[0].birth_year: 2026 {reason}"]


def test_months_of_unemployment_are_between_none_and_a_hundred_years() -> None:
    assert allowed(pathway(unemployment_months=0))
    assert allowed(pathway(unemployment_months=1200))
    for months in (-1, 1201):
        reason = f"pathways.csv[0].unemployment_months: {months} is not between 0 and 1200"
        assert refused(pathway(unemployment_months=months)) == [reason]


# --- what happened is never in the future -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "dossier"),
    [
        ("pathways.csv[0].requested_on", pathway(requested_on=TOMORROW, welcomed_on=None, started_on=None)),
        ("pathways.csv[0].welcomed_on", pathway(welcomed_on=TOMORROW, started_on=None)),
        ("pathways.csv[0].started_on", pathway(started_on=TOMORROW)),
        ("pathways.csv[0].withdrawn_on", pathway(withdrawn_on=TOMORROW, started_on=None)),
        ("diagnostics.csv[0].completed_on", pathway(DiagnosticRow(TOMORROW, Purpose.ENTRY))),
        (
            "diagnostics.csv[0].plan_agreed_on",
            pathway(DiagnosticRow(TODAY, Purpose.ENTRY, plan_agreed_on=TOMORROW)),
        ),
        ("barriers.csv[0].assessed_on", pathway(BarrierRow(TOMORROW, Barrier.MOBILITY, Intensity.LOW))),
        (
            "activities.csv[0].ended_on",
            pathway(ActivityRow(ActivityKind.TRAINING, TODAY, TOMORROW, ActivityStatus.PARTIAL, Decimal(7))),
        ),
        ("exits.csv[0].exited_on", pathway(exit=ExitRow(TOMORROW, Situation.MOVED))),
        (
            "followups.csv[0].asked_on",
            pathway(FollowUpRow(FollowUpMonth.SIX, TOMORROW, FollowUpStatus.REFUSED), exit=LEFT),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_happened_is_never_after_today(place: str, dossier: Dossier) -> None:
    reason = "2025-07-01 is after today, 2025-06-30: what happened is never in the future"
    assert refused(dossier) == [f"{place}: {reason}"]
    assert problems_of(dossier, TOMORROW) == [], "and it is accepted once its day has come"


@pytest.mark.parametrize("status", ActivityStatus)
def test_an_activity_has_taken_place_whatever_its_status(status: ActivityStatus) -> None:
    row = ActivityRow(ActivityKind.WORKSHOP, TOMORROW, TOMORROW, status, Decimal(3))
    assert [problem.column for problem in problems_of(pathway(row), TODAY)] == ["started_on", "ended_on"]


def test_the_terms_of_a_contract_are_planned() -> None:
    later = replace(HIRED, contract_start=date(2025, 9, 1), contract_end=date(2026, 2, 28))
    assert allowed(pathway(exit=later))


# --- diagnostics and barriers -----------------------------------------------------------------------------


def test_an_assessment_may_precede_the_start_and_follow_the_exit() -> None:
    before, after = date(2024, 12, 1), day(1)
    diagnostics = [DiagnosticRow(before, Purpose.ENTRY, 0), DiagnosticRow(after, Purpose.EXIT, 10)]
    barriers = [BarrierRow(on, Barrier.HEALTH, Intensity.HIGH) for on in (before, after)]
    assert allowed(pathway(*diagnostics, *barriers, exit=LEFT))


def test_remobilisation_is_scored_from_0_to_10() -> None:
    assert allowed(pathway(DiagnosticRow(day(1), Purpose.ENTRY, 0), DiagnosticRow(day(2), Purpose.EXIT, 10)))
    rows = [DiagnosticRow(day(1), Purpose.ENTRY, -1), DiagnosticRow(day(2), Purpose.EXIT, 11)]
    assert refused(pathway(*rows)) == [
        "diagnostics.csv[0].remobilisation: -1 is not between 0 and 10",
        "diagnostics.csv[1].remobilisation: 11 is not between 0 and 10",
    ]


def test_one_diagnostic_a_day_and_purpose() -> None:
    rows = [DiagnosticRow(day(1), Purpose.ENTRY, 3), DiagnosticRow(day(1), Purpose.INTERIM, 3)]
    assert allowed(pathway(*rows, DiagnosticRow(day(2), Purpose.ENTRY)))
    assert refused(pathway(*rows, DiagnosticRow(day(1), Purpose.ENTRY, 4))) == [
        "diagnostics.csv[2].completed_on: a second row of this pathway with completed_on 2025-06-01, purpose entry"
    ]


def test_one_assessment_a_day_and_domain() -> None:
    rows = [
        BarrierRow(day(1), Barrier.HOUSING, Intensity.HIGH),
        BarrierRow(day(1), Barrier.FAMILY, Intensity.HIGH),
    ]
    assert allowed(pathway(*rows, BarrierRow(day(2), Barrier.HOUSING, Intensity.NONE)))
    assert refused(pathway(*rows, BarrierRow(day(1), Barrier.HOUSING, Intensity.NONE))) == [
        "barriers.csv[2].assessed_on: a second row of this pathway with assessed_on 2025-06-01, domain housing"
    ]


# --- activities -------------------------------------------------------------------------------------------

SESSION = ActivityRow(ActivityKind.WORKSHOP, day(2), day(2), ActivityStatus.COMPLETED, Decimal("3.5"))


def test_an_activity_ends_on_its_first_day_or_later() -> None:
    assert allowed(pathway(SESSION, replace(SESSION, ended_on=day(3))))
    assert refused(pathway(SESSION, replace(SESSION, ended_on=day(1)))) == [
        "activities.csv[1].ended_on: 2025-06-01 is before started_on 2025-06-02"
    ]


@pytest.mark.parametrize("status", [ActivityStatus.COMPLETED, ActivityStatus.PARTIAL])
def test_hours_are_required_of_what_was_attended(status: ActivityStatus) -> None:
    assert allowed(pathway(replace(SESSION, status=status, hours=Decimal(0))))
    assert refused(pathway(replace(SESSION, status=status, hours=None))) == [
        f"activities.csv[0].hours: required, as the status is {status}: only a no_show may leave it empty"
    ]


def test_hours_are_optional_for_a_no_show() -> None:
    missed = replace(SESSION, status=ActivityStatus.NO_SHOW)
    assert allowed(pathway(missed, replace(missed, hours=None)))


@pytest.mark.parametrize("hours", ["-0.5", "5000.01", "NaN", "Infinity"])
def test_hours_are_plausible(hours: str) -> None:
    assert allowed(pathway(replace(SESSION, hours=Decimal(5000))))
    assert refused(pathway(replace(SESSION, hours=Decimal(hours)))) == [
        f"activities.csv[0].hours: {hours} is not between 0 and 5000"
    ]


def test_identical_activities_are_told_apart_by_their_number() -> None:
    assert allowed(pathway(SESSION, replace(SESSION, number=2), replace(SESSION, number=3)))
    assert refused(pathway(SESSION, SESSION)) == [
        "activities.csv[1].kind: a second row of this pathway with kind workshop, started_on 2025-06-02, "
        "ended_on 2025-06-02, status completed, hours 3.5, number 1"
    ]


# --- the exit ---------------------------------------------------------------------------------------------


def test_an_exit_needs_a_start() -> None:
    assert allowed(pathway(exit=LEFT))
    assert refused(pathway(exit=LEFT, started_on=None)) == [
        "exits.csv[0].exited_on: exited on 2025-01-31, but the pathway never started: an exit needs a start"
    ]


def test_nobody_leaves_before_the_start() -> None:
    assert allowed(pathway(exit=replace(LEFT, exited_on=STARTED)))
    assert refused(pathway(exit=replace(LEFT, exited_on=date(2025, 1, 14)))) == [
        "exits.csv[0].exited_on: 2025-01-14 is before started_on 2025-01-15: requested ≤ welcomed ≤ started ≤ exited"
    ]


def test_a_contract_may_stand_with_any_situation_and_be_unknown() -> None:
    assert allowed(pathway(exit=HIRED))
    assert allowed(pathway(exit=ExitRow(EXITED, Situation.EMPLOYMENT))), "its contract may be unknown"
    assert allowed(pathway(exit=replace(HIRED, contract=None))), "or only its dates known"
    assert allowed(pathway(exit=replace(HIRED, situation=Situation.SIAE))), "a hire in an SIAE is a CDD"


def test_a_contract_ends_on_its_first_day_or_later() -> None:
    start = HIRED.contract_start
    assert allowed(pathway(exit=replace(HIRED, contract_end=start)))
    assert allowed(pathway(exit=replace(HIRED, contract_start=None)))
    assert allowed(pathway(exit=replace(HIRED, contract_end=None)))
    assert refused(pathway(exit=replace(HIRED, contract_end=date(2025, 2, 2)))) == [
        "exits.csv[0].contract_end: 2025-02-02 is before contract_start 2025-02-03"
    ]


def test_a_contract_may_start_before_the_exit_or_after_it() -> None:
    assert allowed(pathway(exit=replace(HIRED, contract_start=REQUESTED)))
    assert allowed(pathway(exit=replace(HIRED, contract_start=date(2025, 3, 1))))


# --- follow-ups -------------------------------------------------------------------------------------------

ASKED = FollowUpRow(FollowUpMonth.THREE, EXITED, FollowUpStatus.UNREACHABLE)


def test_a_follow_up_is_asked_after_the_exit_the_same_day_included() -> None:
    assert allowed(pathway(ASKED, exit=LEFT))
    assert refused(pathway(replace(ASKED, asked_on=date(2025, 1, 30)), exit=LEFT)) == [
        "followups.csv[0].asked_on: 2025-01-30 is before exited_on 2025-01-31: a follow-up is asked after the exit"
    ]


def test_a_follow_up_needs_an_exit() -> None:
    assert refused(pathway(ASKED)) == [
        "followups.csv[0].asked_on: asked on 2025-01-31, but there is no exit: a follow-up is asked after the exit"
    ]


def test_whoever_was_reached_has_a_situation_and_nobody_else() -> None:
    reached = replace(ASKED, status=FollowUpStatus.REACHED, situation=Situation.EMPLOYMENT)
    assert allowed(pathway(reached, exit=LEFT))
    assert refused(pathway(replace(reached, situation=None), exit=LEFT)) == [
        "followups.csv[0].situation: required, as the status is reached"
    ]
    for status in (FollowUpStatus.UNREACHABLE, FollowUpStatus.REFUSED):
        assert allowed(pathway(replace(reached, status=status, situation=None), exit=LEFT))
        assert refused(pathway(replace(reached, status=status), exit=LEFT)) == [
            f"followups.csv[0].situation: employment with status {status}: only a reached person has a situation"
        ]


def test_one_follow_up_a_month() -> None:
    assert allowed(pathway(ASKED, replace(ASKED, month=FollowUpMonth.SIX), exit=LEFT))
    assert refused(pathway(ASKED, replace(ASKED, asked_on=TODAY), exit=LEFT)) == [
        "followups.csv[1].month: a second row of this pathway with month 3"
    ]


def test_every_broken_rule_is_told_in_the_order_of_the_files() -> None:
    broken = pathway(
        ASKED,
        replace(SESSION, hours=None),
        exit=replace(LEFT, contract=Contract.CDI),
        started_on=None,
        birth_year=1800,
    )
    assert [f"{problem.file}:{problem.column}" for problem in problems_of(broken, TODAY)] == [
        "pathways.csv:birth_year",
        "activities.csv:hours",
        "exits.csv:exited_on",
    ]
