"""The facts of kinds that are declared whole, as a service lists them: by the day on which they happened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import Row, upsert
from shared.language.contracts import PublicEvent
from shared.language.kinds import KINDS, Kind

_NAMES: dict[tuple[str, str], Kind[Any]] = {
    (kind.service, event.partition(".")[2]): kind for kind in KINDS for event in kind.events
}

KnownIn = Literal["known_pathways", "requests"]
"""The table in which a service knows who holds a pathway: intake's own, or what the others heard from it."""


@dataclass(frozen=True)
class ListedFact:
    pathway: UUID
    id: UUID
    happened_on: date


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps one row a fact, as it now stands; an older version changes nothing."""
    await upsert(connection, "listed_facts", ("pathway", "kind", "id"), _rows(events))


def _rows(events: Sequence[PublicEvent]) -> Iterator[Row]:
    for event in events:
        if (kind := _NAMES.get((event.service, event.name))) is not None:
            yield {
                "pathway": event.pathway,
                "kind": kind.name,
                "id": kind.id_of(event.body),
                "happened_on": event.happened_on,
                "version": event.version,
            }


async def between(
    pool: Pool, known_in: KnownIn, kind: str, structure: str | None, start: date, end: date, limit: int
) -> list[ListedFact]:
    """Those of a kind that happened between two days, both included, to people of a structure (null: of all)."""
    rows = await pool.fetch(
        f"""select f.pathway, f.id, f.happened_on from listed_facts f join {known_in} k using (pathway)
            where f.kind = $1 and f.happened_on between $3 and $4 and ($2::text is null or k.structure = $2)
              and not k.restricted and not k.archived
            order by f.happened_on, f.id limit $5""",
        kind,
        structure,
        start,
        end,
        limit,
    )
    return [ListedFact(**row) for row in rows]
