"""What diagnostic tells the others."""

from dataclasses import dataclass
from uuid import UUID

from shared.language.codes import ActionKind, ActionOutcome, Barrier, Intensity, Purpose
from shared.language.contracts.envelope import Body
from shared.language.days import Day


@dataclass(frozen=True, kw_only=True)
class Diagnostic(Body):
    """`remobilisation` is 0–10 on the scale of `instrument`, null where no score was taken."""

    diagnostic: UUID
    completed_on: Day
    purpose: Purpose
    remobilisation: int | None
    instrument: str


@dataclass(frozen=True, kw_only=True)
class Plan(Body):
    """`revises`: the plan whose place it takes."""

    plan: UUID
    agreed_on: Day | None
    revises: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class BarrierAssessment(Body):
    """`barriers`: version of the list of domains and of its scale."""

    assessment: UUID
    assessed_on: Day
    domain: Barrier
    intensity: Intensity
    barriers: str = "barriers-1"


@dataclass(frozen=True, kw_only=True)
class DiagnosticOpening(Body):
    """Support has begun: a diagnostic is to be made."""

    opened_on: Day


@dataclass(frozen=True, kw_only=True)
class OpeningClosed(Body):
    """The start was taken back before any diagnostic was made: none is waited for."""

    closed_on: Day


@dataclass(frozen=True, kw_only=True)
class PlannedAction(Body):
    """An action of a plan that was agreed. `barrier`: the one that it aims at."""

    action: UUID
    plan: UUID
    kind: ActionKind
    barrier: Barrier | None
    due_on: Day | None


@dataclass(frozen=True, kw_only=True)
class SettledAction(Body):
    """Null: the action is open again."""

    action: UUID
    outcome: ActionOutcome | None
    settled_on: Day | None


EVENTS: dict[str, type[Body]] = {
    "diagnostic-completed": Diagnostic,
    "diagnostic-corrected": Diagnostic,
    "diagnostic-opened": DiagnosticOpening,
    "action-planned": PlannedAction,
    "action-corrected": PlannedAction,
    "special-action-planned": PlannedAction,
    "special-action-corrected": PlannedAction,
    "action-settled": SettledAction,
    "plan-agreed": Plan,
    "plan-corrected": Plan,
    "barrier-assessed": BarrierAssessment,
    "barrier-corrected": BarrierAssessment,
    "special-barrier-assessed": BarrierAssessment,
    "special-barrier-corrected": BarrierAssessment,
    "opening-closed": OpeningClosed,
    "plan-revised": Plan,
    "settlement-corrected": SettledAction,
    "action-reopened": SettledAction,
}
"""Every event name with the type of its body."""
