"""What a service remembers of structures as intake tells of them: the département, by which it knows their day.

A consumer of its own, so that a service that has long followed pathways hears of the structures from the first on.
"""

from collections.abc import Collection, Sequence
from datetime import date

from shared.kernel import broker
from shared.kernel.clock import day_in
from shared.kernel.database import Connection, Pool
from shared.kernel.event_store import EventStore
from shared.kernel.subscriber import Subscriber
from shared.kernel.upsert import Row, upsert
from shared.language.contracts import PublicEvent
from shared.language.contracts.intake import Structure


async def departments(pool: Pool | Connection, structures: Collection[str]) -> dict[str, str]:
    """INSEE codes by structure, of those that this service has heard of."""
    rows = await pool.fetch(
        "select structure, department from structures.known where structure = any($1)", list(structures)
    )
    return {row["structure"]: row["department"] for row in rows}


async def today_in(store: EventStore, structure: str | None, connection: Connection | None = None) -> date:
    """The local date of a structure; of one that nobody has told of yet, and of none, the date in Paris."""
    known = await departments(connection or store.pool, [structure]) if structure else {}
    return day_in(known.get(structure or ""), store.clock())


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps one row a structure; a version already applied changes nothing."""
    await upsert(connection, "structures.known", ("structure",), map(_row, events))


def _row(event: PublicEvent) -> Row:
    assert isinstance(event.body, Structure)
    return {"structure": event.body.structure, "department": event.body.department, "version": event.version}


async def _enter(connection: Connection) -> None:
    """The consumer's position and parked events stand beside its table."""
    await connection.execute("select set_config('search_path', 'structures, public', true)")


def subscriber(service: str, pool: Pool, client: broker.Client) -> Subscriber:
    """Of a service, on intake's events."""
    return Subscriber(
        f"{service}-structures", "intake", pool, client, follow, of=[Structure], stage="view", enter=_enter
    )
