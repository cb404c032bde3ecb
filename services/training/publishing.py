"""Our stored event to the public event."""

from uuid import UUID

from services.training.domain import Activity, ActivityFile
from shared.contracts import Body
from shared.contracts import training as contracts
from shared.event_store import Recorded


def public(recorded: Recorded) -> tuple[str, Body] | None:
    match recorded.event:
        case ActivityFile.Recorded(key=key, fact=fact):
            return "activity-recorded", _activity(key, fact)
        case ActivityFile.Corrected(key=key, fact=fact):
            return "activity-corrected", _activity(key, fact)
    raise NotImplementedError(f"no public event is decided for {recorded.name}")


def _activity(key: UUID, fact: Activity) -> contracts.Activity:
    return contracts.Activity(
        activity=key,
        kind=fact.kind,
        started_on=fact.started_on,
        ended_on=fact.ended_on,
        hours=fact.hours,
        status=fact.status,
    )
