"""What the routes of every pathway service are made of."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import Field

from shared.access import Caller, Command, Commanded, Role, allow
from shared.days import Day
from shared.disagreement import ShownFact, facts_of
from shared.door import Router
from shared.event_store import EventStore
from shared.history import Dossier, SentDossier
from shared.import_keys import ImportKeys
from shared.imports import AT_ONCE, Imported, ImportedUnderKey, KnownDossier, KnownUnderKey
from shared.problems import Problem
from shared.readings import Reading
from shared.texts import CodeOfStructure, Key, Pseudonym


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


@dataclass
class OnDay:
    """When it happened."""

    on: Day


@dataclass
class OnDayOrNot:
    """When it happened; null: it did not take place."""

    on: Day | None


@dataclass
class Dossiers:
    dossiers: Annotated[list[SentDossier], Field(max_length=AT_ONCE)]


@dataclass
class Pathways:
    """By the keys of an import."""

    pathways: Annotated[list[Key], Field(max_length=AT_ONCE)]


@dataclass(frozen=True)
class ShownDossier(KnownDossier):
    """The same fact by fact, with what the person says against it, without their words."""

    facts: tuple[ShownFact, ...] = ()


def pathway_routes(
    take: Callable[[EventStore, Sequence[Dossier], Command], Awaitable[list[Imported]]],
    known: Callable[[EventStore, Sequence[UUID]], Awaitable[list[KnownDossier]]],
) -> Router:
    """A service's part of the historical import, and what it knows of a pathway."""
    router = Router(prefix="/v1")

    @router.post("/imports", tags=["import"])
    async def import_dossiers(body: Dossiers, command: Commanded, store: Store, keys: Keys) -> list[ImportedUnderKey]:
        """Records this service's part of whole dossiers, each checked whole; what is known already adds nothing."""
        await keys.note(store.pool)
        dossiers = [keys.dossier(sent) for sent in body.dossiers]
        named = {dossier.pathway: sent.pathway for dossier, sent in zip(dossiers, body.dossiers, strict=True)}
        return [ImportedUnderKey(**vars(one), key=named[one.pathway]) for one in await take(store, dossiers, command)]

    @router.post("/imports/known", tags=["import"], dependencies=reads)
    async def known_rows(body: Pathways, store: Store, reading: Reading, keys: Keys) -> list[KnownUnderKey]:
        """What is recorded of these pathways, as rows of the import format."""
        asked = {keys.pathway(key): key for key in body.pathways}
        found = await reading.shown(await known(store, list(asked)))
        return [KnownUnderKey(**vars(one), key=asked[one.pathway]) for one in found]

    @router.get("/pathways/{pathway}", dependencies=reads)
    async def pathway(pathway: UUID, store: Store, reading: Reading) -> ShownDossier:
        """What this service has recorded of a pathway."""
        found = await reading.shown(await known(store, [pathway]))
        if not found:
            raise Problem(404, "unknown-pathway", "this service has recorded nothing of such a pathway")
        return ShownDossier(**vars(found[0]), facts=await facts_of(store, pathway, texts=False))

    return router
