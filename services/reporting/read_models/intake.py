"""The pathways as intake tells of them: request, classes, welcome, start, withdrawal, and who received them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.reporting.read_models.projection import Day, Fold, Projection, State, array, happened, shown
from shared.language.contracts import Body, PublicEvent, intake

_CLASSES = ("sex", "age", "unemployment", "qualification", "requester", "housing")
_DATES = ("requested_on", "welcomed_on", "started_on", "withdrawn_on")


def _requested(state: State, request: intake.Request, _: PublicEvent) -> State:
    return state | {
        "person": str(request.person),
        "requested_on": request.requested_on.isoformat(),
        **{name: getattr(request, name) for name in ("structure", *_CLASSES)},
    }


def _dated(name: str) -> Fold:
    """Keeps one date; null: it did not take place after all."""

    def fold(state: State, told: Body, _: PublicEvent) -> State:
        on = getattr(told, name)
        return state | {name: on and on.isoformat()}

    return fold


def _received(state: State, reception: intake.Reception, event: PublicEvent) -> State:
    return state | {"received": [*state.get("received", ()), [reception.received_on.isoformat(), event.structure]]}


def _row(state: State, by: Day) -> tuple[Any, ...]:
    """Shows who received the pathway by day, then in the order in which it became known."""
    received = happened(state.get("received", ()), by)
    return (
        state.get("structure"),
        UUID(state["person"]) if "person" in state else None,
        *(shown(state.get(name), by) for name in _DATES),
        *(state.get(name) for name in _CLASSES),
        array([on for on, _ in received]),
        array([structure for _, structure in received]),
    )


def _days(state: State) -> Iterable[Day | None]:
    yield from (state.get(name) for name in _DATES)
    yield from (on for on, _ in state.get("received", ()))


INTAKE = Projection(
    table="intake",
    folds={
        intake.Request: _requested,
        intake.Welcome: _dated("welcomed_on"),
        intake.Start: _dated("started_on"),
        intake.Withdrawal: _dated("withdrawn_on"),
        intake.Reception: _received,
    },
    columns={
        "structure": "text",
        "person": "uuid",
        **dict.fromkeys(_DATES, "date"),
        **dict.fromkeys(_CLASSES, "text"),
        "received_on": "date[]",
        "received_by": "text[]",
    },
    row=_row,
    days=_days,
    pathway="entity",
    persons=("person",),
)
