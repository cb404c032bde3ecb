"""Appointments and attempts to reach a person."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field

from services.intake import domain
from services.intake.application import course
from services.intake.application.pathways import Here, pathway_file
from services.intake.domain import ContactFile, Pathway
from shared.http.access import chosen_id
from shared.http.bodies import Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.routes import OnDay
from shared.language.codes import AppointmentPurpose, TimeOfDay
from shared.language.days import Day
from shared.language.sealed import Sealed

router = Router(tags=["course of the pathway"])
pathway_files = CommandRoutes(router, "/pathways/{pathway}", pathway_file)
contact_files = CommandRoutes(router, "/pathways/{pathway}", course.contact_file)


@dataclass
class Offer:
    """For which day, at which time (HH:MM, local to the structure) and place, and what for."""

    on: Day
    purpose: AppointmentPurpose
    at: TimeOfDay | None = None
    place: Sealed | None = None
    note: Sealed | None = None
    appointment: UUID = Field(default_factory=chosen_id)


@dataclass
class Move:
    """The day and the time (HH:MM, local to the structure; null: none is set) as they now are. `place` null: where it
    was to be."""

    on: Day
    at: TimeOfDay | None = None
    place: Sealed | None = None


@dataclass
class Came:
    """When the person came; null: on the day of the appointment."""

    on: Day | None = None


@dataclass(frozen=True)
class AttemptBody(domain.Attempt):
    """When somebody tried to reach the person and did not, and by what means."""

    on: Day
    attempt: UUID = Field(default_factory=chosen_id)


@contact_files.post("/appointments", id="appointment")
def offer_appointment(file: ContactFile, here: Here, body: Offer) -> None:
    """Asks the person to come. `appointment`, chosen by the caller, names it from then on."""
    file.appointments.admit(body.appointment, fact_in(domain.Appointment, body), here.today)


@contact_files.post("/appointments/{appointment}/move")
def move_appointment(file: ContactFile, here: Here, appointment: UUID, body: Move) -> None:
    """Another day, time or place of an appointment that is still to come."""
    file.move(appointment, body.on, body.at, body.place)


@contact_files.post("/appointments/{appointment}/kept")
def keep_appointment(file: ContactFile, here: Here, appointment: UUID, body: Came) -> None:
    """The person came: a contact, which retention counts from. A request that was set aside is taken up again."""
    file.keep(appointment, body.on, here.today)
    came_on = file.appointments[appointment].settled_on
    if came_on is not None:
        here.pathway.come(came_on)


@contact_files.post("/appointments/{appointment}/missed")
def miss_appointment(file: ContactFile, here: Here, appointment: UUID) -> None:
    """The person did not come on the day of the appointment. It counts as a failed attempt to reach them."""
    file.miss(appointment, here.today)


@contact_files.post("/appointments/{appointment}/cancellation")
def cancel_appointment(file: ContactFile, here: Here, appointment: UUID, body: OnDay) -> None:
    """The appointment was called off, by whichever side, and when. It counts neither as kept nor as missed."""
    file.cancel(appointment, body.on, here.today)


@contact_files.post("/appointments/{appointment}/correction")
def correct_appointment(file: ContactFile, here: Here, appointment: UUID, body: Whole[domain.Appointment]) -> None:
    """The whole appointment as it is to stand, with what became of it (`status`) and when (`settled_on`)."""
    file.appointments.admit_correction(appointment, body, here.today)


@contact_files.post("/attempts", id="attempt")
def record_attempt(file: ContactFile, here: Here, body: AttemptBody) -> None:
    """Somebody tried to reach the person and did not. It is no contact."""
    file.attempts.admit(body.attempt, fact_in(domain.Attempt, body), here.today)


@contact_files.post("/attempts/{attempt}/correction")
def correct_attempt(file: ContactFile, here: Here, attempt: UUID, body: Whole[domain.Attempt]) -> None:
    """The whole attempt as it is to stand; `on` null: nobody tried."""
    file.attempts.admit_correction(attempt, body, here.today)


@pathway_files.post("/set-aside")
async def set_aside(file: Pathway, here: Here, body: OnDay) -> None:
    """Nobody could reach the person, after two failed attempts at least: the request's alarm falls silent.

    It stays in every figure, and the person's word, a kept appointment, a welcome or a start takes it up again.
    """
    contacts = await here.act.file(ContactFile, domain.contact_file_id(file.id))
    file.put_aside(body.on, contacts.failed(file.taken_up_on, body.on), here.today)


@pathway_files.post("/set-aside/reopening")
def take_up(file: Pathway, here: Here, body: OnDay) -> None:
    """The person gave word: the request waits again."""
    file.take_up(body.on, here.today)
