"""What a domain says no with: one class per broken rule, whose name is the error's code everywhere.

What a fact breaks by itself, or beside the facts that it is told with, stands in the module of its service here: a
command and the historical import ask the same (shared/language/history_checks.py).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date


class RuleBroken(Exception):
    """A rule of the field refuses the command. `reason` says which values broke it, `field` which of the fact's."""

    def __init__(self, reason: str = "", field: str | None = None) -> None:
        super().__init__(reason if field is None else f"{field} {reason}")
        self.reason, self.field = reason, field

    @classmethod
    def named(cls) -> str:
        """`StartBeforeWelcome` is answered as `start-before-welcome`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @property
    def code(self) -> str:
        return self.named()


class InTheFuture(RuleBroken):
    """What happened is never after today in the structure's local date."""


class UnknownFact(RuleBroken):
    """A correction names a fact that was never recorded."""


class AlreadyRecorded(RuleBroken):
    """The fact is recorded with other content: correct it instead."""


class Restricted(RuleBroken):
    """Processing of the person's data is restricted (RGPD, article 18): nothing new is recorded of them."""

    def __init__(self) -> None:
        super().__init__("processing of this person's data is restricted: nothing is recorded until that is lifted")


def refuse(broken: Iterable[RuleBroken]) -> None:
    """Raises the first rule that is broken."""
    for rule in broken:
        raise rule


def in_future(today: date, what: str, on: date | None) -> Iterator[InTheFuture]:
    if on is not None and on > today:
        yield InTheFuture(f"{what} on {on} is after today, {today}")


def not_after(today: date, what: str, on: date | None) -> None:
    """Raises InTheFuture."""
    refuse(in_future(today, what, on))


def not_to_come(today: date, days: Mapping[str, date | None]) -> Iterator[InTheFuture]:
    """The days, by field, that are after today, where something took place on them."""
    for field, on in days.items():
        if on is not None and on > today:
            yield InTheFuture(f"{on} is after today, {today}: what happened is never in the future", field)
