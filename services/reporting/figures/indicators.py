"""The indicator catalogue, version 1, computed from the read models as they stood at any instant.

National = sum of numerators over sum of denominators; medians and distinct persons over the whole scope. A share
shows numerator, denominator, value and Wilson's 95 % interval.
"""

from collections.abc import Mapping
from datetime import date, datetime

import asyncpg

from services.reporting.figures.catalogue import (
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
    of_classes,
    pathways,
    total,
)
from services.reporting.figures.estimates import Figure, duration, share
from services.reporting.figures.scope import Scope, must_exist
from shared.codes import BREAKDOWNS, ExitClass
from shared.database import Connection


async def figures(
    connection: Connection,
    scope: Scope,
    start: date,
    end: date,
    known_at: datetime,
    by: str | None = None,
) -> tuple[dict[str, Figure], dict[str, dict[str, Figure]]]:
    """Gives every indicator, and every indicator of each class of `by`. Raises UnknownScope."""
    await must_exist(connection, scope)
    column = by if by in BREAKDOWNS else None
    arguments = (start, end, known_at, scope.structure, scope.department)
    counted = await connection.fetch(_pathways_query(column), *arguments)
    hours = await connection.fetch(_hours_query(column), *arguments)
    groups = {_class(row): row for row in counted}
    sums = {(_class(row), row["kind"]): float(row["hours"]) for row in hours}
    classes = BREAKDOWNS[by] if by else ()
    return (
        _figures(groups.get(None), sums, None),
        {str(name): _figures(groups.get(str(name)), sums, str(name)) for name in classes},
    )


def _class(row: asyncpg.Record) -> str | None:
    """Gives the class that a row is of; null: the whole."""
    return None if row["whole"] else row["class"]


def _pathways_query(column: str | None) -> str:
    counts = {id: pathways(condition) for id, condition in COUNTS.items()}
    counts |= {id: f"count(distinct person) filter (where {condition})" for id, condition in PERSONS.items()}
    for id, parts in SHARES.items():
        counts |= {f"{id}_{n}": pathways(part) for n, part in zip("nd", parts, strict=True)}
    for id, (condition, *of) in PAIRS.items():
        for n, part in zip("nd", of, strict=True):
            counts[f"{id}_{n}"] = total(part, condition)
    for id, (condition, days) in MEDIANS.items():
        counts[id] = f"percentile_cont(0.5) within group (order by {days}) filter (where {condition})"
    for id, (condition, ended, days, _) in DURATIONS.items():
        counts[f"{id}_ended"] = f"array_agg({days}) filter (where {condition} and {ended})"
        counts[f"{id}_going_on"] = f"array_agg({days}) filter (where {condition} and not ({ended}))"
    told = ", ".join(f"{sql} as {name}" for name, sql in counts.items())
    if column is None:
        return f"{examined('null')} select null as class, true as whole, {told} from examined"
    return of_classes(f"i.{column}", told)


def _hours_query(column: str | None) -> str:
    if column is None:
        return f"select null as class, true as whole, t.kind, sum(t.hours) as hours from {ACTIVE} group by t.kind"
    return f"""
      select i.{column} as class, grouping(i.{column}) = 1 as whole, t.kind, sum(t.hours) as hours
        from {ACTIVE} group by grouping sets ((t.kind), (t.kind, i.{column}))"""


def _figures(
    row: asyncpg.Record | None, hours: Mapping[tuple[str | None, str], float], of: str | None
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
    """Counts the events of the scope that are parked or given up. Those of no known structure concern every scope."""
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
    """Tells how many of the pathways requested in the period came how far, at any date, as known at the instant."""
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
