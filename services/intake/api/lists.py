"""The lists that an adviser works with."""

from typing import Annotated

from fastapi import Query

from services.intake import views
from services.intake.application import lists
from shared.http.access import OfStructure
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import AskedStructure, AskedUser, Limit, Store
from shared.kernel.refusals import Problem
from shared.language.days import Day

router = Router(tags=["lists"])


@router.get("/requests/waiting")
async def waiting_requests(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    limit: Limit = 100,
) -> list[views.WaitingRequest]:
    """Requests that nobody has welcomed yet, the oldest first, with the day by which each is to be and whether it
    is an alarm; those set aside as unreachable among them, without alarm."""
    return await reading.shown(await lists.waiting_requests(store, structure, limit, reading.caller))


@router.get("/people")
async def people(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    adviser: AskedUser = None,
    all: Annotated[bool, Query(description="Also those who left or withdrew")] = False,
    limit: Limit = 100,
) -> list[views.PersonHere]:
    """The people of a structure, or of one adviser, and where each stands, since when; who asked last first.

    `stage`: requested, set_aside, welcomed, supported, paused, left or withdrawn.
    """
    found = await lists.people(store, structure, adviser, limit, reading.caller, closed_too=all)
    return await reading.shown(found)


@router.get("/silent")
async def silent(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    adviser: AskedUser = None,
    days: Annotated[int, Query(ge=1, le=3650, description="Days without a contact")] = 60,
    limit: Limit = 100,
) -> list[views.PersonHere]:
    """People who are supported and with whom nothing took place for so many days, the longest first; pauses apart."""
    return await reading.shown(await lists.silent(store, structure, adviser, days, limit, reading.caller))


@router.get("/appointments")
async def appointments(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    first: Annotated[Day, Query(alias="from", description="The first day")],
    last: Annotated[Day, Query(alias="to", description="The last day, included")],
    adviser: AskedUser = None,
    limit: Limit = 100,
) -> list[lists.ShownAppointment]:
    """The appointments of these days in their order, whatever became of them."""
    if first > last:
        raise Problem(422, "invalid", "`from` is after `to`")
    found = await lists.appointments(store, structure, adviser, first, last, limit, reading.caller)
    return await reading.shown(found)


@router.get("/duplicates/pathways")
async def double_pathways(
    caller: OfStructure, store: Store, reading: Reading, limit: Limit = 100
) -> list[lists.DoublePathways]:
    """People with several pathways open at once in one's own structure; shown, never refused."""
    return await reading.shown(await lists.double_pathways(store, caller.own_structure, limit, caller))
