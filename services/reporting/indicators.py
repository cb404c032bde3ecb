"""The indicator catalogue, version 1, computed from the read models as they stood at any instant.

National = sum of numerators over sum of denominators; medians and distinct persons over the whole scope. A share
shows numerator, denominator, value and Wilson's 95 % interval.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from scipy.stats import binomtest

from shared.codes import BREAKDOWNS, ActivityKind, ExitClass
from shared.database import Connection

PARIS = ZoneInfo("Europe/Paris")
STREAMS = ("INTAKE", "DIAGNOSTIC", "TRAINING", "OUTCOMES")
Figure = dict[str, Any]

COUNTS = (
    "requests",
    "entries",
    "supported",
    "persons_supported",
    "leavers",
    *(f"exits_{name.value}" for name in ExitClass),
    "exits_examined",
)
HOURS = tuple(f"hours_{kind.value}" for kind in ActivityKind)
_MONTHS = (3, 6, 12)

# id: (numerator, denominator) as conditions over one pathway's row, or sums where they name a number.
SHARES: dict[str, tuple[str, str]] = {
    "welcomed_share": ("r and welcomed_on is not null", "r"),
    "diagnosed_share": ("e and diagnosed", "e"),
    "plan_share": ("e and planned", "e"),
    "remobilised_share": ("l and remobilised", "l and scored_twice"),
    "mobilised_share": ("a and mobilised", "a"),
    "dynamic_exit_share": ("l and exit_class in ('durable', 'transition', 'positive')", "x"),
    "durable_exit_share": ("l and exit_class = 'durable'", "x"),
    "transition_exit_share": ("l and exit_class = 'transition'", "x"),
    "positive_exit_share": ("l and exit_class = 'positive'", "x"),
    "durable_access_share": ("l and exit_class = 'durable'", "a"),
    "transition_access_share": ("l and exit_class = 'transition'", "a"),
    **{f"followup_{m}_asked_share": (f"due_{m} and asked_{m}", f"due_{m}") for m in _MONTHS},
    **{f"followup_{m}_response_share": (f"l and reached_{m}", f"l and asked_{m}") for m in _MONTHS},
    **{f"employed_at_{m}_share": (f"l and employed_{m}", f"l and reached_{m}") for m in _MONTHS},
}


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
        if match := re.fullmatch(r"structure:([a-z0-9-]{1,32})", text):
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
    await _must_exist(connection, scope)
    column = by if by in BREAKDOWNS else "sex"
    arguments = (start, end, known_at, known_at.astimezone(PARIS).date(), scope.structure, scope.department)
    counted = await connection.fetch(_pathways_query(column), *arguments)
    hours = await connection.fetch(_hours_query(column), *arguments[:3], *arguments[4:])
    groups = {row["class"] if not row["whole"] else None: dict(row) for row in counted}
    sums = {(row["class"] if not row["whole"] else None, row["kind"]): float(row["hours"]) for row in hours}
    classes = BREAKDOWNS[by] if by else ()
    return (
        _figures(groups.get(None), sums, None),
        {str(name): _figures(groups.get(str(name)), sums, str(name)) for name in classes},
    )


async def _must_exist(connection: Connection, scope: Scope) -> None:
    if scope.structure or scope.department:
        found = await connection.fetchval(
            """select exists(select from structures
                where ($1::text is null or structure = $1) and ($2::text is null or department = $2))""",
            scope.structure,
            scope.department,
        )
        if not found:
            raise UnknownScope(f"{scope.text}: no such structure was ever registered")


_SCOPE = """($5::text is null or i.structure = $5)
        and ($6::text is null or exists (
              select from structures s where s.structure = i.structure and s.department = $6
                 and s.known_from <= $3 and s.known_to > $3))"""


def _pathways_query(column: str) -> str:
    counts = {
        "requests": "count(*) filter (where r)",
        "entries": "count(*) filter (where e)",
        "supported": "count(*) filter (where a)",
        "persons_supported": "count(distinct person) filter (where a)",
        "leavers": "count(*) filter (where l)",
        "exits_examined": "count(*) filter (where x)",
        **{f"exits_{c.value}": f"count(*) filter (where l and exit_class = '{c.value}')" for c in ExitClass},
        "barriers_reduced_share_n": "coalesce(sum(barriers_reduced) filter (where l), 0)",
        "barriers_reduced_share_d": "coalesce(sum(barriers_examined) filter (where l), 0)",
        "days_to_welcome_median": "percentile_cont(0.5) within group (order by welcomed_on - requested_on)"
        " filter (where welcomed_on between $1 and $2)",
    }
    for id, (numerator, denominator) in SHARES.items():
        counts[f"{id}_n"] = f"count(*) filter (where {numerator})"
        counts[f"{id}_d"] = f"count(*) filter (where {denominator})"
    due = ", ".join(
        f"(l and not deceased and (exited_on + interval '{m} months')::date <= $4) as due_{m}" for m in _MONTHS
    )
    return f"""
      with standing as (
        select i.{column} as class, i.person, i.requested_on, i.welcomed_on, i.started_on, o.*, d.*,
               i.requested_on between $1 and $2 as r,
               coalesce(i.started_on between $1 and $2, false) as e,
               coalesce(i.started_on <= $2 and (o.exited_on is null or o.exited_on >= $1), false) as a,
               coalesce(i.started_on is not null and o.exited_on between $1 and $2, false) as l,
               exists (select from activities t where t.pathway = i.entity and t.attended
                          and t.kind in ('workshop', 'training', 'placement') and t.started_on between $1 and $2
                          and t.known_from <= $3 and t.known_to > $3) as mobilised
          from intake i
          left join outcomes o on o.entity = i.entity and o.known_from <= $3 and o.known_to > $3
          left join diagnostic d on d.entity = i.entity and d.known_from <= $3 and d.known_to > $3
         where i.known_from <= $3 and i.known_to > $3 and i.requested_on is not null
           and {_SCOPE}
      ), examined as (select *, l and exit_class <> 'neutralised' as x, {due} from standing)
      select class, grouping(class) = 1 as whole, {", ".join(f"{sql} as {name}" for name, sql in counts.items())}
        from examined group by grouping sets ((), (class))"""


def _hours_query(column: str) -> str:
    scope = _SCOPE.replace("$5", "$4").replace("$6", "$5")
    return f"""
      select i.{column} as class, grouping(i.{column}) = 1 as whole, t.kind, sum(t.hours) as hours
        from activities t join intake i on i.entity = t.pathway
       where t.started_on between $1 and $2 and t.attended and t.known_from <= $3 and t.known_to > $3
         and i.known_from <= $3 and i.known_to > $3 and {scope}
       group by grouping sets ((t.kind), (t.kind, i.{column}))"""


def _figures(
    row: Mapping[str, Any] | None, hours: Mapping[tuple[str | None, str], float], of: str | None
) -> dict[str, Figure]:
    def count(name: str) -> int:
        return int(row[name]) if row else 0

    median = row["days_to_welcome_median"] if row else None
    found: dict[str, Figure] = {name: {"value": count(name)} for name in COUNTS}
    found["days_to_welcome_median"] = {"value": median}
    for id in (*SHARES, "barriers_reduced_share"):
        found[id] = share(count(f"{id}_n"), count(f"{id}_d"))
    for kind in ActivityKind:
        found[f"hours_{kind.value}"] = {"value": hours.get((of, kind.value), 0)}
    return found


def share(numerator: int, denominator: int) -> Figure:
    """Value and interval are null at denominator 0."""
    value, interval = (None, None) if not denominator else (numerator / denominator, wilson(numerator, denominator))
    return {
        "numerator": numerator,
        "denominator": denominator,
        "value": value,
        "ci95": interval and list(interval),
    }


@lru_cache(maxsize=50_000)
def wilson(numerator: int, denominator: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    interval = binomtest(numerator, denominator).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


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
                        and t.known_from <= $3 and t.known_to > $3)) as active,
                   {", ".join(f"count(*) filter (where o.exit_class = '{c.value}') as {c.value}" for c in ExitClass)}
              from intake i
              left join outcomes o on o.entity = i.entity and o.known_from <= $3 and o.known_to > $3
             where i.requested_on between $1 and $2 and i.known_from <= $3 and i.known_to > $3
               and {_SCOPE.replace("$5", "$4").replace("$6", "$5")}""",
        start,
        end,
        known_at,
        scope.structure,
        scope.department,
    )
    assert row is not None
    return dict(row)
