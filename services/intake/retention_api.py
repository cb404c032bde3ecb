"""HTTP of retention: lists what is due, takes the steps, and reads archived files."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

from services.intake import contacts, domain, retention
from services.intake.api import PersonFound, person_found
from shared.http.access import Commanded, allow
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import reads
from shared.kernel.callers import Caller, Command, Role
from shared.kernel.clock import day_in_paris
from shared.kernel.refusals import Problem

router = Router(prefix="/v1", tags=["retention"])

After = Annotated[
    str | None, Query(pattern=r"^\d{4}-\d\d-\d\d/[0-9a-f-]{36}$", description="`next` of the answer before")
]


@dataclass
class Plan:
    """`next`: ask again with `after`, null: that is all."""

    planned: list[retention.Planned]
    next: str | None


@dataclass
class Run:
    """`next`: ask again with `after`, null: that is all."""

    taken: list[retention.Taken]
    next: str | None


@dataclass
class Announced:
    """A person whose file is announced, or archived where `archived_on` is told. `due`: what is next, and when."""

    person: UUID
    last_contact: date | None
    announced_on: date | None
    archived_on: date | None
    due: domain.Due | None


@dataclass
class ArchiveReading:
    """Why it is read, which is recorded."""

    reason: domain.ArchiveReason


async def _manager(caller: Annotated[Caller, Depends(allow(Role.MANAGER))]) -> Caller:
    if caller.structure is None:
        raise Problem(403, "no-structure", "the token names no structure")
    return caller


Manager = Annotated[Caller, Depends(_manager)]


def _place(after: str | None) -> retention.Place:
    if after is None:
        return retention.FIRST
    day, _, person = after.partition("/")
    try:
        return date.fromisoformat(day), UUID(person)
    except ValueError:
        raise Problem(422, "invalid", "`after` is no answer's `next`") from None


def _next(place: retention.Place | None) -> str | None:
    return None if place is None else f"{place[0]}/{place[1]}"


def _today(request: Request) -> date:
    return day_in_paris(request.app.state.runtime.store.clock())


@router.get("/retention", dependencies=reads)
async def plan(request: Request, reading: Reading, after: After = None) -> Plan:
    """What a run would do today, a page at a time."""
    planned, then = await retention.plan(request.app.state.pool, _today(request), _place(after))
    return Plan(await reading.shown(planned), _next(then))


@router.post("/retention")
async def run(request: Request, command: Commanded, after: After = None) -> Run:
    """Announces, archives, erases and reactivates whom it is time for, a page at a time."""
    taken, then = await retention.run(request.app.state.runtime, _today(request), command, _place(after))
    return Run(taken, _next(then))


@router.get("/retention/announced")
async def announced(request: Request, manager: Manager, reading: Reading) -> list[Announced]:
    """The people of one's own structure whose file is announced or archived."""
    found = await contacts.announced_in(request.app.state.pool, manager.own_structure)
    people = [
        Announced(kept.person, kept.contact.on if kept.contact else None, kept.announced_on, kept.archived_on, kept.due)
        for kept in found
    ]
    return await reading.shown(people)


@router.post("/archive/{person}/reading")
async def read_archive(
    person: UUID, body: ArchiveReading, request: Request, manager: Manager, reading: Reading
) -> PersonFound:
    """Who an archived person of one's own structure is. A POST, because it is recorded."""
    runtime = request.app.state.runtime
    command = Command(manager, None)
    found = await retention.read_archive(runtime, manager.own_structure, person, body.reason, command)
    for shown in await reading.shown([person_found(found.id, found)]):
        return shown
    raise Problem(404, "unknown-person", "this person is being forgotten")
