"""Action plans, what became of their actions, and the page that the person keeps."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from services.diagnostic import application, domain
from services.diagnostic.api import shown
from services.diagnostic.api.files import File
from services.diagnostic.api.page import page
from services.diagnostic.domain import DiagnosticFile
from shared.http.access import chosen_id
from shared.http.bodies import Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.routes import OnDay
from shared.kernel.known_pathways import OnPathway
from shared.kernel.refusals import Problem
from shared.language.codes import ActionKind, ActionOutcome, Barrier, DropReason, Responsible
from shared.language.days import Day
from shared.language.sealed import Sealed

router = Router(tags=["plans"])
files = CommandRoutes(router, "/pathways/{pathway}", application.diagnostic_file)


@dataclass
class ActionContent:
    """`barrier`: the one that it aims at. `due_on` may lie ahead."""

    kind: ActionKind
    responsible: Responsible
    barrier: Barrier | None = None
    due_on: Day | None = None
    text: Sealed | None = None


@dataclass
class PlannedAction(ActionContent):
    """`id`: chosen by the caller; in a revision, that of an action that goes on."""

    id: UUID = Field(default_factory=chosen_id)


Objectives = Annotated[list[domain.Objective], Field(max_length=30)]


@dataclass
class AgreedPlan:
    """The whole plan. `agreed_on`: when the person said yes to it. `id`: of the plan, chosen by the caller."""

    agreed_on: Day
    id: UUID = Field(default_factory=chosen_id)
    objectives: Objectives = Field(default_factory=list)
    actions: Annotated[list[PlannedAction], Field(max_length=50)] = Field(default_factory=list)

    def fact(self) -> domain.Plan:
        return fact_in(domain.Plan, self, actions=())

    def planned(self) -> domain.Actions:
        return [(one.id, fact_in(domain.Action, one, plan=self.id)) for one in self.actions]


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


@files.post("/plans")
def agree_plan(file: DiagnosticFile, here: OnPathway, body: AgreedPlan) -> None:
    """The person agreed to a plan of objectives and actions. Each action is told by an event of its own."""
    file.agree_plan(body.id, body.fact(), here.today, body.planned())


@files.post("/plans/{plan}/correction")
def correct_plan(file: DiagnosticFile, here: OnPathway, plan: UUID, body: Whole[CorrectedPlan]) -> None:
    """The day and all objectives as they are to stand; each action is corrected by itself."""
    file.correct_plan(plan, fact_in(domain.Plan, body), here.today)


@files.post("/plans/{plan}/revision")
def revise_plan(file: DiagnosticFile, here: OnPathway, plan: UUID, body: Whole[AgreedPlan]) -> None:
    """The whole plan anew, agreed again, under an id of its own. Actions that go on keep their id; those that were open
    and are not in it are dropped as `plan_revised`."""
    file.revise_plan(plan, body.id, body.fact(), body.planned(), here.today)


@files.post("/actions/{action}/correction")
def correct_action(file: DiagnosticFile, here: OnPathway, action: UUID, body: Whole[ActionContent]) -> None:
    """The whole action as it is to stand; it stays in its plan."""
    told = fact_in(domain.Action, body, plan=action)  # the file keeps the plan that the action is in
    file.correct_action(action, told)


@files.post("/actions/{action}/settlement")
def settle(file: DiagnosticFile, here: OnPathway, action: UUID, body: Settlement) -> None:
    """An action is done, or given up."""
    file.settle(action, fact_in(domain.Settlement, body), here.today)


@files.post("/actions/{action}/settlement/correction")
def correct_settlement(file: DiagnosticFile, here: OnPathway, action: UUID, body: Whole[Settlement]) -> None:
    """What became of an action, whole, as it is to stand."""
    file.correct_settlement(action, fact_in(domain.Settlement, body), here.today)


@files.post("/actions/{action}/reopening")
def reopen_action(file: DiagnosticFile, here: OnPathway, action: UUID, body: OnDay) -> None:
    """An action that was done or given up is to be done again. One that is open already stays so."""
    file.reopen_action(action, body.on, here.today)


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
