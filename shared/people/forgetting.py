"""How a person is forgotten, in every service the same way (docs/decisions/0009-erasure-replaces.md).

1. accepted: the service takes no more facts of the person's pathways, and says so at the end of its stream.
2. rewritten: reporting has heard that of all four services, has put anonymous copies in the place of the pathways,
   and says so.
3. deleted: the service takes its events, snapshots, keys, answers and views of them away, in one transaction.
4. done: the messages are deleted from its stream, securely; integrators are told, without the ids; the ids are dropped.

Each step is done again after a crash and changes nothing the second time.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid5

import asyncpg
import nats.errors
import nats.js.errors
from eventsourcing.domain import event

from shared.kernel import broker
from shared.kernel.database import Connection
from shared.kernel.erasure_ledger import ErasureLedger
from shared.kernel.event_store import About, Aggregate, EventStore, Recorded, append_lock
from shared.kernel.facts import Fact, FactEvent
from shared.language.codes import InClear
from shared.language.contracts import Body, PublicEvent
from shared.language.contracts import forgetting as contracts
from shared.language.contracts.forgetting import ErasureAccepted
from shared.language.contracts.reporting import ErasureRewritten

log = logging.getLogger(__name__)

ACTOR = "erasure"
"""Who does what follows from an erasure; who asked for it stands in intake's event until it is done."""
PAUSE = 0.2
"""Seconds between two looks for work."""

InTurn = Callable[[Connection], Awaitable[None]]
"""Waits until no other transaction writes of people, and lets none begin before this one ends."""
DELETED_ELSEWHERE = {
    "events": "by forget_events, as the service's role may not; it counts them",
    "snapshots": "by forget_events, as the service's role may not; it counts them",
    "person_keys": "by forget_events, which counts them",
    "known_pathways": "by forget_events, as the service's role may not",
    "readings": "by forget_readings, as the service's role may not",
}
"""The tables with a column `person` or `pathway` that `forget_rows` leaves to another step of its transaction."""

Hexadecimal = Annotated[str, InClear("digest or salt")]


@dataclass(frozen=True)
class Concerned:
    """Whom an erasure is about: the person with those merged into them, and all their pathways."""

    persons: list[UUID]
    pathways: list[UUID]


@dataclass(frozen=True)
class Digest:
    """By which whoever holds a pathway's id recognises it: HMAC-SHA-256 of the id's text under the salt."""

    salt: Hexadecimal
    digest: Hexadecimal

    @classmethod
    def of(cls, pathway: UUID) -> "Digest":
        salt = secrets.token_bytes(16)
        return cls(salt.hex(), hmac.new(salt, str(pathway).encode(), hashlib.sha256).hexdigest())


@dataclass(frozen=True)
class Destroyed:
    """How many were destroyed in one service."""

    events: int
    snapshots: int
    keys: int
    messages: int


class Erasure(Aggregate):
    """The ids that an erasure is about; its event is deleted with theirs."""

    TOPIC = "forgetting.erasure"
    accepted: bool = False

    class Accepted(Aggregate.Event):
        TOPIC = "forgetting.erasure-accepted"
        fact: Concerned

    def accept(self, concerned: Concerned) -> None:
        if not self.accepted:
            self._accepted(concerned)

    @event(Accepted)
    def _accepted(self, fact: Concerned) -> None:
        self.accepted = True


class ErasureReport(Aggregate):
    """What is left of an erasure: how much was destroyed, and digests for those who hold copies."""

    TOPIC = "forgetting.report"

    class PathwayErased(Aggregate.Event):
        TOPIC = "forgetting.pathway-erased"
        fact: Digest

    class ErasureDone(FactEvent):
        TOPIC = "forgetting.erasure-done"
        fact: Destroyed
        erasure: UUID

    destroyed = Fact(Destroyed, None, ErasureDone, bare=True)

    def tell(self, erasure: UUID, pathways: Sequence[UUID], destroyed: Destroyed) -> None:
        if not self.destroyed:
            for pathway in pathways:
                self.trigger_event(self.PathwayErased, fact=Digest.of(pathway))
            self.destroyed.record(destroyed, erasure=erasure)


def public(recorded: Recorded) -> tuple[str, Body] | None:
    """The public events of an erasure; null for any other event."""
    match recorded.event:
        case Erasure.Accepted(fact=fact):
            body = ErasureAccepted(erasure=recorded.aggregate, persons=fact.persons, pathways=fact.pathways)
            return "erasure-accepted", body
        case ErasureReport.PathwayErased(fact=fact):
            return "pathway-erased", contracts.PathwayErased(salt=fact.salt, digest=fact.digest)
        case ErasureReport.ErasureDone(fact=fact, erasure=erasure):
            return "erasure-done", contracts.ErasureDone(erasure=erasure, **vars(fact))
    return None


class Forgetting:
    """One service's part in forgetting people. `in_turn`: how its consumers write of them; `outside` is where the
    forgotten ids are kept outside the database."""

    def __init__(
        self, service: str, store: EventStore, client: broker.Client, in_turn: InTurn, outside: ErasureLedger | None
    ) -> None:
        self.service, self.store, self.client, self.in_turn = service, store, client, in_turn
        self.outside = outside

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Connection]:
        """A transaction beside which nothing is recorded here: what is read meanwhile is all there is."""
        async with self.store.pool.acquire() as connection, connection.transaction():
            await append_lock(connection)
            yield connection

    async def note(self, connection: Connection, erasure: UUID, concerned: Concerned) -> None:
        """From the end of the transaction on, nothing more is recorded of these persons and pathways here."""
        await append_lock(connection)
        await connection.execute(
            """insert into erasures (erasure, persons, pathways, stage) values ($1, $2, $3, 'accepted')
               on conflict do nothing""",
            erasure,
            concerned.persons,
            concerned.pathways,
        )
        await remember_digests(connection, self.store, [*concerned.persons, *concerned.pathways])

    async def when_an_erasure_is_accepted(self, connection: Connection, events: Sequence[PublicEvent]) -> None:
        """Intake begins to forget a person: we take no more facts either."""
        for told in events:
            if isinstance(told.body, ErasureAccepted):
                await self.note(connection, told.body.erasure, Concerned(told.body.persons, told.body.pathways))

    async def when_the_figures_are_rewritten(self, connection: Connection, events: Sequence[PublicEvent]) -> None:
        """Nothing that we hold of the person is needed any more: it is deleted."""
        for told in events:
            if not isinstance(told.body, ErasureRewritten):
                continue
            row = await connection.fetchrow(
                "select persons, pathways from erasures where erasure = $1 and stage = 'accepted' for update",
                told.body.erasure,
            )
            if row is not None:
                await self.in_turn(connection)
                await forget_rows(connection, row["persons"], row["pathways"])
                await connection.execute("select forget_readings($1)", told.body.erasure)
                gone = await connection.fetchrow("select * from forget_events($1)", told.body.erasure)
                await connection.execute(
                    "update erasures set stage = 'deleted', destroyed = $2 where erasure = $1",
                    told.body.erasure,
                    json.dumps(dict(gone or {})),
                )

    async def run(self) -> None:
        """Carries on what a transaction cannot hold, until cancelled; to be run while elected."""
        while True:
            try:
                rows = await self.store.pool.fetch(
                    """select erasure, stage, persons, pathways, destroyed from erasures
                        where stage in ('accepted', 'deleted')"""
                )
                for row in rows:
                    if row["stage"] == "accepted":
                        await self._say_accepted(row["erasure"], Concerned(row["persons"], row["pathways"]))
                    else:
                        await self._finish(row["erasure"], row["pathways"], json.loads(row["destroyed"]))
            except (nats.errors.Error, nats.js.errors.Error, asyncpg.PostgresError, OSError, TimeoutError) as error:
                log.warning("erasures in %s wait (%s)", self.service, type(error).__name__)
            await asyncio.sleep(PAUSE)

    async def _say_accepted(self, erasure: UUID, concerned: Concerned) -> None:
        if self.outside is not None:
            # Before anything is destroyed: from here on no restored backup brings them back.
            digests = await self.store.ledger.digests([*concerned.persons, *concerned.pathways])
            await asyncio.to_thread(self.outside.add, digests)
        async with self.store.pool.acquire() as connection, connection.transaction():
            # Held meanwhile, so that what was said and deleted is not said again.
            stage = "select stage from erasures where erasure = $1 for update"
            if await connection.fetchval(stage, erasure) == "accepted":
                accepted = await self.store.load(Erasure, erasure)
                accepted.accept(concerned)
                await self.store.save(accepted, about=About(), actor=ACTOR)

    async def _finish(self, erasure: UUID, pathways: Sequence[UUID], destroyed: dict[str, int]) -> None:
        attempts = await self.store.pool.fetchval(
            "update erasures set attempts = attempts + 1 where erasure = $1 returning attempts", erasure
        )
        subjects = [f"lieu.{self.service}.*.{id}.>" for id in (*pathways, erasure)]
        messages = sum([await broker.delete_messages(self.client, self.service, subject) for subject in subjects])
        if attempts > 1:
            # A broker that was killed while it erased a message forgets the message and leaves its text in the file,
            # where no call reaches it any more: the file has to go.
            await broker.drop_stream(self.client, self.service)
        report = await self.store.load(ErasureReport, uuid5(erasure, self.service))
        report.tell(erasure, pathways, Destroyed(messages=messages, **destroyed))
        await self.store.save(report, about=About(), actor=ACTOR)
        assert report.destroyed.current is not None
        await self.store.pool.execute(
            "update erasures set stage = 'done', persons = null, pathways = null, destroyed = $2 where erasure = $1",
            erasure,
            json.dumps(vars(report.destroyed.current)),
        )


async def beside_others(_: Connection) -> None:
    """Waits for nobody: no consumer's transaction needs what another writes."""


async def forget_rows(connection: Connection, persons: Sequence[UUID], pathways: Sequence[UUID]) -> None:
    """Deletes what the service's tables hold of them, whichever there are, and what is parked of them: by the pathway,
    and by the person where a row names no pathway."""
    tables = await connection.fetch(
        """select format('%I.%I', n.nspname, c.relname) as name, array_agg(a.attname::text) as columns
             from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
              and (a.attname in ('pathway', 'person') or c.relname = 'parked' and a.attname = 'key')
              and not (n.nspname = 'public' and c.relname = any($1))
            group by 1 order by 1""",
        list(DELETED_ELSEWHERE),
    )
    theirs = {"pathway": pathways, "person": persons, "key": [str(id) for id in pathways]}
    for name, columns in tables:
        for column in columns:
            but = " and pathway is null" if column == "person" and "pathway" in columns else ""
            await connection.execute(f"delete from {name} where {column} = any($1){but}", theirs[column])


async def remember_digests(connection: Connection, store: EventStore, ids: Sequence[UUID]) -> None:
    await connection.execute(
        "insert into forgotten (digest) select unnest($1::bytea[]) on conflict do nothing",
        await store.ledger.digests(ids),
    )
