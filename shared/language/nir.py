"""The French social-security number (NIR) is never a field: it is found in texts, keys and imports, and refused."""

import re
import unicodedata

from stdnum.fr import nir

_GAP = r"[\s.,_/·\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufeff-]{0,3}"
"""What people write between the digits; and what nobody sees."""

# With its key, 15 characters, however it is cut: the key tells it from other numbers. A letter may stand right before
# the number but not right after it: keys that are hexadecimal digests often hold a run of 15 digits.
_WITH_KEY = re.compile(
    r"(?<![0-9])(?=("
    rf"[0-9](?:{_GAP}[0-9]){{4}}{_GAP}(?:[0-9]{_GAP}[0-9]|2{_GAP}[AaBb])(?:{_GAP}[0-9]){{8}}"
    r")(?![0-9A-Za-z]))"
)
# Without it, 13 characters: nothing but their meaning tells them from other numbers, so they are cut where a number is
# between year, month, département, commune and rank alone, and stand beside no digit. INSEE: sex 1 and 2, 3 and 4 while
# a person is being registered, 7 and 8 provisional; months that are not known 20–42 and 50–99; Corsica 20, now 2A, 2B.
_WITHOUT_KEY = re.compile(
    rf"(?<![0-9])[123478]{_GAP}"
    rf"[0-9]{{2}}{_GAP}"
    rf"(?:0[1-9]|1[0-2]|[23][0-9]|4[0-2]|[5-9][0-9]){_GAP}"
    rf"(?:(?:0[1-9]|1[0-9]|2[0-9ABab]|[3-8][0-9]|9[0-69]){_GAP}[0-9]{{3}}|9[78][0-9]{_GAP}[0-9]{{2}}){_GAP}"
    r"[0-9]{3}(?![0-9])"
)
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OPAQUE = re.compile(rf"(?<![0-9A-Za-z])(?:{_UUID}|[0-9a-f]{{32,}})(?![0-9A-Za-z])", re.IGNORECASE)
"""A uuid or a digest: made by a machine, of any digits, a valid key among them once in some 100,000."""
_HEXADECIMAL = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{16,}(?![0-9A-Za-z])", re.IGNORECASE)
"""What may be a shorter digest, or a number with its key after a letter: only 13 plain digits mean nothing in it."""

_PHONE = re.compile(r"(?<![0-9])(?:(?:\+|00)33[ .-]?(?:\(0\))?|0)[1-9](?:[ .-]?[0-9]{2}){4}(?![0-9])")
"""A French telephone number."""


def holds_nir(text: str) -> bool:
    """Whether a French social-security number is in the text: 13 characters that may be one, or 15 with a valid key.

    The digits may be of any script and separated as people write them; Corsica's départements are 2A and 2B.
    """
    if len(text) < 13:
        return False
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(character, character)) for character in text)
    text = _OPAQUE.sub(" ", text)
    return _without_key(text) or _with_key(text)


def _with_key(text: str) -> bool:
    phones = [found.span() for found in _PHONE.finditer(text)]

    def phone_at(place: int) -> int | None:
        return next((number for number, (first, end) in enumerate(phones) if first <= place < end), None)

    def across_phones(start: int, end: int) -> bool:
        """From within one telephone number into another: once in 97 their digits make a key."""
        parts = phone_at(start), phone_at(end - 1)
        return None not in parts and parts[0] != parts[1]

    return any(_valid(found[1]) and not across_phones(*found.span(1)) for found in _WITH_KEY.finditer(text))


def _without_key(text: str) -> bool:
    return _WITHOUT_KEY.search(_HEXADECIMAL.sub(" ", text)) is not None


def _valid(number: str) -> bool:
    return bool(nir.is_valid(re.sub(r"[^0-9AaBb]", "", number)))
