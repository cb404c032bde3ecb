"""Our stored event to the public event; health and justice travel under names of their own."""

from services.diagnostic.domain import DiagnosticFile
from shared.kernel.publishing import Publisher
from shared.language.codes import SPECIAL_BARRIERS
from shared.language.contracts import EVENTS
from shared.language.contracts import diagnostic as contracts

public = Publisher(
    EVENTS["diagnostic"],
    (DiagnosticFile,),
    told={
        contracts.Plan: {"revises": lambda event: getattr(event, "revises", None)},
        contracts.BarrierAssessment: {"barriers": "fact.rule"},
        "action-reopened": dict.fromkeys(("outcome", "settled_on"), lambda _: None),
        contracts.OpeningClosed: {"closed_on": "fact"},
    },
    special={
        contracts.BarrierAssessment: lambda event: event.fact.domain in SPECIAL_BARRIERS,
        contracts.PlannedAction: lambda event: event.fact.barrier in SPECIAL_BARRIERS,
    },
    inside=("bilan-recorded", "bilan-corrected"),
)
