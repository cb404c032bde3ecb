"""Where a person stands during support and after it, one file a theme. Standard library and eventsourcing only."""

from services.outcomes.domain.leaving import (
    EXIT,
    Attempt,
    ContractEndsBeforeItStarts,
    DeathIsItsOwnReason,
    Exit,
    ExitBeforeStart,
    FollowUp,
    FollowUpBeforeExit,
    FollowUpWithoutExit,
    NotStarted,
    OutcomeFile,
    SituationNeeded,
)
from services.outcomes.domain.situations import (
    ContractWithoutJob,
    EmploymentSupport,
    EndReasonWithoutEnd,
    NotAJob,
    Period,
    SituationEndsBeforeItStarts,
    SituationFile,
    VisitBeforeJob,
    file_id,
    period_fact,
)
from shared.disagreement import FactId
from shared.event_store import Aggregate

__all__ = [
    "EXIT",
    "Attempt",
    "ContractEndsBeforeItStarts",
    "ContractWithoutJob",
    "DeathIsItsOwnReason",
    "EmploymentSupport",
    "EndReasonWithoutEnd",
    "Exit",
    "ExitBeforeStart",
    "FollowUp",
    "FollowUpBeforeExit",
    "FollowUpWithoutExit",
    "NotAJob",
    "NotStarted",
    "OutcomeFile",
    "Period",
    "SituationEndsBeforeItStarts",
    "SituationFile",
    "SituationNeeded",
    "VisitBeforeJob",
    "fact_of",
    "file_id",
    "period_fact",
]


def fact_of(event: Aggregate.Event) -> FactId | None:
    """Which fact an event tells of, as a disagreement names it."""
    match event:
        case OutcomeFile.Exited() | OutcomeFile.ExitCorrected():
            return EXIT
        case OutcomeFile.Reopened():
            return FactId("reopening")
        case OutcomeFile.FollowUpRecorded(fact=fact) | OutcomeFile.FollowUpCorrected(fact=fact):
            return FactId("follow-up", str(fact.month.value))
        case OutcomeFile.Attempted(key=key) | OutcomeFile.AttemptCorrected(key=key):
            return FactId("follow-up-attempt", str(key))
        case SituationFile.Recorded(key=key) | SituationFile.Ended(key=key) | SituationFile.Corrected(key=key):
            return period_fact(key)
        case SituationFile.SupportRecorded(key=key) | SituationFile.SupportCorrected(key=key):
            return FactId("employment-support", str(key))
    return None
