"""The first days of jobs during support."""

from operator import attrgetter
from uuid import UUID

from services.reporting.read_models.projection import Projection, State, pathway_of, shown
from shared.language.codes import Situation
from shared.language.contracts import PublicEvent, outcomes


def _told(_: State, fact: outcomes.SituationPeriod, event: PublicEvent) -> State:
    """Keeps the first day of a job; of another situation, none."""
    job_on = fact.started_on.isoformat() if fact.kind is Situation.EMPLOYMENT else None
    return {"pathway": str(pathway_of(event)), "job_on": job_on}


SITUATIONS = Projection(
    table="situations",
    folds={outcomes.SituationPeriod: _told},
    columns={"pathway": "uuid", "job_on": "date"},
    entity=attrgetter("body.situation"),
    row=lambda state, by: (UUID(state["pathway"]), shown(state["job_on"], by)),
    days=lambda state: (state["job_on"],),
    pathway="pathway",
)
