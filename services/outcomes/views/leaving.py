"""Who left, and as what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.outcomes.views.whose import ASKED_FOR, coded
from shared.kernel.database import Connection, Pool
from shared.language.codes import ExitClass, ExitReason, Situation
from shared.language.contracts import PublicEvent
from shared.language.contracts.outcomes import Exit, Reopening


@dataclass(frozen=True)
class ListedExit:
    """`uncertain`: employment whose contract or dates are unknown. `adviser`: a token's subject.

    `disagreed`: whether the person says otherwise.
    """

    pathway: UUID
    structure: str
    adviser: str | None
    exited_on: date
    situation: Situation
    reason: ExitReason | None
    exit_class: ExitClass
    uncertain: bool
    disagreed: bool = False


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    for event in events:
        match event.body:
            case Exit() as exit:
                # A correction says nothing of whether there is a task: it may be of history, or come from an import.
                await connection.execute(
                    """insert into exits as e
                         (pathway, exited_on, situation, reason, exit_class, uncertain, stands, to_ask, version)
                       values ($1, $2, $3, $4, $5, $6, true, $7, $8)
                       on conflict (pathway) do update set exited_on = excluded.exited_on,
                         situation = excluded.situation, reason = excluded.reason, exit_class = excluded.exit_class,
                         uncertain = excluded.uncertain, stands = true,
                         to_ask = case when $9 then e.to_ask else excluded.to_ask end, version = excluded.version
                       where e.version < excluded.version""",
                    event.aggregate,
                    exit.exited_on,
                    exit.situation,
                    exit.reason,
                    exit.exit_class,
                    exit.uncertain,
                    not event.historical,
                    event.version,
                    event.name.endswith("exit-corrected"),
                )
            case Reopening():
                await connection.execute(
                    "update exits set stands = false, version = $2 where pathway = $1 and version < $2",
                    event.aggregate,
                    event.version,
                )


async def exits(pool: Pool, since: date, structure: str | None, adviser: str | None, limit: int) -> list[ListedExit]:
    """Exits on or after a day that stand, the latest first."""
    rows = await pool.fetch(
        f"""select e.pathway, k.structure, k.adviser, e.exited_on, e.situation, e.reason, e.exit_class, e.uncertain
             from exits e join known_pathways k using (pathway)
            where e.stands and e.exited_on >= $3 and {ASKED_FOR}
            order by e.exited_on desc, e.pathway limit $4""",
        structure,
        adviser,
        since,
        limit,
    )
    return [ListedExit(**coded(row, situation=Situation, reason=ExitReason, exit_class=ExitClass)) for row in rows]
