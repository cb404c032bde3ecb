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


class Structure(Aggregate):
    """A structure that takes part in the programme."""

    TOPIC = "intake.structure"
    file: Known[StructureFile] | None = None

    class Registered(Aggregate.Event):
        TOPIC = "intake.structure-registered"
        fact: StructureFile
        imported: StructureFile | None

    class Corrected(Aggregate.Event):
        TOPIC = "intake.structure-corrected"
        fact: StructureFile
        imported: StructureFile | None

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
