"""What outcomes' facts are told by."""

from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated

from pydantic import Field

from shared.language.codes.fields import AsNumber


class Situation(StrEnum):
    """Where a person stands on leaving, or when asked again months later."""

    EMPLOYMENT = "employment"
    TRAINING = "training"
    SIAE = "siae"
    RETIREMENT = "retirement"
    UNEMPLOYED = "unemployed"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"
    DECEASED = "deceased"
    DETAINED = "detained"
    LONG_LEAVE = "long_leave"
    MOVED = "moved"


class Contract(StrEnum):
    CDI = "cdi"
    CDD = "cdd"
    INTERIM = "interim"
    PUBLIC_SERVICE = "public_service"
    SELF_EMPLOYED = "self_employed"
    SUBSIDISED = "subsidised"


class FollowUpStatus(StrEnum):
    REACHED = "reached"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"


class FollowUpMonth(IntEnum):
    """Months after the exit at which a person is asked again."""

    THREE = 3
    SIX = 6
    TWELVE = 12


class ExitClass(StrEnum):
    """Class of an exit in the IAE's *convention statistique*, derived by a versioned rule, never typed."""

    DURABLE = "durable"
    TRANSITION = "transition"
    POSITIVE = "positive"
    OTHER = "other"
    NEUTRALISED = "neutralised"


SPECIAL_SITUATIONS = frozenset({Situation.DECEASED, Situation.DETAINED, Situation.LONG_LEAVE})


HoursAWeek = Annotated[Decimal, Field(gt=0, le=168, max_digits=5, decimal_places=2), AsNumber()]


JOBS = frozenset({Situation.EMPLOYMENT, Situation.SIAE})
"""Situations in which a person has an employer and a contract."""


class JobEnd(StrEnum):
    """Why a job, or another situation, ended."""

    END_OF_CONTRACT = "end_of_contract"
    RESIGNED = "resigned"
    DISMISSED = "dismissed"
    TRIAL_ENDED = "trial_ended"
    HEALTH = "health"
    OTHER = "other"
    UNKNOWN = "unknown"


class ExitReason(StrEnum):
    """Why support ended, apart from where the person stood then. `referred`: handed over to mainstream support."""

    AIM_REACHED = "aim_reached"
    PERSONS_CHOICE = "persons_choice"
    REFERRED = "referred"
    LOST_FROM_SIGHT = "lost_from_sight"
    END_OF_STAY = "end_of_stay"
    MOVED = "moved"
    HEALTH = "health"
    DECEASED = "deceased"
    OTHER = "other"
    UNKNOWN = "unknown"


SPECIAL_EXIT_REASONS = frozenset({ExitReason.HEALTH, ExitReason.DECEASED})


class EmploymentSupportKind(StrEnum):
    """How support went on in a job."""

    VISIT_AT_WORK = "visit_at_work"
    TALK_WITH_EMPLOYER = "talk_with_employer"
    TALK_WITH_PERSON = "talk_with_person"
