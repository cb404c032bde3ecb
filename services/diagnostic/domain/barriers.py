"""The barriers to employment (*freins*): how they are assessed, and what others call them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.language.codes import Barrier, Intensity, RuleVersion
from shared.language.rules import RuleBroken, in_future

BARRIERS = "barriers-1"
"""Version of the list of domains and of their scale. What was stored before it had a version is of this one."""
MAPPINGS = "barriers-1-mappings-1"
"""Version of the table below."""


@dataclass(frozen=True)
class Assessment:
    """The weight of one barrier on one day, by the list `rule`."""

    assessed_on: date
    domain: Barrier
    intensity: Intensity
    rule: RuleVersion = BARRIERS

    @property
    def happened_on(self) -> date:
        return self.assessed_on


def of_assessment(assessment: Assessment, today: date) -> Iterator[RuleBroken]:
    return in_future(today, "assessed", assessment.assessed_on)


@dataclass(frozen=True)
class Mapping:
    """What a domain is called elsewhere; null: nothing there is the same.

    `data_inclusion`: category or thématique of the data·inclusion schema, version 1. `france_travail`: id and name of
    a *contrainte personnelle* of France Travail's shared diagnostic; an id is null where we have not seen it.
    `certain`: false where ours is only a part of theirs, or the match is our reading.
    """

    domain: Barrier
    data_inclusion: str | None
    france_travail_id: int | None
    france_travail: str | None
    certain: bool = True


_ADMINISTRATIVE = "Faire face à des difficultés administratives ou juridiques"
_READING = "Développer ses capacités en lecture, écriture et calcul"

TABLE = (
    Mapping(Barrier.HOUSING, "logement-hebergement", 27, "Faire face à des difficultés de logement"),
    Mapping(Barrier.HEALTH, "sante", 25, "Prendre en compte son état de santé"),
    Mapping(Barrier.MOBILITY, "mobilite", 23, "Développer sa mobilité"),
    Mapping(Barrier.ADMINISTRATIVE, "difficultes-administratives-ou-juridiques", 29, _ADMINISTRATIVE),
    Mapping(Barrier.FINANCIAL, "difficultes-financieres", 28, "Faire face à des difficultés financières"),
    # Theirs holds every administrative and legal difficulty; ours is justice alone.
    Mapping(
        Barrier.JUSTICE,
        "difficultes-administratives-ou-juridiques--prendre-en-compte-une-problematique-judiciaire",
        29,
        _ADMINISTRATIVE,
        certain=False,
    ),
    # Both lists hold French as a foreign language and illiteracy in one.
    Mapping(Barrier.LANGUAGE, "lecture-ecriture-calcul--maitriser-le-francais", 26, _READING, certain=False),
    Mapping(Barrier.LITERACY, "lecture-ecriture-calcul", 26, _READING),
    # France Travail asks for it apart from the constraints, as *autonomie numérique*.
    Mapping(Barrier.DIGITAL, "numerique", None, "Accéder au numérique et en maîtriser les fondamentaux", certain=False),
    Mapping(Barrier.FAMILY, "famille", 24, "Surmonter ses contraintes familiales"),
    # Whether someone is free to work, childcare aside, is nobody's theme.
    Mapping(Barrier.AVAILABILITY, None, None, None, certain=False),
)
