"""The indicator catalogue: each figure as conditions over the rows of pathways, for its value and its list."""

from services.reporting.figures.scope import KNOWN
from shared.language.codes import ActivityKind, ExitClass, FollowUpMonth
from shared.language.kinds import KINDS

DYNAMIC = ("durable", "transition", "positive")

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

_HAS_FACT = f"""a and exists (select from facts f where f.pathway = examined.entity and f.kind = '{{}}'
                            and f.happened_on between $1 and $2 and {KNOWN.format("f")})"""
SHARES: dict[str, tuple[str, str]] = {
    "welcomed_share": ("r and welcomed_on is not null", "r"),
    "diagnosed_share": ("e and diagnosed", "e"),
    "plan_share": ("e and planned", "e"),
    "remobilised_share": ("l and remobilised", "l and scored_twice"),
    "mobilised_share": ("a and mobilised", "a"),
    "mainstream_regained_share": ("without_mainstream and with_mainstream", "without_mainstream"),
    "dynamic_exit_share": ("l and exit_class in ('durable', 'transition', 'positive')", "x"),
    **{f"{name}_exit_share": (COUNTS[f"exits_{name}"], "x") for name in DYNAMIC},
    **{f"{name}_access_share": (COUNTS[f"exits_{name}"], "a") for name in ("durable", "transition")},
    **{f"followup_{m}_asked_share": (f"due_{m} and asked_{m}", f"due_{m}") for m in FollowUpMonth},
    **{f"followup_{m}_response_share": (f"l and reached_{m}", f"l and asked_{m}") for m in FollowUpMonth},
    **{f"employed_at_{m}_share": (f"l and employed_{m}", f"l and reached_{m}") for m in FollowUpMonth},
    **{id: (_HAS_FACT.format(kind.name), "a") for id, kind in COUNTED.items()},
}
"""(numerator, denominator), each pathways by condition."""

PAIRS = {"barriers_reduced_share": ("l", "barriers_reduced", "barriers_examined")}
"""(condition, numerator, denominator): each a number of the pathways' barriers."""

MEDIANS = {"days_to_welcome_median": ("welcomed_on between $1 and $2", "welcomed_on - requested_on")}
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
