"""The periods of the page: the one that was asked for, and those that an outsider chooses from."""

from datetime import date

from services.reporting.disclosure.outsiders import LAUNCH, Period, quarters
from shared.language.days import day_of

NOT_FIXED = (
    "Les chiffres se lisent par trimestre ou année civile entière et terminée, ou depuis le lancement ; "
    "l'année dernière est affichée."
)


def last_year(today: date) -> Period:
    return date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)


def asked_period(start: str, end: str, today: date) -> tuple[Period, str | None]:
    """Reads the asked period, else takes the last whole year; and tells what was wrong with the one asked."""
    if not start and not end:
        return last_year(today), None
    try:
        asked = (day_of(start), day_of(end))
    except ValueError:
        return last_year(today), "Indiquez deux dates valides ; l'année dernière est affichée."
    if asked[0] > asked[1]:
        return last_year(today), "Le début de la période est après sa fin ; l'année dernière est affichée."
    return asked, None


def fixed_periods(today: date) -> list[tuple[str, date, date]]:
    """Names since launch, the years and the quarters that are over, the last first."""
    last = last_year(today)[1]
    found = [(f"Depuis le lancement, à fin {last.year}", LAUNCH, last)]
    for year in range(today.year, LAUNCH.year - 1, -1):
        found.append((f"Année {year}", date(year, 1, 1), date(year, 12, 31)))
        found += [(f"{year}, trimestre {n}", *quarter) for n, quarter in enumerate(quarters(year), 1)]
    return [(name, start, end) for name, start, end in found if end < today]
