"""What a diagnostic must be."""

from collections.abc import Iterator

from shared.language.codes import HIGHEST_SCORE
from shared.language.rules import RuleBroken


class ScoreOutOfRange(RuleBroken):
    """The remobilisation score lies between 0 and 10."""


def of_score(remobilisation: int | None) -> Iterator[ScoreOutOfRange]:
    if remobilisation is not None and not 0 <= remobilisation <= HIGHEST_SCORE:
        yield ScoreOutOfRange(f"{remobilisation} is not between 0 and {HIGHEST_SCORE}", "remobilisation")
