"""What can happen at the entrance of the pathway, and what is refused."""

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

from eventsourcing.domain import event

from services.intake.domain.retention import Archived
from shared.codes import UNKNOWN, ClassCode, Housing, Qualification, Requester, Sex, StructureCode, age_class
from shared.disagreement import FactId
from shared.event_store import Aggregate, Known
from shared.rules import AlreadyRecorded, InTheFuture, Restricted, RuleBroken, UnknownFact
from shared.sealing import Sealed

NOT_REQUESTED = "no such pathway was requested"


class DatesOutOfOrder(RuleBroken):
    """requested ≤ welcomed ≤ started ≤ exited, and requested ≤ withdrawn."""


class StartedAndWithdrawn(RuleBroken):
    """A withdrawal ends a request before the start; after the start, leaving is an exit."""


class ImplausibleBirthYear(RuleBroken):
    """The year of birth lies between 1900 and the year of the request."""


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
    if birth_year is not None and not 1900 <= birth_year <= requested_on.year:
        raise ImplausibleBirthYear(f"the year of birth is not between 1900 and {requested_on.year}")
    year = None if birth_year is None else Sealed(str(birth_year))
    return Request(requested_on=requested_on, birth_year=year, age=age_class(requested_on, birth_year), **known)


def with_age(request: Request) -> Request:
    """The request with the age band of the year and the day that it now has."""
    year = None if request.birth_year is None else int(request.birth_year.text)
    return replace(request, age=age_class(request.requested_on, year))


@dataclass(frozen=True)
class Dated:
    """That something took place, and when; null: it did not, or nobody knows when."""

    on: date | None

    @property
    def happened_on(self) -> date | None:
        return self.on


class Pathway(Aggregate):
    """One person's pathway in one structure, from the request to the start or the withdrawal."""

    TOPIC = "intake.pathway"
    request: Known[Request] | None = None
    welcome: Known[Dated] | None = None
    start: Known[Dated] | None = None
    withdrawal: Known[Dated] | None = None
    restricted: bool = False
    """Of a person who has the processing of their data restricted: nothing is recorded until that is lifted."""
    archived_on: date | None = None

    # What can happen

    class Requested(Aggregate.Event):
        TOPIC = "intake.pathway-requested"
        fact: Request
        imported: Request | None

    class RequestCorrected(Aggregate.Event):
        TOPIC = "intake.request-corrected"
        fact: Request
        imported: Request | None

    class Welcomed(Aggregate.Event):
        TOPIC = "intake.pathway-welcomed"
        fact: Dated
        imported: Dated | None

    class WelcomeCorrected(Aggregate.Event):
        TOPIC = "intake.welcome-corrected"
        fact: Dated
        imported: Dated | None

    class Started(Aggregate.Event):
        TOPIC = "intake.support-started"
        fact: Dated
        imported: Dated | None

    class StartCorrected(Aggregate.Event):
        TOPIC = "intake.start-corrected"
        fact: Dated
        imported: Dated | None

    class Withdrawn(Aggregate.Event):
        TOPIC = "intake.pathway-withdrawn"
        fact: Dated
        imported: Dated | None

    class WithdrawalCorrected(Aggregate.Event):
        TOPIC = "intake.withdrawal-corrected"
        fact: Dated
        imported: Dated | None

    class ProcessingRestricted(Aggregate.Event):
        TOPIC = "intake.processing-restricted"
        fact: Dated

    class RestrictionLifted(Aggregate.Event):
        TOPIC = "intake.restriction-lifted"
        fact: Dated

    class PathwayArchived(Aggregate.Event):
        TOPIC = "intake.pathway-archived"
        fact: date

    class PathwayReactivated(Aggregate.Event):
        TOPIC = "intake.pathway-reactivated"
        fact: date

    # What is true

    @property
    def welcomed_on(self) -> date | None:
        return self.welcome.current.on if self.welcome else None

    @property
    def started_on(self) -> date | None:
        return self.start.current.on if self.start else None

    @property
    def withdrawn_on(self) -> date | None:
        return self.withdrawal.current.on if self.withdrawal else None

    # What may be asked. `today` is the civil date in Paris; `exited_on` is what outcomes has told.

    def ask_for_support(self, request: Request, today: date) -> None:
        self.must_be_free()
        if self.request is None:
            _check(today, request)
            self._requested(request, None)
        elif self.request.current != request:
            raise AlreadyRecorded("the request is recorded with other content; correct it")

    def welcome_person(self, on: date, today: date) -> None:
        request = self._request()
        if _is_new("welcome", self.welcomed_on, on):
            _check(today, request, on, self.started_on, self.withdrawn_on)
            self._welcomed(Dated(on), None)

    def start_support(self, on: date, today: date) -> None:
        request = self._request()
        if _is_new("start", self.started_on, on):
            _check(today, request, self.welcomed_on, on, self.withdrawn_on)
            self._started(Dated(on), None)

    def withdraw(self, on: date, today: date) -> None:
        request = self._request()
        if _is_new("withdrawal", self.withdrawn_on, on):
            _check(today, request, self.welcomed_on, self.started_on, on)
            self._withdrawn(Dated(on), None)

    def correct_request(self, request: Request, today: date) -> None:
        if self._request() != request:
            _check(today, request, self.welcomed_on, self.started_on, self.withdrawn_on)
            self._request_corrected(request, None)

    def move_to_person(self, person: UUID, today: date) -> None:
        """The request turned out to be another person's, of whom there was a file already."""
        self.correct_request(replace(self._request(), person=person), today)

    def correct_welcome(self, on: date | None, today: date) -> None:
        request = self._recorded(self.welcome, "welcome")
        if on != self.welcomed_on:
            _check(today, request, on, self.started_on, self.withdrawn_on)
            self._welcome_corrected(Dated(on), None)

    def correct_start(self, on: date | None, exited_on: date | None, today: date) -> None:
        request = self._recorded(self.start, "start")
        if on != self.started_on:
            _check(today, request, self.welcomed_on, on, self.withdrawn_on, exited_on)
            self._start_corrected(Dated(on), None)

    def correct_withdrawal(self, on: date | None, today: date) -> None:
        request = self._recorded(self.withdrawal, "withdrawal")
        if on != self.withdrawn_on:
            _check(today, request, self.welcomed_on, self.started_on, on)
            self._withdrawal_corrected(Dated(on), None)

    def archive(self, person: UUID, today: date) -> None:
        """The person's file is archived; a pathway that is another person's by now is left alone."""
        if self.archived_on is None and self._is_of(person):
            self._archived(today)

    def reactivate(self, person: UUID, today: date) -> None:
        if self.archived_on is not None and self._is_of(person):
            self._reactivated(today)

    def _is_of(self, person: UUID) -> bool:
        return self.request is not None and self.request.current.person == person

    # What an import says, after its whole context was checked: `fact` is what is to stand, `imported` what the
    # file says.

    def take_request(self, fact: Request, imported: Request) -> None:
        (self._requested if self.request is None else self._request_corrected)(fact, imported)

    def take_welcome(self, fact: Dated, imported: Dated) -> None:
        (self._welcomed if self.welcome is None else self._welcome_corrected)(fact, imported)

    def take_start(self, fact: Dated, imported: Dated) -> None:
        (self._started if self.start is None else self._start_corrected)(fact, imported)

    def take_withdrawal(self, fact: Dated, imported: Dated) -> None:
        (self._withdrawn if self.withdrawal is None else self._withdrawal_corrected)(fact, imported)

    # The person decides (services/intake/domain/person.py), each of their pathways tells the other services.

    def restrict(self, on: date) -> None:
        if not self.restricted:
            self._processing_restricted(Dated(on))

    def lift_restriction(self, on: date) -> None:
        if self.restricted:
            self._restriction_lifted(Dated(on))

    def must_be_free(self) -> None:
        if self.restricted:
            raise Restricted

    def must_be_open(self) -> None:
        if self.archived_on is not None:
            raise Archived(f"the pathway was archived on {self.archived_on}; a new request for support opens it again")

    def _request(self) -> Request:
        self.must_be_free()
        if self.request is None:
            raise UnknownFact(NOT_REQUESTED)
        self.must_be_open()
        return self.request.current

    def _recorded(self, fact: object, name: str) -> Request:
        request = self._request()
        if fact is None:
            raise UnknownFact(f"no {name} was recorded, so there is none to correct")
        return request

    # What is recorded

    @event(Requested)
    def _requested(self, fact: Request, imported: Request | None) -> None:
        self.request = Known(fact, imported)

    @event(RequestCorrected)
    def _request_corrected(self, fact: Request, imported: Request | None) -> None:
        self.request = Known.now(self.request, fact, imported)

    @event(Welcomed)
    def _welcomed(self, fact: Dated, imported: Dated | None) -> None:
        self.welcome = Known.now(self.welcome, fact, imported)

    @event(WelcomeCorrected)
    def _welcome_corrected(self, fact: Dated, imported: Dated | None) -> None:
        self.welcome = Known.now(self.welcome, fact, imported)

    @event(Started)
    def _started(self, fact: Dated, imported: Dated | None) -> None:
        self.start = Known.now(self.start, fact, imported)

    @event(StartCorrected)
    def _start_corrected(self, fact: Dated, imported: Dated | None) -> None:
        self.start = Known.now(self.start, fact, imported)

    @event(Withdrawn)
    def _withdrawn(self, fact: Dated, imported: Dated | None) -> None:
        self.withdrawal = Known.now(self.withdrawal, fact, imported)

    @event(WithdrawalCorrected)
    def _withdrawal_corrected(self, fact: Dated, imported: Dated | None) -> None:
        self.withdrawal = Known.now(self.withdrawal, fact, imported)

    @event(ProcessingRestricted)
    def _processing_restricted(self, fact: Dated) -> None:
        self.restricted = True

    @event(RestrictionLifted)
    def _restriction_lifted(self, fact: Dated) -> None:
        self.restricted = False

    @event(PathwayArchived)
    def _archived(self, fact: date) -> None:
        self.archived_on = fact

    @event(PathwayReactivated)
    def _reactivated(self, fact: date) -> None:
        self.archived_on = None


def _is_new(name: str, recorded: date | None, on: date) -> bool:
    """Asking for the same again is no news; asking for another date is a correction's business."""
    if recorded is not None and recorded != on:
        raise AlreadyRecorded(f"the {name} is recorded on {recorded}; correct it")
    return recorded is None


def _check(
    today: date,
    request: Request,
    welcomed_on: date | None = None,
    started_on: date | None = None,
    withdrawn_on: date | None = None,
    exited_on: date | None = None,
) -> None:
    """The rules of the entrance over all that would then stand."""
    named = {
        "requested": request.requested_on,
        "welcomed": welcomed_on,
        "started": started_on,
        "exited": exited_on,
    }
    for name, on in {**named, "withdrawn": withdrawn_on}.items():
        if on is not None and on > today and name != "exited":
            raise InTheFuture(f"{name} on {on} is after today, {today}")
    known = [(name, on) for name, on in named.items() if on is not None]
    for (earlier, before), (later, after) in pairwise(known):
        if after < before:
            raise DatesOutOfOrder(f"{later} on {after} is before {earlier} on {before}")
    if withdrawn_on is not None:
        if started_on is not None:
            raise StartedAndWithdrawn(f"started on {started_on}, so it cannot be withdrawn on {withdrawn_on}")
        if withdrawn_on < request.requested_on:
            raise DatesOutOfOrder(f"withdrawn on {withdrawn_on} is before requested on {request.requested_on}")
    if exited_on is not None and started_on is None:
        raise DatesOutOfOrder(f"exited on {exited_on}, so the start cannot be taken back")


REQUEST = FactId("request")


def fact_of(event: Aggregate.Event) -> FactId | None:
    """Which fact an event tells of, as a disagreement names it."""
    match event:
        case Pathway.Requested() | Pathway.RequestCorrected():
            return REQUEST
        case Pathway.Welcomed() | Pathway.WelcomeCorrected():
            return FactId("welcome")
        case Pathway.Started() | Pathway.StartCorrected():
            return FactId("start")
        case Pathway.Withdrawn() | Pathway.WithdrawalCorrected():
            return FactId("withdrawal")
    return None
