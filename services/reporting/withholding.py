"""Which figures are withheld from outsiders, so that no small count can be told from what is answered. Pure rules.

Every count of the catalogue is the sum of some **atoms**: disjoint sets of pathways (or persons, or barriers), of which
a `Family` holds those that make up one whole. That is the one list of the catalogue's linear identities. What is
answered is chosen so that it consists of **blocks** of atoms, each of them empty or at least as large as the
threshold: sums and differences of blocks are again made of blocks, so whatever is derived is empty or large enough.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from services.reporting.catalogue import COUNTED, COUNTS, DURATIONS, HOURS, MEDIANS, MONTHS, PAIRS, SHARES
from services.reporting.estimates import Figure
from shared.codes import ExitClass

WITHHELD: Figure = {"withheld": True}

Part = tuple[str, frozenset[str]]
"""(family, atoms): a count that a figure tells, or is made of."""
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


def _pathways(condition: str) -> str:
    return f"count(*) filter (where {condition})"


def _split(whole: str, part: str) -> dict[str, str]:
    return {"in": _pathways(f"({whole}) and ({part})"), "out": _pathways(f"({whole}) and ({part}) is not true")}


_PAIRED = {
    id: Family(
        {
            "in": f"coalesce(sum({n}) filter (where {condition}), 0)",
            "out": f"coalesce(sum({d} - {n}) filter (where {condition}), 0)",
        }
    )
    for id, (condition, n, d) in PAIRS.items()
}
_OF_SUPPORTED = ("mobilised_share", *COUNTED)
_SPLIT = (
    "welcomed_share",
    "diagnosed_share",
    "plan_share",
    "remobilised_share",
    *_OF_SUPPORTED,
    "mainstream_regained_share",
    *(f"followup_{m}_asked_share" for m in MONTHS),
)
EXITS = tuple(name.value for name in ExitClass)
EXAMINED = tuple(name for name in EXITS if name != "neutralised")
DYNAMIC = ("durable", "transition", "positive")

FAMILIES: dict[str, Family] = {
    **{id: Family(_split(SHARES[id][1], SHARES[id][0]), stock=id in _OF_SUPPORTED) for id in _SPLIT},
    "days_to_employment_km": Family(_split(*DURATIONS["days_to_employment_km"][:2])),
    "exits": Family(
        {name: _pathways(COUNTS[f"exits_{name}"]) for name in EXITS}
        | {"staying": _pathways("(a or l) and (l and exit_class is not null) is not true")},
        stock=True,
        loose=True,
    ),
    "persons_supported": Family({"in": "count(distinct person) filter (where a)"}, stock=True),
    **{
        f"followup_{m}": Family(
            {
                "employed": _pathways(f"l and asked_{m} and reached_{m} and employed_{m}"),
                "reached": _pathways(f"l and asked_{m} and reached_{m} and employed_{m} is not true"),
                "asked": _pathways(f"l and asked_{m} and reached_{m} is not true"),
            }
        )
        for m in MONTHS
    },
    **_PAIRED,
    **{id: Family({"in": _pathways(condition)}) for id, (condition, _) in MEDIANS.items()},
    **{id: Family({"in": kind.value}) for id, kind in HOURS.items()},
}
"""Of hours and medians the atom is the pathways that enter them: they are what must not be few."""

CLUSTERS: tuple[tuple[str, ...], ...] = (
    ("welcomed_share",),
    ("diagnosed_share", "plan_share", "days_to_employment_km"),
    ("exits", *_OF_SUPPORTED, "persons_supported"),
    *((f"followup_{m}_asked_share", f"followup_{m}") for m in MONTHS),
    *((id,) for id in ("remobilised_share", "mainstream_regained_share", *PAIRS, *MEDIANS, *HOURS)),
)
"""Families of one whole, or nearly so: a class is withheld in all of them or in none."""


def part(family: str, *atoms: str) -> Part:
    """Without atoms: the whole."""
    return family, frozenset(atoms or FAMILIES[family].atoms)


_LEAVERS, _X, _A = part("exits", *EXITS), part("exits", *EXAMINED), part("exits")

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
    **{
        id: parts
        for m in MONTHS
        for id, parts in (
            (f"followup_{m}_response_share", (part(f"followup_{m}", "employed", "reached"), part(f"followup_{m}"))),
            (
                f"employed_at_{m}_share",
                (part(f"followup_{m}", "employed"), part(f"followup_{m}", "employed", "reached")),
            ),
        )
    },
    **{id: (part(id),) for id in (*MEDIANS, *HOURS)},
}
"""By figure the counts that it tells: (value), or (numerator, denominator), or (observed, all) of a duration."""

TOLD: dict[str, frozenset[Part]] = {
    family: frozenset(told for parts in FIGURES.values() for told in parts if told[0] == family) for family in FAMILIES
}

NOTHING: frozenset[Part] = frozenset()
Blocks = tuple[frozenset[str], ...]


def _partitions(atoms: Sequence[str]) -> Iterator[list[list[str]]]:
    if not atoms:
        yield []
        return
    first, *rest = atoms
    for found in _partitions(rest):
        yield [[first], *found]
        for n, block in enumerate(found):
            yield [*found[:n], [first, *block], *found[n + 1 :]]


@cache
def choices(family: str) -> tuple[tuple[Blocks, frozenset[Part]], ...]:
    """What may be told together, and the blocks that can be reckoned from it; what tells most first, nothing last."""
    found: set[frozenset[Part]] = {frozenset()}
    for blocks in _partitions(list(FAMILIES[family].atoms)):
        told = frozenset(p for p in TOLD[family] if all(p[1].issuperset(b) or p[1].isdisjoint(b) for b in blocks))
        found |= {told, told - {part(family)}} if FAMILIES[family].loose else {told}
    return tuple(sorted(((_blocks(told), told) for told in found), key=_rank))


def _rank(choice: tuple[Blocks, frozenset[Part]]) -> tuple[int, list[tuple[str, list[str]]]]:
    """The same in every process."""
    return -_worth(choice[1]), sorted((family, sorted(atoms)) for family, atoms in choice[1])


def _blocks(told: frozenset[Part]) -> Blocks:
    """Atoms in the same parts cannot be told apart; those in none cannot be reckoned at all."""
    found: dict[frozenset[Part], set[str]] = {}
    for atom in {atom for _, atoms in told for atom in atoms}:
        found.setdefault(frozenset(p for p in told if atom in p[1]), set()).add(atom)
    return tuple(map(frozenset, found.values()))


@cache
def _worth(told: frozenset[Part]) -> int:
    """How many figures the parts make, an aggregate before its parts."""
    figures = sum(1 for parts in FIGURES.values() if all(p in told for p in parts))
    return 100 * figures + sum(len(atoms) for _, atoms in told)


def sizes(counts: Iterable[Sizes]) -> Sizes:
    return tuple(map(sum, zip(*counts, strict=True)))


def large(count: Sizes, threshold: int) -> bool:
    """A count that may be told: of nobody, or of enough."""
    return all(size <= 0 or size >= threshold for size in count)


def _holds(blocks: Blocks, atoms: Mapping[str, Sizes], threshold: int) -> bool:
    return all(large(sizes(atoms[name] for name in block), threshold) for block in blocks)


FLOWS = frozenset({part("diagnosed_share"), _LEAVERS})
"""Those who came and those who left: what a stock and the next one differ by."""
STOCKS = frozenset(
    {_A, part("persons_supported"), *(part(id, *atoms) for id in _OF_SUPPORTED for atoms in ((), ("in",)))}
)


def _without_known_by_stocks(told: frozenset[Part]) -> frozenset[Part]:
    """Whoever is supported is counted three times; where one does not tell how many, no other one does."""
    return told if _A in told else told - STOCKS


def told_of(
    atoms: Atoms, threshold: int, never: frozenset[Part] = NOTHING, known: frozenset[Part] = NOTHING
) -> frozenset[Part]:
    """The parts that may be told of one whole: none of `never`, and such that they hold beside what is `known`."""
    told: set[Part] = set()
    for family in FAMILIES:
        mine = frozenset(p for p in known if p[0] == family)
        told |= next(
            (
                parts
                for blocks, parts in choices(family)
                if mine <= parts and not parts & never and _holds(blocks, atoms[family], threshold)
            ),
            mine,
        )
    return _without_known_by_stocks(frozenset(told))


def told_of_classes(
    classes: Mapping[str, Atoms], threshold: int, of_all: frozenset[Part]
) -> dict[str, frozenset[Part]]:
    """The parts that may be told of each class of one whole, of which `of_all` are told.

    In a cluster the classes that are told all tell the same parts; the others are so many that together, which is
    what the whole minus the told ones leaves, they hold as well.
    """
    found: dict[str, set[Part]] = {name: set() for name in classes}
    for cluster in CLUSTERS:
        options = [
            [
                (
                    family,
                    blocks,
                    parts,
                    frozenset(n for n, atoms in classes.items() if not _holds(blocks, atoms[family], threshold)),
                )
                for blocks, parts in choices(family)
                if parts <= of_all
            ]
            for family in cluster
        ]
        best: tuple[int, frozenset[Part], frozenset[str]] = (0, NOTHING, frozenset(classes))
        for chosen in product(*options):
            parts = _without_known_by_stocks(NOTHING.union(*(told for _, _, told, _ in chosen)))
            few: frozenset[str] = frozenset().union(*(failing for *_, failing in chosen))
            if (len(classes) - len(few)) * _worth(parts) <= best[0]:
                continue
            hidden = _with_companions(few, classes, {family: blocks for family, blocks, _, _ in chosen}, threshold)
            worth = (len(classes) - len(hidden)) * _worth(parts)
            if worth > best[0]:
                best = worth, parts, hidden
        for name in classes.keys() - best[2]:
            found[name] |= best[1]
    return {name: frozenset(parts) for name, parts in found.items()}


def _with_companions(
    few: frozenset[str], classes: Mapping[str, Atoms], blocks: Mapping[str, Blocks], threshold: int
) -> frozenset[str]:
    """The classes of few and the next smallest, until together they hold."""

    def hold(names: Collection[str]) -> bool:
        return all(
            _holds(
                b, {atom: sizes(classes[n][family][atom] for n in names) for atom in FAMILIES[family].atoms}, threshold
            )
            for family, b in blocks.items()
        )

    def size(name: str) -> int:
        return sum(count[0] for family in blocks for count in classes[name][family].values())

    hidden = set(few)
    for name in sorted((n for n in classes if n not in hidden and size(n)), key=lambda name: (size(name), name)):
        if not hidden or hold(hidden):
            break
        hidden.add(name)
    return frozenset(hidden) if not hidden or hold(hidden) else frozenset(classes)


def told_of_period(
    atoms: Atoms,
    threshold: int,
    never: frozenset[Part] = NOTHING,
    known: frozenset[Part] = NOTHING,
    *,
    flows: bool = True,
) -> frozenset[Part]:
    """As `told_of`; without the stocks where their flows, of this period or (`flows`) an earlier one, are not told."""
    told = told_of(atoms, threshold, never if flows else never | STOCKS, known)
    return told if told >= FLOWS else told_of(atoms, threshold, never | STOCKS, known)


def value(p: Part, atoms: Atoms) -> Sizes:
    """The count of a part."""
    return sizes(atoms[p[0]][name] for name in p[1]) if p[1] else (0,)


class Walk:
    """Periods one after the other, and the longer one that is their sum: what may be told of it beside them.

    What one period withholds would be the longer one minus the others. So the next ones withhold it as well, until
    those that do hold together (`waiting` is empty of it); the longer one withholds what is still waiting.
    """

    def __init__(self, threshold: int) -> None:
        self.threshold = threshold
        self.always: frozenset[Part] = _ADDS_UP
        """What every period has told: the longer one is known by them."""
        self._waiting: dict[Part, list[tuple[Sizes, Sizes]]] = {}

    @property
    def waiting(self) -> frozenset[Part]:
        return frozenset(self._waiting)

    def step(self, atoms: Atoms, told: frozenset[Part]) -> None:
        """One more period, of which `told` is told."""
        self.always &= told
        for p in _ADDS_UP - told:
            rest = (p[0], part(p[0])[1] - p[1]) if not FAMILIES[p[0]].stock else p
            self._waiting.setdefault(p, []).append((value(p, atoms), value(rest, atoms)))
        for p, periods in list(self._waiting.items()):
            if all(self._together(side) for side in zip(*periods, strict=True)):
                del self._waiting[p]

    def _together(self, periods: Sequence[Sizes]) -> bool:
        """Nobody in all of them; or enough, and not all in one."""
        return all(
            not sum(one) or (sum(one) >= self.threshold and sum(map(bool, one)) > 1)
            for one in zip(*periods, strict=True)
        )


_ADDS_UP = frozenset(
    p
    for family, parts in TOLD.items()
    for p in parts
    if not FAMILIES[family].stock or (family == "exits" and "staying" not in p[1])
)


def shown(figures: Mapping[str, Figure], told: frozenset[Part]) -> dict[str, Figure]:
    """The figures of which every count may be told; the others withheld, with all that is derived from them."""
    return {id: figure if all(p in told for p in FIGURES[id]) else WITHHELD for id, figure in figures.items()}
