"""The indicator catalogue, version 1, computed from the read models as they stood at any instant.

National = sum of numerators over sum of denominators; medians and distinct persons over the whole scope. A share
shows numerator, denominator, value and Wilson's 95 % interval.
"""

from collections.abc import Mapping

import asyncpg

from services.reporting.figures.catalogue import COUNTS, DURATIONS, HOURS, MEDIANS, PAIRS, PERSONS, SHARES
from services.reporting.figures.estimates import Figure, duration, share
from services.reporting.figures.queries import of_hours, of_pathways
from services.reporting.figures.scope import IN_SCOPE, KNOWN, Look, Scope, must_exist
from shared.kernel.database import Connection
from shared.language.codes import BREAKDOWNS, ExitClass


async def figures(connection: Connection, look: Look) -> tuple[dict[str, Figure], dict[str, dict[str, Figure]]]:
    """Gives every indicator, and every indicator of each class of `by`. Raises UnknownScope."""
    await must_exist(connection, look.scope)
    counted = await connection.fetch(of_pathways(look.column), *look.parameters)
    hours = await connection.fetch(of_hours(look.column), *look.parameters)
    groups = {_class(row): row for row in counted}
    sums = {(_class(row), row["kind"]): float(row["hours"]) for row in hours}
    classes = map(str, BREAKDOWNS[look.by] if look.by else ())
    return _figures(groups.get(None), sums, None), {name: _figures(groups.get(name), sums, name) for name in classes}


def _class(row: asyncpg.Record) -> str | None:
    """Gives the class that a row is of; null: the whole."""
    return None if row["whole"] else row["class"]


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


async def funnel(connection: Connection, look: Look) -> dict[str, int]:
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
               and {IN_SCOPE}""",
        *look.parameters,
    )
    assert row is not None
    return dict(row)
