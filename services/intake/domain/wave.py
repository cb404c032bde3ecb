"""Waves (*vagues*) of the essaimage: structures that are selected together, and take up the action one by one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from uuid import UUID, uuid5

from shared.kernel.event_store import Aggregate
from shared.kernel.facts import Fact, FactEvent, Facts
from shared.language.codes import DepartmentCode, InClear, StructureCode
from shared.language.rules import AlreadyRecorded, RuleBroken, not_after

CAPACITY = 9
"""Structures in a wave, where nothing else is said: nine, of nine départements (essaimage of the association Lahso)."""


class UnknownWave(RuleBroken):
    """Structures are selected into a wave that was opened."""


class WaveClosed(RuleBroken):
    """Nobody is selected into a wave that was closed."""


class WaveFull(RuleBroken):
    """A wave has a capacity, 9 structures unless it says otherwise."""


class DepartmentTaken(RuleBroken):
    """A wave has at most one structure of a département."""


class CapacityTooSmall(RuleBroken):
    """A wave has a place for one structure at least."""


class NotSelected(RuleBroken):
    """Only a structure that was selected, and has not withdrawn, takes part in the wave."""


class SelectedBeforeOpening(RuleBroken):
    """A structure is selected on or after the day on which the wave opens."""


class SelectedBeforeWithdrawal(RuleBroken):
    """A structure that withdrew is selected again on or after that day; a mistaken withdrawal is corrected."""


class ClosedTooEarly(RuleBroken):
    """A wave is closed on or after its opening and its last selection."""


class WithdrawnBeforeSelection(RuleBroken):
    """A structure withdraws on or after the day of its selection."""


class LaunchedBeforeSelection(RuleBroken):
    """A structure is launched on or after the day of its selection."""


class AlreadyLaunched(RuleBroken):
    """A structure that was launched has left the selection behind: it no longer withdraws from it."""


@dataclass(frozen=True)
class WavePlan:
    """A wave as it now stands. `capacity`: structures; `closed_on` null: structures may still be selected."""

    title: Annotated[str, InClear("title of a wave")]
    opened_on: date
    capacity: int = CAPACITY
    closed_on: date | None = None

    @property
    def happened_on(self) -> date:
        return self.opened_on


@dataclass(frozen=True)
class Selection:
    """A structure in a wave as it now stands. `department`: where it was registered when it was selected.

    `launched_on`: when it took up the action. `withdrawn_on`: when it gave back its place, and its département's.
    """

    structure: StructureCode
    department: DepartmentCode
    selected_on: date
    launched_on: date | None = None
    withdrawn_on: date | None = None

    @property
    def happened_on(self) -> date:
        return self.selected_on


class Wave(Aggregate):
    """One wave with its structures. Its rules bind no registration and no import."""

    TOPIC = "intake.wave"

    class WaveOpened(FactEvent):
        TOPIC = "intake.wave-opened"
        key: UUID
        fact: WavePlan

        def apply(self, wave: "Wave") -> None:
            super().apply(wave)
            wave.key = self.key

    class WaveClosed(FactEvent):
        TOPIC = "intake.wave-closed"
        key: UUID
        fact: WavePlan

        @property
        def happened_on(self) -> date | None:
            return self.fact.closed_on

    class StructureSelectionWithdrawn(FactEvent):
        TOPIC = "intake.structure-selection-withdrawn"
        key: UUID
        fact: Selection

        @property
        def happened_on(self) -> date | None:
            return self.fact.withdrawn_on

    class StructureLaunched(FactEvent):
        TOPIC = "intake.structure-launched"
        key: UUID
        fact: Selection

        @property
        def happened_on(self) -> date | None:
            return self.fact.launched_on

    key: UUID | None = None
    plan = Fact(WavePlan, None, WaveOpened, "intake.wave-corrected", WaveClosed, bare=True, keyed=True)
    selections = Facts(
        Selection,
        None,
        "intake.structure-selected",
        "intake.structure-selection-corrected",
        StructureSelectionWithdrawn,
        StructureLaunched,
        by="structure",
        bare=True,
        keyed=True,
    )

    def open(self, key: UUID, plan: WavePlan, today: date) -> None:
        stood = self.plan.current
        if stood is None:
            _check(plan, {}, today)
            self.plan.record(plan, key=key)
        elif replace(stood, closed_on=None) != plan:
            raise AlreadyRecorded(f"wave {key} is open with other content; correct it")

    def correct(self, plan: WavePlan, today: date) -> None:
        key, stood = self._known()
        if stood != plan:
            _check(plan, self.selections, today)
            self.plan.correct(plan, key=key)

    def close(self, on: date, today: date) -> None:
        key, stood = self._known()
        if stood.closed_on is None:
            closed = replace(stood, closed_on=on)
            _check(closed, self.selections, today)
            self.plan.tell("WaveClosed", closed, key=key)
        elif stood.closed_on != on:
            raise AlreadyRecorded(f"the wave was closed on {stood.closed_on}; correct it")

    def select(self, structure: str, department: str, on: date, today: date) -> None:
        key, plan = self._known()
        stood = self.selections.get(structure)
        if stood is not None and stood.withdrawn_on is None:
            if stood.selected_on != on:
                raise AlreadyRecorded(f"structure {structure} was selected on {stood.selected_on}; correct it")
            return
        if plan.closed_on is not None:
            raise WaveClosed(f"the wave was closed on {plan.closed_on}")
        if stood is not None and stood.withdrawn_on is not None and on < stood.withdrawn_on:
            raise SelectedBeforeWithdrawal(f"selected on {on}, structure {structure} withdrew on {stood.withdrawn_on}")
        selection = self._fitting(Selection(structure, department, on), today)
        self.selections.record(structure, selection, key=key)

    def launch(self, structure: str, on: date, today: date) -> None:
        key, _ = self._known()
        stood = self._selection_of(structure)
        if stood.withdrawn_on is not None:
            raise NotSelected(f"structure {structure} withdrew on {stood.withdrawn_on}")
        if stood.launched_on is None:
            launched = self._fitting(replace(stood, launched_on=on), today)
            self.selections.tell("StructureLaunched", structure, launched, key=key)
        elif stood.launched_on != on:
            raise AlreadyRecorded(f"structure {structure} was launched on {stood.launched_on}; correct it")

    def withdraw(self, structure: str, on: date, today: date) -> None:
        key, _ = self._known()
        stood = self._selection_of(structure)
        if stood.withdrawn_on is None:
            withdrawn = self._fitting(replace(stood, withdrawn_on=on), today)
            self.selections.tell("StructureSelectionWithdrawn", structure, withdrawn, key=key)
        elif stood.withdrawn_on != on:
            raise AlreadyRecorded(f"structure {structure} withdrew on {stood.withdrawn_on}; correct it")

    def correct_selection(
        self, structure: str, selected_on: date, launched_on: date | None, withdrawn_on: date | None, today: date
    ) -> None:
        """Corrects a selection; taking a withdrawal back asks for the place and the département again."""
        key, _ = self._known()
        stood = self._selection_of(structure)
        corrected = replace(stood, selected_on=selected_on, launched_on=launched_on, withdrawn_on=withdrawn_on)
        if stood != corrected:
            self.selections.correct(structure, self._fitting(corrected, today), key=key)

    def _known(self) -> tuple[UUID, WavePlan]:
        if self.key is None or self.plan.current is None:
            raise UnknownWave("no such wave was opened")
        return self.key, self.plan.current

    def _selection_of(self, structure: str) -> Selection:
        if structure not in self.selections:
            raise NotSelected(f"structure {structure} was not selected into this wave")
        return self.selections[structure]

    def _fitting(self, selection: Selection, today: date) -> Selection:
        """Checks it after the others, so that the structure that held its département before is named."""
        _, plan = self._known()
        others = {code: other for code, other in self.selections.items() if code != selection.structure}
        _check(plan, others | {selection.structure: selection}, today)
        return selection


def wave_file(wave: UUID) -> UUID:
    """The aggregate of a wave. Derived, as a caller chooses the wave's id and might choose a pathway's."""
    return uuid5(wave, "wave")


def _check(plan: WavePlan, selections: Mapping[str, Selection], today: date) -> None:
    """Raises what the wave would break as a command would leave it."""
    not_after(today, "opened", plan.opened_on)
    not_after(today, "closed", plan.closed_on)
    if plan.closed_on is not None and plan.closed_on < plan.opened_on:
        raise ClosedTooEarly(f"closed on {plan.closed_on}, opened on {plan.opened_on}")
    if plan.capacity < 1:
        raise CapacityTooSmall(f"{plan.capacity} places")
    holders: dict[str, str] = {}
    for one in selections.values():
        _check_days(plan, one, today)
        if one.withdrawn_on is None and holders.setdefault(one.department, one.structure) != one.structure:
            raise DepartmentTaken(f"département {one.department} is held by structure {holders[one.department]}")
    if len(holders) > plan.capacity:
        raise WaveFull(f"{len(holders)} structures for {plan.capacity} places")


def _check_days(plan: WavePlan, one: Selection, today: date) -> None:
    for what, on in (("selected", one.selected_on), ("launched", one.launched_on), ("withdrawn", one.withdrawn_on)):
        not_after(today, what, on)
    if one.selected_on < plan.opened_on:
        raise SelectedBeforeOpening(f"{one.structure} selected on {one.selected_on}, opened on {plan.opened_on}")
    if plan.closed_on is not None and plan.closed_on < one.selected_on:
        raise ClosedTooEarly(f"closed on {plan.closed_on}, {one.structure} selected on {one.selected_on}")
    if one.launched_on is not None and one.launched_on < one.selected_on:
        raise LaunchedBeforeSelection(f"launched on {one.launched_on}, selected on {one.selected_on}")
    if one.withdrawn_on is not None and one.withdrawn_on < one.selected_on:
        raise WithdrawnBeforeSelection(f"withdrawn on {one.withdrawn_on}, selected on {one.selected_on}")
    if one.launched_on is not None and one.withdrawn_on is not None:
        raise AlreadyLaunched(f"structure {one.structure} was launched on {one.launched_on}")
