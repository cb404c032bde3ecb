"""The declaration of a read model: its table, the bodies that it follows, and how their facts become its rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any
from uuid import UUID

from shared.language.contracts import Body, PublicEvent

State = dict[str, Any]
Day = str
"""A day in a state, YYYY-MM-DD: the later is the greater."""
LAST: Day = date.max.isoformat()
Fold = Callable[[State, Any, PublicEvent], State]
"""Takes a state, and the body of an event with the event itself, to the next state."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Projection:
    """A read model, and the bodies of the events that it follows; a body that none follows is in no figure.

    `folds` take the bodies in; `row` shows as the table's columns what of a state had happened by a day; `days` are
    those that a state dates its facts by.

    Of a forgotten pathway the rows stay, under fresh ids (forgetting.py). `pathway` is the column of its id: where it
    is not `entity`, that is an id of its own; null: the table tells of no pathway. `persons` are the columns of its
    person's id, `emptied` those of which nothing is kept.
    """

    table: str
    folds: Mapping[type[Body], Fold]
    columns: Mapping[str, str]
    entity: Callable[[PublicEvent], UUID] = attrgetter("aggregate")
    row: Callable[[State, Day], tuple[Any, ...]]
    days: Callable[[State], Iterable[Day | None]] = lambda _: ()
    pathway: str | None
    persons: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()

    def fold(self, state: State, event: PublicEvent) -> State:
        return self.folds[type(event.body)](state, event.body, event)


class UnexpectedEvent(Exception):
    """A fact of a pathway that names none."""


def pathway_of(event: PublicEvent) -> UUID:
    """Tells whose a fact with an id of its own is, whatever aggregate tells of it."""
    if event.pathway is None:
        raise UnexpectedEvent(event.name)
    return event.pathway


def shown(text: Day | None, by: Day = LAST) -> date | None:
    """Shows a day; null where it was later than `by`."""
    return None if text is None or text > by else date.fromisoformat(text)


def happened(facts: Iterable[Sequence[Any]], by: Day) -> list[Sequence[Any]]:
    """Orders the facts that had happened by a day: by their own, which is first in each, then as they were."""
    return sorted((fact for fact in facts if fact[0] <= by), key=lambda fact: fact[0])


def array(values: Sequence[str]) -> str | None:
    """Writes codes or dates as PostgreSQL writes an array; null where there is none."""
    return f"{{{','.join(values)}}}" if values else None
