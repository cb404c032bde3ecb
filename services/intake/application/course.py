"""Opens the files beside a pathway, and decides what spans pathways or structures: caseloads, transfers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from uuid import UUID

from services.intake.application.pathways import Here, about, must_be_registered, today_in, today_of
from services.intake.domain import NOT_REQUESTED, ContactFile, Pathway, ProfileFile, contact_file_id, profile_file_id
from shared.kernel.callers import Command
from shared.kernel.commands import Act, Done, Target, alone, execute, on, once_for_all
from shared.kernel.database import across_structures
from shared.kernel.event_store import Aggregate, EventStore
from shared.kernel.known_pathways import exit_date
from shared.language.rules import UnknownFact

A = TypeVar("A", bound=Aggregate)


# What stands beside a pathway


def _beside(cls: type[A], id_of: Callable[[UUID], UUID]) -> Callable[[UUID], Target[A, Here]]:
    """Opens a file beside a pathway; opening it raises as a command on the pathway itself would."""

    def of(pathway: UUID) -> Target[A, Here]:
        async def open_file(act: Act) -> tuple[A, Here]:
            holding = await act.file(Pathway, pathway, about)
            if not holding.request or not act.command.caller.is_of(holding.structure):
                raise UnknownFact(NOT_REQUESTED)
            holding.must_be_free()
            holding.must_be_open()
            file = await act.main(cls, id_of(pathway), lambda _: about(holding))
            return file, Here(act, holding, await today_of(act.store, holding))

        return open_file

    return of


contact_file = _beside(ContactFile, contact_file_id)
profile_file = _beside(ProfileFile, profile_file_id)


# Who advises


@dataclass(frozen=True)
class Moved:
    """How many pathways have the new adviser now, and how many stay as nothing may be recorded of their persons."""

    moved: int
    restricted: int


async def move_caseload(
    store: EventStore, structure: str, from_adviser: str, to_adviser: str | None, day: date, command: Command
) -> Moved:
    """Moves every open pathway of an adviser in a structure, each as an act of its own: what others record meanwhile of
    one does not keep the rest. Interrupted and asked again it goes on with what is left."""

    async def move_all() -> dict[str, int]:
        return vars(await _move_all(store, structure, from_adviser, to_adviser, day, command))

    return Moved(**await once_for_all(store, command, move_all))


async def _move_all(
    store: EventStore, structure: str, from_adviser: str, to_adviser: str | None, day: date, command: Command
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

    def hand_over(file: Pathway, _: Act) -> None:
        if theirs(file):
            file.assign(to_adviser, day, today)

    files = await store.load_many(Pathway, sorted(row["aggregate"] for row in rows))
    ours = [file for file in files.values() if theirs(file)]
    free = [file.id for file in ours if not file.restricted]
    one_by_one = replace(command, key=None, on_version=None)
    done = [await execute(store, one_by_one, on(alone(Pathway, id, about), hand_over)) for id in free]
    return Moved(sum(one.recorded for one in done), len(ours) - len(free))


# Transfer


async def transfer(store: EventStore, pathway: UUID, to_structure: str, day: date, command: Command) -> Done:
    """Raises Problem where the structure is not registered."""
    await must_be_registered(store, to_structure)
    caller = command.caller

    def must_be_theirs(file: Pathway) -> None:
        # Who handed it over and asks again is told that it is done, though it is no longer theirs.
        if not file.request or not (
            caller.is_of(file.structure)
            or (caller.structure is not None and file.was_received_from(caller.structure, to_structure, day))
        ):
            raise UnknownFact(NOT_REQUESTED)

    async def hand_over(file: Pathway, _: Act) -> None:
        must_be_theirs(file)
        exited_on, today = await exit_date(store.pool, pathway), await today_of(store, file)
        file.transfer(to_structure, day, exited_on, today)

    with across_structures():  # those who handed it over see it no more
        must_be_theirs(await store.load(Pathway, pathway))
        return await execute(store, command, on(alone(Pathway, pathway, about), hand_over))
