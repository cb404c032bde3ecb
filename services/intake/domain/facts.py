"""Which facts of intake a person may disagree with."""

from services.intake.domain.contact import ContactFile
from services.intake.domain.pathway import Pathway
from services.intake.domain.profile import ProfileFile
from shared.disagreement import FactId
from shared.event_store import Aggregate

REQUEST = FactId("request")


def fact_of(event: Aggregate.Event) -> FactId | None:
    """Which fact an event tells of, as a disagreement names it."""
    match event:
        case Pathway.Requested() | Pathway.RequestCorrected():
            return REQUEST
        case Pathway.Welcomed() | Pathway.WelcomeCorrected():
            return FactId("welcome")
        case Pathway.Started() | Pathway.StartCorrected():
            return FactId("start")
        case Pathway.Withdrawn() | Pathway.WithdrawalCorrected():
            return FactId("withdrawal")
        case Pathway.SetAside() | Pathway.TakenUp():
            return FactId("set-aside")
        case Pathway.CommitmentSigned() | Pathway.CommitmentCorrected():
            return FactId("commitment")
        case Pathway.Paused() | Pathway.PauseCorrected():
            return FactId("pause")
        case Pathway.Resumed():
            return FactId("resumption")
        case Pathway.Transferred():
            return FactId("transfer")
        case (
            ContactFile.Offered()
            | ContactFile.Moved()
            | ContactFile.Kept()
            | ContactFile.Missed()
            | ContactFile.Cancelled()
            | ContactFile.AppointmentCorrected()
        ):
            return FactId("appointment", str(event.key))
        case ContactFile.Attempted() | ContactFile.AttemptCorrected():
            return FactId("attempt", str(event.key))
        case ProfileFile.Recorded() | ProfileFile.Corrected():
            return FactId("profile", event.fact.moment.value)
    return None
