"""The exits, and the follow-ups after them."""

from collections.abc import Iterable
from typing import Any

from services.reporting.read_models.projection import Day, Projection, State, shown
from shared.language.codes import FollowUpMonth, FollowUpStatus, Situation
from shared.language.contracts import PublicEvent, outcomes

_MONTHS = tuple(map(str, FollowUpMonth))


def _exited(state: State, fact: outcomes.Exit, _: PublicEvent) -> State:
    return state | {
        "exited_on": fact.exited_on.isoformat(),
        "exit_class": fact.exit_class.value,
        "deceased": fact.situation is Situation.DECEASED,
        "contract_start": fact.contract_start and fact.contract_start.isoformat(),
    }


def _reopened(state: State, _: outcomes.Reopening, __: PublicEvent) -> State:
    return {month: state[month] for month in state if month in _MONTHS}


def _followed_up(state: State, fact: outcomes.FollowUp, _: PublicEvent) -> State:
    reached = fact.status is FollowUpStatus.REACHED
    employed = reached and fact.situation is Situation.EMPLOYMENT
    return state | {str(fact.month.value): [reached, employed, fact.asked_on.isoformat()]}


def _row(state: State, by: Day) -> tuple[Any, ...]:
    """Shows no answer from before the exit: it was to one that was annulled since.

    The contract that a person left for may begin later than `by`: it classes the exit at once.
    """
    exited_on = shown(state.get("exited_on"), by)
    left = state if exited_on is not None else {}
    asked: list[bool] = []
    for month in _MONTHS:
        reached, employed, on = state.get(month, (False, False, None))
        asked_on = shown(on, by)
        counts = asked_on is not None and (exited_on is None or asked_on >= exited_on)
        asked += [counts, counts and reached, counts and employed]
    return (exited_on, left.get("exit_class"), left.get("deceased", False), *asked, shown(left.get("contract_start")))


def _days(state: State) -> Iterable[Day | None]:
    yield state.get("exited_on")
    yield from (state[month][2] for month in _MONTHS if month in state)


OUTCOMES = Projection(
    table="outcomes",
    folds={outcomes.Exit: _exited, outcomes.Reopening: _reopened, outcomes.FollowUp: _followed_up},
    columns={
        "exited_on": "date",
        "exit_class": "text",
        "deceased": "boolean",
        **{f"{what}_{month}": "boolean" for month in _MONTHS for what in ("asked", "reached", "employed")},
        "contract_start": "date",
    },
    row=_row,
    days=_days,
    pathway="entity",
)
