"""The counts of which figures are made: sums of **atoms**, disjoint sets of pathways (or persons, or barriers).

A `Family` holds the atoms that make up one whole: this is the one list of the catalogue's linear identities.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.reporting.figures.catalogue import COUNTED, COUNTS, DURATIONS, DYNAMIC, HOURS, MEDIANS, PAIRS, SHARES
from services.reporting.figures.estimates import Figure
from services.reporting.figures.queries import pathways, total
from shared.language.codes import ExitClass, FollowUpMonth

WITHHELD: Figure = {"withheld": True}

Part = tuple[str, frozenset[str]]
"""(family, atoms): a count that a figure tells, or is made of."""
Parts = frozenset[Part]
Sizes = tuple[int, ...]
"""A count as each asker can reckon it: of the whole scope and, for somebody of a structure, of the scope without it."""
Atoms = Mapping[str, Mapping[str, Sizes]]
"""By family and atom."""


@dataclass(frozen=True)
class Family:
    """`atoms`: their SQL aggregates over `examined` (of hours: the kind).

    `stock`: a year is not the sum of its quarters. `loose`: the whole may be withheld where its parts are told.
    """

    atoms: Mapping[str, str]
    stock: bool = False
    loose: bool = False


def _split(whole: str, part: str) -> dict[str, str]:
    return {"in": pathways(f"({whole}) and ({part})"), "out": pathways(f"({whole}) and ({part}) is not true")}


_OF_SUPPORTED = ("mobilised_share", *COUNTED)
_SPLIT = (
    "welcomed_share",
    "diagnosed_share",
    "plan_share",
    "remobilised_share",
    *_OF_SUPPORTED,
    "mainstream_regained_share",
    *(f"followup_{m}_asked_share" for m in FollowUpMonth),
)
EXITS = tuple(name.value for name in ExitClass)

FAMILIES: dict[str, Family] = {
    **{id: Family(_split(SHARES[id][1], SHARES[id][0]), stock=id in _OF_SUPPORTED) for id in _SPLIT},
    "days_to_employment_km": Family(_split(*DURATIONS["days_to_employment_km"][:2])),
    "exits": Family(
        {name: pathways(COUNTS[f"exits_{name}"]) for name in EXITS}
        | {"staying": pathways("(a or l) and (l and exit_class is not null) is not true")},
        stock=True,
        loose=True,
    ),
    "persons_supported": Family({"in": "count(distinct person) filter (where a)"}, stock=True),
    **{
        f"followup_{m}": Family(
            {
                "employed": pathways(f"l and asked_{m} and reached_{m} and employed_{m}"),
                "reached": pathways(f"l and asked_{m} and reached_{m} and employed_{m} is not true"),
                "asked": pathways(f"l and asked_{m} and reached_{m} is not true"),
            }
        )
        for m in FollowUpMonth
    },
    **{
        id: Family({"in": total(n, condition), "out": total(f"{d} - {n}", condition)})
        for id, (condition, n, d) in PAIRS.items()
    },
    **{id: Family({"in": pathways(condition)}) for id, (condition, _) in MEDIANS.items()},
    **{id: Family({"in": kind.value}) for id, kind in HOURS.items()},
}
"""The atom of hours and medians is the pathways that enter them: they must not be few."""

CLUSTERS: tuple[tuple[str, ...], ...] = (
    ("welcomed_share",),
    ("diagnosed_share", "plan_share", "days_to_employment_km"),
    ("exits", *_OF_SUPPORTED, "persons_supported"),
    *((f"followup_{m}_asked_share", f"followup_{m}") for m in FollowUpMonth),
    *((id,) for id in ("remobilised_share", "mainstream_regained_share", *PAIRS, *MEDIANS, *HOURS)),
)
"""Families of one whole, or nearly so: a class is withheld in all of them or in none."""


def part(family: str, *atoms: str) -> Part:
    """Gives a part of a family; without atoms, the whole."""
    return family, frozenset(atoms or FAMILIES[family].atoms)


def _reached(month: int) -> Part:
    return part(f"followup_{month}", "employed", "reached")


_LEAVERS, _A = part("exits", *EXITS), part("exits")
_X = part("exits", *(name for name in EXITS if name != "neutralised"))

FIGURES: dict[str, tuple[Part, ...]] = {
    "requests": (part("welcomed_share"),),
    "entries": (part("diagnosed_share"),),
    "supported": (_A,),
    "leavers": (_LEAVERS,),
    "persons_supported": (part("persons_supported"),),
    **{f"exits_{name}": (part("exits", name),) for name in EXITS},
    "exits_examined": (_X,),
    **{id: (part(id, "in"), part(id)) for id in (*_SPLIT, *PAIRS, "days_to_employment_km")},
    "days_to_welcome_km": (part("welcomed_share", "in"), part("welcomed_share")),
    "dynamic_exit_share": (part("exits", *DYNAMIC), _X),
    **{f"{name}_exit_share": (part("exits", name), _X) for name in DYNAMIC},
    **{f"{name}_access_share": (part("exits", name), _A) for name in ("durable", "transition")},
    **{f"followup_{m}_response_share": (_reached(m), part(f"followup_{m}")) for m in FollowUpMonth},
    **{f"employed_at_{m}_share": (part(f"followup_{m}", "employed"), _reached(m)) for m in FollowUpMonth},
    **{id: (part(id),) for id in (*MEDIANS, *HOURS)},
}
"""By figure the counts that it tells: (value), or (numerator, denominator), or (observed, all) of a duration."""

TOLD: dict[str, Parts] = {
    family: frozenset(told for parts in FIGURES.values() for told in parts if told[0] == family) for family in FAMILIES
}

NOTHING: Parts = frozenset()
FLOWS = frozenset({part("diagnosed_share"), _LEAVERS})
"""People who came, and people who left: a stock and the next one differ by them."""
STOCKS = frozenset(
    {_A, part("persons_supported"), *(part(id, *atoms) for id in _OF_SUPPORTED for atoms in ((), ("in",)))}
)
ADDS_UP = frozenset(
    p
    for family, parts in TOLD.items()
    for p in parts
    if not FAMILIES[family].stock or (family == "exits" and "staying" not in p[1])
)
"""The counts whose longer period is the sum of the shorter ones."""


def sizes(counts: Iterable[Sizes]) -> Sizes:
    return tuple(map(sum, zip(*counts, strict=True)))


def value(p: Part, atoms: Atoms) -> Sizes:
    """Gives the count of a part."""
    return sizes(atoms[p[0]][name] for name in p[1]) if p[1] else (0,)


def shown(figures: Mapping[str, Figure], told: Parts) -> dict[str, Figure]:
    """Shows the figures of which every count may be told; withholds the others, with all that is derived from them."""
    return {id: figure if all(p in told for p in FIGURES[id]) else WITHHELD for id, figure in figures.items()}
