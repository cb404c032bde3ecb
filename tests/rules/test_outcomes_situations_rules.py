"""The rules of jobs and other situations over time, and of the support in a job, a sentence each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.outcomes.domain import (
    ContractWithoutJob,
    EmploymentSupport,
    EndReasonWithoutEnd,
    NotAJob,
    Period,
    SituationEndsBeforeItStarts,
    SituationFile,
    VisitBeforeJob,
)
from shared.language.codes import JOBS, Contract, EmploymentSupportKind, JobEnd, Situation
from shared.language.rules import AlreadyRecorded, InTheFuture, RuleBroken, UnknownFact
from shared.language.rules.outcomes import ContractEndsBeforeItStarts
from shared.language.sealed import Sealed
from shared.language.siret import SiretInvalid
from shared.people.correspondents import UnknownCorrespondent
from tests.sentences import Told, given, told

TODAY, TOMORROW, ONE_DAY = date(2025, 6, 30), date(2025, 7, 1), timedelta(days=1)
HIRED, LOST = date(2025, 3, 3), date(2025, 5, 16)
KEY, OTHER, VISIT = UUID(int=1), UUID(int=2), UUID(int=3)

JOB = Period(
    Situation.EMPLOYMENT,
    HIRED,
    contract=Contract.CDD,
    contract_end=date(2025, 9, 2),
    hours_a_week=Decimal("24"),
    occupation="G1602",
    employer="73282932000074",
    correspondent=UUID(int=9),
)
ENDED = replace(JOB, ended_on=LOST, end_reason=JobEnd.TRIAL_ENDED)
TRAINING = Period(Situation.TRAINING, HIRED)
SUPPORT = EmploymentSupport(KEY, EmploymentSupportKind.VISIT_AT_WORK, LOST, UUID(int=9), Sealed("The hours suit her"))

Ask = Callable[[SituationFile], object]


def record(period: Period, key: UUID = KEY, contact_known: bool = True) -> Ask:
    return lambda file: file.record(key, period, contact_known, TODAY)


def end(on: date = LOST, reason: JobEnd = JobEnd.TRIAL_ENDED) -> Ask:
    return lambda file: file.end(KEY, on, reason, TODAY)


def correct(period: Period, contact_known: bool = True) -> Ask:
    return lambda file: file.correct(KEY, period, contact_known, TODAY)


def support(support: EmploymentSupport, contact_known: bool = True) -> Ask:
    return lambda file: file.support(VISIT, support, contact_known, TODAY)


def correct_support(support: EmploymentSupport, contact_known: bool = True) -> Ask:
    return lambda file: file.correct_support(VISIT, support, contact_known, TODAY)


def recorded(period: Period, key: UUID = KEY) -> Told:
    return told(SituationFile.SituationRecorded, period, key=key)


def ended(period: Period = ENDED) -> Told:
    return told(SituationFile.SituationEnded, period, key=KEY)


def corrected(period: Period) -> Told:
    return told(SituationFile.SituationCorrected, period, key=KEY)


def supported(support: EmploymentSupport = SUPPORT) -> Told:
    return told(SituationFile.EmploymentSupportRecorded, support, key=VISIT)


def support_corrected(support: EmploymentSupport) -> Told:
    return told(SituationFile.EmploymentSupportCorrected, support, key=VISIT)


# --- situations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("situation", Situation)
def test_a_person_stands_somewhere_from_a_day_on(situation: Situation) -> None:
    period = Period(situation, TODAY)
    assert given(SituationFile).when(record(period)).then(recorded(period)).happened_on == TODAY


def test_a_job_has_a_contract_hours_an_occupation_and_an_employer_and_may_end_later_than_today() -> None:
    given(SituationFile).when(record(JOB)).then(recorded(JOB))
    given(SituationFile).when(record(ENDED)).then(recorded(ENDED))


def test_several_situations_go_on_at_once() -> None:
    given(SituationFile, recorded(JOB)).when(record(JOB, OTHER)).then(recorded(JOB, OTHER))
    given(SituationFile, recorded(JOB)).when(record(TRAINING, OTHER)).then(recorded(TRAINING, OTHER))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"started_on": TOMORROW, "contract_end": None}, InTheFuture),
        ({"ended_on": TOMORROW}, InTheFuture),
        ({"ended_on": HIRED - ONE_DAY}, SituationEndsBeforeItStarts),
        ({"end_reason": JobEnd.OTHER}, EndReasonWithoutEnd),
        ({"contract_end": HIRED - ONE_DAY}, ContractEndsBeforeItStarts),
        ({"employer": "73282932000075"}, SiretInvalid),
        ({"situation": Situation.TRAINING}, ContractWithoutJob),
        ({"situation": Situation.UNEMPLOYED}, ContractWithoutJob),
    ],
    ids=str,
)
def test_a_situation_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    period = replace(JOB, **change)
    given(SituationFile).when(record(period)).then_refused(rule)
    given(SituationFile, recorded(JOB)).when(correct(period)).then_refused(rule)


@pytest.mark.parametrize("days", [{"contract_end": HIRED}, {"ended_on": HIRED}], ids=str)
def test_a_situation_may_last_a_day(days: dict[str, date]) -> None:
    period = replace(JOB, **days)
    given(SituationFile).when(record(period)).then(recorded(period))


@pytest.mark.parametrize("situation", sorted(JOBS))
def test_an_siae_is_a_job_too(situation: Situation) -> None:
    period = replace(JOB, situation=situation)
    given(SituationFile).when(record(period)).then(recorded(period))


def test_the_post_has_sirets_of_its_own() -> None:
    period = replace(JOB, employer="35600000049837")
    given(SituationFile).when(record(period)).then(recorded(period))


def test_a_situation_is_recorded_once() -> None:
    given(SituationFile, recorded(JOB)).when(record(JOB)).then_nothing()
    given(SituationFile, recorded(JOB)).when(record(ENDED)).then_refused(AlreadyRecorded)


def test_a_job_is_lost_for_a_reason() -> None:
    assert given(SituationFile, recorded(JOB)).when(end()).then(ended()).happened_on == LOST
    unknown = replace(ENDED, ended_on=TODAY, end_reason=JobEnd.UNKNOWN)
    given(SituationFile, recorded(JOB)).when(end(TODAY, JobEnd.UNKNOWN)).then(ended(unknown))


def test_an_end_is_refused() -> None:
    given(SituationFile).when(end()).then_refused(UnknownFact)
    given(SituationFile, recorded(JOB)).when(end(TOMORROW)).then_refused(InTheFuture)
    given(SituationFile, recorded(JOB)).when(end(HIRED - ONE_DAY)).then_refused(SituationEndsBeforeItStarts)


def test_a_situation_ends_once() -> None:
    stood = recorded(JOB), ended()
    given(SituationFile, *stood).when(end()).then_nothing()
    given(SituationFile, *stood).when(end(TODAY)).then_refused(AlreadyRecorded)
    given(SituationFile, *stood).when(end(LOST, JobEnd.DISMISSED)).then_refused(AlreadyRecorded)


def test_a_situation_is_corrected_its_end_included() -> None:
    given(SituationFile).when(correct(JOB)).then_refused(UnknownFact)
    given(SituationFile, recorded(JOB)).when(correct(JOB)).then_nothing()
    longer = replace(JOB, contract_end=date(2026, 3, 2))
    assert given(SituationFile, recorded(JOB)).when(correct(longer)).then(corrected(longer)).happened_on == HIRED
    stood = recorded(JOB), ended()
    given(SituationFile, *stood).when(correct(ENDED)).then_nothing()
    given(SituationFile, *stood).when(correct(JOB)).then(corrected(JOB))
    given(SituationFile, *stood, corrected(JOB)).when(end(TODAY)).then(ended(replace(ENDED, ended_on=TODAY)))


# --- support in a job ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", EmploymentSupportKind)
@pytest.mark.parametrize("on", [HIRED, TODAY])
def test_support_goes_on_in_a_job(what: EmploymentSupportKind, on: date) -> None:
    fact = replace(SUPPORT, what=what, supported_on=on)
    assert given(SituationFile, recorded(JOB)).when(support(fact)).then(supported(fact)).happened_on == on


def test_it_goes_on_after_the_job_was_lost() -> None:
    after = replace(SUPPORT, supported_on=TODAY)
    given(SituationFile, recorded(JOB), ended()).when(support(after)).then(supported(after))


@pytest.mark.parametrize("what", [EmploymentSupportKind.TALK_WITH_EMPLOYER, EmploymentSupportKind.TALK_WITH_PERSON])
def test_a_talk_may_prepare_a_job_and_a_visit_needs_it(what: EmploymentSupportKind) -> None:
    before = replace(SUPPORT, supported_on=HIRED - ONE_DAY)
    given(SituationFile, recorded(JOB)).when(support(before)).then_refused(VisitBeforeJob)
    talk = replace(before, what=what)
    given(SituationFile, recorded(JOB)).when(support(talk)).then(supported(talk))


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"supported_on": TOMORROW}, InTheFuture), ({"job": OTHER}, UnknownFact), ({"job": UUID(int=4)}, NotAJob)],
    ids=str,
)
def test_support_in_a_job_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    stood = recorded(JOB), recorded(TRAINING, UUID(int=4))
    fact = replace(SUPPORT, **change)
    given(SituationFile, *stood).when(support(fact)).then_refused(rule)
    given(SituationFile, *stood, supported()).when(correct_support(fact)).then_refused(rule)


def test_support_is_recorded_once_and_corrected() -> None:
    other = replace(SUPPORT, note=Sealed("The hours do not suit her"))
    given(SituationFile, recorded(JOB)).when(correct_support(SUPPORT)).then_refused(UnknownFact)
    stood = recorded(JOB), supported()
    given(SituationFile, *stood).when(support(SUPPORT)).then_nothing()
    given(SituationFile, *stood).when(support(other)).then_refused(AlreadyRecorded)
    given(SituationFile, *stood).when(correct_support(SUPPORT)).then_nothing()
    given(SituationFile, *stood).when(correct_support(other)).then(support_corrected(other))


def test_a_job_is_not_corrected_away_from_under_what_was_done_in_it() -> None:
    stood = recorded(JOB), supported()
    given(SituationFile, *stood).when(correct(TRAINING)).then_refused(NotAJob)
    later = replace(JOB, started_on=LOST + ONE_DAY)
    given(SituationFile, *stood).when(correct(later)).then_refused(VisitBeforeJob)
    same_day = replace(JOB, started_on=LOST)
    given(SituationFile, *stood).when(correct(same_day)).then(corrected(same_day))


# --- employers' contacts ------------------------------------------------------------------------------------


def test_whom_one_speaks_to_there_is_known_when_a_fact_first_names_them() -> None:
    given(SituationFile).when(record(JOB, contact_known=False)).then_refused(UnknownCorrespondent)
    nobody = replace(JOB, correspondent=None)
    given(SituationFile).when(record(nobody, contact_known=False)).then(recorded(nobody))
    given(SituationFile, recorded(nobody)).when(correct(JOB, contact_known=False)).then_refused(UnknownCorrespondent)
    given(SituationFile, recorded(JOB)).when(support(SUPPORT, contact_known=False)).then_refused(UnknownCorrespondent)
    alone = replace(SUPPORT, correspondent=None)
    given(SituationFile, recorded(JOB)).when(support(alone, contact_known=False)).then(supported(alone))
    given(SituationFile, recorded(JOB), supported(alone)).when(
        correct_support(SUPPORT, contact_known=False)
    ).then_refused(UnknownCorrespondent)


def test_a_fact_that_names_a_contact_who_was_forgotten_meanwhile_is_corrected_and_ended() -> None:
    longer = replace(JOB, contract_end=date(2026, 3, 2))
    given(SituationFile, recorded(JOB)).when(correct(longer, contact_known=False)).then(corrected(longer))
    given(SituationFile, recorded(JOB)).when(end()).then(ended())
    silent = replace(SUPPORT, note=None)
    given(SituationFile, recorded(JOB), supported()).when(correct_support(silent, contact_known=False)).then(
        support_corrected(silent)
    )
