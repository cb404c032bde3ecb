"""The routes of disagreements, the same in each service that owns facts of a pathway."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import Field

from shared.http.access import allow, chosen_id
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import OnDay, Store
from shared.kernel.callers import Caller, Role
from shared.kernel.known_pathways import Known, OnPathway, known_pathway, on_pathway
from shared.kernel.refusals import Problem
from shared.language.days import Day
from shared.language.sealed import Sealed
from shared.language.texts import OneLine
from shared.people.disagreement import (
    Disagreement,
    DisagreementFile,
    FactId,
    ShownFact,
    facts_of,
    file_id,
    version_telling,
)


@dataclass
class Said:
    """That the person disagrees with a fact, and their words where they want them kept.

    `kind` and `fact` are those of the pathway's facts; `fact` is null where there is one of the kind at most. `id`:
    chosen by the caller, so that a repeat asks for the same.
    """

    kind: Annotated[str, OneLine(40)]
    said_on: Day
    fact: Annotated[str, OneLine(40)] | None = None
    text: Sealed | None = None
    id: UUID = Field(default_factory=chosen_id)


def disagreement_routes(known: Known = known_pathway) -> Router:
    router = Router(prefix="/v1/pathways/{pathway}", tags=["disagreements"])
    files = CommandRoutes(router, "", on_pathway(DisagreementFile, file_id, known))

    @files.post("/disagreements")
    async def disagree(file: DisagreementFile, here: OnPathway, body: Said) -> None:
        """Records that the person disagrees with a fact. It stays beside the fact, whatever becomes of that."""
        of = FactId(body.kind, body.fact)
        version = await version_telling(here.act.store, here.pathway.pathway, of)
        file.disagree(body.id, Disagreement(of, version, body.said_on, body.text), here.today)

    @files.post("/disagreements/{disagreement_id}/withdrawal")
    def withdraw(file: DisagreementFile, here: OnPathway, disagreement_id: UUID, body: OnDay) -> None:
        """The person no longer disagrees; that they did remains."""
        file.withdraw(disagreement_id, body.on, here.today)

    @router.get("/facts")
    async def facts(
        pathway: UUID,
        caller: Annotated[Caller, Depends(allow(Role.OPERATOR, Role.ADVISER, Role.MANAGER))],
        store: Store,
        reading: Reading,
    ) -> tuple[ShownFact, ...]:
        """The facts of a pathway, with what the person says against them; the operator reads no text."""
        concerned = await known(store, pathway, caller)
        concerned.must_be_shown_to(caller)
        if not await reading.shown([concerned]):
            raise Problem(404, "unknown-pathway", "this person is being forgotten")
        return await facts_of(store, pathway, texts=caller.role is not Role.OPERATOR)

    return router
