"""Adviser, commitment, pauses and transfer of a pathway."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Response

from services.intake import domain
from services.intake.application import course
from services.intake.application.pathways import Here, pathway_file
from services.intake.domain import Pathway
from shared.http.access import CommandedByManager, CommandedInStructure
from shared.http.bodies import Whole
from shared.http.command_routes import CommandRoutes, answered
from shared.http.door import Router
from shared.http.routes import OnDay, OnDayOrNot, Store
from shared.kernel.commands import Done
from shared.kernel.refusals import Problem
from shared.language.days import Day
from shared.language.texts import CodeOfStructure, Pseudonym

router = Router(tags=["course of the pathway"])
files = CommandRoutes(router, "/pathways/{pathway}", pathway_file)


@dataclass
class AssignmentBody:
    """`adviser` is the subject of a user's token; null: nobody for the moment."""

    adviser: Pseudonym | None
    on: Day


@dataclass
class Caseload:
    """Whose pathways go to whom (null: to nobody for the moment), subjects of tokens. `structure`: null, one's own."""

    from_adviser: Pseudonym
    to_adviser: Pseudonym | None
    on: Day
    structure: CodeOfStructure | None = None


@dataclass
class TransferBody:
    """To which structure, and since when it holds the pathway."""

    to_structure: CodeOfStructure
    transferred_on: Day


@files.post("/adviser")
def assign_adviser(file: Pathway, here: Here, body: AssignmentBody) -> None:
    """Who advises the person from now on."""
    file.assign(body.adviser, body.on, here.today)


@router.post("/advisers/caseload")
async def move_caseload(body: Caseload, command: CommandedByManager, store: Store) -> course.Moved:
    """Moves every open pathway of one adviser of the structure to another. Asked again it goes on with what is left."""
    structure = body.structure or command.caller.structure
    if structure is None:
        raise Problem(422, "no-structure", "name the structure, as the token names none")
    command.caller.must_be_of(structure)
    return await course.move_caseload(store, structure, body.from_adviser, body.to_adviser, body.on, command)


@files.post("/commitment")
def sign_commitment(file: Pathway, here: Here, body: OnDay) -> None:
    """That the person signed a commitment (*contrat d'engagement*), and when. No start waits for it."""
    file.sign_commitment(body.on, here.today)


@files.post("/commitment/correction")
def correct_commitment(file: Pathway, here: Here, body: OnDayOrNot) -> None:
    """Another day of the signature, or that there was none."""
    file.correct_commitment(body.on, here.today)


@files.post("/pause")
async def pause(file: Pathway, here: Here, body: OnDay) -> None:
    """Support rests from this day on. It goes on in every figure."""
    file.pause(body.on, await here.exited_on(), here.today)


@files.post("/pause/resumption")
async def resume(file: Pathway, here: Here, body: OnDay) -> None:
    """Support goes on from this day; the pause is over."""
    file.resume(body.on, await here.exited_on(), here.today)


@files.post("/pause/correction")
async def correct_pause(file: Pathway, here: Here, body: Whole[domain.Pause]) -> None:
    """The last pause as it is to stand; `paused_on` null: there was none, `resumed_on` null: it goes on."""
    file.correct_pause(body, await here.exited_on(), here.today)


@router.post("/pathways/{pathway}/transfer")
async def transfer(
    pathway: UUID, body: TransferBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Another structure holds the pathway from this day on, with all that was recorded; nobody there advises yet."""
    done = await course.transfer(store, pathway, body.to_structure, body.transferred_on, command)
    return answered(response, done, pathway)
