"""The profiles, one of a pathway and moment: whether mainstream services supported the person."""

from typing import Any
from uuid import UUID, uuid5

from services.reporting.read_models.projection import Day, Projection, State, pathway_of
from shared.language.codes import MainstreamSupport
from shared.language.contracts import PublicEvent, intake

_NO_SERVICE = {MainstreamSupport.NONE, MainstreamSupport.UNKNOWN, MainstreamSupport.REFUSED}


def _id(event: PublicEvent) -> UUID:
    assert isinstance(event.body, intake.Profile)
    return uuid5(pathway_of(event), f"profile {event.body.moment.value}")


def _told(_: State, profile: intake.Profile, event: PublicEvent) -> State:
    return {
        "pathway": str(pathway_of(event)),
        "moment": profile.moment.value,
        "mainstream": _supported(set(profile.mainstream)),
        "on": profile.on.isoformat(),
    }


def _supported(services: set[MainstreamSupport]) -> bool | None:
    """Tells whether some service did, none did, or (null) nobody knows."""
    return True if services - _NO_SERVICE else False if services == {MainstreamSupport.NONE} else None


def _row(state: State, by: Day) -> tuple[Any, ...]:
    """Shows a state of before profiles had their day as it is."""
    mainstream = state["mainstream"] if state.get("on", by) <= by else None
    return UUID(state["pathway"]), state["moment"], mainstream


PROFILES = Projection(
    table="profiles",
    folds={intake.Profile: _told},
    columns={"pathway": "uuid", "moment": "text", "mainstream": "boolean"},
    entity=_id,
    row=_row,
    days=lambda state: (state.get("on"),),
    pathway="pathway",
)
