"""Commands on structures, and on what stands at the entrance of a pathway: load, decide, save."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid5

from services.intake.application.whose import must_keep, who_asks, who_is_named
from services.intake.domain import (
    NOT_REQUESTED,
    Identity,
    Pathway,
    Request,
    Retention,
    Structure,
    StructureFile,
    retention_id,
)
from shared.access import Caller, Command
from shared.clock import day_in, day_in_paris
from shared.commands import Act, Done, decide, decide_together
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
    return About(structure.file.current.structure if structure.file.current else None)


async def known_here(store: EventStore, pathway: UUID, caller: Caller) -> KnownPathway:
    """What the other services would know of a pathway. Raises Problem where the caller knows of none, Archived."""
    file = await store.load(Pathway, pathway)
    request = file.request.current
    if request is None or not caller.is_of(file.structure):
        raise Problem(404, "unknown-pathway", "no such pathway was requested")
    file.must_be_open()
    return KnownPathway(
        pathway,
        file.structure,
        file.person,
        request.requested_on,
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

    async def decide_if_theirs(act: Act) -> None:
        file = await theirs(act, pathway)
        decision(file, await today_of(store, file))

    return await decide_together(store, decide_if_theirs, command)


async def theirs(act: Act, pathway: UUID) -> Pathway:
    """The pathway that a command is about. Raises UnknownFact where it is another structure's."""
    file = await act.main(Pathway, pathway, about)
    if file.request and not act.command.caller.is_of(file.structure):
        raise UnknownFact(NOT_REQUESTED)
    return file


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
    with across_structures():  # which structures there are, everybody knows
        known = await store.load(Structure, structure_id(structure))
    if not known.file:
        raise Problem(409, "unknown-structure", f"structure {structure} is not registered")


async def departments(store: EventStore, structures: Collection[str]) -> dict[str, str]:
    """INSEE codes by structure, of those that are registered."""
    with across_structures():  # as `must_be_registered`
        files = await store.load_many(Structure, [structure_id(structure) for structure in set(structures)])
    found = [structure.file.current for structure in files.values()]
    return {file.structure: file.department for file in found if file is not None}


async def today_in(store: EventStore, structure: str | None) -> date:
    """The local date of a structure; where there is none, the date in Paris."""
    found = await departments(store, [structure] if structure else [])
    return day_in(found.get(structure or ""), store.clock())


async def today_of(store: EventStore, file: Pathway) -> date:
    """The local date of the structure that holds a pathway."""
    return await today_in(store, file.structure if file.request else None)


async def ask_for_support(
    store: EventStore,
    pathway: UUID,
    request: Request,
    identity: Identity | None,
    left_out: Mapping[str, str],
    command: Command,
) -> Done:
    """With what the person tells of themselves, where they do; an archived file is opened again, everywhere."""

    async def ask(act: Act) -> None:
        await must_be_registered(store, request.structure)
        file = await act.main(Pathway, pathway, about)
        person = await who_asks(act, request.person, identity)
        person.must_be_free()
        is_new = not file.request
        file.ask_for_support(replace(request, person=person.id), await today_in(store, request.structure))
        if identity is not None:
            must_keep(person.identity.current, left_out)
            person.identify(identity)
        if is_new:
            await _take_back(act, person.id)

    return await decide_together(store, ask, command)


async def _take_back(act: Act, person: UUID) -> None:
    """The person asked for support again: their file is open, wherever their other pathways are."""
    with across_structures():
        retention = await act.file(Retention, retention_id(person), lambda _: About(None, None, person))
        if retention.announced:
            today = day_in_paris(act.store.clock())
            retention.take_back(today)
            for pathway in (await act.files(Pathway, await act.pathways_of(person), about)).values():
                pathway.reactivate(person, today)


async def welcome(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.welcome_person(on, today), command)


async def start_support(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.start_support(on, today), command)


async def withdraw(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.withdraw(on, today), command)


async def correct_request(store: EventStore, pathway: UUID, request: Request, command: Command) -> Done:
    async def correct(act: Act) -> None:
        file = await theirs(act, pathway)
        person = await who_is_named(act, request.person)
        person.must_be_free()
        file.correct_request(replace(request, person=person.id), await today_of(store, file))

    return await decide_together(store, correct, command)


async def correct_welcome(store: EventStore, pathway: UUID, on: date | None, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.correct_welcome(on, today), command)


async def correct_start(store: EventStore, pathway: UUID, on: date | None, command: Command) -> Done:
    exited_on = await exit_date(store.pool, pathway)
    return await on_pathway(store, pathway, lambda p, today: p.correct_start(on, exited_on, today), command)


async def correct_withdrawal(store: EventStore, pathway: UUID, on: date | None, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.correct_withdrawal(on, today), command)
