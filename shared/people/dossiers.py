"""The routes of what a service holds of a pathway: its part of the historical import, and what it knows."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.http.access import Commanded
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import Keys, Store, reads
from shared.kernel.callers import Command
from shared.kernel.event_store import EventStore
from shared.kernel.imports import AT_ONCE, Imported, ImportedUnderKey, KnownDossier, KnownUnderKey
from shared.kernel.refusals import Problem
from shared.language.history import Dossier, SentDossier
from shared.language.texts import Key
from shared.people.disagreement import ShownFact, facts_of


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
