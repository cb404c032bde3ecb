"""The diagnostics of a pathway: whether there is one and a plan, and what came of scores and barriers."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from services.reporting.read_models.projection import Day, Projection, State, array, happened
from shared.language.contracts import PublicEvent, diagnostic


def _completed(state: State, fact: diagnostic.Diagnostic, _: PublicEvent) -> State:
    value = [fact.completed_on.isoformat(), fact.remobilisation, fact.instrument]
    return _with(state, "diagnostics", fact.diagnostic, value)


def _agreed(state: State, fact: diagnostic.Plan, _: PublicEvent) -> State:
    return _with(state, "plans", fact.plan, fact.agreed_on and fact.agreed_on.isoformat())


def _assessed(state: State, fact: diagnostic.BarrierAssessment, _: PublicEvent) -> State:
    value = [fact.assessed_on.isoformat(), fact.domain.value, fact.intensity.rank]
    return _with(state, "barriers", fact.assessment, value)


def _with(state: State, part: str, key: UUID, value: Any) -> State:
    """Keeps facts by id, in the order of their first record: a correction keeps the place of what it corrects."""
    return state | {part: {**state.get(part, {}), str(key): value}}


def _row(state: State, by: Day) -> tuple[Any, ...]:
    """Takes first and last by date, then by the order in which the facts became known."""
    diagnostics = happened(state.get("diagnostics", {}).values(), by)
    compared = _compared(diagnostics)
    barriers = _series((domain, rank) for _, domain, rank in happened(state.get("barriers", {}).values(), by))
    examined = {name: ranks for name, ranks in barriers.items() if len(ranks) >= 2 and ranks[0] > 0}
    reduced = [name for name, ranks in examined.items() if ranks[-1] < ranks[0]]
    return (
        bool(diagnostics),
        any(on is not None and on <= by for on in state.get("plans", {}).values()),
        compared is not None,
        compared is not None and compared[-1] > compared[0],
        len(examined),
        len(reduced),
        array([*reduced, *(name for name in examined if name not in reduced)]),
    )


def _compared(diagnostics: Iterable[Sequence[Any]]) -> list[int] | None:
    """Compares scores within one instrument version: the latest that was used twice."""
    scores = _series((instrument, score) for _, score, instrument in diagnostics if score is not None)
    return next((series for series in reversed(scores.values()) if len(series) >= 2), None)


def _series(values: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for name, value in values:
        found.setdefault(name, []).append(value)
    return found


def _days(state: State) -> Iterable[Day | None]:
    for part in ("diagnostics", "barriers"):
        yield from (fact[0] for fact in state.get(part, {}).values())
    yield from state.get("plans", {}).values()


DIAGNOSTIC = Projection(
    table="diagnostic",
    folds={diagnostic.Diagnostic: _completed, diagnostic.Plan: _agreed, diagnostic.BarrierAssessment: _assessed},
    columns={
        **dict.fromkeys(("diagnosed", "planned", "scored_twice", "remobilised"), "boolean"),
        **dict.fromkeys(("barriers_examined", "barriers_reduced"), "integer"),
        "domains": "text[]",
    },
    row=_row,
    days=_days,
    pathway="entity",
    emptied=("domains",),  # no figure needs which barriers they were, and some reveal health or justice
)
