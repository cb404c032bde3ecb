"""Structures that take part."""

from dataclasses import dataclass

from shared.kernel.event_store import Aggregate
from shared.kernel.facts import Fact
from shared.language.codes import DepartmentCode, OrganisationName, StructureCode
from shared.language.rules import AlreadyRecorded, UnknownFact


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
    """Sets the days within which a request is to be welcomed; from then on it is an alarm."""

    structure: StructureCode
    days: int


class Structure(Aggregate):
    """A structure that takes part in the programme, and what it has set for itself."""

    TOPIC = "intake.structure"
    file = Fact(StructureFile, None, "intake.structure-registered", "intake.structure-corrected", imported=True)
    welcome_within: int = WELCOME_WITHIN

    class WelcomeDelaySet(Aggregate.Event):
        TOPIC = "intake.welcome-delay-set"
        fact: WelcomeDelay

        def apply(self, structure: "Structure") -> None:
            structure.welcome_within = self.fact.days

    def register(self, file: StructureFile) -> None:
        if not self.file:
            self.file.record(file)
        elif self.file.current != file:
            raise AlreadyRecorded(f"structure {file.structure} is registered with other content; correct it")

    def correct(self, file: StructureFile) -> None:
        if not self.file:
            raise UnknownFact(f"structure {file.structure} is not registered")
        if self.file.current != file:
            self.file.correct(file)

    def welcome_in(self, days: int) -> None:
        if self.file.current is None:
            raise UnknownFact("no such structure is registered")
        if self.welcome_within != days:
            self.trigger_event(self.WelcomeDelaySet, fact=WelcomeDelay(self.file.current.structure, days))
