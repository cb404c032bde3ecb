"""The indicators in French, as the pages show them: label, unit."""

from services.reporting.catalogue import COUNTED

LABELS: dict[str, tuple[str, str]] = {
    **{id: (kind.french.figure, "") for id, kind in COUNTED.items()},
    "requests": ("Demandes", ""),
    "welcomed_share": ("Demandes accueillies", ""),
    "days_to_welcome_median": ("Délai médian avant l'accueil", "j"),
    "days_to_welcome_km": ("Délai médian avant l'accueil, attentes en cours comprises", "j"),
    "entries": ("Accompagnements démarrés", ""),
    "supported": ("Parcours accompagnés", ""),
    "persons_supported": ("Personnes accompagnées", ""),
    "leavers": ("Sorties", ""),
    "diagnosed_share": ("Entrées avec un bilan diagnostic", ""),
    "plan_share": ("Entrées avec un plan d'action convenu", ""),
    "remobilised_share": ("Remobilisation professionnelle en hausse", ""),
    "barriers_reduced_share": ("Freins réduits", ""),
    "mainstream_regained_share": ("Droit commun retrouvé à la sortie", ""),
    "days_to_employment_km": ("Délai médian avant un premier emploi", "j"),
    "mobilised_share": ("Parcours avec atelier, formation ou stage", ""),
    "hours_workshop": ("Ateliers", "h"),
    "hours_training": ("Formation", "h"),
    "hours_placement": ("Mises en situation professionnelle", "h"),
    "hours_support": ("Actions de levée des freins", "h"),
    "exits_durable": ("Emploi durable", ""),
    "exits_transition": ("Emploi de transition", ""),
    "exits_positive": ("Sorties positives", ""),
    "exits_other": ("Autres sorties", ""),
    "exits_neutralised": ("Sorties neutralisées", ""),
    "exits_examined": ("Sorties examinées", ""),
    "dynamic_exit_share": ("Sorties dynamiques", ""),
    "durable_exit_share": ("Emploi durable, parmi les sorties examinées", ""),
    "transition_exit_share": ("Emploi de transition, parmi les sorties examinées", ""),
    "positive_exit_share": ("Sorties positives, parmi les sorties examinées", ""),
    "durable_access_share": ("Accès à l'emploi durable, parmi les accompagnés", ""),
    "transition_access_share": ("Accès à l'emploi de transition, parmi les accompagnés", ""),
    **{
        f"{id}_{month}{rest}": (f"{label} à {month} mois", "")
        for month in (3, 6, 12)
        for id, rest, label in (
            ("followup", "_asked_share", "Suivi demandé"),
            ("followup", "_response_share", "Réponses au suivi"),
            ("employed_at", "_share", "En emploi"),
        )
    },
}

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Entrer",
        (
            "requests",
            "welcomed_share",
            "days_to_welcome_median",
            "days_to_welcome_km",
            "entries",
            "supported",
            "persons_supported",
        ),
    ),
    (
        "Avancer",
        (
            "diagnosed_share",
            "plan_share",
            "remobilised_share",
            "barriers_reduced_share",
            "mobilised_share",
            *COUNTED,
            "hours_workshop",
            "hours_training",
            "hours_placement",
            "hours_support",
        ),
    ),
    (
        "Sortir",
        (
            "leavers",
            "exits_examined",
            "dynamic_exit_share",
            "durable_exit_share",
            "transition_exit_share",
            "positive_exit_share",
            "durable_access_share",
            "transition_access_share",
            "days_to_employment_km",
            "mainstream_regained_share",
        ),
    ),
    (
        "Ensuite",
        tuple(
            f"{id}_{month}{rest}"
            for month in (3, 6, 12)
            for id, rest in (
                ("followup", "_asked_share"),
                ("followup", "_response_share"),
                ("employed_at", "_share"),
            )
        ),
    ),
)
