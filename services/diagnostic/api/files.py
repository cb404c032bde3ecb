"""A pathway's file as the people of its structure look at it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from services.diagnostic.domain import DiagnosticFile
from shared.http.access import OfStructure
from shared.http.readings import Reading
from shared.http.routes import Store
from shared.kernel.known_pathways import known_pathway
from shared.kernel.refusals import Problem


async def _file(pathway: UUID, caller: OfStructure, store: Store, reading: Reading) -> DiagnosticFile:
    concerned = await known_pathway(store, pathway, caller)
    concerned.must_be_shown_to(caller)
    if not await reading.shown([concerned]):
        raise Problem(404, "unknown-pathway", "this person is being forgotten")
    return await store.load(DiagnosticFile, pathway)


File = Annotated[DiagnosticFile, Depends(_file)]
"""Of a pathway of the caller's structure, with its texts; who looked is noted."""
