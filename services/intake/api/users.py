"""Users: whom a structure lets in. A manager sees to their own structure's, the operator to all and the programme's."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request, Response

from services.intake import domain
from services.intake.application import users as application
from shared.access import Caller, CommandedByManager, Role, allow
from shared.command_routes import answered
from shared.commands import Done
from shared.correspondents import Contact, ErasedCorrespondent
from shared.door import Router
from shared.routes import Limit, Store
from shared.sealing import SealedName
from shared.texts import CodeOfStructure, Pseudonym

router = Router(prefix="/v1/structures/{structure}/users", tags=["users"])

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


@router.post("")
async def give_access(
    structure: Place, body: GivenAccess, command: CommandedByManager, store: Store, response: Response
) -> Done:
    """Lets somebody in, or gives them another role. It holds in every service within seconds."""
    command.caller.must_be_of(structure)
    contact = Contact(body.name, email=body.email) if body.name else None
    grant = domain.Grant(structure, body.user, body.role)
    return answered(response, await application.give(store, grant, contact, command))


@router.post("/withdrawal")
async def withdraw_access(
    structure: Place, body: UserBody, command: CommandedByManager, store: Store, response: Response
) -> Done:
    """Keeps somebody out within a minute, in every service, also where their issuer lets them in."""
    command.caller.must_be_of(structure)
    return answered(response, await application.withdraw(store, structure, body.user, command))


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
