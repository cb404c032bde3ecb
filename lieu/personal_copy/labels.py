"""What the copy calls things, in plain French. Tests hold every event, field, code and reading route to be here."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)

SERVICES = {
    "intake": "Demande et accueil",
    "diagnostic": "Bilans, plan d'action et freins",
    "training": "Ateliers, formations et stages",
    "outcomes": "Sortie et suivi",
}
"""The services that hold facts of a person, in the order in which they are told."""
READ_IN = SERVICES | {"reporting": "Chiffres"}
"""The services in which somebody can look at a person."""

EVENTS = {
    "intake.person-identified": "Votre identité est notée",
    "intake.identity-corrected": "Votre identité est corrigée",
    "intake.person-merged": "Deux dossiers à votre nom sont réunis",
    "intake.person-restricted": "L'usage de vos données est limité",
    "intake.person-restriction-lifted": "L'usage de vos données n'est plus limité",
    "intake.processing-restricted": "L'usage des données de cet accompagnement est limité",
    "intake.restriction-lifted": "L'usage des données de cet accompagnement n'est plus limité",
    "intake.retention-announced": "Votre dossier va être archivé : nous ne vous avons pas vu·e depuis longtemps",
    "intake.person-archived": "Votre dossier est archivé",
    "intake.person-reactivated": "Votre dossier est rouvert",
    "intake.archive-read": "Votre dossier archivé est consulté",
    "intake.pathway-archived": "Cet accompagnement est archivé",
    "intake.pathway-reactivated": "Cet accompagnement est rouvert",
    "disagreement.said": "Vous n'êtes pas d'accord avec une donnée",
    "disagreement.withdrawn": "Vous retirez votre désaccord",
    "intake.pathway-requested": "Demande d'accompagnement",
    "intake.request-corrected": "Demande d'accompagnement, corrigée",
    "intake.pathway-welcomed": "Accueil",
    "intake.welcome-corrected": "Accueil, corrigé",
    "intake.support-started": "Début de l'accompagnement",
    "intake.start-corrected": "Début de l'accompagnement, corrigé",
    "intake.pathway-withdrawn": "Retrait de la demande",
    "intake.withdrawal-corrected": "Retrait de la demande, corrigé",
    "diagnostic.diagnostic-completed": "Bilan diagnostic",
    "diagnostic.diagnostic-corrected": "Bilan diagnostic, corrigé",
    "diagnostic.plan-agreed": "Plan d'action convenu avec vous",
    "diagnostic.plan-corrected": "Plan d'action, corrigé",
    "diagnostic.barrier-assessed": "Évaluation d'un frein à l'emploi",
    "diagnostic.barrier-corrected": "Évaluation d'un frein à l'emploi, corrigée",
    "training.activity-recorded": "Activité",
    "training.activity-corrected": "Activité, corrigée",
    "outcomes.support-exited": "Sortie de l'accompagnement",
    "outcomes.exit-corrected": "Sortie de l'accompagnement, corrigée",
    "outcomes.exit-reopened": "Sortie annulée : l'accompagnement reprend",
    "outcomes.follow-up-recorded": "Suivi après la sortie",
    "outcomes.follow-up-corrected": "Suivi après la sortie, corrigé",
}

_SITUATIONS = {
    "employment": "en emploi",
    "training": "en formation",
    "siae": "dans une structure d'insertion par l'activité économique",
    "retirement": "à la retraite",
    "unemployed": "sans emploi, en recherche",
    "inactive": "sans activité",
    "unknown": "non connue",
    "deceased": "décès",
    "detained": "en détention",
    "long_leave": "en congé de longue durée",
    "moved": "déménagement",
}

CODES: Mapping[str, Mapping[str, str]] = {
    "requester": {
        "person": "vous-même",
        "chrs": "le CHRS",
        "siao": "le SIAO",
        "france_travail": "France Travail",
        "mission_locale": "la mission locale",
        "cap_emploi": "Cap emploi",
        "ccas": "le CCAS",
        "departement": "le département",
        "spip": "le service pénitentiaire d'insertion et de probation (SPIP)",
        "pjj": "la protection judiciaire de la jeunesse (PJJ)",
        "ase": "l'aide sociale à l'enfance (ASE)",
        "health": "un service de santé",
        "other": "un autre service",
        "unknown": "non connu",
    },
    "sex": {"female": "femme", "male": "homme", "other": "autre", "undisclosed": "non précisé"},
    "age": {
        "under_18": "moins de 18 ans",
        "18_25": "18 à 25 ans",
        "26_29": "26 à 29 ans",
        "30_49": "30 à 49 ans",
        "50_54": "50 à 54 ans",
        "55_and_over": "55 ans et plus",
        "unknown": "non connue",
    },
    "qualification_level": {
        "0": "sans diplôme",
        "1": "niveau 1",
        "2": "niveau 2",
        "3": "niveau 3 (CAP, BEP)",
        "4": "niveau 4 (baccalauréat)",
        "5": "niveau 5 (bac + 2)",
        "6": "niveau 6 (licence)",
        "7": "niveau 7 (master)",
        "8": "niveau 8 (doctorat)",
    },
    "housing": {
        "chrs": "en CHRS",
        "chu": "en centre d'hébergement d'urgence",
        "hotel": "à l'hôtel",
        "asylum": "dans l'hébergement des demandeurs d'asile",
        "social_residence": "en résidence sociale",
        "pension_de_famille": "en pension de famille",
        "street": "à la rue",
        "own_home": "dans votre logement",
        "other": "autre",
        "refused": "vous n'avez pas souhaité répondre",
    },
    "purpose": {"entry": "bilan d'entrée", "interim": "bilan intermédiaire", "exit": "bilan de sortie"},
    "domain": {
        "housing": "logement",
        "health": "santé",
        "mobility": "mobilité",
        "administrative": "démarches administratives",
        "financial": "situation financière",
        "justice": "justice",
        "language": "langue française",
        "literacy": "lecture et écriture",
        "digital": "numérique",
        "family": "famille",
        "availability": "disponibilité",
    },
    "intensity": {"none": "aucun frein", "low": "faible", "medium": "moyenne", "high": "forte"},
    "kind": {
        "workshop": "atelier",
        "training": "formation",
        "placement": "stage ou mise en situation professionnelle",
        "support": "action de levée d'un frein",
    },
    "status": {
        "completed": "suivie jusqu'au bout",
        "partial": "suivie en partie",
        "no_show": "vous n'êtes pas venu·e",
        "reached": "vous avez répondu",
        "unreachable": "vous n'avez pas pu être joint·e",
        "refused": "vous n'avez pas souhaité répondre",
    },
    "situation": _SITUATIONS,
    "contract": {
        "cdi": "CDI",
        "cdd": "CDD",
        "interim": "intérim",
        "public_service": "fonction publique",
        "self_employed": "indépendant·e",
        "subsidised": "contrat aidé",
    },
    "exit_class": {
        "durable": "emploi durable",
        "transition": "emploi de transition",
        "positive": "sortie positive",
        "other": "autre sortie",
        "neutralised": "sortie neutralisée",
    },
    "reason": {
        "accuracy_contested": "vous contestez l'exactitude des données",
        "unlawful_processing": "le traitement n'est pas licite",
        "needed_for_claims": "vous en avez besoin pour défendre vos droits",
        "objection_pending": "votre opposition est à l'examen",
        "persons_request": "vous l'avez demandé",
        "legal_claim": "un litige",
        "inspection": "un contrôle",
    },
    "month": {"3": "à 3 mois", "6": "à 6 mois", "12": "à 12 mois"},
}
"""Each code of a field in French. The statuses of an activity and of a follow-up have no code in common."""


def day(on: str | date) -> str:
    """10 janvier 2024."""
    on = on if isinstance(on, date) else date.fromisoformat(on)
    return f"{'1er' if on.day == 1 else on.day} {MONTHS[on.month - 1]} {on.year}"


def moment(at: str) -> str:
    """10 janvier 2024 à 14 h 05, in Paris."""
    local = datetime.fromisoformat(at).astimezone(PARIS)
    return f"{day(local.date())} à {local:%H} h {local:%M}"


def _number(value: object) -> str:
    return str(value).replace(".", ",")


def _hours(value: str) -> str:
    return f"{_number(value)} h"


def _months(value: int) -> str:
    return f"{value} mois"


def _yes_no(value: bool) -> str:
    return "oui" if value else "non"


FACTS = {
    "request": "la demande",
    "welcome": "l'accueil",
    "start": "le début de l'accompagnement",
    "withdrawal": "le retrait de la demande",
    "diagnostic": "un bilan",
    "plan": "un plan d'action",
    "barrier": "l'évaluation d'un frein",
    "activity": "une activité",
    "exit": "la sortie",
    "reopening": "l'annulation de la sortie",
    "follow-up": "un suivi après la sortie",
}
"""What a disagreement can be about (`fact_of` of each service's domain)."""


def _concerned(of: Mapping[str, str | None]) -> str:
    return FACTS[str(of["kind"])]


FIELDS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "structure": ("Structure", str),
    "person": ("Votre numéro dans la plateforme", str),
    "requested_on": ("Date de la demande", day),
    "requester": ("Qui a fait la demande", str),
    "birth_year": ("Année de naissance", str),
    "age": ("Tranche d'âge à la demande", str),
    "sex": ("Sexe", str),
    "qualification_level": ("Niveau de qualification", str),
    "unemployment_months": ("Temps sans emploi", _months),
    "housing": ("Logement", str),
    "on": ("Date", day),
    "called": ("Comment vous appeler", str),
    "family_name": ("Nom de famille", str),
    "born_on": ("Date de naissance, comme vous l'avez dite", str),
    "phone": ("Téléphone", str),
    "email": ("Courriel", str),
    "address": ("Adresse", str),
    "language": ("Langue (code ISO 639)", str),
    "intake.person-merged.fact": ("Numéro du dossier qui est gardé", str),
    "completed_on": ("Date du bilan", day),
    "purpose": ("Moment", str),
    "remobilisation": ("Remobilisation, de 0 à 10", _number),
    "instrument": ("Version du questionnaire", str),
    "agreed_on": ("Date de l'accord", day),
    "assessed_on": ("Date de l'évaluation", day),
    "domain": ("Domaine", str),
    "intensity": ("Importance du frein", str),
    "kind": ("Type d'activité", str),
    "started_on": ("Début", day),
    "ended_on": ("Fin", day),
    "status": ("Résultat", str),
    "hours": ("Heures suivies", _hours),
    "exited_on": ("Date de sortie", day),
    "situation": ("Situation", str),
    "contract": ("Contrat", str),
    "contract_start": ("Début du contrat", day),
    "contract_end": ("Fin du contrat", day),
    "exit_class": ("Classe pour les statistiques", str),
    "uncertain": ("Classe incertaine (contrat ou dates inconnus)", _yes_no),
    "rule": ("Version de la règle de classement", str),
    "outcomes.exit-reopened.fact": ("Date de l'annulation", day),
    "reason": ("Pourquoi", str),
    "restricted_on": ("Depuis le", day),
    "intake.person-restriction-lifted.fact": ("Depuis le", day),
    "last_contact": ("Dernier contact", day),
    "intake.person-archived.fact": ("Depuis le", day),
    "intake.person-reactivated.fact": ("Depuis le", day),
    "intake.pathway-archived.fact": ("Depuis le", day),
    "intake.pathway-reactivated.fact": ("Depuis le", day),
    "of": ("La donnée", _concerned),
    "version": ("Version de la donnée", str),
    "said_on": ("Dit le", day),
    "text": ("Vos mots", str),
    "disagreement.withdrawn.fact": ("Retiré le", day),
    "month": ("Moment du suivi", str),
    "asked_on": ("Date de la question", day),
}
"""Label of a field and how its value reads; `EVENT.field` where the event decides."""

DID_NOT_HAPPEN = {"on", "agreed_on"}
"""Dates that, emptied by a correction, say that it did not take place."""


def field(event: str, name: str, value: Any) -> tuple[str, str | None]:
    """(label, text), the text null where nothing is known. Raises KeyError for what has no French name."""
    label, reads = FIELDS.get(f"{event}.{name}") or FIELDS[name]
    if value is None:
        return label, "n'a finalement pas eu lieu" if name in DID_NOT_HAPPEN else None
    if isinstance(value, dict) and "unreadable" in value:
        return label, f"illisible ({value['unreadable']})"
    if name in CODES:
        return label, CODES[name][str(value)]
    return label, reads(value)


ROLES = {
    "adviser": "professionnel·le de l'accompagnement",
    "manager": "responsable de structure",
    "operator": "opérateur de la plateforme",
    "evaluator": "évaluation",
    "integrator": "partenaire technique",
    "ops": "exploitation technique",
}

ROUTES = {
    "person": "votre fiche d'identité",
    "facts": "vos données et vos désaccords",
    "plan": "liste des dossiers à archiver",
    "announced": "liste des dossiers de la structure à archiver",
    "read_archive": "votre dossier archivé",
    "restriction": "limitation de l'usage de vos données",
    "search": "recherche par nom",
    "duplicates": "recherche de doublons",
    "copy": "votre copie, ce document",
    "pathway": "un de vos accompagnements",
    "known_rows": "comparaison avec un import",
    "timeline": "le fil de votre accompagnement",
    "events": "liste des événements, sans leur contenu",
    "waiting_requests": "liste des demandes à accueillir",
    "without_diagnostic": "liste des personnes sans bilan",
    "activities": "liste des activités",
    "follow_ups_due": "liste des suivis à faire",
    "behind_figure": "liste des accompagnements derrière un chiffre",
}
"""What somebody looked at, by the route's name."""

RECEIVED = (
    (
        "Les services de la plateforme (accueil, diagnostic, formation, sorties)",
        "Dates et codes de votre accompagnement, sous des numéros ; ni nom, ni contact, ni texte.",
    ),
    (
        "Le service des statistiques de la plateforme",
        "Les mêmes dates et codes, sous les mêmes numéros, dont il fait des chiffres. "
        "Qui a fait la demande y devient « autre » quand cela dit quelque chose de votre santé ou de la justice.",
    ),
    (
        "Partenaires techniques (intégrateurs)",
        "Aucun : la plateforme n'a ouvert cet accès à personne.",
    ),
)
"""Who is given what (docs/data-protection.md); to be changed with the first integrator that is granted anything."""

RIGHTS = (
    "Ces données servent à votre accompagnement vers l'emploi et à des statistiques.",
    "Vous pouvez demander à votre structure de corriger ce qui est faux, de limiter l'usage de vos données, "
    "de vous y opposer, ou de tout effacer.",
    "Le journal des lectures est gardé douze mois. Les autres données sont archivées un peu plus de deux ans après le "
    "dernier contact avec vous, puis effacées un an plus tard.",
    "Si une autre structure vous accompagne ou vous a accompagné·e, elle vous remet elle aussi sa copie.",
    "Si votre structure ne vous répond pas, vous pouvez saisir la CNIL (cnil.fr).",
)
