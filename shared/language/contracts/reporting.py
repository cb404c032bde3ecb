"""What reporting tells the others."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.language.contracts.envelope import Body


@dataclass(frozen=True, kw_only=True)
class PathwayAnonymised(Body):
    """What the indicators need of a forgotten pathway, under fresh ids: the rows of reporting's read models."""

    intake: list[dict[str, Any]]
    diagnostic: list[dict[str, Any]]
    activities: list[dict[str, Any]]
    outcomes: list[dict[str, Any]]
    profiles: list[dict[str, Any]] = field(default_factory=list)
    situations: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ErasureRewritten(Body):
    """The figures no longer need what the services hold of the erasure's pathways."""

    erasure: UUID


EVENTS: dict[str, type[Body]] = {
    "pathway-anonymised": PathwayAnonymised,
    "erasure-rewritten": ErasureRewritten,
}
"""Every event name with the type of its body."""
