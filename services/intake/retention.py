"""Takes the steps of retention that are due, a person at a time: announced, archived, erased, or met again.

Retention says how far a file is, and the pathways say so with it, in one append; the row in contacts.persons follows.
A step that was interrupted in between leaves its person among those due, and is taken up from what Retention says. Who
was identified and never asked for support has no contact to count from, and is forgotten too.
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
from services.intake.domain import ArchiveReason, Due, LastContact, Pathway, Person, Retention, Step, retention_id
from shared.kernel.callers import Caller, Command, Role
from shared.kernel.clock import day_in_paris
from shared.kernel.commands import Act, alone, execute, on
from shared.kernel.database import Pool, across_structures
from shared.kernel.event_store import About, Forgotten
from shared.kernel.refusals import Problem
from shared.language.rules import RuleBroken
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
    """A person of whom a step is due. `announced_only`: all contacts were imported, so that it ends with that.

    `last_contact` null: somebody who never asked for support, and is forgotten for that.
    """

    person: UUID
    structures: list[str]
    last_contact: date | None
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
    """Plans the next steps of a run, and tells from where to go on; null: that is all."""
    found = await contacts.those_due(pool, today, after, AT_ONCE)
    planned = [_planned(kept, kept.due) for _, kept in found if kept.due is not None]
    return planned, _next(found)


def _planned(kept: contacts.Kept, due: Due) -> Planned:
    last, imported_only = (kept.contact.on, kept.contact.imported_only) if kept.contact else (None, False)
    return Planned(kept.person, kept.structures, last, due.step, due.on, imported_only)


def _next(found: list[tuple[date, contacts.Kept]]) -> Place | None:
    return (found[-1][0], found[-1][1].person) if len(found) == AT_ONCE else None


async def run(
    runtime: Runtime, today: date, command: Command, after: Place = FIRST
) -> tuple[list[Taken], Place | None]:
    """Takes the steps of the next people due, and says from where to go on; null: that was all.

    Raises Problem where a contact may be on its way here.
    """
    await _must_have_heard_all(runtime)
    if after == FIRST:
        await _bring_home(runtime, command)
    found = await contacts.those_due(runtime.pool, today, after, AT_ONCE)
    taken = []
    for _, kept in found:
        if held := await _hold(runtime, kept.person):
            taken.append(Taken(kept.person, kept.structures, [], held))
        elif steps := await _steps(runtime, kept, today, command):
            taken.append(Taken(kept.person, kept.structures, steps))
    return taken, _next(found)


async def _hold(runtime: Runtime, person: UUID) -> Hold | None:
    if await contacts.is_held(runtime.pool, person):
        return Hold.PARKED
    restricted = (await runtime.store.load(Person, person)).restriction
    return Hold.RESTRICTED if restricted else None


async def _steps(runtime: Runtime, kept: contacts.Kept, today: date, command: Command) -> list[Step]:
    if not kept.without_pathway:
        return await _follow(runtime, kept.person, today, command)
    assert runtime.forgetting is not None
    erased = await application.erase_without_pathway(runtime.forgetting, kept.person)
    return [Step.ERASE] if erased else []


async def _bring_home(runtime: Runtime, command: Command) -> None:
    """Moves pathways that an import once recorded under the id of somebody who had been merged into another."""
    for pathway in await contacts.under_a_merged_id(runtime.pool):

        async def move(act: Act, pathway: UUID = pathway) -> None:
            file = await act.main(Pathway, pathway, application.about)
            today = await application.today_of(runtime.store, file)
            file.move_to_person((await application.surviving(act, file.person)).id, today)

        try:
            await execute(runtime.store, replace(command, key=None, on_version=None), move)
        except RuleBroken as refused:
            log.info("pathway %s stays under a merged id for now (%s)", pathway, refused.code)


async def show_open(runtime: Runtime, person: UUID) -> None:
    """Updates the row of a person whose file a new request opened, at once; the next look would do it later."""
    with across_structures():  # wherever their other pathways are
        if await contacts.is_announced(runtime.pool, person):
            async with _alone(runtime, person):
                retention = await runtime.store.load(Retention, retention_id(person))
                await contacts.end_step(runtime.pool, person, retention)


async def read_archive(
    runtime: Runtime, structure: str, person: UUID, reason: ArchiveReason, command: Command
) -> Person:
    """Reads an archived file of the structure, and records that first. Raises Problem, NotArchived."""
    found = await application.identified_in(runtime.store, structure, person)
    today = day_in_paris(runtime.store.clock())
    file = alone(Retention, retention_id(found.id), lambda _: About(structure, None, found.id))
    await execute(runtime.store, replace(command, key=None), on(file, lambda r, _: r.read(structure, reason, today)))
    return found


# One person


async def _follow(
    runtime: Runtime, person: UUID, today: date, command: Command, may_take: Container[Step] = ALL
) -> list[Step]:
    """Takes every step that is due and may be taken, one after the other; ends what was interrupted in any case."""
    steps: list[Step] = []
    async with _alone(runtime, person):
        while True:
            contact = await contacts.last_contact(runtime.pool, person)
            retention = await runtime.store.load(Retention, retention_id(person))
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
    """Has Retention decide, and each of the person's pathways follow."""

    async def step(act: Act) -> None:
        retention = await act.main(Retention, retention_id(person), lambda _: About(None, None, person))
        decision(retention)
        for pathway in (await act.files(Pathway, await act.pathways_of(person), application.about)).values():
            if retention.archived_on:
                pathway.archive(person, today)
            else:
                pathway.reactivate(person, today)

    await contacts.begin_step(runtime.pool, person)
    await execute(runtime.store, replace(command, key=None, on_version=None), step)
    retention = await runtime.store.load(Retention, retention_id(person))
    await contacts.end_step(runtime.pool, person, retention)


@asynccontextmanager
async def _alone(runtime: Runtime, person: UUID) -> AsyncIterator[None]:
    """Lets one step of a person run at a time, over all instances. Outside the pool, which the steps need."""
    connection = await asyncpg.connect(runtime.settings.database_url)
    try:
        await connection.execute("select pg_advisory_lock(hashtext($1))", f"retention {person}")
        yield
    finally:
        await connection.close(timeout=2)


async def _must_have_heard_all(runtime: Runtime) -> None:
    """Waits until every published contact is counted here: nobody is archived for one that is on its way."""
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
    """Runs by itself; switched off, it only opens the files of people who were met again."""
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
    """Makes a whole run, unless it was made today already."""
    if await contacts.ran_on(runtime.pool, today):
        return
    after: Place | None = FIRST
    while after is not None:
        _, after = await run(runtime, today, BY_ITSELF, after)
    await contacts.has_run(runtime.pool, today)
