"""Proposals of an agreed plan or a transfer, until they are answered or dismissed."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.language.codes import ActivityKind, Barrier, ProposalEnd


@dataclass(frozen=True)
class Proposal:
    """`action`: of the plan, null where no plan says so. `barrier`: the one that it aims at. `due_on`: until when."""

    kind: ActivityKind
    action: UUID | None = None
    barrier: Barrier | None = None
    due_on: date | None = None


@dataclass(frozen=True)
class ProposalClosing:
    closed_for: ProposalEnd
    closed_on: date | None = None

    @property
    def happened_on(self) -> date | None:
        return self.closed_on
