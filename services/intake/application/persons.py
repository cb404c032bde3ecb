"""Commands on persons, and finding them: who they are, when two are one, restricting and forgetting."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid5

from services.intake.application.pathways import about
from services.intake.domain import Identity, Nameless, Pathway, Person, Restriction, Retention
from services.intake.names import matches, words
from shared.access import Caller, Command, Role
from shared.commands import Done, decide, today
from shared.database import across_structures
from shared.event_store import About, EventStore
from shared.forgetting import Concerned, Forgetting
from shared.problems import Problem

_RETENTIONS = UUID("6f0c3a52-7d1e-5b8a-9a44-0c8be8a2c0d3")


def retention_id(person: UUID) -> UUID:
    """The aggregate that says how far a person's file is."""
    return uuid5(_RETENTIONS, str(person))


async def _open_files(store: EventStore, persons: Sequence[UUID]) -> list[UUID]:
    """Those whose file is not archived."""
    files = await store.load_many(Retention, [retention_id(person) for person in persons])
    return [person for person in persons if files[retention_id(person)].archived_on is None]


async def must_be_open(store: EventStore, *persons: UUID) -> None:
    """Raises Archived."""
    for person in persons:
        (await store.load(Retention, retention_id(person))).must_be_open()


def _about_person(command: Command) -> Callable[[Person], About]:
    return lambda person: About(command.caller.structure, None, person.id)


async def identify(
    store: EventStore, person: UUID, identity: Identity, left_out: Mapping[str, str], command: Command
) -> Done:
    """Of a person of one's own structure. Raises Problem, also where something known is `left_out`, by its place."""
    await _must_be_theirs(store, person, command)
    await must_be_open(store, person)
    return await _identify(store, person, identity, left_out, command)


async def identify_with_request(
    store: EventStore, person: UUID, identity: Identity, left_out: Mapping[str, str], command: Command
) -> Done:
    """As `identify`, of somebody whom nobody knew before the request too; an archived file is about to be opened."""
    with across_structures():
        somebodys = await store.pathways_of(person) or await store.structures_of(person)
    if somebodys:
        await _must_be_theirs(store, person, command)
    return await _identify(store, person, identity, left_out, command)


async def must_be_somebody(store: EventStore, person: UUID) -> None:
    """Raises Nameless. Who came by an import is somebody, and known by a key alone; so was who was forgotten."""
    with across_structures():
        known = await store.pathways_of(person) or (await store.load(Person, person)).version
    if not known and not await store.ledger.forgotten([person]):
        raise Nameless("nothing is known of this person yet: tell what to call them by, as `identity.called`")


async def _identify(
    store: EventStore, person: UUID, identity: Identity, left_out: Mapping[str, str], command: Command
) -> Done:
    def decision(known: Person) -> None:
        stood = known.identity
        known.identify(identity)  # whose file is closed is told that first
        _must_keep(stood, left_out)

    return await decide(store, Person, person, decision, _about_person(command), command)


def _must_keep(known: Identity | None, left_out: Mapping[str, str]) -> None:
    """Raises Problem where something is known that a body does not speak of."""
    if lost := sorted(name for name in left_out if getattr(known, name, None) is not None):
        rule = "it is known: give it as it is to stand, or null"
        errors = [{"place": left_out[name], "rule": rule} for name in lost]
        raise Problem(422, "invalid", f"the identity leaves out what is known: {', '.join(lost)}", errors=errors)


async def merge(store: EventStore, person: UUID, other: UUID, command: Command) -> Done:
    """Joins the file of `person` to that of `other`: each pathway of the first is from now on one of the second.

    Asked again after an interruption it goes on with the pathways that are left.
    """
    await _must_be_theirs(store, person, command)
    await _must_be_theirs(store, other, command)
    await must_be_open(store, person, other)
    into = await store.load(Person, other)
    done = await decide(store, Person, person, lambda p: p.merge_into(into), _about_person(command), command)
    alone = replace(command, key=None)
    with across_structures():  # those in other structures too
        for pathway in await store.pathways_of(person):
            await decide(store, Pathway, pathway, lambda p: p.move_to_person(other, today()), about, alone)
    return done


async def restrict(store: EventStore, person: UUID, restriction: Restriction, command: Command) -> Done:
    """Restricts the processing of a person's data in every service: each of their pathways tells the others.

    Whoever was merged with them is the same person. Asked again after an interruption it goes on with what is left.
    Raises Problem.
    """
    with across_structures():  # it holds in every structure
        return await _change_restriction(
            store,
            person,
            lambda p: p.restrict(restriction, today()),
            lambda p: p.restrict(restriction.restricted_on),
            command,
        )


async def lift_restriction(store: EventStore, person: UUID, on: date, command: Command) -> Done:
    """From now on everything may be recorded of the person again. Asked again, it goes on as `restrict` does."""
    with across_structures():
        return await _change_restriction(
            store, person, lambda p: p.lift_restriction(on, today()), lambda p: p.lift_restriction(on), command
        )


async def _change_restriction(
    store: EventStore,
    person: UUID,
    decision: Callable[[Person], object],
    of_pathway: Callable[[Pathway], object],
    command: Command,
) -> Done:
    persons = await one_person(store, person)
    ids = {pathway for one in persons for pathway in await store.pathways_of(one)}
    if not ids and not (await store.load(Person, person)).version:
        raise Problem(404, "unknown-person", "nobody is known under this id")
    await _must_be_theirs(store, person, command)
    alone = replace(command, key=None)
    done = await decide(store, Person, person, decision, _about_person(command), command)
    for one in sorted(persons - {person}):
        await decide(store, Person, one, decision, _about_person(command), alone)
    # Listed anew: what was recorded before the person was restricted, and is theirs now.
    ids = {pathway for one in persons for pathway in await store.pathways_of(one)}
    for id, file in (await store.load_many(Pathway, sorted(ids))).items():
        if file.request is not None and file.request.current.person in persons:
            await decide(store, Pathway, id, of_pathway, about, alone)
    return done


async def restriction_of(store: EventStore, person: UUID, caller: Caller) -> Restriction:
    """The restriction in force. Raises Problem where there is none, or the person is another structure's."""
    await _must_be_theirs(store, person, Command(caller, None))
    restriction = (await store.load(Person, person)).restriction
    if restriction is None:
        raise Problem(404, "not-restricted", "processing of no such person's data is restricted")
    return restriction


def may_see(caller: Caller, person: Person) -> bool:
    """A restricted person is shown to no adviser; a manager may still look, to settle the matter."""
    return person.restriction is None or caller.role is not Role.ADVISER


async def erase(forgetting: Forgetting, person: UUID) -> UUID:
    """Begins to forget a person, with all who were merged into them, and returns the erasure's id.

    Asked again it returns the same. Raises Problem where nobody of this id was ever known.
    """
    store = forgetting.store
    (digest,) = await store.ledger.digests([person])
    erasure = UUID(bytes=digest[:16])
    if await store.ledger.holds([digest]):
        return erasure
    persons = await one_person(store, person)
    pathways = {pathway for one in persons for pathway in await store.pathways_of(one)}
    if not pathways and not any([(await store.load(Person, one)).version for one in persons]):
        raise Problem(404, "unknown-person", "nobody is known under this id")
    async with store.pool.acquire() as connection, connection.transaction():
        await forgetting.note(connection, erasure, Concerned(sorted(persons), sorted(pathways)))
    return erasure


async def erase_again(forgetting: Forgetting, digests: set[bytes]) -> list[UUID]:
    """Begins to forget whom a restored backup brought back: everyone of whom a digest is in the erasure ledger."""
    store = forgetting.store
    rows = await store.pool.fetch(
        "select distinct person, pathway from events where person is not null or pathway is not null"
    )

    async def back(column: str) -> set[UUID]:
        ids = sorted({row[column] for row in rows if row[column] is not None})
        told = await store.ledger.digests(ids)
        return {id for id, digest in zip(ids, told, strict=True) if digest in digests}

    persons, pathways = await back("person"), await back("pathway")
    erasures = [await erase(forgetting, person) for person in sorted(persons)]
    # A pathway that was moved to someone else after the backup, and forgotten with them.
    for pathway in sorted(pathways - {row["pathway"] for row in rows if row["person"] in persons}):
        (digest,) = await store.ledger.digests([pathway])
        erasures.append(UUID(bytes=digest[:16]))
        async with store.pool.acquire() as connection, connection.transaction():
            await forgetting.note(connection, erasures[-1], Concerned([], [pathway]))
    return erasures


async def one_person(store: EventStore, person: UUID) -> set[UUID]:
    """The person with everyone merged into them, or whom they were merged into."""
    found: set[UUID] = set()
    open_ends = {person}
    while open_ends:
        found |= open_ends
        with across_structures():  # whose ids they are is asked of each afterwards
            rows = await store.pool.fetch(
                """select aggregate as one, found_by::uuid as other from events
                    where name = 'intake.person-merged' and (found_by = any($1::text[]) or aggregate = any($2))""",
                [str(id) for id in open_ends],
                list(open_ends),
            )
        open_ends = {id for row in rows for id in row.values()} - found
    return found


async def _must_be_theirs(store: EventStore, person: UUID, command: Command) -> None:
    """A person is of the structures that hold their pathways; who has none, of those that told of them. Of whoever is
    another structure's, nobody is known."""
    if not command.caller.role.of_a_structure:
        return
    with across_structures():  # nobody's until it is seen that nobody else holds them
        files = await store.load_many(Pathway, await store.pathways_of(person))
        holders = {file.structure for file in files.values() if file.request is not None}
        theirs = command.caller.structure in (holders or await store.structures_of(person))
    if not theirs:
        raise Problem(404, "unknown-person", "nobody is known under this id")


async def persons_of(store: EventStore, structure: str) -> dict[UUID, Person]:
    """Everyone with an open file and a pathway in a structure, with their names opened. Grows with the structure."""
    persons = await store.pool.fetch("select distinct person from requests where structure = $1", structure)
    return await store.load_many(Person, await _open_files(store, [row["person"] for row in persons]))


async def search(store: EventStore, structure: str, name: str) -> list[tuple[UUID, Person]]:
    """People of a structure of whose name each given word begins a word. Raises CannotOpen."""
    wanted = words(name)
    found = [(id, who) for id, who in (await persons_of(store, structure)).items() if who.identity is not None]
    return [(id, who) for id, who in found if matches(wanted, _words_of(who))]


async def possible_duplicates(store: EventStore, structure: str) -> list[list[tuple[UUID, Person]]]:
    """Groups of people of a structure with the same words in their name, or born on one day and called alike.

    Without the restricted, who cannot be merged.
    """
    groups: dict[object, list[tuple[UUID, Person]]] = {}
    for id, who in sorted((await persons_of(store, structure)).items()):
        if who.identity is None or who.merged_into is not None or who.restriction is not None:
            continue
        groups.setdefault(_words_of(who), []).append((id, who))
        if born_on := who.identity.born_on:
            groups.setdefault((born_on.text, words(who.identity.called.text)), []).append((id, who))
    distinct = {tuple(id for id, _ in group): group for group in groups.values() if len(group) > 1}
    return list(distinct.values())


def _words_of(person: Person) -> frozenset[str]:
    identity = person.known_identity()
    return words(identity.called.text, identity.family_name.text if identity.family_name else None)


async def person_in(store: EventStore, structure: str, person: UUID) -> Person:
    """Raises Problem where the structure has no pathway of this person, or the file is archived."""
    if not await _open_files(store, [person]):
        raise Problem(404, "unknown-person", "no such person was identified in this structure")
    return await identified_in(store, structure, person)


async def identified_in(store: EventStore, structure: str, person: UUID) -> Person:
    """The same of an archived file too."""
    here = await store.pool.fetchval(
        "select exists(select from requests where structure = $1 and person = $2)", structure, person
    )
    found = await store.load(Person, person) if here else None
    if found is None or found.identity is None:
        raise Problem(404, "unknown-person", "no such person was identified in this structure")
    return found
