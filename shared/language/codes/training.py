"""What training's facts are told by."""

from enum import StrEnum


class ActivityKind(StrEnum):
    WORKSHOP = "workshop"
    TRAINING = "training"
    PLACEMENT = "placement"
    SUPPORT = "support"


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
