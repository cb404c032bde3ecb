"""Waves of structures. They tell of no person."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Path, Response
from pydantic import Field

from services.intake import domain
from services.intake.application import waves as application
from shared.access import Commanded, chosen_id
from shared.command_routes import answered
from shared.commands import Done
from shared.days import Day
from shared.door import Router
from shared.routes import Limit, OnDay, Store, programme_reads
from shared.texts import CodeOfStructure, Name
from shared.whole import Whole

router = Router(prefix="/v1", tags=["essaimage"])

StructureAsked = Annotated[CodeOfStructure, Path(description="Code of a structure")]


@dataclass(kw_only=True)
class WaveBody:
    """A wave. The title names no person. `capacity`: structures, each of another département."""

    title: Name
    opened_on: Day
    capacity: Annotated[int, Field(ge=1, le=200)] = domain.CAPACITY


@dataclass(kw_only=True)
class NewWave(WaveBody):
    """`id`: chosen by the caller, so that a repeat asks for the same."""

    id: UUID = Field(default_factory=chosen_id)


@dataclass(kw_only=True)
class WaveCorrection(WaveBody):
    """`closed_on` null: the wave is open, and it is open again where it was closed."""

    closed_on: Day | None


@dataclass
class SelectionBody:
    """`structure`: code of a registered structure."""

    structure: CodeOfStructure
    selected_on: Day


@dataclass
class SelectionCorrection:
    """A structure in a wave as it is to stand. Null: it was not launched, it did not withdraw."""

    selected_on: Day
    launched_on: Day | None
    withdrawn_on: Day | None


@router.post("/waves")
async def open_wave(body: NewWave, command: Commanded, store: Store, response: Response) -> Done:
    """Opens a wave into which structures are selected: 9 unless it says otherwise, one of a département."""
    plan = domain.WavePlan(body.title, body.opened_on, body.capacity)
    return answered(response, await application.open_wave(store, body.id, plan, command), body.id)


@router.post("/waves/{wave}/correction")
async def correct_wave(
    wave: UUID, body: Whole[WaveCorrection], command: Commanded, store: Store, response: Response
) -> Done:
    """The whole wave as it is to stand, without its structures."""
    plan = domain.WavePlan(body.title, body.opened_on, body.capacity, body.closed_on)
    return answered(response, await application.correct(store, wave, plan, command), wave)


@router.post("/waves/{wave}/closing")
async def close_wave(wave: UUID, body: OnDay, command: Commanded, store: Store, response: Response) -> Done:
    """Nobody is selected any more; those selected stay, and may still be launched or withdraw."""
    return answered(response, await application.close(store, wave, body.on, command), wave)


@router.post("/waves/{wave}/selections")
async def select_structure(
    wave: UUID, body: SelectionBody, command: Commanded, store: Store, response: Response
) -> Done:
    """Selects a registered structure; it holds the département in which it is registered now."""
    return answered(response, await application.select(store, wave, body.structure, body.selected_on, command), wave)


@router.post("/waves/{wave}/selections/{structure}/launch")
async def launch_structure(
    wave: UUID, structure: StructureAsked, body: OnDay, command: Commanded, store: Store, response: Response
) -> Done:
    """A selected structure takes up the action."""
    return answered(response, await application.launch(store, wave, structure, body.on, command), wave)


@router.post("/waves/{wave}/selections/{structure}/withdrawal")
async def withdraw_structure(
    wave: UUID, structure: StructureAsked, body: OnDay, command: Commanded, store: Store, response: Response
) -> Done:
    """A selected structure gives back its place, and with it its département's; not once it was launched."""
    return answered(response, await application.withdraw(store, wave, structure, body.on, command), wave)


@router.post("/waves/{wave}/selections/{structure}/correction")
async def correct_selection(
    wave: UUID,
    structure: StructureAsked,
    body: SelectionCorrection,
    command: Commanded,
    store: Store,
    response: Response,
) -> Done:
    """The whole selection as it is to stand; the département stays the one at selection."""
    done = await application.correct_selection(
        store, wave, structure, body.selected_on, body.launched_on, body.withdrawn_on, command
    )
    return answered(response, done, wave)


@router.get("/waves", dependencies=programme_reads)
async def waves(store: Store, limit: Limit = 100) -> list[application.ShownWave]:
    """Every wave with its structures, the one opened last first."""
    return await application.waves(store, limit)
