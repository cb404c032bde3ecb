"""Structures that take part."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Request
from pydantic import Field

from services.intake import domain, views
from services.intake.application import pathways
from shared.http.access import Commanded, CommandedByManager, OfStructure
from shared.http.bodies import fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.routes import reads
from shared.kernel.commands import Act
from shared.kernel.refusals import Problem
from shared.language.codes import Department
from shared.language.texts import CodeToRegister, Name

router = Router()
files = CommandRoutes(
    router, "/structures", lambda body, command: pathways.structure_file(body.structure, command), by=Commanded
)


@dataclass
class StructureBody:
    """A structure as it is to stand. `department`: INSEE code, 2–3 characters."""

    structure: CodeToRegister
    name: Name
    department: Department


@dataclass
class WelcomeDelayBody:
    """Days from a request to the welcome, after which it is an alarm."""

    days: Annotated[int, Field(ge=1, le=365)]


@files.post("")
def register_structure(file: domain.Structure, act: Act, body: StructureBody) -> None:
    """Registers a structure that takes part."""
    file.register(fact_in(domain.StructureFile, body))


@files.post("/correction")
def correct_structure(file: domain.Structure, act: Act, body: StructureBody) -> None:
    """The whole structure as it is to stand."""
    file.correct(fact_in(domain.StructureFile, body))


@files.post("/{structure}/welcome-delay", target=pathways.structure_file, by=CommandedByManager)
def set_welcome_delay(file: domain.Structure, act: Act, body: WelcomeDelayBody) -> None:
    """Within how many days the structure welcomes whoever asks; 7 where it never said. By its manager."""
    file.welcome_in(body.days)


@router.get("/structure")
async def own_structure(request: Request, caller: OfStructure) -> views.RegisteredStructure:
    """The structure of an adviser or a manager."""
    for structure in await views.structures(request.app.state.pool):
        if structure.structure == caller.own_structure:
            return structure
    raise Problem(404, "unknown-structure", "the token's structure is not registered")


@router.get("/structures", dependencies=reads)
async def structures(request: Request) -> list[views.RegisteredStructure]:
    """Every structure that is registered."""
    return await views.structures(request.app.state.pool)
