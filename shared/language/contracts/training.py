"""What training tells the others."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from shared.language.codes import (
    ActivityKind,
    ActivityStatus,
    Barrier,
    DayPart,
    DropOutReason,
    PlacementConclusion,
    PlacementForm,
    PlacementObjective,
    ProposalEnd,
    SessionKind,
    SupportResult,
    WithdrawalReason,
)
from shared.language.contracts.envelope import Body
from shared.language.days import Day


@dataclass(frozen=True, kw_only=True)
class Activity(Body):
    """`hours` is null for a no-show."""

    activity: UUID
    kind: ActivityKind
    started_on: Day
    ended_on: Day
    hours: Decimal | None
    status: ActivityStatus


@dataclass(frozen=True, kw_only=True)
class SupportReport(Body):
    """What a support action did to the barrier that it aimed at. `action`: of the plan, where it was one of it."""

    report: UUID
    action: UUID | None
    barrier: Barrier
    result: SupportResult
    reported_on: Day


@dataclass(frozen=True)
class HalfDay:
    day: Day
    part: DayPart


@dataclass(frozen=True, kw_only=True)
class SessionPlan(Body):
    """A collective session; it concerns no person. `hours_per_half_day`: hours.

    `capacity`: places for people of the structure; `outside`: how many others take part beside them.
    """

    session: UUID
    kind: SessionKind
    half_days: list[HalfDay]
    hours_per_half_day: Decimal
    capacity: int
    outside: int


@dataclass(frozen=True, kw_only=True)
class SessionCancellation(Body):
    session: UUID
    cancelled_on: Day


@dataclass(frozen=True, kw_only=True)
class Enrolment(Body):
    """The first who are enrolled have the session's places, the others wait, in the order in which this is told."""

    enrolment: UUID
    session: UUID
    enrolled_on: Day


@dataclass(frozen=True, kw_only=True)
class EnrolmentEnd(Body):
    enrolment: UUID
    withdrawn_on: Day
    withdrawn_for: WithdrawalReason


@dataclass(frozen=True, kw_only=True)
class Placement(Body):
    """A placement as agreed. `ends_on`: its last day, a renewal included. `complete`: host and tutor are known."""

    placement: UUID
    form: PlacementForm
    starts_on: Day
    ends_on: Day
    objective: PlacementObjective | None
    complete: bool


@dataclass(frozen=True, kw_only=True)
class PlacementEnd(Body):
    """`hours` done, null where the person never came. `broken_off_for`: why it ended before its last day."""

    placement: UUID
    ended_on: Day
    hours: Decimal | None
    broken_off_for: DropOutReason | None


@dataclass(frozen=True, kw_only=True)
class PlacementCancellation(Body):
    placement: UUID
    cancelled_on: Day
    cancelled_for: WithdrawalReason


@dataclass(frozen=True, kw_only=True)
class Evaluation(Body):
    placement: UUID
    evaluated_on: Day
    conclusion: PlacementConclusion


@dataclass(frozen=True, kw_only=True)
class Proposal(Body):
    """The person is to take part in something. `action`: of the plan, null where a transfer proposes it anew."""

    proposal: UUID
    action: UUID | None
    kind: ActivityKind
    due_on: Day | None


@dataclass(frozen=True, kw_only=True)
class ProposalClosing(Body):
    proposal: UUID
    closed_on: Day | None
    closed_for: ProposalEnd


@dataclass(frozen=True, kw_only=True)
class TrainingPeriod(Body):
    """A training period of a structure's formation-action; its end may be planned.

    `taught`: how many things; `participants`: how many people of the structure, null: not counted yet.
    """

    period: UUID
    started_on: Day
    ended_on: Day
    taught: int
    participants: int | None


@dataclass(frozen=True, kw_only=True)
class ActionPeriod(Body):
    """The period after it, in which what was taught is put to work. `commitments`: how many."""

    period: UUID
    started_on: Day
    ended_on: Day
    commitments: int


@dataclass(frozen=True, kw_only=True)
class ActionFeedback(Body):
    """What came of an action period. `points`: how many; `kept`: how many of its commitments were kept."""

    period: UUID
    given_on: Day
    points: int
    kept: int


@dataclass(frozen=True, kw_only=True)
class PeriodAnnulment(Body):
    """The period did not take place, nor did its feedback."""

    period: UUID
    annulled_on: Day


EVENTS: dict[str, type[Body]] = {
    "activity-recorded": Activity,
    "activity-corrected": Activity,
    "support-reported": SupportReport,
    "support-report-corrected": SupportReport,
    "special-support-reported": SupportReport,
    "special-support-report-corrected": SupportReport,
    "session-planned": SessionPlan,
    "session-corrected": SessionPlan,
    "session-cancelled": SessionCancellation,
    "enrolled": Enrolment,
    "enrolment-withdrawn": EnrolmentEnd,
    "placement-planned": Placement,
    "placement-corrected": Placement,
    "placement-renewed": Placement,
    "placement-ended": PlacementEnd,
    "placement-end-corrected": PlacementEnd,
    "placement-cancelled": PlacementCancellation,
    "placement-evaluated": Evaluation,
    "placement-evaluation-corrected": Evaluation,
    "participation-proposed": Proposal,
    "proposal-closed": ProposalClosing,
    "training-period-recorded": TrainingPeriod,
    "training-period-corrected": TrainingPeriod,
    "action-period-recorded": ActionPeriod,
    "action-period-corrected": ActionPeriod,
    "action-feedback-recorded": ActionFeedback,
    "action-feedback-corrected": ActionFeedback,
    "formation-period-annulled": PeriodAnnulment,
}
"""Every event name with the type of its body."""
