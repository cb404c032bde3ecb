"""Which waves of structures there are; what stands in each is its aggregate's to tell: table, fold and query."""

from collections.abc import Sequence
from uuid import UUID

from shared.contracts import PublicEvent
from shared.contracts.intake import Wave
from shared.database import Connection, Pool


async def follow_waves(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """A version already applied changes nothing."""
    for event in events:
        if isinstance(event.body, Wave):
            await connection.execute(
                """insert into waves as w (wave, opened_on, version) values ($1, $2, $3)
                   on conflict (wave) do update set opened_on = excluded.opened_on, version = excluded.version
                   where w.version < excluded.version""",
                event.body.wave,
                event.body.opened_on,
                event.version,
            )


async def waves(pool: Pool, limit: int) -> list[UUID]:
    """The one opened last first."""
    return [
        row["wave"] for row in await pool.fetch("select wave from waves order by opened_on desc, wave limit $1", limit)
    ]
