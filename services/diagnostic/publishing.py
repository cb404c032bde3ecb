"""Our stored event to the public event; health and justice travel under names of their own."""

from uuid import UUID

from services.diagnostic.domain import Assessment, Diagnostic, DiagnosticFile
from shared.codes import SPECIAL_BARRIERS
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
            return _special(fact) + "barrier-assessed", _assessment(key, fact)
        case DiagnosticFile.AssessmentCorrected(key=key, fact=fact):
            return _special(fact) + "barrier-corrected", _assessment(key, fact)
    raise NotImplementedError(f"no public event is decided for {recorded.name}")


def _special(fact: Assessment) -> str:
    return "special-" if fact.domain in SPECIAL_BARRIERS else ""


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
        assessment=key, assessed_on=fact.assessed_on, domain=fact.domain, intensity=fact.intensity
    )
