"""What took place in a structure between two days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.codes import ActivityKind, ActivityStatus
from shared.contracts import PublicEvent
from shared.contracts.training import Activity
from shared.database import Connection, Pool


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
    """One row an activity, as it now stands; an older version changes nothing."""
    latest: dict[UUID, tuple[PublicEvent, Activity]] = {}
    for event in events:
        if isinstance(event.body, Activity):
            latest[event.body.activity] = (event, event.body)
    await connection.executemany(
        """insert into activities as a
             (activity, pathway, structure, kind, started_on, ended_on, hours, status, version)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           on conflict (activity) do update set structure = excluded.structure, kind = excluded.kind,
             started_on = excluded.started_on, ended_on = excluded.ended_on, hours = excluded.hours,
             status = excluded.status, version = excluded.version
           where a.version < excluded.version""",
        [
            (
                activity.activity,
                event.pathway,
                event.structure,
                activity.kind,
                activity.started_on,
                activity.ended_on,
                activity.hours,
                activity.status,
                event.version,
            )
            for event, activity in latest.values()
        ],
    )


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
