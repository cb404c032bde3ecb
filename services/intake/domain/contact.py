"""Appointments with a person, and attempts to reach them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid5

from shared.kernel.event_store import Aggregate
from shared.kernel.facts import Facts
from shared.language.codes import AppointmentPurpose, AppointmentStatus, ContactMeans, TimeOfDay
from shared.language.days import Day
from shared.language.rules import RuleBroken, UnknownFact, in_future, refuse
from shared.language.sealed import Sealed


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


def of_appointment(appointment: Appointment, today: date) -> Iterator[RuleBroken]:
    """Lets it be for any day: what was offered in the past may be told later."""
    if (appointment.status is AppointmentStatus.OFFERED) != (appointment.settled_on is None):
        yield SettledWithoutDay(f"an appointment that is {appointment.status} was settled on {appointment.settled_on}")
    yield from in_future(today, str(appointment.status), appointment.settled_on)


def of_attempt(attempt: Attempt, today: date) -> Iterator[RuleBroken]:
    return in_future(today, "attempted", attempt.on)


def contact_file_id(pathway: UUID) -> UUID:
    return uuid5(pathway, "contact")


class ContactFile(Aggregate):
    """The appointments and the attempts of one pathway, by ids that their recorders chose."""

    TOPIC = "intake.contact-file"
    appointments = Facts(
        Appointment,
        "appointment",
        "intake.appointment-offered",
        "intake.appointment-corrected",
        "intake.appointment-moved",
        "intake.appointment-kept",
        "intake.appointment-missed",
        "intake.appointment-cancelled",
        rules=of_appointment,
    )
    attempts = Facts(Attempt, "attempt", "intake.contact-attempted", "intake.attempt-corrected", rules=of_attempt)

    # What is true

    def failed(self, since: date | None, until: date) -> int:
        """Counts attempts and missed appointments up to a day, after `since` and after the person last came."""
        settled = [
            (appointment.settled_on, appointment.status)
            for appointment in self.appointments.values()
            if appointment.settled_on is not None and appointment.settled_on <= until
        ]
        came = [on for on, status in settled if status is AppointmentStatus.KEPT]
        missed = [on for on, status in settled if status is AppointmentStatus.MISSED]
        tried = [attempt.on for attempt in self.attempts.values() if attempt.on is not None]
        last = max([*came, *([since] if since else [])], default=None)
        return sum(on <= until and (last is None or on > last) for on in [*missed, *tried])

    # What may be asked. `today` is the local date of the structure.

    def move(self, key: UUID, on: date, at: str | None, place: Sealed | None) -> None:
        """`place` null: where it was to be."""
        stood = self._appointment(key)
        moved = replace(stood, on=on, at=at, place=stood.place if place is None else place)
        if moved != stood:
            _must_be_to_come(stood)
            self.appointments.tell("AppointmentMoved", key, moved)

    def keep(self, key: UUID, on: date | None, today: date) -> None:
        """Settles it as kept. `on`: when the person came; null: on the day that it was for."""
        if settled := self._settled(key, AppointmentStatus.KEPT, on, today):
            self.appointments.tell("AppointmentKept", key, settled)

    def miss(self, key: UUID, today: date) -> None:
        if settled := self._settled(key, AppointmentStatus.MISSED, None, today):
            self.appointments.tell("AppointmentMissed", key, settled)

    def cancel(self, key: UUID, on: date, today: date) -> None:
        """Settles it as cancelled. `on`: when that was done."""
        if settled := self._settled(key, AppointmentStatus.CANCELLED, on, today):
            self.appointments.tell("AppointmentCancelled", key, settled)

    def _appointment(self, key: UUID) -> Appointment:
        if key not in self.appointments:
            raise UnknownFact(f"no appointment was offered under {key}")
        return self.appointments[key]

    def _settled(self, key: UUID, status: AppointmentStatus, on: date | None, today: date) -> Appointment | None:
        """Settles a copy of the appointment; null: it stands so already."""
        stood = self._appointment(key)
        settled = replace(stood, status=status, settled_on=on or stood.on)
        if settled == stood:
            return None
        _must_be_to_come(stood)
        refuse(of_appointment(settled, today))
        return settled


def _must_be_to_come(appointment: Appointment) -> None:
    if appointment.status is not AppointmentStatus.OFFERED:
        raise AppointmentSettled(f"the appointment was {appointment.status} on {appointment.settled_on}")
