"""HTTP in, commands out. No rules here."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.outcomes import application, domain, views
from shared.access import CommandedInStructure
from shared.codes import FollowUpMonth, FollowUpStatus, Situation
from shared.commands import Done, answered, today
from shared.disagreement_routes import disagreement_routes
from shared.readings import Reading
from shared.routes import AskedStructure, Limit, OnDay, Store, pathway_routes

router = APIRouter(prefix="/v1")


@dataclass
class FollowUpBody:
    """`situation` is needed when the person was reached, and only then."""

    asked_on: date
    status: FollowUpStatus
    situation: Situation | None = None

    def fact(self, month: FollowUpMonth) -> domain.FollowUp:
        return domain.FollowUp(month, self.asked_on, self.status, self.situation)


@router.post("/pathways/{pathway}/exit")
async def leave(
    pathway: UUID, body: domain.Exit, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Records that the person left; the exit's class is derived, never given."""
    return answered(response, await application.leave(store, pathway, body, command))


@router.post("/pathways/{pathway}/exit/correction")
async def correct_exit(
    pathway: UUID, body: domain.Exit, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The whole exit as it is to stand."""
    return answered(response, await application.correct_exit(store, pathway, body, command))


@router.post("/pathways/{pathway}/exit/reopening")
async def reopen(pathway: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response) -> Done:
    """Annuls the exit from now on: the person is still supported."""
    return answered(response, await application.reopen(store, pathway, body.on, command))


@router.post("/pathways/{pathway}/follow-ups/{month}")
async def record_follow_up(
    pathway: UUID,
    month: FollowUpMonth,
    body: FollowUpBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    done = await application.record_follow_up(store, pathway, body.fact(month), command)
    return answered(response, done)


@router.post("/pathways/{pathway}/follow-ups/{month}/correction")
async def correct_follow_up(
    pathway: UUID,
    month: FollowUpMonth,
    body: FollowUpBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole follow-up as it is to stand."""
    done = await application.correct_follow_up(store, pathway, body.fact(month), command)
    return answered(response, done)


@router.get("/follow-ups/due")
async def follow_ups_due(
    request: Request,
    reading: Reading,
    structure: AskedStructure,
    until: date | None = None,
    limit: Limit = 100,
) -> list[views.FollowUpDue]:
    """Follow-ups due on or before a day (today) and not recorded, the oldest first."""
    return await reading.shown(await views.follow_ups_due(request.app.state.pool, until or today(), structure, limit))


imports = pathway_routes(application.import_pathways, application.known_rows, domain.fact_of)
disagreements = disagreement_routes(domain.fact_of)
