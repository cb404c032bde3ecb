"""Commands on waves of structures: load, decide, save; and what is told of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.intake import views
from services.intake.application.pathways import structure_id, today_in
from services.intake.domain import Selection, Structure, Wave, WavePlan, wave_file
from shared.access import Command
from shared.commands import Done, decide
from shared.database import across_structures
from shared.event_store import About, EventStore
from shared.problems import Problem


@dataclass(frozen=True)
class ShownWave:
    """`capacity`: structures, of which `free` may still be selected; none where the wave is closed.

    `structures`: in the order of their selection, those that withdrew among them. `version`: as `If-Match` names it.
    """

    wave: UUID
    version: int
    title: str
    opened_on: date
    closed_on: date | None
    capacity: int
    free: int
    structures: list[Selection]


async def open_wave(store: EventStore, key: UUID, plan: WavePlan, command: Command) -> Done:
    return await _on_wave(store, key, None, lambda wave, today: wave.open(key, plan, today), command)


async def correct(store: EventStore, key: UUID, plan: WavePlan, command: Command) -> Done:
    return await _on_wave(store, key, None, lambda wave, today: wave.correct(plan, today), command)


async def close(store: EventStore, key: UUID, on: date, command: Command) -> Done:
    return await _on_wave(store, key, None, lambda wave, today: wave.close(on, today), command)


async def select(store: EventStore, key: UUID, structure: str, on: date, command: Command) -> Done:
    """A selection keeps the département in which the structure is registered now."""
    file = (await store.load(Structure, structure_id(structure))).file.current
    if file is None:
        raise Problem(409, "unknown-structure", f"structure {structure} is not registered")
    department = file.department
    return await _on_wave(
        store, key, structure, lambda wave, today: wave.select(structure, department, on, today), command
    )


async def launch(store: EventStore, key: UUID, structure: str, on: date, command: Command) -> Done:
    return await _on_wave(store, key, structure, lambda wave, today: wave.launch(structure, on, today), command)


async def withdraw(store: EventStore, key: UUID, structure: str, on: date, command: Command) -> Done:
    return await _on_wave(store, key, structure, lambda wave, today: wave.withdraw(structure, on, today), command)


async def correct_selection(
    store: EventStore,
    key: UUID,
    structure: str,
    selected_on: date,
    launched_on: date | None,
    withdrawn_on: date | None,
    command: Command,
) -> Done:
    def decision(wave: Wave, today: date) -> None:
        wave.correct_selection(structure, selected_on, launched_on, withdrawn_on, today)

    return await _on_wave(store, key, structure, decision, command)


async def _on_wave(
    store: EventStore, key: UUID, structure: str | None, decision: Callable[[Wave, date], object], command: Command
) -> Done:
    """`structure`: the one concerned, under whose subjects it is told and by whose date; null: the programme."""
    today = await today_in(store, structure)
    done = await decide(store, Wave, wave_file(key), lambda w: decision(w, today), lambda _: About(structure), command)
    return replace(done, id=key)


async def waves(store: EventStore, limit: int) -> list[ShownWave]:
    """Which was opened last first."""
    found = await views.waves(store.pool, limit)
    with across_structures():  # a wave is the programme's, whichever structures are in it
        files = await store.load_many(Wave, [wave_file(key) for key in found])
    return [_shown(key, plan, file) for key in found if (plan := (file := files[wave_file(key)]).plan.current)]


def _shown(key: UUID, plan: WavePlan, file: Wave) -> ShownWave:
    structures = sorted(file.selections.values(), key=lambda one: (one.selected_on, one.structure))
    standing = sum(one.withdrawn_on is None for one in structures)
    free = 0 if plan.closed_on is not None else plan.capacity - standing
    return ShownWave(key, file.version, plan.title, plan.opened_on, plan.closed_on, plan.capacity, free, structures)
