"""Which form of an answer a caller asks for, by the Accept header (RFC 9110, 12.5.1)."""

from collections.abc import Sequence


def preferred(accept: str, offered: Sequence[str]) -> str:
    """Of the offered media types the one that weighs most, the first of equals; the first too where none is taken.

    A weight is that of the range that names the type most closely; 0 takes it out.
    """
    ranges = [_weighed(one) for one in accept.split(",") if one.strip()]
    weights = {one: _weight(one, ranges) for one in offered}
    best = max(offered, key=lambda one: weights[one])
    return best if weights[best] > 0 else offered[0]


def _weighed(text: str) -> tuple[str, float]:
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media, min(1.0, max(0.0, float(value)))
            except ValueError:
                return media, 0.0
    return media, 1.0


def _weight(offered: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Of no header at all everything weighs the same."""
    if not ranges:
        return 1.0
    for named in (offered, offered.partition("/")[0] + "/*", "*/*"):
        for media, weight in ranges:
            if media == named:
                return weight
    return 0.0
