"""The request once it is recorded, the welcome, the start and the withdrawal."""

from uuid import UUID

from fastapi import Response

from services.intake import domain
from services.intake.api.persons import RequestBody
from services.intake.application import pathways
from services.intake.application.pathways import Here
from shared.http.access import CommandedInStructure
from shared.http.bodies import Whole
from shared.http.command_routes import CommandRoutes, answered
from shared.http.door import Router
from shared.http.routes import OnDay, OnDayOrNot, Store
from shared.kernel.commands import Done

router = Router()
files = CommandRoutes(router, "/pathways/{pathway}", pathways.pathway_file)


@router.post("/pathways/{pathway}/request/correction")
async def correct_request(
    pathway: UUID, body: Whole[RequestBody], command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The whole request as it is to stand."""
    return answered(response, await pathways.correct_request(store, pathway, body.fact(), command), pathway)


@files.post("/welcome")
def welcome(file: domain.Pathway, here: Here, body: OnDay) -> None:
    """That the person was welcomed, and when."""
    file.welcome_person(body.on, here.today)


@files.post("/welcome/correction")
def correct_welcome(file: domain.Pathway, here: Here, body: OnDayOrNot) -> None:
    """Another day of the welcome, or that there was none."""
    file.correct_welcome(body.on, here.today)


@files.post("/start")
def start_support(file: domain.Pathway, here: Here, body: OnDay) -> None:
    """That support began, and when."""
    file.start_support(body.on, here.today)


@files.post("/start/correction")
async def correct_start(file: domain.Pathway, here: Here, body: OnDayOrNot) -> None:
    """Another day of the start, or that there was none."""
    file.correct_start(body.on, await here.exited_on(), here.today)


@files.post("/withdrawal")
def withdraw(file: domain.Pathway, here: Here, body: OnDay) -> None:
    """That the person took the request back before support began; no reason is asked for."""
    file.withdraw(body.on, here.today)


@files.post("/withdrawal/correction")
def correct_withdrawal(file: domain.Pathway, here: Here, body: OnDayOrNot) -> None:
    """Another day of the withdrawal, or that there was none."""
    file.correct_withdrawal(body.on, here.today)
