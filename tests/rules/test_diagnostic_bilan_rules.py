"""The rules of the bilan and of the questionnaires, a sentence each; and what was stored before they were there."""

from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest
from eventsourcing.domain import Snapshot
from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import get_topic

from services.diagnostic.domain import (
    INSTRUMENTS,
    TABLE,
    Answer,
    AnsweredTwice,
    AnswerOutOfRange,
    Assessment,
    Bilan,
    Diagnostic,
    DiagnosticFile,
    Occupation,
    RefusedAndAnswered,
    ScoreNotDerived,
    SpokenLanguage,
    UnknownItem,
    scored,
    scored_by_import,
)
from services.diagnostic.publishing import public
from services.reporting.read_models.diagnostic import DIAGNOSTIC
from shared.kernel.event_store import About, Recorded
from shared.language.codes import Barrier, BilanQuestion, Intensity, LanguageLevel, Purpose, Refusal, WorkingTime
from shared.language.contracts import PublicEvent
from shared.language.rules import AlreadyRecorded, UnknownFact
from shared.language.sealed import Sealed
from tests.sentences import MAPPER, given, stored_and_read, told

TODAY, DAY = date(2025, 6, 30), date(2025, 1, 6)
KEY, OTHER_KEY = UUID(int=1), UUID(int=2)
DIAGNOSED = told(DiagnosticFile.DiagnosticCompleted, Diagnostic(DAY, Purpose.ENTRY), key=KEY)
WHOLE = Bilan(
    skills=Sealed("Elle cuisine pour cinquante personnes"),
    languages=(SpokenLanguage("pt", LanguageLevel.NATIVE), SpokenLanguage("fr")),
    occupations=(Occupation("G1602", 30),),
    target_occupations=("G1603",),
    hours_a_week=28,
    distance_km=15,
    working_times=(WorkingTime.DAYTIME, WorkingTime.SATURDAY),
    refused=(BilanQuestion.EXPERIENCE, BilanQuestion.TRAVEL_MINUTES),
)


# The bilan


@pytest.mark.parametrize("bilan", [Bilan(), WHOLE], ids=["empty", "whole"])
def test_a_bilan_is_recorded_whatever_is_missing_in_it(bilan: Bilan) -> None:
    given(DiagnosticFile, DIAGNOSED).when(lambda file: file.record_bilan(KEY, bilan, TODAY)).then(
        told(DiagnosticFile.BilanRecorded, bilan, key=KEY)
    )


def test_the_same_bilan_again_is_no_news_and_another_is_a_correction() -> None:
    stood = DIAGNOSED, told(DiagnosticFile.BilanRecorded, WHOLE, key=KEY)
    given(DiagnosticFile, *stood).when(lambda file: file.record_bilan(KEY, WHOLE, TODAY)).then_nothing()
    given(DiagnosticFile, *stood).when(lambda file: file.bilans.admit_correction(KEY, WHOLE, TODAY)).then_nothing()
    given(DiagnosticFile, *stood).when(lambda file: file.record_bilan(KEY, Bilan(), TODAY)).then_refused(
        AlreadyRecorded
    )
    given(DiagnosticFile, *stood).when(lambda file: file.bilans.admit_correction(KEY, Bilan(), TODAY)).then(
        told(DiagnosticFile.BilanCorrected, Bilan(), key=KEY)
    )


def test_a_bilan_belongs_to_a_diagnostic() -> None:
    given(DiagnosticFile, DIAGNOSED).when(lambda file: file.record_bilan(OTHER_KEY, WHOLE, TODAY)).then_refused(
        UnknownFact
    )
    given(DiagnosticFile, DIAGNOSED).when(lambda file: file.bilans.admit_correction(KEY, WHOLE, TODAY)).then_refused(
        UnknownFact
    )


@pytest.mark.parametrize("question", BilanQuestion)
def test_every_question_may_be_refused_and_then_has_no_answer(question: BilanQuestion) -> None:
    refused = Bilan(refused=(question,))
    given(DiagnosticFile, DIAGNOSED).when(lambda file: file.record_bilan(KEY, refused, TODAY)).then(
        told(DiagnosticFile.BilanRecorded, refused, key=KEY)
    )
    both = Bilan(**{question.value: 7}, refused=(question,))  # type: ignore[arg-type]
    given(DiagnosticFile, DIAGNOSED).when(lambda file: file.record_bilan(KEY, both, TODAY)).then_refused(
        RefusedAndAnswered
    )


# The questionnaires

SECOND = INSTRUMENTS["remobilisation-2"]


def answers(*given: int | Refusal) -> tuple[Answer, ...]:
    return tuple(Answer(item.code, one) for item, one in zip(SECOND.items, given, strict=False))


@pytest.mark.parametrize(
    ("given_", "score"),
    [
        ((0,) * 10, 0),
        ((2,) * 10, 10),
        ((1,) * 10, 5),
        ((2, 1, 1, 1, 1, 1, 1, 1, 1, 1), 6),  # 5.5, a half rounded up
        ((2, 2, 2, 0, 0, 0, 0, Refusal.REFUSED, Refusal.REFUSED, Refusal.REFUSED), 4),  # 4.29 of seven answers
        ((2,) * 6 + (Refusal.REFUSED,) * 4, None),
        ((2,) * 6, None),
        ((), None),
    ],
)
def test_the_second_instrument_derives_its_score_from_enough_answers(
    given_: tuple[int | Refusal, ...], score: int | None
) -> None:
    diagnostic = scored(Diagnostic(DAY, Purpose.ENTRY, None, "remobilisation-2", answers(*given_)))
    assert diagnostic.remobilisation == score
    given(DiagnosticFile).when(lambda file: file.diagnostics.admit(KEY, diagnostic, TODAY)).then(
        told(DiagnosticFile.DiagnosticCompleted, diagnostic, key=KEY)
    )
    given(DiagnosticFile, told(DiagnosticFile.DiagnosticCompleted, diagnostic, key=KEY)).when(
        lambda file: file.diagnostics.admit(KEY, diagnostic, TODAY)
    ).then_nothing()


def test_a_derived_score_is_never_typed() -> None:
    for typed in (4, 6):
        typed_in = Diagnostic(DAY, Purpose.ENTRY, typed, "remobilisation-2", answers(*(1,) * 10))
        given(DiagnosticFile).when(lambda file, it=typed_in: file.diagnostics.admit(KEY, it, TODAY)).then_refused(
            ScoreNotDerived
        )
    without = Diagnostic(DAY, Purpose.ENTRY, 5, "remobilisation-2")
    given(DiagnosticFile).when(lambda file: file.diagnostics.admit(KEY, without, TODAY)).then_refused(ScoreNotDerived)


@pytest.mark.parametrize(
    ("given_", "instrument", "rule"),
    [
        ((Answer("sleep", 1),), "remobilisation-2", UnknownItem),
        ((Answer("rhythm", 1),), "remobilisation-1", UnknownItem),
        ((Answer("rhythm", 1), Answer("rhythm", 2)), "remobilisation-2", AnsweredTwice),
        ((Answer("rhythm", 3),), "remobilisation-2", AnswerOutOfRange),
        ((Answer("rhythm", -1),), "remobilisation-2", AnswerOutOfRange),
    ],
)
def test_what_is_no_answer_to_the_questionnaire_is_refused(
    given_: tuple[Answer, ...], instrument: str, rule: type
) -> None:
    diagnostic = Diagnostic(DAY, Purpose.ENTRY, None, instrument, given_)
    given(DiagnosticFile).when(lambda file: file.diagnostics.admit(KEY, diagnostic, TODAY)).then_refused(rule)
    given(DiagnosticFile, DIAGNOSED).when(
        lambda file: file.diagnostics.admit_correction(KEY, diagnostic, TODAY)
    ).then_refused(rule)


def test_every_instrument_says_its_items_in_french() -> None:
    for version, instrument in INSTRUMENTS.items():
        assert version == instrument.version
        assert len({item.code for item in instrument.items}) == len(instrument.items)
        assert all(item.says.endswith(".") for item in instrument.items)
        assert len(instrument.scale) == (3 if instrument.items else 0)


def test_an_import_of_the_same_score_leaves_the_answers_and_of_another_ends_them() -> None:
    standing = scored(Diagnostic(DAY, Purpose.ENTRY, None, "remobilisation-2", answers(*(1,) * 10)))
    same, other = Diagnostic(DAY, Purpose.ENTRY, 5), Diagnostic(DAY, Purpose.ENTRY, 7)
    assert scored_by_import(same, same, standing) == standing
    assert scored_by_import(other, other, standing) == other
    assert scored_by_import(other, other, None) == other


# What was stored before

SNAPSHOT = get_topic(Snapshot)
OLD = StoredEvent(
    UUID(int=7),
    1,
    "diagnostic.diagnostic-completed",
    b'{"key":"00000000-0000-0000-0000-000000000001","fact":{"completed_on":"2019-05-02","purpose":"entry",'
    b'"remobilisation":3,"instrument":"remobilisation-1"},"imported":{"completed_on":"2019-05-02","purpose":"entry",'
    b'"remobilisation":3,"instrument":"remobilisation-1"}}',
)
OLD_BARRIER = StoredEvent(
    UUID(int=7),
    1,
    "diagnostic.barrier-assessed",
    b'{"key":"00000000-0000-0000-0000-000000000001","fact":{"assessed_on":"2019-05-02","domain":"health",'
    b'"intensity":"low"},"imported":null}',
)


def folded(*diagnostics: Diagnostic) -> tuple[object, ...]:
    """What reporting makes of them."""
    state: dict[str, object] = {}
    for version, fact in enumerate(diagnostics, 1):
        completed = told(DiagnosticFile.DiagnosticCompleted, fact, key=UUID(int=version))
        event: Any = completed.of(DiagnosticFile.blank(UUID(int=7)))
        recorded = Recorded(
            version,
            event,
            event.TOPIC,
            UUID(int=7),
            version,
            About(),
            "",
            None,
            None,  # type: ignore[arg-type]
            None,
            False,
            None,
        )
        name, body = public(recorded) or ("", None)
        told_public = PublicEvent(
            "diagnostic",
            name,
            version,
            UUID(int=7),
            version,
            None,
            None,
            None,
            None,
            None,  # type: ignore[arg-type]
            None,
            False,
            None,
            body,  # type: ignore[arg-type]
        )
        state = DIAGNOSTIC.fold(state, told_public)
    return DIAGNOSTIC.row(state, "2100-12-31")


def test_a_stored_score_of_before_reads_as_one_without_answers_under_its_own_instrument() -> None:
    event = MAPPER.to_domain_event(OLD)
    before = Diagnostic(date(2019, 5, 2), Purpose.ENTRY, 3, "remobilisation-1")
    assert (type(event), event.fact, event.imported) == (DiagnosticFile.DiagnosticCompleted, before, before)
    assert event.fact.answers == ()
    file = event.mutate(DiagnosticFile.blank(UUID(int=7)))
    assert file.diagnostics[KEY] == before
    assert b"answers" not in OLD.state
    again = MAPPER.to_stored_event(event)
    assert (b'"answers":[]' in again.state, b'"class_version":2' in again.state) == (True, True)
    assert stored_and_read(event) == event

    # A better score of another questionnaire is no progress; of the same it is.
    second = scored(Diagnostic(DAY, Purpose.EXIT, None, "remobilisation-2", answers(*(2,) * 10)))
    assert folded(event.fact, second)[2:4] == (False, False)
    assert folded(event.fact, second, Diagnostic(DAY, Purpose.EXIT, 4))[2:4] == (True, True)


def test_a_snapshot_of_before_goes_on_with_what_is_new() -> None:
    diagnosed = {
        "completed_on": "2019-05-02",
        "purpose": "entry",
        "remobilisation": 3,
        "instrument": "remobilisation-1",
    }
    state = {
        "diagnostics": {str(KEY): {"current": diagnosed, "imported": None}},
        "plans": {str(KEY): {"current": {"agreed_on": "2019-05-02"}, "imported": None}},
        "assessments": {},
    }
    taken = {"topic": "diagnostic.file", "state": state}
    stored = StoredEvent(UUID(int=7), 100, SNAPSHOT, orjson.dumps(taken))
    file = MAPPER.to_domain_event(stored).mutate(None)
    file.record_bilan(KEY, WHOLE, TODAY)
    assert (file.version, file.bilans[KEY], file.in_force(KEY)) == (101, WHOLE, True)
    assert file.diagnostics[KEY] == Diagnostic(date(2019, 5, 2), Purpose.ENTRY, 3)


def test_an_assessment_of_before_is_by_the_first_list() -> None:
    event = MAPPER.to_domain_event(OLD_BARRIER)
    assert event.fact == Assessment(date(2019, 5, 2), Barrier.HEALTH, Intensity.LOW, "barriers-1")
    assert event.rule_version == "barriers-1"


def test_every_domain_of_barriers_has_its_line_in_the_table() -> None:
    assert [line.domain for line in TABLE] == list(Barrier)
    assert all(line.data_inclusion and line.france_travail for line in TABLE if line.certain)
