"""Opens the files of persons, finds, merges, restricts and forgets them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.intake.application.pathways import about, today_in, today_of
from services.intake.application.whose import (
    about_person,
    must_be_theirs,
    one_person,
    surviving,
    survivor_of,
    unknown_person,
)
from services.intake.domain import Identity, Pathway, Person, Restriction, Retention, retention_id
from services.intake.names import is_number, matches, numbers, same_names, words
from shared.kernel.callers import Caller, Command, Role
from shared.kernel.commands import Act, Done, Target, execute
from shared.kernel.database import Connection, across_structures
from shared.kernel.event_store import EventStore
from shared.kernel.refusals import Problem
from shared.people.forgetting import Concerned, Forgetting


async def _open_files(store: EventStore, persons: Sequence[UUID]) -> list[UUID]:
    """Keeps those whose file is not archived."""
    files = await store.load_many(Retention, [retention_id(person) for person in persons])
    return [person for person in persons if not files[retention_id(person)].archived_on]


async def _must_be_open(act: Act, *persons: UUID) -> None:
    """Raises Archived."""
    with across_structures():  # a file is open or archived wherever its pathways are
        for person in persons:
            (await act.file(Retention, retention_id(person))).must_be_open()


def person_file(person: UUID) -> Target[Person, Act]:
    """Opens the file that stands for a person of one's own structure; opening it raises Problem, Archived."""

    async def open_file(act: Act) -> tuple[Person, Act]:
        await must_be_theirs(act.store, person, act.command.caller)
        stands = await surviving(act, person)
        await _must_be_open(act, stands.id)
        return await act.main(Person, stands.id, about_person(act)), act

    return open_file


async def merge(store: EventStore, person: UUID, other: UUID, command: Command) -> Done:
    """Joins the file of `person` to that of `other`: each pathway of the first is from now on one of the second.

    A person who was merged before is the one whom they were merged into.
    """

    async def decision(act: Act) -> None:
        await must_be_theirs(store, person, command.caller)
        await must_be_theirs(store, other, command.caller)
        stands, into = await surviving(act, person), await surviving(act, other)
        await _must_be_open(act, stands.id, into.id)
        if stands.id == into.id != person:
            await act.main(Person, person, about_person(act))
            return  # they are one already
        await act.main(Person, stands.id, about_person(act))
        stands.merge_into(into if stands.id != into.id else await act.file(Person, other))
        with across_structures():  # those in other structures too
            for file in (await act.files(Pathway, await act.pathways_of(stands.id), about)).values():
                if file.is_of(stands.id):
                    file.move_to_person(into.id, await today_of(store, file))

    return await execute(store, command, decision)


@dataclass(frozen=True)
class Everywhere:
    """All files of one person, in every structure, those of everybody merged with them included.

    `today`: the local date of the structure that commands.
    """

    persons: list[Person]
    pathways: list[Pathway]
    today: date


def person_everywhere(person: UUID) -> Target[Person, Everywhere]:
    """Opens the person's own file, with all others of theirs; opening it raises Problem."""

    async def open_file(act: Act) -> tuple[Person, Everywhere]:
        await must_be_theirs(act.store, person, act.command.caller)
        persons = await one_person(act.store.pool, person)
        ids = {pathway for one in persons for pathway in await act.pathways_of(one)}
        file = await act.main(Person, person, about_person(act))
        if not ids and not file.version:
            raise unknown_person()
        files = (await act.files(Person, sorted(persons), about_person(act))).values()
        pathways = (await act.files(Pathway, sorted(ids), about)).values()
        theirs = [one for one in pathways if one.request and one.person in persons]
        return file, Everywhere(list(files), theirs, await today_in(act.store, act.command.caller.structure))

    return open_file


async def restriction_of(store: EventStore, person: UUID, caller: Caller) -> Restriction:
    """Reads the restriction in force. Raises Problem where there is none, or the person is another structure's."""
    await must_be_theirs(store, person, caller)
    restriction = (await store.load(Person, person)).restriction.current
    if restriction is None:
        raise Problem(404, "not-restricted", "processing of no such person's data is restricted")
    return restriction


def may_see(caller: Caller, person: Person) -> bool:
    """Hides a restricted person from advisers; a manager may still look, to settle the matter."""
    return not person.restriction or caller.role is not Role.ADVISER


async def erase(forgetting: Forgetting, person: UUID) -> UUID:
    """Begins to forget a person, with all who were merged into them, and returns the erasure's id.

    Asked again it returns the same. Raises Problem where nobody of this id was ever known.
    """
    (digest,) = await forgetting.store.ledger.digests([person])
    erasure = UUID(bytes=digest[:16])
    if await forgetting.store.ledger.holds([digest]):
        return erasure
    async with forgetting.alone() as connection:
        await forgetting.note(connection, erasure, await _concerned(connection, person))
    return erasure


async def erase_without_pathway(forgetting: Forgetting, person: UUID) -> bool:
    """Does the same of somebody without a pathway; does nothing and returns false where one came meanwhile."""
    (digest,) = await forgetting.store.ledger.digests([person])
    async with forgetting.alone() as connection:
        concerned = await _concerned(connection, person)
        if not concerned.pathways:
            await forgetting.note(connection, UUID(bytes=digest[:16]), concerned)
    return not concerned.pathways


async def _concerned(connection: Connection, person: UUID) -> Concerned:
    persons = sorted(await one_person(connection, person))
    row = await connection.fetchrow(
        """select count(*) as events, array_remove(array_agg(distinct pathway order by pathway), null) as pathways
             from events where person = any($1)""",
        persons,
    )
    assert row is not None
    if not row["events"]:
        raise Problem(404, "unknown-person", "nobody is known under this id")
    return Concerned(persons, row["pathways"])


async def erase_again(forgetting: Forgetting, digests: set[bytes]) -> list[UUID]:
    """Begins to forget everyone whom a restored backup brought back: their digests are in the erasure ledger."""
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


async def persons_of(store: EventStore, structure: str) -> dict[UUID, Person]:
    """Loads everyone with an open file and a pathway in a structure, names opened. Grows with the structure."""
    persons = await store.pool.fetch("select distinct person from requests where structure = $1", structure)
    return await store.load_many(Person, await _open_files(store, [row["person"] for row in persons]))


async def search(store: EventStore, structure: str, text: str) -> list[tuple[UUID, Person]]:
    """Finds people of a structure by the beginnings of the words of their name, or by a part of their telephone number.
    Raises CannotOpen, and Problem where there is nothing to search for."""
    is_sought = _sought(text)
    found = [(id, who) for id, who in (await persons_of(store, structure)).items() if who.identity]
    return [(id, who) for id, who in found if is_sought(who)]


def _sought(text: str) -> Callable[[Person], bool]:
    if is_number(text):
        digits = numbers(text)
        return lambda person: any(part in number for part in digits for number in _numbers_of(person))
    wanted = words(text)
    if not wanted:
        raise Problem(422, "nothing-to-search-for", "body.name: a letter or a digit at least is needed")
    return lambda person: matches(wanted, _words_of(person))


async def possible_duplicates(store: EventStore, structure: str) -> list[list[tuple[UUID, Person]]]:
    """Groups people of a structure who have the same words in their name, or one birthday and are called alike.

    Without the restricted, who cannot be merged.
    """
    groups: dict[object, list[tuple[UUID, Person]]] = {}
    for id, who in sorted((await persons_of(store, structure)).items()):
        if who.identity.current is None or who.merged_into or who.restriction:
            continue
        for common in _in_common(who.identity.current):
            groups.setdefault(common, []).append((id, who))
    several = {frozenset(id for id, _ in group): group for group in groups.values() if len(group) > 1}
    return [group for ids, group in several.items() if not any(ids < others for others in several)]


def _in_common(identity: Identity) -> set[object]:
    """Makes the keys that two people share who may be the same person."""
    called, family_name = _names(identity)
    common: set[object] = set(filter(None, same_names(called, family_name)))
    if born_on := identity.born_on:
        common |= {(born_on.text, names) for names in same_names(called)}
    return common


def _names(identity: Identity) -> tuple[str, str | None]:
    return identity.called.text, identity.family_name.text if identity.family_name else None


def _words_of(person: Person) -> tuple[str, ...]:
    return words(*_names(person.known_identity()))


def _numbers_of(person: Person) -> list[str]:
    phone = person.known_identity().phone
    return [] if phone is None else numbers(phone.text)


async def person_in(store: EventStore, structure: str, person: UUID) -> Person:
    """Finds a person. Raises Problem where the structure has no pathway of theirs, or the file is archived."""
    found = await identified_in(store, structure, person)
    if not await _open_files(store, [found.id]):
        raise Problem(404, "unknown-person", "no such person was identified in this structure")
    return found


async def identified_in(store: EventStore, structure: str, person: UUID) -> Person:
    """Finds a person, archived or not; of one who was merged, the file that stands for them."""
    here = await store.pool.fetchval(
        "select exists(select from requests where structure = $1 and person = any($2))",
        structure,
        list(await one_person(store.pool, person)),
    )
    found = await store.load(Person, await survivor_of(store, person)) if here else None
    if found is None or not found.identity:
        raise Problem(404, "unknown-person", "no such person was identified in this structure")
    return found
