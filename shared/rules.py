"""What a domain says no with: one class per broken rule, whose name is the error's code everywhere."""

import re
from datetime import date


class RuleBroken(Exception):
    """A rule of the field refuses the command. The message says which values broke it, `field` which of the fact's."""

    def __init__(self, message: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.field = field

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


def not_after(today: date, what: str, on: date | None) -> None:
    if on is not None and on > today:
        raise InTheFuture(f"{what} on {on} is after today, {today}")
