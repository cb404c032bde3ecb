"""Outcomes' own question: whom to ask again, 3, 6 and 12 months after they left. Table, fold and query together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from shared.codes import FollowUpMonth, Situation
from shared.contracts import PublicEvent
from shared.contracts.outcomes import Exit, FollowUp, Reopening
from shared.database import Connection


@dataclass(frozen=True)
class FollowUpDue:
    pathway: UUID
    structure: str
    month: int
    due_on: date


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Each event changes its own columns; telling it twice changes nothing. Imported history raises no task."""
    for event in events:
        match event.body:
            case Exit(exited_on=exited_on, situation=situation):
                await connection.execute(
                    """insert into exits as e (pathway, structure, exited_on, to_ask, version)
                       values ($1, $2, $3, $4, $5)
                       on conflict (pathway) do update set structure = excluded.structure,
                         exited_on = excluded.exited_on, to_ask = excluded.to_ask, version = excluded.version
                       where e.version < excluded.version""",
                    event.aggregate,
                    event.structure,
                    exited_on,
                    situation is not Situation.DECEASED and not event.historical,
                    event.version,
                )
            case Reopening():
                await connection.execute(
                    "update exits set to_ask = false, version = $2 where pathway = $1 and version < $2",
                    event.aggregate,
                    event.version,
                )
            case FollowUp(month=month):
                await connection.execute(
                    "insert into asked (pathway, month) values ($1, $2) on conflict do nothing",
                    event.aggregate,
                    month,
                )


async def follow_ups_due(pool: asyncpg.Pool, until: date, structure: str | None, limit: int) -> list[FollowUpDue]:
    """Follow-ups due on or before a day and not recorded, the oldest first."""
    rows = await pool.fetch(
        """select e.pathway, e.structure, m.month, (e.exited_on + make_interval(months => m.month))::date as due_on
             from exits e cross join unnest($1::integer[]) m(month)
             left join asked a on a.pathway = e.pathway and a.month = m.month
            where e.to_ask and a.pathway is null and (e.exited_on + make_interval(months => m.month))::date <= $2
              and ($3::text is null or e.structure = $3)
            order by due_on, e.pathway limit $4""",
        [month.value for month in FollowUpMonth],
        until,
        structure,
        limit,
    )
    return [FollowUpDue(**row) for row in rows]


async def forget(connection: Connection, _: Sequence[UUID], pathways: Sequence[UUID]) -> None:
    """Deletes what these views hold of the pathways."""
    await connection.execute("delete from exits where pathway = any($1)", pathways)
    await connection.execute("delete from asked where pathway = any($1)", pathways)
