"""What intake tells the others."""

from dataclasses import dataclass
from uuid import UUID

from shared.language.codes import AppointmentPurpose, AppointmentStatus, MainstreamSupport, ProfileMoment, Rights, Role
from shared.language.contracts.envelope import Body
from shared.language.days import Day


@dataclass(frozen=True, kw_only=True)
class Structure(Body):
    """A structure that takes part in the programme. `structure` is its code."""

    structure: str
    name: str
    department: str


@dataclass(frozen=True, kw_only=True)
class Request(Body):
    """A request for support with the profile at request, as classes of the catalogue's breakdowns."""

    structure: str
    person: UUID
    requested_on: Day
    requester: str
    sex: str
    age: str
    unemployment: str
    qualification: str
    housing: str


@dataclass(frozen=True, kw_only=True)
class Welcome(Body):
    welcomed_on: Day | None


@dataclass(frozen=True, kw_only=True)
class Start(Body):
    started_on: Day | None


@dataclass(frozen=True, kw_only=True)
class Withdrawal(Body):
    withdrawn_on: Day | None


@dataclass(frozen=True, kw_only=True)
class ProcessingRestricted(Body):
    """From now on nothing may be recorded of the pathway, and what is held may only be stored (RGPD, article 18)."""

    restricted_on: Day


@dataclass(frozen=True, kw_only=True)
class RestrictionLifted(Body):
    lifted_on: Day


@dataclass(frozen=True, kw_only=True)
class Archiving(Body):
    """The pathway's file left the active base: nothing is recorded of it but by imports until it is reactivated."""

    archived_on: Day


@dataclass(frozen=True, kw_only=True)
class Reactivation(Body):
    """The person is met again: what was archived is open."""

    reactivated_on: Day


@dataclass(frozen=True, kw_only=True)
class Profile(Body):
    """The person's situation at one moment of the pathway. `mainstream`: who else supports them towards employment."""

    moment: ProfileMoment
    on: Day
    housing: str
    mainstream: list[MainstreamSupport]
    rights: Rights


@dataclass(frozen=True, kw_only=True)
class AdviserAssignment(Body):
    """`adviser` is the subject of a user's token; null: nobody for the moment."""

    adviser: str | None
    assigned_on: Day


@dataclass(frozen=True, kw_only=True)
class SettingAside(Body):
    """After attempts nobody could reach the person: the request is no alarm any more; null: it is one again."""

    set_aside_on: Day | None


@dataclass(frozen=True, kw_only=True)
class Pause(Body):
    """Null: support was not paused after all. It goes on in every figure. A correction tells the resumption too."""

    paused_on: Day | None
    resumed_on: Day | None = None


@dataclass(frozen=True, kw_only=True)
class Resumption(Body):
    resumed_on: Day


@dataclass(frozen=True, kw_only=True)
class Transfer(Body):
    """Told under the structure that hands the pathway over."""

    to_structure: str
    transferred_on: Day


@dataclass(frozen=True, kw_only=True)
class Reception(Body):
    """Told under the structure that receives the pathway, with what is public of it until then.

    Nobody there advises until an assignment says so.
    """

    from_structure: str
    received_on: Day
    person: UUID
    requested_on: Day
    requester: str
    sex: str
    age: str
    unemployment: str
    qualification: str
    housing: str
    welcomed_on: Day | None
    started_on: Day | None


@dataclass(frozen=True, kw_only=True)
class WelcomeDelay(Body):
    """Within how many days of a request the structure welcomes; before it said so, 7."""

    structure: str
    days: int


@dataclass(frozen=True, kw_only=True)
class Appointment(Body):
    """As it now stands: the day that it is for, and when it was kept, missed or cancelled; null: still to come."""

    appointment: UUID
    on: Day
    purpose: AppointmentPurpose
    status: AppointmentStatus
    settled_on: Day | None


@dataclass(frozen=True, kw_only=True)
class Wave(Body):
    """A wave of structures as it now stands; null: structures may still be selected. `capacity`: structures."""

    wave: UUID
    opened_on: Day
    capacity: int
    closed_on: Day | None


@dataclass(frozen=True, kw_only=True)
class Selection(Body):
    """A structure in a wave as it now stands. `department`: INSEE code, where it was registered when selected.

    Null: it has not taken up the action yet, it has not given back its place.
    """

    wave: UUID
    structure: str
    department: str
    selected_on: Day
    launched_on: Day | None
    withdrawn_on: Day | None


@dataclass(frozen=True, kw_only=True)
class Access(Body):
    """Who may enter the structure of the envelope, or the programme. `user`: the subject of a token. `role`: null where
    the platform knows none. `withdrawn`: they may not, whatever their issuer says."""

    user: str
    role: Role | None
    withdrawn: bool


EVENTS: dict[str, type[Body]] = {
    "structure-registered": Structure,
    "structure-corrected": Structure,
    "pathway-requested": Request,
    "request-corrected": Request,
    "pathway-welcomed": Welcome,
    "welcome-corrected": Welcome,
    "support-started": Start,
    "start-corrected": Start,
    "pathway-withdrawn": Withdrawal,
    "withdrawal-corrected": Withdrawal,
    "processing-restricted": ProcessingRestricted,
    "restriction-lifted": RestrictionLifted,
    "profile-recorded": Profile,
    "profile-corrected": Profile,
    "adviser-assigned": AdviserAssignment,
    "request-set-aside": SettingAside,
    "request-taken-up": SettingAside,
    "support-paused": Pause,
    "pause-corrected": Pause,
    "support-resumed": Resumption,
    "pathway-transferred": Transfer,
    "pathway-received": Reception,
    "pathway-archived": Archiving,
    "pathway-reactivated": Reactivation,
    "welcome-delay-set": WelcomeDelay,
    "appointment-offered": Appointment,
    "appointment-moved": Appointment,
    "appointment-kept": Appointment,
    "appointment-missed": Appointment,
    "appointment-cancelled": Appointment,
    "appointment-corrected": Appointment,
    "wave-opened": Wave,
    "wave-corrected": Wave,
    "wave-closed": Wave,
    "structure-selected": Selection,
    "structure-selection-corrected": Selection,
    "structure-selection-withdrawn": Selection,
    "structure-launched": Selection,
    "access-given": Access,
    "access-withdrawn": Access,
}
"""Every event name with the type of its body."""
