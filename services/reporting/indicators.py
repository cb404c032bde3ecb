"""The indicator catalogue, version 1, computed from the read models as they stood at any instant.

National = sum of numerators over sum of denominators; medians and distinct persons over the whole scope. A share
shows numerator, denominator, value and Wilson's 95 % interval.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.reporting.catalogue import (
    ACTIVE,
    COUNTS,
    DURATIONS,
    HOURS,
    KNOWN,
    MEDIANS,
    PAIRS,
    PERSONS,
    SCOPE,
    SHARES,
    examined,
)
from services.reporting.estimates import Figure, duration, share
from shared.broker import stream_of
from shared.codes import BREAKDOWNS, STRUCTURE_CODE, ExitClass
from shared.database import Connection
from shared.services import OF_PATHWAYS

STREAMS = tuple(map(stream_of, OF_PATHWAYS))


class UnknownScope(Exception):
    """No structure of that code, or in that département, was ever registered."""


@dataclass(frozen=True)
class Scope:
    """The nation, a département or a structure; `text` as it was asked."""

    text: str
    department: str | None = None
    structure: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Scope":
        """Raises ValueError for what is no scope at all."""
        if text == "national":
            return cls(text)
        if match := re.fullmatch(r"department:([0-9AB]{2,3})", text):
            return cls(text, department=match[1])
        if match := re.fullmatch(f"structure:({STRUCTURE_CODE})", text):
            return cls(text, structure=match[1])
        raise ValueError("scope is national, department:CODE or structure:CODE")


async def watermark(connection: Connection) -> datetime | None:
    """The instant up to which every stream is applied; null while one of them never was."""
    row = await connection.fetchrow(
        "select count(watermark) as told, min(watermark) as reached from subscription where stream = any($1)",
        STREAMS,
    )
    assert row is not None
    reached: datetime | None = row["reached"]
    return reached if row["told"] == len(STREAMS) else None


async def figures(
    connection: Connection,
    scope: Scope,
    start: date,
    end: date,
    known_at: datetime,
    by: str | None = None,
) -> tuple[dict[str, Figure], dict[str, dict[str, Figure]]]:
    """(every indicator, every indicator of each class of `by`). Raises UnknownScope."""
    await must_exist(connection, scope)
    column = by if by in BREAKDOWNS else None
    arguments = (start, end, known_at, scope.structure, scope.department)
    counted = await connection.fetch(_pathways_query(column), *arguments)
    hours = await connection.fetch(_hours_query(column), *arguments)
    groups = {row["class"] if not row["whole"] else None: dict(row) for row in counted}
    sums = {(row["class"] if not row["whole"] else None, row["kind"]): float(row["hours"]) for row in hours}
    classes = BREAKDOWNS[by] if by else ()
    return (
        _figures(groups.get(None), sums, None),
        {str(name): _figures(groups.get(str(name)), sums, str(name)) for name in classes},
    )


async def must_exist(connection: Connection, scope: Scope) -> None:
    if scope.structure or scope.department:
        found = await connection.fetchval(
            """select exists(select from structures
                where ($1::text is null or structure = $1) and ($2::text is null or department = $2))""",
            scope.structure,
            scope.department,
        )
        if not found:
            raise UnknownScope(f"{scope.text}: no such structure was ever registered")


def _pathways_query(column: str | None) -> str:
    counts = {id: f"count(*) filter (where {condition})" for id, condition in COUNTS.items()}
    counts |= {id: f"count(distinct person) filter (where {condition})" for id, condition in PERSONS.items()}
    for id, parts in SHARES.items():
        counts |= {f"{id}_{n}": f"count(*) filter (where {part})" for n, part in zip("nd", parts, strict=True)}
    for id, (condition, *of) in PAIRS.items():
        for n, part in zip("nd", of, strict=True):
            counts[f"{id}_{n}"] = f"coalesce(sum({part}) filter (where {condition}), 0)"
    for id, (condition, days) in MEDIANS.items():
        counts[id] = f"percentile_cont(0.5) within group (order by {days}) filter (where {condition})"
    for id, (condition, ended, days, _) in DURATIONS.items():
        counts[f"{id}_ended"] = f"array_agg({days}) filter (where {condition} and {ended})"
        counts[f"{id}_going_on"] = f"array_agg({days}) filter (where {condition} and not ({ended}))"
    told = ", ".join(f"{sql} as {name}" for name, sql in counts.items())
    if column is None:
        return f"{examined('null')} select null as class, true as whole, {told} from examined"
    return f"""{examined(f"i.{column}")}
      select class, grouping(class) = 1 as whole, {told} from examined group by grouping sets ((), (class))"""


def _hours_query(column: str | None) -> str:
    if column is None:
        return f"select null as class, true as whole, t.kind, sum(t.hours) as hours from {ACTIVE} group by t.kind"
    return f"""
      select i.{column} as class, grouping(i.{column}) = 1 as whole, t.kind, sum(t.hours) as hours
        from {ACTIVE} group by grouping sets ((t.kind), (t.kind, i.{column}))"""


def _figures(
    row: Mapping[str, Any] | None, hours: Mapping[tuple[str | None, str], float], of: str | None
) -> dict[str, Figure]:
    def count(name: str) -> int:
        return int(row[name]) if row else 0

    def days(name: str) -> list[int]:
        return (row[name] or []) if row else []

    found: dict[str, Figure] = {id: {"value": count(id)} for id in (*COUNTS, *PERSONS)}
    found |= {id: {"value": row[id] if row else None} for id in MEDIANS}
    found |= {id: duration(days(f"{id}_ended"), days(f"{id}_going_on"), told) for id, (*_, told) in DURATIONS.items()}
    found |= {id: share(count(f"{id}_n"), count(f"{id}_d")) for id in (*SHARES, *PAIRS)}
    return found | {id: {"value": hours.get((of, kind.value), 0)} for id, kind in HOURS.items()}


async def incomplete(connection: Connection, scope: Scope) -> Figure | None:
    """How many events of the scope are parked or given up. One whose structure is unknown concerns every scope."""
    row = await connection.fetchrow(
        """select count(*) as parked_events, count(distinct key) as pathways from parked
            where ($1::text is null or coalesce(event->'headers'->>'ce-structure', $1) = $1)
              and ($2::text is null or event->'headers'->>'ce-structure' is null or exists (
                    select from structures s where s.structure = event->'headers'->>'ce-structure'
                       and s.department = $2 and s.known_to = 'infinity'))""",
        scope.structure,
        scope.department,
    )
    assert row is not None
    return dict(row) if row["parked_events"] else None


async def funnel(connection: Connection, scope: Scope, start: date, end: date, known_at: datetime) -> dict[str, int]:
    """Of the pathways requested in the period: how many came how far, at any date, as known at the instant."""
    row = await connection.fetchrow(
        f"""select count(*) as requested, count(i.welcomed_on) as welcomed, count(i.started_on) as started,
                   count(*) filter (where i.started_on is not null and exists (
                     select from activities t where t.pathway = i.entity and t.attended
                        and {KNOWN.format("t")})) as active,
                   {", ".join(f"count(*) filter (where o.exit_class = '{c.value}') as {c.value}" for c in ExitClass)}
              from intake i
              left join outcomes o on o.entity = i.entity and {KNOWN.format("o")}
             where i.requested_on between $1 and $2 and {KNOWN.format("i")}
               and {SCOPE}""",
        start,
        end,
        known_at,
        scope.structure,
        scope.department,
    )
    assert row is not None
    return dict(row)
