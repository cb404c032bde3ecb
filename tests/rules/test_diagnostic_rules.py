"""The rules of diagnostics, plans and barriers, a sentence each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.diagnostic.domain import INSTRUMENT, Assessment, Diagnostic, DiagnosticFile, Plan
from shared.kernel.event_store import Aggregate
from shared.language.codes import Barrier, Intensity, Purpose
from shared.language.rules import AlreadyRecorded, InTheFuture, UnknownFact
from shared.language.rules.diagnostic import ScoreOutOfRange
from tests.sentences import Told, given, told

TODAY, TOMORROW = date(2025, 6, 30), date(2025, 7, 1)
DAY, NEXT_DAY = date(2025, 1, 6), date(2025, 1, 7)
KEY, OTHER_KEY = UUID(int=1), UUID(int=2)

Asking = Callable[[DiagnosticFile, UUID, Any, date], object]


@dataclass(frozen=True)
class Kind:
    """One of the three kinds of fact, which are recorded and corrected alike."""

    record: Asking
    correct: Asking
    take: Callable[[DiagnosticFile, UUID, Any, Any], object]
    Recorded: type[Aggregate.Event]
    Corrected: type[Aggregate.Event]
    fact: Callable[[date], Any]

    def recorded(self, fact: object, key: UUID = KEY) -> Told:
        return told(self.Recorded, fact, key=key)

    def corrected(self, fact: object, key: UUID = KEY) -> Told:
        return told(self.Corrected, fact, key=key)


DIAGNOSTIC = Kind(
    lambda file, *asked: file.diagnostics.admit(*asked),
    lambda file, *asked: file.diagnostics.admit_correction(*asked),
    lambda file, *told: file.diagnostics.take(*told),
    DiagnosticFile.DiagnosticCompleted,
    DiagnosticFile.DiagnosticCorrected,
    lambda on: Diagnostic(on, Purpose.ENTRY, 4),
)
PLAN = Kind(
    DiagnosticFile.agree_plan,
    DiagnosticFile.correct_plan,
    lambda file, *told: file.plans.take(*told),
    DiagnosticFile.PlanAgreed,
    DiagnosticFile.PlanCorrected,
    Plan,
)
ASSESSMENT = Kind(
    lambda file, *asked: file.assessments.admit(*asked),
    lambda file, *asked: file.assessments.admit_correction(*asked),
    lambda file, *told: file.assessments.take(*told),
    DiagnosticFile.BarrierAssessed,
    DiagnosticFile.BarrierCorrected,
    lambda on: Assessment(on, Barrier.MOBILITY, Intensity.HIGH),
)
each_kind = pytest.mark.parametrize(
    "kind",
    [pytest.param(DIAGNOSTIC, id="diagnostic"), pytest.param(PLAN, id="plan"), pytest.param(ASSESSMENT, id="barrier")],
)


def record(kind: Kind, fact: object, key: UUID = KEY) -> Callable[[DiagnosticFile], object]:
    return lambda file: kind.record(file, key, fact, TODAY)


def correct(kind: Kind, fact: object, key: UUID = KEY) -> Callable[[DiagnosticFile], object]:
    return lambda file: kind.correct(file, key, fact, TODAY)


@each_kind
def test_a_fact_is_recorded_on_any_day_until_today(kind: Kind) -> None:
    """An assessment may precede the start, so this file knows of none."""
    for on in (date(1999, 12, 31), DAY, TODAY):
        assert (
            given(DiagnosticFile).when(record(kind, kind.fact(on))).then(kind.recorded(kind.fact(on))).happened_on == on
        )
    given(DiagnosticFile).when(record(kind, kind.fact(TOMORROW))).then_refused(InTheFuture)


@each_kind
def test_a_fact_is_corrected_to_any_day_until_today(kind: Kind) -> None:
    stood = kind.recorded(kind.fact(DAY))
    for on in (date(1999, 12, 31), NEXT_DAY, TODAY):
        event = given(DiagnosticFile, stood).when(correct(kind, kind.fact(on))).then(kind.corrected(kind.fact(on)))
        assert event.happened_on == on
    given(DiagnosticFile, stood).when(correct(kind, kind.fact(TOMORROW))).then_refused(InTheFuture)


@each_kind
def test_the_same_again_is_no_news_and_something_else_is_a_correction(kind: Kind) -> None:
    stood = kind.recorded(kind.fact(DAY))
    given(DiagnosticFile, stood).when(record(kind, kind.fact(DAY))).then_nothing()
    given(DiagnosticFile, stood).when(record(kind, kind.fact(NEXT_DAY))).then_refused(AlreadyRecorded)


@each_kind
def test_after_a_correction_the_same_is_what_now_stands(kind: Kind) -> None:
    stood = kind.recorded(kind.fact(DAY)), kind.corrected(kind.fact(NEXT_DAY))
    given(DiagnosticFile, *stood).when(record(kind, kind.fact(DAY))).then_refused(AlreadyRecorded)
    given(DiagnosticFile, *stood).when(record(kind, kind.fact(NEXT_DAY))).then_nothing()
    given(DiagnosticFile, *stood).when(correct(kind, kind.fact(NEXT_DAY))).then_nothing()
    given(DiagnosticFile, *stood).when(correct(kind, kind.fact(DAY))).then(kind.corrected(kind.fact(DAY)))


@each_kind
def test_a_correction_to_what_stands_is_no_news(kind: Kind) -> None:
    given(DiagnosticFile, kind.recorded(kind.fact(DAY))).when(correct(kind, kind.fact(DAY))).then_nothing()


@each_kind
def test_what_was_never_recorded_is_not_corrected(kind: Kind) -> None:
    given(DiagnosticFile).when(correct(kind, kind.fact(DAY))).then_refused(UnknownFact)
    stood = kind.recorded(kind.fact(DAY))
    given(DiagnosticFile, stood).when(correct(kind, kind.fact(DAY), OTHER_KEY)).then_refused(UnknownFact)


@each_kind
def test_the_same_content_under_another_id_is_another_fact(kind: Kind) -> None:
    stood = kind.recorded(kind.fact(DAY))
    given(DiagnosticFile, stood).when(record(kind, kind.fact(DAY), OTHER_KEY)).then(
        kind.recorded(kind.fact(DAY), OTHER_KEY)
    )


@each_kind
def test_an_id_stands_for_one_fact_of_each_kind(kind: Kind) -> None:
    """An imported plan goes by the id of its diagnostic."""
    others = [other.recorded(other.fact(DAY)) for other in (DIAGNOSTIC, PLAN, ASSESSMENT) if other is not kind]
    given(DiagnosticFile, *others).when(correct(kind, kind.fact(DAY))).then_refused(UnknownFact)
    given(DiagnosticFile, *others).when(record(kind, kind.fact(DAY))).then(kind.recorded(kind.fact(DAY)))


@each_kind
def test_an_import_tells_what_is_to_stand_and_what_its_file_said(kind: Kind) -> None:
    one, other = kind.fact(DAY), kind.fact(NEXT_DAY)
    given(DiagnosticFile).when(lambda file: kind.take(file, KEY, one, one)).then(
        told(kind.Recorded, one, key=KEY, imported=one)
    )
    given(DiagnosticFile, kind.recorded(one)).when(lambda file: kind.take(file, KEY, one, other)).then(
        told(kind.Corrected, one, key=KEY, imported=other)
    )


@pytest.mark.parametrize("score", [None, 0, 10])
def test_remobilisation_is_scored_from_0_to_10_or_not_at_all(score: int | None) -> None:
    scored = replace(DIAGNOSTIC.fact(DAY), remobilisation=score)
    given(DiagnosticFile).when(record(DIAGNOSTIC, scored)).then(DIAGNOSTIC.recorded(scored))
    given(DiagnosticFile, DIAGNOSTIC.recorded(DIAGNOSTIC.fact(DAY))).when(correct(DIAGNOSTIC, scored)).then(
        DIAGNOSTIC.corrected(scored)
    )


@pytest.mark.parametrize("score", [-1, 11])
def test_another_score_is_refused(score: int) -> None:
    scored = replace(DIAGNOSTIC.fact(DAY), remobilisation=score)
    given(DiagnosticFile).when(record(DIAGNOSTIC, scored)).then_refused(ScoreOutOfRange)
    given(DiagnosticFile, DIAGNOSTIC.recorded(DIAGNOSTIC.fact(DAY))).when(correct(DIAGNOSTIC, scored)).then_refused(
        ScoreOutOfRange
    )


def test_a_diagnostic_tells_the_version_of_its_questionnaire() -> None:
    assert Diagnostic(DAY, Purpose.EXIT).instrument == INSTRUMENT == "remobilisation-1"
    earlier = replace(DIAGNOSTIC.fact(DAY), instrument="remobilisation-0")
    given(DiagnosticFile).when(record(DIAGNOSTIC, earlier)).then(DIAGNOSTIC.recorded(earlier))


def test_a_plan_may_turn_out_not_to_have_been_agreed() -> None:
    agreed, taken_back = PLAN.recorded(Plan(DAY)), PLAN.corrected(Plan(None))
    assert given(DiagnosticFile, agreed).when(correct(PLAN, Plan(None))).then(taken_back).happened_on is None
    given(DiagnosticFile, agreed, taken_back).when(correct(PLAN, Plan(DAY))).then(PLAN.corrected(Plan(DAY)))
