"""The exit of a pathway and the follow-ups after it: facts and rules."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.outcomes.domain import exit_rule
from shared.kernel.event_store import Aggregate
from shared.kernel.facts import DayEvent, Fact, FactEvent, Facts
from shared.language.codes import (
    ContactMeans,
    Contract,
    ExitClass,
    ExitReason,
    FollowUpMonth,
    FollowUpStatus,
    RuleVersion,
    Situation,
)
from shared.language.days import Day
from shared.language.rules import AlreadyRecorded, RuleBroken, UnknownFact, not_after, not_to_come, refuse
from shared.language.rules.outcomes import FollowUpBeforeExit, after_exit, of_exit, of_follow_up
from shared.language.sealed import Sealed


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
    """An answer, `month` months after the exit; one result a pathway and month."""

    month: FollowUpMonth
    asked_on: date
    status: FollowUpStatus
    situation: Situation | None = None

    @property
    def happened_on(self) -> date:
        return self.asked_on


@dataclass(frozen=True)
class Attempt:
    """An attempt to reach the person for a follow-up. It is no result: that is a follow-up's business."""

    month: FollowUpMonth
    attempted_on: date
    means: ContactMeans
    note: Sealed | None = None

    @property
    def happened_on(self) -> date:
        return self.attempted_on


class _Classed(FactEvent):
    """Tells of an exit with its class: the person has left, also where an exit was annulled before."""

    fact: Exit
    imported: Exit | None
    exit_class: ExitClass
    uncertain: bool
    rule: RuleVersion

    @property
    def happened_on(self) -> date:
        return self.fact.exited_on

    def apply(self, file: "OutcomeFile") -> None:
        super().apply(file)
        file.open_again = False


class OutcomeFile(Aggregate):
    """The exit and the follow-ups of one pathway. A snapshot of version 1 knew of no attempts."""

    TOPIC = "outcomes.file"
    class_version = 2

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["attempts"] = {}

    # What is kept, and what can happen to it

    class SupportExited(_Classed):
        TOPIC = "outcomes.support-exited"

    class ExitCorrected(_Classed):
        TOPIC = "outcomes.exit-corrected"

    class ExitReopened(DayEvent):
        TOPIC = "outcomes.exit-reopened"

        def apply(self, file: "OutcomeFile") -> None:
            super().apply(file)
            file.open_again = True

    exit = Fact(Exit, "exit", SupportExited, ExitCorrected, imported=True)
    open_again: bool = False
    reopened_on = Fact(date, "reopening", ExitReopened, bare=True)
    followups = Facts(
        FollowUp,
        "follow-up",
        "outcomes.follow-up-recorded",
        "outcomes.follow-up-corrected",
        by="month",
        imported=True,
    )
    attempts = Facts(
        Attempt, "follow-up-attempt", "outcomes.follow-up-attempted", "outcomes.follow-up-attempt-corrected"
    )

    # What is true

    @property
    def exited_on(self) -> date | None:
        exit = self.exit.current
        return exit.exited_on if exit is not None and not self.open_again else None

    def result(self, month: FollowUpMonth) -> FollowUp | None:
        """Finds the answer since the exit that stands; one of before followed an exit that was annulled."""
        followup = self.followups.get(month)
        if followup is None or (self.exited_on is not None and followup.asked_on < self.exited_on):
            return None
        return followup

    # What may be asked. `started_on` is what intake has told.

    def leave(self, exit: Exit, started_on: date | None, today: date) -> None:
        if self.exited_on is not None:
            if self.exit.current != exit:
                raise AlreadyRecorded(f"the exit is recorded on {self.exited_on}; correct it")
            return
        self._check_exit(exit, started_on, today)
        self.exit.record(exit, **_classed(exit))

    def correct_exit(self, exit: Exit, started_on: date | None, today: date) -> None:
        if self.exited_on is None:
            raise UnknownFact("no exit is recorded, so there is none to correct")
        if self.exit.current != exit:
            self._check_exit(exit, started_on, today)
            self.exit.correct(exit, **_classed(exit))

    def reopen(self, on: date, today: date) -> None:
        if not self.exit:
            raise UnknownFact("no exit is recorded, so there is none to annul")
        if self.exited_on is not None:
            not_after(today, "reopened", on)
            self.reopened_on.record(on)

    def record_follow_up(self, followup: FollowUp, today: date) -> None:
        known = self.result(followup.month)
        if known is not None:
            if known != followup:
                raise AlreadyRecorded(f"the follow-up at {followup.month} months is recorded; correct it")
            return
        self._check_follow_up(followup, today)
        self.followups.record(followup.month, followup)

    def correct_follow_up(self, followup: FollowUp, today: date) -> None:
        known = self.result(followup.month)
        if known is None:
            raise UnknownFact(f"no follow-up at {followup.month} months is recorded")
        if known != followup:
            self._check_follow_up(followup, today)
            self.followups.correct(followup.month, followup)

    def attempt(self, key: UUID, attempt: Attempt, today: date) -> None:
        if self.attempts.is_new(key, attempt):
            self._check_attempt(attempt, today)
            self.attempts.record(key, attempt)

    def correct_attempt(self, key: UUID, attempt: Attempt, today: date) -> None:
        if self.attempts.differs(key, attempt):
            self._check_attempt(attempt, today)
            self.attempts.correct(key, attempt)

    def _check_exit(self, exit: Exit, started_on: date | None, today: date) -> None:
        """Raises what an exit breaks. One since the reopening is a new one: what was asked before followed another."""
        _check_exit(exit, started_on, today)
        before, reopened_on = self.exit.current, self.reopened_on.current
        if before is None or (self.open_again and reopened_on and exit.exited_on >= reopened_on):
            return
        for followup in self.followups.values():
            if before.exited_on <= followup.asked_on < exit.exited_on:
                raise FollowUpBeforeExit(f"asked on {followup.asked_on}, exited on {exit.exited_on}")

    def _check_follow_up(self, followup: FollowUp, today: date) -> None:
        refuse(of_follow_up(followup, self.exited_on, today))

    def _check_attempt(self, attempt: Attempt, today: date) -> None:
        refuse(not_to_come(today, {"attempted_on": attempt.attempted_on}))
        refuse(after_exit("attempted_on", attempt.attempted_on, self.exited_on))

    # What an import says, after its whole context was checked

    def take_exit(self, fact: Exit, imported: Exit) -> None:
        """Takes an exit; one that was annulled stays so, unless the row says something else than what was annulled."""
        known = self.exit.known
        same = known is not None and (imported == known.imported or (known.imported is None and fact == known.current))
        if not (self.open_again and same):
            self.exit.take(fact, imported, **_classed(fact))


def _classed(exit: Exit) -> dict[str, Any]:
    """Classes an exit: an event tells of it so."""
    exit_class, uncertain, rule = exit_rule.classed(
        exit.situation, exit.contract, exit.contract_start, exit.contract_end
    )
    return {"exit_class": exit_class, "uncertain": uncertain, "rule": rule}


def _check_exit(exit: Exit, started_on: date | None, today: date) -> None:
    refuse(of_exit(exit, {"started_on": started_on}, today))
    if exit.reason is not None and (exit.reason is ExitReason.DECEASED) != (exit.situation is Situation.DECEASED):
        raise DeathIsItsOwnReason(f"reason {exit.reason}, situation {exit.situation}")
