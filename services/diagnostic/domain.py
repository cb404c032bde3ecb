"""What a diagnostic, a plan and a barrier assessment are, and what is refused."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from eventsourcing.domain import event

from shared.codes import Barrier, Intensity, Purpose, RuleVersion
from shared.disagreement import FactId
from shared.event_store import Aggregate, Known
from shared.rules import RuleBroken, differs, is_new, not_after

INSTRUMENT = "remobilisation-1"
"""Version of the remobilisation questionnaire that is in use: one score of 0–10."""


class ScoreOutOfRange(RuleBroken):
    """The remobilisation score lies between 0 and 10."""


@dataclass(frozen=True)
class Diagnostic:
    """A completed diagnostic; `remobilisation` is 0–10, null where no score was taken."""

    completed_on: date
    purpose: Purpose
    remobilisation: int | None = None
    instrument: RuleVersion = INSTRUMENT

    @property
    def happened_on(self) -> date:
        return self.completed_on


@dataclass(frozen=True)
class Plan:
    """An action plan that the person agreed to; null: it was not agreed after all."""

    agreed_on: date | None

    @property
    def happened_on(self) -> date | None:
        return self.agreed_on


@dataclass(frozen=True)
class Assessment:
    """How much one barrier weighed on one day."""

    assessed_on: date
    domain: Barrier
    intensity: Intensity

    @property
    def happened_on(self) -> date:
        return self.assessed_on


class DiagnosticFile(Aggregate):
    """All diagnostics, plans and barrier assessments of one pathway."""

    TOPIC = "diagnostic.file"
    diagnostics: dict[UUID, Known[Diagnostic]] = field(default_factory=dict)
    plans: dict[UUID, Known[Plan]] = field(default_factory=dict)
    assessments: dict[UUID, Known[Assessment]] = field(default_factory=dict)

    # What can happen

    class Completed(Aggregate.Event):
        TOPIC = "diagnostic.diagnostic-completed"
        key: UUID
        fact: Diagnostic
        imported: Diagnostic | None

    class DiagnosticCorrected(Aggregate.Event):
        TOPIC = "diagnostic.diagnostic-corrected"
        key: UUID
        fact: Diagnostic
        imported: Diagnostic | None

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

    class AssessmentCorrected(Aggregate.Event):
        TOPIC = "diagnostic.barrier-corrected"
        key: UUID
        fact: Assessment
        imported: Assessment | None

    # What may be asked

    def complete(self, key: UUID, diagnostic: Diagnostic, today: date) -> None:
        if is_new(self.diagnostics, key, diagnostic):
            _check(diagnostic, today)
            self._completed(key, diagnostic, None)

    def correct_diagnostic(self, key: UUID, diagnostic: Diagnostic, today: date) -> None:
        if differs(self.diagnostics, key, diagnostic):
            _check(diagnostic, today)
            self._diagnostic_corrected(key, diagnostic, None)

    def agree_plan(self, key: UUID, plan: Plan, today: date) -> None:
        if is_new(self.plans, key, plan):
            not_after(today, "agreed", plan.agreed_on)
            self._plan_agreed(key, plan, None)

    def correct_plan(self, key: UUID, plan: Plan, today: date) -> None:
        if differs(self.plans, key, plan):
            not_after(today, "agreed", plan.agreed_on)
            self._plan_corrected(key, plan, None)

    def assess(self, key: UUID, assessment: Assessment, today: date) -> None:
        if is_new(self.assessments, key, assessment):
            not_after(today, "assessed", assessment.assessed_on)
            self._assessed(key, assessment, None)

    def correct_assessment(self, key: UUID, assessment: Assessment, today: date) -> None:
        if differs(self.assessments, key, assessment):
            not_after(today, "assessed", assessment.assessed_on)
            self._assessment_corrected(key, assessment, None)

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


def _check(diagnostic: Diagnostic, today: date) -> None:
    not_after(today, "completed", diagnostic.completed_on)
    if diagnostic.remobilisation is not None and not 0 <= diagnostic.remobilisation <= 10:
        raise ScoreOutOfRange(f"{diagnostic.remobilisation} is not between 0 and 10")


def fact_of(event: Aggregate.Event) -> FactId | None:
    """Which fact an event tells of, as a disagreement names it."""
    match event:
        case DiagnosticFile.Completed(key=key) | DiagnosticFile.DiagnosticCorrected(key=key):
            return FactId("diagnostic", str(key))
        case DiagnosticFile.PlanAgreed(key=key) | DiagnosticFile.PlanCorrected(key=key):
            return FactId("plan", str(key))
        case DiagnosticFile.Assessed(key=key) | DiagnosticFile.AssessmentCorrected(key=key):
            return FactId("barrier", str(key))
    return None
