"""Appointments, attempts, adviser, commitment, pauses, transfer and profile of a pathway."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.intake import domain
from services.intake.application import course
from services.intake.application.pathways import Here, pathway_file
from services.intake.domain import ContactFile, Pathway
from shared.access import CommandedByManager, CommandedInStructure, chosen_id
from shared.bodies import Whole, fact_in
from shared.codes import (
    AppointmentPurpose,
    DrivingLicence,
    Housing,
    MainstreamSupport,
    ProfileMoment,
    Resource,
    Rights,
    TimeOfDay,
    Transport,
    YesNo,
)
from shared.command_routes import CommandRoutes, answered
from shared.commands import Done
from shared.days import Day
from shared.door import Router
from shared.problems import Problem
from shared.routes import OnDay, OnDayOrNot, Store
from shared.sealing import Sealed
from shared.texts import CodeOfStructure, Pseudonym

router = Router(prefix="/v1", tags=["course of the pathway"])
pathway_files = CommandRoutes(router, "/pathways/{pathway}", pathway_file)
contact_files = CommandRoutes(router, "/pathways/{pathway}", course.contact_file)
profile_files = CommandRoutes(router, "/pathways/{pathway}/profile/{moment}", course.profile_file)

C = TypeVar("C", bound=StrEnum)


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


@dataclass
class AssignmentBody:
    """`adviser` is the subject of a user's token; null: nobody for the moment."""

    adviser: Pseudonym | None
    on: Day


@dataclass
class Caseload:
    """Whose pathways go to whom (null: to nobody for the moment), subjects of tokens. `structure`: null, one's own."""

    from_adviser: Pseudonym
    to_adviser: Pseudonym | None
    on: Day
    structure: CodeOfStructure | None = None


@dataclass
class TransferBody:
    """To which structure, and since when it holds the pathway."""

    to_structure: CodeOfStructure
    transferred_on: Day


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
        told = {
            "mainstream": _once(self.mainstream),
            "transport": _once(self.transport),
            "resources": _once(self.resources),
            "disability": None if self.disability is YesNo.UNKNOWN else Sealed(self.disability.value),
        }
        return domain.Profile(moment=moment, **(vars(self) | told))


def _once(codes: Iterable[C]) -> tuple[C, ...]:
    """In one order, so that the same answers are the same profile."""
    return tuple(sorted(set(codes)))


# Appointments and attempts


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


# Who advises


@pathway_files.post("/adviser")
def assign_adviser(file: Pathway, here: Here, body: AssignmentBody) -> None:
    """Who advises the person from now on."""
    file.assign(body.adviser, body.on, here.today)


@router.post("/advisers/caseload")
async def move_caseload(body: Caseload, command: CommandedByManager, store: Store) -> course.Moved:
    """Moves every open pathway of one adviser of the structure to another. Asked again it goes on with what is left."""
    structure = body.structure or command.caller.structure
    if structure is None:
        raise Problem(422, "no-structure", "name the structure, as the token names none")
    command.caller.must_be_of(structure)
    return await course.move_caseload(store, structure, body.from_adviser, body.to_adviser, body.on, command)


# Commitment, pause, transfer


@pathway_files.post("/commitment")
def sign_commitment(file: Pathway, here: Here, body: OnDay) -> None:
    """That the person signed a commitment (*contrat d'engagement*), and when. No start waits for it."""
    file.sign_commitment(body.on, here.today)


@pathway_files.post("/commitment/correction")
def correct_commitment(file: Pathway, here: Here, body: OnDayOrNot) -> None:
    """Another day of the signature, or that there was none."""
    file.correct_commitment(body.on, here.today)


@pathway_files.post("/pause")
async def pause(file: Pathway, here: Here, body: OnDay) -> None:
    """Support rests from this day on. It goes on in every figure."""
    file.pause(body.on, await here.exited_on(), here.today)


@pathway_files.post("/pause/resumption")
async def resume(file: Pathway, here: Here, body: OnDay) -> None:
    """Support goes on from this day; the pause is over."""
    file.resume(body.on, await here.exited_on(), here.today)


@pathway_files.post("/pause/correction")
async def correct_pause(file: Pathway, here: Here, body: Whole[domain.Pause]) -> None:
    """The last pause as it is to stand; `paused_on` null: there was none, `resumed_on` null: it goes on."""
    file.correct_pause(body, await here.exited_on(), here.today)


@router.post("/pathways/{pathway}/transfer")
async def transfer(
    pathway: UUID, body: TransferBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Another structure holds the pathway from this day on, with all that was recorded; nobody there advises yet."""
    done = await course.transfer(store, pathway, body.to_structure, body.transferred_on, command)
    return answered(response, done, pathway)


# The profile


@profile_files.post("")
def record_profile(file: domain.ProfileFile, here: Here, moment: ProfileMoment, body: ProfileBody) -> None:
    """Where the person stands at the request, at the start or on leaving, as they tell it."""
    file.record(body.fact(moment), here.today)


@profile_files.post("/correction")
def correct_profile(file: domain.ProfileFile, here: Here, moment: ProfileMoment, body: Whole[ProfileBody]) -> None:
    """The whole profile of that moment as it is to stand."""
    file.correct(body.fact(moment), here.today)
