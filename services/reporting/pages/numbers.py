"""Figures as French text."""

from typing import Any

from services.reporting.disclosure.families import WITHHELD

SECRET = "secret statistique"


def number(value: float | None, digits: int = 0) -> str:
    """Writes 1 234,5 with narrow no-break spaces; a dash where there is no figure."""
    if value is None:
        return "–"
    return f"{value:,.{digits}f}".replace(",", "\u202f").replace(".", ",")


def percent(value: float | None) -> str:
    return "–" if value is None else f"{number(100 * value, 1)}\u00a0%"


def figure(found: dict[str, Any], unit: str = "") -> str:
    if found == WITHHELD:
        return SECRET
    if "numerator" in found:
        return percent(found["value"])
    value = found["value"]
    digits = 0 if value is None or float(value).is_integer() else 1
    return number(value, digits) + (f"\u00a0{unit}" if unit and value is not None else "")
