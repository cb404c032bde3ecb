"""Diagnostic's own question: who started some time ago and has no diagnostic yet. Table, fold and query together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from shared.contracts import PublicEvent
from shared.contracts.diagnostic import Diagnostic
from shared.database import Connection


@dataclass(frozen=True)
class WithoutDiagnostic:
    pathway: UUID
    structure: str
    started_on: date


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Remembers which pathways have a diagnostic; telling it twice changes nothing."""
    diagnosed = {event.aggregate for event in events if isinstance(event.body, Diagnostic)}
    await connection.execute(
        "insert into diagnosed (pathway) select unnest($1::uuid[]) on conflict do nothing", list(diagnosed)
    )


async def without_diagnostic(
    pool: asyncpg.Pool, started_until: date, structure: str | None, limit: int
) -> list[WithoutDiagnostic]:
    """Those who started on or before the day, the longest waiting first."""
    rows = await pool.fetch(
        """select k.pathway, k.structure, k.started_on from known_pathways k left join diagnosed d using (pathway)
            where d.pathway is null and k.started_on <= $1 and ($2::text is null or k.structure = $2)
            order by k.started_on, k.pathway limit $3""",
        started_until,
        structure,
        limit,
    )
    return [WithoutDiagnostic(**row) for row in rows]


async def forget(connection: Connection, _: Sequence[UUID], pathways: Sequence[UUID]) -> None:
    """Deletes what these views hold of the pathways."""
    await connection.execute("delete from diagnosed where pathway = any($1)", pathways)
