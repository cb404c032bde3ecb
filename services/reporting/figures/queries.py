"""The questions of the catalogue as SQL."""

from services.reporting.figures.catalogue import COUNTS, DURATIONS, HOURS, MEDIANS, PAIRS, PERSONS, SHARES
from services.reporting.figures.scope import IN_SCOPE, KNOWN
from shared.language.codes import FollowUpMonth

_AT_START, _AT_EXIT = (
    f"""exists (select from profiles p where p.pathway = standing.entity and p.moment = '{moment}'
                   and p.mainstream = {support} and {KNOWN.format("p")})"""
    for moment, support in (("start", False), ("exit", True))
)


def examined(of_class: str) -> str:
    """Begins a query: the pathways of the scope in `examined`, their sets as booleans, dates, and class (SQL on `i`).

    Left out are those of which no figure of the period speaks: who left long before, and who had not come yet.
    """
    due = ", ".join(
        f"(l and not deceased and (exited_on + interval '{m} months')::date <= known_on) as due_{m}"
        for m in FollowUpMonth
    )
    months = ", ".join(f"o.{what}_{m}" for m in FollowUpMonth for what in ("asked", "reached", "employed"))
    return f"""
      with held as materialized (
        select i.entity, {of_class} as class, i.person, i.requested_on, i.welcomed_on, i.started_on, i.withdrawn_on,
               o.exited_on, o.exit_class, o.deceased, o.contract_start, {months}
          from intake i
          left join outcomes o on o.entity = i.entity and {KNOWN.format("o")}
         where {KNOWN.format("i")} and i.requested_on is not null
           and {IN_SCOPE}
           and (i.requested_on between $1 and $2 or i.welcomed_on between $1 and $2 or i.started_on between $1 and $2
                or (i.started_on <= $2 and (o.exited_on is null or o.exited_on >= $1))
                or (i.started_on is not null and o.exited_on between $1 and $2))
      ), jobs as (
        select h.entity, array_agg(s.job_on) as days
          from held h join situations s on s.pathway = h.entity and {KNOWN.format("s")}
         where h.started_on between $1 and $2 and s.job_on is not null group by h.entity
      ), standing as (
        select h.*, d.diagnosed, d.planned, d.scored_twice, d.remobilised,
               d.barriers_examined, d.barriers_reduced, d.domains,
               ($3::timestamptz at time zone 'Europe/Paris')::date as known_on,
               h.requested_on between $1 and $2 as r,
               coalesce(h.started_on between $1 and $2, false) as e,
               coalesce(h.started_on <= $2 and (h.exited_on is null or h.exited_on >= $1), false) as a,
               coalesce(h.started_on <= $2 and h.exited_on between $1 and $2, false) as l,
               exists (select from activities t where t.pathway = h.entity and t.attended
                          and t.kind in ('workshop', 'training', 'placement') and t.started_on between $1 and $2
                          and {KNOWN.format("t")}) as mobilised,
               case when h.started_on between $1 and $2 then least(
                 (select min(job_on) from unnest(j.days) job_on
                   where job_on between h.started_on and coalesce(h.exited_on, 'infinity')),
                 case when h.exit_class in ('durable', 'transition') then
                   case when h.contract_start >= h.started_on then h.contract_start else h.exited_on end end
               ) end as employed_on
          from held h
          left join diagnostic d on d.entity = h.entity and {KNOWN.format("d")}
          left join jobs j on j.entity = h.entity
      ), examined as (
        select *, l and exit_class <> 'neutralised' as x, {due},
               l and {_AT_START} as without_mainstream, l and {_AT_EXIT} as with_mainstream
          from standing offset 0
      )"""


ACTIVE = f"""activities t join intake i on i.entity = t.pathway
       where t.started_on between $1 and $2 and t.attended and {KNOWN.format("t")}
         and {KNOWN.format("i")} and i.requested_on is not null and {IN_SCOPE}"""
"""The attended activities `t` of the period in the scope, each with its pathway `i`."""


def pathways(condition: str) -> str:
    return f"count(*) filter (where {condition})"


def total(number: str, condition: str) -> str:
    return f"coalesce(sum({number}) filter (where {condition}), 0)"


def of_classes(of_class: str, told: str) -> str:
    """Asks for aggregates over `examined`, of the whole and of each class (SQL on `i`)."""
    return f"""{examined(of_class)}
      select class, grouping(class) = 1 as whole, {told} from examined group by grouping sets ((), (class))"""


def of_pathways(column: str | None) -> str:
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


def of_hours(column: str | None) -> str:
    if column is None:
        return f"select null as class, true as whole, t.kind, sum(t.hours) as hours from {ACTIVE} group by t.kind"
    return f"""
      select i.{column} as class, grouping(i.{column}) = 1 as whole, t.kind, sum(t.hours) as hours
        from {ACTIVE} group by grouping sets ((t.kind), (t.kind, i.{column}))"""


def behind(id: str, denominator: bool, column: str) -> str:
    """Begins a query `with` the rows in `behind`."""
    if id in HOURS:
        columns = _columns("i.entity", "i.person", hours="sum(t.hours)")
        return f"""with behind as (
            select {columns} from {ACTIVE} and t.kind = '{HOURS[id].value}' and ($6::text is null or i.{column} = $6)
             group by i.entity, i.person having sum(t.hours) > 0)"""
    told: dict[str, str] = {}
    source, distinct, order = "examined", "", ""
    if id in COUNTS:
        condition = COUNTS[id]
    elif id in PERSONS:
        condition, distinct, order = PERSONS[id], "distinct on (person)", "order by person, entity"
    elif id in SHARES:
        condition = SHARES[id][denominator]
    elif id in PAIRS:
        condition, *of = PAIRS[id]
        source += f", generate_series(1, {of[denominator]}) n"
        told = {"n": "n", "domain": "domains[n]"}
    elif id in MEDIANS:
        condition, told["days"] = MEDIANS[id]
    else:
        condition, told["observed"], told["days"], _ = DURATIONS[id]
    return f"""{examined(f"i.{column}")}, behind as (
        select {distinct} {_columns("entity", "person", **told)} from {source}
         where {condition} and ($6::text is null or class = $6) {order})"""


_UNTOLD = {
    "n": "1",
    "domain": "null::text",
    "hours": "null::numeric",
    "days": "null::integer",
    "observed": "null::boolean",
}


def _columns(pathway: str, person: str, **told: str) -> str:
    columns = {"pathway": pathway, "person": person, **_UNTOLD, **told}
    return ", ".join(f"{sql} as {name}" for name, sql in columns.items())
