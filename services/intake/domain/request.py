"""A request for support, with the profile at request."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from shared.language.codes import (
    UNKNOWN,
    ClassCode,
    Housing,
    Qualification,
    Requester,
    Sex,
    StructureCode,
    age_class,
)
from shared.language.rules import RuleBroken, refuse
from shared.language.rules.intake import of_birth_year
from shared.language.sealed import Sealed

NOT_REQUESTED = "no such pathway was requested"


class StructureChangesByTransfer(RuleBroken):
    """A correction leaves the structure that was asked; another structure receives a pathway by a transfer alone."""


@dataclass(frozen=True)
class Request:
    """A request for support with the profile at request; null is not known, and nothing more is asked for.

    `age` is the band that the year of birth, which is sealed, gives: see `request_for_support`.
    """

    structure: StructureCode
    person: UUID
    requested_on: date
    requester: Requester | None = None
    birth_year: Sealed | None = None
    age: ClassCode = UNKNOWN
    sex: Sex | None = None
    qualification_level: Qualification | None = None
    unemployment_months: int | None = None
    housing: Housing | None = None

    @property
    def happened_on(self) -> date:
        return self.requested_on


def request_for_support(requested_on: date, birth_year: int | None, **known: Any) -> Request:
    """The request with its age band. Raises ImplausibleBirthYear."""
    refuse(of_birth_year(birth_year, requested_on))
    year = None if birth_year is None else Sealed(str(birth_year))
    return Request(requested_on=requested_on, birth_year=year, age=age_class(requested_on, birth_year), **known)


def with_age(request: Request) -> Request:
    """The request with the age band of the year and the day that it now has."""
    year = None if request.birth_year is None else int(request.birth_year.text)
    return replace(request, age=age_class(request.requested_on, year))
