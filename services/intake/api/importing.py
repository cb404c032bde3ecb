"""Structures of an import, and the ids that its keys lead to."""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import Field

from services.intake import application
from shared.http.access import Commanded, allow
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import Keys, Store
from shared.kernel.callers import Caller, Role
from shared.kernel.imports import AT_ONCE
from shared.language.history import StructureRow
from shared.language.texts import Key

router = Router()


@dataclass
class Named:
    """By the keys of an import."""

    pathways: Annotated[list[Key], Field(max_length=AT_ONCE)] = field(default_factory=list)
    persons: Annotated[list[Key], Field(max_length=AT_ONCE)] = field(default_factory=list)


@dataclass(frozen=True)
class FoundPathway:
    key: str
    pathway: UUID


@dataclass(frozen=True)
class FoundPerson:
    key: str
    person: UUID


@dataclass
class Found:
    """The ids beside their keys. Nothing is said of a key that leads to nobody whom the caller may see."""

    pathways: list[FoundPathway]
    persons: list[FoundPerson]


@dataclass
class Structures:
    structures: Annotated[list[StructureRow], Field(max_length=AT_ONCE)]


@router.post("/imports/ids", tags=["import"])
async def ids_of_keys(
    body: Named,
    caller: Annotated[Caller, Depends(allow(Role.OPERATOR, Role.ADVISER, Role.MANAGER))],
    store: Store,
    reading: Reading,
    keys: Keys,
) -> Found:
    """The ids that keys of an import lead to. A POST, so that no key stands in an address or a log.

    A structure is answered its own people's alone, the operator whatever the key, so that who was forgotten is told
    from who never was.
    """
    pathways = [FoundPathway(key, keys.pathway(key)) for key in body.pathways]
    persons = [FoundPerson(key, keys.person(key)) for key in body.persons]
    ids = [of.pathway for of in pathways], [of.person for of in persons]
    here = await application.here(store, *ids, caller)
    shown = Found(
        await reading.shown([of for of in pathways if of.pathway in here]),
        await reading.shown([of for of in persons if of.person in here]),
    )
    return Found(pathways, persons) if caller.role is Role.OPERATOR else shown


@router.post("/imports/structures")
async def import_structures(body: Structures, command: Commanded, store: Store) -> dict[str, int]:
    """Registers or corrects structures of an import; answers how many events each added."""
    return await application.import_structures(store, body.structures, command)
