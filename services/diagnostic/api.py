"""HTTP in, commands out. No rules here."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.diagnostic import application, domain, views
from shared.access import CommandedInStructure
from shared.codes import Barrier, Intensity, Purpose
from shared.commands import Done, answered, today
from shared.disagreement_routes import disagreement_routes
from shared.readings import Reading
from shared.routes import AskedStructure, Limit, Store, pathway_routes

router = APIRouter(prefix="/v1")


@dataclass
class CompletedDiagnostic:
    """`remobilisation`: 0–10. `id`: chosen by the caller, so that a repeat asks for the same."""

    completed_on: date
    purpose: Purpose
    remobilisation: Annotated[int, Field(ge=0, le=10)] | None = None
    id: UUID = Field(default_factory=uuid4)

    def fact(self) -> domain.Diagnostic:
        return domain.Diagnostic(self.completed_on, self.purpose, self.remobilisation)


@dataclass
class AgreedPlan:
    agreed_on: date
    id: UUID = Field(default_factory=uuid4)


@dataclass
class CorrectedPlan:
    """Null: the plan was not agreed after all."""

    agreed_on: date | None


@dataclass
class AssessedBarrier:
    assessed_on: date
    domain: Barrier
    intensity: Intensity
    id: UUID = Field(default_factory=uuid4)


@router.post("/pathways/{pathway}/diagnostics")
async def complete(
    pathway: UUID, body: CompletedDiagnostic, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    return answered(response, await application.complete(store, pathway, body.id, body.fact(), command))


@router.post("/pathways/{pathway}/diagnostics/{diagnostic}/correction")
async def correct_diagnostic(
    pathway: UUID,
    diagnostic: UUID,
    body: CompletedDiagnostic,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole diagnostic as it is to stand."""
    done = await application.correct_diagnostic(store, pathway, diagnostic, body.fact(), command)
    return answered(response, done)


@router.post("/pathways/{pathway}/plans")
async def agree_plan(
    pathway: UUID, body: AgreedPlan, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    plan = domain.Plan(body.agreed_on)
    return answered(response, await application.agree_plan(store, pathway, body.id, plan, command))


@router.post("/pathways/{pathway}/plans/{plan}/correction")
async def correct_plan(
    pathway: UUID, plan: UUID, body: CorrectedPlan, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    done = await application.correct_plan(store, pathway, plan, domain.Plan(body.agreed_on), command)
    return answered(response, done)


@router.post("/pathways/{pathway}/barriers")
async def assess(
    pathway: UUID, body: AssessedBarrier, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    fact = domain.Assessment(body.assessed_on, body.domain, body.intensity)
    return answered(response, await application.assess(store, pathway, body.id, fact, command))


@router.post("/pathways/{pathway}/barriers/{assessment}/correction")
async def correct_assessment(
    pathway: UUID,
    assessment: UUID,
    body: AssessedBarrier,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole assessment as it is to stand."""
    fact = domain.Assessment(body.assessed_on, body.domain, body.intensity)
    return answered(response, await application.correct_assessment(store, pathway, assessment, fact, command))


@router.get("/without-diagnostic")
async def without_diagnostic(
    request: Request,
    reading: Reading,
    structure: AskedStructure,
    started_until: date | None = None,
    limit: Limit = 100,
) -> list[views.WithoutDiagnostic]:
    """Who started on or before a day (today) and has no diagnostic yet, the longest waiting first."""
    until = started_until or today()
    return await reading.shown(await views.without_diagnostic(request.app.state.pool, until, structure, limit))


imports = pathway_routes(application.import_pathways, application.known_rows, domain.fact_of)
disagreements = disagreement_routes(domain.fact_of)
