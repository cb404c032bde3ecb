"""Commands on the course of a pathway: appointments, attempts, adviser, pauses, transfer, profile."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from uuid import UUID

from services.intake.application.pathways import about, must_be_registered, on_pathway, theirs, today_in, today_of
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
from shared.commands import Act, Done, decide, decide_together, once_for_all
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

    async def beside(act: Act) -> None:
        file = await _open_pathway(act, pathway)
        decision(await act.main(cls, id, lambda _: about(file)), await today_in(store, file.structure))

    return await decide_together(store, beside, command)


async def _open_pathway(act: Act, pathway: UUID) -> Pathway:
    file = await act.file(Pathway, pathway, about)
    if not file.request or not act.command.caller.is_of(file.structure):
        raise UnknownFact(NOT_REQUESTED)
    file.must_be_free()
    file.must_be_open()
    return file


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
    """Who comes has their request taken up again, where it was set aside."""

    async def decision(act: Act) -> None:
        file = await _open_pathway(act, pathway)
        contact = await act.main(ContactFile, contact_file_id(pathway), lambda _: about(file))
        contact.keep(key, on, await today_in(store, file.structure))
        came_on = contact.appointments[key].settled_on
        if came_on is not None:
            file.come(came_on)

    return await decide_together(store, decision, command)


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
    async def decision(act: Act) -> None:
        file = await theirs(act, pathway)
        contact = await act.file(ContactFile, contact_file_id(pathway))
        file.put_aside(on, contact.failed(file.taken_up_on, on), await today_of(store, file))

    return await decide_together(store, decision, command)


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
    """Every open pathway of an adviser in a structure, each an act of its own: what others record meanwhile of one does
    not keep the rest. Interrupted and asked again it goes on with what is left."""

    async def move_all() -> dict[str, int]:
        return vars(await _move_all(store, structure, from_adviser, to_adviser, on, command))

    return Moved(**await once_for_all(store, command, move_all))


async def _move_all(
    store: EventStore, structure: str, from_adviser: str, to_adviser: str | None, on: date, command: Command
) -> Moved:
    # From the events and not from a view, which may not have heard of the latest assignment yet.
    rows = await store.pool.fetch(
        """select distinct e.aggregate from events e
            where e.name = 'intake.adviser-assigned' and e.found_by = $1
              and not exists (select from known_pathways k
                               where k.pathway = e.aggregate and k.exited_on is not null)""",
        from_adviser,
    )

    def theirs(file: Pathway) -> bool:
        is_open = file.request and file.withdrawn_on is None and not file.archived_on
        return bool(is_open) and file.adviser == from_adviser and file.structure == structure

    today = await today_in(store, structure)

    def hand_over(file: Pathway) -> None:
        if theirs(file):
            file.assign(to_adviser, on, today)

    files = await store.load_many(Pathway, sorted(row["aggregate"] for row in rows))
    ours = [file for file in files.values() if theirs(file)]
    free = [file.id for file in ours if not file.restricted]
    one_by_one = replace(command, key=None, on_version=None)
    done = [await decide(store, Pathway, id, hand_over, about, one_by_one) for id in free]
    return Moved(sum(one.recorded for one in done), len(ours) - len(free))


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
        if not file.request or not (
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
