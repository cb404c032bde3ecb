"""The envelope of a public event, as a consumer receives it."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID


class Body:
    """Base of what public events say."""


class PublicEvent(NamedTuple):
    """One published event as a consumer receives it: the envelope and its body.

    `position` is the service's own order (`ce-sequence`), strictly increasing within `generation`;
    `known_at` never decreases with it. `pathway` is null where no pathway is concerned.
    """

    service: str
    name: str
    position: int
    aggregate: UUID
    version: int
    structure: str | None
    pathway: UUID | None
    person: UUID | None
    happened_on: date | None
    known_at: datetime
    rule: str | None
    historical: bool
    traceparent: str | None
    body: Body

    @property
    def id(self) -> str:
        return f"{self.service}/{self.aggregate}/{self.version}"
