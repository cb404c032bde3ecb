"""The aggregates of intake, their facts and rules, one file a theme. Standard library and eventsourcing only."""

from services.intake.domain.access import Access, Grant, access_id
from services.intake.domain.contact import Appointment, Attempt, ContactFile, contact_file_id
from services.intake.domain.course import Assignment, Pause, Reception, Transfer
from services.intake.domain.days import Dated
from services.intake.domain.pathway import Pathway
from services.intake.domain.person import Identity, Nameless, Person, Restriction
from services.intake.domain.profile import Profile, ProfileFile, profile_file_id
from services.intake.domain.request import NOT_REQUESTED, Request, request_for_support, with_age
from services.intake.domain.retention import (
    Archived,
    ArchiveReason,
    Due,
    LastContact,
    NotArchived,
    Retention,
    Step,
    next_step,
    retention_id,
)
from services.intake.domain.structure import WELCOME_WITHIN, Structure, StructureFile, WelcomeDelay
from services.intake.domain.wave import CAPACITY, Selection, Wave, WavePlan, wave_file

__all__ = [
    "CAPACITY",
    "NOT_REQUESTED",
    "WELCOME_WITHIN",
    "Access",
    "Appointment",
    "ArchiveReason",
    "Archived",
    "Assignment",
    "Attempt",
    "ContactFile",
    "Dated",
    "Due",
    "Grant",
    "Identity",
    "LastContact",
    "Nameless",
    "NotArchived",
    "Pathway",
    "Pause",
    "Person",
    "Profile",
    "ProfileFile",
    "Reception",
    "Request",
    "Restriction",
    "Retention",
    "Selection",
    "Step",
    "Structure",
    "StructureFile",
    "Transfer",
    "Wave",
    "WavePlan",
    "WelcomeDelay",
    "access_id",
    "contact_file_id",
    "next_step",
    "profile_file_id",
    "request_for_support",
    "retention_id",
    "wave_file",
    "with_age",
]
