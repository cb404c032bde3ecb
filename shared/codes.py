"""The closed lists of codes that facts are recorded with, and the classes that figures are broken down by.

The values are what import files, HTTP bodies, events and read models carry. A value is never renamed:
events are for ever.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema


class AsNumber:
    """Has a decimal published, and so taken, as a JSON number alone: a text is none."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        described = handler(schema)
        return next((one for one in described.get("anyOf", ()) if one.get("type") == "number"), described)


@dataclass(frozen=True)
class InClear:
    """Marks a text that may stand in clear in an event, as it tells of no person. `what` it is."""

    what: str


StructureCode = Annotated[str, InClear("code of a structure")]
DepartmentCode = Annotated[str, InClear("INSEE code of a département")]
OrganisationName = Annotated[str, InClear("name of an organisation")]
RuleVersion = Annotated[str, InClear("version of a rule or an instrument")]
ClassCode = Annotated[str, InClear("class of a breakdown")]
PSEUDONYM = "^[!-?A-~]{1,64}$"
"""Visible ASCII without @."""
Subject = Annotated[str, InClear("subject of a user's token, never a name"), Field(min_length=1, max_length=200)]
TimeOfDay = Annotated[str, InClear("time of day"), Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["10:30"])]
Language = Annotated[str, InClear("ISO 639 code of a language"), Field(pattern="^[a-z]{2,3}$", examples=["pt"])]
RomeCode = Annotated[str, InClear("ROME code of an occupation"), Field(pattern="^[A-Z][0-9]{4}$", examples=["G1602"])]
ItemCode = Annotated[
    str, InClear("code of a questionnaire's item"), Field(pattern="^[a-z_]{1,40}$", examples=["rhythm"])
]


class Role(StrEnum):
    """As what a user asks and commands: the first two in one structure, the others in the whole programme."""

    ADVISER = "adviser"
    MANAGER = "manager"
    OPERATOR = "operator"
    EVALUATOR = "evaluator"
    INTEGRATOR = "integrator"
    OPS = "ops"

    @property
    def of_a_structure(self) -> bool:
        return self in (Role.ADVISER, Role.MANAGER)


PROGRAMME = "programme"
"""Stands where a structure's code does for what belongs to none; no structure is called so."""

# What one field alone may say, at every door. Patterns are of the whole text.

STRUCTURE_CODE = "[a-z0-9-]{1,32}"
DEPARTMENT = "(?:0[1-9]|1[0-9]|2[1-9AB]|[3-8][0-9]|9[0-5]|97[1-8]|98[4678])"
"""INSEE: 01–19, 2A, 2B, 21–95, and overseas 971–978, 984, 986–988."""
EARLIEST_BIRTH_YEAR = 1900
"""The latest is the year of the request."""
MOST_MONTHS = 1200
"""Months without employment, or in an occupation, at most: a hundred years."""
HIGHEST_SCORE = 10
"""Remobilisation is scored from 0 to 10."""
MOST_HOURS = Decimal(5000)
"""Hours of one activity at most: three years of full time work (1,607 h each, the legal year) are 4,821."""
DECIMALS_OF_HOURS = 4

Department = Annotated[str, Field(pattern=f"^{DEPARTMENT}$", examples=["69"])]
BirthYear = Annotated[int, Field(ge=EARLIEST_BIRTH_YEAR, le=2100)]
Months = Annotated[int, Field(ge=0, le=MOST_MONTHS)]
Score = Annotated[int, Field(ge=0, le=HIGHEST_SCORE)]
Hours = Annotated[Decimal, Field(ge=0, le=MOST_HOURS, max_digits=8, decimal_places=DECIMALS_OF_HOURS), AsNumber()]


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNDISCLOSED = "undisclosed"


class Requester(StrEnum):
    """Who asked for support, the person or an orienter."""

    PERSON = "person"
    CHRS = "chrs"
    SIAO = "siao"
    FRANCE_TRAVAIL = "france_travail"
    MISSION_LOCALE = "mission_locale"
    CAP_EMPLOI = "cap_emploi"
    CCAS = "ccas"
    DEPARTEMENT = "departement"
    SPIP = "spip"
    PJJ = "pjj"
    ASE = "ase"
    HEALTH = "health"
    OTHER = "other"
    UNKNOWN = "unknown"


class RestrictionReason(StrEnum):
    """Why a person may have the processing of their data restricted: RGPD, article 18(1), a to d."""

    ACCURACY_CONTESTED = "accuracy_contested"
    UNLAWFUL_PROCESSING = "unlawful_processing"
    NEEDED_FOR_CLAIMS = "needed_for_claims"
    OBJECTION_PENDING = "objection_pending"


class Housing(StrEnum):
    CHRS = "chrs"
    CHU = "chu"
    HOTEL = "hotel"
    ASYLUM = "asylum"
    SOCIAL_RESIDENCE = "social_residence"
    PENSION_DE_FAMILLE = "pension_de_famille"
    STREET = "street"
    OWN_HOME = "own_home"
    OTHER = "other"
    REFUSED = "refused"


class MainstreamSupport(StrEnum):
    """Who of the mainstream services (*droit commun*) supports the person towards employment."""

    FRANCE_TRAVAIL = "france_travail"
    MISSION_LOCALE = "mission_locale"
    PLIE = "plie"
    RSA_REFERENT = "rsa_referent"
    CAP_EMPLOI = "cap_emploi"
    NONE = "none"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Rights(StrEnum):
    """Whether the person's rights to mainstream benefits are open."""

    OPEN = "open"
    NOT_OPEN = "not_open"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class ProfileMoment(StrEnum):
    """When a profile describes the person."""

    REQUEST = "request"
    START = "start"
    EXIT = "exit"


class AppointmentPurpose(StrEnum):
    """What a person is asked to come for."""

    WELCOME = "welcome"
    DIAGNOSTIC = "diagnostic"
    SUPPORT = "support"
    OTHER = "other"


class AppointmentStatus(StrEnum):
    """What became of an appointment; offered: it is still to come."""

    OFFERED = "offered"
    KEPT = "kept"
    MISSED = "missed"
    CANCELLED = "cancelled"


class ContactMeans(StrEnum):
    """By what somebody tried to reach a person."""

    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"
    VISIT = "visit"
    THROUGH_ORIENTER = "through_orienter"


class YesNo(StrEnum):
    """What a person answers to a question with yes or no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class DrivingLicence(StrEnum):
    """Whether a person may drive a car (*permis B*)."""

    HELD = "held"
    LEARNING = "learning"
    NONE = "none"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Transport(StrEnum):
    """How a person gets to a workplace."""

    CAR = "car"
    TWO_WHEELER = "two_wheeler"
    BICYCLE = "bicycle"
    PUBLIC_TRANSPORT = "public_transport"
    NONE = "none"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Resource(StrEnum):
    """What a person lives on. Benefits that tell of health or disability are `other`."""

    WAGES = "wages"
    UNEMPLOYMENT_BENEFIT = "unemployment_benefit"
    RSA = "rsa"
    YOUTH_ALLOWANCE = "youth_allowance"
    TRAINING_ALLOWANCE = "training_allowance"
    PENSION = "pension"
    OTHER = "other"
    NONE = "none"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Qualification(IntEnum):
    """Level of the French nomenclature of 2019 (0 none, 3 CAP, 4 bac … 8 doctorat)."""

    NONE = 0
    LEVEL_1 = 1
    LEVEL_2 = 2
    CAP = 3
    BAC = 4
    BAC_PLUS_2 = 5
    LICENCE = 6
    MASTER = 7
    DOCTORAT = 8


class Purpose(StrEnum):
    """Why a diagnostic was made."""

    ENTRY = "entry"
    INTERIM = "interim"
    EXIT = "exit"


class Barrier(StrEnum):
    """Domain of a barrier to employment (*frein*)."""

    HOUSING = "housing"
    HEALTH = "health"
    MOBILITY = "mobility"
    ADMINISTRATIVE = "administrative"
    FINANCIAL = "financial"
    JUSTICE = "justice"
    LANGUAGE = "language"
    LITERACY = "literacy"
    DIGITAL = "digital"
    FAMILY = "family"
    AVAILABILITY = "availability"


class Intensity(StrEnum):
    """How much a barrier weighs, on France Travail's scale; `rank` orders it."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return _INTENSITY_RANK[self]


_INTENSITY_RANK = {value: rank for rank, value in enumerate(Intensity)}


class ActivityKind(StrEnum):
    WORKSHOP = "workshop"
    TRAINING = "training"
    PLACEMENT = "placement"
    SUPPORT = "support"


class ActionKind(StrEnum):
    """What an action of the plan is: one of training's activities, or something else that is to be done."""

    WORKSHOP = "workshop"
    TRAINING = "training"
    PLACEMENT = "placement"
    SUPPORT = "support"
    OTHER = "other"


class ActionOutcome(StrEnum):
    DONE = "done"
    DROPPED = "dropped"


class DropReason(StrEnum):
    """Why an action of the plan was given up. `plan_revised`: the plan was agreed anew without it."""

    NO_LONGER_NEEDED = "no_longer_needed"
    PERSONS_CHOICE = "persons_choice"
    NOT_AVAILABLE = "not_available"
    REPLACED = "replaced"
    SUPPORT_ENDED = "support_ended"
    PLAN_REVISED = "plan_revised"
    OTHER = "other"


class Responsible(StrEnum):
    """Who sees to an action of the plan."""

    PERSON = "person"
    ADVISER = "adviser"
    PARTNER = "partner"


class Refusal(StrEnum):
    """In the place of an answer that the person did not want to give."""

    REFUSED = "refused"


class LanguageLevel(StrEnum):
    """How well a language is spoken, on the scale of the Common European Framework."""

    A1 = "A1"
    A2 = "A2"
    B1 = "B1"
    B2 = "B2"
    C1 = "C1"
    C2 = "C2"
    NATIVE = "native"


class WorkingTime(StrEnum):
    """When a person is ready to work."""

    DAYTIME = "daytime"
    EARLY_MORNING = "early_morning"
    EVENING = "evening"
    NIGHT = "night"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    SHIFTS = "shifts"


class BilanQuestion(StrEnum):
    """A question of the bilan, by the field that its answer stands in."""

    SKILLS = "skills"
    EXPERIENCE = "experience"
    LANGUAGES = "languages"
    OCCUPATIONS = "occupations"
    TARGET_OCCUPATIONS = "target_occupations"
    HOURS_A_WEEK = "hours_a_week"
    DISTANCE_KM = "distance_km"
    TRAVEL_MINUTES = "travel_minutes"
    WORKING_TIMES = "working_times"


class SupportResult(StrEnum):
    """What became of the barrier that a support action aimed at."""

    LIFTED = "lifted"
    EASED = "eased"
    UNCHANGED = "unchanged"


class ActivityStatus(StrEnum):
    COMPLETED = "completed"
    PARTIAL = "partial"
    NO_SHOW = "no_show"


class SessionKind(StrEnum):
    """What a collective session is; in the catalogue a visit counts as a workshop."""

    WORKSHOP = "workshop"
    TRAINING = "training"
    VISIT = "visit"

    @property
    def activity(self) -> ActivityKind:
        return ActivityKind.TRAINING if self is SessionKind.TRAINING else ActivityKind.WORKSHOP


class DayPart(StrEnum):
    MORNING = "morning"
    AFTERNOON = "afternoon"


class WithdrawalReason(StrEnum):
    """Why somebody does not take part in what was planned. `prevented` says no more than that, on purpose."""

    PERSONS_CHOICE = "persons_choice"
    PREVENTED = "prevented"
    ORGANISER = "organiser"
    MISTAKE = "mistake"
    TRANSFER = "transfer"
    EXIT = "exit"


class DropOutReason(StrEnum):
    """Why somebody stopped coming. `unavailable`: hours, care of a child, illness, told apart nowhere."""

    PERSONS_CHOICE = "persons_choice"
    JOB_FOUND = "job_found"
    OTHER_TRAINING = "other_training"
    UNAVAILABLE = "unavailable"
    NOT_FITTING = "not_fitting"
    EMPLOYER = "employer"
    LOST_FROM_SIGHT = "lost_from_sight"
    OTHER = "other"


class PlacementForm(StrEnum):
    """`pmsmp`: période de mise en situation en milieu professionnel; `ava`: adaptation à la vie active."""

    PMSMP = "pmsmp"
    AVA = "ava"
    FIRST_HOURS = "first_hours"
    VOLUNTEERING = "volunteering"
    VISIT = "visit"


class PlacementObjective(StrEnum):
    """Discover an occupation or a sector; confirm a project; start a recruitment."""

    DISCOVER = "discover"
    CONFIRM = "confirm"
    RECRUIT = "recruit"


class Prescriber(StrEnum):
    """Who prescribes a placement. `siae` except an ETTI; `delegated`: an organisation that a prescriber delegated."""

    FRANCE_TRAVAIL = "france_travail"
    MISSION_LOCALE = "mission_locale"
    CAP_EMPLOI = "cap_emploi"
    SIAE = "siae"
    DEPARTEMENT = "departement"
    DELEGATED = "delegated"
    ETTI = "etti"
    OTHER = "other"


class PlacementConclusion(StrEnum):
    """What a placement came to, for the person's project."""

    CONFIRMED = "confirmed"
    ADJUSTED = "adjusted"
    ABANDONED = "abandoned"
    HIRED = "hired"
    INCONCLUSIVE = "inconclusive"


class ProposalEnd(StrEnum):
    """Why a proposed participation is proposed no more."""

    ANSWERED = "answered"
    DISMISSED = "dismissed"
    SETTLED = "settled"
    PLAN_CHANGED = "plan_changed"
    EXIT = "exit"


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


# Codes that reveal health, justice or childhood protection: outside the person's own structure such a
# requester reads `other`; the rest travels in events of its own name, which integrators do not get by default.
SPECIAL_REQUESTERS = frozenset({Requester.SPIP, Requester.PJJ, Requester.ASE, Requester.HEALTH})
SPECIAL_SITUATIONS = frozenset({Situation.DECEASED, Situation.DETAINED, Situation.LONG_LEAVE})
SPECIAL_BARRIERS = frozenset({Barrier.HEALTH, Barrier.JUSTICE})

UNKNOWN = "unknown"

AGE_CLASSES = ("under_18", "18_25", "26_29", "30_49", "50_54", "55_and_over", UNKNOWN)
UNEMPLOYMENT_CLASSES = ("none", "under_12", "12_to_23", "24_and_over", UNKNOWN)
QUALIFICATION_CLASSES = (*(str(level.value) for level in Qualification), UNKNOWN)
SEX_CLASSES = (*Sex, UNKNOWN)
REQUESTER_CLASSES = tuple(code for code in Requester if code not in SPECIAL_REQUESTERS)
HOUSING_CLASSES = (*Housing, UNKNOWN)

BREAKDOWNS: dict[str, tuple[str, ...]] = {
    "sex": SEX_CLASSES,
    "age": AGE_CLASSES,
    "unemployment": UNEMPLOYMENT_CLASSES,
    "qualification": QUALIFICATION_CLASSES,
    "requester": REQUESTER_CLASSES,
    "housing": HOUSING_CLASSES,
}
"""Every breakdown of the indicator catalogue with its classes, in the order in which they are shown."""


def age_class(requested_on: date, birth_year: int | None) -> str:
    """Age band at request: the year of the request minus the year of birth."""
    if birth_year is None:
        return UNKNOWN
    age = requested_on.year - birth_year
    for upper, name in ((18, "under_18"), (26, "18_25"), (30, "26_29"), (50, "30_49"), (55, "50_54")):
        if age < upper:
            return name
    return "55_and_over"


def unemployment_class(months: int | None) -> str:
    """Band of the months without employment at request."""
    if months is None:
        return UNKNOWN
    if months == 0:
        return "none"
    return "under_12" if months < 12 else "12_to_23" if months < 24 else "24_and_over"


def qualification_class(level: Qualification | None) -> str:
    return UNKNOWN if level is None else str(level.value)


def requester_class(requester: Requester | None) -> str:
    """The requester as others than the person's own structure see it: a special code reads `other`."""
    if requester is None:
        return UNKNOWN
    return Requester.OTHER.value if requester in SPECIAL_REQUESTERS else requester.value


# Outcomes

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
