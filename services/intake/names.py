"""Comparing what people are called: without accents, case, hyphens or order."""

import unicodedata
from collections.abc import Iterable


def words(*names: str | None) -> frozenset[str]:
    """`Jean-François`, `jean francois` and `FRANÇOIS JEAN` have the same words."""
    plain = unicodedata.normalize("NFKD", " ".join(filter(None, names)))
    letters = "".join(c if c.isalnum() else " " for c in plain.casefold() if not unicodedata.combining(c))
    return frozenset(letters.split())


def matches(wanted: Iterable[str], found: Iterable[str]) -> bool:
    """Whether each wanted word begins one of the found ones."""
    names = list(found)
    return all(any(name.startswith(word) for name in names) for word in wanted)
