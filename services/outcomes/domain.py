"""How a pathway ends and what is asked afterwards, and what is refused."""

from dataclasses import dataclass, field
from datetime import date

from eventsourcing.domain import event

from services.outcomes.exit_rule import RULE, classify
from shared.codes import Contract, ExitClass, FollowUpMonth, FollowUpStatus, RuleVersion, Situation
from shared.disagreement import FactId
from shared.event_store import Aggregate, Known
from shared.rules import AlreadyRecorded, RuleBroken, UnknownFact, not_after


class ExitBeforeStart(RuleBroken):
    """started ≤ exited."""


class NotStarted(RuleBroken):
    """Only who started can leave; a request that never started is withdrawn."""


class ContractEndsBeforeItStarts(RuleBroken):
    """A contract's end is on or after its start."""


class FollowUpWithoutExit(RuleBroken):
    """A follow-up is asked after the exit."""


class FollowUpBeforeExit(RuleBroken):
    """A follow-up is asked after the exit."""


class SituationNeeded(RuleBroken):
    """Who was reached has a situation; who was not has none."""


@dataclass(frozen=True)
class Exit:
    """Where a person stood on leaving."""

    exited_on: date
    situation: Situation
    contract: Contract | None = None
    contract_start: date | None = None
    contract_end: date | None = None


@dataclass(frozen=True)
class FollowUp:
    """What was answered, `month` months after the exit; one result a pathway and month."""

    month: FollowUpMonth
    asked_on: date
    status: FollowUpStatus
    situation: Situation | None = None

    @property
    def happened_on(self) -> date:
        return self.asked_on


class OutcomeFile(Aggregate):
    """The exit and the follow-ups of one pathway."""

    TOPIC = "outcomes.file"
    exit: Known[Exit] | None = None
    open_again: bool = False
    followups: dict[int, Known[FollowUp]] = field(default_factory=dict)

    # What can happen

    class Exited(Aggregate.Event):
        TOPIC = "outcomes.support-exited"
        fact: Exit
        imported: Exit | None
        exit_class: ExitClass
        uncertain: bool
        rule: RuleVersion

        @property
        def happened_on(self) -> date:
            return self.fact.exited_on

    class ExitCorrected(Aggregate.Event):
        TOPIC = "outcomes.exit-corrected"
        fact: Exit
        imported: Exit | None
        exit_class: ExitClass
        uncertain: bool
        rule: RuleVersion

        @property
        def happened_on(self) -> date:
            return self.fact.exited_on

    class Reopened(Aggregate.Event):
        TOPIC = "outcomes.exit-reopened"
        fact: date

        @property
        def happened_on(self) -> date:
            return self.fact

    class FollowUpRecorded(Aggregate.Event):
        TOPIC = "outcomes.follow-up-recorded"
        fact: FollowUp
        imported: FollowUp | None

    class FollowUpCorrected(Aggregate.Event):
        TOPIC = "outcomes.follow-up-corrected"
        fact: FollowUp
        imported: FollowUp | None

    # What is true

    @property
    def exited_on(self) -> date | None:
        return self.exit.current.exited_on if self.exit and not self.open_again else None

    # What may be asked. `started_on` is what intake has told.

    def leave(self, exit: Exit, started_on: date | None, today: date) -> None:
        if self.exited_on is not None and self.exit is not None:
            if self.exit.current != exit:
                raise AlreadyRecorded(f"the exit is recorded on {self.exited_on}; correct it")
            return
        self._check_exit(exit, started_on, today)
        self._exited(exit, None, *_classed(exit))

    def correct_exit(self, exit: Exit, started_on: date | None, today: date) -> None:
        if self.exited_on is None or self.exit is None:
            raise UnknownFact("no exit is recorded, so there is none to correct")
        if self.exit.current != exit:
            self._check_exit(exit, started_on, today)
            self._exit_corrected(exit, None, *_classed(exit))

    def reopen(self, on: date, today: date) -> None:
        if self.exit is None:
            raise UnknownFact("no exit is recorded, so there is none to annul")
        if self.exited_on is not None:
            not_after(today, "reopened", on)
            self._reopened(on)

    def record_follow_up(self, followup: FollowUp, today: date) -> None:
        known = self.followups.get(followup.month)
        if known is not None:
            if known.current != followup:
                raise AlreadyRecorded(f"the follow-up at {followup.month} months is recorded; correct it")
            return
        self._check_follow_up(followup, today)
        self._follow_up_recorded(followup, None)

    def correct_follow_up(self, followup: FollowUp, today: date) -> None:
        known = self.followups.get(followup.month)
        if known is None:
            raise UnknownFact(f"no follow-up at {followup.month} months is recorded")
        if known.current != followup:
            self._check_follow_up(followup, today)
            self._follow_up_corrected(followup, None)

    def _check_exit(self, exit: Exit, started_on: date | None, today: date) -> None:
        _check_exit(exit, started_on, today)
        for known in self.followups.values():
            _check_after_exit(known.current, exit.exited_on)

    def _check_follow_up(self, followup: FollowUp, today: date) -> None:
        not_after(today, "asked", followup.asked_on)
        if self.exited_on is None:
            raise FollowUpWithoutExit("no exit is recorded")
        _check_after_exit(followup, self.exited_on)
        if (followup.status is FollowUpStatus.REACHED) != (followup.situation is not None):
            raise SituationNeeded(f"status {followup.status}, situation {followup.situation}")

    # What an import says, after its whole context was checked

    def take_exit(self, fact: Exit, imported: Exit) -> None:
        (self._exited if self.exit is None else self._exit_corrected)(fact, imported, *_classed(fact))

    def take_follow_up(self, fact: FollowUp, imported: FollowUp) -> None:
        known = fact.month in self.followups
        (self._follow_up_corrected if known else self._follow_up_recorded)(fact, imported)

    # What is recorded

    @event(Exited)
    def _exited(self, fact: Exit, imported: Exit | None, exit_class: ExitClass, uncertain: bool, rule: str) -> None:
        self.exit, self.open_again = Known.now(self.exit, fact, imported), False

    @event(ExitCorrected)
    def _exit_corrected(
        self, fact: Exit, imported: Exit | None, exit_class: ExitClass, uncertain: bool, rule: str
    ) -> None:
        self.exit, self.open_again = Known.now(self.exit, fact, imported), False

    @event(Reopened)
    def _reopened(self, fact: date) -> None:
        self.open_again = True

    @event(FollowUpRecorded)
    def _follow_up_recorded(self, fact: FollowUp, imported: FollowUp | None) -> None:
        self.followups[fact.month] = Known.now(self.followups.get(fact.month), fact, imported)

    @event(FollowUpCorrected)
    def _follow_up_corrected(self, fact: FollowUp, imported: FollowUp | None) -> None:
        self.followups[fact.month] = Known.now(self.followups.get(fact.month), fact, imported)


def _classed(exit: Exit) -> tuple[ExitClass, bool, str]:
    return (*classify(exit.situation, exit.contract, exit.contract_start, exit.contract_end), RULE)


def _check_exit(exit: Exit, started_on: date | None, today: date) -> None:
    not_after(today, "exited", exit.exited_on)
    if started_on is None:
        raise NotStarted("no start is known, so there is nothing to leave")
    if exit.exited_on < started_on:
        raise ExitBeforeStart(f"exited on {exit.exited_on}, started on {started_on}")
    start, end = exit.contract_start, exit.contract_end
    if start is not None and end is not None and end < start:
        raise ContractEndsBeforeItStarts(f"from {start} to {end}")


def _check_after_exit(followup: FollowUp, exited_on: date) -> None:
    if followup.asked_on < exited_on:
        raise FollowUpBeforeExit(f"asked on {followup.asked_on}, exited on {exited_on}")


def fact_of(event: Aggregate.Event) -> FactId | None:
    """Which fact an event tells of, as a disagreement names it."""
    match event:
        case OutcomeFile.Exited() | OutcomeFile.ExitCorrected():
            return FactId("exit")
        case OutcomeFile.Reopened():
            return FactId("reopening")
        case OutcomeFile.FollowUpRecorded(fact=fact) | OutcomeFile.FollowUpCorrected(fact=fact):
            return FactId("follow-up", str(fact.month.value))
    return None
