"""The aggregates of outcomes, their facts and rules, one file a theme. Standard library and eventsourcing only."""

from services.outcomes.domain.leaving import Attempt, DeathIsItsOwnReason, Exit, FollowUp, OutcomeFile
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
    "ContractWithoutJob",
    "DeathIsItsOwnReason",
    "EmploymentSupport",
    "EndReasonWithoutEnd",
    "Exit",
    "FollowUp",
    "NotAJob",
    "OutcomeFile",
    "Period",
    "SituationEndsBeforeItStarts",
    "SituationFile",
    "VisitBeforeJob",
    "file_id",
]
