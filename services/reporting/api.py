"""The questions that reporting answers over HTTP."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from services.reporting.indicators import Figure, Scope, UnknownScope, figures, incomplete, watermark
from services.reporting.read_model import enter_for_reading
from shared.access import Role, allow
from shared.codes import BREAKDOWNS
from shared.database import Connection
from shared.problems import Problem

PATIENCE = 5.0
"""Seconds to wait for the projections to reach the instant that was asked for."""

router = APIRouter(prefix="/v1")
_operators = [Depends(allow(Role.OPERATOR))]
_operations = [Depends(allow(Role.OPERATOR, Role.OPS))]


@asynccontextmanager
async def reading(pool: asyncpg.Pool) -> AsyncIterator[Connection]:
    """One consistent look at the read models that answer."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await enter_for_reading(connection)
        yield connection


async def answer(
    pool: asyncpg.Pool, scope: str, start: date, end: date, known_at: datetime | None, by: str | None
) -> dict[str, Any]:
    """The indicators of a scope and a period, as known at an instant (now: as far as the projections are)."""
    if start > end:
        raise Problem(422, "period-reversed", f"from {start} is after to {end}")
    if by is not None and by not in BREAKDOWNS:
        raise Problem(422, "unknown-breakdown", f"by is one of {', '.join(BREAKDOWNS)}")
    try:
        asked = Scope.parse(scope)
    except ValueError as error:
        raise Problem(422, "invalid-scope", str(error)) from None
    if known_at is not None:
        if known_at.tzinfo is None:
            raise Problem(422, "no-offset", "known_at needs an offset from UTC, such as Z")
        if known_at > datetime.now(UTC):
            raise Problem(422, "in-the-future", f"known_at {known_at.isoformat()} lies in the future")
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        async with reading(pool) as connection:
            reached = await watermark(connection)
            if reached is not None and (known_at is None or known_at <= reached):
                at = known_at or reached
                try:
                    total, classes = await figures(connection, asked, start, end, at, by)
                except UnknownScope as error:
                    raise Problem(404, "unknown-scope", str(error)) from None
                found: dict[str, Any] = {
                    "scope": scope,
                    "from": start.isoformat(),
                    "to": end.isoformat(),
                    "known_at": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
                    "indicators": total,
                }
                if by:
                    found["classes"] = classes
                if missing := await incomplete(connection, asked):
                    found["incomplete"] = missing
                return found
        if asyncio.get_running_loop().time() > deadline:
            raise Problem(503, "not-yet-projected", f"the projections have reached {reached}", retry_after=1)
        await asyncio.sleep(0.02)


@router.get("/indicators", dependencies=_operators)
async def indicators(
    request: Request,
    scope: str,
    start: Annotated[date, Query(alias="from")],
    end: Annotated[date, Query(alias="to")],
    known_at: datetime | None = None,
    by: str | None = None,
) -> Response:
    """The whole catalogue, as JSON or, with `Accept: text/csv`, as CSV."""
    found = await answer(request.app.state.pool, scope, start, end, known_at, by)
    if "text/csv" in request.headers.get("accept", ""):
        return Response(as_csv(found), media_type="text/csv; charset=utf-8")
    return JSONResponse(found)


COLUMNS = (
    "scope",
    "from",
    "to",
    "known_at",
    "class",
    "indicator",
    "value",
    "numerator",
    "denominator",
    "ci95_low",
    "ci95_high",
)


def as_csv(found: dict[str, Any]) -> str:
    """One row an indicator and class; the class is empty for the whole."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    groups: dict[str, dict[str, Figure]] = {"": found["indicators"], **found.get("classes", {})}
    for name, group in groups.items():
        for id, figure in group.items():
            low, high = figure.get("ci95") or (None, None)
            head = (found["scope"], found["from"], found["to"], found["known_at"], name, id)
            rows.writerow((*head, figure["value"], figure.get("numerator"), figure.get("denominator"), low, high))
    return text.getvalue()


@router.post("/rebuild", dependencies=_operations, status_code=202)
async def rebuild(request: Request) -> dict[str, Any]:
    """Starts to build the read models anew; the old ones answer meanwhile."""
    return dict(vars(request.app.state.rebuilder.start()))


@router.get("/rebuild", dependencies=_operations)
async def rebuild_state(request: Request) -> dict[str, Any]:
    return dict(vars(request.app.state.rebuilder.rebuild))
