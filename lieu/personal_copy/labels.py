"""What the copy calls things, in plain French. Tests hold every event, field, code and reading route to be here."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

from shared.french import day as day
from shared.kinds import KINDS, Kind

PARIS = ZoneInfo("Europe/Paris")

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
    "intake.request-set-aside": "Votre demande est mise de côté : nous n'avons pas pu vous joindre",
    "intake.request-taken-up": "Votre demande est reprise",
    "intake.adviser-assigned": "Qui vous accompagne",
    "intake.commitment-signed": "Vous avez signé un engagement",
    "intake.commitment-corrected": "Votre engagement, corrigé",
    "intake.support-paused": "Pause de l'accompagnement",
    "intake.pause-corrected": "Pause de l'accompagnement, corrigée",
    "intake.support-resumed": "Reprise de l'accompagnement après une pause",
    "intake.pathway-transferred": "Votre accompagnement est confié à une autre structure",
    "intake.pathway-received": "Une autre structure reçoit votre accompagnement",
    "intake.appointment-offered": "Rendez-vous proposé",
    "intake.appointment-moved": "Rendez-vous déplacé",
    "intake.appointment-kept": "Rendez-vous tenu",
    "intake.appointment-missed": "Rendez-vous manqué",
    "intake.appointment-cancelled": "Rendez-vous annulé",
    "intake.appointment-corrected": "Rendez-vous, corrigé",
    "intake.contact-attempted": "Nous avons essayé de vous joindre",
    "intake.attempt-corrected": "Essai de vous joindre, corrigé",
    "intake.profile-recorded": "Votre situation",
    "intake.profile-corrected": "Votre situation, corrigée",
    "diagnostic.diagnostic-completed": "Bilan diagnostic",
    "diagnostic.diagnostic-corrected": "Bilan diagnostic, corrigé",
    "diagnostic.plan-agreed": "Plan d'action convenu avec vous",
    "diagnostic.plan-corrected": "Plan d'action, corrigé",
    "diagnostic.barrier-assessed": "Évaluation d'un frein à l'emploi",
    "diagnostic.barrier-corrected": "Évaluation d'un frein à l'emploi, corrigée",
    "diagnostic.bilan-recorded": "Contenu du bilan : vos atouts et vos souhaits",
    "diagnostic.bilan-corrected": "Contenu du bilan, corrigé",
    "diagnostic.plan-revised": "Plan d'action, convenu de nouveau avec vous",
    "diagnostic.action-planned": "Action prévue dans votre plan",
    "diagnostic.action-corrected": "Action de votre plan, corrigée",
    "diagnostic.action-settled": "Action de votre plan : ce qu'elle est devenue",
    "diagnostic.settlement-corrected": "Action de votre plan : ce qu'elle est devenue, corrigé",
    "diagnostic.action-reopened": "Action de votre plan, à faire de nouveau",
    "diagnostic.diagnostic-opened": "Un bilan est à faire avec vous",
    "diagnostic.opening-closed": "Le bilan n'est plus à faire : le début a été annulé",
    "training.activity-recorded": "Activité",
    "training.activity-corrected": "Activité, corrigée",
    "training.enrolled": "Inscription à une séance collective",
    "training.enrolment-withdrawn": "Inscription retirée",
    "training.attendance-recorded": "Présence à une séance collective",
    "training.attendance-corrected": "Présence à une séance collective, corrigée",
    "training.placement-planned": "Stage ou mise en situation professionnelle prévu",
    "training.placement-corrected": "Stage ou mise en situation professionnelle, corrigé",
    "training.placement-renewed": "Stage ou mise en situation professionnelle renouvelé",
    "training.placement-ended": "Fin du stage ou de la mise en situation professionnelle",
    "training.placement-end-corrected": "Fin du stage ou de la mise en situation professionnelle, corrigée",
    "training.placement-cancelled": "Stage ou mise en situation professionnelle annulé",
    "training.placement-evaluated": "Bilan du stage ou de la mise en situation professionnelle",
    "training.placement-evaluation-corrected": "Bilan du stage ou de la mise en situation professionnelle, corrigé",
    "training.support-reported": "Action de levée d'un frein",
    "training.support-report-corrected": "Action de levée d'un frein, corrigée",
    "training.participation-proposed": "Proposition d'activité",
    "training.proposal-closed": "Proposition d'activité refermée",
    "outcomes.support-exited": "Sortie de l'accompagnement",
    "outcomes.exit-corrected": "Sortie de l'accompagnement, corrigée",
    "outcomes.exit-reopened": "Sortie annulée : l'accompagnement reprend",
    "outcomes.follow-up-recorded": "Suivi après la sortie",
    "outcomes.follow-up-corrected": "Suivi après la sortie, corrigé",
    "outcomes.follow-up-attempted": "Essai de vous joindre pour le suivi",
    "outcomes.follow-up-attempt-corrected": "Essai de vous joindre pour le suivi, corrigé",
    "outcomes.situation-recorded": "Emploi, formation ou autre situation",
    "outcomes.situation-ended": "Fin d'un emploi, d'une formation ou d'une autre situation",
    "outcomes.situation-corrected": "Emploi, formation ou autre situation, corrigé",
    "outcomes.employment-support-recorded": "Suivi dans l'emploi",
    "outcomes.employment-support-corrected": "Suivi dans l'emploi, corrigé",
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

_BARRIERS = {
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
}

_REFUSED = "vous n'avez pas souhaité répondre"
_YES_NO = {"yes": "oui", "no": "non", "unknown": "non connu", "refused": _REFUSED}
_WORKING_TIMES = {
    "daytime": "la journée",
    "early_morning": "tôt le matin",
    "evening": "le soir",
    "night": "la nuit",
    "saturday": "le samedi",
    "sunday": "le dimanche",
    "shifts": "en équipes (2×8, 3×8)",
}
_QUESTIONS = {
    "skills": "compétences",
    "experience": "expérience",
    "languages": "langues",
    "occupations": "métiers exercés",
    "target_occupations": "métiers souhaités",
    "hours_a_week": "heures par semaine",
    "distance_km": "distance",
    "travel_minutes": "temps de trajet",
    "working_times": "horaires",
}

_NOT_TAKING_PART = {
    "persons_choice": "votre choix",
    "prevented": "un empêchement",
    "organiser": "annulé par l'organisateur ou l'employeur",
    "mistake": "une erreur de saisie",
    "transfer": "votre accompagnement a changé de structure",
    "exit": "sortie de l'accompagnement",
}

_STOPPED = {
    "persons_choice": "votre choix",
    "job_found": "un emploi trouvé",
    "other_training": "une autre formation",
    "unavailable": "une indisponibilité",
    "not_fitting": "ne vous convenait pas",
    "employer": "décision de l'employeur",
    "lost_from_sight": "sans nouvelles",
    "other": "une autre raison",
}

CODES: dict[str, Mapping[str, str]] = {
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
    "purpose": {
        "entry": "bilan d'entrée",
        "interim": "bilan intermédiaire",
        "exit": "bilan de sortie",
        "welcome": "accueil",
        "diagnostic": "bilan",
        "support": "accompagnement",
        "other": "autre",
    },
    "domain": _BARRIERS,
    "intensity": {"none": "aucun frein", "low": "faible", "medium": "moyenne", "high": "forte"},
    "kind": {
        "workshop": "atelier",
        "training": "formation",
        "placement": "stage ou mise en situation professionnelle",
        "support": "action de levée d'un frein",
        "other": "autre action",
    },
    "status": {
        "completed": "suivie jusqu'au bout",
        "partial": "suivie en partie",
        "no_show": "vous n'êtes pas venu·e",
        "reached": "vous avez répondu",
        "unreachable": "vous n'avez pas pu être joint·e",
        "refused": "vous n'avez pas souhaité répondre",
        "offered": "à venir",
        "kept": "vous êtes venu·e",
        "missed": "vous n'êtes pas venu·e",
        "cancelled": "annulé",
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
        "no_longer_needed": "ce n'est plus utile",
        "persons_choice": "vous l'avez choisi",
        "not_available": "ce n'est pas possible pour le moment",
        "replaced": "une autre action la remplace",
        "support_ended": "l'accompagnement est terminé",
        "plan_revised": "le plan a été convenu de nouveau sans elle",
        "other": "une autre raison",
        "aim_reached": "l'objectif est atteint",
        "referred": "un autre service prend le relais",
        "lost_from_sight": "nous ne nous sommes plus vus",
        "end_of_stay": "fin de l'hébergement",
        "moved": "déménagement",
        "health": "raison de santé",
        "deceased": "décès",
        "unknown": "non connue",
    },
    "barrier": _BARRIERS,
    "responsible": {"person": "vous", "adviser": "votre référent·e", "partner": "un partenaire"},
    "outcome": {"done": "faite", "dropped": "abandonnée"},
    "month": {"3": "à 3 mois", "6": "à 6 mois", "12": "à 12 mois"},
    "means": {
        "phone": "par téléphone",
        "sms": "par SMS",
        "email": "par courriel",
        "letter": "par courrier",
        "visit": "en venant vous voir",
        "through_orienter": "par la personne qui vous a orienté·e",
    },
    "moment": {"request": "à la demande", "start": "au début de l'accompagnement", "exit": "à la sortie"},
    "rights": {"open": "ouverts", "not_open": "non ouverts", "unknown": "non connu", "refused": _REFUSED},
    "driving_licence": {
        "held": "permis B",
        "learning": "en préparation",
        "none": "aucun",
        "unknown": "non connu",
        "refused": _REFUSED,
    },
    "may_work": _YES_NO,
    "childcare_needed": _YES_NO,
    "disability": _YES_NO,
    "withdrawn_for": _NOT_TAKING_PART,
    "cancelled_for": _NOT_TAKING_PART,
    "dropped_for": _STOPPED,
    "broken_off_for": _STOPPED,
    "form": {
        "pmsmp": "période de mise en situation en milieu professionnel (PMSMP)",
        "ava": "adaptation à la vie active",
        "first_hours": "premières heures",
        "volunteering": "bénévolat",
        "visit": "visite d'entreprise",
    },
    "prescriber": {
        "france_travail": "France Travail",
        "mission_locale": "la mission locale",
        "cap_emploi": "Cap emploi",
        "siae": "une structure d'insertion par l'activité économique",
        "departement": "le département",
        "delegated": "un organisme délégué",
        "etti": "une entreprise de travail temporaire d'insertion",
        "other": "un autre organisme",
    },
    "objective": {
        "discover": "découvrir un métier ou un secteur",
        "confirm": "confirmer un projet professionnel",
        "recruit": "engager une démarche de recrutement",
    },
    "conclusion": {
        "confirmed": "projet confirmé",
        "adjusted": "projet ajusté",
        "abandoned": "projet abandonné",
        "hired": "embauche prévue ou faite",
        "inconclusive": "pas de conclusion",
    },
    "result": {"lifted": "frein levé", "eased": "frein allégé", "unchanged": "sans changement"},
    "closed_for": {
        "answered": "vous y prenez part",
        "dismissed": "écartée avec vous",
        "settled": "action du plan terminée",
        "plan_changed": "plan modifié",
        "exit": "sortie de l'accompagnement",
    },
    "end_reason": {
        "end_of_contract": "fin du contrat",
        "resigned": "démission",
        "dismissed": "licenciement",
        "trial_ended": "fin de la période d'essai",
        "health": "raison de santé",
        "other": "autre raison",
        "unknown": "non connue",
    },
    "what": {
        "visit_at_work": "visite sur le lieu de travail",
        "talk_with_employer": "échange avec l'employeur",
        "talk_with_person": "échange avec vous",
    },
}
"""Each code of a field in French. The statuses of an activity, a follow-up and an appointment have one meaning each."""

SEVERAL: Mapping[str, Mapping[str, str]] = {
    "mainstream": {
        "france_travail": "France Travail",
        "mission_locale": "la mission locale",
        "plie": "le PLIE",
        "rsa_referent": "un référent RSA",
        "cap_emploi": "Cap emploi",
        "none": "personne",
        "unknown": "non connu",
        "refused": _REFUSED,
    },
    "transport": {
        "car": "voiture",
        "two_wheeler": "deux-roues motorisé",
        "bicycle": "vélo",
        "public_transport": "transports en commun",
        "none": "aucun",
        "unknown": "non connu",
        "refused": _REFUSED,
    },
    "resources": {
        "wages": "salaire",
        "unemployment_benefit": "allocation chômage",
        "rsa": "RSA",
        "youth_allowance": "allocation du contrat d'engagement jeune",
        "training_allowance": "rémunération de formation",
        "pension": "retraite ou pension",
        "other": "autre",
        "none": "aucune",
        "unknown": "non connu",
        "refused": _REFUSED,
    },
}
"""The same of fields that hold several codes."""


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
    "bilan": "le contenu d'un bilan",
    "action": "une action du plan",
    "settlement": "ce qu'une action est devenue",
    "activity": "une activité",
    "enrolment": "une inscription",
    "enrolment-end": "le retrait d'une inscription",
    "attendance": "une présence",
    "placement": "un stage ou une mise en situation",
    "placement-end": "la fin d'un stage ou d'une mise en situation",
    "placement-cancellation": "l'annulation d'un stage ou d'une mise en situation",
    "evaluation": "le bilan d'un stage ou d'une mise en situation",
    "support": "une action de levée d'un frein",
    "exit": "la sortie",
    "reopening": "l'annulation de la sortie",
    "follow-up": "un suivi après la sortie",
    "set-aside": "la mise de côté de la demande",
    "commitment": "l'engagement",
    "pause": "une pause",
    "resumption": "la reprise après une pause",
    "transfer": "le passage à une autre structure",
    "appointment": "un rendez-vous",
    "attempt": "un essai de vous joindre",
    "profile": "votre situation",
    "follow-up-attempt": "un essai de vous joindre",
    "situation": "un emploi ou une autre situation",
    "employment-support": "un suivi dans l'emploi",
}
"""What a disagreement can be about: the kinds of facts (shared/facts.py)."""


def _text_of(value: Any) -> str:
    return f"illisible ({value['unreadable']})" if isinstance(value, dict) else str(value)


def _objectives(told: list[dict[str, Any]]) -> str:
    return "; ".join(
        _text_of(one["text"]) + (f" (frein : {_BARRIERS[one['barrier']]})" if one["barrier"] else "") for one in told
    )


def _languages(told: list[dict[str, Any]]) -> str:
    return ", ".join(one["language"] + (f" ({one['level']})" if one["level"] else "") for one in told).replace(
        "native", "langue maternelle"
    )


def _occupations(told: list[dict[str, Any]]) -> str:
    return ", ".join(one["rome"] + ("" if one["months"] is None else f" ({_months(one['months'])})") for one in told)


def _answers(told: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['item']} : {_REFUSED if one['given'] == 'refused' else one['given']}" for one in told)


def _several(codes: Mapping[str, str] | None = None) -> Callable[[list[str]], str]:
    return lambda told: ", ".join(told if codes is None else [codes[one] for one in told])


def _concerned(of: Mapping[str, str | None]) -> str:
    return FACTS[str(of["kind"])]


def _half_days(half_days: list[Mapping[str, str]]) -> str:
    part = {"morning": "matin", "afternoon": "après-midi"}
    return ", ".join(f"{day(one['day'])} ({part[one['part']]})" for one in half_days) or "aucune"


FIELDS: dict[str, tuple[str, Callable[[Any], str]]] = {
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
    "answers": ("Réponses aux phrases, de 0 (pas du tout) à 2 (tout à fait)", _answers),
    "skills": ("Ce que vous savez faire", str),
    "experience": ("Votre expérience", str),
    "languages": ("Langues (code ISO 639 et niveau)", _languages),
    "occupations": ("Métiers exercés (codes ROME)", _occupations),
    "target_occupations": ("Métiers souhaités (codes ROME)", _several()),
    "hours_a_week": ("Heures par semaine", _hours),
    "distance_km": ("Distance acceptée, en kilomètres", str),
    "travel_minutes": ("Trajet accepté, en minutes", str),
    "working_times": ("Horaires possibles", _several(_WORKING_TIMES)),
    "note": ("Note", str),
    "refused": ("Questions auxquelles vous n'avez pas souhaité répondre", _several(_QUESTIONS)),
    "objectives": ("Vos objectifs", _objectives),
    "actions": ("Numéros des actions", _several()),
    "revises": ("Numéro du plan remplacé", str),
    "plan": ("Numéro du plan", str),
    "barrier": ("Frein visé", str),
    "responsible": ("Qui s'en occupe", str),
    "due_on": ("À faire avant le", day),
    "outcome": ("Résultat", str),
    "settled_on": ("Date", day),
    "report": ("Numéro du compte rendu qui l'a dit", str),
    "diagnostic.action-planned.kind": ("Type d'action", str),
    "diagnostic.action-corrected.kind": ("Type d'action", str),
    "diagnostic.action-planned.text": ("Action", str),
    "diagnostic.action-corrected.text": ("Action", str),
    "diagnostic.action-settled.text": ("Précision", str),
    "diagnostic.settlement-corrected.text": ("Précision", str),
    "diagnostic.action-reopened.fact": ("Depuis le", day),
    "opened_on": ("Depuis le", day),
    "diagnostic.opening-closed.fact": ("Depuis le", day),
    "diagnostic.barrier-assessed.rule": ("Version de la liste des freins", str),
    "diagnostic.barrier-corrected.rule": ("Version de la liste des freins", str),
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
    "adviser": ("Professionnel·le (numéro de compte)", str),
    "paused_on": ("Début de la pause", day),
    "resumed_on": ("Fin de la pause", day),
    "from_structure": ("Structure d'avant", str),
    "to_structure": ("Nouvelle structure", str),
    "transferred_on": ("Depuis le", day),
    "received_on": ("Depuis le", day),
    "welcomed_on": ("Date de l'accueil", day),
    **{
        f"intake.appointment-{what}.purpose": ("Objet", str)
        for what in ("offered", "moved", "kept", "missed", "cancelled", "corrected")
    },
    "at": ("Heure", str),
    "place": ("Lieu", str),
    "means": ("Par quel moyen", str),
    "moment": ("Moment", str),
    "mainstream": ("Qui vous accompagne vers l'emploi par ailleurs", _several(SEVERAL["mainstream"])),
    "rights": ("Droits", str),
    "driving_licence": ("Permis de conduire", str),
    "transport": ("Moyens de transport", _several(SEVERAL["transport"])),
    "resources": ("Ressources", _several(SEVERAL["resources"])),
    "may_work": ("Droit de travailler en France", str),
    "childcare_needed": ("Besoin d'une garde d'enfants", str),
    "disability": ("Reconnaissance de travailleur handicapé (RQTH)", str),
    "children": ("Enfants", str),
    "session": ("Numéro de la séance", str),
    "enrolled_on": ("Date de l'inscription", day),
    "action": ("Numéro de l'action du plan", str),
    "withdrawn_on": ("Date du retrait", day),
    "withdrawn_for": ("Pourquoi", str),
    "attended": ("Demi-journées où vous étiez là", _half_days),
    "dropped_for": ("Pourquoi vous avez arrêté", str),
    "form": ("Forme", str),
    "starts_on": ("Début prévu", day),
    "ends_on": ("Fin prévue", day),
    "renewed_until": ("Renouvelé jusqu'au", day),
    "employer": ("SIRET de l'employeur", str),
    "tutor": ("Numéro du tuteur ou de la tutrice", str),
    "prescriber": ("Prescripteur", str),
    "objective": ("Objectif", str),
    "hours_planned": ("Heures prévues", _hours),
    "broken_off_for": ("Pourquoi il a été interrompu", str),
    "cancelled_on": ("Date de l'annulation", day),
    "cancelled_for": ("Pourquoi", str),
    "evaluated_on": ("Date du bilan", day),
    "conclusion": ("Conclusion", str),
    "training.placement-evaluated.text": ("Le bilan", str),
    "training.placement-evaluation-corrected.text": ("Le bilan", str),
    "result": ("Effet sur le frein", str),
    "partner": ("Partenaire", str),
    "closed_on": ("Date", day),
    "closed_for": ("Pourquoi", str),
    "attempted_on": ("Date de l'essai", day),
    "end_reason": ("Pourquoi cela a pris fin", str),
    "occupation": ("Métier (code ROME)", str),
    "correspondent": ("Numéro de la personne contactée", str),
    "job": ("Numéro de l'emploi concerné", str),
    "what": ("Ce qui a eu lieu", str),
    "supported_on": ("Date", day),
}
"""Label of a field and how its value reads; `EVENT.field` where the event decides."""

DID_NOT_HAPPEN = {"on", "agreed_on", "paused_on"}
"""Dates that, emptied by a correction, say that it did not take place."""


def field(event: str, name: str, value: Any) -> tuple[str, str | None]:
    """(label, text), the text null where nothing is known. Raises KeyError for what has no French name."""
    label, reads = FIELDS.get(f"{event}.{name}") or FIELDS[name]
    if value is None:
        return label, "n'a finalement pas eu lieu" if name in DID_NOT_HAPPEN else None
    if isinstance(value, dict) and "unreadable" in value:
        return label, f"illisible ({value['unreadable']})"
    codes = CODES.get(f"{event}.{name}") or CODES.get(name)
    return label, reads(value) if codes is None else codes[str(value)]


ROLES = {
    "adviser": "professionnel·le de l'accompagnement",
    "manager": "responsable de structure",
    "operator": "opérateur de la plateforme",
    "evaluator": "évaluation",
    "integrator": "partenaire technique",
    "ops": "exploitation technique",
}

ROUTES = {
    "audit": "journal de qui a consulté ou modifié votre dossier",
    "person": "votre fiche d'identité",
    "facts": "vos données et vos désaccords",
    "plan": "liste des dossiers à archiver",
    "announced": "liste des dossiers de la structure à archiver",
    "read_archive": "votre dossier archivé",
    "restriction": "limitation de l'usage de vos données",
    "search": "recherche par nom ou par téléphone",
    "ids_of_keys": "recherche par clé d'import",
    "duplicates": "recherche de doublons",
    "copy": "votre copie, ce document",
    "pathway": "un de vos accompagnements",
    "known_rows": "comparaison avec un import",
    "timeline": "le fil de votre accompagnement",
    "events": "liste des événements, sans leur contenu",
    "waiting_requests": "liste des demandes à accueillir",
    "people": "liste des personnes accompagnées",
    "silent": "liste des personnes sans nouvelles",
    "appointments": "liste des rendez-vous",
    "double_pathways": "recherche d'accompagnements en double",
    "without_diagnostic": "liste des personnes sans bilan",
    "diagnostics": "vos bilans",
    "plans": "vos plans d'action",
    "progress": "le chemin parcouru",
    "plan_page": "votre plan d'action à garder",
    "diagnostics_waiting": "liste des bilans à faire",
    "actions_overdue": "liste des actions en retard",
    "plans_to_review": "liste des plans à revoir",
    "activities": "liste des activités",
    "participants": "liste des participants d'une séance",
    "missing_attendance": "liste des présences à noter",
    "placements": "liste des stages et mises en situation",
    "ending_placements": "liste des stages qui se terminent",
    "placements_to_evaluate": "liste des stages dont le bilan est à faire",
    "open_proposals": "liste des propositions d'activité",
    "follow_ups_due": "liste des suivis à faire",
    "behind_figure": "liste des accompagnements derrière un chiffre",
    "contracts_ending": "liste des contrats qui se terminent bientôt",
    "ended_without_news": "liste des contrats terminés sans nouvelles",
    "in_employment": "liste des personnes en emploi",
    "exits": "liste des sorties récentes",
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


def _reads(hint: Any) -> Callable[[Any], str]:
    """How a value of a field's type reads."""
    types = [one for one in (hint, *get_args(hint)) if isinstance(one, type)]
    return day if date in types else _hours if Decimal in types else _yes_no if bool in types else str


def _learn(kind: Kind[Any]) -> None:
    """What a kind that is declared whole calls itself."""
    french, hints = kind.french, get_type_hints(kind.fact)
    EVENTS.update(zip(kind.events, (french.recorded, french.corrected), strict=True))
    FACTS[kind.name] = french.one
    ROUTES[kind.plural.replace("-", "_")] = f"liste : {french.one}"
    for event in kind.events:
        FIELDS.update({f"{event}.{name}": (label, _reads(hints[name])) for name, label in french.fields.items()})
        CODES.update({f"{event}.{name}": codes for name, codes in french.codes.items()})


for _kind in KINDS:
    _learn(_kind)
