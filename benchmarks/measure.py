"""Measuring side by side: contestants take turns within each round, so that the machine's moods meet all alike.

What is judged is the ratio to the first contestant (the rival, or the ceiling) in the same run; absolute figures are
shown beside it and move between machines.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from math import isnan, nan
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from shared.kernel.database import Pool, ask_across_structures, pool

Turn = Callable[[], Awaitable[float]]
"""One turn of a contestant: returns its figure, in the comparison's unit."""


EVERYBODY = {"lieu.across": "on"}
"""Settings of a connection that works for every structure, as a service's own do in the background."""


@asynccontextmanager
async def pool_for_everybody(url: str) -> AsyncIterator[Pool]:
    """A service's own pool; the caller, and what it starts from here on, works for every structure."""
    ask_across_structures()
    async with pool(url) as connections:
        yield connections


def rival_settings(url: str) -> dict[str, str]:
    """Of eventsourcing's own PostgreSQL store, on the database of this address."""
    parts = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.strip("/"),
        "POSTGRES_HOST": str(parts.hostname),
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_USER": str(parts.username),
        "POSTGRES_PASSWORD": str(parts.password),
    }


@dataclass(frozen=True)
class Scale:
    """How much a run measures: `rounds` of turns of about `seconds`; `quick` shrinks histories to try the code."""

    rounds: int = 5
    seconds: float = 2.0
    quick: bool = False


@dataclass(frozen=True)
class Target:
    """What one contestant should reach: a ratio to the first one, or an absolute figure where no ratio makes sense."""

    contestant: str
    least: float | None = None
    most: float | None = None
    of: str = "ratio"
    """`ratio` or `figure`."""

    def __str__(self) -> str:
        bound = f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"
        return f"target {bound}{' ×' if self.of == 'ratio' else ''}"


@dataclass
class Comparison:
    """Figures of every round by contestant, the first being what the others are compared with.

    `facts`: what else the run showed (losses counted, sizes, versions), by name.
    """

    title: str
    unit: str
    figures: dict[str, list[float]]
    targets: Sequence[Target] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def middle(self, name: str) -> float:
        return median(self.figures[name])

    def ratio(self, name: str) -> float:
        """Median of the ratios round by round, each round having met the same machine; nan where the first is 0."""
        first = next(iter(self.figures.values()))
        own = self.figures[name]
        if not all(first):
            return nan
        if len(own) != len(first):
            return self.middle(name) / median(first)
        return median(mine / its for mine, its in zip(own, first, strict=True))

    def judged(self, target: Target) -> float:
        """The figure that the target is about."""
        return self.ratio(target.contestant) if target.of == "ratio" else self.middle(target.contestant)

    def met(self, target: Target) -> bool:
        figure = self.judged(target)
        return (target.least is None or figure >= target.least) and (target.most is None or figure <= target.most)

    def verdicts(self) -> list[str]:
        """A line for each target."""
        return [
            f"{'met    ' if self.met(target) else 'NOT met'}  {self.title}: {target.contestant}: "
            f"{_told(self.judged(target))} ({target})"
            for target in self.targets
        ]

    def lines(self) -> list[str]:
        """The table, as it is printed."""
        head = f"\n{self.title:<58}{self.unit:>14}{'spread':>22}{'ratio':>8}"
        body = []
        for name, figures in self.figures.items():
            spread = f"{_told(min(figures))}–{_told(max(figures))}"
            marks = "".join(f"  {self._mark(target)}" for target in self.targets if target.contestant == name)
            body.append(f"  {name:<56}{_told(median(figures)):>14}{spread:>22}{self.ratio(name):>8.2f}{marks}")
        return [head, *body, *(f"  {name}: {fact}" for name, fact in self.facts.items())]

    def _mark(self, target: Target) -> str:
        return f"{target}: {'met' if self.met(target) else 'NOT met'}"


def _told(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:,.3g}"


async def compare(
    title: str, unit: str, turns: Mapping[str, Turn], rounds: int, targets: Sequence[Target] = ()
) -> Comparison:
    """Every contestant once a round, in the order given, the first being what the others are compared with."""
    figures: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            figures[name].append(await turn())
    return Comparison(title, unit, figures, targets)


def write(comparisons: Mapping[str, Sequence[Comparison]], file: Path, machine: Mapping[str, Any]) -> None:
    """All figures as JSON, by benchmark, beside what they were measured on, for whoever draws or compares them."""
    told = {
        name: [
            asdict(one)
            | {
                "median": {contestant: one.middle(contestant) for contestant in one.figures},
                "ratio": {contestant: _or_null(one.ratio(contestant)) for contestant in one.figures},
                "met": [one.met(target) for target in one.targets],
            }
            for one in of
        ]
        for name, of in comparisons.items()
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"machine": machine, "benchmarks": told}, indent=1, ensure_ascii=False) + "\n")


def _or_null(ratio: float) -> float | None:
    return None if isnan(ratio) else ratio
