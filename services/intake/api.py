"""HTTP in, commands out. No rules here."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, Field

from services.intake import application, domain, views
from shared.access import Commanded
from shared.commands import Done, answered
from shared.history import StructureRow, imported_pathway_id
from shared.imports import AT_ONCE
from shared.routes import OnDay, OnDayOrNot, Store, pathway_routes, reads

router = APIRouter(prefix="/v1")


def _no_reserved_word(structure: str) -> str:
    if structure == "programme":
        raise ValueError("`programme` stands for no structure in subjects, so none may have this code")
    return structure


@dataclass
class StructureBody:
    """A structure as it is to stand. `department`: INSEE code, 2–3 characters."""

    structure: Annotated[str, Field(pattern="^[a-z0-9-]{1,32}$"), AfterValidator(_no_reserved_word)]
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
    department: Annotated[str, Field(pattern="^(0[1-9]|1[0-9]|2[AB1-9]|[3-8][0-9]|9[0-5]|97[1-8]|98[46-8])$")]

    def fact(self) -> domain.StructureFile:
        return domain.StructureFile(self.structure, self.name, self.department)


@dataclass
class Asked:
    """A request, with the pathway's id where the caller chooses it (so that a repeat asks for the same)."""

    request: domain.Request
    pathway: UUID = Field(default_factory=uuid4)


@dataclass
class Structures:
    structures: Annotated[list[StructureRow], Field(max_length=AT_ONCE)]


@router.post("/structures")
async def register_structure(body: StructureBody, command: Commanded, store: Store, response: Response) -> Done:
    return answered(response, await application.register_structure(store, body.fact(), command))


@router.post("/structures/correction")
async def correct_structure(body: StructureBody, command: Commanded, store: Store, response: Response) -> Done:
    return answered(response, await application.correct_structure(store, body.fact(), command))


@router.get("/structures", dependencies=reads)
async def structures(request: Request) -> list[views.RegisteredStructure]:
    return await views.structures(request.app.state.pool)


@router.post("/pathways")
async def ask_for_support(body: Asked, command: Commanded, store: Store, response: Response) -> Done:
    """Records a request for support. No request is refused for who asks."""
    return answered(response, await application.ask_for_support(store, body.pathway, body.request, command))


@router.post("/pathways/{pathway}/request/correction")
async def correct_request(
    pathway: UUID, body: domain.Request, command: Commanded, store: Store, response: Response
) -> Done:
    """The whole request as it is to stand."""
    return answered(response, await application.correct_request(store, pathway, body, command))


@router.post("/pathways/{pathway}/welcome")
async def welcome(pathway: UUID, body: OnDay, command: Commanded, store: Store, response: Response) -> Done:
    return answered(response, await application.welcome(store, pathway, body.on, command))


@router.post("/pathways/{pathway}/welcome/correction")
async def correct_welcome(
    pathway: UUID, body: OnDayOrNot, command: Commanded, store: Store, response: Response
) -> Done:
    return answered(response, await application.correct_welcome(store, pathway, body.on, command))


@router.post("/pathways/{pathway}/start")
async def start_support(pathway: UUID, body: OnDay, command: Commanded, store: Store, response: Response) -> Done:
    return answered(response, await application.start_support(store, pathway, body.on, command))


@router.post("/pathways/{pathway}/start/correction")
async def correct_start(pathway: UUID, body: OnDayOrNot, command: Commanded, store: Store, response: Response) -> Done:
    return answered(response, await application.correct_start(store, pathway, body.on, command))


@router.post("/pathways/{pathway}/withdrawal")
async def withdraw(pathway: UUID, body: OnDay, command: Commanded, store: Store, response: Response) -> Done:
    return answered(response, await application.withdraw(store, pathway, body.on, command))


@router.post("/pathways/{pathway}/withdrawal/correction")
async def correct_withdrawal(
    pathway: UUID, body: OnDayOrNot, command: Commanded, store: Store, response: Response
) -> Done:
    return answered(response, await application.correct_withdrawal(store, pathway, body.on, command))


@router.get("/imported/{key}", dependencies=reads)
async def imported(key: str) -> dict[str, UUID]:
    """The platform's id of the pathway that import files call `key`."""
    return {"pathway": imported_pathway_id(key)}


@router.get("/requests/waiting", dependencies=reads)
async def waiting_requests(
    request: Request, structure: str | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[views.WaitingRequest]:
    """Requests that nobody has welcomed yet, the oldest first."""
    return await views.waiting_requests(request.app.state.pool, structure, limit)


@router.post("/imports/structures")
async def import_structures(body: Structures, command: Commanded, store: Store) -> dict[str, int]:
    """Registers or corrects structures of an import; answers how many events each added."""
    return await application.import_structures(store, body.structures, command)


imports = pathway_routes(application.import_pathways, application.known_rows)
