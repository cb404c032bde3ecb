"""Lets users of a structure in. A manager sees to their own structure's, the operator to all and the programme's."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request

from services.intake import domain
from services.intake.application import users as application
from shared.http.access import CommandedByManager, allow
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.routes import Limit, Store
from shared.kernel.callers import Caller, Role
from shared.kernel.commands import Act
from shared.language.sealed import SealedName
from shared.language.texts import CodeOfStructure, Pseudonym
from shared.people.correspondents import Contact, ErasedCorrespondent, call

router = Router(prefix="/structures/{structure}/users", tags=["users"])

files = CommandRoutes(
    router,
    "",
    lambda structure, body, command: application.access_file(structure, body.user, command),
    by=CommandedByManager,
)

Place = Annotated[CodeOfStructure, Path(description="Code of a structure, or `programme`")]


@dataclass
class UserBody:
    user: Pseudonym


@dataclass
class GivenAccess(UserBody):
    """`role`: adviser or manager of a structure, any other of the programme. `name`, `email`: for their colleagues."""

    role: Role
    name: SealedName | None = None
    email: SealedName | None = None


@files.post("", target=lambda structure, body, command: application.access_to_give(structure, body.user, command))
async def give_access(file: domain.Access, act: Act, structure: Place, body: GivenAccess) -> None:
    """Lets somebody in, or gives them another role. It holds in every service within seconds."""
    if body.name:  # whoever was forgotten is let in without a name only
        await call(act, file.id, structure, Contact(body.name, email=body.email))
    file.give(domain.Grant(structure, body.user, body.role))


@files.post("/withdrawal")
def withdraw_access(file: domain.Access, act: Act, structure: Place, body: UserBody) -> None:
    """Keeps somebody out within a minute, in every service, also where their issuer lets them in."""
    file.withdraw(structure, body.user)


@router.post("/erasure")
async def forget_user(
    structure: Place, body: UserBody, command: CommandedByManager, store: Store, request: Request
) -> ErasedCorrespondent:
    """Forgets for ever what somebody is called whose access was withdrawn (RGPD, article 17)."""
    command.caller.must_be_of(structure)
    outside = request.app.state.runtime.forgetting.outside
    return await application.forget(store, outside, structure, body.user, command.caller)


@router.get("")
async def list_users(
    structure: Place,
    store: Store,
    caller: Annotated[Caller, Depends(allow(Role.MANAGER, Role.OPERATOR))],
    limit: Limit = 100,
) -> list[application.ShownUser]:
    """Those who were let in or kept out here; what they are called is shown to their manager alone."""
    caller.must_be_of(structure)
    return await application.listed(store, structure, limit, named=caller.role is Role.MANAGER)
