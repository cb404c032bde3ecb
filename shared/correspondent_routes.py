"""The routes of correspondents, the same in each service whose facts name some."""

from dataclasses import dataclass, fields
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field

from shared import correspondents
from shared.access import CommandedByManager, CommandedInStructure, OfStructure, chosen_id
from shared.command_routes import answered
from shared.commands import Done
from shared.correspondents import Contact, ErasedCorrespondent, ListedCorrespondent
from shared.door import Router
from shared.routes import Limit, Store
from shared.texts import CodeOfStructure
from shared.whole import Whole


@dataclass(frozen=True, kw_only=True)
class NewCorrespondent(Contact):
    """A correspondent of a structure (its code). `id`: chosen by the caller, so that a repeat asks for the same."""

    structure: CodeOfStructure
    id: UUID = Field(default_factory=chosen_id)

    def contact(self) -> Contact:
        return Contact(**{field.name: getattr(self, field.name) for field in fields(Contact)})


def correspondent_routes() -> Router:
    router = Router(prefix="/v1/correspondents", tags=["correspondents"])

    @router.post("")
    async def record_correspondent(
        body: NewCorrespondent, command: CommandedInStructure, store: Store, response: Response
    ) -> Done:
        """Records a tutor, an employer's contact or another person whom a structure works with."""
        command.caller.must_be_of(body.structure)
        done = await correspondents.record(store, body.id, body.structure, body.contact(), command)
        return answered(response, done, body.id)

    @router.post("/{correspondent}/correction")
    async def correct_correspondent(
        correspondent: UUID, body: Whole[Contact], command: CommandedInStructure, store: Store, response: Response
    ) -> Done:
        """The whole contact as it is to stand."""
        return answered(response, await correspondents.correct(store, correspondent, body, command), correspondent)

    @router.get("")
    async def list_correspondents(caller: OfStructure, store: Store, limit: Limit = 100) -> list[ListedCorrespondent]:
        """The correspondents of one's own structure, the newest first."""
        return await correspondents.of_structure(store, caller.own_structure, limit)

    @router.post("/{correspondent}/erasure")
    async def erase_correspondent(
        correspondent: UUID, command: CommandedByManager, store: Store, request: Request
    ) -> ErasedCorrespondent:
        """Forgets a correspondent for ever (RGPD, article 17); facts that name them stay, and lead nowhere."""
        outside = request.app.state.runtime.forgetting.outside
        return await correspondents.erase(store, outside, correspondent, command.caller)

    return router
