"""The page of the figures, and the style of all pages."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

import asyncpg
from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from services.reporting.api.asking import Question, asked_by, question
from services.reporting.api.figures import answer
from services.reporting.figures.indicators import funnel
from services.reporting.figures.scope import Look, Scope
from services.reporting.frame import STYLE, page, templates
from services.reporting.pages import charts
from services.reporting.pages.labels import EXITS, LABELS, SECRET, SECTIONS, figure, number, percent
from services.reporting.pages.periods import NOT_FIXED, asked_period, fixed_periods, last_year
from services.reporting.read_models.sets import reading
from services.reporting.signing_in import refused_at_sign_in, signed_in
from shared.http.door import Router
from shared.kernel.callers import Caller, Role
from shared.kernel.clock import PARIS, day_in_paris
from shared.kernel.database import Pool
from shared.kernel.refusals import Problem

router = Router()

Bars = list[tuple[str, Any]]
"""Rows of a table beside a chart: a label and a number, or that it is withheld."""
WAY = "Parcours demandés dans la période, jusqu'où ils sont allés à ce jour."
CLASSES = "Classes de la convention statistique de l'IAE."

templates.globals.update(number=number, percent=percent, figure=figure, sections=SECTIONS, labels=LABELS)


@router.get("/")
async def home(
    request: Request, start: str = "", end: str = "", structure: str | None = None, period: str = ""
) -> Response:
    """National figures, one structure's beside them, and the way from request to exit.

    An outsider chooses from fixed periods; an adviser and a manager have their own structure beside the nation, from
    the first look on.
    """
    caller = await signed_in(request)
    if isinstance(caller, Response):
        return caller
    if period:
        start, _, end = period.partition("/")
    runtime, pool = request.app.state.runtime, request.app.state.pool
    today = day_in_paris(runtime.store.clock())
    structures = await _structures(pool, caller)
    chosen = _chosen(caller, structure, structures)
    try:
        asked, error = _asked(caller, start, end, runtime.settings.threshold_partners, today)
        nation = await answer(pool, asked)
        local = await answer(pool, question(f"structure:{chosen}", asked.start, asked.end)) if chosen else None
    except Problem as problem:
        if problem.status == 403:
            return refused_at_sign_in(request, problem)
        return page("waiting.html", 503, problem=problem)
    all_seen = caller.role is Role.OPERATOR
    shown = local or nation
    known_at = datetime.fromisoformat(nation["known_at"])
    looked = Look(Scope.parse(shown["scope"]), asked.start, asked.end, known_at)
    way = await _way(pool, looked) if all_seen or chosen else []
    query = {"from": asked.start, "to": asked.end, "scope": shown["scope"]}
    return page(
        "home.html",
        nation=nation["indicators"],
        local=local and local["indicators"],
        structures=() if caller.role is Role.EVALUATOR else structures.values(),
        chosen=structures.get(chosen),
        start=asked.start,
        end=asked.end,
        error=error,
        periods=() if all_seen else fixed_periods(today),
        threshold=nation.get("threshold"),
        as_of=f"{known_at.astimezone(PARIS):%d/%m/%Y à %H:%M:%S}",
        incomplete=nation.get("incomplete"),
        charts=await run_in_threadpool(_charts, way, shown["indicators"]),
        json_link="/reporting/v1/indicators?" + urlencode(query),
    )


async def _structures(pool: Pool, caller: Caller) -> dict[str, asyncpg.Record]:
    """Gives the structures that the reader may choose from, by code."""
    async with reading(pool) as connection:
        rows = await connection.fetch(
            "select structure, name, department from structures where known_to = 'infinity' order by name"
        )
    return {
        row["structure"]: row for row in rows if caller.role is Role.OPERATOR or row["structure"] == caller.structure
    }


def _chosen(caller: Caller, structure: str | None, structures: Mapping[str, asyncpg.Record]) -> str:
    """Gives the structure beside the nation; empty: none."""
    if structure is None and caller.role.of_a_structure:
        structure = caller.structure
    return structure if structure and structure in structures and caller.role is not Role.EVALUATOR else ""


def _asked(caller: Caller, start: str, end: str, threshold: int, today: date) -> tuple[Question, str | None]:
    """Gives the question about the nation; about last year, and why, where the period is not for the reader."""
    days, error = asked_period(start, end, today)
    try:
        return asked_by(caller, question("national", *days), threshold, today), error
    except Problem as problem:
        if problem.code != "period-not-fixed":
            raise
        return asked_by(caller, question("national", *last_year(today)), threshold, today), NOT_FIXED


async def _way(pool: Pool, look: Look) -> Bars:
    """Gives how far the pathways came, step by step."""
    async with reading(pool) as connection:
        steps = await funnel(connection, look)
    return [(label, steps[id]) for id, label in charts.FUNNEL]


def _charts(way: Bars, shown: Mapping[str, Any]) -> list[tuple[str, str, Bars, str, str]]:
    """Draws what there is to draw: title, heading and rows of the table, drawing, note."""
    exits: Bars = [(label, shown[id].get("value", SECRET)) for id, (label, _) in EXITS.items()]
    wanted = (
        ("De la demande à la sortie", "Étape", way, WAY),
        ("Sorties de la période par classe", "Classe", exits, CLASSES),
    )
    return [(title, heading, rows, charts.bars(_told(rows)), note) for title, heading, rows, note in wanted if rows]


def _told(rows: Bars) -> tuple[tuple[str, float], ...]:
    return tuple((label, value) for label, value in rows if value != SECRET)


@router.get("/static/lieu.css")
async def style() -> Response:
    return Response(STYLE.read_text(), media_type="text/css", headers={"Cache-Control": "max-age=3600"})
