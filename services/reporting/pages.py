"""The pages that a person reads, made on the server, in French; they work without JavaScript."""

from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from services.reporting import charts
from services.reporting.api import answer, asked_by, question, reading
from services.reporting.frame import page, templates
from services.reporting.indicators import Scope, funnel
from services.reporting.labels import LABELS, SECTIONS
from services.reporting.outsiders import LAUNCH, quarters
from services.reporting.signing_in import refused_at_sign_in, signed_in
from services.reporting.withholding import WITHHELD
from shared.access import Role
from shared.clock import PARIS, day_in_paris
from shared.days import day_of
from shared.door import Router
from shared.problems import Problem

pages = Router()


SECRET = "secret statistique"


def number(value: float | None, digits: int = 0) -> str:
    """French: 1 234,5 with narrow no-break spaces; a dash where there is no figure."""
    if value is None:
        return "–"
    return f"{value:,.{digits}f}".replace(",", "\u202f").replace(".", ",")


def percent(value: float | None) -> str:
    return "–" if value is None else f"{number(100 * value, 1)}\u00a0%"


def figure(found: dict[str, Any], unit: str = "") -> str:
    if found == WITHHELD:
        return SECRET
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
    all_seen = caller.role is Role.OPERATOR
    if period:
        start, _, end = period.partition("/")
    runtime = request.app.state.runtime
    today = day_in_paris(runtime.store.clock())
    days, error = _period(start, end, today)
    pool, threshold = request.app.state.pool, runtime.settings.threshold_partners
    async with reading(pool) as connection:
        rows = await connection.fetch(
            "select structure, name, department from structures where known_to = 'infinity' order by name"
        )
    structures = {row["structure"]: row for row in rows if all_seen or row["structure"] == caller.structure}
    if structure is None and caller.role.of_a_structure:
        structure = caller.structure
    chosen = structure if structure in structures and caller.role is not Role.EVALUATOR else ""
    try:
        try:
            asked = asked_by(caller, question("national", *days), threshold, today)
        except Problem as problem:
            if problem.code != "period-not-fixed":
                raise
            days, error = _period("", "", today)[0], NOT_FIXED
            asked = asked_by(caller, question("national", *days), threshold, today)
        nation = await answer(pool, asked)
        local = await answer(pool, question(f"structure:{chosen}", *days)) if chosen else None
    except Problem as problem:
        if problem.status == 403:
            return refused_at_sign_in(request, problem)
        return page("waiting.html", 503, problem=problem)
    shown = (local or nation)["indicators"]
    way: list[tuple[str, float]] = []
    if all_seen or chosen:
        async with reading(pool) as connection:
            scope = Scope.parse(f"structure:{chosen}" if chosen else "national")
            steps = await funnel(connection, scope, *days, datetime.fromisoformat(nation["known_at"]))
        way = [(label, steps[id]) for id, label in charts.FUNNEL]
    exits = [(LABELS[f"exits_{name}"][0], shown[f"exits_{name}"].get("value", SECRET)) for name in charts.EXIT_CLASSES]
    drawn = tuple((label, value) for label, value in exits if value != SECRET)
    query = {"from": days[0], "to": days[1], "scope": f"structure:{chosen}" if chosen else "national"}
    return page(
        "home.html",
        nation=nation["indicators"],
        local=local and local["indicators"],
        structures=() if caller.role is Role.EVALUATOR else structures.values(),
        chosen=structures.get(chosen),
        start=days[0],
        end=days[1],
        error=error,
        periods=() if all_seen else _periods(today),
        threshold=nation.get("threshold"),
        as_of=_paris(nation["known_at"]),
        incomplete=nation.get("incomplete"),
        charts=[
            (title, heading, table, await run_in_threadpool(_bars, bars), note)
            for title, heading, table, bars, note in (
                ("De la demande à la sortie", "Étape", way, tuple(way), WAY),
                ("Sorties de la période par classe", "Classe", exits, drawn, CLASSES),
            )
            if table
        ],
        json_link="/reporting/v1/indicators?" + urlencode(query),
    )


WAY = "Parcours demandés dans la période, jusqu'où ils sont allés à ce jour."
CLASSES = "Classes de la convention statistique de l'IAE."
NOT_FIXED = (
    "Les chiffres se lisent par trimestre ou année civile entière et terminée, ou depuis le lancement ; "
    "l'année dernière est affichée."
)


def _periods(today: date) -> list[tuple[str, date, date]]:
    """Those that an outsider chooses from: since launch, the years and the quarters that are over, the last first."""
    last = date(today.year - 1, 12, 31)
    found = [(f"Depuis le lancement, à fin {last.year}", LAUNCH, last)]
    for year in range(today.year, LAUNCH.year - 1, -1):
        found.append((f"Année {year}", date(year, 1, 1), date(year, 12, 31)))
        found += [(f"{year}, trimestre {n}", *quarter) for n, quarter in enumerate(quarters(year), 1)]
    return [(name, start, end) for name, start, end in found if end < today]


@lru_cache(maxsize=64)
def _bars(values: tuple[tuple[str, float], ...]) -> str:
    return charts.bars(values)


def _period(start: str, end: str, today: date) -> tuple[tuple[date, date], str | None]:
    """The asked period, else the last whole year; and what was wrong with the one asked."""
    last = today.year - 1
    usual = (date(last, 1, 1), date(last, 12, 31))
    if not start and not end:
        return usual, None
    try:
        asked = (day_of(start), day_of(end))
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
