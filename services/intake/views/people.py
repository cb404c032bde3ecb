"""Where each pathway stands, who holds it and who advises: table, fold and questions together.

Intake's events and outcomes' exits write their own columns, so that the order in which the two arrive does not matter.
A request without a welcome is an alarm, not a status. One table and all that is asked of it: hence its 300 lines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import upsert
from shared.language.contracts import PublicEvent
from shared.language.contracts.intake import (
    AdviserAssignment,
    Archiving,
    Pause,
    ProcessingRestricted,
    Reactivation,
    Reception,
    Request,
    RestrictionLifted,
    Resumption,
    SettingAside,
    Start,
    Welcome,
    Withdrawal,
)
from shared.language.contracts.outcomes import Exit, Reopening


class Stage(StrEnum):
    """Where a person stands on the pathway, the furthest first."""

    LEFT = "left"
    WITHDRAWN = "withdrawn"
    PAUSED = "paused"
    SUPPORTED = "supported"
    SET_ASIDE = "set_aside"
    WELCOMED = "welcomed"
    REQUESTED = "requested"


_DAY_OF = {
    Stage.LEFT: "exited_on",
    Stage.WITHDRAWN: "withdrawn_on",
    Stage.PAUSED: "paused_on",
    Stage.SUPPORTED: "started_on",
    Stage.SET_ASIDE: "set_aside_on",
    Stage.WELCOMED: "welcomed_on",
    Stage.REQUESTED: "requested_on",
}


@dataclass(frozen=True)
class WaitingRequest:
    """A request that nobody has welcomed, nor the person withdrawn. `disagreed`: the person says otherwise.

    `due_on`: the last day on which its structure means to welcome; `alarm`: that day is past, and the request was not
    set aside as unreachable. `adviser`: the subject of a token. `next_appointment`: the day.
    """

    pathway: UUID
    structure: str
    person: UUID
    requested_on: date
    due_on: date
    alarm: bool
    set_aside: bool
    adviser: str | None
    next_appointment: date | None
    disagreed: bool = False


@dataclass(frozen=True)
class PersonHere:
    """A pathway of the structure and where it stands, since when. `adviser`: the subject of a token.

    `called`, `family_name`: null where nobody noted it, or the caller may not read it. `last_contact`: the day on
    which somebody of the platform was last with the person on this pathway. `next_appointment`: the day.
    """

    pathway: UUID
    person: UUID
    structure: str
    adviser: str | None
    stage: Stage
    since: date
    requested_on: date
    started_on: date | None
    exited_on: date | None
    last_contact: date | None
    next_appointment: date | None
    called: str | None = None
    family_name: str | None = None


@dataclass(frozen=True)
class OpenPathways:
    """A person with several pathways open at once in one structure."""

    person: UUID
    structure: str
    pathways: list[UUID]


async def follow_people(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps the table in step with intake's own events; a version already applied changes nothing."""
    changes: dict[UUID, dict[str, Any]] = {}
    for event in events:
        match event.body:
            case Request(structure=structure, person=person, requested_on=on):
                told: dict[str, Any] = {"person": person, "requested_on": on}
                # Who holds a pathway that was transferred is not who was asked.
                if "received" not in changes.get(event.aggregate, {}):
                    told["structure"] = structure
            case Reception():
                told = {"structure": event.structure, "received": True, "adviser": None}
            case Welcome(welcomed_on=on):
                told = {"welcomed_on": on}
            case Start(started_on=on):
                told = {"started_on": on}
            case Withdrawal(withdrawn_on=on):
                told = {"withdrawn_on": on}
            case SettingAside(set_aside_on=on):
                told = {"set_aside_on": on}
            case AdviserAssignment(adviser=adviser):
                told = {"adviser": adviser}
            case Pause(paused_on=on, resumed_on=resumed_on):
                told = {"paused_on": on if resumed_on is None else None}
            case Resumption():
                told = {"paused_on": None}
            case ProcessingRestricted() | RestrictionLifted():
                told = {"restricted": isinstance(event.body, ProcessingRestricted)}
            case Archiving() | Reactivation():
                told = {"archived": isinstance(event.body, Archiving)}
            case _:
                continue
        change = changes.setdefault(event.aggregate, {})
        change |= told | {"version": event.version}
    pathways = list(changes)
    await connection.execute(
        "insert into requests (pathway, version) select unnest($1::uuid[]), 0 on conflict do nothing", pathways
    )
    # What the events did not speak of keeps what it held: it is missing in `told`, and null is told as null.
    await connection.execute(
        f"""update requests r set ({_COLUMNS}) =
              (select {_COLUMNS} from jsonb_populate_record(
                 r, case when r.received and not u.told ? 'received' then u.told - 'structure' else u.told end))
             from unnest($1::uuid[], $2::jsonb[]) u(pathway, told)
            where r.pathway = u.pathway and r.version < (u.told ->> 'version')::integer""",
        pathways,
        [orjson.dumps(change).decode() for change in changes.values()],
    )


_COLUMNS = """structure, person, requested_on, received, welcomed_on, started_on, withdrawn_on, set_aside_on, paused_on,
 adviser, restricted, archived, version"""


async def follow_exits(connection: Connection, events: Iterable[PublicEvent]) -> None:
    """Keeps when a person left, or that it was annulled, as outcomes tells."""
    exits = [
        {
            "pathway": event.pathway,
            "version": 0,  # of intake's own events none was heard
            "exited_on": event.body.exited_on if isinstance(event.body, Exit) else None,
            "outcomes_version": event.version,
        }
        for event in events
        if event.pathway is not None and isinstance(event.body, Exit | Reopening)
    ]
    await upsert(connection, "requests", ("pathway",), exits, version="outcomes_version", once=("version",))


_NEXT = """(select min(a.day) from appointments a
            where a.pathway = r.pathway and a.status = 'offered' and a.day >= {today})"""
_LAST = "(select max(f.happened_on) from contacts.facts f where f.pathway = r.pathway)"


async def waiting_requests(
    pool: Pool, structure: str | None, today: date, limit: int, *, restricted_too: bool
) -> list[WaitingRequest]:
    """Oldest first."""
    rows = await pool.fetch(
        f"""select pathway, r.structure, person, requested_on, set_aside_on, adviser,
                  coalesce(s.welcome_within, 7) as welcome_within, {_NEXT.format(today="$2")} as next_appointment
             from requests r left join structures s using (structure)
            where welcomed_on is null and started_on is null and withdrawn_on is null and not archived
              and requested_on is not null and ($1::text is null or r.structure = $1) and ($4 or not restricted)
            order by requested_on, pathway limit $3""",
        structure,
        today,
        limit,
        restricted_too,
    )
    waiting = []
    for row in rows:
        due_on = row["requested_on"] + timedelta(days=row["welcome_within"])
        set_aside = row["set_aside_on"] is not None
        waiting.append(
            WaitingRequest(
                pathway=row["pathway"],
                structure=row["structure"],
                person=row["person"],
                requested_on=row["requested_on"],
                due_on=due_on,
                alarm=today > due_on and not set_aside,
                set_aside=set_aside,
                adviser=row["adviser"],
                next_appointment=row["next_appointment"],
            )
        )
    return waiting


_SHOWN = f"""pathway, person, structure, adviser, requested_on, welcomed_on, started_on, withdrawn_on, set_aside_on,
 paused_on, exited_on, {_LAST} as last_contact"""
_OPEN = "exited_on is null and withdrawn_on is null"
_ASKED = """requested_on is not null and not archived and ($1::text is null or structure = $1)
 and ($2::text is null or adviser = $2) and ($3 or not restricted)"""


async def people(
    pool: Pool,
    structure: str | None,
    adviser: str | None,
    today: date,
    limit: int,
    *,
    closed_too: bool,
    restricted_too: bool,
) -> list[PersonHere]:
    """Who asked last first."""
    rows = await pool.fetch(
        f"""select {_SHOWN}, {_NEXT.format(today="$4")} as next_appointment from requests r
            where {_ASKED} {"" if closed_too else f"and {_OPEN}"}
            order by requested_on desc, pathway limit $5""",
        structure,
        adviser,
        restricted_too,
        today,
        limit,
    )
    return [_person(row) for row in rows]


async def silent(
    pool: Pool,
    structure: str | None,
    adviser: str | None,
    today: date,
    days: int,
    limit: int,
    *,
    restricted_too: bool,
) -> list[PersonHere]:
    """Those supported and not paused with whom nothing took place for so many days, the longest first."""
    rows = await pool.fetch(
        f"""select * from (
              select {_SHOWN}, {_NEXT.format(today="$4")} as next_appointment from requests r
               where {_ASKED} and {_OPEN} and started_on is not null and paused_on is null) r
            where coalesce(last_contact, started_on) <= $5 order by last_contact nulls first, pathway limit $6""",
        structure,
        adviser,
        restricted_too,
        today,
        today - timedelta(days=days),
        limit,
    )
    return [_person(row) for row in rows]


def _person(row: asyncpg.Record) -> PersonHere:
    stage = next(stage for stage, day in _DAY_OF.items() if row[day] is not None)
    shown = ("pathway", "person", "structure", "adviser", "requested_on", "started_on", "exited_on")
    return PersonHere(
        **{name: row[name] for name in shown},
        stage=stage,
        since=row[_DAY_OF[stage]],
        last_contact=row["last_contact"],
        next_appointment=row["next_appointment"],
    )


async def double_pathways(pool: Pool, structure: str, limit: int, *, restricted_too: bool) -> list[OpenPathways]:
    """By person, in the order in which they asked."""
    rows = await pool.fetch(
        f"""select person, structure, array_agg(pathway order by requested_on, pathway) as pathways from requests
            where structure = $1 and {_OPEN} and not archived and requested_on is not null and ($3 or not restricted)
            group by person, structure having count(*) > 1 order by person limit $2""",
        structure,
        limit,
        restricted_too,
    )
    return [OpenPathways(row["person"], row["structure"], list(row["pathways"])) for row in rows]
