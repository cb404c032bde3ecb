"""How a person is asked to come, and what is tried to reach them."""

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID, uuid5

from eventsourcing.domain import event

from shared.codes import AppointmentPurpose, AppointmentStatus, ContactMeans, TimeOfDay
from shared.days import Day
from shared.event_store import Aggregate, Known
from shared.rules import RuleBroken, UnknownFact, differs, is_new, not_after
from shared.sealing import Sealed


class AppointmentSettled(RuleBroken):
    """An appointment that was kept, missed or cancelled is not moved or settled otherwise: correct it."""


class SettledWithoutDay(RuleBroken):
    """An appointment has a day on which it was kept, missed or cancelled exactly where it was."""


@dataclass(frozen=True)
class Appointment:
    """The day that it is for; `at` that day, HH:MM, local to the structure. `settled_on`: when it was kept, missed or
    cancelled."""

    on: Day
    purpose: AppointmentPurpose
    at: TimeOfDay | None = None
    place: Sealed | None = None
    note: Sealed | None = None
    status: AppointmentStatus = AppointmentStatus.OFFERED
    settled_on: Day | None = None

    @property
    def happened_on(self) -> date | None:
        return self.settled_on


@dataclass(frozen=True)
class Attempt:
    """That somebody tried to reach the person and did not; null: they did not try. Who is reached is given an
    appointment, and met when it is kept."""

    on: Day | None
    means: ContactMeans
    note: Sealed | None = None

    @property
    def happened_on(self) -> date | None:
        return self.on


def contact_file_id(pathway: UUID) -> UUID:
    return uuid5(pathway, "contact")


class ContactFile(Aggregate):
    """The appointments and the attempts of one pathway, by ids that whoever records them chose."""

    TOPIC = "intake.contact-file"
    appointments: dict[UUID, Known[Appointment]] = field(default_factory=dict)
    attempts: dict[UUID, Known[Attempt]] = field(default_factory=dict)

    # What can happen

    class Offered(Aggregate.Event):
        TOPIC = "intake.appointment-offered"
        key: UUID
        fact: Appointment

    class Moved(Aggregate.Event):
        TOPIC = "intake.appointment-moved"
        key: UUID
        fact: Appointment

    class Kept(Aggregate.Event):
        TOPIC = "intake.appointment-kept"
        key: UUID
        fact: Appointment

    class Missed(Aggregate.Event):
        TOPIC = "intake.appointment-missed"
        key: UUID
        fact: Appointment

    class Cancelled(Aggregate.Event):
        TOPIC = "intake.appointment-cancelled"
        key: UUID
        fact: Appointment

    class AppointmentCorrected(Aggregate.Event):
        TOPIC = "intake.appointment-corrected"
        key: UUID
        fact: Appointment

    class Attempted(Aggregate.Event):
        TOPIC = "intake.contact-attempted"
        key: UUID
        fact: Attempt

    class AttemptCorrected(Aggregate.Event):
        TOPIC = "intake.attempt-corrected"
        key: UUID
        fact: Attempt

    # What is true

    def failed(self, since: date | None, until: date) -> int:
        """Attempts and missed appointments up to a day, after `since` and after the person last came."""
        settled = [
            (known.current.settled_on, known.current.status)
            for known in self.appointments.values()
            if known.current.settled_on is not None and known.current.settled_on <= until
        ]
        came = [on for on, status in settled if status is AppointmentStatus.KEPT]
        missed = [on for on, status in settled if status is AppointmentStatus.MISSED]
        tried = [known.current.on for known in self.attempts.values() if known.current.on is not None]
        last = max([*came, *([since] if since else [])], default=None)
        return sum(on <= until and (last is None or on > last) for on in [*missed, *tried])

    # What may be asked. `today` is the local date of the structure.

    def offer(self, key: UUID, appointment: Appointment, today: date) -> None:
        """On any day: what was offered in the past may be told later."""
        if is_new(self.appointments, key, appointment):
            _check(appointment, today)
            self._offered(key, appointment)

    def move(self, key: UUID, on: date, at: str | None, place: Sealed | None) -> None:
        """`place` null: where it was to be."""
        stood = self._appointment(key)
        moved = replace(stood, on=on, at=at, place=stood.place if place is None else place)
        if moved != stood:
            _must_be_to_come(stood)
            self._moved(key, moved)

    def keep(self, key: UUID, on: date | None, today: date) -> None:
        """`on`: when the person came; null: on the day that it was for."""
        if settled := self._settled(key, AppointmentStatus.KEPT, on, today):
            self._kept(key, settled)

    def miss(self, key: UUID, today: date) -> None:
        if settled := self._settled(key, AppointmentStatus.MISSED, None, today):
            self._missed(key, settled)

    def cancel(self, key: UUID, on: date, today: date) -> None:
        """`on`: when it was cancelled."""
        if settled := self._settled(key, AppointmentStatus.CANCELLED, on, today):
            self._cancelled(key, settled)

    def correct_appointment(self, key: UUID, appointment: Appointment, today: date) -> None:
        if differs(self.appointments, key, appointment):
            _check(appointment, today)
            self._appointment_corrected(key, appointment)

    def attempt(self, key: UUID, attempt: Attempt, today: date) -> None:
        if is_new(self.attempts, key, attempt):
            not_after(today, "attempted", attempt.on)
            self._attempted(key, attempt)

    def correct_attempt(self, key: UUID, attempt: Attempt, today: date) -> None:
        if differs(self.attempts, key, attempt):
            not_after(today, "attempted", attempt.on)
            self._attempt_corrected(key, attempt)

    def _appointment(self, key: UUID) -> Appointment:
        if key not in self.appointments:
            raise UnknownFact(f"no appointment was offered under {key}")
        return self.appointments[key].current

    def _settled(self, key: UUID, status: AppointmentStatus, on: date | None, today: date) -> Appointment | None:
        """The appointment as it then stands; null: it stands so already."""
        stood = self._appointment(key)
        settled = replace(stood, status=status, settled_on=on or stood.on)
        if settled == stood:
            return None
        _must_be_to_come(stood)
        _check(settled, today)
        return settled

    # What is recorded

    @event(Offered)
    def _offered(self, key: UUID, fact: Appointment) -> None:
        self.appointments[key] = Known(fact)

    @event(Moved)
    def _moved(self, key: UUID, fact: Appointment) -> None:
        self.appointments[key] = Known(fact)

    @event(Kept)
    def _kept(self, key: UUID, fact: Appointment) -> None:
        self.appointments[key] = Known(fact)

    @event(Missed)
    def _missed(self, key: UUID, fact: Appointment) -> None:
        self.appointments[key] = Known(fact)

    @event(Cancelled)
    def _cancelled(self, key: UUID, fact: Appointment) -> None:
        self.appointments[key] = Known(fact)

    @event(AppointmentCorrected)
    def _appointment_corrected(self, key: UUID, fact: Appointment) -> None:
        self.appointments[key] = Known(fact)

    @event(Attempted)
    def _attempted(self, key: UUID, fact: Attempt) -> None:
        self.attempts[key] = Known(fact)

    @event(AttemptCorrected)
    def _attempt_corrected(self, key: UUID, fact: Attempt) -> None:
        self.attempts[key] = Known(fact)


def _must_be_to_come(appointment: Appointment) -> None:
    if appointment.status is not AppointmentStatus.OFFERED:
        raise AppointmentSettled(f"the appointment was {appointment.status} on {appointment.settled_on}")


def _check(appointment: Appointment, today: date) -> None:
    if (appointment.status is AppointmentStatus.OFFERED) != (appointment.settled_on is None):
        raise SettledWithoutDay(f"an appointment that is {appointment.status} was settled on {appointment.settled_on}")
    not_after(today, str(appointment.status), appointment.settled_on)
