"""How a person is forgotten: published by every service that owns facts of a pathway."""

from dataclasses import dataclass
from uuid import UUID

from shared.language.contracts.envelope import Body


@dataclass(frozen=True, kw_only=True)
class ErasureAccepted(Body):
    """A person is being forgotten: the service takes no more facts of these pathways. Vanishes when it is done."""

    erasure: UUID
    persons: list[UUID]
    pathways: list[UUID]


@dataclass(frozen=True, kw_only=True)
class PathwayErased(Body):
    """Delete what you hold of a pathway: the one for whose id, as text, HMAC-SHA-256 under `salt` gives `digest`.

    Both are in hexadecimal. The id itself is gone; who never held it learns nothing.
    """

    salt: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class ErasureDone(Body):
    """What was destroyed in this service: events, snapshots and data keys of its database, messages of its stream."""

    erasure: UUID
    events: int
    snapshots: int
    keys: int
    messages: int


EVENTS: dict[str, type[Body]] = {
    "erasure-accepted": ErasureAccepted,
    "pathway-erased": PathwayErased,
    "erasure-done": ErasureDone,
}
"""Every event name with the type of its body."""
