"""Where a person stands during support and after it, one file a theme. Standard library and eventsourcing only."""

from services.outcomes.domain.leaving import (
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
)

__all__ = [
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
    "file_id",
]
