"""A visit to an employer: a column of every type that an import reads, some of which may stay empty."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.language.codes import Hours, Qualification, Score
from shared.language.contracts import Body
from shared.language.days import Day
from shared.language.kinds import French, Kind
from shared.language.rules import RuleBroken
from shared.language.sealed import Sealed
from shared.language.texts import Name


class TooLong(RuleBroken):
    """Nobody visits for longer than a day."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A visit to an employer. `workshop`: what was visited; `note` is sealed."""

    visited_on: Day
    workshop: Name
    hours: Hours | None = None
    interest: Score = 5
    level: Qualification | None = None
    note: Sealed | None = None

    @property
    def happened_on(self) -> date:
        return self.visited_on


@dataclass(frozen=True, kw_only=True)
class VisitTold(Body):
    """A visit to an employer took place."""

    visit: UUID
    visited_on: Day


def rules(visit: Visit, _: date) -> Iterator[RuleBroken]:
    if visit.hours is not None and visit.hours > Decimal(12):
        yield TooLong(f"{visit.hours} hours are more than a day", field="hours")


VISIT = Kind(
    "training",
    "employer-visit",
    "employer-visits",
    Visit,
    French(
        one="une visite",
        recorded="Visite d'entreprise",
        corrected="Visite d'entreprise, corrigée",
        figure="Parcours avec visite",
        fields={
            "visited_on": "Date",
            "workshop": "Atelier",
            "hours": "Heures",
            "interest": "Intérêt",
            "level": "Niveau",
            "note": "Note",
        },
    ),
    told=VisitTold,
    rules=rules,
    row=("visited_on", "workshop"),
)
