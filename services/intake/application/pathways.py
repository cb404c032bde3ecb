"""Commands on structures, and on what stands at the entrance of a pathway: load, decide, save."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid5

from services.intake.domain import NOT_REQUESTED, Pathway, Person, Request, Structure, StructureFile
from shared.access import Caller, Command
from shared.clock import day_in
from shared.commands import Done, decide
from shared.database import across_structures
from shared.event_store import About, EventStore
from shared.known_pathways import KnownPathway, exit_date
from shared.problems import Problem
from shared.rules import UnknownFact

_STRUCTURES = UUID("0b1c0f0e-6a51-5d0a-8d3f-6c2f6f1b7d11")


def structure_id(structure: str) -> UUID:
    """The aggregate of a structure, by its code."""
    return uuid5(_STRUCTURES, structure)


def about(pathway: Pathway) -> About:
    return About(pathway.structure, pathway.id, pathway.person)


def about_structure(structure: Structure) -> About:
    return About(structure.file.current.structure if structure.file else None)


async def known_here(store: EventStore, pathway: UUID, caller: Caller) -> KnownPathway:
    """What the other services would know of a pathway. Raises Problem where the caller knows of none, Archived."""
    file = await store.load(Pathway, pathway)
    if file.request is None or not caller.is_of(file.structure):
        raise Problem(404, "unknown-pathway", "no such pathway was requested")
    file.must_be_open()
    return KnownPathway(
        pathway,
        file.structure,
        file.person,
        file.request.current.requested_on,
        file.started_on,
        await today_in(store, file.structure),
        file.restricted,
        adviser=file.adviser,
    )


async def on_pathway(
    store: EventStore, pathway: UUID, decision: Callable[[Pathway, date], object], command: Command
) -> Done:
    """A command on a pathway that was requested; another structure's is as one that nobody requested.

    `decision` gets the local date of the structure that holds it.
    """
    today = await today_of(store, pathway)

    def decide_if_theirs(file: Pathway) -> None:
        if file.request is not None and not command.caller.is_of(file.structure):
            raise UnknownFact(NOT_REQUESTED)
        decision(file, today)

    return await decide(store, Pathway, pathway, decide_if_theirs, about, command)


async def register_structure(store: EventStore, file: StructureFile, command: Command) -> Done:
    id = structure_id(file.structure)
    return await decide(store, Structure, id, lambda s: s.register(file), about_structure, command)


async def correct_structure(store: EventStore, file: StructureFile, command: Command) -> Done:
    id = structure_id(file.structure)
    return await decide(store, Structure, id, lambda s: s.correct(file), about_structure, command)


async def set_welcome_delay(store: EventStore, structure: str, days: int, command: Command) -> Done:
    return await decide(
        store, Structure, structure_id(structure), lambda s: s.welcome_in(days), about_structure, command
    )


async def must_be_registered(store: EventStore, structure: str) -> None:
    _must_be_registered(await _registered(store, structure), structure)


async def _registered(store: EventStore, structure: str) -> Structure:
    with across_structures():  # which structures there are, everybody knows
        return await store.load(Structure, structure_id(structure))


async def departments(store: EventStore, structures: Collection[str]) -> dict[str, str]:
    """INSEE codes by structure, of those that are registered."""
    with across_structures():  # as `_registered`
        files = await store.load_many(Structure, [structure_id(structure) for structure in set(structures)])
    found = [structure.file.current for structure in files.values() if structure.file is not None]
    return {file.structure: file.department for file in found}


async def today_in(store: EventStore, structure: str | None) -> date:
    """The local date of a structure; where there is none, the date in Paris."""
    known = (await _registered(store, structure)).file if structure else None
    return day_in(known.current.department if known else None, store.clock())


async def today_of(store: EventStore, pathway: UUID) -> date:
    """The local date of the structure that holds a pathway."""
    file = await store.load(Pathway, pathway)
    return await today_in(store, file.structure if file.request else None)


def _must_be_registered(structure: Structure, code: str) -> None:
    if structure.file is None:
        raise Problem(409, "unknown-structure", f"structure {code} is not registered")


async def ask_for_support(store: EventStore, pathway: UUID, request: Request, command: Command) -> Done:
    await must_be_registered(store, request.structure)
    person, today = await _whoever(store, request.person), await today_in(store, request.structure)

    def ask(pathway: Pathway) -> None:
        person.must_be_free()
        pathway.ask_for_support(request, today)

    done = await decide(store, Pathway, pathway, ask, about, command)
    await restrict_too(store, {pathway: request.person} if done.recorded else {}, command)
    return done


async def _whoever(store: EventStore, person: UUID) -> Person:
    with across_structures():  # a restriction holds wherever the person asks for support
        return await store.load(Person, person)


async def welcome(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.welcome_person(on, today), command)


async def start_support(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.start_support(on, today), command)


async def withdraw(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.withdraw(on, today), command)


async def correct_request(store: EventStore, pathway: UUID, request: Request, command: Command) -> Done:
    structure = await _registered(store, request.structure)
    person = await _whoever(store, request.person)

    def correct(pathway: Pathway, today: date) -> None:
        person.must_be_free()
        pathway.correct_request(request, today)
        _must_be_registered(structure, request.structure)

    done = await on_pathway(store, pathway, correct, command)
    await restrict_too(store, {pathway: request.person} if done.recorded else {}, command)
    return done


async def correct_welcome(store: EventStore, pathway: UUID, on: date | None, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.correct_welcome(on, today), command)


async def correct_start(store: EventStore, pathway: UUID, on: date | None, command: Command) -> Done:
    exited_on = await exit_date(store.pool, pathway)
    return await on_pathway(store, pathway, lambda p, today: p.correct_start(on, exited_on, today), command)


async def correct_withdrawal(store: EventStore, pathway: UUID, on: date | None, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.correct_withdrawal(on, today), command)


async def restrict_too(store: EventStore, pathways: Mapping[UUID, UUID], command: Command) -> None:
    """Pathways, by whose they are, that were recorded while their person's processing was being restricted."""
    with across_structures():  # as `_whoever`
        persons = await store.load_many(Person, list(set(pathways.values()))) if pathways else {}
    for pathway, person in pathways.items():
        if (restriction := persons[person].restriction) is not None:
            on = restriction.restricted_on
            await decide(store, Pathway, pathway, lambda p, on=on: p.restrict(on), about, replace(command, key=None))  # type: ignore[misc]
