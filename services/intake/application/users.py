"""Opens the access of users, and lists them with what they are called (docs/decisions/0019-users.md)."""

from dataclasses import dataclass

from services.intake.application.pathways import where_registered
from services.intake.domain import Access, access_id
from shared.kernel import users
from shared.kernel.callers import Caller, Command
from shared.kernel.commands import Act, Target, alone
from shared.kernel.erasure_ledger import ErasureLedger
from shared.kernel.event_store import About, EventStore
from shared.language.codes import PROGRAMME, Role
from shared.people import correspondents
from shared.people.correspondents import ErasedCorrespondent


@dataclass(frozen=True)
class ShownUser:
    """`user`: the subject of their token. `role`: null: as their issuer says. `name`, `email`: null where unknown, and
    to the operator always."""

    user: str
    role: Role | None
    withdrawn: bool
    name: str | None
    email: str | None


async def listed(store: EventStore, structure: str, limit: int, *, named: bool) -> list[ShownUser]:
    found = await users.of_structure(store.pool, structure, limit)
    called = {}
    if named:
        called = await correspondents.called(store, [access_id(structure, user.user) for user in found])
    shown = []
    for user in found:
        contact = called.get(access_id(structure, user.user))
        texts = {} if contact is None else {"name": contact.name, "email": contact.email}
        shown.append(ShownUser(user.user, user.role, user.withdrawn, **({"name": None, "email": None} | texts)))
    return shown


def _about(access: Access) -> About:
    return About(access.grant.structure if access.grant else None)


def access_file(structure: str, user: str, command: Command) -> Target[Access, Act]:
    """Opens one user's access. Raises Problem at once where a manager names another structure than their own."""
    command.caller.must_be_of(structure)
    return alone(Access, access_id(structure, user), _about)


def access_to_give(structure: str, user: str, command: Command) -> Target[Access, Act]:
    """Opens the same; opening it raises Problem where the structure is not registered."""
    file = access_file(structure, user, command)
    return file if structure == PROGRAMME else where_registered(structure, file)


async def forget(
    store: EventStore, outside: ErasureLedger | None, structure: str, user: str, caller: Caller
) -> ErasedCorrespondent:
    """Destroys the name of somebody whose access was withdrawn; their subject stays where they acted."""
    id = access_id(structure, user)
    (await store.load(Access, id)).must_be_withdrawn()
    return await correspondents.erase(store, outside, id, caller)
