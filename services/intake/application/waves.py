"""Opens the waves of structures, and tells of them."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path

from services.intake import views
from services.intake.application.pathways import departments
from services.intake.domain import Selection, Wave, WavePlan, wave_file
from shared.kernel.clock import day_in
from shared.kernel.commands import Act, Target
from shared.kernel.database import across_structures
from shared.kernel.event_store import About, EventStore
from shared.language.texts import CodeOfStructure

StructureAsked = Annotated[CodeOfStructure, Path(description="Code of a structure")]


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


@dataclass(frozen=True)
class OnWave:
    """Tells a decision on a wave the local date of the structure concerned, and the département in which that is
    registered now. The programme's date is that in Paris."""

    today: date
    department: str


def wave_alone(wave: UUID) -> Target[Wave, OnWave]:
    """Opens a wave to tell of it what concerns no structure."""
    return _wave(wave, None)


def wave_of(wave: UUID, structure: StructureAsked) -> Target[Wave, OnWave]:
    """Opens a wave to tell of it under the subjects of one structure."""
    return _wave(wave, structure)


def _wave(wave: UUID, structure: str | None) -> Target[Wave, OnWave]:
    async def open_file(act: Act) -> tuple[Wave, OnWave]:
        found = await departments(act.store, [structure] if structure else [])
        department = found.get(structure or "", "")
        file = await act.main(Wave, wave_file(wave), lambda _: About(structure))
        return file, OnWave(day_in(department, act.store.clock()), department)

    return open_file


async def waves(store: EventStore, limit: int) -> list[ShownWave]:
    """Lists waves, the one opened last first."""
    found = await views.waves(store.pool, limit)
    with across_structures():  # a wave is the programme's, whichever structures are in it
        files = await store.load_many(Wave, [wave_file(key) for key in found])
    return [_shown(key, plan, file) for key in found if (plan := (file := files[wave_file(key)]).plan.current)]


def _shown(key: UUID, plan: WavePlan, file: Wave) -> ShownWave:
    structures = sorted(file.selections.values(), key=lambda one: (one.selected_on, one.structure))
    standing = sum(one.withdrawn_on is None for one in structures)
    free = 0 if plan.closed_on is not None else plan.capacity - standing
    return ShownWave(key, file.version, plan.title, plan.opened_on, plan.closed_on, plan.capacity, free, structures)
