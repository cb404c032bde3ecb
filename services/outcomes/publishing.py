"""Our stored event to the public event; codes that reveal health or justice under names of their own.

What stays inside: why a job ended, which occupation and employer it has, whom one spoke to, and every note.
"""

from typing import Any

from services.outcomes.domain import OutcomeFile, SituationFile
from shared.codes import SPECIAL_EXIT_REASONS, SPECIAL_SITUATIONS
from shared.contracts import EVENTS
from shared.contracts import outcomes as contracts
from shared.publishing import Publisher


def _exit(event: Any) -> contracts.Exit:
    return contracts.Exit(**vars(event.fact), exit_class=event.exit_class, rule=event.rule, uncertain=event.uncertain)


def _situation(event: Any) -> contracts.SituationPeriod:
    fact = event.fact
    return contracts.SituationPeriod(
        situation=event.key,
        kind=fact.situation,
        started_on=fact.started_on,
        ended_on=fact.ended_on,
        contract=fact.contract,
        contract_end=fact.contract_end,
        hours_a_week=fact.hours_a_week,
    )


def _support(event: Any) -> contracts.EmploymentSupport:
    fact = event.fact
    return contracts.EmploymentSupport(
        support=event.key, situation=fact.job, what=fact.what, supported_on=fact.supported_on
    )


def _is_special(event: Any) -> bool:
    return event.fact.situation in SPECIAL_SITUATIONS


public = Publisher(
    EVENTS["outcomes"],
    (OutcomeFile, SituationFile),
    told={
        contracts.Exit: _exit,
        contracts.Reopening: lambda event: contracts.Reopening(reopened_on=event.fact),
        contracts.SituationPeriod: _situation,
        contracts.EmploymentSupport: _support,
    },
    special={
        contracts.Exit: lambda event: event.fact.reason in SPECIAL_EXIT_REASONS or _is_special(event),
        contracts.FollowUp: _is_special,
        contracts.SituationPeriod: _is_special,
    },
)
