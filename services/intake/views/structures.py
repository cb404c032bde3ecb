"""Which structures take part, and what they have set for themselves: table, fold and query together."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import Row, upsert
from shared.language.contracts import PublicEvent
from shared.language.contracts.intake import Structure, WelcomeDelay


@dataclass(frozen=True)
class RegisteredStructure:
    """`welcome_within`: days from a request to the welcome, after which it is an alarm."""

    structure: str
    name: str
    department: str
    welcome_within: int


async def follow_structures(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps one row a structure; a version already applied changes nothing."""
    rows = filter(None, map(_row, events))
    await upsert(connection, "structures", ("structure",), rows, inserted_with="name")


def _row(event: PublicEvent) -> Row | None:
    match event.body:
        case Structure(structure=structure, name=name, department=department):
            return {"structure": structure, "name": name, "department": department, "version": event.version}
        case WelcomeDelay(structure=structure, days=days):
            return {"structure": structure, "welcome_within": days, "version": event.version}
    return None


async def structures(pool: Pool) -> list[RegisteredStructure]:
    rows = await pool.fetch("select structure, name, department, welcome_within from structures order by structure")
    return [RegisteredStructure(**row) for row in rows]
