"""What an exit and a follow-up must be."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Protocol

from shared.language.codes import FollowUpStatus, Situation
from shared.language.rules import RuleBroken, not_to_come
from shared.language.rules.intake import ORDER


class ExitBeforeStart(RuleBroken):
    """started ≤ exited."""


class NotStarted(RuleBroken):
    """Only who started can leave; a request that never started is withdrawn."""


class ContractEndsBeforeItStarts(RuleBroken):
    """A contract's end is on or after its start."""


class FollowUpWithoutExit(RuleBroken):
    """A follow-up is asked after the exit."""


class FollowUpBeforeExit(RuleBroken):
    """A follow-up is asked after the exit."""


class SituationNeeded(RuleBroken):
    """Who was reached has a situation; who was not has none."""


class Left(Protocol):
    """An exit, or a row of an import that tells of one."""

    @property
    def exited_on(self) -> date: ...
    @property
    def contract_start(self) -> date | None: ...
    @property
    def contract_end(self) -> date | None: ...


class Asked(Protocol):
    """A follow-up, or a row of an import that tells of one."""

    @property
    def asked_on(self) -> date: ...
    @property
    def status(self) -> FollowUpStatus: ...
    @property
    def situation(self) -> Situation | None: ...


def of_exit(exit: Left, before: Mapping[str, date | None], today: date) -> Iterator[RuleBroken]:
    """`before`: the days of the entrance that are known, by field. The terms of a contract are planned, so that its
    start and its end may lie after today, and after the exit."""
    on = exit.exited_on
    yield from not_to_come(today, {"exited_on": on})
    if before["started_on"] is None:
        yield NotStarted(f"exited on {on}, but the pathway never started: an exit needs a start", "exited_on")
    last_on, last = max(((day, field) for field, day in before.items() if day is not None), default=(on, ""))
    if on < last_on:
        yield ExitBeforeStart(f"{on} is before {last} {last_on}: {ORDER}", "exited_on")
    start, end = exit.contract_start, exit.contract_end
    if start is not None and end is not None and end < start:
        yield ContractEndsBeforeItStarts(f"{end} is before contract_start {start}", "contract_end")


def after_exit(field: str, on: date, exited_on: date | None) -> Iterator[RuleBroken]:
    """Whether what was asked or tried on a day follows an exit."""
    if exited_on is None:
        what = field.removesuffix("_on")
        reason = f"{what} on {on}, but there is no exit: a follow-up is asked after the exit"
        yield FollowUpWithoutExit(reason, field)
    elif on < exited_on:
        yield FollowUpBeforeExit(f"{on} is before exited_on {exited_on}: a follow-up is asked after the exit", field)


def of_follow_up(followup: Asked, exited_on: date | None, today: date) -> Iterator[RuleBroken]:
    yield from not_to_come(today, {"asked_on": followup.asked_on})
    yield from after_exit("asked_on", followup.asked_on, exited_on)
    reached = followup.status is FollowUpStatus.REACHED
    if reached and followup.situation is None:
        yield SituationNeeded("required, as the status is reached", "situation")
    if not reached and followup.situation is not None:
        reason = f"{followup.situation} with status {followup.status}: only a reached person has a situation"
        yield SituationNeeded(reason, "situation")
