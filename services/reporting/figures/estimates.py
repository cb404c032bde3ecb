"""Estimates: the interval of a share, and how long something takes that for some is still going on."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

Figure = dict[str, Any]


def share(numerator: int, denominator: int) -> Figure:
    """Gives value and interval, null at denominator 0."""
    value, interval = (None, None) if not denominator else (numerator / denominator, wilson(numerator, denominator))
    return {"numerator": numerator, "denominator": denominator, "value": value, "ci95": interval and list(interval)}


@lru_cache(maxsize=50_000)
def wilson(numerator: int, denominator: int) -> tuple[float, float]:
    """Gives Wilson's 95 % interval of a share."""
    from scipy.stats import binomtest  # at first use: it takes a third of a start, and of its memory

    interval = binomtest(numerator, denominator).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


HALF = 0.5 + 1e-9
"""A product of fractions that is one half on paper may end a bit above it."""


def duration(ended: Sequence[int], going_on: Sequence[int], days: Sequence[int]) -> Figure:
    """Estimates (Kaplan–Meier) how long it takes, in days, from durations that ended and that still go on.

    `value`: the median, the first day by whose end at most half are still waiting; null where it was never so.
    `survival`: the share still waiting at the end of each of `days`; null beyond the longest duration seen.
    """
    from scipy.stats import CensoredData, ecdf

    if not ended:
        longest = max(going_on, default=-1)
        known = {str(day): 1.0 if day <= longest else None for day in days}
        return {"value": None, "observed": 0, "censored": len(going_on), "survival": known}
    waiting = ecdf(CensoredData(uncensored=ended, right=going_on)).sf
    halved = waiting.quantiles[waiting.probabilities <= HALF]
    seen_until = float("inf") if waiting.probabilities[-1] == 0 else waiting.quantiles[-1]
    return {
        "value": int(halved[0]) if len(halved) else None,
        "observed": len(ended),
        "censored": len(going_on),
        "survival": {str(day): float(waiting.evaluate([day])[0]) if day <= seen_until else None for day in days},
    }
