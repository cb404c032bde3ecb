"""The activities: of which kind, for how many hours, and whether the person came."""

from decimal import Decimal
from operator import attrgetter
from typing import Any
from uuid import UUID

from services.reporting.read_models.projection import Day, Projection, State, pathway_of, shown
from shared.language.codes import ActivityStatus
from shared.language.contracts import PublicEvent, training


def _told(_: State, fact: training.Activity, event: PublicEvent) -> State:
    return {
        "pathway": str(pathway_of(event)),
        "kind": fact.kind.value,
        "started_on": fact.started_on.isoformat(),
        "hours": str(fact.hours or 0),
        "attended": fact.status is not ActivityStatus.NO_SHOW,
    }


def _row(state: State, by: Day) -> tuple[Any, ...]:
    return (
        UUID(state["pathway"]),
        state["kind"],
        shown(state["started_on"]),
        Decimal(state["hours"]),
        state["attended"] and state["started_on"] <= by,
    )


ACTIVITIES = Projection(
    table="activities",
    folds={training.Activity: _told},
    columns={"pathway": "uuid", "kind": "text", "started_on": "date", "hours": "numeric", "attended": "boolean"},
    entity=attrgetter("body.activity"),
    row=_row,
    days=lambda state: (state["started_on"],),
    pathway="pathway",
)
