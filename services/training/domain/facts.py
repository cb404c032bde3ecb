"""Which fact an event tells of, as a disagreement names it."""

from uuid import UUID

from services.training.domain.file import ActivityFile
from shared.disagreement import FactId
from shared.event_store import Aggregate


def fact_of(event: Aggregate.Event) -> FactId | None:
    match event:
        case ActivityFile.Recorded(key=key) | ActivityFile.Corrected(key=key):
            return activity_fact(key)
        case ActivityFile.Enrolled(key=key):
            return FactId("enrolment", str(key))
        case ActivityFile.EnrolmentWithdrawn(key=key):
            return FactId("enrolment-end", str(key))
        case ActivityFile.AttendanceRecorded(key=key) | ActivityFile.AttendanceCorrected(key=key):
            return FactId("attendance", str(key))
        case (
            ActivityFile.PlacementPlanned(key=key)
            | ActivityFile.PlacementCorrected(key=key)
            | ActivityFile.PlacementRenewed(key=key)
        ):
            return FactId("placement", str(key))
        case ActivityFile.PlacementEnded(key=key) | ActivityFile.PlacementEndCorrected(key=key):
            return FactId("placement-end", str(key))
        case ActivityFile.PlacementCancelled(key=key):
            return FactId("placement-cancellation", str(key))
        case ActivityFile.PlacementEvaluated(key=key) | ActivityFile.EvaluationCorrected(key=key):
            return FactId("evaluation", str(key))
        case ActivityFile.SupportReported(key=key) | ActivityFile.SupportCorrected(key=key):
            return FactId("support", str(key))
    return None


def activity_fact(activity: UUID) -> FactId:
    return FactId("activity", str(activity))
