"""Intake's part of the historical import."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import chain
from uuid import UUID

from services.intake.application.pathways import about, about_structure, departments, must_be_registered, structure_id
from services.intake.application.whose import one_person
from services.intake.domain import (
    Dated,
    Pathway,
    Person,
    Request,
    Structure,
    StructureFile,
    request_for_support,
    with_age,
)
from shared.kernel.callers import Caller, Command, Role
from shared.kernel.commands import Act, alone, execute, on
from shared.kernel.event_store import EventStore, Known
from shared.kernel.imports import Imported, KnownDossier, KnownRow, import_dossiers, known_of_kinds, news
from shared.language.history import Dossier, PathwayRow, StructureRow


async def import_structures(store: EventStore, rows: Sequence[StructureRow], command: Command) -> dict[str, int]:
    """Registers or corrects structures; returns how many events each row added."""

    def take(structure: Structure, _: Act, row: StructureFile) -> None:
        fact = news(structure.file.known, row)
        if fact is not None:
            structure.file.take(fact, row)

    one_by_one = replace(command, key=None, on_version=None)  # a row is an act of its own, and sent again adds nothing
    added: dict[str, int] = {}
    for row in rows:
        file = alone(Structure, structure_id(row.structure), about_structure)
        told = StructureFile(row.structure, row.name, row.department)
        done = await execute(store, one_by_one, on(file, partial(take, row=told)))
        added[row.structure] = int(done.recorded)
    return added


async def here(store: EventStore, pathways: Sequence[UUID], persons: Sequence[UUID], caller: Caller) -> set[UUID]:
    """Finds the ids under which the caller may see something; an adviser or a manager, in their structure.

    A person who was merged with another is there where either is.
    """
    merged = {person: await one_person(store.pool, person) for person in persons}
    rows = await store.pool.fetch(
        """select pathway, person from requests
            where (pathway = any($1) or person = any($1)) and ($2 or structure = $3)
              and ($4 or not (restricted or archived))""",
        [*pathways, *chain.from_iterable(merged.values())],
        caller.role is Role.OPERATOR,
        caller.structure,
        caller.role is not Role.ADVISER,
    )
    seen = {id for row in rows for id in row.values()}
    return seen.intersection(pathways) | {person for person, both in merged.items() if both & seen}


def request_of(row: PathwayRow) -> Request:
    return request_for_support(
        row.requested_on,
        row.birth_year,
        structure=row.structure,
        person=row.person,
        requester=row.requester,
        sex=row.sex,
        qualification_level=row.qualification_level,
        unemployment_months=row.unemployment_months,
        housing=row.housing,
    )


def take_dossier(pathway: Pathway, dossier: Dossier, persons: Sequence[UUID] = ()) -> None:
    """Takes a row. `persons`: the row's, then each that the one before was merged into; the last stands for all."""
    row = dossier.request
    told = request_of(row)
    stood = pathway.request.current or told
    fact = news(pathway.request.known, told)
    stands = fact or stood
    if stands.person in persons[:-1]:
        stands = replace(stands, person=persons[-1])
    if fact is not None or stands != stood:
        pathway.request.take(with_age(stands), told)
    for recorded, day in (
        (pathway.welcome, row.welcomed_on),
        (pathway.start, row.started_on),
        (pathway.withdrawal, row.withdrawn_on),
    ):
        known = recorded.known
        # An empty cell is news only where an import said otherwise before: what was recorded by hand since stays.
        if (day or (known and known.imported)) and (dated := news(known, Dated(day))) is not None:
            recorded.take(dated, Dated(day))


async def import_pathways(store: EventStore, dossiers: Sequence[Dossier], command: Command) -> list[Imported]:
    structures = {dossier.request.structure for dossier in dossiers}
    for structure in structures:
        await must_be_registered(store, structure)
    where = await departments(store, structures)
    persons = _Persons(store)
    await persons.load({dossier.request.person for dossier in dossiers})

    def take(pathway: Pathway, dossier: Dossier) -> Mapping[UUID, int]:
        files = persons.leading_from(dossier.request.person)
        files[-1].must_be_free()
        pathway.must_be_free()
        take_dossier(pathway, dossier, [file.id for file in files])
        return {file.id: file.version for file in files}

    async def look_again(dossier: Dossier) -> None:
        await persons.load({dossier.request.person})

    return await import_dossiers(store, Pathway, dossiers, take, about, where, command, look_again, with_texts=True)


class _Persons:
    """Holds the persons whom rows name, with those whom they were merged into."""

    def __init__(self, store: EventStore) -> None:
        self.store, self.files = store, dict[UUID, Person]()

    async def load(self, persons: Set[UUID]) -> None:
        """Loads them as they stand now, those too that were loaded before."""
        met: set[UUID] = set()
        while wanted := persons - met:
            met |= wanted
            found = await self.store.load_many(Person, sorted(wanted))
            self.files |= found
            persons = {into for file in found.values() if (into := file.merged_into.current) is not None}

    def leading_from(self, person: UUID) -> list[Person]:
        """Follows a person's file to those that it was merged into, one after the other."""
        files = [self.files[person]]
        while (into := files[-1].merged_into.current) is not None and self.files[into] not in files:
            files.append(self.files[into])
        return files


async def known_rows(store: EventStore, pathways: Sequence[UUID]) -> list[KnownDossier]:
    """What is recorded of these pathways, as rows of the import format."""
    files = await store.load_many(Pathway, pathways)
    return [
        KnownDossier(id, _known_row(file, asked), **known_of_kinds(file))
        for id, file in files.items()
        if (asked := file.request.known)
    ]


def _known_row(pathway: Pathway, request: Known[Request]) -> KnownRow[PathwayRow]:
    dated = [one.known for one in (pathway.welcome, pathway.start, pathway.withdrawal)]
    current = _row(request.current, pathway.welcomed_on, pathway.started_on, pathway.withdrawn_on)
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
        birth_year=int(request.birth_year.text) if request.birth_year else None,
        sex=request.sex,
        qualification_level=request.qualification_level,
        unemployment_months=request.unemployment_months,
        housing=request.housing,
    )
