"""The indicator catalogue: each figure as conditions over the rows of pathways, for its value and the list behind it.

Every query that is made of these takes the same parameters: $1 and $2 the period's first and last day, $3 the instant
of knowledge, $4 the structure and $5 the département (null: the nation).
"""

from shared.codes import ActivityKind, ExitClass
from shared.kinds import KINDS

MONTHS = (3, 6, 12)

KNOWN = "{0}.known_from <= $3 and {0}.known_to > $3"
"""That a row was so at the instant of knowledge."""

COUNTED = {kind.figure: kind for kind in KINDS if kind.counted}
"""The figures of kinds of facts that are declared whole: who of those supported had such a fact in the period."""

COUNTS: dict[str, str] = {
    "requests": "r",
    "entries": "e",
    "supported": "a",
    "leavers": "l",
    **{f"exits_{name.value}": f"l and exit_class = '{name.value}'" for name in ExitClass},
    "exits_examined": "x",
}
"""Pathways by condition."""

PERSONS = {"persons_supported": "a"}
"""Distinct persons of the pathways by condition."""

SHARES: dict[str, tuple[str, str]] = {
    "welcomed_share": ("r and welcomed_on is not null", "r"),
    "diagnosed_share": ("e and diagnosed", "e"),
    "plan_share": ("e and planned", "e"),
    "remobilised_share": ("l and remobilised", "l and scored_twice"),
    "mobilised_share": ("a and mobilised", "a"),
    "mainstream_regained_share": ("without_mainstream and with_mainstream", "without_mainstream"),
    "dynamic_exit_share": ("l and exit_class in ('durable', 'transition', 'positive')", "x"),
    "durable_exit_share": ("l and exit_class = 'durable'", "x"),
    "transition_exit_share": ("l and exit_class = 'transition'", "x"),
    "positive_exit_share": ("l and exit_class = 'positive'", "x"),
    "durable_access_share": ("l and exit_class = 'durable'", "a"),
    "transition_access_share": ("l and exit_class = 'transition'", "a"),
    **{f"followup_{m}_asked_share": (f"due_{m} and asked_{m}", f"due_{m}") for m in MONTHS},
    **{f"followup_{m}_response_share": (f"l and reached_{m}", f"l and asked_{m}") for m in MONTHS},
    **{f"employed_at_{m}_share": (f"l and employed_{m}", f"l and reached_{m}") for m in MONTHS},
    **{
        id: (
            f"""a and exists (select from facts f where f.pathway = examined.entity and f.kind = '{kind.name}'
                            and f.happened_on between $1 and $2 and {KNOWN.format("f")})""",
            "a",
        )
        for id, kind in COUNTED.items()
    },
}
"""(numerator, denominator), each pathways by condition."""

PAIRS: dict[str, tuple[str, str, str]] = {
    "barriers_reduced_share": ("l", "barriers_reduced", "barriers_examined"),
}
"""(condition, numerator, denominator): each a number of the pathways' barriers."""

MEDIANS: dict[str, tuple[str, str]] = {
    "days_to_welcome_median": ("welcomed_on between $1 and $2", "welcomed_on - requested_on"),
}
"""(condition, days)."""

DURATIONS: dict[str, tuple[str, str, str, tuple[int, ...]]] = {
    "days_to_welcome_km": (
        "r",
        "welcomed_on is not null",
        "greatest(coalesce(welcomed_on, withdrawn_on, started_on, known_on) - requested_on, 0)",
        (7, 15, 30),
    ),
    "days_to_employment_km": (
        "e",
        "coalesce(employed_on <= known_on, false)",
        "greatest(least(coalesce(employed_on, exited_on, known_on), known_on) - started_on, 0)",
        (90, 180, 365),
    ),
}
"""(condition, whether it has ended, days until it ended or was last seen going on, days whose survival is told).

The job that a person left for may begin later than the date of `known_at`: until that date they waited for it.
"""

HOURS = {f"hours_{kind.value}": kind for kind in ActivityKind}

ONE_PART = (*COUNTS, *PERSONS, *MEDIANS, *DURATIONS, *HOURS)
"""Figures that have neither numerator nor denominator."""
CATALOGUE = frozenset((*ONE_PART, *SHARES, *PAIRS))
"""Every id."""

_AT_START, _AT_EXIT = (
    f"""exists (select from profiles p where p.pathway = standing.entity and p.moment = '{moment}'
                   and p.mainstream = {support} and {KNOWN.format("p")})"""
    for moment, support in (("start", False), ("exit", True))
)

# Whoever had received the pathway by the period's last day holds it, else who was asked. Null arrays cost nothing.
_HOLDER = "coalesce(i.received_by[width_bucket($2::date, i.received_on)], i.structure)"
_IN_DEPARTMENT = "select s.structure from structures s where s.department = $5"
# Of each scope the first condition says nothing new: indexes serve it, where they cannot serve the second.
SCOPE = f"""($4::text is null or ((i.structure = $4 or i.received_by is not null) and {_HOLDER} = $4))
        and ($5::text is null or ((i.structure = any (array({_IN_DEPARTMENT})) or i.received_by is not null)
             and exists ({_IN_DEPARTMENT} and s.structure = {_HOLDER} and {KNOWN.format("s")})))"""


DEPARTMENT = f"(select s.department from structures s where s.structure = {_HOLDER} and {KNOWN.format('s')} limit 1)"
"""Of the structure that counts a pathway `i`; of several rows that say so, one."""


def examined(of_class: str) -> str:
    """Begins a query: the pathways of the scope in `examined`, their sets as booleans, dates, and class (SQL on `i`).

    Left out are those of which no figure of the period speaks: who left long before, and who had not come yet.
    """
    due = ", ".join(
        f"(l and not deceased and (exited_on + interval '{m} months')::date <= known_on) as due_{m}" for m in MONTHS
    )
    months = ", ".join(f"o.{what}_{m}" for m in MONTHS for what in ("asked", "reached", "employed"))
    return f"""
      with held as materialized (
        select i.entity, {of_class} as class, i.person, i.requested_on, i.welcomed_on, i.started_on, i.withdrawn_on,
               o.exited_on, o.exit_class, o.deceased, o.contract_start, {months}
          from intake i
          left join outcomes o on o.entity = i.entity and {KNOWN.format("o")}
         where {KNOWN.format("i")} and i.requested_on is not null
           and {SCOPE}
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


def pathways(condition: str) -> str:
    return f"count(*) filter (where {condition})"


def total(number: str, condition: str) -> str:
    return f"coalesce(sum({number}) filter (where {condition}), 0)"


def of_classes(of_class: str, told: str) -> str:
    """Asks for aggregates over `examined`, of the whole and of each class (SQL on `i`)."""
    return f"""{examined(of_class)}
      select class, grouping(class) = 1 as whole, {told} from examined group by grouping sets ((), (class))"""


ACTIVE = f"""activities t join intake i on i.entity = t.pathway
       where t.started_on between $1 and $2 and t.attended and {KNOWN.format("t")}
         and {KNOWN.format("i")} and i.requested_on is not null and {SCOPE}"""
"""The attended activities `t` of the period in the scope, each with its pathway `i`."""
