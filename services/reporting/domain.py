"""The files that reporting keeps: anonymous copies of forgotten pathways, and the erasures that it is done with."""

from typing import Annotated, Any
from uuid import UUID

from eventsourcing.domain import event

from shared.kernel.event_store import Aggregate
from shared.language.codes import InClear

Table = Annotated[str, InClear("name of a read model")]
Column = Annotated[str, InClear("column of a read model, whose values are codes, dates and counts")]
Rows = list[dict[Column, Any]]
Copy = dict[Table, Rows]
"""The rows of one pathway by table, under fresh ids. One that was stored before a table was made lacks it."""


class AnonymousPathway(Aggregate):
    """Keeps what the indicators need of a forgotten pathway."""

    TOPIC = "reporting.anonymous-pathway"
    copied: bool = False

    class Anonymised(Aggregate.Event):
        TOPIC = "reporting.pathway-anonymised"
        fact: Copy

    def take(self, copy: Copy) -> None:
        self._anonymised(copy)

    @event(Anonymised)
    def _anonymised(self, fact: Copy) -> None:
        self.copied = True


class Rewriting(Aggregate):
    """Notes that the figures no longer need an erasure's pathways."""

    TOPIC = "reporting.rewriting"
    done: bool = False

    class Rewritten(Aggregate.Event):
        TOPIC = "reporting.erasure-rewritten"
        fact: UUID

    def rewritten(self, erasure: UUID) -> None:
        self._rewritten(erasure)

    @event(Rewritten)
    def _rewritten(self, fact: UUID) -> None:
        self.done = True
