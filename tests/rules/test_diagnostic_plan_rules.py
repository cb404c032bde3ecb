"""The rules of the action plan and of what follows from other services, a sentence each."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.diagnostic.domain import (
    Action,
    ActionTwice,
    Diagnostic,
    DiagnosticFile,
    DroppedWithoutReason,
    Objective,
    Opening,
    Plan,
    PlanNotInForce,
    ReasonForDone,
    ReopenedBeforeSettled,
    RevisedBeforeAgreed,
    Settlement,
)
from services.diagnostic.publishing import public
from shared.kernel.event_store import About, Recorded
from shared.language.codes import ActionKind, ActionOutcome, Barrier, DropReason, Purpose, Responsible, SupportResult
from shared.language.rules import AlreadyRecorded, InTheFuture, RuleBroken, UnknownFact
from shared.language.sealed import Sealed
from tests.sentences import ENVELOPE, Answered, Told, given, stored_and_read, told

TODAY, TOMORROW = date(2025, 6, 30), date(2025, 7, 1)
DAY, LATER = date(2025, 1, 6), date(2025, 3, 3)
PLAN, NEXT_PLAN, REPORT = UUID(int=1), UUID(int=2), UUID(int=3)
A, B, C = UUID(int=11), UUID(int=12), UUID(int=13)
DONE = Settlement(ActionOutcome.DONE, LATER)
BY_REPORT = Settlement(ActionOutcome.DONE, LATER, report=REPORT)


def action(barrier: Barrier | None = None, plan: UUID = PLAN, due_on: date | None = TOMORROW) -> Action:
    return Action(plan, ActionKind.SUPPORT, Responsible.PERSON, barrier, due_on, Sealed("Aller à la mairie"))


MOBILITY, HEALTH, OTHER = action(Barrier.MOBILITY), action(Barrier.HEALTH), action()
WISHED = Plan(DAY, (Objective(Sealed("Travailler dehors"), Barrier.MOBILITY),))
WHOLE = replace(WISHED, actions=(A, B, C))
PLANNED = (
    told(DiagnosticFile.PlanAgreed, WHOLE, key=PLAN),
    told(DiagnosticFile.ActionPlanned, MOBILITY, key=A, agreed_on=DAY),
    told(DiagnosticFile.ActionPlanned, HEALTH, key=B, agreed_on=DAY),
    told(DiagnosticFile.ActionPlanned, OTHER, key=C, agreed_on=DAY),
)
ACTIONS = [(A, MOBILITY), (B, HEALTH), (C, OTHER)]


def then_all(answered: Answered, *expected: Told) -> None:
    """Exactly these are recorded in one save, and read back the same."""
    tells = [(type(e), {k: v for k, v in vars(e).items() if k not in ENVELOPE}) for e in answered.recorded]
    assert (answered.refusal, tells) == (None, [(one.event, one.fields) for one in expected])
    assert [stored_and_read(event) for event in answered.recorded] == answered.recorded


def settled(key: UUID, settlement: Settlement = DONE) -> Told:
    return told(DiagnosticFile.ActionSettled, settlement, key=key)


def reopened(key: UUID, on: date = LATER) -> Told:
    return told(DiagnosticFile.ActionReopened, on, key=key)


# Agreed


def test_a_plan_is_agreed_with_its_objectives_and_actions_in_one_save() -> None:
    answered = given(DiagnosticFile).when(lambda file: file.agree_plan(PLAN, WISHED, TODAY, ACTIONS))
    then_all(answered, *PLANNED)
    assert [event.happened_on for event in answered.recorded] == [DAY] * 4


def test_the_same_plan_again_is_no_news_and_another_is_refused() -> None:
    stood = given(DiagnosticFile, *PLANNED)
    stood.when(lambda file: file.agree_plan(PLAN, WISHED, TODAY, ACTIONS)).then_nothing()
    for other in (ACTIONS[:2], [*ACTIONS[:2], (C, action(Barrier.FAMILY))], [*ACTIONS, (UUID(int=14), OTHER)]):
        given(DiagnosticFile, *PLANNED).when(
            lambda file, it=other: file.agree_plan(PLAN, WISHED, TODAY, it)
        ).then_refused(AlreadyRecorded)


def test_an_action_stands_once_in_a_plan_and_in_one_plan() -> None:
    given(DiagnosticFile).when(
        lambda file: file.agree_plan(PLAN, WISHED, TODAY, [(A, MOBILITY), (A, OTHER)])
    ).then_refused(ActionTwice)
    given(DiagnosticFile, *PLANNED).when(
        lambda file: file.agree_plan(NEXT_PLAN, WISHED, TODAY, [(A, replace(MOBILITY, plan=NEXT_PLAN))])
    ).then_refused(AlreadyRecorded)


def test_a_plan_with_actions_is_not_agreed_in_the_future() -> None:
    given(DiagnosticFile).when(
        lambda file: file.agree_plan(PLAN, replace(WISHED, agreed_on=TOMORROW), TODAY, ACTIONS)
    ).then_refused(InTheFuture)


def test_a_corrected_plan_keeps_its_actions() -> None:
    given(DiagnosticFile, *PLANNED).when(lambda file: file.correct_plan(PLAN, Plan(LATER), TODAY)).then(
        told(DiagnosticFile.PlanCorrected, replace(WHOLE, agreed_on=LATER, objectives=()), key=PLAN)
    )
    given(DiagnosticFile, *PLANNED).when(lambda file: file.correct_plan(PLAN, WISHED, TODAY)).then_nothing()


@pytest.mark.parametrize(
    ("barrier", "name"),
    [(None, "action-planned"), (Barrier.MOBILITY, "action-planned")]
    + [(barrier, "special-action-planned") for barrier in (Barrier.HEALTH, Barrier.JUSTICE)],
)
def test_an_action_for_health_or_justice_is_told_under_a_name_of_its_own(barrier: Barrier | None, name: str) -> None:
    planned = told(DiagnosticFile.ActionPlanned, action(barrier), key=A, agreed_on=DAY)
    event: Any = planned.of(DiagnosticFile.blank(UUID(int=7)))
    envelope: Any = (None, False, None)
    found = public(Recorded(1, event, event.TOPIC, UUID(int=7), 1, About(), "", None, None, *envelope))  # type: ignore[arg-type]
    assert found is not None
    assert found[0] == name
    assert "Aller" not in repr(found[1])


# Revised


ANEW = Plan(LATER)


def revise(file: DiagnosticFile, plan: Plan = ANEW, actions: Any = ()) -> None:
    file.revise_plan(PLAN, NEXT_PLAN, plan, actions, TODAY)


KEPT = replace(MOBILITY, plan=NEXT_PLAN, due_on=None)
NEW = replace(OTHER, plan=NEXT_PLAN)
D = UUID(int=14)
REVISION = (
    told(DiagnosticFile.PlanRevised, Plan(LATER, (), (A, D)), key=NEXT_PLAN, revises=PLAN),
    told(DiagnosticFile.ActionCorrected, KEPT, key=A),
    told(DiagnosticFile.ActionPlanned, NEW, key=D, agreed_on=LATER),
    settled(B, Settlement(ActionOutcome.DROPPED, LATER, DropReason.PLAN_REVISED)),
)


def test_a_revision_keeps_adds_and_drops_actions_and_leaves_what_is_settled() -> None:
    answered = given(DiagnosticFile, *PLANNED, settled(C)).when(lambda f: revise(f, actions=[(A, KEPT), (D, NEW)]))
    then_all(answered, *REVISION)


def test_the_same_revision_again_is_no_news_and_another_is_refused() -> None:
    stood = (*PLANNED, settled(C), *REVISION)
    given(DiagnosticFile, *stood).when(lambda f: revise(f, actions=[(A, KEPT), (D, NEW)])).then_nothing()
    given(DiagnosticFile, *stood).when(lambda f: revise(f, actions=[(A, KEPT)])).then_refused(AlreadyRecorded)
    given(DiagnosticFile, *stood).when(
        lambda f: f.revise_plan(UUID(int=9), NEXT_PLAN, Plan(LATER), [(A, KEPT), (D, NEW)], TODAY)
    ).then_refused(AlreadyRecorded)


@pytest.mark.parametrize(
    ("on", "rule"), [(date(2025, 1, 5), RevisedBeforeAgreed), (TOMORROW, InTheFuture), (None, RevisedBeforeAgreed)]
)
def test_a_plan_is_agreed_anew_between_its_day_and_today(on: date | None, rule: type[RuleBroken]) -> None:
    given(DiagnosticFile, *PLANNED).when(lambda f: revise(f, Plan(on))).then_refused(rule)


def test_only_a_plan_in_force_is_revised() -> None:
    given(DiagnosticFile).when(revise).then_refused(UnknownFact)
    taken_back = told(DiagnosticFile.PlanCorrected, replace(WHOLE, agreed_on=None), key=PLAN)
    given(DiagnosticFile, *PLANNED, taken_back).when(revise).then_refused(PlanNotInForce)
    given(DiagnosticFile, *PLANNED, *REVISION).when(
        lambda f: f.revise_plan(PLAN, UUID(int=8), Plan(LATER), [], TODAY)
    ).then_refused(PlanNotInForce)


def test_a_revision_that_was_not_agreed_after_all_leaves_the_plan_before_in_force() -> None:
    not_agreed = told(DiagnosticFile.PlanCorrected, Plan(None, (), (A, D)), key=NEXT_PLAN)
    again = given(DiagnosticFile, *PLANNED, *REVISION, not_agreed).when(
        lambda f: f.revise_plan(PLAN, UUID(int=8), Plan(LATER), [(A, replace(KEPT, plan=UUID(int=8)))], TODAY)
    )
    assert again.refusal is None


def test_a_revision_takes_no_action_of_another_plan() -> None:
    other = (
        told(DiagnosticFile.PlanAgreed, Plan(DAY, (), (D,)), key=UUID(int=9)),
        told(DiagnosticFile.ActionPlanned, replace(OTHER, plan=UUID(int=9)), key=D, agreed_on=DAY),
    )
    given(DiagnosticFile, *PLANNED, *other).when(lambda f: revise(f, actions=[(D, NEW)])).then_refused(AlreadyRecorded)


# Corrected, settled, reopened


def test_an_action_is_corrected_whole_and_stays_in_its_plan() -> None:
    corrected = replace(MOBILITY, kind=ActionKind.TRAINING, due_on=None, text=None)
    elsewhere = replace(corrected, plan=NEXT_PLAN)
    given(DiagnosticFile, *PLANNED).when(lambda f: f.correct_action(A, elsewhere)).then(
        told(DiagnosticFile.ActionCorrected, corrected, key=A)
    )
    given(DiagnosticFile, *PLANNED).when(lambda f: f.correct_action(A, MOBILITY)).then_nothing()
    given(DiagnosticFile, *PLANNED).when(lambda f: f.correct_action(D, MOBILITY)).then_refused(UnknownFact)


DROPPED = [
    Settlement(ActionOutcome.DROPPED, LATER, DropReason.PERSONS_CHOICE),
    Settlement(ActionOutcome.DROPPED, LATER, text=Sealed("Elle garde son neveu")),
]


@pytest.mark.parametrize("settlement", [DONE, replace(DONE, text=Sealed("Avec sa sœur")), *DROPPED])
def test_an_action_is_done_or_dropped_with_a_reason(settlement: Settlement) -> None:
    given(DiagnosticFile, *PLANNED).when(lambda f: f.settle(A, settlement, TODAY)).then(settled(A, settlement))
    given(DiagnosticFile, *PLANNED, settled(A, settlement)).when(
        lambda f: f.settle(A, settlement, TODAY)
    ).then_nothing()


@pytest.mark.parametrize(
    ("settlement", "rule"),
    [
        (Settlement(ActionOutcome.DROPPED, LATER), DroppedWithoutReason),
        (replace(DONE, reason=DropReason.OTHER), ReasonForDone),
        (replace(DONE, settled_on=TOMORROW), InTheFuture),
    ],
)
def test_a_settlement_that_breaks_a_rule_is_refused(settlement: Settlement, rule: type[RuleBroken]) -> None:
    given(DiagnosticFile, *PLANNED).when(lambda f: f.settle(A, settlement, TODAY)).then_refused(rule)
    given(DiagnosticFile, *PLANNED, settled(A)).when(lambda f: f.correct_settlement(A, settlement, TODAY)).then_refused(
        rule
    )


def test_what_became_of_an_action_is_corrected() -> None:
    stood = (*PLANNED, settled(A))
    given(DiagnosticFile, *stood).when(lambda f: f.settle(A, DROPPED[0], TODAY)).then_refused(AlreadyRecorded)
    given(DiagnosticFile, *stood).when(lambda f: f.correct_settlement(A, DROPPED[0], TODAY)).then(
        told(DiagnosticFile.SettlementCorrected, DROPPED[0], key=A)
    )
    given(DiagnosticFile, *stood).when(lambda f: f.correct_settlement(A, DONE, TODAY)).then_nothing()
    given(DiagnosticFile, *stood).when(lambda f: f.correct_settlement(B, DONE, TODAY)).then_refused(UnknownFact)
    given(DiagnosticFile, *stood).when(lambda f: f.settle(D, DONE, TODAY)).then_refused(UnknownFact)


def test_a_settled_action_is_opened_again() -> None:
    stood = (*PLANNED, settled(A))
    given(DiagnosticFile, *stood).when(lambda f: f.reopen_action(A, LATER, TODAY)).then(reopened(A))
    given(DiagnosticFile, *stood, reopened(A)).when(lambda f: f.reopen_action(A, LATER, TODAY)).then_nothing()
    given(DiagnosticFile, *stood, reopened(A)).when(lambda f: f.settle(A, DONE, TODAY)).then(settled(A))
    given(DiagnosticFile, *stood).when(lambda f: f.reopen_action(A, DAY, TODAY)).then_refused(ReopenedBeforeSettled)
    given(DiagnosticFile, *stood).when(lambda f: f.reopen_action(A, TOMORROW, TODAY)).then_refused(InTheFuture)
    given(DiagnosticFile, *stood).when(lambda f: f.reopen_action(D, LATER, TODAY)).then_refused(UnknownFact)


def test_an_action_of_a_plan_that_was_revised_is_not_opened_again() -> None:
    given(DiagnosticFile, *PLANNED, *REVISION).when(lambda f: f.reopen_action(B, LATER, TODAY)).then_refused(
        PlanNotInForce
    )


# What other services tell


def report(result: SupportResult, action: UUID | None = None, barrier: Barrier = Barrier.MOBILITY) -> Any:
    return lambda file: file.follow_report(REPORT, action, barrier, result, LATER)


def test_a_lifted_barrier_settles_every_open_action_that_aims_at_it_and_the_action_it_was() -> None:
    then_all(
        given(DiagnosticFile, *PLANNED).when(report(SupportResult.LIFTED, C)),
        settled(A, BY_REPORT),
        settled(C, BY_REPORT),
    )
    given(DiagnosticFile, *PLANNED, settled(A)).when(report(SupportResult.LIFTED)).then_nothing()


@pytest.mark.parametrize("result", [SupportResult.EASED, SupportResult.UNCHANGED])
def test_any_other_result_settles_the_action_it_was_alone(result: SupportResult) -> None:
    given(DiagnosticFile, *PLANNED).when(report(result, A)).then(settled(A, BY_REPORT))
    given(DiagnosticFile, *PLANNED).when(report(result)).then_nothing()


def test_a_report_that_fits_nothing_is_no_news() -> None:
    for result in SupportResult:
        given(DiagnosticFile).when(report(result, A)).then_nothing()
        given(DiagnosticFile, *PLANNED).when(report(result, UUID(int=99), Barrier.FAMILY)).then_nothing()
    taken_back = told(DiagnosticFile.PlanCorrected, replace(WHOLE, agreed_on=None), key=PLAN)
    given(DiagnosticFile, *PLANNED, taken_back).when(report(SupportResult.LIFTED, A)).then_nothing()


def test_a_corrected_report_opens_again_what_it_alone_had_settled() -> None:
    stood = (*PLANNED, settled(A, BY_REPORT), settled(C, BY_REPORT), settled(B))
    given(DiagnosticFile, *stood).when(report(SupportResult.UNCHANGED, C)).then(reopened(A))
    given(DiagnosticFile, *stood).when(report(SupportResult.LIFTED, C)).then_nothing()


OPENED = told(DiagnosticFile.DiagnosticOpened, Opening(DAY))
DIAGNOSED = told(DiagnosticFile.DiagnosticCompleted, Diagnostic(DAY, Purpose.ENTRY), key=A)


def test_a_start_opens_a_diagnostic_where_there_is_none() -> None:
    given(DiagnosticFile).when(lambda f: f.open_diagnostic(Opening(DAY))).then(OPENED)
    given(DiagnosticFile, OPENED).when(lambda f: f.open_diagnostic(Opening(DAY))).then_nothing()
    given(DiagnosticFile, DIAGNOSED).when(lambda f: f.open_diagnostic(Opening(DAY))).then_nothing()
    given(DiagnosticFile, OPENED).when(lambda f: f.open_diagnostic(Opening(LATER))).then(
        told(DiagnosticFile.DiagnosticOpened, Opening(LATER))
    )


def test_a_start_taken_back_closes_what_it_opened() -> None:
    closed = told(DiagnosticFile.OpeningClosed, LATER)
    given(DiagnosticFile, OPENED).when(lambda f: f.close_opening(LATER)).then(closed)
    given(DiagnosticFile, OPENED, closed).when(lambda f: f.close_opening(LATER)).then_nothing()
    given(DiagnosticFile, OPENED, DIAGNOSED).when(lambda f: f.close_opening(LATER)).then_nothing()
    given(DiagnosticFile).when(lambda f: f.close_opening(LATER)).then_nothing()
    given(DiagnosticFile, OPENED, closed).when(lambda f: f.open_diagnostic(Opening(DAY))).then(OPENED)
