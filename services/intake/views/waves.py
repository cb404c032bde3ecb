"""Which waves of structures there are; what stands in each is its aggregate's to tell: table, fold and query."""

from collections.abc import Sequence
from uuid import UUID

from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import upsert
from shared.language.contracts import PublicEvent
from shared.language.contracts.intake import Wave


async def follow_waves(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps one row a wave; a version already applied changes nothing."""
    rows = (
        {"wave": event.body.wave, "opened_on": event.body.opened_on, "version": event.version}
        for event in events
        if isinstance(event.body, Wave)
    )
    await upsert(connection, "waves", ("wave",), rows)


async def waves(pool: Pool, limit: int) -> list[UUID]:
    """The one opened last first."""
    return [
        row["wave"] for row in await pool.fetch("select wave from waves order by opened_on desc, wave limit $1", limit)
    ]
