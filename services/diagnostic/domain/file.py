"""All that diagnostic records of one pathway: what is kept and can happen to it, what is true, what may be asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from services.diagnostic.domain.barriers import Assessment, of_assessment
from services.diagnostic.domain.bilan import Bilan, of_bilan
from services.diagnostic.domain.diagnostic import Diagnostic, of_diagnostic
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
from shared.kernel.event_store import Aggregate, Known
from shared.kernel.facts import DayEvent, Fact, FactEvent, Facts
from shared.language.codes import ActionOutcome, Barrier, DropReason, SupportResult
from shared.language.rules import AlreadyRecorded, UnknownFact, not_after


@dataclass(frozen=True)
class Opening:
    """Says since when a diagnostic is to be made."""

    opened_on: date

    @property
    def happened_on(self) -> date:
        return self.opened_on


class _Diagnosed(FactEvent):
    """Tells of a diagnostic. Version 1 told a score as a whole, by the instrument that it names, and no answers."""

    class_version = 2
    key: UUID
    fact: Diagnostic
    imported: Diagnostic | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        for told in (state["fact"], state.get("imported")):
            if told is not None:
                told["answers"] = []


class DiagnosticFile(Aggregate):
    """All diagnostics, plans and barrier assessments of one pathway."""

    TOPIC = "diagnostic.file"
    class_version = 2

    @staticmethod
    def upcast_v1_v2(snapshot: dict[str, Any]) -> None:
        """Version 1 knew of diagnostics, plans and barriers alone."""
        snapshot |= {"bilans": {}, "revised": {}, "actions": {}, "settlements": {}, "opening": None}

    # What is kept, and what can happen to it

    class DiagnosticCompleted(_Diagnosed):
        TOPIC = "diagnostic.diagnostic-completed"

    class DiagnosticCorrected(_Diagnosed):
        TOPIC = "diagnostic.diagnostic-corrected"

    class PlanRevised(FactEvent):
        """A new plan takes the place of another; no import speaks of it."""

        TOPIC = "diagnostic.plan-revised"
        key: UUID
        fact: Plan
        revises: UUID

        def apply(self, file: "DiagnosticFile") -> None:
            vars(file)["plans"][self.key] = Known(self.fact)
            file.revised[self.key] = self.revises

    class ActionPlanned(FactEvent):
        TOPIC = "diagnostic.action-planned"
        key: UUID
        fact: Action
        agreed_on: date | None

        @property
        def happened_on(self) -> date | None:
            return self.agreed_on

    class ActionReopened(DayEvent):
        TOPIC = "diagnostic.action-reopened"
        key: UUID

        def apply(self, file: "DiagnosticFile") -> None:
            vars(file)["settlements"].pop(self.key, None)

    class OpeningClosed(DayEvent):
        TOPIC = "diagnostic.opening-closed"

        def apply(self, file: "DiagnosticFile") -> None:
            vars(file)["opening"] = None

    diagnostics = Facts(
        Diagnostic, "diagnostic", DiagnosticCompleted, DiagnosticCorrected, imported=True, rules=of_diagnostic
    )
    plans = Facts(Plan, "plan", "diagnostic.plan-agreed", "diagnostic.plan-corrected", PlanRevised, imported=True)
    assessments = Facts(
        Assessment,
        "barrier",
        "diagnostic.barrier-assessed",
        "diagnostic.barrier-corrected",
        imported=True,
        rules=of_assessment,
    )
    bilans = Facts(Bilan, "bilan", "diagnostic.bilan-recorded", "diagnostic.bilan-corrected", rules=of_bilan)
    """By the id of their diagnostic."""
    revised: dict[UUID, UUID] = field(default_factory=dict)
    """By the plan that took its place, the plan that was revised."""
    actions = Facts(Action, "action", ActionPlanned, "diagnostic.action-corrected")
    settlements = Facts(
        Settlement,
        "settlement",
        "diagnostic.action-settled",
        "diagnostic.settlement-corrected",
        ActionReopened,
        bare=True,
    )
    """Of the actions that are not open."""
    opening = Fact(Opening, None, "diagnostic.diagnostic-opened", OpeningClosed, bare=True)

    # What is true

    def in_force(self, plan: UUID) -> bool:
        """Tells whether a plan is agreed, and no agreed one has taken its place."""
        successors = (new for new, old in self.revised.items() if old == plan)
        return self._agreed(plan) and not any(map(self._agreed, successors))

    def _agreed(self, plan: UUID) -> bool:
        return plan in self.plans and self.plans[plan].agreed_on is not None

    def open_actions(self) -> Iterator[UUID]:
        """Finds those of the plans in force that are neither done nor dropped."""
        plans = {plan for plan in self.plans if self.in_force(plan)}
        for key, action in self.actions.items():
            if key not in self.settlements and action.plan in plans:
                yield key

    # What may be asked

    def record_bilan(self, key: UUID, bilan: Bilan, today: date) -> None:
        if key not in self.diagnostics:
            raise UnknownFact(f"no diagnostic is recorded under {key}")
        self.bilans.admit(key, bilan, today)

    def agree_plan(self, key: UUID, plan: Plan, today: date, actions: Actions = ()) -> None:
        plan = with_actions(plan, actions)
        new = self.plans.is_new(key, plan)
        # Asked again with other actions under the ids that it knows is other content as well.
        planned = [(id, action) for id, action in actions if self.actions.is_new(id, action)]
        if new:
            not_after(today, "agreed", plan.agreed_on)
            self.plans.record(key, plan)
            for id, action in planned:
                self.actions.record(id, action, agreed_on=plan.agreed_on)

    def correct_plan(self, key: UUID, plan: Plan, today: date) -> None:
        """Corrects the day and the objectives; actions are corrected one by one."""
        if key in self.plans:
            plan = replace(plan, actions=self.plans[key].actions)
        if self.plans.differs(key, plan):
            not_after(today, "agreed", plan.agreed_on)
            self.plans.correct(key, plan)

    def revise_plan(self, revises: UUID, key: UUID, plan: Plan, actions: Actions, today: date) -> None:
        """Agrees the whole plan anew: kept actions go on under their ids, open ones that are not in it are dropped."""
        plan = with_actions(plan, actions)
        if not self.plans.is_new(key, plan):
            if self.revised.get(key) != revises or any(self.actions.is_new(id, action) for id, action in actions):
                raise AlreadyRecorded(f"{key} is recorded as another plan")
            return
        if revises not in self.plans:
            raise UnknownFact(f"no plan is recorded under {revises}")
        if not self.in_force(revises):
            raise PlanNotInForce(f"plan {revises} was not agreed, or is revised already")
        before = self.plans[revises].agreed_on
        if plan.agreed_on is None or before is None or plan.agreed_on < before:
            raise RevisedBeforeAgreed(f"agreed on {before}, so not anew on {plan.agreed_on}")
        not_after(today, "agreed", plan.agreed_on)
        for id in plan.actions:
            if id in self.actions and (of := self.actions[id].plan) != revises and self.in_force(of):
                raise AlreadyRecorded(f"{id} is an action of another plan")
        given_up = [id for id in self.open_actions() if self.actions[id].plan == revises]
        self.trigger_event(self.PlanRevised, key=key, fact=plan, revises=revises)
        for id, action in actions:
            if id not in self.actions:
                self.actions.record(id, action, agreed_on=plan.agreed_on)
            elif self.actions.differs(id, action):
                self.actions.correct(id, action)
        for id in given_up:
            if id not in plan.actions:
                self.settlements.record(id, Settlement(ActionOutcome.DROPPED, plan.agreed_on, DropReason.PLAN_REVISED))

    def correct_action(self, key: UUID, action: Action) -> None:
        """Corrects an action, which stays in its plan, whatever plan it says."""
        if key in self.actions:
            action = replace(action, plan=self.actions[key].plan)
        if self.actions.differs(key, action):
            self.actions.correct(key, action)

    def settle(self, key: UUID, settlement: Settlement, today: date) -> None:
        self._must_know(key)
        standing = self.settlements.get(key)
        if standing is None:
            settlement.check(today)
            self.settlements.record(key, settlement)
        elif standing != settlement:
            raise AlreadyRecorded(f"{key} is {standing.outcome} since {standing.settled_on}; correct or reopen it")

    def correct_settlement(self, key: UUID, settlement: Settlement, today: date) -> None:
        if key not in self.settlements:
            raise UnknownFact(f"no action under {key} is settled")
        if self.settlements[key] != settlement:
            settlement.check(today)
            self.settlements.correct(key, settlement)

    def reopen_action(self, key: UUID, on: date, today: date) -> None:
        self._must_know(key)
        if (standing := self.settlements.get(key)) is not None:
            not_after(today, "reopened", on)
            if on < standing.settled_on:
                raise ReopenedBeforeSettled(f"settled on {standing.settled_on}, so not open again on {on}")
            if not self.in_force(plan := self.actions[key].plan):
                raise PlanNotInForce(f"plan {plan} was not agreed, or is revised already")
            self.trigger_event(self.ActionReopened, key=key, fact=on)

    def _must_know(self, action: UUID) -> None:
        if action not in self.actions:
            raise UnknownFact(f"no action is recorded under {action}")

    # What follows from what other services tell. Nothing here refuses: what no longer fits is no news.

    def open_diagnostic(self, opening: Opening) -> None:
        """Waits for a diagnostic, as support has begun, or on another day than was told; not where one is made."""
        if not self.diagnostics and self.opening.current != opening:
            self.opening.record(opening)

    def close_opening(self, on: date) -> None:
        """Waits for no diagnostic any more, as the start was taken back."""
        if not self.diagnostics and self.opening:
            self.trigger_event(self.OpeningClosed, fact=on)

    def follow_report(
        self, report: UUID, action: UUID | None, barrier: Barrier, result: SupportResult, on: date
    ) -> None:
        """Settles the action that a support action was; where that lifted a barrier, all actions that aim at it.

        A report that says otherwise than before opens again what it had settled.
        """
        reached = {
            key
            for key, planned in self.actions.items()
            if key == action or (result is SupportResult.LIFTED and planned.barrier == barrier)
        }
        settled = {key for key, standing in self.settlements.items() if standing.report == report}
        settlement = Settlement(ActionOutcome.DONE, on, report=report)
        for key in [key for key in self.open_actions() if key in reached]:
            self.settlements.record(key, settlement)
        for key in sorted(settled):
            if key not in reached:
                self.trigger_event(self.ActionReopened, key=key, fact=on)
            elif self.settlements[key] != settlement:
                self.settlements.correct(key, settlement)
