"""Training's own questions, one file a theme: table, fold and query together (tables: migrations 0101 to 0103)."""

from collections.abc import Sequence

from services.training.views import activity, placement, proposal, session
from services.training.views.activity import ListedActivity, activities
from services.training.views.placement import ListedPlacement, ending, placements, to_evaluate
from services.training.views.proposal import OpenProposal, open_proposals
from services.training.views.session import (
    ListedSession,
    MissingAttendance,
    Participant,
    missing_attendance,
    participants,
    sessions,
)
from shared.kernel import kind_views
from shared.kernel.database import Connection
from shared.language.contracts import PublicEvent

__all__ = [
    "ListedActivity",
    "ListedPlacement",
    "ListedSession",
    "MissingAttendance",
    "OpenProposal",
    "Participant",
    "activities",
    "ending",
    "follow",
    "missing_attendance",
    "open_proposals",
    "participants",
    "placements",
    "sessions",
    "to_evaluate",
]


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """What follows from a fact, as an activity does, is told after it; an older version changes nothing."""
    for fold in (session, placement, proposal, activity, kind_views):
        await fold.follow(connection, events)
