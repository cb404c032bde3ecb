"""The routes of correspondents, the same in each service whose facts name some."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from pydantic import Field

from shared.http.access import CommandedByManager, OfStructure, chosen_id
from shared.http.bodies import Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.routes import Limit, Store
from shared.kernel.commands import Act
from shared.language.texts import CodeOfStructure
from shared.people import correspondents
from shared.people.correspondents import Contact, Correspondent, ErasedCorrespondent, ListedCorrespondent


@dataclass(frozen=True, kw_only=True)
class NewCorrespondent(Contact):
    """A correspondent of a structure (its code). `id`: chosen by the caller, so that a repeat asks for the same."""

    structure: CodeOfStructure
    id: UUID = Field(default_factory=chosen_id)


def correspondent_routes() -> Router:
    router = Router(prefix="/v1/correspondents", tags=["correspondents"])
    files = CommandRoutes(router, "", correspondents.correspondent_file)

    @files.post("", target=lambda body: correspondents.file_for(body.structure, body.id))
    def record_correspondent(file: Correspondent, act: Act, body: NewCorrespondent) -> None:
        """Records a tutor, an employer's contact or another person whom a structure works with."""
        file.record(body.id, body.structure, fact_in(Contact, body))

    @files.post("/{correspondent}/correction")
    def correct_correspondent(file: Correspondent, act: Act, correspondent: UUID, body: Whole[Contact]) -> None:
        """The whole contact as it is to stand."""
        file.correct(body)

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
