"""All that diagnostic records of one pathway: what can happen, what is true, what may be asked, what is recorded."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from eventsourcing.domain import event

from services.diagnostic.domain.barriers import Assessment
from services.diagnostic.domain.bilan import Bilan
from services.diagnostic.domain.diagnostic import Diagnostic
from services.diagnostic.domain.plan import (
    Action,
    Actions,
    Plan,
    PlanNotInForce,
    ReopenedBeforeSettled,
    RevisedBeforeAgreed,
    Settlement,
    with_actions,
)
from shared.codes import ActionOutcome, Barrier, DropReason, SupportResult
from shared.disagreement import FactId
from shared.event_store import Aggregate, Known
from shared.rules import AlreadyRecorded, UnknownFact, differs, is_new, not_after


@dataclass(frozen=True)
class Opening:
    """Since when a diagnostic is to be made."""

    opened_on: date

    @property
    def happened_on(self) -> date:
        return self.opened_on


def _without_answers(state: dict[str, Any]) -> None:
    """Version 1 told a score as a whole, by the instrument that it names, and no answers."""
    for told in (state["fact"], state.get("imported")):
        if told is not None:
            told["answers"] = []


class DiagnosticFile(Aggregate):
    """All diagnostics, plans and barrier assessments of one pathway."""

    TOPIC = "diagnostic.file"
    class_version = 2
    diagnostics: dict[UUID, Known[Diagnostic]] = field(default_factory=dict)
    plans: dict[UUID, Known[Plan]] = field(default_factory=dict)
    assessments: dict[UUID, Known[Assessment]] = field(default_factory=dict)
    bilans: dict[UUID, Known[Bilan]] = field(default_factory=dict)
    """By the id of their diagnostic."""
    revised: dict[UUID, UUID] = field(default_factory=dict)
    """By the plan that took its place, the plan that was revised."""
    actions: dict[UUID, Known[Action]] = field(default_factory=dict)
    settlements: dict[UUID, Settlement] = field(default_factory=dict)
    """Of the actions that are not open."""
    opening: Opening | None = None

    @staticmethod
    def upcast_v1_v2(snapshot: dict[str, Any]) -> None:
        """Version 1 knew of diagnostics, plans and barriers alone."""
        snapshot |= {"bilans": {}, "revised": {}, "actions": {}, "settlements": {}, "opening": None}

    # What can happen

    class Completed(Aggregate.Event):
        TOPIC = "diagnostic.diagnostic-completed"
        class_version = 2
        key: UUID
        fact: Diagnostic
        imported: Diagnostic | None

        upcast_v1_v2 = staticmethod(_without_answers)

    class DiagnosticCorrected(Aggregate.Event):
        TOPIC = "diagnostic.diagnostic-corrected"
        class_version = 2
        key: UUID
        fact: Diagnostic
        imported: Diagnostic | None

        upcast_v1_v2 = staticmethod(_without_answers)

    class PlanAgreed(Aggregate.Event):
        TOPIC = "diagnostic.plan-agreed"
        key: UUID
        fact: Plan
        imported: Plan | None

    class PlanCorrected(Aggregate.Event):
        TOPIC = "diagnostic.plan-corrected"
        key: UUID
        fact: Plan
        imported: Plan | None

    class Assessed(Aggregate.Event):
        TOPIC = "diagnostic.barrier-assessed"
        key: UUID
        fact: Assessment
        imported: Assessment | None

        @property
        def rule_version(self) -> str:
            return self.fact.rule

    class AssessmentCorrected(Aggregate.Event):
        TOPIC = "diagnostic.barrier-corrected"
        key: UUID
        fact: Assessment
        imported: Assessment | None

        @property
        def rule_version(self) -> str:
            return self.fact.rule

    class BilanRecorded(Aggregate.Event):
        TOPIC = "diagnostic.bilan-recorded"
        key: UUID
        fact: Bilan

    class BilanCorrected(Aggregate.Event):
        TOPIC = "diagnostic.bilan-corrected"
        key: UUID
        fact: Bilan

    class PlanRevised(Aggregate.Event):
        TOPIC = "diagnostic.plan-revised"
        key: UUID
        fact: Plan
        revises: UUID

    class ActionPlanned(Aggregate.Event):
        TOPIC = "diagnostic.action-planned"
        key: UUID
        fact: Action
        agreed_on: date | None

        @property
        def happened_on(self) -> date | None:
            return self.agreed_on

    class ActionCorrected(Aggregate.Event):
        TOPIC = "diagnostic.action-corrected"
        key: UUID
        fact: Action

    class ActionSettled(Aggregate.Event):
        TOPIC = "diagnostic.action-settled"
        key: UUID
        fact: Settlement

    class SettlementCorrected(Aggregate.Event):
        TOPIC = "diagnostic.settlement-corrected"
        key: UUID
        fact: Settlement

    class ActionReopened(Aggregate.Event):
        TOPIC = "diagnostic.action-reopened"
        key: UUID
        fact: date

        @property
        def happened_on(self) -> date:
            return self.fact

    class DiagnosticOpened(Aggregate.Event):
        TOPIC = "diagnostic.diagnostic-opened"
        fact: Opening

    class OpeningClosed(Aggregate.Event):
        TOPIC = "diagnostic.opening-closed"
        fact: date

        @property
        def happened_on(self) -> date:
            return self.fact

    # What is true

    def in_force(self, plan: UUID) -> bool:
        """Whether a plan is agreed, and no agreed one has taken its place."""
        successors = (new for new, old in self.revised.items() if old == plan)
        return self._agreed(plan) and not any(map(self._agreed, successors))

    def _agreed(self, plan: UUID) -> bool:
        return plan in self.plans and self.plans[plan].current.agreed_on is not None

    def open_actions(self) -> Iterator[UUID]:
        """Those of the plans in force that are neither done nor dropped."""
        plans = {plan for plan in self.plans if self.in_force(plan)}
        for key, action in self.actions.items():
            if key not in self.settlements and action.current.plan in plans:
                yield key

    # What may be asked of diagnostics and barriers

    def complete(self, key: UUID, diagnostic: Diagnostic, today: date) -> None:
        if is_new(self.diagnostics, key, diagnostic):
            diagnostic.check(today)
            self._completed(key, diagnostic, None)

    def correct_diagnostic(self, key: UUID, diagnostic: Diagnostic, today: date) -> None:
        if differs(self.diagnostics, key, diagnostic):
            diagnostic.check(today)
            self._diagnostic_corrected(key, diagnostic, None)

    def record_bilan(self, key: UUID, bilan: Bilan) -> None:
        if key not in self.diagnostics:
            raise UnknownFact(f"no diagnostic is recorded under {key}")
        if is_new(self.bilans, key, bilan):
            bilan.check()
            self._bilan_recorded(key, bilan)

    def correct_bilan(self, key: UUID, bilan: Bilan) -> None:
        if differs(self.bilans, key, bilan):
            bilan.check()
            self._bilan_corrected(key, bilan)

    def assess(self, key: UUID, assessment: Assessment, today: date) -> None:
        if is_new(self.assessments, key, assessment):
            not_after(today, "assessed", assessment.assessed_on)
            self._assessed(key, assessment, None)

    def correct_assessment(self, key: UUID, assessment: Assessment, today: date) -> None:
        if differs(self.assessments, key, assessment):
            not_after(today, "assessed", assessment.assessed_on)
            self._assessment_corrected(key, assessment, None)

    # What may be asked of plans

    def agree_plan(self, key: UUID, plan: Plan, today: date, actions: Actions = ()) -> None:
        plan = with_actions(plan, actions)
        new = is_new(self.plans, key, plan)
        # Asked again with other actions under the ids that it knows is other content as well.
        planned = [(id, action) for id, action in actions if is_new(self.actions, id, action)]
        if new:
            not_after(today, "agreed", plan.agreed_on)
            self._plan_agreed(key, plan, None)
            for id, action in planned:
                self._action_planned(id, action, plan.agreed_on)

    def correct_plan(self, key: UUID, plan: Plan, today: date) -> None:
        """The day and the objectives; actions are corrected one by one."""
        if key in self.plans:
            plan = replace(plan, actions=self.plans[key].current.actions)
        if differs(self.plans, key, plan):
            not_after(today, "agreed", plan.agreed_on)
            self._plan_corrected(key, plan, None)

    def revise_plan(self, revises: UUID, key: UUID, plan: Plan, actions: Actions, today: date) -> None:
        """The whole plan anew: what it keeps goes on under its id, what was open and is not in it is dropped."""
        plan = with_actions(plan, actions)
        if not is_new(self.plans, key, plan):
            if self.revised.get(key) != revises or any(is_new(self.actions, id, action) for id, action in actions):
                raise AlreadyRecorded(f"{key} is recorded as another plan")
            return
        if revises not in self.plans:
            raise UnknownFact(f"no plan is recorded under {revises}")
        if not self.in_force(revises):
            raise PlanNotInForce(f"plan {revises} was not agreed, or is revised already")
        before = self.plans[revises].current.agreed_on
        if plan.agreed_on is None or before is None or plan.agreed_on < before:
            raise RevisedBeforeAgreed(f"agreed on {before}, so not anew on {plan.agreed_on}")
        not_after(today, "agreed", plan.agreed_on)
        for id in plan.actions:
            if id in self.actions and (of := self.actions[id].current.plan) != revises and self.in_force(of):
                raise AlreadyRecorded(f"{id} is an action of another plan")
        given_up = [id for id in self.open_actions() if self.actions[id].current.plan == revises]
        self._plan_revised(key, plan, revises)
        for id, action in actions:
            if id not in self.actions:
                self._action_planned(id, action, plan.agreed_on)
            elif differs(self.actions, id, action):
                self._action_corrected(id, action)
        for id in given_up:
            if id not in plan.actions:
                self._action_settled(id, Settlement(ActionOutcome.DROPPED, plan.agreed_on, DropReason.PLAN_REVISED))

    def correct_action(self, key: UUID, action: Action) -> None:
        """Whatever plan it says, an action stays in its own."""
        if key in self.actions:
            action = replace(action, plan=self.actions[key].current.plan)
        if differs(self.actions, key, action):
            self._action_corrected(key, action)

    def settle(self, key: UUID, settlement: Settlement, today: date) -> None:
        self._must_know(key)
        standing = self.settlements.get(key)
        if standing is None:
            settlement.check(today)
            self._action_settled(key, settlement)
        elif standing != settlement:
            raise AlreadyRecorded(f"{key} is {standing.outcome} since {standing.settled_on}; correct or reopen it")

    def correct_settlement(self, key: UUID, settlement: Settlement, today: date) -> None:
        if key not in self.settlements:
            raise UnknownFact(f"no action under {key} is settled")
        if self.settlements[key] != settlement:
            settlement.check(today)
            self._settlement_corrected(key, settlement)

    def reopen_action(self, key: UUID, on: date, today: date) -> None:
        self._must_know(key)
        if (standing := self.settlements.get(key)) is not None:
            not_after(today, "reopened", on)
            if on < standing.settled_on:
                raise ReopenedBeforeSettled(f"settled on {standing.settled_on}, so not open again on {on}")
            if not self.in_force(plan := self.actions[key].current.plan):
                raise PlanNotInForce(f"plan {plan} was not agreed, or is revised already")
            self._action_reopened(key, on)

    def _must_know(self, action: UUID) -> None:
        if action not in self.actions:
            raise UnknownFact(f"no action is recorded under {action}")

    # What follows from what other services tell. Nothing here refuses: what no longer fits is no news.

    def open_diagnostic(self, opening: Opening) -> None:
        """Support has begun, or on another day than was told; with a diagnostic made, none is waited for."""
        if not self.diagnostics and self.opening != opening:
            self._diagnostic_opened(opening)

    def close_opening(self, on: date) -> None:
        """The start was taken back."""
        if not self.diagnostics and self.opening is not None:
            self._opening_closed(on)

    def follow_report(
        self, report: UUID, action: UUID | None, barrier: Barrier, result: SupportResult, on: date
    ) -> None:
        """What a support action did settles the action it was; a barrier that it lifted, all that aim at this one.

        A report that says otherwise than before opens again what it had settled.
        """
        reached = {
            key
            for key, planned in self.actions.items()
            if key == action or (result is SupportResult.LIFTED and planned.current.barrier == barrier)
        }
        settled = {key for key, standing in self.settlements.items() if standing.report == report}
        settlement = Settlement(ActionOutcome.DONE, on, report=report)
        for key in [key for key in self.open_actions() if key in reached]:
            self._action_settled(key, settlement)
        for key in sorted(settled):
            if key not in reached:
                self._action_reopened(key, on)
            elif self.settlements[key] != settlement:
                self._settlement_corrected(key, settlement)

    # What an import says, after its whole context was checked

    def take_diagnostic(self, key: UUID, fact: Diagnostic, imported: Diagnostic) -> None:
        (self._diagnostic_corrected if key in self.diagnostics else self._completed)(key, fact, imported)

    def take_plan(self, key: UUID, fact: Plan, imported: Plan) -> None:
        (self._plan_corrected if key in self.plans else self._plan_agreed)(key, fact, imported)

    def take_assessment(self, key: UUID, fact: Assessment, imported: Assessment) -> None:
        (self._assessment_corrected if key in self.assessments else self._assessed)(key, fact, imported)

    # What is recorded. A dictionary keeps the order in which its facts were first recorded.

    @event(Completed)
    def _completed(self, key: UUID, fact: Diagnostic, imported: Diagnostic | None) -> None:
        self.diagnostics[key] = Known(fact, imported)

    @event(DiagnosticCorrected)
    def _diagnostic_corrected(self, key: UUID, fact: Diagnostic, imported: Diagnostic | None) -> None:
        self.diagnostics[key] = Known.now(self.diagnostics.get(key), fact, imported)

    @event(PlanAgreed)
    def _plan_agreed(self, key: UUID, fact: Plan, imported: Plan | None) -> None:
        self.plans[key] = Known(fact, imported)

    @event(PlanCorrected)
    def _plan_corrected(self, key: UUID, fact: Plan, imported: Plan | None) -> None:
        self.plans[key] = Known.now(self.plans.get(key), fact, imported)

    @event(Assessed)
    def _assessed(self, key: UUID, fact: Assessment, imported: Assessment | None) -> None:
        self.assessments[key] = Known(fact, imported)

    @event(AssessmentCorrected)
    def _assessment_corrected(self, key: UUID, fact: Assessment, imported: Assessment | None) -> None:
        self.assessments[key] = Known.now(self.assessments.get(key), fact, imported)

    @event(BilanRecorded)
    def _bilan_recorded(self, key: UUID, fact: Bilan) -> None:
        self.bilans[key] = Known(fact)

    @event(BilanCorrected)
    def _bilan_corrected(self, key: UUID, fact: Bilan) -> None:
        self.bilans[key] = Known(fact)

    @event(PlanRevised)
    def _plan_revised(self, key: UUID, fact: Plan, revises: UUID) -> None:
        self.plans[key] = Known(fact)
        self.revised[key] = revises

    @event(ActionPlanned)
    def _action_planned(self, key: UUID, fact: Action, agreed_on: date | None) -> None:
        self.actions[key] = Known(fact)

    @event(ActionCorrected)
    def _action_corrected(self, key: UUID, fact: Action) -> None:
        self.actions[key] = Known(fact)

    @event(ActionSettled)
    def _action_settled(self, key: UUID, fact: Settlement) -> None:
        self.settlements[key] = fact

    @event(SettlementCorrected)
    def _settlement_corrected(self, key: UUID, fact: Settlement) -> None:
        self.settlements[key] = fact

    @event(ActionReopened)
    def _action_reopened(self, key: UUID, fact: date) -> None:
        self.settlements.pop(key, None)

    @event(DiagnosticOpened)
    def _diagnostic_opened(self, fact: Opening) -> None:
        self.opening = fact

    @event(OpeningClosed)
    def _opening_closed(self, fact: date) -> None:
        self.opening = None


def fact_of(event: Aggregate.Event) -> FactId | None:
    """Which fact an event tells of, as a disagreement names it."""
    match event:
        case DiagnosticFile.Completed(key=key) | DiagnosticFile.DiagnosticCorrected(key=key):
            return FactId("diagnostic", str(key))
        case (
            DiagnosticFile.PlanAgreed(key=key)
            | DiagnosticFile.PlanCorrected(key=key)
            | DiagnosticFile.PlanRevised(key=key)
        ):
            return FactId("plan", str(key))
        case DiagnosticFile.Assessed(key=key) | DiagnosticFile.AssessmentCorrected(key=key):
            return FactId("barrier", str(key))
        case DiagnosticFile.BilanRecorded(key=key) | DiagnosticFile.BilanCorrected(key=key):
            return FactId("bilan", str(key))
        case DiagnosticFile.ActionPlanned(key=key) | DiagnosticFile.ActionCorrected(key=key):
            return FactId("action", str(key))
        case (
            DiagnosticFile.ActionSettled(key=key)
            | DiagnosticFile.SettlementCorrected(key=key)
            | DiagnosticFile.ActionReopened(key=key)
        ):
            return FactId("settlement", str(key))
    return None
