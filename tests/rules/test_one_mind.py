"""A command and the historical import are of one mind: what one refuses of a fact, the other does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.diagnostic.domain import Assessment, Diagnostic, DiagnosticFile
from services.intake.domain import Pathway, request_for_support
from services.outcomes.domain import Exit, FollowUp, OutcomeFile
from services.training.domain import Activity, ActivityFile
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
from shared.language.history import (
    ActivityRow,
    BarrierRow,
    DiagnosticRow,
    Dossier,
    ExitRow,
    FollowUpRow,
    PathwayRow,
    Problem,
)
from shared.language.history_checks import problems_of
from shared.language.rules import RuleBroken

TODAY, PATHWAY, KEY, PERSON = date(2025, 6, 30), UUID(int=7), UUID(int=1), UUID(int=2)
DAYS = st.one_of(
    st.integers(-3, 3).map(lambda n: TODAY + timedelta(n)),
    st.sampled_from([date(1900, 1, 1), date(2024, 2, 29), date(2100, 12, 31)]),
)
MAYBE = st.none() | DAYS
CODES = {one: st.sampled_from(list(one)) for one in (
    ActivityKind, ActivityStatus, Barrier, Contract, FollowUpMonth, FollowUpStatus, Intensity, Purpose, Situation,
)}  # fmt: skip
HOURS = st.none() | st.sampled_from(list(map(Decimal, ("-1", "0", "0.0001", "3.5", "5000", "5000.0001", "99999"))))
REQUEST = PathwayRow("s01", PERSON, date(2024, 1, 8), started_on=date(2024, 1, 15))
DOSSIER = Dossier(PATHWAY, REQUEST)

many = settings(max_examples=400, deadline=None)


def taken(decision: Callable[[], object]) -> bool:
    try:
        decision()
    except RuleBroken:
        return False
    return True


def problems(dossier: Dossier, file: str) -> list[Problem]:
    return [problem for problem in problems_of(dossier, TODAY) if problem.file == file]


@many
@given(CODES[ActivityKind], DAYS, DAYS, CODES[ActivityStatus], HOURS)
def test_of_an_activity(kind: ActivityKind, start: date, end: date, status: ActivityStatus, hours: Decimal) -> None:
    file, row = ActivityFile.blank(PATHWAY), ActivityRow(kind, start, end, status, hours)
    command = taken(lambda: file.activities.admit(KEY, Activity(kind, start, end, status, hours), TODAY))
    assert command is (not problems(replace(DOSSIER, activities=(row,)), "activities.csv"))


@many
@given(DAYS, CODES[Purpose], st.none() | st.integers(-1, 11))
def test_of_a_diagnostic(on: date, purpose: Purpose, score: int | None) -> None:
    file, row = DiagnosticFile.blank(PATHWAY), DiagnosticRow(on, purpose, score)
    command = taken(lambda: file.diagnostics.admit(KEY, Diagnostic(on, purpose, score), TODAY))
    assert command is (not problems(replace(DOSSIER, diagnostics=(row,)), "diagnostics.csv"))


@many
@given(DAYS, CODES[Barrier], CODES[Intensity])
def test_of_a_barrier(on: date, barrier: Barrier, intensity: Intensity) -> None:
    file, row = DiagnosticFile.blank(PATHWAY), BarrierRow(on, barrier, intensity)
    command = taken(lambda: file.assessments.admit(KEY, Assessment(on, barrier, intensity), TODAY))
    assert command is (not problems(replace(DOSSIER, barriers=(row,)), "barriers.csv"))


@many
@given(DAYS, MAYBE, CODES[Situation], st.none() | CODES[Contract], MAYBE, MAYBE)
def test_of_an_exit(
    on: date, started_on: date | None, situation: Situation, contract: Contract, start: date | None, end: date | None
) -> None:
    terms = (on, situation, contract, start, end)
    command = taken(lambda: OutcomeFile.blank(PATHWAY).leave(Exit(*terms), started_on, TODAY))
    requested_on = min(date(2024, 1, 8), started_on or date.max)
    request = replace(REQUEST, requested_on=requested_on, started_on=started_on)
    rows = problems(replace(DOSSIER, request=request, exit=ExitRow(*terms)), "exits.csv")
    # A command knows of the start; what was before it is a matter of the request's own order.
    assert command is (not [one for one in rows if started_on is not None or "never started" in one.reason])


@many
@given(MAYBE, CODES[FollowUpMonth], DAYS, CODES[FollowUpStatus], st.none() | CODES[Situation])
def test_of_a_follow_up(
    exited_on: date | None, month: FollowUpMonth, on: date, status: FollowUpStatus, situation: Situation | None
) -> None:
    file, exit = OutcomeFile.blank(PATHWAY), None
    if exited_on is not None and exited_on <= TODAY:
        file.leave(Exit(exited_on, Situation.UNEMPLOYED), date(1900, 1, 1), TODAY)
        exit = ExitRow(exited_on, Situation.UNEMPLOYED)
    told = (month, on, status, situation)
    command = taken(lambda: file.record_follow_up(FollowUp(*told), TODAY))
    rows = problems(replace(DOSSIER, exit=exit, followups=(FollowUpRow(*told),)), "followups.csv")
    assert command is (not rows)


@many
@given(DAYS, MAYBE, MAYBE, MAYBE, st.none() | st.sampled_from([1899, 1900, 2024, 2025, 2026, 2100]))
def test_of_the_entrance(
    requested_on: date, welcomed_on: date | None, started_on: date | None, withdrawn_on: date | None, year: int | None
) -> None:
    def all_of_it() -> None:
        pathway = Pathway.blank(PATHWAY)
        request = request_for_support(requested_on, year, structure="s01", person=PERSON)
        pathway.ask_for_support(request, TODAY)
        for on, record in (
            (welcomed_on, pathway.welcome_person),
            (started_on, pathway.start_support),
            (withdrawn_on, pathway.withdraw),
        ):
            if on is not None:
                record(on, TODAY)

    row = PathwayRow("s01", PERSON, requested_on, None, welcomed_on, started_on, withdrawn_on, birth_year=year)
    assert taken(all_of_it) is (not problems(Dossier(PATHWAY, row), "pathways.csv"))


@pytest.mark.parametrize("reason", ["is after today", "is not between", "is before"])
def test_a_refusal_names_the_field_in_both(reason: str) -> None:
    """Over HTTP the sentence begins with the field, in an import it stands at the column."""
    row = ActivityRow(
        ActivityKind.WORKSHOP,
        TODAY + timedelta(reason == "is after today"),
        TODAY + timedelta((reason == "is after today") - (reason == "is before")),
        ActivityStatus.COMPLETED,
        Decimal(9999 if reason == "is not between" else 3),
    )
    problem = problems(replace(DOSSIER, activities=(row,)), "activities.csv")[0]
    fact = Activity(row.kind, row.started_on, row.ended_on, row.status, row.hours)
    with pytest.raises(RuleBroken) as refused:
        ActivityFile.blank(PATHWAY).activities.admit(KEY, fact, TODAY)
    assert str(refused.value) == f"{problem.column} {problem.reason}"
    assert reason in problem.reason
