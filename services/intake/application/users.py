"""Commands on users: who is let in, and what they are called (docs/decisions/0019-users.md)."""

from dataclasses import dataclass

from services.intake.application.pathways import must_be_registered
from services.intake.domain import Access, Grant, access_id
from shared import correspondents, users
from shared.access import Caller, Command
from shared.codes import PROGRAMME, Role
from shared.commands import Act, Done, decide, decide_together
from shared.correspondents import Contact, ErasedCorrespondent
from shared.erasure_ledger import ErasureLedger
from shared.event_store import About, EventStore


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


async def give(store: EventStore, grant: Grant, contact: Contact | None, command: Command) -> Done:
    """`contact`: what colleagues call them, where it is told; whoever was forgotten is let in without a name only."""

    async def decision(act: Act) -> None:
        if grant.structure != PROGRAMME:
            await must_be_registered(store, grant.structure)
        id = access_id(grant.structure, grant.user)
        access = await act.main(Access, id, _about)
        if contact is not None:
            await correspondents.call(act, id, grant.structure, contact)
        access.give(grant)

    return await decide_together(store, decision, command)


async def withdraw(store: EventStore, structure: str, user: str, command: Command) -> Done:
    id = access_id(structure, user)
    return await decide(store, Access, id, lambda access: access.withdraw(structure, user), _about, command)


async def forget(
    store: EventStore, outside: ErasureLedger | None, structure: str, user: str, caller: Caller
) -> ErasedCorrespondent:
    """Destroys the name of somebody whose access was withdrawn; their subject stays where they acted."""
    id = access_id(structure, user)
    (await store.load(Access, id)).must_be_withdrawn()
    return await correspondents.erase(store, outside, id, caller)
