"""What took place in a structure between two days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import Row, upsert
from shared.language.codes import ActivityKind, ActivityStatus
from shared.language.contracts import PublicEvent
from shared.language.contracts.training import Activity


@dataclass(frozen=True)
class ListedActivity:
    """`disagreed`: whether the person says otherwise."""

    activity: UUID
    pathway: UUID
    structure: str
    kind: ActivityKind
    started_on: date
    ended_on: date
    hours: Decimal | None
    status: ActivityStatus
    disagreed: bool = False


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps one row an activity, as it now stands; an older version changes nothing."""
    rows = (_row(event, event.body) for event in events if isinstance(event.body, Activity))
    await upsert(connection, "activities", ("activity",), rows)


def _row(event: PublicEvent, activity: Activity) -> Row:
    return {
        "activity": activity.activity,
        "pathway": event.pathway,
        "structure": event.structure,
        "kind": activity.kind,
        "started_on": activity.started_on,
        "ended_on": activity.ended_on,
        "hours": activity.hours,
        "status": activity.status,
        "version": event.version,
    }


async def activities(pool: Pool, structure: str | None, start: date, end: date, limit: int) -> list[ListedActivity]:
    """Activities of a structure (null: of all) that started between two days, both included, by date."""
    rows = await pool.fetch(
        """select activity, pathway, structure, kind, started_on, ended_on, hours, status from activities
            where ($1::text is null or structure = $1) and started_on between $2 and $3
            order by started_on, activity limit $4""",
        structure,
        start,
        end,
        limit,
    )
    return [
        ListedActivity(**dict(row) | {"kind": ActivityKind(row["kind"]), "status": ActivityStatus(row["status"])})
        for row in rows
    ]
