"""Which structures take part."""

from dataclasses import dataclass

from eventsourcing.domain import event

from shared.codes import DepartmentCode, OrganisationName, StructureCode
from shared.event_store import Aggregate, Known
from shared.rules import AlreadyRecorded, UnknownFact


@dataclass(frozen=True)
class StructureFile:
    """Code, name and département (INSEE, 2–3 characters) of a structure."""

    structure: StructureCode
    name: OrganisationName
    department: DepartmentCode


WELCOME_WITHIN = 7
"""Days from a request to the welcome, where the structure has not said otherwise; our own choice."""


@dataclass(frozen=True)
class WelcomeDelay:
    """Within how many days a request is to be welcomed; from then on it is an alarm."""

    structure: StructureCode
    days: int


class Structure(Aggregate):
    """A structure that takes part in the programme, and what it has set for itself."""

    TOPIC = "intake.structure"
    file: Known[StructureFile] | None = None
    welcome_within: int = WELCOME_WITHIN

    class Registered(Aggregate.Event):
        TOPIC = "intake.structure-registered"
        fact: StructureFile
        imported: StructureFile | None

    class Corrected(Aggregate.Event):
        TOPIC = "intake.structure-corrected"
        fact: StructureFile
        imported: StructureFile | None

    class WelcomeDelaySet(Aggregate.Event):
        TOPIC = "intake.welcome-delay-set"
        fact: WelcomeDelay

    def register(self, file: StructureFile) -> None:
        if self.file is None:
            self._registered(file, None)
        elif self.file.current != file:
            raise AlreadyRecorded(f"structure {file.structure} is registered with other content; correct it")

    def correct(self, file: StructureFile) -> None:
        if self.file is None:
            raise UnknownFact(f"structure {file.structure} is not registered")
        if self.file.current != file:
            self._corrected(file, None)

    def welcome_in(self, days: int) -> None:
        if self.file is None:
            raise UnknownFact("no such structure is registered")
        if self.welcome_within != days:
            self._welcome_delay_set(WelcomeDelay(self.file.current.structure, days))

    def take_import(self, file: StructureFile, imported: StructureFile) -> None:
        if self.file is None:
            self._registered(file, imported)
        else:
            self._corrected(file, imported)

    @event(Registered)
    def _registered(self, fact: StructureFile, imported: StructureFile | None) -> None:
        self.file = Known(fact, imported)

    @event(Corrected)
    def _corrected(self, fact: StructureFile, imported: StructureFile | None) -> None:
        self.file = Known.now(self.file, fact, imported)

    @event(WelcomeDelaySet)
    def _welcome_delay_set(self, fact: WelcomeDelay) -> None:
        self.welcome_within = fact.days
