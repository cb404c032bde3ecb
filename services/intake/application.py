"""One function per command: load, decide, save."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid5

from services.intake.domain import Dated, Pathway, Request, Structure, StructureFile
from shared.access import Command
from shared.commands import Done, decide, today
from shared.event_store import About, EventStore, Known
from shared.history import Dossier, PathwayRow, StructureRow
from shared.imports import Imported, KnownDossier, KnownRow, import_dossiers, news
from shared.known_pathways import exit_date
from shared.problems import Problem

_STRUCTURES = UUID("0b1c0f0e-6a51-5d0a-8d3f-6c2f6f1b7d11")


def structure_id(structure: str) -> UUID:
    """The aggregate of a structure, by its code."""
    return uuid5(_STRUCTURES, structure)


def _about(pathway: Pathway) -> About:
    assert pathway.request is not None
    return About(pathway.request.current.structure, pathway.id, pathway.request.current.person)


def _about_structure(structure: Structure) -> About:
    return About(structure.file.current.structure if structure.file else None)


async def register_structure(store: EventStore, file: StructureFile, command: Command) -> Done:
    id = structure_id(file.structure)
    return await decide(store, Structure, id, lambda s: s.register(file), _about_structure, command)


async def correct_structure(store: EventStore, file: StructureFile, command: Command) -> Done:
    id = structure_id(file.structure)
    return await decide(store, Structure, id, lambda s: s.correct(file), _about_structure, command)


async def _must_be_registered(store: EventStore, structure: str) -> None:
    if (await store.load(Structure, structure_id(structure))).file is None:
        raise Problem(409, "unknown-structure", f"structure {structure} is not registered")


async def ask_for_support(store: EventStore, pathway: UUID, request: Request, command: Command) -> Done:
    await _must_be_registered(store, request.structure)
    return await decide(store, Pathway, pathway, lambda p: p.ask_for_support(request, today()), _about, command)


async def welcome(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await decide(store, Pathway, pathway, lambda p: p.welcome_person(on, today()), _about, command)


async def start_support(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await decide(store, Pathway, pathway, lambda p: p.start_support(on, today()), _about, command)


async def withdraw(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await decide(store, Pathway, pathway, lambda p: p.withdraw(on, today()), _about, command)


async def correct_request(store: EventStore, pathway: UUID, request: Request, command: Command) -> Done:
    await _must_be_registered(store, request.structure)
    return await decide(store, Pathway, pathway, lambda p: p.correct_request(request, today()), _about, command)


async def correct_welcome(store: EventStore, pathway: UUID, on: date | None, command: Command) -> Done:
    return await decide(store, Pathway, pathway, lambda p: p.correct_welcome(on, today()), _about, command)


async def correct_start(store: EventStore, pathway: UUID, on: date | None, command: Command) -> Done:
    exited_on = await exit_date(store.pool, pathway)
    return await decide(store, Pathway, pathway, lambda p: p.correct_start(on, exited_on, today()), _about, command)


async def correct_withdrawal(store: EventStore, pathway: UUID, on: date | None, command: Command) -> Done:
    return await decide(store, Pathway, pathway, lambda p: p.correct_withdrawal(on, today()), _about, command)


# The historical import


async def import_structures(store: EventStore, rows: Sequence[StructureRow], command: Command) -> dict[str, int]:
    """Registers or corrects structures; returns how many events each row added."""

    def take(structure: Structure, row: StructureFile) -> None:
        fact = news(structure.file, row)
        if fact is not None:
            structure.take_import(fact, row)

    added: dict[str, int] = {}
    for row in rows:
        file = StructureFile(row.structure, row.name, row.department)
        done = await decide(
            store,
            Structure,
            structure_id(row.structure),
            lambda s, file=file: take(s, file),  # type: ignore[misc]
            _about_structure,
            command,
        )
        added[row.structure] = int(done.recorded)
    return added


def _request(row: PathwayRow) -> Request:
    return Request(
        row.structure,
        row.person,
        row.requested_on,
        row.requester,
        row.birth_year,
        row.sex,
        row.qualification_level,
        row.unemployment_months,
        row.housing,
    )


def _take(pathway: Pathway, dossier: Dossier) -> None:
    row = dossier.request
    if (fact := news(pathway.request, _request(row))) is not None:
        pathway.take_request(fact, _request(row))
    for known, on, take in (
        (pathway.welcome, row.welcomed_on, pathway.take_welcome),
        (pathway.start, row.started_on, pathway.take_start),
        (pathway.withdrawal, row.withdrawn_on, pathway.take_withdrawal),
    ):
        if (known is not None or on is not None) and (dated := news(known, Dated(on))) is not None:
            take(dated, Dated(on))


async def import_pathways(store: EventStore, dossiers: Sequence[Dossier], command: Command) -> list[Imported]:
    structures = {dossier.request.structure for dossier in dossiers}
    for structure in structures:
        await _must_be_registered(store, structure)
    return await import_dossiers(store, Pathway, dossiers, _take, _about, command)


async def known_rows(store: EventStore, pathways: Sequence[UUID]) -> list[KnownDossier]:
    """What is recorded of these pathways, as rows of the import format."""
    files = await store.load_many(Pathway, pathways)
    return [KnownDossier(id, _known_row(file, file.request)) for id, file in files.items() if file.request is not None]


def _known_row(pathway: Pathway, request: Known[Request]) -> KnownRow[PathwayRow]:
    dated = (pathway.welcome, pathway.start, pathway.withdrawal)
    current = _row(request.current, *(known.current.on if known else None for known in dated))
    if request.imported is None:
        return KnownRow(current, None)
    told = (known.imported.on if known and known.imported else None for known in dated)
    return KnownRow(current, _row(request.imported, *told))


def _row(request: Request, *dates: date | None) -> PathwayRow:
    welcomed_on, started_on, withdrawn_on = dates
    return PathwayRow(
        structure=request.structure,
        person=request.person,
        requested_on=request.requested_on,
        requester=request.requester,
        welcomed_on=welcomed_on,
        started_on=started_on,
        withdrawn_on=withdrawn_on,
        birth_year=request.birth_year,
        sex=request.sex,
        qualification_level=request.qualification_level,
        unemployment_months=request.unemployment_months,
        housing=request.housing,
    )
