"""Takes the steps of retention that are due, a person at a time: announced, archived, erased, or met again.

Retention says how far a file is; the pathways follow it, and the row in contacts.persons last. A step that was
interrupted leaves its person among those due, and is taken up from what Retention says.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Container
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import partial
from uuid import UUID

import asyncpg
import nats.errors
import nats.js.errors

from services.intake import application, contacts
from services.intake.domain import ArchiveReason, Due, LastContact, Pathway, Person, Retention, Step
from shared.access import Caller, Command, Role
from shared.clock import day_in_paris
from shared.commands import decide
from shared.database import Pool, across_structures
from shared.event_store import About, Forgotten
from shared.problems import Problem
from shared.service import Runtime, Task

log = logging.getLogger(__name__)

AT_ONCE = 100
"""People in one request at most."""
PAUSE = 60.0
"""Seconds between two looks for people who were met again, and for a new day."""
PATIENCE = 10.0
"""Seconds to wait for contacts that are on their way here."""
FIRST = (date.min, UUID(int=0))
"""Before everyone due."""
ALL = frozenset(Step)
BY_ITSELF = Command(Caller("retention", Role.OPERATOR), None)

Place = tuple[date, UUID]


class Hold(StrEnum):
    """Why no step is taken of a person who is due."""

    PARKED = "parked"
    """An event of theirs is parked, and may tell of a contact."""
    RESTRICTED = "restricted"
    """Their data may only be stored (RGPD, article 18)."""


@dataclass(frozen=True)
class Planned:
    """A person of whom a step is due. `announced_only`: all contacts were imported, so that it ends with that."""

    person: UUID
    structures: list[str]
    last_contact: date
    step: Step
    due_on: date
    announced_only: bool


@dataclass(frozen=True)
class Taken:
    """Which steps were taken of a person. `held` tells why none were."""

    person: UUID
    structures: list[str]
    steps: list[Step]
    held: Hold | None = None


async def plan(pool: Pool, today: date, after: Place = FIRST) -> tuple[list[Planned], Place | None]:
    """What a run would do next, and from where to go on; null: that is all."""
    found = await contacts.those_due(pool, today, after, AT_ONCE)
    planned = [_planned(kept, kept.due) for _, kept in found if kept.due is not None]
    return planned, _next(found)


def _planned(kept: contacts.Kept, due: Due) -> Planned:
    assert kept.contact is not None
    return Planned(kept.person, kept.structures, kept.contact.on, due.step, due.on, kept.contact.imported_only)


def _next(found: list[tuple[date, contacts.Kept]]) -> Place | None:
    return (found[-1][0], found[-1][1].person) if len(found) == AT_ONCE else None


async def run(
    runtime: Runtime, today: date, command: Command, after: Place = FIRST
) -> tuple[list[Taken], Place | None]:
    """Takes the steps of the next people due, and says from where to go on; null: that was all.

    Raises Problem where a contact may be on its way here.
    """
    await _must_have_heard_all(runtime)
    found = await contacts.those_due(runtime.pool, today, after, AT_ONCE)
    taken = []
    for _, kept in found:
        if held := await _hold(runtime, kept.person):
            taken.append(Taken(kept.person, kept.structures, [], held))
        elif steps := await _follow(runtime, kept.person, today, command):
            taken.append(Taken(kept.person, kept.structures, steps))
    return taken, _next(found)


async def _hold(runtime: Runtime, person: UUID) -> Hold | None:
    if await contacts.is_held(runtime.pool, person):
        return Hold.PARKED
    restricted = (await runtime.store.load(Person, person)).restriction is not None
    return Hold.RESTRICTED if restricted else None


async def take_back(runtime: Runtime, person: UUID, command: Command) -> None:
    """The person asked for support again: their file is open."""
    with across_structures():  # wherever their other pathways are
        retention = await runtime.store.load(Retention, application.retention_id(person))
        if retention.announced is not None:
            today = day_in_paris(runtime.store.clock())
            async with _alone(runtime, person):
                await _step(runtime, person, lambda r: r.take_back(today), today, command)


async def read_archive(
    runtime: Runtime, structure: str, person: UUID, reason: ArchiveReason, command: Command
) -> Person:
    """An archived file of the structure; that it was read is recorded first. Raises Problem, NotArchived."""
    found = await application.identified_in(runtime.store, structure, person)
    today = day_in_paris(runtime.store.clock())
    await decide(
        runtime.store,
        Retention,
        application.retention_id(person),
        lambda r: r.read(structure, reason, today),
        lambda _: About(structure, None, person),
        replace(command, key=None),
    )
    return found


# One person


async def _follow(
    runtime: Runtime, person: UUID, today: date, command: Command, may_take: Container[Step] = ALL
) -> list[Step]:
    """Every step that is due and may be taken, one after the other; what was interrupted is ended in any case."""
    steps: list[Step] = []
    async with _alone(runtime, person):
        while True:
            contact = await contacts.last_contact(runtime.pool, person)
            retention = await runtime.store.load(Retention, application.retention_id(person))
            due = retention.due(contact, today)
            step = due if due is not None and due in may_take else None
            if step is Step.ERASE:
                assert runtime.forgetting is not None
                await application.erase(runtime.forgetting, person)
                await contacts.drop(runtime.pool, person)
                return [*steps, step]
            try:
                await _step(runtime, person, partial(_take, step, contact, today), today, command)
            except Forgotten:
                return steps  # an erasure that was asked for meanwhile takes everything away, this row too
            if step is None:
                return steps
            steps.append(step)


def _take(step: Step | None, contact: LastContact | None, today: date, retention: Retention) -> None:
    if step is not None and retention.due(contact, today) is step:
        retention.follow(contact, today)


async def _step(
    runtime: Runtime, person: UUID, decision: Callable[[Retention], None], today: date, command: Command
) -> None:
    store, alone = runtime.store, replace(command, key=None)
    await contacts.begin_step(runtime.pool, person)
    id = application.retention_id(person)
    await decide(store, Retention, id, decision, lambda _: About(None, None, person), alone)
    retention = await store.load(Retention, id)

    def in_line(pathway: Pathway) -> None:
        if retention.archived_on is None:
            pathway.reactivate(person, today)
        else:
            pathway.archive(person, today)

    for pathway in await store.pathways_of(person):
        await decide(store, Pathway, pathway, in_line, application.about, alone)
    await contacts.end_step(runtime.pool, person, retention)


@asynccontextmanager
async def _alone(runtime: Runtime, person: UUID) -> AsyncIterator[None]:
    """One step of a person at a time, over all instances. On a connection outside the pool, which the steps need."""
    connection = await asyncpg.connect(runtime.settings.database_url)
    try:
        await connection.execute("select pg_advisory_lock(hashtext($1))", f"retention {person}")
        yield
    finally:
        await connection.close(timeout=2)


async def _must_have_heard_all(runtime: Runtime) -> None:
    """Nobody is archived for a contact that is published and not yet counted here."""
    js = runtime.client.jetstream()
    streams = [subscriber.stream for subscriber in runtime.subscribers if subscriber.name == contacts.CONSUMER]
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            states = [await js.consumer_info(stream, contacts.CONSUMER) for stream in streams]
            if all(state.num_pending == 0 and state.num_ack_pending == 0 for state in states):
                return
        except (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError) as error:
            # Until the deadline: the consumer may be about to be made, the broker about to come back.
            log.info("retention cannot ask for its consumers (%s)", type(error).__name__)
        if asyncio.get_running_loop().time() > deadline:
            raise Problem(503, "behind", "contacts are still on their way to intake", retry_after=5)
        await asyncio.sleep(0.1)


# By itself


def elected(runtime: Runtime) -> dict[str, Task]:
    """Nothing where it is switched off, but for who was met again: their file is opened in any case."""
    return {"retention": lambda: _every_day(runtime)}


async def _every_day(runtime: Runtime) -> None:
    while True:
        await asyncio.sleep(PAUSE)
        try:
            today = day_in_paris(runtime.store.clock())
            await reactivate(runtime, today)
            if runtime.settings.retention:
                await run_of_the_day(runtime, today)
        except (
            Problem,
            nats.errors.Error,
            nats.js.errors.Error,
            asyncpg.PostgresError,
            OSError,
            TimeoutError,
        ) as error:
            log.warning("retention waits (%s)", type(error).__name__)


async def reactivate(runtime: Runtime, today: date) -> None:
    """Opens the files of those who were met again, and ends what was interrupted."""
    for person in await contacts.to_reactivate(runtime.pool, AT_ONCE):
        # Not more than that: it may be switched off, and contacts may be on their way.
        await _follow(runtime, person, today, BY_ITSELF, {Step.REACTIVATE})


async def run_of_the_day(runtime: Runtime, today: date) -> None:
    """A whole run, unless it was made today already."""
    if await contacts.ran_on(runtime.pool, today):
        return
    after: Place | None = FIRST
    while after is not None:
        _, after = await run(runtime, today, BY_ITSELF, after)
    await contacts.has_run(runtime.pool, today)
