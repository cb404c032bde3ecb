"""Finds who is meant by a person's id, over mergers, and which structures know of them.

A person is known to the structures that hold or held a pathway of theirs, or that told of them where they have none;
to every other the id answers as one that nobody has (docs/decisions/0027-whose-person.md). The operator knows everyone.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

from services.intake.domain import Identity, Nameless, Pathway, Person
from shared.kernel.callers import Caller
from shared.kernel.commands import Act
from shared.kernel.database import Connection, Pool, across_structures
from shared.kernel.event_store import About, EventStore, Forgotten, IdTaken
from shared.kernel.refusals import Problem


def unknown_person() -> Problem:
    return Problem(404, "unknown-person", "nobody is known under this id; who is new is sent with an `identity`")


async def surviving(act: Act, person: UUID) -> Person:
    """Finds the file that stands for a person, over all mergers; none may change meanwhile. Raises Problem."""
    met: set[UUID] = set()
    with across_structures():  # wherever they were merged; who may know of it is asked of each command
        try:
            file = await _file(act, person)
            while (into := file.merged_into.current) is not None and file.id not in met:
                met.add(file.id)
                file = await _file(act, into)
        except IdTaken:
            raise unknown_person() from None
    return file


async def _file(act: Act, person: UUID) -> Person:
    return await act.file(Person, person, about_person(act))


def about_person(act: Act) -> Callable[[Person], About]:
    return lambda person: About(act.command.caller.structure, None, person.id)


async def who_is_named(act: Act, person: UUID) -> Person:
    """Finds the person whom a request names, whom the caller's structure has to know. Raises Problem."""
    file = await surviving(act, person)
    if not await _knows(act, {person, file.id}):
        raise unknown_person()
    return file


async def who_asks(act: Act, person: UUID, identity: Identity | None) -> Person:
    """Finds the person as `who_is_named`, or takes somebody new: an id that nobody has, with a name to call them by.

    Raises Nameless too. An import's persons, known by a key alone, are not new; nor are those who were forgotten.
    """
    file = await surviving(act, person)
    ids = {person, file.id}
    known, is_anybodys = await _knows(act, ids), await _is_anybodys(act.store, ids)
    if not known and (identity is None or is_anybodys):
        raise unknown_person()
    if identity is None and not is_anybodys:
        raise Nameless("nothing is known of this person yet: tell what to call them by, as `identity.called`")
    if not file.version and await act.store.ledger.forgotten([person]):
        raise Forgotten  # before a key is made for them
    return file


def must_keep(known: Identity | None, left_out: Mapping[str, str]) -> None:
    """Raises Problem where something is known that a body does not speak of, named in `left_out` with its place."""
    if lost := sorted(name for name in left_out if getattr(known, name, None) is not None):
        rule = "it is known: give it as it is to stand, or null"
        errors = [{"place": left_out[name], "rule": rule} for name in lost]
        raise Problem(422, "invalid", f"the identity leaves out what is known: {', '.join(lost)}", errors=errors)


async def _knows(act: Act, persons: set[UUID]) -> bool:
    caller = act.command.caller
    if not caller.role.of_a_structure:
        return True
    with across_structures():  # what tells whose they are
        return any([caller.structure in await act.store.structures_of(one) for one in persons])


async def _is_anybodys(store: EventStore, ids: set[UUID]) -> bool:
    with across_structures():
        used = await store.pool.fetchval("select exists(select from events where person = any($1))", list(ids))
    return bool(used or await store.ledger.forgotten(ids))


async def must_be_theirs(store: EventStore, person: UUID, caller: Caller) -> None:
    """Raises Problem unless the caller's structure holds a pathway of the person now, or told of them where none does.
    Asked before anything is done to a person's file."""
    if not caller.role.of_a_structure:
        return
    with across_structures():  # nobody's until it is seen that nobody else holds them
        persons = await one_person(store.pool, person)
        pathways = {pathway for one in persons for pathway in await store.pathways_of(one)}
        files = await store.load_many(Pathway, sorted(pathways))
        holders = {file.structure for file in files.values() if file.request and file.person in persons}
        told = {structure for one in persons for structure in await store.structures_of(one)}
    if caller.structure not in (holders or told):
        raise unknown_person()


async def one_person(pool: Pool | Connection, person: UUID) -> set[UUID]:
    """Finds the ids of one person: with everyone merged into them, or into whom they were merged."""
    found: set[UUID] = set()
    open_ends = {person}
    while open_ends:
        found |= open_ends
        with across_structures():  # whose ids they are is asked of each afterwards
            rows = await pool.fetch(
                """select aggregate as one, found_by::uuid as other from events
                    where name = 'intake.person-merged' and (found_by = any($1::text[]) or aggregate = any($2))""",
                [str(id) for id in open_ends],
                list(open_ends),
            )
        open_ends = {id for row in rows for id in row.values()} - found
    return found


async def survivor_of(store: EventStore, person: UUID) -> UUID:
    """Finds the id under which a person stands now, for a question; a command asks `surviving`."""
    with across_structures():
        files = await store.load_many(Person, sorted(await one_person(store.pool, person)))
    met: set[UUID] = set()
    while (into := files[person].merged_into.current) is not None and person not in met:
        met.add(person)
        person = into
    return person
