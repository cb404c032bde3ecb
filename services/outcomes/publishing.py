"""Our stored event to the public event; situations that reveal health or justice under names of their own."""

from services.outcomes.domain import FollowUp, OutcomeFile
from shared.codes import SPECIAL_SITUATIONS, Situation
from shared.contracts import Body
from shared.contracts import outcomes as contracts
from shared.event_store import Recorded


def public(recorded: Recorded) -> tuple[str, Body] | None:
    match recorded.event:
        case OutcomeFile.Exited() as event:
            return _special(event.fact.situation) + "support-exited", _exit(event)
        case OutcomeFile.ExitCorrected() as event:
            return _special(event.fact.situation) + "exit-corrected", _exit(event)
        case OutcomeFile.Reopened(fact=on):
            return "exit-reopened", contracts.Reopening(reopened_on=on)
        case OutcomeFile.FollowUpRecorded(fact=fact):
            return _special(fact.situation) + "follow-up-recorded", _followup(fact)
        case OutcomeFile.FollowUpCorrected(fact=fact):
            return _special(fact.situation) + "follow-up-corrected", _followup(fact)
    raise NotImplementedError(f"no public event is decided for {recorded.name}")


def _special(situation: Situation | None) -> str:
    return "special-" if situation in SPECIAL_SITUATIONS else ""


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
    )


def _followup(fact: FollowUp) -> contracts.FollowUp:
    return contracts.FollowUp(month=fact.month, asked_on=fact.asked_on, status=fact.status, situation=fact.situation)
