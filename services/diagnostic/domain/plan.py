"""The action plan: what is aimed at, what is to be done by whom until when, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from shared.language.codes import ActionKind, ActionOutcome, Barrier, DropReason, Responsible
from shared.language.rules import RuleBroken, not_after
from shared.language.sealed import Sealed


class ActionTwice(RuleBroken):
    """An action stands once in a plan."""


class PlanNotInForce(RuleBroken):
    """Only a plan that was agreed and not revised since is revised, or has an action of it reopened."""


class RevisedBeforeAgreed(RuleBroken):
    """A plan is agreed anew on or after the day on which it was agreed."""


class DroppedWithoutReason(RuleBroken):
    """An action that is given up tells why: a code or a text."""


class ReasonForDone(RuleBroken):
    """Only an action that is given up has a code why."""


class ReopenedBeforeSettled(RuleBroken):
    """An action is open again on or after the day on which it was settled."""


@dataclass(frozen=True)
class Objective:
    """What the person wants to reach; `barrier`: the one that stands in the way."""

    text: Sealed
    barrier: Barrier | None = None


@dataclass(frozen=True)
class Plan:
    """An action plan that the person agreed to; null: it was not agreed after all. `actions`: their ids."""

    agreed_on: date | None
    objectives: tuple[Objective, ...] = ()
    actions: tuple[UUID, ...] = ()

    @property
    def happened_on(self) -> date | None:
        return self.agreed_on


@dataclass(frozen=True)
class Action:
    """Something that is to be done. `barrier`: the one that it aims at; `due_on` may lie ahead."""

    plan: UUID
    kind: ActionKind
    responsible: Responsible
    barrier: Barrier | None = None
    due_on: date | None = None
    text: Sealed | None = None


@dataclass(frozen=True)
class Settlement:
    """The end of an action. `report`: the report of a support action that settled it, where one did."""

    outcome: ActionOutcome
    settled_on: date
    reason: DropReason | None = None
    text: Sealed | None = None
    report: UUID | None = None

    @property
    def happened_on(self) -> date:
        return self.settled_on

    def check(self, today: date) -> None:
        not_after(today, "settled", self.settled_on)
        if self.outcome is ActionOutcome.DROPPED and self.reason is None and self.text is None:
            raise DroppedWithoutReason("an action is not dropped without saying why")
        if self.outcome is ActionOutcome.DONE and self.reason is not None:
            raise ReasonForDone("an action that is done needs no reason")


Actions = Sequence[tuple[UUID, Action]]


def with_actions(plan: Plan, actions: Actions) -> Plan:
    ids = tuple(id for id, _ in actions)
    if len(set(ids)) < len(ids):
        raise ActionTwice("an action's id stands more than once")
    return replace(plan, actions=ids)
