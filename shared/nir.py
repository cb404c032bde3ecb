"""The French social-security number (NIR) is never a field: it is found in free text and imports, and refused."""

import re
import unicodedata

from stdnum.fr import nir

# A letter may stand right before the number but not right after it: keys that are hexadecimal digests often
# hold a run of 15 digits.
_NIR = re.compile(
    r"(?<![0-9])(?=("
    r"[0-9](?:{gap}[0-9]){{4}}{gap}(?:[0-9]{gap}[0-9]|2{gap}[AaBb])(?:{gap}[0-9]){{8}}"
    r")(?![0-9A-Za-z]))".format(gap=r"[\s.,_/-]{0,2}")
)


def holds_nir(text: str) -> bool:
    """Whether a French social-security number (13 digits and a valid key of two) is in the text.

    The digits may be of any script and separated as people write them; Corsica's départements are 2A and 2B.
    """
    if len(text) < 15:
        return False
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(character, character)) for character in text)
    return any(nir.is_valid(re.sub(r"[^0-9AaBb]", "", found[1])) for found in _NIR.finditer(text))
