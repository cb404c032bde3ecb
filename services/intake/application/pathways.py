"""Opens the files of structures and pathways, and decides what spans several files at the entrance."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, TypeVar
from uuid import UUID, uuid5

from fastapi import Path

from services.intake.application.whose import must_keep, who_asks, who_is_named
from services.intake.domain import NOT_REQUESTED, Identity, Pathway, Request, Retention, Structure, retention_id
from shared.kernel.callers import Caller, Command
from shared.kernel.clock import day_in, day_in_paris
from shared.kernel.commands import Act, Done, Target, alone, execute, on
from shared.kernel.database import across_structures
from shared.kernel.event_store import About, Aggregate, EventStore
from shared.kernel.known_pathways import KnownPathway, exit_date
from shared.kernel.refusals import Problem
from shared.language.rules import UnknownFact
from shared.language.texts import CodeOfStructure

A = TypeVar("A", bound=Aggregate)
H = TypeVar("H")

_STRUCTURES = UUID("0b1c0f0e-6a51-5d0a-8d3f-6c2f6f1b7d11")

# Structures


def structure_id(structure: str) -> UUID:
    """Names the aggregate of a structure, by its code."""
    return uuid5(_STRUCTURES, structure)


def about_structure(structure: Structure) -> About:
    return About(structure.file.current.structure if structure.file.current else None)


def structure_file(structure: Annotated[CodeOfStructure, Path()], command: Command) -> Target[Structure, Act]:
    """Opens a structure's file. Raises Problem at once where a manager names another structure than their own."""
    command.caller.must_be_of(structure)
    return alone(Structure, structure_id(structure), about_structure)


def where_registered(structure: str, target: Target[A, H]) -> Target[A, H]:
    """Opens the same file; opening it raises Problem where the structure is not registered."""

    async def open_file(act: Act) -> tuple[A, H]:
        await must_be_registered(act.store, structure)
        return await target(act)

    return open_file


async def must_be_registered(store: EventStore, structure: str) -> None:
    with across_structures():  # which structures there are, everybody knows
        known = await store.load(Structure, structure_id(structure))
    if not known.file:
        raise Problem(409, "unknown-structure", f"structure {structure} is not registered")


async def departments(store: EventStore, structures: Collection[str]) -> dict[str, str]:
    """Finds INSEE codes by structure, of those that are registered."""
    with across_structures():  # as `must_be_registered`
        files = await store.load_many(Structure, [structure_id(structure) for structure in set(structures)])
    found = [structure.file.current for structure in files.values()]
    return {file.structure: file.department for file in found if file is not None}


async def today_in(store: EventStore, structure: str | None) -> date:
    """The local date of a structure; where there is none, the date in Paris."""
    found = await departments(store, [structure] if structure else [])
    return day_in(found.get(structure or ""), store.clock())


# Pathways


@dataclass(frozen=True)
class Here:
    """Tells a decision on a pathway, or on a file beside it, the local date of the structure that holds it."""

    act: Act
    pathway: Pathway
    today: date

    async def exited_on(self) -> date | None:
        """Reads when the person left, as outcomes told."""
        return await exit_date(self.act.store.pool, self.pathway.id)


def about(pathway: Pathway) -> About:
    return About(pathway.structure, pathway.id, pathway.person)


async def today_of(store: EventStore, file: Pathway) -> date:
    """The local date of the structure that holds a pathway."""
    return await today_in(store, file.structure if file.request else None)


def pathway_file(pathway: UUID) -> Target[Pathway, Here]:
    """Opens a pathway; opening it raises UnknownFact where another structure holds it, as where nobody requested it."""

    async def open_file(act: Act) -> tuple[Pathway, Here]:
        file = await act.main(Pathway, pathway, about)
        if file.request and not act.command.caller.is_of(file.structure):
            raise UnknownFact(NOT_REQUESTED)
        return file, Here(act, file, await today_of(act.store, file))

    return open_file


def requested_pathway(pathway: UUID) -> Target[Pathway, Here]:
    """Opens a pathway in which facts may be recorded: opening it raises what any decision of its own would."""

    async def open_file(act: Act) -> tuple[Pathway, Here]:
        file, here = await pathway_file(pathway)(act)
        file.must_be_free()
        if not file.request:
            raise UnknownFact(NOT_REQUESTED)
        file.must_be_open()
        return file, here

    return open_file


async def known_here(store: EventStore, pathway: UUID, caller: Caller) -> KnownPathway:
    """Tells of a pathway what the other services know. Raises Problem where the caller knows of none, Archived."""
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


async def ask_for_support(
    store: EventStore,
    pathway: UUID,
    request: Request,
    identity: Identity | None,
    left_out: Mapping[str, str],
    command: Command,
) -> Done:
    """Records a request, with the identity where the person tells it; opens an archived file again, everywhere."""

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

    return await execute(store, command, ask)


async def _take_back(act: Act, person: UUID) -> None:
    """Opens the file of a person who asked for support again, wherever their other pathways are."""
    with across_structures():
        retention = await act.file(Retention, retention_id(person), lambda _: About(None, None, person))
        if retention.announced:
            today = day_in_paris(act.store.clock())
            retention.take_back(today)
            for pathway in (await act.files(Pathway, await act.pathways_of(person), about)).values():
                pathway.reactivate(person, today)


async def correct_request(store: EventStore, pathway: UUID, request: Request, command: Command) -> Done:
    """Corrects a request, which has to name a person whom the structure knows."""

    async def correct(file: Pathway, here: Here) -> None:
        person = await who_is_named(here.act, request.person)
        person.must_be_free()
        file.correct_request(replace(request, person=person.id), here.today)

    return await execute(store, command, on(pathway_file(pathway), correct))
