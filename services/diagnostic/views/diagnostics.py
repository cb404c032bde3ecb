"""Who has no diagnostic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.diagnostic.views.whose import STANDING
from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import Row, upsert
from shared.language.contracts import PublicEvent
from shared.language.contracts.diagnostic import Diagnostic, DiagnosticOpening, OpeningClosed


@dataclass(frozen=True)
class WithoutDiagnostic:
    pathway: UUID
    structure: str
    started_on: date


@dataclass(frozen=True)
class WaitingDiagnostic:
    pathway: UUID
    structure: str
    opened_on: date


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    diagnosed = ({"pathway": event.aggregate} for event in events if isinstance(event.body, Diagnostic))
    await upsert(connection, "diagnosed", ("pathway",), diagnosed, version=None)
    await upsert(connection, "openings", ("pathway",), filter(None, map(_opening, events)))


def _opening(event: PublicEvent) -> Row | None:
    match event.body:
        case DiagnosticOpening(opened_on=on):
            return {"pathway": event.aggregate, "opened_on": on, "version": event.version}
        case OpeningClosed():
            return {"pathway": event.aggregate, "opened_on": None, "version": event.version}
    return None


async def without_diagnostic(
    pool: Pool, started_until: date, structure: str | None, adviser: str | None, limit: int
) -> list[WithoutDiagnostic]:
    """Those who started on or before the day, the longest waiting first."""
    rows = await pool.fetch(
        f"""select k.pathway, k.structure, k.started_on from known_pathways k left join diagnosed d using (pathway)
             where d.pathway is null and k.started_on <= $4 and {STANDING}
             order by k.started_on, k.pathway limit $3""",
        structure,
        adviser,
        limit,
        started_until,
    )
    return [WithoutDiagnostic(**row) for row in rows]


async def diagnostics_waiting(
    pool: Pool, structure: str | None, adviser: str | None, limit: int
) -> list[WaitingDiagnostic]:
    rows = await pool.fetch(
        f"""select k.pathway, k.structure, o.opened_on
              from known_pathways k join openings o using (pathway) left join diagnosed d using (pathway)
             where o.opened_on is not null and d.pathway is null and {STANDING}
             order by o.opened_on, k.pathway limit $3""",
        structure,
        adviser,
        limit,
    )
    return [WaitingDiagnostic(**row) for row in rows]
