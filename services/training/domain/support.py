"""Support actions: done with a person to lift one barrier, with the result."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.training.domain.activity import Activity
from shared.language.codes import ActivityKind, ActivityStatus, Barrier, OrganisationName, SupportResult
from shared.language.days import Day


@dataclass(frozen=True, kw_only=True)
class SupportAction:
    """`barrier`: the one of the diagnostic that it aims at. `action`: of the plan, where it was one of it.

    `partner`: the organisation that did it with the person.
    """

    barrier: Barrier
    started_on: Day
    ended_on: Day
    hours: Decimal
    result: SupportResult
    action: UUID | None = None
    partner: OrganisationName | None = None

    @property
    def happened_on(self) -> date:
        return self.ended_on

    @property
    def activity(self) -> Activity:
        return Activity(ActivityKind.SUPPORT, self.started_on, self.ended_on, ActivityStatus.COMPLETED, self.hours)
