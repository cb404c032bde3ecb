"""The figures, as JSON and as CSV."""

import csv
import io
from contextlib import nullcontext
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from services.reporting.api.asking import Asked, Question, as_known
from services.reporting.disclosure.families import NOTHING, WITHHELD, shown
from services.reporting.disclosure.outsiders import ALLOWED, told
from services.reporting.figures.catalogue import DURATIONS, ONE_PART
from services.reporting.figures.estimates import Figure
from services.reporting.figures.indicators import figures, incomplete
from services.reporting.read_models.sets import expect_many
from shared.http.door import Router
from shared.kernel.database import Connection, Pool, across_structures
from shared.language.accepting import preferred

router = Router()

DESCRIPTION = f"""The whole catalogue of a scope and a period, as JSON or, with `Accept: text/csv`, as CSV.

`indicators`, and with `by` also `classes`, hold by id: a count or a median as `{{"value"}}` (hours in hours, waits in
days); a share as `{{"numerator", "denominator", "value", "ci95"}}` (Wilson's 95 % interval); a Kaplan–Meier duration
(`…_km`) as `{{"value", "observed", "censored", "survival"}}`: the median in days with those still waiting taken into
account, how many durations ended and how many still go on, and the share still waiting after some days. Null: it
cannot be said. `known_at` is the instant for which the answer holds: nothing dated later than its date in Paris has
happened yet, and what has not ended by then still goes on. `incomplete` says how many events wait or were given up.

**Outsiders**, that is an evaluator, and an adviser or a manager beyond their own structure, ask for {ALLOWED};
`known_at` is not theirs to choose, and structures' figures are told in published editions only. They get
`{{"withheld": true}}` (CSV: `withheld`) for every figure by which a count of people or pathways under `threshold` could
be told, from this answer or from another one that it could be subtracted from. Of classes and of départements whole
years alone are told, of a département's classes nothing.
"""


@router.get("/indicators", description=DESCRIPTION)
async def indicators(request: Request, asked: Asked) -> Response:
    """As DESCRIPTION says."""
    found = await answer(request.app.state.pool, asked)
    if preferred(request.headers.get("accept", ""), ("application/json", "text/csv")) == "text/csv":
        return Response(as_csv(found), media_type="text/csv; charset=utf-8")
    return JSONResponse(found)


async def answer(pool: Pool, asked: Question) -> dict[str, Any]:
    """Gives the indicators as they are served."""
    # What may not be told to an outsider is decided on the whole, and withheld.
    with across_structures() if asked.outsider is not None else nullcontext():
        known_at, found = await as_known(pool, asked, _found)
    period = {"from": asked.start.isoformat(), "to": asked.end.isoformat()}
    return {"scope": asked.scope.text, **period, "known_at": known_at, **found}


async def _found(connection: Connection, asked: Question) -> dict[str, Any]:
    if asked.scope.structure is None and asked.scope.department is None:
        await expect_many(connection)
    total, classes = await figures(connection, asked)
    missing = await incomplete(connection, asked.scope)
    found: dict[str, Any] = {}
    if asked.outsider is not None:
        may = await told(connection, asked, asked.outsider)
        total = shown(total, may.of_all)
        classes = {name: shown(group, may.classes.get(name, NOTHING)) for name, group in classes.items()}
        missing = missing and WITHHELD
        found["threshold"] = asked.outsider.threshold
    found["indicators"] = total
    if asked.by:
        found["classes"] = classes
    if missing:
        found["incomplete"] = missing
    return found


ASKED = ("scope", "from", "to", "known_at")
COLUMNS = ("value", "numerator", "denominator", "ci95_low", "ci95_high", "observed", "censored")


def as_csv(found: dict[str, Any]) -> str:
    """Writes one row an indicator and class; the class is empty for the whole."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow((*ASKED, "class", "indicator", *COLUMNS))
    groups: dict[str, dict[str, Figure]] = {"": found["indicators"], **found.get("classes", {})}
    for name, group in groups.items():
        for id, figure in group.items():
            rows.writerow((*(found[one] for one in ASKED), name, id, *_cells(id, figure)))
    return text.getvalue()


def _cells(id: str, figure: Figure) -> tuple[Any, ...]:
    """Fills with `withheld` every cell that the figure would fill."""
    if figure == WITHHELD:
        share, duration = id not in ONE_PART, id in DURATIONS
        return ("withheld", *["withheld" if share else None] * 4, *["withheld" if duration else None] * 2)
    parts = (figure.get(name) for name in ("numerator", "denominator"))
    interval = figure.get("ci95") or (None, None)
    return (figure["value"], *parts, *interval, *(figure.get(name) for name in ("observed", "censored")))
