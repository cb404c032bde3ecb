"""Intake's own questions: which requests nobody has welcomed yet, which structures take part.

Table, fold and query together. A request without a welcome is an alarm, not a status.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import asyncpg

from shared.commands import PARIS
from shared.contracts import PublicEvent
from shared.contracts.forgetting import ErasureDone
from shared.contracts.intake import Request, Start, Structure, Welcome, Withdrawal
from shared.database import Connection
from shared.problems import Problem


@dataclass(frozen=True)
class WaitingRequest:
    """A request that nobody has welcomed, nor the person withdrawn. `disagreed`: the person says otherwise."""

    pathway: UUID
    structure: str
    requested_on: date
    disagreed: bool = False


@dataclass(frozen=True)
class RegisteredStructure:
    structure: str
    name: str
    department: str


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps the tables in step with intake's own events; a version already applied changes nothing."""
    await follow_erasures(connection, events)
    for event in events:
        match event.body:
            case Structure(structure=structure, name=name, department=department):
                await connection.execute(
                    """insert into structures as s (structure, name, department, version) values ($1, $2, $3, $4)
                       on conflict (structure) do update set name = excluded.name,
                         department = excluded.department, version = excluded.version
                       where s.version < excluded.version""",
                    structure,
                    name,
                    department,
                    event.version,
                )
    pathways: dict[UUID, dict[str, object]] = {}
    for event in events:
        column: dict[str, object]
        match event.body:
            case Request(structure=structure, person=person, requested_on=requested_on):
                column = {"structure": structure, "person": person, "requested_on": requested_on}
            case Welcome(welcomed_on=on):
                column = {"welcomed": on is not None}
            case Start(started_on=on):
                column = {"started": on is not None}
            case Withdrawal(withdrawn_on=on):
                column = {"withdrawn": on is not None}
            case _:
                continue
        row = pathways.setdefault(event.aggregate, {"version": event.version})
        row |= column | {"version": event.version}
    types = ("uuid", "text", "uuid", "date", "boolean", "boolean", "boolean", "integer")
    told = (
        f"unnest({', '.join(f'${n}::{type}[]' for n, type in enumerate(types, 1))}) u(pathway, {', '.join(_COLUMNS)})"
    )
    await connection.execute(
        f"""insert into requests as r (pathway, structure, person, requested_on, welcomed, started, withdrawn, version)
           select pathway, structure, person, requested_on, coalesce(welcomed, false), coalesce(started, false),
                  coalesce(withdrawn, false), version
             from {told}
            where not exists (select from requests known where known.pathway = u.pathway)
           on conflict (pathway) do nothing""",
        *_columns(pathways),
    )
    await connection.execute(
        f"""update requests r set
             structure = coalesce(u.structure, r.structure), person = coalesce(u.person, r.person),
             requested_on = coalesce(u.requested_on, r.requested_on),
             welcomed = coalesce(u.welcomed, r.welcomed), started = coalesce(u.started, r.started),
             withdrawn = coalesce(u.withdrawn, r.withdrawn), version = u.version
             from {told}
            where r.pathway = u.pathway and r.version < u.version""",
        *_columns(pathways),
    )


_COLUMNS = ("structure", "person", "requested_on", "welcomed", "started", "withdrawn", "version")


def _columns(pathways: dict[UUID, dict[str, object]]) -> list[list[object]]:
    return [list(pathways), *([row.get(name) for row in pathways.values()] for name in _COLUMNS)]


async def waiting_requests(pool: asyncpg.Pool, structure: str | None, limit: int) -> list[WaitingRequest]:
    """Oldest first."""
    rows = await pool.fetch(
        """select pathway, structure, requested_on from requests
            where not welcomed and not started and not withdrawn and ($1::text is null or structure = $1)
            order by requested_on, pathway limit $2""",
        structure,
        limit,
    )
    return [WaitingRequest(**row) for row in rows]


async def structures(pool: asyncpg.Pool) -> list[RegisteredStructure]:
    rows = await pool.fetch("select structure, name, department from structures order by structure")
    return [RegisteredStructure(**row) for row in rows]


SERVICES = ("intake", "diagnostic", "training", "outcomes")
"""Those that hold facts of a person's pathways."""


@dataclass(frozen=True)
class ErasureState:
    """`done` when every service has destroyed what it held; `destroyed`: how many of what, by service;
    `in_backups_until`: the last day on which a backup made before may still hold the person."""

    erasure: UUID
    done: bool
    destroyed: dict[str, dict[str, int]]
    in_backups_until: date | None


async def follow_erasures(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """What each service says it destroyed."""
    for event in events:
        if isinstance(event.body, ErasureDone):
            counts = {name: count for name, count in vars(event.body).items() if name != "erasure"}
            await connection.execute(
                "insert into erasure_reports values ($1, $2, $3, $4) on conflict do nothing",
                event.body.erasure,
                event.service,
                json.dumps(counts),
                event.known_at,
            )


async def erasure(pool: asyncpg.Pool, erasure: UUID, backup_days: int) -> ErasureState:
    """`backup_days`: for how long backups are kept. Raises Problem where there is none."""
    if not await pool.fetchval("select exists(select from erasures where erasure = $1)", erasure):
        raise Problem(404, "unknown-erasure", "no such erasure was begun")
    rows = await pool.fetch("select * from erasure_reports where erasure = $1 order by service", erasure)
    destroyed = {row["service"]: json.loads(row["destroyed"]) for row in rows}
    done = set(SERVICES) <= destroyed.keys()
    last = max((row["known_at"] for row in rows), default=None)
    until = (last.astimezone(PARIS) + timedelta(days=backup_days)).date() if done and last else None
    return ErasureState(erasure, done, destroyed, until)


async def forget(connection: Connection, _: Sequence[UUID], pathways: Sequence[UUID]) -> None:
    """Deletes what these views hold of the pathways."""
    await connection.execute("delete from requests where pathway = any($1)", pathways)
