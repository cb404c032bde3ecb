"""Opens the file that a command is about, and takes the rows of an import."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from services.diagnostic.domain import Assessment, Diagnostic, DiagnosticFile, Plan, scored_by_import
from shared.kernel.event_store import Known
from shared.kernel.imports import KnownDossier, KnownRow, known_of_kinds, news, part_of_import
from shared.kernel.known_pathways import on_pathway
from shared.language.history import BarrierRow, DiagnosticRow, Dossier, imported_fact_id

F = TypeVar("F")


diagnostic_file = on_pathway(DiagnosticFile)


# The historical import


def _take(file: DiagnosticFile, dossier: Dossier) -> None:
    """Takes rows: each finds the fact that an earlier import recorded under its key, else one recorded by hand."""
    diagnostics = {(f.completed_on, f.purpose): key for key, f in _keyed(file.diagnostics.known)}
    for row in dossier.diagnostics:
        key = diagnostics.get((row.completed_on, row.purpose)) or _diagnostic_key(dossier.pathway, row)
        imported = Diagnostic(row.completed_on, row.purpose, row.remobilisation)
        if (fact := news(file.diagnostics.known.get(key), imported)) is not None:
            fact = scored_by_import(fact, imported, file.diagnostics.get(key))
            file.diagnostics.take(key, fact, imported)
        plan, known = Plan(row.plan_agreed_on), file.plans.known.get(key)
        # No plan in the folder is news only where an import brought one before.
        if (row.plan_agreed_on or (known and known.imported)) and (agreed := news(known, plan)) is not None:
            file.plans.take(key, agreed, plan)
    assessments = {(f.assessed_on, f.domain): key for key, f in _keyed(file.assessments.known)}
    for barrier in dossier.barriers:
        key = assessments.get((barrier.assessed_on, barrier.domain)) or _barrier_key(dossier.pathway, barrier)
        assessed = Assessment(barrier.assessed_on, barrier.domain, barrier.intensity)
        if (assessment := news(file.assessments.known.get(key), assessed)) is not None:
            file.assessments.take(key, assessment, assessed)


def _keyed(facts: Mapping[UUID, Known[F]]) -> list[tuple[UUID, F]]:
    """Pairs keys with what tells rows apart: what the import said, else what stands; of two, the imported one last."""
    by_hand = [(key, known.current) for key, known in facts.items() if known.imported is None]
    return by_hand + [(key, known.imported) for key, known in facts.items() if known.imported is not None]


def _diagnostic_key(pathway: UUID, row: DiagnosticRow) -> UUID:
    """An imported plan goes by the id of its diagnostic."""
    return imported_fact_id(pathway, "diagnostic", row.completed_on, row.purpose)


def _barrier_key(pathway: UUID, row: BarrierRow) -> UUID:
    return imported_fact_id(pathway, "barrier", row.assessed_on, row.domain)


def _known(file: DiagnosticFile) -> KnownDossier:
    return KnownDossier(
        file.id,
        diagnostics=tuple(
            KnownRow(
                _row(known.current, file.plans.get(key)),
                _row(known.imported, _agreed_in_import(file, key)) if known.imported else None,
            )
            for key, known in file.diagnostics.known.items()
        ),
        barriers=tuple(
            KnownRow(_barrier(known.current), _barrier(known.imported) if known.imported else None)
            for known in file.assessments.known.values()
        ),
        **known_of_kinds(file),
    )


def _row(fact: Diagnostic, plan: Plan | None) -> DiagnosticRow:
    return DiagnosticRow(fact.completed_on, fact.purpose, fact.remobilisation, plan.agreed_on if plan else None)


def _agreed_in_import(file: DiagnosticFile, key: UUID) -> Plan | None:
    return file.plans.known[key].imported if key in file.plans else None


def _barrier(fact: Assessment) -> BarrierRow:
    return BarrierRow(fact.assessed_on, fact.domain, fact.intensity)


import_pathways, known_rows = part_of_import(DiagnosticFile, _take, _known)
