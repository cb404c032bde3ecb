"""The days of a pathway, and the order in which they may come."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from shared.language.rules import AlreadyRecorded, not_to_come, refuse
from shared.language.rules.intake import DatesOutOfOrder, in_order, of_withdrawal


@dataclass(frozen=True)
class Dated:
    """Something took place on a day; null: it did not, or nobody knows when."""

    on: date | None

    @property
    def happened_on(self) -> date | None:
        return self.on


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """The days of the entrance, and of the exit that bounds them, in their order; null: there is none."""

    requested_on: date | None
    welcomed_on: date | None
    started_on: date | None
    exited_on: date | None
    withdrawn_on: date | None


def check_entrance(stood: Entrance, asked: Entrance, requested_on: date, today: date) -> None:
    """Raises what the days of the entrance break as they are asked to stand.

    What stood was judged where it was recorded: since a transfer its day may still be to come here.
    """
    days = vars(asked)
    refuse(not_to_come(today, {field: on for field, on in days.items() if on != getattr(stood, field)}))
    refuse(in_order({field: on for field, on in days.items() if field != "withdrawn_on"}))
    refuse(of_withdrawal(requested_on, asked.started_on, asked.withdrawn_on))
    if asked.exited_on is not None and asked.started_on is None:
        raise DatesOutOfOrder(f"exited on {asked.exited_on}, so the start cannot be taken back")


def is_new(name: str, recorded: date | None, on: date) -> bool:
    """Tells whether a day is new: the same again is not, and another is a correction's (raises AlreadyRecorded)."""
    if recorded is not None and recorded != on:
        raise AlreadyRecorded(f"the {name} is recorded on {recorded}; correct it")
    return recorded is None


def must_be_in_order(*named: tuple[str, date | None]) -> None:
    """Raises DatesOutOfOrder where one of the days that are known is before an earlier one."""
    known = [(name, on) for name, on in named if on is not None]
    for (earlier, before), (later, after) in pairwise(known):
        if after < before:
            raise DatesOutOfOrder(f"{later} on {after} is before {earlier} on {before}")
