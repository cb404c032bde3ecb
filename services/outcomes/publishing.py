"""Our stored event to the public event; codes that reveal health or justice under names of their own.

What stays inside: why a job ended, which occupation and employer it has, whom one spoke to, and every note.
"""

from services.outcomes.domain import FollowUp, OutcomeFile, SituationFile
from shared.codes import SPECIAL_EXIT_REASONS, SPECIAL_SITUATIONS, Situation
from shared.contracts import Body
from shared.contracts import outcomes as contracts
from shared.event_store import Recorded


def public(recorded: Recorded) -> tuple[str, Body] | None:
    match recorded.event:
        case OutcomeFile.Exited() as event:
            return _special_exit(event) + "support-exited", _exit(event)
        case OutcomeFile.ExitCorrected() as event:
            return _special_exit(event) + "exit-corrected", _exit(event)
        case OutcomeFile.Reopened(fact=on):
            return "exit-reopened", contracts.Reopening(reopened_on=on)
        case OutcomeFile.FollowUpRecorded(fact=fact):
            return _special(fact.situation) + "follow-up-recorded", _followup(fact)
        case OutcomeFile.FollowUpCorrected(fact=fact):
            return _special(fact.situation) + "follow-up-corrected", _followup(fact)
        case OutcomeFile.Attempted() as event:
            return "follow-up-attempted", _attempt(event)
        case OutcomeFile.AttemptCorrected() as event:
            return "follow-up-attempt-corrected", _attempt(event)
        case SituationFile.Recorded() as event:
            return _special(event.fact.situation) + "situation-recorded", _situation(event)
        case SituationFile.Ended() as event:
            return _special(event.fact.situation) + "situation-ended", _situation(event)
        case SituationFile.Corrected() as event:
            return _special(event.fact.situation) + "situation-corrected", _situation(event)
        case SituationFile.SupportRecorded() as event:
            return "employment-support-recorded", _support(event)
        case SituationFile.SupportCorrected() as event:
            return "employment-support-corrected", _support(event)
    raise NotImplementedError(f"no public event is decided for {recorded.name}")


def _special(situation: Situation | None) -> str:
    return "special-" if situation in SPECIAL_SITUATIONS else ""


def _special_exit(event: OutcomeFile.Exited | OutcomeFile.ExitCorrected) -> str:
    return "special-" if event.fact.reason in SPECIAL_EXIT_REASONS else _special(event.fact.situation)


def _exit(event: OutcomeFile.Exited | OutcomeFile.ExitCorrected) -> contracts.Exit:
    fact = event.fact
    return contracts.Exit(
        exited_on=fact.exited_on,
        situation=fact.situation,
        contract=fact.contract,
        contract_start=fact.contract_start,
        contract_end=fact.contract_end,
        exit_class=event.exit_class,
        rule=event.rule,
        uncertain=event.uncertain,
        reason=fact.reason,
    )


def _followup(fact: FollowUp) -> contracts.FollowUp:
    return contracts.FollowUp(month=fact.month, asked_on=fact.asked_on, status=fact.status, situation=fact.situation)


def _attempt(event: OutcomeFile.Attempted | OutcomeFile.AttemptCorrected) -> contracts.FollowUpAttempt:
    fact = event.fact
    return contracts.FollowUpAttempt(
        attempt=event.key, month=fact.month, attempted_on=fact.attempted_on, means=fact.means
    )


def _situation(
    event: SituationFile.Recorded | SituationFile.Ended | SituationFile.Corrected,
) -> contracts.SituationPeriod:
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


def _support(event: SituationFile.SupportRecorded | SituationFile.SupportCorrected) -> contracts.EmploymentSupport:
    fact = event.fact
    return contracts.EmploymentSupport(
        support=event.key, situation=fact.job, what=fact.what, supported_on=fact.supported_on
    )
