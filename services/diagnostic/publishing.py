"""Our stored event to the public event; health and justice travel under names of their own."""

from services.diagnostic.domain import DiagnosticFile
from shared.codes import SPECIAL_BARRIERS
from shared.contracts import EVENTS
from shared.contracts import diagnostic as contracts
from shared.publishing import Publisher

public = Publisher(
    EVENTS["diagnostic"],
    (DiagnosticFile,),
    told={
        contracts.Plan: lambda event: contracts.Plan(
            plan=event.key, agreed_on=event.fact.agreed_on, revises=getattr(event, "revises", None)
        ),
        contracts.BarrierAssessment: lambda event: contracts.BarrierAssessment(
            assessment=event.key,
            assessed_on=event.fact.assessed_on,
            domain=event.fact.domain,
            intensity=event.fact.intensity,
            barriers=event.fact.rule,
        ),
        "action-reopened": lambda event: contracts.SettledAction(action=event.key, outcome=None, settled_on=None),
        contracts.OpeningClosed: lambda event: contracts.OpeningClosed(closed_on=event.fact),
    },
    special={
        contracts.BarrierAssessment: lambda event: event.fact.domain in SPECIAL_BARRIERS,
        contracts.PlannedAction: lambda event: event.fact.barrier in SPECIAL_BARRIERS,
    },
    inside=("bilan-recorded", "bilan-corrected"),
)
