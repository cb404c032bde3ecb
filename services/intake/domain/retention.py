"""Keeps a person's file for a time from the last contact: then it is announced, archived, erased."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID, uuid5

from shared.kernel.event_store import Aggregate
from shared.kernel.facts import Fact
from shared.language.codes import StructureCode
from shared.language.months import months_later
from shared.language.rules import RuleBroken

ANNOUNCED_AFTER = 24
"""Months from the last contact: two years in the active base, CNIL, délibération n° 2021-028 of 11 March 2021,
référentiel « accueil, hébergement et accompagnement social et médico-social des personnes âgées, en situation de
handicap et de celles en difficulté ». A day that the month lacks is its last day (code de procédure civile, 641)."""
ARCHIVED_AFTER = 3
"""Months from the announcement, so that the structure can see whom it concerns; our own choice, as is the next."""
ERASED_AFTER = 12
"""Months from the archiving, within which the person may still ask and a dispute may still come."""


class Archived(RuleBroken):
    """The file is archived: only a new request for support opens it again."""


class NotArchived(RuleBroken):
    """There is no archived file to read."""


class ArchiveReason(StrEnum):
    """Why a manager reads an archived file."""

    PERSONS_REQUEST = "persons_request"
    LEGAL_CLAIM = "legal_claim"
    INSPECTION = "inspection"


class Step(StrEnum):
    ANNOUNCE = "announce"
    ARCHIVE = "archive"
    ERASE = "erase"
    REACTIVATE = "reactivate"


@dataclass(frozen=True)
class LastContact:
    """The latest contact of a person, over all pathways. `imported_only`: no contact was recorded but by imports."""

    on: date
    imported_only: bool = False


@dataclass(frozen=True)
class Announcement:
    """Announces that a file will be archived, with the last contact that was known then."""

    on: date
    last_contact: date


@dataclass(frozen=True)
class Reading:
    """An archived file was read, for a reason; the event's actor tells by whom."""

    on: date
    structure: StructureCode
    reason: ArchiveReason


@dataclass(frozen=True)
class Due:
    """The next step, and the day from which it is due."""

    step: Step
    on: date


def next_step(contact: LastContact | None, announced: Announcement | None, archived_on: date | None) -> Due | None:
    """Finds the next step; null where nothing will ever be due as things stand."""
    if contact is None:
        return None
    if announced is None:
        return Due(Step.ANNOUNCE, months_later(contact.on, ANNOUNCED_AFTER))
    if contact.on > announced.last_contact:
        return Due(Step.REACTIVATE, contact.on)
    if contact.imported_only:
        return None
    if archived_on is None:
        return Due(Step.ARCHIVE, months_later(announced.on, ARCHIVED_AFTER))
    return Due(Step.ERASE, months_later(archived_on, ERASED_AFTER))


_RETENTIONS = UUID("6f0c3a52-7d1e-5b8a-9a44-0c8be8a2c0d3")


def retention_id(person: UUID) -> UUID:
    """Names the aggregate that says how far a person's file is."""
    return uuid5(_RETENTIONS, str(person))


class Retention(Aggregate):
    """The state of one person's file: active where neither announced nor archived. Erasing takes this away too."""

    TOPIC = "intake.retention"
    announced = Fact(Announcement, None, "intake.retention-announced", bare=True)
    archived_on = Fact(date, None, "intake.person-archived", bare=True)

    class PersonReactivated(Aggregate.Event):
        TOPIC = "intake.person-reactivated"
        fact: date

        def apply(self, retention: "Retention") -> None:
            Retention.announced.clear(retention)
            Retention.archived_on.clear(retention)

    class ArchiveRead(Aggregate.Event):
        TOPIC = "intake.archive-read"
        fact: Reading

    def due(self, contact: LastContact | None, today: date) -> Step | None:
        """Finds the step to take today."""
        step = next_step(contact, self.announced.current, self.archived_on.current)
        return step.step if step is not None and step.on <= today else None

    def follow(self, contact: LastContact | None, today: date) -> None:
        """Takes the step that is due. That a person is to be erased is not recorded here: it would be erased too."""
        match self.due(contact, today):
            case Step.ANNOUNCE:
                assert contact is not None
                self.announced.record(Announcement(today, contact.on))
            case Step.ARCHIVE:
                self.archived_on.record(today)
            case Step.REACTIVATE:
                self.trigger_event(self.PersonReactivated, fact=today)

    def take_back(self, today: date) -> None:
        """Opens the file, as the person asked for support again."""
        if self.announced:
            self.trigger_event(self.PersonReactivated, fact=today)

    def read(self, structure: str, reason: ArchiveReason, today: date) -> None:
        if not self.archived_on:
            raise NotArchived("no such file is archived")
        self.trigger_event(self.ArchiveRead, fact=Reading(today, structure, reason))

    def must_be_open(self) -> None:
        if self.archived_on:
            raise Archived(
                f"the person's file was archived on {self.archived_on.current}; a new request opens it again"
            )
