"""Tutors, employers' contacts and other people whom a structure works with: persons too (docs/decisions/0014).

Each has a data key of their own, so that they can be forgotten without touching anybody whom a fact links them with.
Facts refer to a correspondent by id alone; after the erasure the id leads nowhere: "a person who was forgotten".
Nothing of them is published.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from shared.kernel.callers import Caller
from shared.kernel.commands import Act, Target
from shared.kernel.database import across_structures
from shared.kernel.erasure_ledger import ErasureLedger
from shared.kernel.event_store import About, Aggregate, EventStore, Forgotten, append_lock
from shared.kernel.facts import Fact, FactEvent
from shared.kernel.refusals import Problem
from shared.language.codes import StructureCode
from shared.language.rules import AlreadyRecorded, RuleBroken, UnknownFact
from shared.language.sealed import CannotOpen, Sealed, SealedName
from shared.language.siret import Siret, must_be_siret
from shared.people.forgetting import remember_digests


class UnknownCorrespondent(RuleBroken):
    """A fact names a correspondent whom this service knows, unless it stood so before they were forgotten."""


@dataclass(frozen=True)
class Contact:
    """What a structure knows of a correspondent. `role`: what they do there. `organisation`: its SIRET."""

    name: SealedName
    role: SealedName | None = None
    phone: SealedName | None = None
    email: SealedName | None = None
    organisation: Siret | None = None


class Correspondent(Aggregate):
    """One correspondent of one structure, in one service."""

    TOPIC = "correspondent.file"
    key: UUID | None = None
    structure: StructureCode | None = None

    class Recorded(FactEvent):
        TOPIC = "correspondent.recorded"
        key: UUID
        structure: StructureCode
        fact: Contact

        def apply(self, file: "Correspondent") -> None:
            super().apply(file)
            file.key, file.structure = self.key, self.structure

    contact = Fact(Contact, None, Recorded, "correspondent.corrected", bare=True)

    def record(self, key: UUID, structure: str, contact: Contact) -> None:
        if not self.contact:
            must_be_siret(contact.organisation)
            self.contact.record(contact, key=key, structure=structure)
        elif (self.structure, self.contact.current) != (structure, contact):
            raise AlreadyRecorded(f"correspondent {key} is recorded with other content; correct it")

    def correct(self, contact: Contact) -> None:
        if not self.contact:
            raise UnknownFact("no such correspondent is recorded")
        if self.contact.current != contact:
            must_be_siret(contact.organisation)
            self.contact.correct(contact)


def file_id(correspondent: UUID) -> UUID:
    """The aggregate, and the person of its events. Derived, so that nobody can choose an id that stands for another
    person, whose key would then be destroyed with the correspondent's."""
    return uuid5(correspondent, "correspondent")


def _about(file: Correspondent) -> About:
    return About(file.structure, None, file.id)


def correspondent_file(correspondent: UUID) -> Target[Correspondent, Act]:
    """Opens the file of a correspondent. Raises Forgotten, UnknownFact where they are another structure's."""

    async def open_file(act: Act) -> tuple[Correspondent, Act]:
        await must_be_free(act.store, correspondent)  # before a key is made for them
        file = await act.main(Correspondent, file_id(correspondent), _about)
        if file.structure is not None and not act.command.caller.is_of(file.structure):
            raise UnknownFact("no such correspondent is recorded")
        return file, act

    return open_file


def file_for(structure: str, correspondent: UUID) -> Target[Correspondent, Act]:
    """Opens the file of who is said to be a structure's. Raises Problem first, where that is not the caller's."""
    of = correspondent_file(correspondent)

    async def open_file(act: Act) -> tuple[Correspondent, Act]:
        act.command.caller.must_be_of(structure)
        return await of(act)

    return open_file


async def call(act: Act, id: UUID, structure: str, contact: Contact) -> None:
    """Records what a correspondent is called, or corrects it, as a part of an act about something else."""
    await must_be_free(act.store, id)
    file = await act.file(Correspondent, file_id(id), _about)
    if file.contact:
        file.correct(contact)
    else:
        file.record(id, structure, contact)


async def must_be_free(store: EventStore, id: UUID) -> None:
    """Raises Forgotten where nothing is to be recorded of them any more."""
    if await store.ledger.forgotten([file_id(id)]):
        raise Forgotten


async def is_known(store: EventStore, id: UUID | None) -> bool:
    return id is not None and bool((await store.load(Correspondent, file_id(id))).version)


@dataclass(frozen=True)
class ListedCorrespondent:
    """A correspondent as now known. `unreadable`: why a text cannot be shown, null where all can."""

    correspondent: UUID
    structure: str
    name: str | None
    role: str | None
    phone: str | None
    email: str | None
    organisation: str | None
    unreadable: str | None


async def called(store: EventStore, ids: Sequence[UUID]) -> dict[UUID, ListedCorrespondent]:
    """Those of the correspondents who are known, by id."""
    files = await store.load_many(Correspondent, [file_id(id) for id in ids])
    return {file.key: _listed(file) for file in files.values() if file.key is not None}


async def of_structure(store: EventStore, structure: str, limit: int) -> list[ListedCorrespondent]:
    """The correspondents of a structure, the newest first."""
    rows = await store.pool.fetch(
        """select aggregate from events where name = 'correspondent.recorded' and structure = $1
            order by position desc limit $2""",
        structure,
        limit,
    )
    files = await store.load_many(Correspondent, [row["aggregate"] for row in rows])
    return [_listed(files[row["aggregate"]]) for row in rows if files[row["aggregate"]].contact]


def _listed(file: Correspondent) -> ListedCorrespondent:
    contact, unreadable = file.contact.current, None
    assert file.key is not None
    assert file.structure is not None
    assert contact is not None
    texts: dict[str, str | None] = {}
    for name in ("name", "role", "phone", "email"):
        sealed: Sealed | None = getattr(contact, name)
        try:
            texts[name] = None if sealed is None else sealed.text
        except CannotOpen as why:
            texts[name], unreadable = None, why.code
    return ListedCorrespondent(
        file.key, file.structure, **texts, organisation=contact.organisation, unreadable=unreadable
    )


@dataclass(frozen=True)
class ErasedCorrespondent:
    """How many events, snapshots and data keys were destroyed; all zero where they were before."""

    id: UUID
    events: int
    snapshots: int
    keys: int


async def erase(store: EventStore, outside: ErasureLedger | None, id: UUID, caller: Caller) -> ErasedCorrespondent:
    """Destroys what this service holds of a correspondent, for ever. Raises Problem where there is none.

    `outside`: where forgotten ids are kept outside the database, first of all.
    """
    file = await store.load(Correspondent, file_id(id))
    if file.structure is None or not caller.is_of(file.structure):
        if await store.ledger.forgotten([file.id]):
            return ErasedCorrespondent(id, 0, 0, 0)
        raise Problem(404, "unknown-correspondent", "no such correspondent is recorded")
    if outside is not None:
        await asyncio.to_thread(outside.add, await store.ledger.digests([file.id]))
    with across_structures():  # what of them is kept in no structure's rows: their key, answers given
        return await _destroy(store, file.id, id)


async def erase_again(store: EventStore, digests: set[bytes]) -> int:
    """Destroys the correspondents whom a restored backup brought back; returns how many."""
    rows = await store.pool.fetch("select aggregate from events where name = 'correspondent.recorded'")
    files = [row["aggregate"] for row in rows]
    told = await store.ledger.digests(files)
    back = [file for file, digest in zip(files, told, strict=True) if digest in digests]
    for file, correspondent in (await store.load_many(Correspondent, back)).items():
        assert correspondent.key is not None
        await _destroy(store, file, correspondent.key)
    return len(back)


async def _destroy(store: EventStore, file: UUID, id: UUID) -> ErasedCorrespondent:
    async with store.pool.acquire() as connection, connection.transaction():
        # The append lock first: whoever records meanwhile waits, and is then refused as of a forgotten person.
        await append_lock(connection)
        await remember_digests(connection, store, [file])
        gone = await connection.fetchrow("select * from forget_correspondent($1, $2)", file, id)
    assert gone is not None
    return ErasedCorrespondent(id, gone["events"], gone["snapshots"], gone["keys"])
