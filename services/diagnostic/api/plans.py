"""Action plans, what became of their actions, and the page that the person keeps."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from services.diagnostic import application, domain, shown
from services.diagnostic.api.files import File
from services.diagnostic.page import page
from shared.access import CommandedInStructure, chosen_id
from shared.codes import ActionKind, ActionOutcome, Barrier, DropReason, Responsible
from shared.command_routes import answered
from shared.commands import Done
from shared.days import Day
from shared.door import Router
from shared.problems import Problem
from shared.routes import OnDay, Store
from shared.sealing import Sealed
from shared.whole import Whole

router = Router(tags=["plans"])


@dataclass
class Objective:
    """What the person wants to reach; `barrier`: the one that stands in the way."""

    text: Sealed
    barrier: Barrier | None = None


@dataclass
class ActionContent:
    """`barrier`: the one that it aims at. `due_on` may lie ahead."""

    kind: ActionKind
    responsible: Responsible
    barrier: Barrier | None = None
    due_on: Day | None = None
    text: Sealed | None = None

    def fact(self, plan: UUID) -> domain.Action:
        return domain.Action(plan, self.kind, self.responsible, self.barrier, self.due_on, self.text)


@dataclass
class PlannedAction(ActionContent):
    """`id`: chosen by the caller; in a revision, that of an action that goes on."""

    id: UUID = Field(default_factory=chosen_id)


Objectives = Annotated[list[Objective], Field(max_length=30)]


@dataclass
class AgreedPlan:
    """The whole plan. `agreed_on`: when the person said yes to it. `id`: of the plan, chosen by the caller."""

    agreed_on: Day
    id: UUID = Field(default_factory=chosen_id)
    objectives: Objectives = Field(default_factory=list)
    actions: Annotated[list[PlannedAction], Field(max_length=50)] = Field(default_factory=list)

    def fact(self) -> domain.Plan:
        return domain.Plan(self.agreed_on, _objectives(self.objectives))

    def planned(self) -> domain.Actions:
        return [(action.id, action.fact(self.id)) for action in self.actions]


@dataclass
class CorrectedPlan:
    """Null: the plan was not agreed after all. `objectives`: all that are to stand."""

    agreed_on: Day | None
    objectives: Objectives = Field(default_factory=list)


@dataclass
class Settlement:
    """`outcome`: `done`, or `dropped` with a reason, as a code or in words."""

    outcome: ActionOutcome
    settled_on: Day
    reason: Annotated[DropReason | None, Field(examples=[None])] = None
    text: Sealed | None = None

    def fact(self) -> domain.Settlement:
        return domain.Settlement(self.outcome, self.settled_on, self.reason, self.text)


def _objectives(objectives: list[Objective]) -> tuple[domain.Objective, ...]:
    return tuple(domain.Objective(one.text, one.barrier) for one in objectives)


@router.post("/pathways/{pathway}/plans")
async def agree_plan(
    pathway: UUID, body: AgreedPlan, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The person agreed to a plan of objectives and actions. Each action is told by an event of its own."""
    done = await application.agree_plan(store, pathway, body.id, body.fact(), body.planned(), command)
    return answered(response, done, body.id)


@router.post("/pathways/{pathway}/plans/{plan}/correction")
async def correct_plan(
    pathway: UUID,
    plan: UUID,
    body: Whole[CorrectedPlan],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The day and all objectives as they are to stand; each action is corrected by itself."""
    fact = domain.Plan(body.agreed_on, _objectives(body.objectives))
    return answered(response, await application.correct_plan(store, pathway, plan, fact, command), plan)


@router.post("/pathways/{pathway}/plans/{plan}/revision")
async def revise_plan(
    pathway: UUID, plan: UUID, body: Whole[AgreedPlan], command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The whole plan anew, agreed again, under an id of its own. Actions that go on keep their id; those that were open
    and are not in it are dropped as `plan_revised`."""
    done = await application.revise_plan(store, pathway, plan, body.id, body.fact(), body.planned(), command)
    return answered(response, done, body.id)


@router.post("/pathways/{pathway}/actions/{action}/correction")
async def correct_action(
    pathway: UUID,
    action: UUID,
    body: Whole[ActionContent],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole action as it is to stand; it stays in its plan."""
    # The domain keeps the plan that the action is in.
    done = await application.correct_action(store, pathway, action, body.fact(plan=action), command)
    return answered(response, done, action)


@router.post("/pathways/{pathway}/actions/{action}/settlement")
async def settle(
    pathway: UUID, action: UUID, body: Settlement, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """An action is done, or given up."""
    return answered(response, await application.settle(store, pathway, action, body.fact(), command), action)


@router.post("/pathways/{pathway}/actions/{action}/settlement/correction")
async def correct_settlement(
    pathway: UUID,
    action: UUID,
    body: Whole[Settlement],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """What became of an action, whole, as it is to stand."""
    return answered(
        response, await application.correct_settlement(store, pathway, action, body.fact(), command), action
    )


@router.post("/pathways/{pathway}/actions/{action}/reopening")
async def reopen_action(
    pathway: UUID, action: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """An action that was done or given up is to be done again. One that is open already stays so."""
    return answered(response, await application.reopen_action(store, pathway, action, body.on, command), action)


@router.get("/pathways/{pathway}/plans")
async def plans(file: File) -> list[shown.ShownPlan]:
    """The plans of a pathway of one's own structure with their texts, and the actions as they now stand."""
    return shown.plans(file)


class Pdf(Response):
    media_type = "application/pdf"


_PDF = {"description": "The page", "content": {Pdf.media_type: {"schema": {"type": "string", "format": "binary"}}}}


@router.get("/pathways/{pathway}/plans/{plan}/page", response_class=Pdf, responses={200: _PDF})
async def plan_page(plan: UUID, file: File) -> Pdf:
    """A plan as a page for the person to keep, in plain French and large type. It names nobody."""
    found = next((one for one in shown.plans(file) if one.plan == plan), None)
    if found is None:
        raise Problem(404, "unknown-plan", "no such plan is recorded of this pathway")
    made = await run_in_threadpool(page, found)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'inline; filename="plan.pdf"'}
    return Pdf(made, headers=headers)
