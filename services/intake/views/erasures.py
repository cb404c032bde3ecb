"""What each service says that it destroyed: table, fold and query together."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from shared.kernel.clock import PARIS
from shared.kernel.database import Connection, Pool, across_structures
from shared.kernel.refusals import Problem
from shared.kernel.upsert import Row, upsert
from shared.language.contracts import PublicEvent
from shared.language.contracts.forgetting import ErasureDone
from shared.language.services import OF_PATHWAYS


@dataclass(frozen=True)
class ErasureState:
    """`done` when every service has destroyed what it held; `destroyed`: how many of what, by service;
    `in_backups_until`: the last day on which a backup made before may still hold the person."""

    erasure: UUID
    done: bool
    destroyed: dict[str, dict[str, int]]
    in_backups_until: date | None


async def follow_erasures(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps what each service says it destroyed; what it said first stands."""
    rows = (_row(event, event.body) for event in events if isinstance(event.body, ErasureDone))
    told_once = ("destroyed", "known_at")
    await upsert(connection, "erasure_reports", ("erasure", "service"), rows, version=None, once=told_once)


def _row(event: PublicEvent, done: ErasureDone) -> Row:
    counts = {name: count for name, count in vars(done).items() if name != "erasure"}
    return {
        "erasure": done.erasure,
        "service": event.service,
        "destroyed": json.dumps(counts),
        "known_at": event.known_at,
    }


async def erasure(pool: Pool, erasure: UUID, backup_days: int) -> ErasureState:
    """`backup_days`: for how long backups are kept. Raises Problem where there is none."""
    with across_structures():  # it tells of nobody any more
        begun = await pool.fetchval("select exists(select from erasures where erasure = $1)", erasure)
    if not begun:
        raise Problem(404, "unknown-erasure", "no such erasure was begun")
    rows = await pool.fetch("select * from erasure_reports where erasure = $1 order by service", erasure)
    destroyed = {row["service"]: json.loads(row["destroyed"]) for row in rows}
    done = set(OF_PATHWAYS) <= destroyed.keys()
    last = max((row["known_at"] for row in rows), default=None)
    until = (last.astimezone(PARIS) + timedelta(days=backup_days)).date() if done and last else None
    return ErasureState(erasure, done, destroyed, until)
