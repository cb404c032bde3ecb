"""Withholding figures from outsiders, so that no small count can be told from what is answered. Pure rules.

What is answered is chosen so that it consists of **blocks** of atoms, each of them empty or at least as large as the
threshold: sums and differences of blocks are again made of blocks, so whatever is derived is empty or large enough.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

from services.reporting.disclosure.families import (
    CLUSTERS,
    FAMILIES,
    FIGURES,
    FLOWS,
    NOTHING,
    STOCKS,
    TOLD,
    Atoms,
    Parts,
    Sizes,
    part,
    sizes,
)

Blocks = tuple[frozenset[str], ...]
Classes = Mapping[str, Atoms]


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
def choices(family: str) -> tuple[tuple[Blocks, Parts], ...]:
    """Gives what may be told together, with the blocks that it lets reckon; what tells most first, nothing last."""
    found: set[Parts] = {frozenset()}
    for blocks in _partitions(list(FAMILIES[family].atoms)):
        told = frozenset(p for p in TOLD[family] if all(p[1].issuperset(b) or p[1].isdisjoint(b) for b in blocks))
        found |= {told, told - {part(family)}} if FAMILIES[family].loose else {told}
    return tuple(sorted(((_blocks(told), told) for told in found), key=_rank))


def _rank(choice: tuple[Blocks, Parts]) -> tuple[int, list[tuple[str, list[str]]]]:
    """Orders choices the same in every process."""
    return -_worth(choice[1]), sorted((family, sorted(atoms)) for family, atoms in choice[1])


def _blocks(told: Parts) -> Blocks:
    """Puts atoms of the same parts together: they cannot be told apart, nor those of none reckoned at all."""
    found: dict[Parts, set[str]] = {}
    for atom in {atom for _, atoms in told for atom in atoms}:
        found.setdefault(frozenset(p for p in told if atom in p[1]), set()).add(atom)
    return tuple(map(frozenset, found.values()))


@cache
def _worth(told: Parts) -> int:
    """Counts the figures that the parts make, an aggregate before its parts."""
    figures = sum(1 for parts in FIGURES.values() if all(p in told for p in parts))
    return 100 * figures + sum(len(atoms) for _, atoms in told)


def _holds(blocks: Blocks, atoms: Mapping[str, Sizes], threshold: int) -> bool:
    """Tells whether the count of each block is of nobody, or of enough."""
    counts = (size for block in blocks for size in sizes(atoms[name] for name in block))
    return all(size <= 0 or size >= threshold for size in counts)


def _without_known_by_stocks(told: Parts) -> Parts:
    """Drops all stocks where one does not tell how many: whoever is supported is counted three times."""
    return told if part("exits") in told else told - STOCKS


def told_of(atoms: Atoms, threshold: int, never: Parts = NOTHING, known: Parts = NOTHING) -> Parts:
    """Gives the parts that may be told of one whole: none of `never`, such that they hold beside what is `known`."""
    told = (_told_of_family(family, atoms[family], threshold, never, known) for family in FAMILIES)
    return _without_known_by_stocks(NOTHING.union(*told))


def _told_of_family(family: str, atoms: Mapping[str, Sizes], threshold: int, never: Parts, known: Parts) -> Parts:
    mine = frozenset(p for p in known if p[0] == family)
    for blocks, parts in choices(family):
        if mine <= parts and not parts & never and _holds(blocks, atoms, threshold):
            return parts
    return mine


def told_of_classes(classes: Classes, threshold: int, of_all: Parts) -> dict[str, Parts]:
    """Gives the parts that may be told of each class of one whole, of which `of_all` are told.

    In a cluster the classes that are told all tell the same parts; the others are so many that together, which is
    what the whole minus the told ones leaves, they hold as well.
    """
    found = dict.fromkeys(classes, NOTHING)
    for cluster in CLUSTERS:
        parts, hidden = _told_of_cluster(cluster, classes, threshold, of_all)
        found |= {name: found[name] | parts for name in classes.keys() - hidden}
    return found


class _Option(NamedTuple):
    """A choice of a family; `few`: the classes in which it does not hold."""

    family: str
    blocks: Blocks
    parts: Parts
    few: frozenset[str]


def _told_of_cluster(
    cluster: Sequence[str], classes: Classes, threshold: int, of_all: Parts
) -> tuple[Parts, frozenset[str]]:
    """Gives the parts that tell most figures of most classes, and the classes that are hidden."""
    worth, parts, hidden = 0, NOTHING, frozenset(classes)
    for chosen in product(*(list(_options(family, classes, threshold, of_all)) for family in cluster)):
        told = _without_known_by_stocks(NOTHING.union(*(one.parts for one in chosen)))
        few: frozenset[str] = frozenset().union(*(one.few for one in chosen))
        if (len(classes) - len(few)) * _worth(told) <= worth:
            continue
        withheld = _with_companions(few, classes, {one.family: one.blocks for one in chosen}, threshold)
        if (more := (len(classes) - len(withheld)) * _worth(told)) > worth:
            worth, parts, hidden = more, told, withheld
    return parts, hidden


def _options(family: str, classes: Classes, threshold: int, of_all: Parts) -> Iterator[_Option]:
    for blocks, parts in choices(family):
        if parts <= of_all:
            few = (name for name, atoms in classes.items() if not _holds(blocks, atoms[family], threshold))
            yield _Option(family, blocks, parts, frozenset(few))


def _with_companions(
    few: frozenset[str], classes: Classes, blocks: Mapping[str, Blocks], threshold: int
) -> frozenset[str]:
    """Hides the classes of few and the next smallest, until together they hold."""

    def hold(names: Collection[str]) -> bool:
        return all(
            _holds(of, {atom: sizes(classes[n][id][atom] for n in names) for atom in FAMILIES[id].atoms}, threshold)
            for id, of in blocks.items()
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
    atoms: Atoms, threshold: int, never: Parts = NOTHING, known: Parts = NOTHING, *, flows: bool = True
) -> Parts:
    """Does as `told_of`, without stocks whose flows, of this period or (`flows`) an earlier one, are not told."""
    told = told_of(atoms, threshold, never if flows else never | STOCKS, known)
    return told if told >= FLOWS else told_of(atoms, threshold, never | STOCKS, known)
