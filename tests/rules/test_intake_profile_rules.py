"""The rules of the profile at the request, at the start and on leaving, a sentence each."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from lieu.personal_copy import labels
from services.intake.api.profile import ProfileBody
from services.intake.domain import Profile, ProfileFile
from services.intake.domain.profile import StandsAlone
from shared.language.codes import Housing, MainstreamSupport, ProfileMoment, Resource, Rights, Transport, YesNo
from shared.language.rules import AlreadyRecorded, InTheFuture, UnknownFact
from shared.language.sealed import Sealed
from tests.sentences import Told, given, told

TODAY, TOMORROW = date(2025, 6, 30), date(2025, 7, 1)
START = ProfileMoment.START

Ask = Callable[[Any], object]


def profile(on: date = TODAY, moment: ProfileMoment = START, **more: Any) -> Profile:
    answers: dict[str, Any] = {"mainstream": (MainstreamSupport.PLIE,), "rights": Rights.OPEN} | more
    return Profile(moment, on, **answers)


def record(**more: Any) -> Ask:
    return lambda file: file.record(profile(**more), TODAY)


def correct(**more: Any) -> Ask:
    return lambda file: file.correct(profile(**more), TODAY)


def recorded(**more: Any) -> Told:
    return told(ProfileFile.ProfileRecorded, profile(**more))


def corrected(**more: Any) -> Told:
    return told(ProfileFile.ProfileCorrected, profile(**more))


@pytest.mark.parametrize("moment", list(ProfileMoment))
def test_each_moment_has_a_profile_of_its_own(moment: ProfileMoment) -> None:
    event = given(ProfileFile).when(record(moment=moment)).then(recorded(moment=moment))
    assert event.happened_on == TODAY
    other = next(one for one in ProfileMoment if one is not moment)
    given(ProfileFile, recorded(moment=other)).when(record(moment=moment)).then(recorded(moment=moment))
    given(ProfileFile, recorded(moment=other)).when(correct(moment=moment)).then_refused(UnknownFact)


def test_every_question_may_be_refused_or_unknown() -> None:
    refused = {
        "housing": Housing.REFUSED,
        "mainstream": (MainstreamSupport.REFUSED,),
        "rights": Rights.REFUSED,
        "transport": (Transport.REFUSED,),
        "resources": (Resource.REFUSED,),
        "may_work": YesNo.REFUSED,
        "disability": Sealed("refused"),
    }
    given(ProfileFile).when(record(**refused)).then(recorded(**refused))
    unknown = {"mainstream": (MainstreamSupport.UNKNOWN,), "rights": Rights.UNKNOWN}
    given(ProfileFile).when(record(**unknown)).then(recorded(**unknown))


@pytest.mark.parametrize("alone", ["none", "unknown", "refused"])
def test_none_unknown_and_refused_stand_alone(alone: str) -> None:
    several: list[dict[str, Any]] = [
        {"mainstream": (MainstreamSupport.PLIE, MainstreamSupport(alone))},
        {"transport": (Transport.BICYCLE, Transport(alone))},
        {"resources": (Resource.RSA, Resource(alone))},
    ]
    for answer in several:
        given(ProfileFile).when(record(**answer)).then_refused(StandsAlone)
        given(ProfileFile, recorded()).when(correct(**answer)).then_refused(StandsAlone)
    given(ProfileFile).when(record(mainstream=())).then_refused(StandsAlone)


def test_several_answers_stand_together() -> None:
    both = (MainstreamSupport.FRANCE_TRAVAIL, MainstreamSupport.RSA_REFERENT)
    given(ProfileFile).when(record(mainstream=both)).then(recorded(mainstream=both))


def test_what_is_told_is_never_after_today() -> None:
    given(ProfileFile).when(record(on=TOMORROW)).then_refused(InTheFuture)
    given(ProfileFile, recorded()).when(correct(on=TOMORROW)).then_refused(InTheFuture)


def test_the_same_again_is_no_news_and_something_else_is_a_correction_of_the_whole() -> None:
    stood = recorded(housing=Housing.CHRS, note=Sealed("wants to move"))
    given(ProfileFile, stood).when(record(housing=Housing.CHRS, note=Sealed("wants to move"))).then_nothing()
    given(ProfileFile, stood).when(correct(housing=Housing.CHRS, note=Sealed("wants to move"))).then_nothing()
    given(ProfileFile, stood).when(record(housing=Housing.HOTEL)).then_refused(AlreadyRecorded)
    given(ProfileFile, stood).when(correct(housing=Housing.HOTEL)).then(corrected(housing=Housing.HOTEL))


def test_the_order_of_several_answers_and_a_repeat_among_them_do_not_matter() -> None:
    one = ProfileBody(TODAY, [MainstreamSupport.PLIE, MainstreamSupport.CAP_EMPLOI], Rights.OPEN)
    other = ProfileBody(TODAY, [MainstreamSupport.CAP_EMPLOI, MainstreamSupport.PLIE] * 2, Rights.OPEN)
    given(ProfileFile, told(ProfileFile.ProfileRecorded, one.fact(START))).when(
        lambda file: file.record(other.fact(START), TODAY)
    ).then_nothing()


def test_what_tells_of_health_is_sealed_and_what_is_not_known_is_not_there() -> None:
    def body(answer: YesNo) -> Profile:
        return ProfileBody(TODAY, [MainstreamSupport.NONE], Rights.OPEN, disability=answer).fact(START)

    assert body(YesNo.YES).disability == Sealed("yes")
    assert body(YesNo.UNKNOWN).disability is None


def test_every_answer_with_several_codes_reads_in_french() -> None:
    _, read = labels.field("intake.profile-recorded", "mainstream", ["plie", "cap_emploi"])
    assert read == "le PLIE, Cap emploi"
    assert labels.field("intake.profile-recorded", "disability", "yes")[1] == "oui"
