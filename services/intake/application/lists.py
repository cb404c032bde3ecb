"""Lists many people at once: the views' rows, with names opened for those shown only.

An adviser is shown nobody whose data are restricted, a manager is; names are for advisers and managers alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.intake import views
from services.intake.application.persons import may_see
from services.intake.domain import ContactFile, Pathway, Person, contact_file_id
from shared.kernel.callers import Caller, Role
from shared.kernel.clock import day_in_paris
from shared.kernel.event_store import EventStore
from shared.language.codes import AppointmentPurpose, AppointmentStatus
from shared.language.sealed import CannotOpen, Sealed
from shared.people.disagreement import in_disagreement


@dataclass(frozen=True)
class ShownAppointment:
    """`at`: HH:MM, local to the structure. `settled_on`: when it was kept, missed or cancelled.

    `adviser`: the subject of a token. `called`, `family_name` and `place` are null where nobody noted them, or the
    caller may not read them.
    """

    appointment: UUID
    pathway: UUID
    person: UUID
    structure: str
    adviser: str | None
    on: date
    at: str | None
    purpose: AppointmentPurpose
    status: AppointmentStatus
    settled_on: date | None
    place: str | None
    called: str | None
    family_name: str | None


@dataclass(frozen=True)
class DoublePathways:
    """A person with several pathways open at once in one structure, in the order in which they were asked for."""

    person: UUID
    pathways: list[UUID]
    called: str | None
    family_name: str | None


async def waiting_requests(
    store: EventStore, structure: str | None, limit: int, caller: Caller
) -> list[views.WaitingRequest]:
    """Lists requests that nobody has welcomed yet, the oldest first, with whether the persons disagree."""
    rows = await views.waiting_requests(
        store.pool, structure, day_in_paris(store.clock()), limit, restricted_too=caller.role is not Role.ADVISER
    )
    disagreed = await in_disagreement(store, {row.pathway for row in rows})
    persons = await _persons(store, {row.person for row in rows}, caller)
    asked = Pathway.request.named()
    return [replace(row, disagreed=asked in disagreed[row.pathway]) for row in rows if row.person in persons]


async def people(
    store: EventStore, structure: str | None, adviser: str | None, limit: int, caller: Caller, *, closed_too: bool
) -> list[views.PersonHere]:
    """Lists people, the latest request first."""
    restricted_too = caller.role is not Role.ADVISER
    today = day_in_paris(store.clock())
    rows = await views.people(
        store.pool, structure, adviser, today, limit, closed_too=closed_too, restricted_too=restricted_too
    )
    return await _named(store, rows, caller)


async def silent(
    store: EventStore, structure: str | None, adviser: str | None, days: int, limit: int, caller: Caller
) -> list[views.PersonHere]:
    """Lists people with whom nothing took place, the longest so first."""
    restricted_too = caller.role is not Role.ADVISER
    today = day_in_paris(store.clock())
    rows = await views.silent(store.pool, structure, adviser, today, days, limit, restricted_too=restricted_too)
    return await _named(store, rows, caller)


async def appointments(
    store: EventStore,
    structure: str | None,
    adviser: str | None,
    first: date,
    last: date,
    limit: int,
    caller: Caller,
) -> list[ShownAppointment]:
    """Lists appointments in the order of their days."""
    rows = await views.appointments(
        store.pool, structure, adviser, first, last, limit, restricted_too=caller.role is not Role.ADVISER
    )
    persons = await _persons(store, {row.person for row in rows}, caller)
    files = await store.load_many(ContactFile, list({contact_file_id(row.pathway) for row in rows}))
    shown = []
    for row in rows:
        told = files[contact_file_id(row.pathway)].appointments.get(row.appointment)
        if told is not None and row.person in persons:
            called, family_name = persons[row.person]
            place = _text(told.place) if _reads_texts(caller) else None
            shown.append(
                ShownAppointment(
                    **vars(row),
                    on=told.on,
                    at=told.at,
                    purpose=told.purpose,
                    status=told.status,
                    settled_on=told.settled_on,
                    place=place,
                    called=called,
                    family_name=family_name,
                )
            )
    return shown


async def double_pathways(store: EventStore, structure: str, limit: int, caller: Caller) -> list[DoublePathways]:
    rows = await views.double_pathways(store.pool, structure, limit, restricted_too=caller.role is not Role.ADVISER)
    persons = await _persons(store, {row.person for row in rows}, caller)
    return [DoublePathways(row.person, row.pathways, *persons[row.person]) for row in rows if row.person in persons]


Names = tuple[str | None, str | None]
"""The name to call a person by, and the family name."""


async def _named(store: EventStore, rows: Sequence[views.PersonHere], caller: Caller) -> list[views.PersonHere]:
    persons = await _persons(store, {row.person for row in rows}, caller)
    return [
        replace(row, called=persons[row.person][0], family_name=persons[row.person][1])
        for row in rows
        if row.person in persons
    ]


async def _persons(store: EventStore, persons: set[UUID], caller: Caller) -> dict[UUID, Names]:
    """Loads the persons whom the caller may see, with their names where the caller may read them.

    From the persons' own files: a view may not have heard yet that one is restricted.
    """
    files = await store.load_many(Person, list(persons))
    return {
        id: _names(who) if _reads_texts(caller) else (None, None) for id, who in files.items() if may_see(caller, who)
    }


def _reads_texts(caller: Caller) -> bool:
    return caller.role in (Role.ADVISER, Role.MANAGER)


def _names(person: Person) -> Names:
    identity = person.identity.current
    return (None, None) if identity is None else (_text(identity.called), _text(identity.family_name))


def _text(sealed: Sealed | None) -> str | None:
    """Opens a text; null where it cannot be opened: the list goes on."""
    try:
        return None if sealed is None else sealed.text
    except CannotOpen:
        return None
