"""What can happen at the entrance, one file an aggregate. Standard library and eventsourcing only."""

from services.intake.domain.pathway import (
    NOT_REQUESTED,
    REQUEST,
    Dated,
    Pathway,
    Request,
    fact_of,
    request_for_support,
    with_age,
)
from services.intake.domain.person import Identity, Person, Restriction
from services.intake.domain.retention import (
    Archived,
    ArchiveReason,
    Due,
    LastContact,
    NotArchived,
    Retention,
    Step,
    next_step,
)
from services.intake.domain.structure import Structure, StructureFile

__all__ = [
    "NOT_REQUESTED",
    "REQUEST",
    "ArchiveReason",
    "Archived",
    "Dated",
    "Due",
    "Identity",
    "LastContact",
    "NotArchived",
    "Pathway",
    "Person",
    "Request",
    "Restriction",
    "Retention",
    "Step",
    "Structure",
    "StructureFile",
    "fact_of",
    "next_step",
    "request_for_support",
    "with_age",
]
