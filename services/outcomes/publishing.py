"""Our stored event to the public event; codes that reveal health or justice under names of their own.

What stays inside: why a job ended, which occupation and employer it has, whom one spoke to, and every note.
"""

from typing import Any

from services.outcomes.domain import OutcomeFile, SituationFile
from shared.kernel.publishing import Publisher
from shared.language.codes import SPECIAL_EXIT_REASONS, SPECIAL_SITUATIONS
from shared.language.contracts import EVENTS
from shared.language.contracts import outcomes as contracts


def _is_special(event: Any) -> bool:
    return event.fact.situation in SPECIAL_SITUATIONS


public = Publisher(
    EVENTS["outcomes"],
    (OutcomeFile, SituationFile),
    told={
        contracts.Reopening: {"reopened_on": "fact"},
        contracts.SituationPeriod: {"situation": "key", "kind": "fact.situation"},
        contracts.EmploymentSupport: {"situation": "fact.job"},
    },
    special={
        contracts.Exit: lambda event: event.fact.reason in SPECIAL_EXIT_REASONS or _is_special(event),
        contracts.FollowUp: _is_special,
        contracts.SituationPeriod: _is_special,
    },
)
