"""What training tells the others."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.codes import ActivityKind, ActivityStatus, Barrier, SupportResult
from shared.contracts.envelope import Body


@dataclass(frozen=True, kw_only=True)
class Activity(Body):
    """`hours` is null for a no-show."""

    activity: UUID
    kind: ActivityKind
    started_on: date
    ended_on: date
    hours: Decimal | None
    status: ActivityStatus


@dataclass(frozen=True, kw_only=True)
class SupportReport(Body):
    """What a support action did to the barrier that it aimed at. `action`: of the plan, where it was one of it."""

    report: UUID
    action: UUID | None
    barrier: Barrier
    result: SupportResult
    reported_on: date


EVENTS: dict[str, type[Body]] = {
    "activity-recorded": Activity,
    "activity-corrected": Activity,
    "support-reported": SupportReport,
    "support-report-corrected": SupportReport,
    "special-support-reported": SupportReport,
    "special-support-report-corrected": SupportReport,
}
"""Every event name with the type of its body."""
