"""A talk with a mentor: what a person who does the job tells of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.codes import ContactMeans
from shared.contracts import Body
from shared.days import Day
from shared.kinds import French, Kind
from shared.rules import InTheFuture, RuleBroken
from shared.sealing import Sealed


@dataclass(frozen=True, kw_only=True)
class Mentoring:
    """A talk with a mentor. `means`: how they met. `note` is sealed."""

    met_on: Day
    means: ContactMeans
    note: Sealed | None = None

    @property
    def happened_on(self) -> date:
        return self.met_on


@dataclass(frozen=True, kw_only=True)
class MentoringTold(Body):
    """A talk with a mentor took place."""

    mentoring: UUID
    met_on: Day
    means: ContactMeans


def rules(mentoring: Mentoring, today: date) -> Iterator[RuleBroken]:
    if mentoring.met_on > today:
        yield InTheFuture(f"met on {mentoring.met_on}, after today, {today}", field="met_on")


MENTORING = Kind(
    "training",
    "mentoring",
    "mentorings",
    Mentoring,
    French(
        one="un mentorat",
        recorded="Rencontre avec un mentor",
        corrected="Rencontre avec un mentor, corrigée",
        figure="Parcours avec mentorat",
        fields={"met_on": "Date", "means": "Par quel moyen", "note": "Note"},
    ),
    told=MentoringTold,
    rules=rules,
    row=("met_on", "means"),
    counted=True,
)
