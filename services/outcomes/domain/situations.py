"""Jobs and other situations over time, and the support that goes on in a job."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid5

from shared.kernel.event_store import Aggregate
from shared.kernel.facts import FactEvent, Facts
from shared.language.codes import JOBS, Contract, EmploymentSupportKind, HoursAWeek, JobEnd, RomeCode, Situation
from shared.language.days import Day
from shared.language.rules import AlreadyRecorded, RuleBroken, UnknownFact, not_after
from shared.language.rules.outcomes import ContractEndsBeforeItStarts
from shared.language.sealed import Sealed
from shared.language.siret import Siret, must_be_siret
from shared.people.correspondents import UnknownCorrespondent


class SituationEndsBeforeItStarts(RuleBroken):
    """A situation's end is on or after its start."""


class EndReasonWithoutEnd(RuleBroken):
    """Only what has ended has a reason for it."""


class ContractWithoutJob(RuleBroken):
    """Only a job has a contract: employment, an SIAE's included. Apprenticeship is employment."""


class NotAJob(RuleBroken):
    """Support in employment concerns a job: employment, an SIAE's included."""


class VisitBeforeJob(RuleBroken):
    """A visit at work is on or after the job's first day; a talk may prepare it."""


@dataclass(frozen=True)
class Period:
    """Where a person stands from a day on. Several may go on at once; none ends the pathway.

    `contract_end`: when it is to end, as agreed; `ended_on`: when it did end, and null as long as it goes on.
    `employer`: of a job, a training or an SIAE. `correspondent`: whom one speaks to there.
    """

    situation: Situation
    started_on: Day
    ended_on: Day | None = None
    end_reason: JobEnd | None = None
    contract: Contract | None = None
    contract_end: Day | None = None
    hours_a_week: HoursAWeek | None = None
    occupation: RomeCode | None = None
    employer: Siret | None = None
    correspondent: UUID | None = None

    @property
    def happened_on(self) -> date:
        return self.started_on


@dataclass(frozen=True)
class EmploymentSupport:
    """A visit or a talk by which support goes on in a job. `job`: the id of its situation."""

    job: UUID
    what: EmploymentSupportKind
    supported_on: Day
    correspondent: UUID | None = None
    note: Sealed | None = None

    @property
    def happened_on(self) -> date:
        return self.supported_on


def file_id(pathway: UUID) -> UUID:
    return uuid5(pathway, "situations")


class SituationFile(Aggregate):
    """The situations of one pathway, and the support in its jobs."""

    TOPIC = "outcomes.situation-file"

    class SituationEnded(FactEvent):
        TOPIC = "outcomes.situation-ended"
        key: UUID
        fact: Period

        @property
        def happened_on(self) -> date | None:
            return self.fact.ended_on

    periods = Facts(Period, "situation", "outcomes.situation-recorded", "outcomes.situation-corrected", SituationEnded)
    supports = Facts(
        EmploymentSupport,
        "employment-support",
        "outcomes.employment-support-recorded",
        "outcomes.employment-support-corrected",
    )

    # What may be asked. `contact_known`: whether the correspondent that the fact names is one.

    def record(self, key: UUID, period: Period, contact_known: bool, today: date) -> None:
        if self.periods.is_new(key, period):
            _check_period(period, today)
            _check_correspondent(period.correspondent, contact_known)
            self.periods.record(key, period)

    def end(self, key: UUID, on: date, reason: JobEnd, today: date) -> None:
        period = self.periods.get(key)
        if period is None:
            raise UnknownFact(f"no situation is recorded under {key}")
        ended = replace(period, ended_on=on, end_reason=reason)
        if period == ended:
            return
        if period.ended_on is not None:
            raise AlreadyRecorded(f"the end is recorded on {period.ended_on}; correct the situation")
        _check_period(ended, today)
        self.periods.tell("SituationEnded", key, ended)

    def correct(self, key: UUID, period: Period, contact_known: bool, today: date) -> None:
        if self.periods.differs(key, period):
            _check_period(period, today)
            stood_so = period.correspondent == self.periods[key].correspondent
            _check_correspondent(period.correspondent, contact_known or stood_so)
            for support in self.supports.values():
                if support.job == key:
                    _check_support(support, period)
            self.periods.correct(key, period)

    def support(self, key: UUID, support: EmploymentSupport, contact_known: bool, today: date) -> None:
        if self.supports.is_new(key, support):
            self._check_support(support, today)
            _check_correspondent(support.correspondent, contact_known)
            self.supports.record(key, support)

    def correct_support(self, key: UUID, support: EmploymentSupport, contact_known: bool, today: date) -> None:
        if self.supports.differs(key, support):
            self._check_support(support, today)
            stood_so = support.correspondent == self.supports[key].correspondent
            _check_correspondent(support.correspondent, contact_known or stood_so)
            self.supports.correct(key, support)

    def _check_support(self, support: EmploymentSupport, today: date) -> None:
        not_after(today, "supported", support.supported_on)
        job = self.periods.get(support.job)
        if job is None:
            raise UnknownFact(f"no job is recorded under {support.job}")
        _check_support(support, job)


def _check_period(period: Period, today: date) -> None:
    not_after(today, "started", period.started_on)
    not_after(today, "ended", period.ended_on)
    if period.ended_on is not None and period.ended_on < period.started_on:
        raise SituationEndsBeforeItStarts(f"ended on {period.ended_on}, started on {period.started_on}")
    if period.ended_on is None and period.end_reason is not None:
        raise EndReasonWithoutEnd(f"reason {period.end_reason}, and no end")
    if period.contract is not None and period.situation not in JOBS:
        raise ContractWithoutJob(f"contract {period.contract} in situation {period.situation}")
    if period.contract_end is not None and period.contract_end < period.started_on:
        raise ContractEndsBeforeItStarts(f"from {period.started_on} to {period.contract_end}")
    must_be_siret(period.employer)


def _check_support(support: EmploymentSupport, job: Period) -> None:
    if job.situation not in JOBS:
        raise NotAJob(f"{support.job} is {job.situation}")
    if support.what is EmploymentSupportKind.VISIT_AT_WORK and support.supported_on < job.started_on:
        raise VisitBeforeJob(f"visited on {support.supported_on}, in the job since {job.started_on}")


def _check_correspondent(correspondent: UUID | None, known: bool) -> None:
    if correspondent is not None and not known:
        raise UnknownCorrespondent(f"no correspondent is recorded under {correspondent}")
