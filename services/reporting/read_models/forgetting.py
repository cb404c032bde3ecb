"""Forgetting a person: anonymous copies in the place of their pathways (docs/decisions/0009).

Every figure stays what it was, as known at any moment: the copies keep every row of the read models with the instants
between which it held, under fresh ids that lead nowhere.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

import orjson

from services.reporting.domain import AnonymousPathway, Rewriting, Rows
from services.reporting.read_models import PROJECTIONS
from services.reporting.read_models.engine import project
from services.reporting.read_models.projection import Projection
from services.reporting.read_models.sets import SETS
from shared.kernel.database import Connection
from shared.kernel.event_store import About, EventStore
from shared.language.contracts import PublicEvent
from shared.language.contracts.forgetting import ErasureAccepted
from shared.language.contracts.reporting import PathwayAnonymised
from shared.language.services import OF_PATHWAYS
from shared.people.forgetting import ACTOR, remember_digests

_TELLING: dict[Projection, str] = {of: of.pathway for of in PROJECTIONS if of.pathway is not None}
"""The read models that tell of pathways, with the column of the pathway's id."""


async def follow(store: EventStore, connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Applies events of one stream, in order, erasures included."""
    if events[0].service == "reporting":
        return await take_copies(connection, events)
    await project(connection, events)
    for told in events:
        if isinstance(told.body, ErasureAccepted):
            await _accepted(connection, store, told.service, told.body)


async def _accepted(connection: Connection, store: EventStore, service: str, told: ErasureAccepted) -> None:
    """Notes that a service takes no more facts; when all have said so, puts the copies in the pathways' place."""
    await connection.execute(
        """insert into erasures (erasure, persons, pathways, stage) values ($1, $2, $3, 'accepted')
           on conflict do nothing""",
        told.erasure,
        told.persons,
        told.pathways,
    )
    row = await connection.fetchrow(
        """update erasures set accepted_by = array(select distinct unnest(accepted_by || $2) order by 1)
            where erasure = $1 returning stage, accepted_by""",
        told.erasure,
        [service],
    )
    assert row is not None
    if row["stage"] == "done":
        # The set of read models under this transaction was filled before the rewriting; the copies come by our stream.
        await _drop(connection, told.pathways)
    elif set(row["accepted_by"]) == set(OF_PATHWAYS):
        await _rewrite(connection, store, told)


async def _rewrite(connection: Connection, store: EventStore, told: ErasureAccepted) -> None:
    someone = uuid4()
    for pathway in told.pathways:
        fresh = uuid4()
        for of in _TELLING:
            await _rename(connection, of, pathway, fresh, someone)
        copied = AnonymousPathway.blank(fresh)
        copied.take({of.table: await _rows(connection, of, fresh) for of in _TELLING})
        structure = await connection.fetchval(
            """select coalesce(received_by[cardinality(received_by)], structure) from intake
                where entity = $1 order by known_to desc limit 1""",
            fresh,
        )
        await store.append_within(connection, copied, About(structure, fresh, someone), ACTOR)
    rewriting = Rewriting.blank(told.erasure)
    rewriting.rewritten(told.erasure)
    await store.append_within(connection, rewriting, About(), ACTOR)
    await _drop(connection, told.pathways)
    await connection.execute("select forget_readings($1)", told.erasure)
    await remember_digests(connection, store, [*told.persons, *told.pathways])
    await connection.execute(
        "update erasures set stage = 'done', persons = null, pathways = null where erasure = $1", told.erasure
    )


async def _rename(connection: Connection, of: Projection, pathway: UUID, fresh: UUID, someone: UUID) -> None:
    """Gives a pathway's rows fresh ids, those that are their own too, and empties what is not kept of it."""
    entities = await connection.fetch(f"select distinct entity from {of.table} where {_TELLING[of]} = $1", pathway)
    old = [row["entity"] for row in entities]
    await connection.execute("delete from folds where projection = $1 and entity = any($2)", of.table, old)
    told = {"entity": "ids.fresh", _TELLING[of]: "them.pathway"}
    told |= dict.fromkeys(of.persons, "them.person") | dict.fromkeys(of.emptied, "null")
    await connection.execute(
        f"""update {of.table} a set {", ".join(f"{column} = {value}" for column, value in told.items())}
             from unnest($1::uuid[], $2::uuid[]) ids(old, fresh), (select $3::uuid pathway, $4::uuid person) them
            where a.entity = ids.old""",
        old,
        [uuid4() for _ in old],
        fresh,
        someone,
    )


async def _rows(connection: Connection, of: Projection, fresh: UUID) -> Rows:
    rows = await connection.fetch(
        f"select row_to_json(t) as row from {of.table} t where {_TELLING[of]} = $1 order by entity, known_from", fresh
    )
    return [orjson.loads(row["row"]) for row in rows]


async def _drop(connection: Connection, pathways: Sequence[UUID]) -> None:
    """Deletes everything that still stands under the old ids, in the set that does not answer too."""
    for name in SETS:
        for of, column in _TELLING.items():
            theirs = f"from {name}.{of.table} where {column} = any($1)"
            await connection.execute(
                f"delete from {name}.folds where projection = $2 and entity in (select entity {theirs})",
                pathways,
                of.table,
            )
            await connection.execute(f"delete {theirs}", pathways)
        await connection.execute(f"delete from {name}.parked where key = any($1::text[])", [str(id) for id in pathways])


async def take_copies(connection: Connection, events: Iterable[PublicEvent]) -> None:
    """Puts the copies of forgotten pathways into a set of read models that does not have them."""
    for told in events:
        if isinstance(told.body, PathwayAnonymised):
            for of in _TELLING:
                await connection.execute(
                    f"""insert into {of.table} select * from json_populate_recordset(null::{of.table}, $1)
                        on conflict do nothing""",
                    orjson.dumps(getattr(told.body, of.table)).decode(),
                )
