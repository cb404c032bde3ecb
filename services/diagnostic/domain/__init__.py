"""The aggregate of diagnostic, its facts and rules, one file a theme. Standard library and eventsourcing only."""

from services.diagnostic.domain.barriers import BARRIERS, MAPPINGS, TABLE, Assessment, Mapping
from services.diagnostic.domain.bilan import Bilan, Occupation, RefusedAndAnswered, SpokenLanguage
from services.diagnostic.domain.diagnostic import Diagnostic, scored, scored_by_import
from services.diagnostic.domain.file import DiagnosticFile, Opening
from services.diagnostic.domain.instruments import (
    INSTRUMENT,
    INSTRUMENTS,
    Answer,
    AnsweredTwice,
    AnswerOutOfRange,
    Instrument,
    ScoreNotDerived,
    UnknownItem,
)
from services.diagnostic.domain.plan import (
    Action,
    Actions,
    ActionTwice,
    DroppedWithoutReason,
    Objective,
    Plan,
    PlanNotInForce,
    ReasonForDone,
    ReopenedBeforeSettled,
    RevisedBeforeAgreed,
    Settlement,
)

__all__ = [
    "BARRIERS",
    "INSTRUMENT",
    "INSTRUMENTS",
    "MAPPINGS",
    "TABLE",
    "Action",
    "ActionTwice",
    "Actions",
    "Answer",
    "AnswerOutOfRange",
    "AnsweredTwice",
    "Assessment",
    "Bilan",
    "Diagnostic",
    "DiagnosticFile",
    "DroppedWithoutReason",
    "Instrument",
    "Mapping",
    "Objective",
    "Occupation",
    "Opening",
    "Plan",
    "PlanNotInForce",
    "ReasonForDone",
    "RefusedAndAnswered",
    "ReopenedBeforeSettled",
    "RevisedBeforeAgreed",
    "ScoreNotDerived",
    "Settlement",
    "SpokenLanguage",
    "UnknownItem",
    "scored",
    "scored_by_import",
]
