"""The facts of kinds that are declared whole and counted (shared/language/kinds): when each happened."""

from uuid import UUID

from services.reporting.read_models.projection import Projection, State, pathway_of, shown
from shared.language.contracts import Body, PublicEvent
from shared.language.kinds import KINDS

_COUNTED = {kind.told: kind for kind in KINDS if kind.counted}


def _told(_: State, body: Body, event: PublicEvent) -> State:
    """Keeps when it happened; null: it did not take place after all."""
    on = event.happened_on
    return {"pathway": str(pathway_of(event)), "kind": _COUNTED[type(body)].name, "on": on and on.isoformat()}


FACTS = (
    Projection(
        table="facts",
        folds=dict.fromkeys(_COUNTED, _told),
        columns={"pathway": "uuid", "kind": "text", "happened_on": "date"},
        entity=lambda event: _COUNTED[type(event.body)].id_of(event.body),
        row=lambda state, by: (UUID(state["pathway"]), state["kind"], shown(state["on"], by)),
        days=lambda state: (state["on"],),
        pathway="pathway",
    ),
)[: bool(_COUNTED)]
"""None where no kind is counted."""
