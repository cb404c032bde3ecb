"""Reporting's part in forgetting a person: anonymous copies in the place of their pathways (docs/decisions/0009).

Every figure stays what it was, as known at any moment: the copies keep every row of the read models with the instants
between which it held, under fresh ids that lead nowhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID, uuid4

import orjson
from eventsourcing.domain import event

from shared.codes import InClear
from shared.contracts import Body, PublicEvent
from shared.contracts import reporting as contracts
from shared.contracts.forgetting import ErasureAccepted
from shared.database import Connection
from shared.event_store import About, Aggregate, EventStore, Recorded
from shared.forgetting import ACTOR, remember_digests

TABLES = {
    "intake": "entity",
    "diagnostic": "entity",
    "activities": "pathway",
    "outcomes": "entity",
    "profiles": "pathway",
    "situations": "pathway",
}
"""The read models with the column that holds the pathway's id; where it is not `entity`, that is an id of its own."""
_WITH_IDS = [table for table, column in TABLES.items() if column == "pathway"]
OWNERS = ("diagnostic", "intake", "outcomes", "training")
"""The services that hold facts of pathways: each must have said that it takes no more."""

Column = Annotated[str, InClear("column of a read model, whose values are codes, dates and counts")]
Rows = list[dict[Column, Any]]


@dataclass(frozen=True)
class Copy:
    """The rows of one pathway by table, under fresh ids."""

    intake: Rows
    diagnostic: Rows
    activities: Rows
    outcomes: Rows
    profiles: Rows = field(default_factory=list)
    situations: Rows = field(default_factory=list)


class AnonymousPathway(Aggregate):
    """What the indicators keep of a forgotten pathway."""

    TOPIC = "reporting.anonymous-pathway"
    copied: bool = False

    class Anonymised(Aggregate.Event):
        TOPIC = "reporting.pathway-anonymised"
        fact: Copy

    def take(self, copy: Copy) -> None:
        self._anonymised(copy)

    @event(Anonymised)
    def _anonymised(self, fact: Copy) -> None:
        self.copied = True


class Rewriting(Aggregate):
    """That the figures no longer need an erasure's pathways."""

    TOPIC = "reporting.rewriting"
    done: bool = False

    class Rewritten(Aggregate.Event):
        TOPIC = "reporting.erasure-rewritten"
        fact: UUID

    def rewritten(self, erasure: UUID) -> None:
        self._rewritten(erasure)

    @event(Rewritten)
    def _rewritten(self, fact: UUID) -> None:
        self.done = True


def public(recorded: Recorded) -> tuple[str, Body] | None:
    match recorded.event:
        case AnonymousPathway.Anonymised(fact=fact):
            return "pathway-anonymised", contracts.PathwayAnonymised(**vars(fact))
        case Rewriting.Rewritten(fact=erasure):
            return "erasure-rewritten", contracts.ErasureRewritten(erasure=erasure)
    raise NotImplementedError(f"no public event is decided for {recorded.name}")


async def take_accepted(connection: Connection, store: EventStore, events: Iterable[PublicEvent]) -> None:
    """Notes which service takes no more facts; when all have said so, puts the copies in the pathways' place."""
    for told in events:
        if isinstance(told.body, ErasureAccepted):
            await _accepted(connection, store, told.service, told.body)


async def _accepted(connection: Connection, store: EventStore, service: str, told: ErasureAccepted) -> None:
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
    elif tuple(row["accepted_by"]) == OWNERS:
        await _rewrite(connection, store, told)


async def _rewrite(connection: Connection, store: EventStore, told: ErasureAccepted) -> None:
    someone = uuid4()
    for pathway in told.pathways:
        fresh = uuid4()
        await connection.execute(
            "update intake set entity = $2, person = $3 where entity = $1", pathway, fresh, someone
        )
        # No figure needs which barriers they were, and some reveal health or justice.
        await connection.execute("update diagnostic set entity = $2, domains = null where entity = $1", pathway, fresh)
        await connection.execute("update outcomes set entity = $2 where entity = $1", pathway, fresh)
        for table in _WITH_IDS:
            await _rename(connection, table, pathway, fresh)
        copied = AnonymousPathway.blank(fresh)
        copied.take(Copy(**{table: await _rows(connection, table, fresh) for table in TABLES}))
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


async def _rename(connection: Connection, table: str, pathway: UUID, fresh: UUID) -> None:
    """Rows that have ids of their own get fresh ones too."""
    entities = await connection.fetch(f"select distinct entity from {table} where pathway = $1", pathway)
    old = [row["entity"] for row in entities]
    await connection.execute("delete from folds where projection = $1 and entity = any($2)", table, old)
    await connection.execute(
        f"""update {table} a set entity = u.fresh, pathway = $3
             from unnest($1::uuid[], $2::uuid[]) u(old, fresh) where a.entity = u.old""",
        old,
        [uuid4() for _ in old],
        fresh,
    )


async def _rows(connection: Connection, table: str, fresh: UUID) -> Rows:
    rows = await connection.fetch(
        f"select row_to_json(t) as row from {table} t where {TABLES[table]} = $1 order by entity, known_from", fresh
    )
    return [orjson.loads(row["row"]) for row in rows]


async def _drop(connection: Connection, pathways: Sequence[UUID]) -> None:
    """Everything that still stands under the old ids in this set of read models."""
    await connection.execute("delete from folds where entity = any($1)", pathways)
    for table in _WITH_IDS:
        await connection.execute(
            f"""delete from folds where projection = $2
                  and entity in (select entity from {table} where pathway = any($1))""",
            pathways,
            table,
        )
    for table, column in TABLES.items():
        await connection.execute(f"delete from {table} where {column} = any($1)", pathways)
    await connection.execute("delete from parked where key = any($1::text[])", [str(id) for id in pathways])


async def take_copies(connection: Connection, events: Iterable[PublicEvent]) -> None:
    """Puts the copies of forgotten pathways into a set of read models that does not have them."""
    for told in events:
        if isinstance(told.body, contracts.PathwayAnonymised):
            for table in TABLES:
                await connection.execute(
                    f"""insert into {table} select * from json_populate_recordset(null::{table}, $1)
                        on conflict do nothing""",
                    orjson.dumps(getattr(told.body, table)).decode(),
                )
