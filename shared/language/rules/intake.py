"""What a request, a welcome, a start and a withdrawal must be, alone and together."""

from collections.abc import Iterator, Mapping
from datetime import date

from shared.language.codes import EARLIEST_BIRTH_YEAR
from shared.language.rules import RuleBroken

ORDER = "requested ≤ welcomed ≤ started ≤ exited"


class DatesOutOfOrder(RuleBroken):
    """requested ≤ welcomed ≤ started ≤ exited, and requested ≤ withdrawn."""


class StartedAndWithdrawn(RuleBroken):
    """A withdrawal ends a request before the start; after the start, leaving is an exit."""


class ImplausibleBirthYear(RuleBroken):
    """The year of birth lies between 1900 and the year of the request."""


def in_order(days: Mapping[str, date | None]) -> Iterator[DatesOutOfOrder]:
    """The known days, by field in their order, that are before an earlier one."""
    before: tuple[str, date] | None = None
    for field, on in days.items():
        if on is None:
            continue
        if before is not None and on < before[1]:
            yield DatesOutOfOrder(f"{on} is before {before[0]} {before[1]}: {ORDER}", field)
        else:
            before = field, on


def of_withdrawal(requested_on: date, started_on: date | None, withdrawn_on: date | None) -> Iterator[RuleBroken]:
    if withdrawn_on is None:
        return
    if started_on is not None:
        reason = f"withdrawn on {withdrawn_on} and started on {started_on}: after the start, leaving is an exit"
        yield StartedAndWithdrawn(reason, "withdrawn_on")
    if withdrawn_on < requested_on:
        reason = f"{withdrawn_on} is before requested_on {requested_on}: requested ≤ withdrawn"
        yield DatesOutOfOrder(reason, "withdrawn_on")


def of_birth_year(year: int | None, requested_on: date) -> Iterator[ImplausibleBirthYear]:
    """The year itself is not repeated: it is sealed."""
    if year is not None and not EARLIEST_BIRTH_YEAR <= year <= requested_on.year:
        reason = f"is not between {EARLIEST_BIRTH_YEAR} and the year of the request, {requested_on.year}"
        yield ImplausibleBirthYear(reason, "birth_year")
