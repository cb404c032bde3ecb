"""Our stored event to the public event."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from services.reporting.domain import AnonymousPathway, Rewriting
from shared.kernel.publishing import Publisher, Source
from shared.language.contracts import EVENTS
from shared.language.contracts.reporting import ErasureRewritten

_COPY = EVENTS["reporting"]["pathway-anonymised"]


def _rows_of(table: str) -> Callable[[Any], Any]:
    """Of a copy that was stored before there was the table: none."""
    return lambda event: event.fact.get(table, [])


_TABLES: dict[str, Source] = {one.name: _rows_of(one.name) for one in fields(_COPY)}  # type: ignore[arg-type]

public = Publisher(
    EVENTS["reporting"],
    (AnonymousPathway, Rewriting),
    told={_COPY: _TABLES, ErasureRewritten: {"erasure": "fact"}},
)
