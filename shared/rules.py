"""What a domain says no with: one class per broken rule, whose name is the error's code everywhere."""

import re


class RuleBroken(Exception):
    """A rule of the field refuses the command. The message says which values broke it."""

    @property
    def code(self) -> str:
        """`StartBeforeWelcome` is answered as `start-before-welcome`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()


class InTheFuture(RuleBroken):
    """What happened is never after today in the structure's local date."""


class UnknownFact(RuleBroken):
    """A correction names a fact that was never recorded."""


class AlreadyRecorded(RuleBroken):
    """The fact is recorded with other content: correct it instead."""
