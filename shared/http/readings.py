"""Who was shown what of a person: noted before it is shown, in the service's own database, for twelve months.

A route that answers with rows of persons or pathways takes `Reading` and answers `await reading.shown(rows)`. A row
that cannot be noted is not shown: the error of the database is the route's. Commands note nothing.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

import asyncpg
from fastapi import Depends, Request

from shared.http.access import AnyCaller
from shared.kernel.callers import Caller
from shared.kernel.database import Pool
from shared.kernel.event_store import EventStore
from shared.kernel.telemetry import trace_id

log = logging.getLogger(__name__)

F = TypeVar("F")


@dataclass(frozen=True)
class Noted:
    """One look at a person or a pathway. `reader` is a token's subject; `route` the name of what was asked."""

    at: datetime
    reader: str
    role: str
    structure: str | None
    route: str


@dataclass(frozen=True)
class Looking:
    """One request's part in the log."""

    store: EventStore
    caller: Caller
    route: str

    async def shown(self, rows: Sequence[F]) -> list[F]:
        """The rows that may be shown, each noted by its attributes `person` and `pathway`, of which one may be missing.

        Left out are those of a person who is being forgotten. Raises what the database raises.
        """
        ids = [(getattr(row, "person", None), getattr(row, "pathway", None)) for row in rows]
        distinct = list(dict.fromkeys(ids))
        if any(pair == (None, None) for pair in distinct):
            raise TypeError("a row that names neither a person nor a pathway cannot be noted")
        if not distinct:
            return []
        known = list({id for pair in distinct for id in pair if id is not None})
        digests = dict(zip(known, await self.store.ledger.digests(known), strict=True))
        places = await self.store.pool.fetch(
            "select place from note_readings($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) place",
            [person for person, _ in distinct],
            [pathway for _, pathway in distinct],
            [person and digests[person] for person, _ in distinct],
            [pathway and digests[pathway] for _, pathway in distinct],
            self.caller.id,
            self.caller.role.value,
            self.caller.structure,
            self.route,
            self.caller.token,
            trace_id(),
        )
        allowed = {distinct[row["place"] - 1] for row in places}
        return [row for row, pair in zip(rows, ids, strict=True) if pair in allowed]

    async def asked(self, user: str) -> None:
        """Notes that what a user did was asked for."""
        await self.store.pool.execute(
            """insert into readings (asked_user, reader, role, structure, route, token, trace)
               values ($1, $2, $3, $4, $5, $6, $7)""",
            user,
            self.caller.id,
            self.caller.role.value,
            self.caller.structure,
            self.route,
            self.caller.token,
            trace_id(),
        )


def _looking(request: Request, caller: AnyCaller) -> Looking:
    return Looking(request.app.state.runtime.store, caller, request.scope["route"].name)


Reading = Annotated[Looking, Depends(_looking)]


async def readings_of(pool: Pool, persons: Sequence[UUID], pathways: Sequence[UUID], structure: str) -> list[Noted]:
    """Looks by people of the structure, and of none, the oldest first."""
    rows = await pool.fetch(
        """select at, reader, role, structure, route from readings
            where (person = any($1) or pathway = any($2)) and (structure is null or structure = $3) order by at""",
        persons,
        pathways,
        structure,
    )
    return [Noted(**row) for row in rows]


async def drop_old(pool: Pool) -> None:
    """Takes away what is older than twelve months, once an hour, until cancelled."""
    while True:
        try:
            await pool.execute("select drop_old_readings()")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("old readings not yet deleted (%s)", type(error).__name__)
        await asyncio.sleep(3600)
