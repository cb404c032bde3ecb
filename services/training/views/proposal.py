"""What agreed plans and transfers propose, and nobody has answered yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import Row, upsert
from shared.language.codes import ActivityKind, Barrier
from shared.language.contracts import PublicEvent
from shared.language.contracts.training import Proposal, ProposalClosing


@dataclass(frozen=True)
class OpenProposal:
    """`proposal` is what an enrolment, a placement or a support action names as its `action` to answer it.

    `action`: of the plan, null where no plan says so. `barrier`: the one that it aims at; null for the operator where
    it reveals health or justice.
    """

    proposal: UUID
    pathway: UUID
    structure: str
    adviser: str | None
    action: UUID | None
    kind: ActivityKind
    due_on: date | None
    proposed_at: datetime
    barrier: Barrier | None = None


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps one row a proposal; what is proposed again is as old as when it was proposed first."""
    rows = filter(None, map(_row, events))
    await upsert(
        connection, "proposals", ("pathway", "proposal"), rows, once=("proposed_at",), inserted_with="proposed_at"
    )


def _row(event: PublicEvent) -> Row | None:
    match event.body:
        case Proposal() as proposal:
            return {
                "pathway": event.pathway,
                "proposal": proposal.proposal,
                "action": proposal.action,
                "kind": proposal.kind,
                "due_on": proposal.due_on,
                "proposed_at": event.known_at,
                "open": True,
                "version": event.version,
            }
        case ProposalClosing(proposal=id):
            return {"pathway": event.pathway, "proposal": id, "open": False, "version": event.version}
    return None


async def open_proposals(pool: Pool, structure: str | None, adviser: str | None, limit: int) -> list[OpenProposal]:
    """Of a structure's people (null: of all) and one adviser's (null: all), the oldest first."""
    rows = await pool.fetch(
        """select p.proposal, p.pathway, k.structure, k.adviser, p.action, p.kind, p.due_on, p.proposed_at
             from proposals p join known_pathways k on k.pathway = p.pathway
            where p.open and ($1::text is null or k.structure = $1) and ($2::text is null or k.adviser = $2)
              and not k.restricted and not k.archived
            order by p.proposed_at, p.proposal limit $3""",
        structure,
        adviser,
        limit,
    )
    return [OpenProposal(**dict(row) | {"kind": ActivityKind(row["kind"])}) for row in rows]
