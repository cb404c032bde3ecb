"""Diagnostic's own questions, one file a theme: table, fold and query together (tables: migrations 0101 and 0103)."""

from collections.abc import Sequence

from services.diagnostic.views import diagnostics, plans
from services.diagnostic.views.diagnostics import (
    WaitingDiagnostic,
    WithoutDiagnostic,
    diagnostics_waiting,
    without_diagnostic,
)
from services.diagnostic.views.plans import OverdueAction, PlanToReview, actions_overdue, plans_to_review
from shared.kernel import kind_views
from shared.kernel.database import Connection
from shared.language.contracts import PublicEvent

__all__ = [
    "OverdueAction",
    "PlanToReview",
    "WaitingDiagnostic",
    "WithoutDiagnostic",
    "actions_overdue",
    "diagnostics_waiting",
    "follow",
    "plans_to_review",
    "without_diagnostic",
]


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps the tables in step with diagnostic's own events; a version already applied changes nothing."""
    for fold in (diagnostics, plans, kind_views):
        await fold.follow(connection, events)
