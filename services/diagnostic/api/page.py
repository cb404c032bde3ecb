"""The plan as a page that the person keeps: large type, short sentences, nothing that says what a barrier is called.

It holds no name (diagnostic knows none): the person writes theirs on it.
"""

from pathlib import Path

from services.diagnostic.api.shown import ShownAction, ShownPlan
from shared.language.codes import ActionKind, ActionOutcome, Responsible
from shared.language.french import day
from shared.pdf import pdf

_TEMPLATE = Path(__file__).parents[1] / "templates" / "plan.typ"

KINDS = {
    ActionKind.WORKSHOP: "Participer à un atelier",
    ActionKind.TRAINING: "Suivre une formation",
    ActionKind.PLACEMENT: "Faire un stage",
    ActionKind.SUPPORT: "Faire une démarche, avec de l'aide",
    ActionKind.OTHER: "Faire une démarche",
}
"""Names an action that nobody put in words."""
WHO = {
    Responsible.PERSON: "Moi",
    Responsible.ADVISER: "Mon référent ou ma référente",
    Responsible.PARTNER: "Un partenaire",
}


def page(plan: ShownPlan) -> bytes:
    """A PDF. Takes a moment: not on the event loop."""
    told = {
        "agreed": plan.agreed_on and day(plan.agreed_on),
        "in_force": plan.in_force,
        "objectives": [_text(one.text) for one in plan.objectives],
        "to_do": [
            {"what": _what(one), "who": WHO[one.responsible], "due": one.due_on and day(one.due_on)}
            for one in plan.actions
            if one.outcome is None
        ],
        "done": [
            {"what": _what(one), "on": day(one.settled_on)}
            for one in plan.actions
            if one.outcome is ActionOutcome.DONE and one.settled_on
        ],
    }
    return pdf(_TEMPLATE, "plan", told)


def _what(action: ShownAction) -> str:
    return KINDS[action.kind] if action.text is None else _text(action.text)


def _text(text: object) -> str:
    return text if isinstance(text, str) else "(Ce texte n'est pas lisible.)"
