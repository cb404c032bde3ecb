"""The aggregate of a pathway, from the request to the exit.

One file, as it is one aggregate: what its facts say and must be stands beside it, in `request`, `days` and `course`.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from services.intake.domain.course import (
    ATTEMPTS_NEEDED,
    Assignment,
    Pause,
    Reception,
    RequestClosed,
    TooFewAttempts,
    Transfer,
    TransferredToItself,
    check_first_pause,
    check_pause,
    received,
)
from services.intake.domain.days import Dated, Entrance, check_entrance, is_new, must_be_in_order
from services.intake.domain.request import NOT_REQUESTED, Request, StructureChangesByTransfer
from services.intake.domain.retention import Archived
from shared.kernel.event_store import Aggregate
from shared.kernel.facts import Fact
from shared.language.codes import Subject
from shared.language.rules import AlreadyRecorded, Restricted, UnknownFact, not_after


class Pathway(Aggregate):
    """One person's pathway: from the request to the start or the withdrawal, and who holds it until the exit."""

    TOPIC = "intake.pathway"

    # What is kept, and what can happen to it

    request = Fact(Request, "request", "intake.pathway-requested", "intake.request-corrected", imported=True)
    welcome = Fact(Dated, "welcome", "intake.pathway-welcomed", "intake.welcome-corrected", imported=True)
    start = Fact(Dated, "start", "intake.support-started", "intake.start-corrected", imported=True)
    withdrawal = Fact(Dated, "withdrawal", "intake.pathway-withdrawn", "intake.withdrawal-corrected", imported=True)
    restricted: bool = False
    """The person has the processing of their data restricted: nothing is recorded until that is lifted."""
    archived_on = Fact(date, None, "intake.pathway-archived", bare=True)
    set_aside_on: date | None = None
    """The day since which nobody could reach the person; null: they were reached, or asked again."""
    taken_up_on: date | None = None
    """The person's latest word after the request was set aside."""
    adviser: Subject | None = None
    commitment = Fact(Dated, "commitment", "intake.commitment-signed", "intake.commitment-corrected", bare=True)
    pauses: tuple[Pause, ...] = ()
    """In order; a correction is of the last."""
    reception: Reception | None = None
    """The last, where the pathway was transferred."""

    class ProcessingRestricted(Aggregate.Event):
        TOPIC = "intake.processing-restricted"
        fact: Dated

        def apply(self, pathway: "Pathway") -> None:
            pathway.restricted = True

    class RestrictionLifted(Aggregate.Event):
        TOPIC = "intake.restriction-lifted"
        fact: Dated

        def apply(self, pathway: "Pathway") -> None:
            pathway.restricted = False

    class RequestSetAside(Aggregate.Event):
        TOPIC = "intake.request-set-aside"
        KIND = "set-aside"
        fact: Dated

        def apply(self, pathway: "Pathway") -> None:
            pathway.set_aside_on = self.fact.on

    class RequestTakenUp(Aggregate.Event):
        TOPIC = "intake.request-taken-up"
        KIND = "set-aside"
        fact: Dated

        def apply(self, pathway: "Pathway") -> None:
            pathway.set_aside_on, pathway.taken_up_on = None, self.fact.on

    class AdviserAssigned(Aggregate.Event):
        TOPIC = "intake.adviser-assigned"
        fact: Assignment

        def apply(self, pathway: "Pathway") -> None:
            pathway.adviser = self.fact.adviser

    class SupportPaused(Aggregate.Event):
        TOPIC = "intake.support-paused"
        KIND = "pause"
        fact: Pause

        def apply(self, pathway: "Pathway") -> None:
            pathway.pauses = (*pathway.pauses, self.fact)

    class PauseCorrected(Aggregate.Event):
        TOPIC = "intake.pause-corrected"
        KIND = "pause"
        fact: Pause

        def apply(self, pathway: "Pathway") -> None:
            pathway.pauses = (*pathway.pauses[:-1], self.fact)

    class SupportResumed(Aggregate.Event):
        TOPIC = "intake.support-resumed"
        KIND = "resumption"
        fact: Dated

        def apply(self, pathway: "Pathway") -> None:
            pathway.pauses = (*pathway.pauses[:-1], Pause(pathway.pauses[-1].paused_on, self.fact.on))

    class PathwayTransferred(Aggregate.Event):
        TOPIC = "intake.pathway-transferred"
        KIND = "transfer"
        fact: Transfer

        @property
        def of_structure(self) -> str:
            return self.fact.from_structure

    class PathwayReceived(Aggregate.Event):
        TOPIC = "intake.pathway-received"
        fact: Reception

        def apply(self, pathway: "Pathway") -> None:
            pathway.reception, pathway.adviser = self.fact, None

    class PathwayReactivated(Aggregate.Event):
        TOPIC = "intake.pathway-reactivated"
        fact: date

        def apply(self, pathway: "Pathway") -> None:
            Pathway.archived_on.clear(pathway)

    # What is true

    @property
    def structure(self) -> str:
        """The one that holds the pathway; `request.structure` is the one that was asked."""
        if self.reception is not None:
            return self.reception.structure
        assert self.request.current is not None
        return self.request.current.structure

    @property
    def person(self) -> UUID:
        assert self.request.current is not None
        return self.request.current.person

    @property
    def welcomed_on(self) -> date | None:
        return self.welcome.current.on if self.welcome.current else None

    @property
    def started_on(self) -> date | None:
        return self.start.current.on if self.start.current else None

    @property
    def withdrawn_on(self) -> date | None:
        return self.withdrawal.current.on if self.withdrawal.current else None

    @property
    def signed_on(self) -> date | None:
        return self.commitment.current.on if self.commitment.current else None

    # What may be asked. `today` is the local date of the structure; `exited_on` is what outcomes has told.

    def ask_for_support(self, request: Request, today: date) -> None:
        self.must_be_free()
        if not self.request:
            self._check(request, today)
            self.request.record(request)
        elif self.request.current != request:
            raise AlreadyRecorded("the request is recorded with other content; correct it")

    def welcome_person(self, on: date, today: date) -> None:
        request = self._request()
        if is_new("welcome", self.welcomed_on, on):
            self._check(request, today, welcomed_on=on)
            self.welcome.record(Dated(on))
            self._come_again(on)

    def start_support(self, on: date, today: date) -> None:
        request = self._request()
        if is_new("start", self.started_on, on):
            self._check(request, today, started_on=on)
            self.start.record(Dated(on))
            self._come_again(on)

    def withdraw(self, on: date, today: date) -> None:
        request = self._request()
        if is_new("withdrawal", self.withdrawn_on, on):
            self._check(request, today, withdrawn_on=on)
            self.withdrawal.record(Dated(on))

    def correct_request(self, request: Request, today: date) -> None:
        if self._request().structure != request.structure:
            raise StructureChangesByTransfer(f"{self._request().structure} was asked, not {request.structure}")
        if self._request() != request:
            self._check(request, today)
            self.request.correct(request)

    def move_to_person(self, person: UUID, today: date) -> None:
        """Gives the request to another person, of whom there was a file already."""
        self.correct_request(replace(self._request(), person=person), today)

    def correct_welcome(self, on: date | None, today: date) -> None:
        request = self._recorded(self.welcome.current, "welcome")
        if on != self.welcomed_on:
            self._check(request, today, welcomed_on=on)
            self.welcome.correct(Dated(on))

    def correct_start(self, on: date | None, exited_on: date | None, today: date) -> None:
        request = self._recorded(self.start.current, "start")
        if on != self.started_on:
            self._check(request, today, started_on=on, exited_on=exited_on)
            check_first_pause(self._real_pauses(), on)
            self.start.correct(Dated(on))

    def correct_withdrawal(self, on: date | None, today: date) -> None:
        request = self._recorded(self.withdrawal.current, "withdrawal")
        if on != self.withdrawn_on:
            self._check(request, today, withdrawn_on=on)
            self.withdrawal.correct(Dated(on))

    # Nobody reaches the person. `failed`: attempts since they were last heard of (services/intake/domain/contact.py).

    def put_aside(self, on: date, failed: int, today: date) -> None:
        request = self._request()
        if not is_new("setting aside", self.set_aside_on, on):
            return
        if self.started_on is not None or self.withdrawn_on is not None:
            raise RequestClosed(f"started on {self.started_on}, withdrawn on {self.withdrawn_on}")
        not_after(today, "set aside", on)
        must_be_in_order(("requested", request.requested_on), ("taken up", self.taken_up_on), ("set aside", on))
        if failed < ATTEMPTS_NEEDED:
            raise TooFewAttempts(f"{failed} of {ATTEMPTS_NEEDED} failed attempts are recorded up to {on}")
        self.trigger_event(self.RequestSetAside, fact=Dated(on))

    def take_up(self, on: date, today: date) -> None:
        """Has the request wait again, as the person gave word."""
        self._request()
        if self.set_aside_on is not None:
            not_after(today, "taken up", on)
            must_be_in_order(("set aside", self.set_aside_on), ("taken up", on))
            self.trigger_event(self.RequestTakenUp, fact=Dated(on))
        elif self.taken_up_on is None:
            raise UnknownFact("the request was not set aside, so it cannot be taken up again")
        elif self.taken_up_on != on:
            raise AlreadyRecorded(f"the request was taken up again on {self.taken_up_on}")

    def come(self, on: date) -> None:
        """Takes up a request that was set aside, as the person kept an appointment."""
        if not self.restricted and not self.archived_on:
            self._come_again(on)

    def _come_again(self, on: date) -> None:
        if self.set_aside_on is not None and on >= self.set_aside_on:
            self.trigger_event(self.RequestTakenUp, fact=Dated(on))

    # Who advises, and what was promised

    def assign(self, adviser: str | None, on: date, today: date) -> None:
        self._request()
        if adviser != self.adviser:
            not_after(today, "assigned", on)
            self.trigger_event(self.AdviserAssigned, fact=Assignment(adviser, on))

    def sign_commitment(self, on: date, today: date) -> None:
        """No start waits for it."""
        request = self._request()
        if is_new("commitment", self.signed_on, on):
            not_after(today, "signed", on)
            must_be_in_order(("requested", request.requested_on), ("signed", on))
            self.commitment.record(Dated(on))

    def correct_commitment(self, on: date | None, today: date) -> None:
        request = self._recorded(self.commitment.current, "commitment")
        if Dated(on) != self.commitment.current:
            not_after(today, "signed", on)
            must_be_in_order(("requested", request.requested_on), ("signed", on))
            self.commitment.correct(Dated(on))

    # Support rests; it goes on in every figure

    def pause(self, on: date, exited_on: date | None, today: date) -> None:
        self._request()
        pauses = self._real_pauses()
        if pauses and pauses[-1].resumed_on is None:
            is_new("pause", pauses[-1].paused_on, on)
        else:
            self._check_pause(pauses, Pause(on), exited_on, today)
            self.trigger_event(self.SupportPaused, fact=Pause(on))

    def resume(self, on: date, exited_on: date | None, today: date) -> None:
        self._request()
        pauses = self._real_pauses()
        if not pauses:
            raise UnknownFact("support was not paused, so it cannot be resumed")
        *before, last = pauses
        if is_new("resumption", last.resumed_on, on):
            self._check_pause(before, replace(last, resumed_on=on), exited_on, today)
            self.trigger_event(self.SupportResumed, fact=Dated(on))

    def correct_pause(self, pause: Pause, exited_on: date | None, today: date) -> None:
        """Corrects the last pause, with its end."""
        self._recorded(self._last_pause(), "pause")
        if pause != self._last_pause():
            before = [one for one in self.pauses[:-1] if one.paused_on is not None]
            self._check_pause(before, pause, exited_on, today)
            self.trigger_event(self.PauseCorrected, fact=pause)

    def _last_pause(self) -> Pause | None:
        return self.pauses[-1] if self.pauses else None

    def _real_pauses(self) -> list[Pause]:
        """Leaves out those that a correction took back."""
        return [pause for pause in self.pauses if pause.paused_on is not None]

    def _check_pause(self, before: list[Pause], pause: Pause, exited_on: date | None, today: date) -> None:
        check_pause(pause, before[-1].resumed_on if before else None, self.started_on, exited_on, today)

    def _check(self, request: Request, today: date, *, exited_on: date | None = None, **asked: date | None) -> None:
        """Raises what the days of the entrance would break as they would then stand."""
        before = self.request.current
        stood = Entrance(
            requested_on=before.requested_on if before else None,
            welcomed_on=self.welcomed_on,
            started_on=self.started_on,
            exited_on=exited_on,
            withdrawn_on=self.withdrawn_on,
        )
        check_entrance(stood, replace(stood, requested_on=request.requested_on, **asked), request.requested_on, today)

    # Another structure goes on

    def transfer(self, to_structure: str, on: date, exited_on: date | None, today: date) -> None:
        request = self._request()
        if self.was_received_from(None, to_structure, on):
            return
        if to_structure == self.structure:
            raise TransferredToItself(f"structure {to_structure} holds the pathway already")
        not_after(today, "transferred", on)
        must_be_in_order(
            ("requested", request.requested_on),
            ("received", self.reception.received_on if self.reception else None),
            ("transferred", on),
            ("exited", exited_on or self.withdrawn_on),
        )
        reception = received(request, self.structure, to_structure, on, self.welcomed_on, self.started_on)
        self.trigger_event(self.PathwayTransferred, fact=Transfer(self.structure, to_structure, on))
        self.trigger_event(self.PathwayReceived, fact=reception)

    def was_received_from(self, structure: str | None, by: str, on: date) -> bool:
        """Tells whether the last transfer was this one; `structure` null: from whichever."""
        last = self.reception
        if last is None or (last.structure, last.received_on) != (by, on):
            return False
        return structure is None or last.from_structure == structure

    def archive(self, person: UUID, today: date) -> None:
        """Archives the pathway with the person's file; leaves alone one that is another person's by now."""
        if not self.archived_on and self.is_of(person):
            self.archived_on.record(today)

    def reactivate(self, person: UUID, today: date) -> None:
        if self.archived_on and self.is_of(person):
            self.trigger_event(self.PathwayReactivated, fact=today)

    def is_of(self, person: UUID) -> bool:
        """Tells whether it is this person's now."""
        return bool(self.request) and self.person == person

    # The person decides (services/intake/domain/person.py), each of their pathways tells the other services.

    def restrict(self, on: date) -> None:
        if not self.restricted:
            self.trigger_event(self.ProcessingRestricted, fact=Dated(on))

    def lift_restriction(self, on: date) -> None:
        if self.restricted:
            self.trigger_event(self.RestrictionLifted, fact=Dated(on))

    def must_be_free(self) -> None:
        if self.restricted:
            raise Restricted

    def must_be_open(self) -> None:
        if self.archived_on:
            raise Archived(
                f"the pathway was archived on {self.archived_on.current}; a new request for support opens it again"
            )

    def _request(self) -> Request:
        self.must_be_free()
        request = self.request.current
        if request is None:
            raise UnknownFact(NOT_REQUESTED)
        self.must_be_open()
        return request

    def _recorded(self, fact: object, name: str) -> Request:
        request = self._request()
        if fact is None:
            raise UnknownFact(f"no {name} was recorded, so there is none to correct")
        return request
