"""Our stored event to the public event: classes instead of the profile, a special requester as `other`."""

from services.intake.domain import Dated, Pathway, Person, Request, Retention, Structure, StructureFile
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
        case Pathway.ProcessingRestricted():
            return "processing-restricted", contracts.ProcessingRestricted(restricted_on=fact.on)
        case Pathway.RestrictionLifted():
            return "restriction-lifted", contracts.RestrictionLifted(lifted_on=fact.on)
        case Pathway.PathwayArchived():
            return "pathway-archived", contracts.Archiving(archived_on=fact)
        case Pathway.PathwayReactivated():
            return "pathway-reactivated", contracts.Reactivation(reactivated_on=fact)
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


def _welcome(welcome: Dated) -> contracts.Welcome:
    return contracts.Welcome(welcomed_on=welcome.on)


def _request(request: Request) -> contracts.Request:
    return contracts.Request(
        structure=request.structure,
        person=request.person,
        requested_on=request.requested_on,
        requester=codes.requester_class(request.requester),
        sex=request.sex or codes.UNKNOWN,
        age=request.age,
        unemployment=codes.unemployment_class(request.unemployment_months),
        qualification=codes.qualification_class(request.qualification_level),
        housing=request.housing or codes.UNKNOWN,
    )
