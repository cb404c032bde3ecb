"""The routes of disagreements, the same in each service that owns facts of a pathway."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field

from shared import disagreement
from shared.access import Caller, CommandedInStructure, Role, allow, chosen_id
from shared.command_routes import answered
from shared.commands import Done
from shared.days import Day
from shared.disagreement import FactId, ShownFact, facts_of
from shared.door import Router
from shared.known_pathways import Known, known_by_events
from shared.problems import Problem
from shared.readings import Reading
from shared.routes import OnDay, Store
from shared.sealing import Sealed
from shared.texts import OneLine


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


def disagreement_routes(known: Known = known_by_events) -> Router:
    router = Router(prefix="/v1/pathways/{pathway}", tags=["disagreements"])

    @router.post("/disagreements")
    async def disagree(
        pathway: UUID, body: Said, command: CommandedInStructure, store: Store, response: Response
    ) -> Done:
        """Records that the person disagrees with a fact. It stays beside the fact, whatever becomes of that."""
        of = FactId(body.kind, body.fact)
        done = await disagreement.disagree(store, pathway, known, body.id, of, body.said_on, body.text, command)
        return answered(response, done, body.id)

    @router.post("/disagreements/{disagreement_id}/withdrawal")
    async def withdraw(
        pathway: UUID,
        disagreement_id: UUID,
        body: OnDay,
        command: CommandedInStructure,
        store: Store,
        response: Response,
    ) -> Done:
        """The person no longer disagrees; that they did remains."""
        done = await disagreement.withdraw(store, pathway, known, disagreement_id, body.on, command)
        return answered(response, done, disagreement_id)

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
