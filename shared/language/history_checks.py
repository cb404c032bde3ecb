"""The whole-context check of one pathway: every rule that its imported rows break, alone or together."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

from shared.language.codes import MOST_MONTHS
from shared.language.history import (
    ActivityRow,
    BarrierRow,
    DiagnosticRow,
    DossierOf,
    ExitRow,
    File,
    FollowUpRow,
    PathwayRowOf,
    Problem,
    RowsOfKinds,
)
from shared.language.kind_rows import IMPORTED
from shared.language.rules import RuleBroken, not_to_come
from shared.language.rules.diagnostic import of_score
from shared.language.rules.intake import in_order, of_birth_year, of_withdrawal
from shared.language.rules.outcomes import of_exit, of_follow_up
from shared.language.rules.training import of_activity


def problems_of(dossier: DossierOf[Any, Any], today: date) -> list[Problem]:
    """Every rule that the facts of one pathway break, alone or together, in the order of the files.

    `today` is the local date of the structure: what happened is never after it. The terms of a contract are planned,
    so its start and its end may lie after today and after the exit. Nothing is constrained beyond these
    rules: an assessment may precede the start, a welcome may be unknown or later than a withdrawal.
    """
    return [
        *_request_problems(dossier.request, today),
        *_diagnostic_problems(dossier.diagnostics, today),
        *_barrier_problems(dossier.barriers, today),
        *_activity_problems(dossier.activities, today),
        *_exit_problems(dossier.exit, dossier.request, today),
        *_follow_up_problems(dossier.followups, dossier.exit, today),
        *_problems_of_kinds(dossier, today),
    ]


def _told(file: File, row: int, broken: Iterable[RuleBroken]) -> Iterator[Problem]:
    """The rules that a row breaks, at its columns."""
    for rule in broken:
        assert rule.field is not None
        yield Problem(file, row, rule.field, rule.reason)


def _days_of(request: PathwayRowOf[Any]) -> dict[str, date | None]:
    """The days of the entrance in their order, by column."""
    return {
        "requested_on": request.requested_on,
        "welcomed_on": request.welcomed_on,
        "started_on": request.started_on,
    }


def _request_problems(request: PathwayRowOf[Any], today: date) -> Iterator[Problem]:
    days, requested_on = _days_of(request), request.requested_on
    told = partial(_told, "pathways.csv", 0)
    yield from told(not_to_come(today, days | {"withdrawn_on": request.withdrawn_on}))
    yield from told(in_order(days))
    yield from told(of_withdrawal(requested_on, request.started_on, request.withdrawn_on))
    for broken in of_birth_year(request.birth_year, requested_on):
        yield Problem("pathways.csv", 0, "birth_year", f"{request.birth_year} {broken.reason}")
    months = request.unemployment_months
    if months is not None and not 0 <= months <= MOST_MONTHS:
        yield Problem("pathways.csv", 0, "unemployment_months", f"{months} is not between 0 and {MOST_MONTHS}")


def _diagnostic_problems(rows: Sequence[DiagnosticRow], today: date) -> Iterator[Problem]:
    for index, row in enumerate(rows):
        told = partial(_told, "diagnostics.csv", index)
        yield from told(not_to_come(today, {"completed_on": row.completed_on, "plan_agreed_on": row.plan_agreed_on}))
        yield from told(of_score(row.remobilisation))
    yield from _repeated("diagnostics.csv", rows, "completed_on", "purpose")


def _barrier_problems(rows: Sequence[BarrierRow], today: date) -> Iterator[Problem]:
    for index, row in enumerate(rows):
        yield from _told("barriers.csv", index, not_to_come(today, {"assessed_on": row.assessed_on}))
    yield from _repeated("barriers.csv", rows, "assessed_on", "domain")


def _activity_problems(rows: Sequence[ActivityRow], today: date) -> Iterator[Problem]:
    for index, row in enumerate(rows):
        yield from _told("activities.csv", index, of_activity(row, today))
    yield from _repeated("activities.csv", rows, "kind", "started_on", "ended_on", "status", "hours", "number")


def _exit_problems(row: ExitRow | None, request: PathwayRowOf[Any], today: date) -> Iterator[Problem]:
    if row is not None:
        yield from _told("exits.csv", 0, of_exit(row, _days_of(request), today))


def _follow_up_problems(rows: Sequence[FollowUpRow], exit: ExitRow | None, today: date) -> Iterator[Problem]:
    exited_on = None if exit is None else exit.exited_on
    for index, row in enumerate(rows):
        yield from _told("followups.csv", index, of_follow_up(row, exited_on, today))
    yield from _repeated("followups.csv", rows, "month")


def _problems_of_kinds(dossier: RowsOfKinds, today: date) -> Iterator[Problem]:
    for of in IMPORTED:
        file: Any = of.file
        for index, row in enumerate(of.of(dossier)):
            for broken in of.kind.rules(of.fact(row), today):
                yield Problem(file, index, broken.field or of.kind.row[0], broken.reason)
        yield from _repeated(file, of.of(dossier), *of.kind.row, "number")


def _repeated(file: File, rows: Sequence[Any], *key: str) -> Iterator[Problem]:
    """The rows after the first under one key; `key` names the key's columns."""
    seen = set()
    for index, row in enumerate(rows):
        if row.key in seen:
            values = ", ".join(f"{column} {getattr(row, column)}" for column in key)
            yield Problem(file, index, key[0], f"a second row of this pathway with {values}")
        seen.add(row.key)
