"""Our stored event to the public event: classes instead of the profile, a special requester as `other`."""

from uuid import UUID

from services.intake.domain import (
    Access,
    Appointment,
    ContactFile,
    Dated,
    Pathway,
    Pause,
    Person,
    Profile,
    ProfileFile,
    Reception,
    Request,
    Retention,
    Selection,
    Structure,
    StructureFile,
    Wave,
    WavePlan,
)
from shared import codes
from shared.contracts import Body
from shared.contracts import intake as contracts
from shared.event_store import Recorded


def public(recorded: Recorded) -> tuple[str, Body] | None:
    fact = recorded.event.fact
    match recorded.event:
        case Structure.Registered():
            return "structure-registered", _structure(fact)
        case Structure.Corrected():
            return "structure-corrected", _structure(fact)
        case Access.Given():
            return "access-given", contracts.Access(user=fact.user, role=fact.role, withdrawn=False)
        case Access.Withdrawn():
            return "access-withdrawn", contracts.Access(user=fact.user, role=fact.role, withdrawn=True)
        case Structure.WelcomeDelaySet():
            return "welcome-delay-set", contracts.WelcomeDelay(structure=fact.structure, days=fact.days)
        case Pathway.Requested():
            return "pathway-requested", _request(fact)
        case Pathway.RequestCorrected():
            return "request-corrected", _request(fact)
        case Pathway.Welcomed():
            return "pathway-welcomed", _welcome(fact)
        case Pathway.WelcomeCorrected():
            return "welcome-corrected", _welcome(fact)
        case Pathway.Started():
            return "support-started", contracts.Start(started_on=fact.on)
        case Pathway.StartCorrected():
            return "start-corrected", contracts.Start(started_on=fact.on)
        case Pathway.Withdrawn():
            return "pathway-withdrawn", contracts.Withdrawal(withdrawn_on=fact.on)
        case Pathway.WithdrawalCorrected():
            return "withdrawal-corrected", contracts.Withdrawal(withdrawn_on=fact.on)
        case Pathway.SetAside():
            return "request-set-aside", contracts.SettingAside(set_aside_on=fact.on)
        case Pathway.TakenUp():
            return "request-taken-up", contracts.SettingAside(set_aside_on=None)
        case Pathway.AdviserAssigned():
            return "adviser-assigned", contracts.AdviserAssignment(adviser=fact.adviser, assigned_on=fact.on)
        case Pathway.Paused():
            return "support-paused", _pause(fact)
        case Pathway.PauseCorrected():
            return "pause-corrected", _pause(fact)
        case Pathway.Resumed():
            return "support-resumed", contracts.Resumption(resumed_on=fact.on)
        case Pathway.Transferred():
            return "pathway-transferred", contracts.Transfer(
                to_structure=fact.to_structure, transferred_on=fact.transferred_on
            )
        case Pathway.Received():
            return "pathway-received", _reception(fact)
        case Pathway.ProcessingRestricted():
            return "processing-restricted", contracts.ProcessingRestricted(restricted_on=fact.on)
        case Pathway.RestrictionLifted():
            return "restriction-lifted", contracts.RestrictionLifted(lifted_on=fact.on)
        case Pathway.PathwayArchived():
            return "pathway-archived", contracts.Archiving(archived_on=fact)
        case Pathway.PathwayReactivated():
            return "pathway-reactivated", contracts.Reactivation(reactivated_on=fact)
        case ContactFile.Offered(key=key):
            return "appointment-offered", _appointment(key, fact)
        case ContactFile.Moved(key=key):
            return "appointment-moved", _appointment(key, fact)
        case ContactFile.Kept(key=key):
            return "appointment-kept", _appointment(key, fact)
        case ContactFile.Missed(key=key):
            return "appointment-missed", _appointment(key, fact)
        case ContactFile.Cancelled(key=key):
            return "appointment-cancelled", _appointment(key, fact)
        case ContactFile.AppointmentCorrected(key=key):
            return "appointment-corrected", _appointment(key, fact)
        case ProfileFile.Recorded():
            return "profile-recorded", _profile(fact)
        case ProfileFile.Corrected():
            return "profile-corrected", _profile(fact)
        case Wave.Opened(key=key):
            return "wave-opened", _wave(key, fact)
        case Wave.Corrected(key=key):
            return "wave-corrected", _wave(key, fact)
        case Wave.Closed(key=key):
            return "wave-closed", _wave(key, fact)
        case Wave.Selected(key=key):
            return "structure-selected", _selection(key, fact)
        case Wave.SelectionCorrected(key=key):
            return "structure-selection-corrected", _selection(key, fact)
        case Wave.SelectionWithdrawn(key=key):
            return "structure-selection-withdrawn", _selection(key, fact)
        case Wave.Launched(key=key):
            return "structure-launched", _selection(key, fact)
        case ContactFile.Attempted() | ContactFile.AttemptCorrected():
            return None  # that nobody was reached is no news to the others
        case Pathway.CommitmentSigned() | Pathway.CommitmentCorrected():
            return None  # nothing waits for it
        case (
            Retention.Announced() | Retention.PersonArchived() | Retention.PersonReactivated() | Retention.ArchiveRead()
        ):
            return None  # the others need to know of the pathways only
        case Person.Identified() | Person.IdentityCorrected() | Person.Merged():
            return None  # who a person is stays here; a merged person's pathways tell of it as request-corrected
        case Person.ProcessingRestricted() | Person.RestrictionLifted():
            return None  # each of the person's pathways tells of it
    raise NotImplementedError(f"no public event is decided for {recorded.name}")


def _structure(file: StructureFile) -> contracts.Structure:
    return contracts.Structure(structure=file.structure, name=file.name, department=file.department)


def _wave(key: UUID, plan: WavePlan) -> contracts.Wave:
    """What it is called stays inside."""
    return contracts.Wave(wave=key, opened_on=plan.opened_on, capacity=plan.capacity, closed_on=plan.closed_on)


def _selection(key: UUID, selection: Selection) -> contracts.Selection:
    return contracts.Selection(wave=key, **vars(selection))


def _welcome(welcome: Dated) -> contracts.Welcome:
    return contracts.Welcome(welcomed_on=welcome.on)


def _appointment(key: UUID, told: Appointment) -> contracts.Appointment:
    return contracts.Appointment(
        appointment=key, on=told.on, purpose=told.purpose, status=told.status, settled_on=told.settled_on
    )


def _profile(profile: Profile) -> contracts.Profile:
    return contracts.Profile(
        moment=profile.moment,
        on=profile.on,
        housing=profile.housing or codes.UNKNOWN,
        mainstream=list(profile.mainstream),
        rights=profile.rights,
    )


def _pause(pause: Pause) -> contracts.Pause:
    return contracts.Pause(paused_on=pause.paused_on, resumed_on=pause.resumed_on)


def _reception(told: Reception) -> contracts.Reception:
    return contracts.Reception(
        from_structure=told.from_structure,
        received_on=told.received_on,
        person=told.person,
        requested_on=told.requested_on,
        welcomed_on=told.welcomed_on,
        started_on=told.started_on,
        **_classes(told),
    )


def _request(request: Request) -> contracts.Request:
    return contracts.Request(
        structure=request.structure,
        person=request.person,
        requested_on=request.requested_on,
        **_classes(request),
    )


def _classes(told: Request | Reception) -> dict[str, str]:
    return {
        "requester": codes.requester_class(told.requester),
        "sex": told.sex or codes.UNKNOWN,
        "age": told.age,
        "unemployment": codes.unemployment_class(told.unemployment_months),
        "qualification": codes.qualification_class(told.qualification_level),
        "housing": told.housing or codes.UNKNOWN,
    }
