"""Outcomes' own questions, one file a theme: table, fold and query together (tables: migrations 0101 and 0103)."""

from collections.abc import Sequence

from services.outcomes.views import follow_ups, leaving, situations
from services.outcomes.views.follow_ups import FollowUpDue, follow_ups_due
from services.outcomes.views.leaving import ListedExit, exits
from services.outcomes.views.situations import ListedJob, contracts_ending, ended_without_news, in_employment
from shared.kernel import kind_views
from shared.kernel.database import Connection
from shared.language.contracts import PublicEvent

__all__ = [
    "FollowUpDue",
    "ListedExit",
    "ListedJob",
    "contracts_ending",
    "ended_without_news",
    "exits",
    "follow",
    "follow_ups_due",
    "in_employment",
]


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Each event changes its own rows; told twice it changes nothing."""
    for fold in (leaving, situations, follow_ups, kind_views):
        await fold.follow(connection, events)
