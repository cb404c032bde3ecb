"""What a service holds of one person, as the person is given it (RGPD, article 15): every fact, corrections included.

Made from the event store alone, the same in every service. Whoever asks belongs to a structure in which the person
has a pathway, and gets that structure's pathways; of another's there is none.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Literal, get_type_hints
from uuid import UUID

from fastapi import Request

from shared.http.access import OfStructure
from shared.http.door import Router
from shared.http.readings import Noted, Reading, readings_of
from shared.http.routes import Store
from shared.kernel.callers import Role
from shared.kernel.database import Pool, across_structures
from shared.kernel.event_store import Aggregate, Recorded
from shared.kernel.known_pathways import Known, known_pathway
from shared.kernel.refusals import Problem
from shared.language.sealed import CannotOpen, Sealed

OnePerson = Callable[[Pool, UUID], Awaitable[set[UUID]]]
"""All ids under which a person is or was known."""
# What of an event is told beside its content, or by `imported`.
ENVELOPE = frozenset(get_type_hints(Aggregate.Event)) | {"key", "imported"}


@dataclass(frozen=True)
class KnownHere:
    """A pathway of the caller's structure, and the id under which its person stands now."""

    person: UUID
    pathway: UUID


@dataclass(frozen=True)
class CopiedFact:
    """One event. `told`: its content by field, texts opened; `imported`: what an import said, where it differs.

    `about` tells the facts of one kind apart (which diagnostic): a correction carries that of what it corrects.
    """

    event: str
    pathway: UUID | None
    about: UUID | None
    happened_on: date | None
    known_at: datetime
    recorded_by: str
    historical: bool
    told: dict[str, Any]
    imported: dict[str, Any] | None


@dataclass(frozen=True)
class CopyHere:
    pathways: list[KnownHere]
    facts: list[CopiedFact]
    readings: list[Noted]


async def _only(_: Pool, person: UUID) -> set[UUID]:
    return {person}


def copies(
    known_in: Literal["known_pathways", "requests"], one_person: OnePerson = _only, known: Known = known_pathway
) -> Router:
    """The route. `known_in`: the service's own table of pathways with their structure and person, as they now stand."""
    router = Router(prefix="/v1", tags=["person's copy"])

    @router.get("/copies/{person}")
    async def copy(person: UUID, caller: OfStructure, store: Store, reading: Reading, request: Request) -> CopyHere:
        """All that this service holds of a person of one's own structure, for the person."""
        persons = await one_person(store.pool, person)
        rows = await store.pool.fetch(
            f"select person, pathway from {known_in} where person = any($1) and structure = $2 order by pathway",
            list(persons),
            caller.own_structure,
        )
        if caller.role is Role.ADVISER:  # of what is archived or restricted, a manager hands out the copy
            for row in rows:
                (await known(store, row["pathway"], caller)).must_be_shown_to(caller)
        pathways = await reading.shown([KnownHere(**row) for row in rows])
        if not pathways:
            raise Problem(404, "unknown-person", "no such person has a pathway in this structure")
        ids = [known.pathway for known in pathways]
        with across_structures():  # of whoever was merged with them nobody holds a pathway any more
            history = await store.history(ids, list(persons))
        return CopyHere(
            pathways,
            [copied(event) for event in history],
            await readings_of(store.pool, list(persons), ids, caller.own_structure),
        )

    return router


def copied(recorded: Recorded) -> CopiedFact:
    event = recorded.event
    own = [name for name in get_type_hints(type(event)) if name not in ENVELOPE]
    fact, imported = event.fact, getattr(event, "imported", None)
    told = _content(fact) | {name: plain(getattr(event, name)) for name in own}
    said = None if imported is None else _content(imported)
    return CopiedFact(
        event=recorded.name,
        pathway=recorded.about.pathway,
        about=getattr(event, "key", None),
        happened_on=recorded.happened_on,
        known_at=recorded.known_at,
        recorded_by=recorded.actor,
        historical=recorded.historical,
        told=told,
        imported=None if said is None or said.items() <= told.items() else said,
    )


def _content(fact: Any) -> dict[str, Any]:
    return plain(fact) if is_dataclass(fact) else {"fact": plain(fact)}


def plain(value: Any) -> Any:
    """A value as JSON has it. A text that does not open is told by the reason, `{"unreadable": code}`."""
    match value:
        case Sealed():
            try:
                return value.text
            except CannotOpen as why:
                return {"unreadable": why.code}
        case StrEnum() | IntEnum():
            return value.value
        case Decimal() | UUID():
            return str(value)
        case date():
            return value.isoformat()
        case list() | tuple():
            return [plain(part) for part in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case None | bool() | int() | str():
            return value
    raise TypeError(f"no copy is decided for a {type(value).__name__}")
