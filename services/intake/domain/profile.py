"""The profile of a person at the request, at the start and on leaving, as they tell it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID, uuid5

from shared.kernel.event_store import Aggregate
from shared.kernel.facts import Facts
from shared.language.codes import (
    DrivingLicence,
    Housing,
    MainstreamSupport,
    ProfileMoment,
    Resource,
    Rights,
    Transport,
    YesNo,
)
from shared.language.rules import AlreadyRecorded, RuleBroken, UnknownFact, not_after
from shared.language.sealed import Sealed

ALONE = frozenset({"none", "unknown", "refused"})
"""Answers that say all there is to say."""


class StandsAlone(RuleBroken):
    """In an answer with several codes `none`, `unknown` and `refused` stand alone, and one code is needed."""


@dataclass(frozen=True)
class Profile:
    """The answers at one moment; each may be refused or unknown, `housing` null is unknown.

    `disability` is a code of `YesNo`, sealed as it tells of health: recognised as disabled worker (RQTH). `children`
    and `note`: the person's words.
    """

    moment: ProfileMoment
    on: date
    mainstream: tuple[MainstreamSupport, ...]
    rights: Rights
    housing: Housing | None = None
    driving_licence: DrivingLicence = DrivingLicence.UNKNOWN
    transport: tuple[Transport, ...] = (Transport.UNKNOWN,)
    resources: tuple[Resource, ...] = (Resource.UNKNOWN,)
    may_work: YesNo = YesNo.UNKNOWN
    childcare_needed: YesNo = YesNo.UNKNOWN
    disability: Sealed | None = None
    children: Sealed | None = None
    note: Sealed | None = None

    @property
    def happened_on(self) -> date:
        return self.on


def profile_file_id(pathway: UUID) -> UUID:
    return uuid5(pathway, "profile")


class ProfileFile(Aggregate):
    """The profiles of one pathway, one a moment."""

    TOPIC = "intake.profile-file"
    profiles = Facts(Profile, "profile", "intake.profile-recorded", "intake.profile-corrected", by="moment", bare=True)

    def record(self, profile: Profile, today: date) -> None:
        stood = self.profiles.get(profile.moment)
        if stood is None:
            _check(profile, today)
            self.profiles.record(profile.moment, profile)
        elif stood != profile:
            raise AlreadyRecorded(f"the profile at the {profile.moment} is recorded with other content; correct it")

    def correct(self, profile: Profile, today: date) -> None:
        if profile.moment not in self.profiles:
            raise UnknownFact(f"no profile at the {profile.moment} was recorded, so there is none to correct")
        if self.profiles[profile.moment] != profile:
            _check(profile, today)
            self.profiles.correct(profile.moment, profile)


def _check(profile: Profile, today: date) -> None:
    not_after(today, "told", profile.on)
    answers: dict[str, Sequence[StrEnum]] = {
        "mainstream": profile.mainstream,
        "transport": profile.transport,
        "resources": profile.resources,
    }
    for question, codes in answers.items():
        if not codes or (len(codes) > 1 and ALONE & set(codes)):
            raise StandsAlone(f"{question}: {', '.join(codes) or 'nothing'}")
