"""How a pathway ends and what is asked afterwards, and what is refused."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from eventsourcing.domain import event

from services.outcomes import exit_rule
from shared.codes import (
    ContactMeans,
    Contract,
    ExitClass,
    ExitReason,
    FollowUpMonth,
    FollowUpStatus,
    RuleVersion,
    Situation,
)
from shared.days import Day
from shared.disagreement import FactId
from shared.event_store import Aggregate, Known
from shared.rules import AlreadyRecorded, RuleBroken, UnknownFact, differs, is_new, not_after
from shared.sealing import Sealed


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


class DeathIsItsOwnReason(RuleBroken):
    """Who died left for no other reason, and nobody else left by dying."""


@dataclass(frozen=True)
class Exit:
    """Where a person stood on leaving, and why they left: neither says the other. Null: not known."""

    exited_on: Day
    situation: Situation
    contract: Contract | None = None
    contract_start: Day | None = None
    contract_end: Day | None = None
    reason: ExitReason | None = None


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


@dataclass(frozen=True)
class Attempt:
    """That somebody tried to reach the person for a follow-up. It is no result: that is a follow-up's business."""

    month: FollowUpMonth
    attempted_on: date
    means: ContactMeans
    note: Sealed | None = None

    @property
    def happened_on(self) -> date:
        return self.attempted_on


class OutcomeFile(Aggregate):
    """The exit and the follow-ups of one pathway. A snapshot of version 1 knew of no attempts."""

    TOPIC = "outcomes.file"
    class_version = 2
    exit: Known[Exit] | None = None
    open_again: bool = False
    reopened_on: date | None = None
    followups: dict[int, Known[FollowUp]] = field(default_factory=dict)
    attempts: dict[UUID, Known[Attempt]] = field(default_factory=dict)

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["attempts"] = {}

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

    class Attempted(Aggregate.Event):
        TOPIC = "outcomes.follow-up-attempted"
        key: UUID
        fact: Attempt

    class AttemptCorrected(Aggregate.Event):
        TOPIC = "outcomes.follow-up-attempt-corrected"
        key: UUID
        fact: Attempt

    # What is true

    @property
    def exited_on(self) -> date | None:
        return self.exit.current.exited_on if self.exit and not self.open_again else None

    def result(self, month: FollowUpMonth) -> Known[FollowUp] | None:
        """What was answered since the exit that stands; an answer of before followed an exit that was annulled."""
        known = self.followups.get(month)
        if known is None or (self.exited_on is not None and known.current.asked_on < self.exited_on):
            return None
        return known

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
        known = self.result(followup.month)
        if known is not None:
            if known.current != followup:
                raise AlreadyRecorded(f"the follow-up at {followup.month} months is recorded; correct it")
            return
        self._check_follow_up(followup, today)
        self._follow_up_recorded(followup, None)

    def correct_follow_up(self, followup: FollowUp, today: date) -> None:
        known = self.result(followup.month)
        if known is None:
            raise UnknownFact(f"no follow-up at {followup.month} months is recorded")
        if known.current != followup:
            self._check_follow_up(followup, today)
            self._follow_up_corrected(followup, None)

    def attempt(self, key: UUID, attempt: Attempt, today: date) -> None:
        if is_new(self.attempts, key, attempt):
            self._check_after_exit("attempted", attempt.attempted_on, today)
            self._attempted(key, attempt)

    def correct_attempt(self, key: UUID, attempt: Attempt, today: date) -> None:
        if differs(self.attempts, key, attempt):
            self._check_after_exit("attempted", attempt.attempted_on, today)
            self._attempt_corrected(key, attempt)

    def _check_exit(self, exit: Exit, started_on: date | None, today: date) -> None:
        """Who left again since the day of the reopening left anew: what was asked before followed the annulled exit."""
        _check_exit(exit, started_on, today)
        if self.exit is None or (self.open_again and self.reopened_on and exit.exited_on >= self.reopened_on):
            return
        for known in self.followups.values():
            if self.exit.current.exited_on <= known.current.asked_on < exit.exited_on:
                raise FollowUpBeforeExit(f"asked on {known.current.asked_on}, exited on {exit.exited_on}")

    def _check_follow_up(self, followup: FollowUp, today: date) -> None:
        self._check_after_exit("asked", followup.asked_on, today)
        if (followup.status is FollowUpStatus.REACHED) != (followup.situation is not None):
            raise SituationNeeded(f"status {followup.status}, situation {followup.situation}")

    def _check_after_exit(self, what: str, on: date, today: date) -> None:
        not_after(today, what, on)
        if self.exited_on is None:
            raise FollowUpWithoutExit("no exit is recorded")
        if on < self.exited_on:
            raise FollowUpBeforeExit(f"{what} on {on}, exited on {self.exited_on}")

    # What an import says, after its whole context was checked

    def take_exit(self, fact: Exit, imported: Exit) -> None:
        """An exit that was annulled stays so, unless the row says something else than what was annulled."""
        known = self.exit
        same = known is not None and (imported == known.imported or (known.imported is None and fact == known.current))
        if self.open_again and same:
            return
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
        self.open_again, self.reopened_on = True, fact

    @event(FollowUpRecorded)
    def _follow_up_recorded(self, fact: FollowUp, imported: FollowUp | None) -> None:
        self.followups[fact.month] = Known.now(self.followups.get(fact.month), fact, imported)

    @event(FollowUpCorrected)
    def _follow_up_corrected(self, fact: FollowUp, imported: FollowUp | None) -> None:
        self.followups[fact.month] = Known.now(self.followups.get(fact.month), fact, imported)

    @event(Attempted)
    def _attempted(self, key: UUID, fact: Attempt) -> None:
        self.attempts[key] = Known(fact)

    @event(AttemptCorrected)
    def _attempt_corrected(self, key: UUID, fact: Attempt) -> None:
        self.attempts[key] = Known(fact)


def _classed(exit: Exit) -> tuple[ExitClass, bool, str]:
    return exit_rule.classed(exit.situation, exit.contract, exit.contract_start, exit.contract_end)


def _check_exit(exit: Exit, started_on: date | None, today: date) -> None:
    not_after(today, "exited", exit.exited_on)
    if started_on is None:
        raise NotStarted("no start is known, so there is nothing to leave")
    if exit.exited_on < started_on:
        raise ExitBeforeStart(f"exited on {exit.exited_on}, started on {started_on}")
    start, end = exit.contract_start, exit.contract_end
    if start is not None and end is not None and end < start:
        raise ContractEndsBeforeItStarts(f"from {start} to {end}")
    if exit.reason is not None and (exit.reason is ExitReason.DECEASED) != (exit.situation is Situation.DECEASED):
        raise DeathIsItsOwnReason(f"reason {exit.reason}, situation {exit.situation}")


EXIT = FactId("exit")
