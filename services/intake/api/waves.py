"""Waves of structures. They tell of no person."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.intake import domain
from services.intake.application import waves as application
from services.intake.application.pathways import where_registered
from services.intake.application.waves import OnWave, StructureAsked
from shared.http.access import Commanded
from shared.http.bodies import New, Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.routes import Limit, OnDay, Store, programme_reads
from shared.language.days import Day
from shared.language.texts import CodeOfStructure, Name

router = Router(tags=["essaimage"])
files = CommandRoutes(router, "/waves", application.wave_alone, by=Commanded)
selections = CommandRoutes(router, "/waves/{wave}/selections/{structure}", application.wave_of, by=Commanded)


@dataclass(kw_only=True)
class WaveBody:
    """A wave. The title names no person. `capacity`: structures, each of another département."""

    title: Name
    opened_on: Day
    capacity: Annotated[int, Field(ge=1, le=200)] = domain.CAPACITY


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


@files.post("", target=lambda body: application.wave_alone(body.id))
def open_wave(file: domain.Wave, here: OnWave, body: New[WaveBody]) -> None:
    """Opens a wave into which structures are selected: 9 unless it says otherwise, one of a département."""
    file.open(body.id, fact_in(domain.WavePlan, body), here.today)


@files.post("/{wave}/correction")
def correct_wave(file: domain.Wave, here: OnWave, body: Whole[WaveCorrection]) -> None:
    """The whole wave as it is to stand, without its structures."""
    file.correct(fact_in(domain.WavePlan, body), here.today)


@files.post("/{wave}/closing")
def close_wave(file: domain.Wave, here: OnWave, body: OnDay) -> None:
    """Nobody is selected any more; those selected stay, and may still be launched or withdraw."""
    file.close(body.on, here.today)


@files.post(
    "/{wave}/selections",
    target=lambda wave, body: where_registered(body.structure, application.wave_of(wave, body.structure)),
)
def select_structure(file: domain.Wave, here: OnWave, wave: UUID, body: SelectionBody) -> None:
    """Selects a registered structure; it holds the département in which it is registered now."""
    file.select(body.structure, here.department, body.selected_on, here.today)


@selections.post("/launch")
def launch_structure(file: domain.Wave, here: OnWave, structure: StructureAsked, body: OnDay) -> None:
    """A selected structure takes up the action."""
    file.launch(structure, body.on, here.today)


@selections.post("/withdrawal")
def withdraw_structure(file: domain.Wave, here: OnWave, structure: StructureAsked, body: OnDay) -> None:
    """A selected structure gives back its place, and with it its département's; not once it was launched."""
    file.withdraw(structure, body.on, here.today)


@selections.post("/correction")
def correct_selection(file: domain.Wave, here: OnWave, structure: StructureAsked, body: SelectionCorrection) -> None:
    """The whole selection as it is to stand; the département stays the one at selection."""
    file.correct_selection(structure, body.selected_on, body.launched_on, body.withdrawn_on, here.today)


@router.get("/waves", dependencies=programme_reads)
async def waves(store: Store, limit: Limit = 100) -> list[application.ShownWave]:
    """Every wave with its structures, the one opened last first."""
    return await application.waves(store, limit)
