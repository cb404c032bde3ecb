"""HTTP in, commands out. No rules here."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.training import application, domain, views
from shared.access import CommandedInStructure
from shared.codes import ActivityKind, ActivityStatus
from shared.commands import Done, answered
from shared.disagreement_routes import disagreement_routes
from shared.readings import Reading
from shared.routes import AskedStructure, Limit, Store, pathway_routes

router = APIRouter(prefix="/v1")


@dataclass
class ActivityBody:
    """`hours` attended, null for a no-show. `id`: chosen by the caller, so that a repeat asks for the same."""

    kind: ActivityKind
    started_on: date
    ended_on: date
    status: ActivityStatus
    hours: Annotated[Decimal, Field(ge=0, le=100_000, max_digits=8, decimal_places=2)] | None = None
    id: UUID = Field(default_factory=uuid4)

    def fact(self) -> domain.Activity:
        return domain.Activity(self.kind, self.started_on, self.ended_on, self.status, self.hours)


@router.post("/pathways/{pathway}/activities")
async def record(
    pathway: UUID, body: ActivityBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    return answered(response, await application.record(store, pathway, body.id, body.fact(), command))


@router.post("/pathways/{pathway}/activities/{activity}/correction")
async def correct(
    pathway: UUID, activity: UUID, body: ActivityBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The whole activity as it is to stand."""
    return answered(response, await application.correct(store, pathway, activity, body.fact(), command))


@router.get("/activities")
async def activities(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    start: Annotated[date, Query(alias="from")],
    end: Annotated[date, Query(alias="to")],
    limit: Limit = 100,
) -> list[views.ListedActivity]:
    """Activities of a structure that started between two days, both included."""
    return await reading.shown(await application.activities(store, structure, start, end, limit))


imports = pathway_routes(application.import_pathways, application.known_rows, domain.fact_of)
disagreements = disagreement_routes(domain.fact_of)
