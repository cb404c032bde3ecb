"""Shows an adviser a pathway's file. A text is told, or why it cannot be read: `{"unreadable": code}`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.diagnostic.domain import Bilan, DiagnosticFile
from shared.language.codes import ActionKind, ActionOutcome, Barrier, DropReason, Intensity, Purpose, Responsible
from shared.people.copies import plain

Text = str | dict[str, str] | None


@dataclass(frozen=True)
class ShownDiagnostic:
    """`answers`: by item, 0 to 2 or `refused`. `bilan`: as it is recorded, null where none is."""

    diagnostic: UUID
    completed_on: date
    purpose: Purpose
    remobilisation: int | None
    instrument: str
    answers: dict[str, int | str]
    bilan: dict[str, Any] | None


@dataclass(frozen=True)
class ShownAction:
    """`outcome` is null while it is open; `note` says why it was dropped, or how it was done."""

    action: UUID
    kind: ActionKind
    barrier: Barrier | None
    text: Text
    responsible: Responsible
    due_on: date | None
    outcome: ActionOutcome | None
    settled_on: date | None
    reason: DropReason | None
    note: Text


@dataclass(frozen=True)
class ShownObjective:
    text: Text
    barrier: Barrier | None


@dataclass(frozen=True)
class ShownPlan:
    """`revises`: the plan whose place it took. `in_force`: agreed, and not revised since."""

    plan: UUID
    agreed_on: date | None
    revises: UUID | None
    in_force: bool
    objectives: list[ShownObjective]
    actions: list[ShownAction]


@dataclass(frozen=True)
class ScoreProgress:
    """First and last score (0–10) of one instrument; the same day and score where it was taken once."""

    instrument: str
    first_on: date
    first: int
    last_on: date
    last: int


@dataclass(frozen=True)
class BarrierProgress:
    """First and last intensity of one domain."""

    domain: Barrier
    first_on: date
    first: Intensity
    last_on: date
    last: Intensity


@dataclass(frozen=True)
class Progress:
    """First and last are by date, then by the order in which the facts became known. `actions`: of plans in force."""

    pathway: UUID
    scores: list[ScoreProgress]
    barriers: list[BarrierProgress]
    actions: list[ShownAction]


def diagnostics(file: DiagnosticFile) -> list[ShownDiagnostic]:
    """Shows them in the order of first record."""
    return [
        ShownDiagnostic(
            diagnostic=key,
            completed_on=fact.completed_on,
            purpose=fact.purpose,
            remobilisation=fact.remobilisation,
            instrument=fact.instrument,
            answers={answer.item: answer.given for answer in fact.answers},
            bilan=_bilan(file.bilans[key]) if key in file.bilans else None,
        )
        for key, fact in file.diagnostics.items()
    ]


def _bilan(bilan: Bilan) -> dict[str, Any]:
    shown: dict[str, Any] = plain(bilan)
    return shown


def plans(file: DiagnosticFile) -> list[ShownPlan]:
    """Shows them in the order of first record, those revised and those not agreed after all included."""
    return [
        ShownPlan(
            plan=key,
            agreed_on=plan.agreed_on,
            revises=file.revised.get(key),
            in_force=file.in_force(key),
            objectives=[ShownObjective(plain(one.text), one.barrier) for one in plan.objectives],
            actions=actions(file, plan.actions),
        )
        for key, plan in file.plans.items()
    ]


def actions(file: DiagnosticFile, keys: Iterable[UUID]) -> list[ShownAction]:
    """Shows them as they stand now, also in a plan that was revised since."""
    shown = []
    for key in keys:
        action, settled = file.actions[key], file.settlements.get(key)
        shown.append(
            ShownAction(
                action=key,
                kind=action.kind,
                barrier=action.barrier,
                text=plain(action.text),
                responsible=action.responsible,
                due_on=action.due_on,
                outcome=settled.outcome if settled else None,
                settled_on=settled.settled_on if settled else None,
                reason=settled.reason if settled else None,
                note=plain(settled.text) if settled else None,
            )
        )
    return shown


def progress(file: DiagnosticFile) -> Progress:
    scores: dict[str, list[tuple[date, int]]] = {}
    for diagnostic in sorted(file.diagnostics.values(), key=lambda one: one.completed_on):
        if diagnostic.remobilisation is not None:
            series = scores.setdefault(diagnostic.instrument, [])
            series.append((diagnostic.completed_on, diagnostic.remobilisation))
    barriers: dict[Barrier, list[tuple[date, Intensity]]] = {}
    for assessment in sorted(file.assessments.values(), key=lambda one: one.assessed_on):
        barriers.setdefault(assessment.domain, []).append((assessment.assessed_on, assessment.intensity))
    in_force = [action for key, plan in file.plans.items() if file.in_force(key) for action in plan.actions]
    return Progress(
        pathway=file.id,
        scores=[ScoreProgress(instrument, *series[0], *series[-1]) for instrument, series in scores.items()],
        barriers=[BarrierProgress(domain, *series[0], *series[-1]) for domain, series in barriers.items()],
        actions=actions(file, in_force),
    )
