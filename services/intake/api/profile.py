"""The profile of a person at the request, at the start and on leaving."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import Field

from services.intake import domain
from services.intake.application import course
from services.intake.application.pathways import Here
from shared.http.bodies import Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
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
from shared.language.days import Day
from shared.language.sealed import Sealed

router = Router(tags=["course of the pathway"])
files = CommandRoutes(router, "/pathways/{pathway}/profile/{moment}", course.profile_file)

C = TypeVar("C", bound=StrEnum)


@dataclass
class ProfileBody:
    """The person's answers on a day. Every question takes `refused` and `unknown`.

    `mainstream`: who else supports them towards employment; there, in `transport` and in `resources`, `none`,
    `unknown` and `refused` stand alone. `may_work`: whether they hold the right to work in France. `disability`:
    recognised as disabled worker (RQTH), kept under the person's own key, as `children` and `note` are.
    """

    on: Day
    mainstream: Annotated[list[MainstreamSupport], Field(min_length=1, max_length=20)]
    rights: Rights
    housing: Housing | None = None
    driving_licence: DrivingLicence = DrivingLicence.UNKNOWN
    transport: Annotated[list[Transport], Field(min_length=1, max_length=20)] = field(
        default_factory=lambda: [Transport.UNKNOWN]
    )
    resources: Annotated[list[Resource], Field(min_length=1, max_length=20)] = field(
        default_factory=lambda: [Resource.UNKNOWN]
    )
    may_work: YesNo = YesNo.UNKNOWN
    childcare_needed: YesNo = YesNo.UNKNOWN
    disability: YesNo = YesNo.UNKNOWN
    children: Sealed | None = None
    note: Sealed | None = None

    def fact(self, moment: ProfileMoment) -> domain.Profile:
        told: dict[str, Any] = {
            "mainstream": _once(self.mainstream),
            "transport": _once(self.transport),
            "resources": _once(self.resources),
            "disability": None if self.disability is YesNo.UNKNOWN else Sealed(self.disability.value),
        }
        return fact_in(domain.Profile, self, moment=moment, **told)


def _once(codes: Iterable[C]) -> tuple[C, ...]:
    """Puts codes in one order, so that the same answers are the same profile."""
    return tuple(sorted(set(codes)))


@files.post("")
def record_profile(file: domain.ProfileFile, here: Here, moment: ProfileMoment, body: ProfileBody) -> None:
    """Where the person stands at the request, at the start or on leaving, as they tell it."""
    file.record(body.fact(moment), here.today)


@files.post("/correction")
def correct_profile(file: domain.ProfileFile, here: Here, moment: ProfileMoment, body: Whole[ProfileBody]) -> None:
    """The whole profile of that moment as it is to stand."""
    file.correct(body.fact(moment), here.today)
