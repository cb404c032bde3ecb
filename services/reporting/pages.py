"""The pages that a person reads, made on the server, in French; they work without JavaScript."""

from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from services.reporting import charts
from services.reporting.api import answer, question, reading
from services.reporting.frame import page, templates
from services.reporting.indicators import Scope, funnel
from services.reporting.labels import LABELS, SECTIONS
from services.reporting.signing_in import signed_in
from shared.commands import today
from shared.problems import Problem

pages = APIRouter()
PARIS = ZoneInfo("Europe/Paris")


def number(value: float | None, digits: int = 0) -> str:
    """French: 1 234,5 with narrow no-break spaces; a dash where there is no figure."""
    if value is None:
        return "–"
    return f"{value:,.{digits}f}".replace(",", "\u202f").replace(".", ",")


def percent(value: float | None) -> str:
    return "–" if value is None else f"{number(100 * value, 1)}\u00a0%"


def figure(found: dict[str, Any], unit: str = "") -> str:
    if "numerator" in found:
        return percent(found["value"])
    value = found["value"]
    digits = 0 if value is None or float(value).is_integer() else 1
    return number(value, digits) + (f"\u00a0{unit}" if unit and value is not None else "")


templates.globals |= {
    "number": number,
    "percent": percent,
    "figure": figure,
    "sections": SECTIONS,
    "labels": LABELS,
}


@pages.get("/")
async def home(request: Request, start: str = "", end: str = "", structure: str = "") -> Response:
    """National figures, one structure's beside them, and the way from request to exit."""
    if isinstance(refused := await signed_in(request), Response):
        return refused
    period, error = _period(start, end)
    pool = request.app.state.pool
    async with reading(pool) as connection:
        rows = await connection.fetch(
            "select structure, name, department from structures where known_to = 'infinity' order by name"
        )
    structures = {row["structure"]: row for row in rows}
    chosen = structure if structure in structures else ""
    try:
        nation = await answer(pool, question("national", *period))
        local = await answer(pool, question(f"structure:{chosen}", *period)) if chosen else None
    except Problem as problem:
        return page("waiting.html", 503, problem=problem)
    shown = (local or nation)["indicators"]
    async with reading(pool) as connection:
        scope = Scope.parse(f"structure:{chosen}" if chosen else "national")
        steps = await funnel(connection, scope, *period, datetime.fromisoformat(nation["known_at"]))
    way = [(label, steps[id]) for id, label in charts.FUNNEL]
    exits = [(LABELS[f"exits_{name}"][0], shown[f"exits_{name}"]["value"]) for name in charts.EXIT_CLASSES]
    query = {"from": period[0], "to": period[1], "scope": f"structure:{chosen}" if chosen else "national"}
    return page(
        "home.html",
        nation=nation["indicators"],
        local=local and local["indicators"],
        structures=structures.values(),
        chosen=structures.get(chosen),
        start=period[0],
        end=period[1],
        error=error,
        as_of=_paris(nation["known_at"]),
        incomplete=nation.get("incomplete"),
        funnel=way,
        exits=exits,
        funnel_chart=await run_in_threadpool(_bars, tuple(way)),
        exits_chart=await run_in_threadpool(_bars, tuple(exits)),
        json_link="/reporting/v1/indicators?" + urlencode(query),
    )


@lru_cache(maxsize=64)
def _bars(values: tuple[tuple[str, float], ...]) -> str:
    return charts.bars(values)


def _period(start: str, end: str) -> tuple[tuple[date, date], str | None]:
    """The asked period, else the last whole year; and what was wrong with the one asked."""
    last = today().year - 1
    usual = (date(last, 1, 1), date(last, 12, 31))
    if not start and not end:
        return usual, None
    try:
        asked = (date.fromisoformat(start), date.fromisoformat(end))
    except ValueError:
        return usual, "Indiquez deux dates valides ; l'année dernière est affichée."
    if asked[0] > asked[1]:
        return usual, "Le début de la période est après sa fin ; l'année dernière est affichée."
    return asked, None


def _paris(known_at: str) -> str:
    moment = datetime.fromisoformat(known_at).astimezone(PARIS)
    return f"{moment:%d/%m/%Y à %H:%M:%S}"


@pages.get("/static/lieu.css")
async def style() -> Response:
    css = (Path(__file__).parent / "templates" / "lieu.css").read_text()
    return Response(css, media_type="text/css", headers={"Cache-Control": "max-age=3600"})
