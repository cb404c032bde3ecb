"""The indicators in French, as the pages show them: label, unit, and the figure."""

from typing import Any

from services.reporting.disclosure.families import WITHHELD
from services.reporting.figures.catalogue import COUNTED
from shared.language.codes import FollowUpMonth

Labels = dict[str, tuple[str, str]]

_ENTER: Labels = {
    "requests": ("Demandes", ""),
    "welcomed_share": ("Demandes accueillies", ""),
    "days_to_welcome_median": ("Délai médian avant l'accueil", "j"),
    "days_to_welcome_km": ("Délai médian avant l'accueil, attentes en cours comprises", "j"),
    "entries": ("Accompagnements démarrés", ""),
    "supported": ("Parcours accompagnés", ""),
    "persons_supported": ("Personnes accompagnées", ""),
}
_ADVANCE: Labels = {
    "diagnosed_share": ("Entrées avec un bilan diagnostic", ""),
    "plan_share": ("Entrées avec un plan d'action convenu", ""),
    "remobilised_share": ("Remobilisation professionnelle en hausse", ""),
    "barriers_reduced_share": ("Freins réduits", ""),
    "mobilised_share": ("Parcours avec atelier, formation ou stage", ""),
    **{id: (kind.french.figure, "") for id, kind in COUNTED.items()},
    "hours_workshop": ("Ateliers", "h"),
    "hours_training": ("Formation", "h"),
    "hours_placement": ("Mises en situation professionnelle", "h"),
    "hours_support": ("Actions de levée des freins", "h"),
}
_LEAVE: Labels = {
    "leavers": ("Sorties", ""),
    "exits_examined": ("Sorties examinées", ""),
    "dynamic_exit_share": ("Sorties dynamiques", ""),
    "durable_exit_share": ("Emploi durable, parmi les sorties examinées", ""),
    "transition_exit_share": ("Emploi de transition, parmi les sorties examinées", ""),
    "positive_exit_share": ("Sorties positives, parmi les sorties examinées", ""),
    "durable_access_share": ("Accès à l'emploi durable, parmi les accompagnés", ""),
    "transition_access_share": ("Accès à l'emploi de transition, parmi les accompagnés", ""),
    "days_to_employment_km": ("Délai médian avant un premier emploi", "j"),
    "mainstream_regained_share": ("Droit commun retrouvé à la sortie", ""),
}
_AFTER: Labels = {
    id: (f"{label} à {month} mois", "")
    for month in FollowUpMonth
    for id, label in (
        (f"followup_{month}_asked_share", "Suivi demandé"),
        (f"followup_{month}_response_share", "Réponses au suivi"),
        (f"employed_at_{month}_share", "En emploi"),
    )
}
EXITS: Labels = {
    "exits_durable": ("Emploi durable", ""),
    "exits_transition": ("Emploi de transition", ""),
    "exits_positive": ("Sorties positives", ""),
    "exits_other": ("Autres sorties", ""),
    "exits_neutralised": ("Sorties neutralisées", ""),
}
"""Shown in a chart of their own."""

SECTIONS = (("Entrer", _ENTER), ("Avancer", _ADVANCE), ("Sortir", _LEAVE), ("Ensuite", _AFTER))
LABELS: Labels = _ENTER | _ADVANCE | _LEAVE | _AFTER | EXITS

SECRET = "secret statistique"


def number(value: float | None, digits: int = 0) -> str:
    """Writes 1 234,5 with narrow no-break spaces; a dash where there is no figure."""
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
