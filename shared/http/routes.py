"""What the routes of every pathway service are made of."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from shared.http.access import allow
from shared.kernel.callers import Caller, Role
from shared.kernel.event_store import EventStore
from shared.kernel.import_keys import ImportKeys
from shared.language.days import Day
from shared.language.texts import CodeOfStructure, Pseudonym


async def _store(request: Request) -> EventStore:
    store: EventStore = request.app.state.runtime.store
    return store


Store = Annotated[EventStore, Depends(_store)]


async def _keys(request: Request) -> ImportKeys:
    keys: ImportKeys = request.app.state.runtime.import_keys
    return keys


Keys = Annotated[ImportKeys, Depends(_keys)]
"""What leads from the keys of an import to the platform's ids."""
reads = [Depends(allow(Role.OPERATOR))]
"""Who may read what concerns no structure of their own."""
programme_reads = [Depends(allow(Role.OPERATOR, Role.ADVISER, Role.MANAGER))]
"""Who may read what the programme tells of all its structures, and of no person."""


async def _structure_asked(
    caller: Annotated[Caller, Depends(allow(Role.OPERATOR, Role.ADVISER, Role.MANAGER))],
    structure: Annotated[CodeOfStructure | None, Query(description="Code of a structure")] = None,
) -> str | None:
    if caller.role is Role.OPERATOR:
        return structure
    caller.must_be_of(structure or caller.own_structure)
    return caller.own_structure


AskedStructure = Annotated[str | None, Depends(_structure_asked)]
"""Whose list is asked for: an adviser's or a manager's own, or whichever the operator names (null: all)."""
Limit = Annotated[int, Query(ge=1, le=1000, description="Rows at most")]


AskedUser = Annotated[Pseudonym | None, Query(description="Subject of a user's token: theirs alone")]
"""A filter that names somebody whom a token may name; a blank is none, nor is an address."""


From = Annotated[Day, Query(alias="from")]
To = Annotated[Day, Query(alias="to")]


@dataclass
class OnDay:
    """When it happened."""

    on: Day


@dataclass
class OnDayOrNot:
    """When it happened; null: it did not take place."""

    on: Day | None
