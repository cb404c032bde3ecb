"""Our stored event to the public event; what aims at health or justice travels under names of its own.

Who is the tutor, which is the host, what a session is called, what a structure is taught or commits
itself to, and at which half-days somebody was stay inside.
"""

from services.training.domain import ActivityFile, FormationAction, Session
from shared.kernel.publishing import Publisher
from shared.language.codes import SPECIAL_BARRIERS
from shared.language.contracts import EVENTS
from shared.language.contracts import training as contracts

public = Publisher(
    EVENTS["training"],
    (ActivityFile, Session, FormationAction),
    told={
        contracts.SessionPlan: {
            "half_days": lambda event: [contracts.HalfDay(one.day, one.part) for one in event.fact.half_days]
        },
        contracts.SessionCancellation: {"cancelled_on": "fact"},
        contracts.Placement: {"ends_on": "fact.last_day"},
        contracts.SupportReport: {"reported_on": "fact.ended_on"},
        contracts.TrainingPeriod: {"taught": lambda event: len(event.fact.taught)},
        contracts.ActionPeriod: {"commitments": lambda event: len(event.fact.commitments)},
        contracts.ActionFeedback: {
            "given_on": "fact.on",
            "points": lambda event: len(event.fact.points),
            "kept": lambda event: len(event.fact.kept),
        },
        contracts.PeriodAnnulment: {"annulled_on": "fact"},
    },
    special={contracts.SupportReport: lambda event: event.fact.barrier in SPECIAL_BARRIERS},
    inside=("attendance-recorded", "attendance-corrected"),
)
