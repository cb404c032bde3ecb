"""Which actions are overdue, and which plans are to be looked at again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.diagnostic.views.whose import STANDING
from shared.kernel.clock import day_in_paris
from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import Row, upsert
from shared.language.codes import ActionKind, Barrier
from shared.language.contracts import PublicEvent
from shared.language.contracts.diagnostic import Plan, PlannedAction, SettledAction
from shared.language.months import months_later

MONTHS_TO_REVIEW = 6
"""After which a plan that was not agreed anew is to be looked at again."""


@dataclass(frozen=True)
class OverdueAction:
    """An open action and the barrier that it aims at."""

    pathway: UUID
    structure: str
    plan: UUID
    action: UUID
    kind: ActionKind
    barrier: Barrier | None
    due_on: date


@dataclass(frozen=True)
class PlanToReview:
    """`due_on`: six months after it was agreed."""

    pathway: UUID
    structure: str
    plan: UUID
    agreed_on: date
    due_on: date


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    actions = filter(None, map(_action, events))
    await upsert(connection, "planned_actions", ("pathway", "action"), actions, inserted_with="plan")
    plans = (_plan(event, event.body) for event in events if isinstance(event.body, Plan))
    await upsert(connection, "plans", ("pathway", "plan"), plans)


def _action(event: PublicEvent) -> Row | None:
    match event.body:
        case PlannedAction() as action:
            return {
                "pathway": event.aggregate,
                "action": action.action,
                "plan": action.plan,
                "kind": action.kind,
                "barrier": action.barrier,
                "due_on": action.due_on,
                "version": event.version,
            }
        case SettledAction(action=key, outcome=outcome):
            return {"pathway": event.aggregate, "action": key, "open": outcome is None, "version": event.version}
    return None


def _plan(event: PublicEvent, plan: Plan) -> Row:
    """Tells of a plan; one that does not say which it revises leaves what was told."""
    return {
        "pathway": event.aggregate,
        "plan": plan.plan,
        "agreed_on": plan.agreed_on,
        "review_on": _review_on(plan.agreed_on, event),
        **({"revises": plan.revises} if plan.revises else {}),
        "version": event.version,
    }


def _review_on(agreed_on: date | None, event: PublicEvent) -> date | None:
    """Null where it is never due: imported history raises no task that was due before it was imported."""
    if agreed_on is None:
        return None
    due_on = months_later(agreed_on, MONTHS_TO_REVIEW)
    return None if event.historical and due_on <= day_in_paris(event.known_at) else due_on


_IN_FORCE = """p.agreed_on is not null and not exists (
  select from plans later where later.pathway = p.pathway and later.revises = p.plan and later.agreed_on is not null)"""


async def actions_overdue(
    pool: Pool, today: date, structure: str | None, adviser: str | None, limit: int
) -> list[OverdueAction]:
    rows = await pool.fetch(
        f"""select k.pathway, k.structure, a.plan, a.action, a.kind, a.barrier, a.due_on
              from known_pathways k join planned_actions a using (pathway) join plans p using (pathway, plan)
             where a.open and a.due_on < $4 and {_IN_FORCE} and {STANDING}
             order by a.due_on, a.action limit $3""",
        structure,
        adviser,
        limit,
        today,
    )
    return [
        OverdueAction(
            pathway=row["pathway"],
            structure=row["structure"],
            plan=row["plan"],
            action=row["action"],
            kind=ActionKind(row["kind"]),
            barrier=row["barrier"] and Barrier(row["barrier"]),
            due_on=row["due_on"],
        )
        for row in rows
    ]


async def plans_to_review(
    pool: Pool, today: date, structure: str | None, adviser: str | None, limit: int
) -> list[PlanToReview]:
    rows = await pool.fetch(
        f"""select k.pathway, k.structure, p.plan, p.agreed_on, p.review_on as due_on
              from known_pathways k join plans p using (pathway)
             where p.review_on <= $4 and {_IN_FORCE} and {STANDING}
             order by p.review_on, p.plan limit $3""",
        structure,
        adviser,
        limit,
        today,
    )
    return [PlanToReview(**row) for row in rows]
