"""Our stored event to the public event; health and justice travel under names of their own."""

from datetime import date
from uuid import UUID

from services.diagnostic.domain import Action, Assessment, Diagnostic, DiagnosticFile
from shared.codes import SPECIAL_BARRIERS, ActionOutcome, Barrier
from shared.contracts import Body
from shared.contracts import diagnostic as contracts
from shared.event_store import Recorded


def public(recorded: Recorded) -> tuple[str, Body] | None:
    match recorded.event:
        case DiagnosticFile.Completed(key=key, fact=fact):
            return "diagnostic-completed", _diagnostic(key, fact)
        case DiagnosticFile.DiagnosticCorrected(key=key, fact=fact):
            return "diagnostic-corrected", _diagnostic(key, fact)
        case DiagnosticFile.PlanAgreed(key=key, fact=fact):
            return "plan-agreed", contracts.Plan(plan=key, agreed_on=fact.agreed_on)
        case DiagnosticFile.PlanCorrected(key=key, fact=fact):
            return "plan-corrected", contracts.Plan(plan=key, agreed_on=fact.agreed_on)
        case DiagnosticFile.Assessed(key=key, fact=fact):
            return _special(fact.domain) + "barrier-assessed", _assessment(key, fact)
        case DiagnosticFile.AssessmentCorrected(key=key, fact=fact):
            return _special(fact.domain) + "barrier-corrected", _assessment(key, fact)
        case DiagnosticFile.PlanRevised(key=key, fact=fact, revises=revises):
            return "plan-revised", contracts.Plan(plan=key, agreed_on=fact.agreed_on, revises=revises)
        case DiagnosticFile.ActionPlanned(key=key, fact=fact):
            return _special(fact.barrier) + "action-planned", _action(key, fact)
        case DiagnosticFile.ActionCorrected(key=key, fact=fact):
            return _special(fact.barrier) + "action-corrected", _action(key, fact)
        case DiagnosticFile.ActionSettled(key=key, fact=fact):
            return "action-settled", _settled(key, fact.outcome, fact.settled_on)
        case DiagnosticFile.SettlementCorrected(key=key, fact=fact):
            return "settlement-corrected", _settled(key, fact.outcome, fact.settled_on)
        case DiagnosticFile.ActionReopened(key=key):
            return "action-reopened", _settled(key, None, None)
        case DiagnosticFile.DiagnosticOpened(fact=fact):
            return "diagnostic-opened", contracts.DiagnosticOpening(opened_on=fact.opened_on)
        case DiagnosticFile.OpeningClosed(fact=fact):
            return "opening-closed", contracts.OpeningClosed(closed_on=fact)
        case DiagnosticFile.BilanRecorded() | DiagnosticFile.BilanCorrected():
            return None
    raise NotImplementedError(f"no public event is decided for {recorded.name}")


def _special(barrier: Barrier | None) -> str:
    return "special-" if barrier in SPECIAL_BARRIERS else ""


def _action(key: UUID, fact: Action) -> contracts.PlannedAction:
    return contracts.PlannedAction(action=key, plan=fact.plan, kind=fact.kind, barrier=fact.barrier, due_on=fact.due_on)


def _settled(key: UUID, outcome: ActionOutcome | None, on: date | None) -> contracts.SettledAction:
    return contracts.SettledAction(action=key, outcome=outcome, settled_on=on)


def _diagnostic(key: UUID, fact: Diagnostic) -> contracts.Diagnostic:
    return contracts.Diagnostic(
        diagnostic=key,
        completed_on=fact.completed_on,
        purpose=fact.purpose,
        remobilisation=fact.remobilisation,
        instrument=fact.instrument,
    )


def _assessment(key: UUID, fact: Assessment) -> contracts.BarrierAssessment:
    return contracts.BarrierAssessment(
        assessment=key, assessed_on=fact.assessed_on, domain=fact.domain, intensity=fact.intensity, barriers=fact.rule
    )
