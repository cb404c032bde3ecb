"""Compares names of people and their telephone numbers, as a reader of French writes them."""

import unicodedata
from collections.abc import Iterator, Sequence

import phonenumbers
from anyascii import anyascii

FEWEST_DIGITS = 6
"""From so many digits on, a text that is searched for is a telephone number, or a part of one."""
_COUNTRY = "FR"
"""Of a number without its country's code."""
_WRITTEN_OUT = {"st": "saint", "ste": "sainte"}


def words(*names: str | None) -> tuple[str, ...]:
    """`Jean-François`, `jean francois` and `JEAN FRANÇOIS` have the same words, `Łukasz` and `lukasz`, `N’Diaye` and
    `n'diaye`. Letters of other scripts than Latin stay what they are."""
    small = unicodedata.normalize("NFKD", " ".join(filter(None, names))).casefold()
    return tuple("".join(map(_compared, unicodedata.normalize("NFKD", small))).split())


def _compared(character: str) -> str:
    """A letter as it is compared, without strokes, and apart where it is two; a blank for what stands between words,
    and nothing for an accent or what cannot be seen."""
    kind = unicodedata.category(character)
    if kind.startswith("M") or kind == "Cf":
        return ""
    if not character.isascii() and unicodedata.name(character, "").startswith(("LATIN", "MODIFIER LETTER")):
        character = anyascii(character).casefold()
    return "".join(one if one.isalnum() else " " for one in character)


def matches(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """Whether each wanted word begins one of the found ones, whatever their order. Words that one writes together and
    the other apart are the same (`jeanpierre`, `jean pierre`), and `st` is `saint`."""
    return _begin(wanted, found) or _begin(_written_out(wanted), _written_out(found))


def _begin(wanted: Sequence[str], found: Sequence[str]) -> bool:
    places = ["".join(found[start:]) for start in range(len(found))]
    reached = {0}
    for start in range(len(wanted)):
        for end in range(start + 1, len(wanted) + 1) if start in reached else ():
            if any(place.startswith("".join(wanted[start:end])) for place in places):
                reached.add(end)
    return len(wanted) in reached


def _written_out(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(_WRITTEN_OUT.get(word, word) for word in names)


def same_names(*names: str | None) -> Iterator[frozenset[str]]:
    """Makes the keys that two share who are called alike: their words in whatever order, or each name as one word."""
    yield frozenset(_written_out(words(*names)))
    yield frozenset("".join(_written_out(words(name))) for name in names if words(name))


def is_number(text: str) -> bool:
    return sum(map(str.isdecimal, text)) >= FEWEST_DIGITS


def numbers(text: str) -> list[str]:
    """The telephone numbers in a text, without the country's code: `+33 (0)6 12…`, `0033612…` and `06.12…` are one. One
    that is not whole is what can be read of it."""
    found = phonenumbers.PhoneNumberMatcher(text, _COUNTRY, leniency=phonenumbers.Leniency.POSSIBLE)
    if whole := [str(match.number.national_number) for match in found]:
        return whole
    try:
        return [str(phonenumbers.parse(text, _COUNTRY).national_number)]
    except phonenumbers.NumberParseException:
        return []
