"""Which structures take part, and what they have set for themselves: table, fold and query together."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts import PublicEvent
from shared.contracts.intake import Structure, WelcomeDelay
from shared.database import Connection, Pool


@dataclass(frozen=True)
class RegisteredStructure:
    """`welcome_within`: days from a request to the welcome, after which it is an alarm."""

    structure: str
    name: str
    department: str
    welcome_within: int


async def follow_structures(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """A version already applied changes nothing."""
    for event in events:
        match event.body:
            case Structure(structure=structure, name=name, department=department):
                await connection.execute(
                    """insert into structures as s (structure, name, department, version) values ($1, $2, $3, $4)
                       on conflict (structure) do update set name = excluded.name,
                         department = excluded.department, version = excluded.version
                       where s.version < excluded.version""",
                    structure,
                    name,
                    department,
                    event.version,
                )
            case WelcomeDelay(structure=structure, days=days):
                await connection.execute(
                    "update structures set welcome_within = $2, version = $3 where structure = $1 and version < $3",
                    structure,
                    days,
                    event.version,
                )


async def structures(pool: Pool) -> list[RegisteredStructure]:
    rows = await pool.fetch("select structure, name, department, welcome_within from structures order by structure")
    return [RegisteredStructure(**row) for row in rows]
