"""Commands on the course of a pathway: appointments, attempts, adviser, pauses, transfer, profile."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from uuid import UUID

from services.intake.application.pathways import about, must_be_registered, on_pathway, today_in
from services.intake.domain import (
    NOT_REQUESTED,
    Appointment,
    Attempt,
    ContactFile,
    Pathway,
    Pause,
    Profile,
    ProfileFile,
    contact_file_id,
    profile_file_id,
)
from shared.access import Command
from shared.commands import Done, decide
from shared.database import across_structures
from shared.event_store import Aggregate, EventStore
from shared.known_pathways import exit_date
from shared.rules import UnknownFact
from shared.sealing import Sealed

A = TypeVar("A", bound=Aggregate)


async def _beside(
    store: EventStore, cls: type[A], id: UUID, pathway: UUID, decision: Callable[[A, date], object], command: Command
) -> Done:
    """A command on what stands beside a pathway, refused where one on the pathway itself would be.

    `decision` gets the local date of the structure that holds it.
    """
    file = await store.load(Pathway, pathway)
    if file.request is None or not command.caller.is_of(file.structure):
        raise UnknownFact(NOT_REQUESTED)
    file.must_be_free()
    file.must_be_open()
    today = await today_in(store, file.structure)
    return await decide(store, cls, id, lambda beside: decision(beside, today), lambda _: about(file), command)


# Appointments and attempts


async def _on_contact(
    store: EventStore, pathway: UUID, decision: Callable[[ContactFile, date], object], command: Command
) -> Done:
    return await _beside(store, ContactFile, contact_file_id(pathway), pathway, decision, command)


async def offer(store: EventStore, pathway: UUID, key: UUID, appointment: Appointment, command: Command) -> Done:
    return await _on_contact(store, pathway, lambda c, today: c.offer(key, appointment, today), command)


async def move(
    store: EventStore, pathway: UUID, key: UUID, on: date, at: str | None, place: Sealed | None, command: Command
) -> Done:
    return await _on_contact(store, pathway, lambda c, _: c.move(key, on, at, place), command)


async def keep(store: EventStore, pathway: UUID, key: UUID, on: date | None, command: Command) -> Done:
    """Who comes has their request taken up again, where it was set aside. Asked again it goes on with that."""
    done = await _on_contact(store, pathway, lambda c, today: c.keep(key, on, today), command)
    file = await store.load(ContactFile, contact_file_id(pathway))
    came_on = file.appointments[key].current.settled_on
    if came_on is not None:
        await decide(store, Pathway, pathway, lambda p: p.come(came_on), about, _alone(command))
    return done


async def miss(store: EventStore, pathway: UUID, key: UUID, command: Command) -> Done:
    return await _on_contact(store, pathway, lambda c, today: c.miss(key, today), command)


async def cancel(store: EventStore, pathway: UUID, key: UUID, on: date, command: Command) -> Done:
    return await _on_contact(store, pathway, lambda c, today: c.cancel(key, on, today), command)


async def correct_appointment(
    store: EventStore, pathway: UUID, key: UUID, appointment: Appointment, command: Command
) -> Done:
    return await _on_contact(store, pathway, lambda c, today: c.correct_appointment(key, appointment, today), command)


async def attempt(store: EventStore, pathway: UUID, key: UUID, attempt: Attempt, command: Command) -> Done:
    return await _on_contact(store, pathway, lambda c, today: c.attempt(key, attempt, today), command)


async def correct_attempt(store: EventStore, pathway: UUID, key: UUID, attempt: Attempt, command: Command) -> Done:
    return await _on_contact(store, pathway, lambda c, today: c.correct_attempt(key, attempt, today), command)


async def put_aside(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    contact = await store.load(ContactFile, contact_file_id(pathway))

    def decision(file: Pathway, today: date) -> None:
        file.put_aside(on, contact.failed(file.taken_up_on, on), today)

    return await on_pathway(store, pathway, decision, command)


async def take_up(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.take_up(on, today), command)


# Who advises


@dataclass(frozen=True)
class Moved:
    """How many pathways have the new adviser now, and how many stay as nothing may be recorded of their persons."""

    moved: int
    restricted: int


async def assign(store: EventStore, pathway: UUID, adviser: str | None, on: date, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.assign(adviser, on, today), command)


async def move_caseload(
    store: EventStore, structure: str, from_adviser: str, to_adviser: str | None, on: date, command: Command
) -> Moved:
    """Every open pathway of an adviser in a structure. Interrupted and asked again it goes on with what is left."""
    # From the events and not from a view, which may not have heard of the latest assignment yet.
    rows = await store.pool.fetch(
        """select distinct e.aggregate from events e
            where e.name = 'intake.adviser-assigned' and e.found_by = $1
              and not exists (select from known_pathways k
                               where k.pathway = e.aggregate and k.exited_on is not null)""",
        from_adviser,
    )

    def theirs(file: Pathway) -> bool:
        is_open = file.request is not None and file.withdrawn_on is None and file.archived_on is None
        return is_open and file.adviser == from_adviser and file.structure == structure

    today = await today_in(store, structure)

    def hand_over(file: Pathway) -> None:
        if theirs(file):
            file.assign(to_adviser, on, today)

    files = await store.load_many(Pathway, sorted(row["aggregate"] for row in rows))
    ours = [file for file in files.values() if theirs(file)]
    free = [file.id for file in ours if not file.restricted]
    done = [await decide(store, Pathway, id, hand_over, about, _alone(command)) for id in free]
    return Moved(sum(one.recorded for one in done), len(ours) - len(free))


def _alone(command: Command) -> Command:
    """For a second file of the same request: its key and its version are the first one's."""
    return replace(command, key=None, on_version=None)


# Commitment, pause, transfer


async def sign_commitment(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.sign_commitment(on, today), command)


async def correct_commitment(store: EventStore, pathway: UUID, on: date | None, command: Command) -> Done:
    return await on_pathway(store, pathway, lambda p, today: p.correct_commitment(on, today), command)


async def pause(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    exited_on = await exit_date(store.pool, pathway)
    return await on_pathway(store, pathway, lambda p, today: p.pause(on, exited_on, today), command)


async def resume(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    exited_on = await exit_date(store.pool, pathway)
    return await on_pathway(store, pathway, lambda p, today: p.resume(on, exited_on, today), command)


async def correct_pause(store: EventStore, pathway: UUID, pause: Pause, command: Command) -> Done:
    exited_on = await exit_date(store.pool, pathway)
    return await on_pathway(store, pathway, lambda p, today: p.correct_pause(pause, exited_on, today), command)


async def transfer(store: EventStore, pathway: UUID, to_structure: str, on: date, command: Command) -> Done:
    """Raises Problem where the structure is not registered."""
    await must_be_registered(store, to_structure)
    caller = command.caller

    def must_be_theirs(file: Pathway) -> None:
        # Who handed it over and asks again is told that it is done, though it is no longer theirs.
        if file.request is None or not (
            caller.is_of(file.structure)
            or (caller.structure is not None and file.was_received_from(caller.structure, to_structure, on))
        ):
            raise UnknownFact(NOT_REQUESTED)

    with across_structures():  # those who handed it over see it no more
        before = await store.load(Pathway, pathway)
        must_be_theirs(before)
        today = await today_in(store, before.structure)
        exited_on = await exit_date(store.pool, pathway)

        def decision(file: Pathway) -> None:
            must_be_theirs(file)
            file.transfer(to_structure, on, exited_on, today)

        return await decide(store, Pathway, pathway, decision, about, command)


# The profile


async def record_profile(store: EventStore, pathway: UUID, profile: Profile, command: Command) -> Done:
    return await _on_profile(store, pathway, lambda p, today: p.record(profile, today), command)


async def correct_profile(store: EventStore, pathway: UUID, profile: Profile, command: Command) -> Done:
    return await _on_profile(store, pathway, lambda p, today: p.correct(profile, today), command)


async def _on_profile(
    store: EventStore, pathway: UUID, decision: Callable[[ProfileFile, date], object], command: Command
) -> Done:
    return await _beside(store, ProfileFile, profile_file_id(pathway), pathway, decision, command)
