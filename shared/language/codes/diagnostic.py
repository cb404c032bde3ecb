"""What diagnostic's facts are told by."""

from enum import StrEnum


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


SPECIAL_BARRIERS = frozenset({Barrier.HEALTH, Barrier.JUSTICE})
