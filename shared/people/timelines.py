"""One service's part of a pathway's timeline: every fact as it was told, corrections beside what they correct."""

from dataclasses import dataclass
from uuid import UUID

from shared.http.access import OfStructure
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import Store
from shared.kernel.known_pathways import Known, known_pathway
from shared.kernel.refusals import Problem
from shared.people.copies import CopiedFact, copied


@dataclass(frozen=True)
class Told(CopiedFact):
    """`version`: of its aggregate; the last of a pathway's is what `If-Match` names. `aggregate`: where it stands."""

    aggregate: UUID
    version: int


def timeline_routes(known: Known = known_pathway) -> Router:
    router = Router(prefix="/v1/pathways/{pathway}", tags=["timeline"])

    @router.get("/timeline")
    async def timeline(pathway: UUID, caller: OfStructure, store: Store, reading: Reading) -> list[Told]:
        """Everything that this service has recorded of a pathway of one's own structure, in the order of record."""
        concerned = await known(store, pathway, caller)
        concerned.must_be_shown_to(caller)
        if not await reading.shown([concerned]):
            raise Problem(404, "unknown-pathway", "this person is being forgotten")
        return [
            Told(**vars(copied(one)), aggregate=one.aggregate, version=one.version)
            for one in await store.history([pathway], [])
        ]

    return router
