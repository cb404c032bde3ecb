"""Periods one after the other, and the longer one that is their sum."""

from collections.abc import Sequence

from services.reporting.disclosure.families import ADDS_UP, FAMILIES, Atoms, Part, Parts, Sizes, part, value


class Walk:
    """Walks through periods, towards the longer one that is their sum: what may be told of it beside them.

    What one period withholds would be the longer one minus the others. So the next ones withhold it as well, until
    those that do hold together (`waiting` is empty of it); the longer one withholds what is still waiting.
    """

    def __init__(self, threshold: int) -> None:
        self.threshold = threshold
        self.always: Parts = ADDS_UP
        """Told of every period: the longer one is known by it."""
        self._waiting: dict[Part, list[tuple[Sizes, Sizes]]] = {}

    @property
    def waiting(self) -> Parts:
        return frozenset(self._waiting)

    def step(self, atoms: Atoms, told: Parts) -> None:
        """Takes one more period, of which `told` is told."""
        self.always &= told
        for p in ADDS_UP - told:
            rest = (p[0], part(p[0])[1] - p[1]) if not FAMILIES[p[0]].stock else p
            self._waiting.setdefault(p, []).append((value(p, atoms), value(rest, atoms)))
        for p, periods in list(self._waiting.items()):
            if all(self._together(side) for side in zip(*periods, strict=True)):
                del self._waiting[p]

    def _together(self, periods: Sequence[Sizes]) -> bool:
        """Tells whether periods hold: nobody in all of them; or enough, and not all in one."""
        return all(
            not sum(one) or (sum(one) >= self.threshold and sum(map(bool, one)) > 1)
            for one in zip(*periods, strict=True)
        )
