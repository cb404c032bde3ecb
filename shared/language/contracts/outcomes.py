"""What outcomes tells the others."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from shared.language.codes import (
    ContactMeans,
    Contract,
    EmploymentSupportKind,
    ExitClass,
    ExitReason,
    FollowUpMonth,
    FollowUpStatus,
    Situation,
)
from shared.language.contracts.envelope import Body
from shared.language.days import Day


@dataclass(frozen=True, kw_only=True)
class Exit(Body):
    """`exit_class` was derived by `rule`; `uncertain` marks employment whose contract or dates are unknown.

    `reason`: why the person left, apart from where they stood; null: not known, as of imports.
    """

    exited_on: Day
    situation: Situation
    contract: Contract | None
    contract_start: Day | None
    contract_end: Day | None
    exit_class: ExitClass
    rule: str
    uncertain: bool
    reason: ExitReason | None = None


@dataclass(frozen=True, kw_only=True)
class Reopening(Body):
    """The exit is annulled from when this becomes known."""

    reopened_on: Day


@dataclass(frozen=True, kw_only=True)
class FollowUp(Body):
    month: FollowUpMonth
    asked_on: Day
    status: FollowUpStatus
    situation: Situation | None


@dataclass(frozen=True, kw_only=True)
class SituationPeriod(Body):
    """Where the person stands from a day on, during support: a job, training, an SIAE, or another situation.

    `ended_on`: when it ended; null: it goes on. `contract_end`: when it is to end. `hours_a_week`: hours.
    """

    situation: UUID
    kind: Situation
    started_on: Day
    ended_on: Day | None
    contract: Contract | None
    contract_end: Day | None
    hours_a_week: Decimal | None


@dataclass(frozen=True, kw_only=True)
class EmploymentSupport(Body):
    """Support went on in a job by a visit or a talk. `situation`: of the job."""

    support: UUID
    situation: UUID
    what: EmploymentSupportKind
    supported_on: Day


@dataclass(frozen=True, kw_only=True)
class FollowUpAttempt(Body):
    """Somebody tried to reach the person for a follow-up. No result, and no contact."""

    attempt: UUID
    month: FollowUpMonth
    attempted_on: Day
    means: ContactMeans


EVENTS: dict[str, type[Body]] = {
    "support-exited": Exit,
    "exit-corrected": Exit,
    "special-support-exited": Exit,
    "special-exit-corrected": Exit,
    "exit-reopened": Reopening,
    "situation-recorded": SituationPeriod,
    "situation-corrected": SituationPeriod,
    "special-situation-recorded": SituationPeriod,
    "special-situation-corrected": SituationPeriod,
    "follow-up-recorded": FollowUp,
    "follow-up-corrected": FollowUp,
    "special-follow-up-recorded": FollowUp,
    "special-follow-up-corrected": FollowUp,
    "situation-ended": SituationPeriod,
    "special-situation-ended": SituationPeriod,
    "employment-support-recorded": EmploymentSupport,
    "employment-support-corrected": EmploymentSupport,
    "follow-up-attempted": FollowUpAttempt,
    "follow-up-attempt-corrected": FollowUpAttempt,
}
"""Every event name with the type of its body."""
