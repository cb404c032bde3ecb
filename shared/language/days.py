"""A day of the domain: one range, taken at every door.

The range begins with the earliest year of birth that is taken and ends far beyond any contract or plan; no sum of days
or months leaves the calendar from inside it. Days that mean "always" or "never", such as 9999-12-31, lie outside:
what is not known is null.
"""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
STORED = {"stored": True}
"""Validation context of what comes from the store: what was recorded under other rules still loads."""
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class DayRefused(ValueError):
    """A text is no day of the domain. The message ends a sentence that begins with the text."""


@lru_cache(maxsize=2**16)
def day_of(text: str) -> date:
    """The day that is written as YYYY-MM-DD. Raises DayRefused."""
    day = _calendar_day(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise DayRefused(f"is not a day from {FIRST_DAY} to {LAST_DAY}")
    return day


@lru_cache(maxsize=2**16)
def _calendar_day(text: str) -> date:
    try:
        if _WRITTEN.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise DayRefused("is not a date (YYYY-MM-DD)")


def _validated(value: Any, info: core_schema.ValidationInfo) -> date:
    """A `date` was judged where it entered; texts are judged here, but for those of the store."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = value if isinstance(value, str) else ""
    try:
        return _calendar_day(text) if info.context == STORED else day_of(text)
    except DayRefused as refused:
        raise PydanticCustomError("day", "this {rule}", {"rule": str(refused)}) from None


class _OfTheDomain:
    """Reads and describes a `date` as a day of the domain."""

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(_validated)

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        # A JSON schema has no bounds of dates that everybody checks: the words say them too.
        return {
            "type": "string",
            "format": "date",
            "formatMinimum": FIRST_DAY.isoformat(),
            "formatMaximum": LAST_DAY.isoformat(),
            "description": f"A day from {FIRST_DAY} to {LAST_DAY}",
        }


Day = Annotated[date, _OfTheDomain()]


def _not_before(instant: datetime) -> datetime:
    if instant.date() < FIRST_DAY:
        raise PydanticCustomError("instant", "this lies before {first}", {"first": FIRST_DAY.isoformat()})
    return instant


Instant = Annotated[datetime, AfterValidator(_not_before)]
"""An instant from the first of these days on; whether it has come yet is for the question's own rule."""
