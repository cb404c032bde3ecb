"""A pathway's file as the people of its structure look at it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from services.diagnostic.domain import DiagnosticFile
from shared.access import OfStructure
from shared.known_pathways import known_pathway
from shared.problems import Problem
from shared.readings import Reading
from shared.routes import Store


async def _file(pathway: UUID, caller: OfStructure, store: Store, reading: Reading) -> DiagnosticFile:
    concerned = await known_pathway(store, pathway, caller)
    concerned.must_be_shown_to(caller)
    if not await reading.shown([concerned]):
        raise Problem(404, "unknown-pathway", "this person is being forgotten")
    return await store.load(DiagnosticFile, pathway)


File = Annotated[DiagnosticFile, Depends(_file)]
"""Of a pathway of the caller's structure, with its texts; who looked is noted."""
