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
from shared.access import CommandedByManager, CommandedInStructure, chosen_id
from shared.codes import (
    AppointmentPurpose,
    ContactMeans,
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
from shared.command_routes import answered
from shared.commands import Done
from shared.days import Day
from shared.door import Router
from shared.problems import Problem
from shared.routes import OnDay, OnDayOrNot, Store
from shared.sealing import Sealed
from shared.texts import CodeOfStructure, Pseudonym
from shared.whole import Whole

router = Router(prefix="/v1", tags=["course of the pathway"])

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

    def fact(self) -> domain.Appointment:
        return domain.Appointment(self.on, self.purpose, self.at, self.place, self.note)


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


@dataclass
class AttemptBody:
    """When somebody tried to reach the person and did not, and by what means."""

    on: Day
    means: ContactMeans
    note: Sealed | None = None
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
        return domain.Profile(
            moment=moment,
            on=self.on,
            mainstream=_once(self.mainstream),
            rights=self.rights,
            housing=self.housing,
            driving_licence=self.driving_licence,
            transport=_once(self.transport),
            resources=_once(self.resources),
            may_work=self.may_work,
            childcare_needed=self.childcare_needed,
            disability=None if self.disability is YesNo.UNKNOWN else Sealed(self.disability.value),
            children=self.children,
            note=self.note,
        )


def _once(codes: Iterable[C]) -> tuple[C, ...]:
    """In one order, so that the same answers are the same profile."""
    return tuple(sorted(set(codes)))


# Appointments and attempts


@router.post("/pathways/{pathway}/appointments")
async def offer_appointment(
    pathway: UUID, body: Offer, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Asks the person to come. `appointment`, chosen by the caller, names it from then on."""
    return answered(
        response, await course.offer(store, pathway, body.appointment, body.fact(), command), body.appointment
    )


@router.post("/pathways/{pathway}/appointments/{appointment}/move")
async def move_appointment(
    pathway: UUID, appointment: UUID, body: Move, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Another day, time or place of an appointment that is still to come."""
    done = await course.move(store, pathway, appointment, body.on, body.at, body.place, command)
    return answered(response, done, appointment)


@router.post("/pathways/{pathway}/appointments/{appointment}/kept")
async def keep_appointment(
    pathway: UUID, appointment: UUID, body: Came, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The person came: a contact, which retention counts from. A request that was set aside is taken up again."""
    return answered(response, await course.keep(store, pathway, appointment, body.on, command), appointment)


@router.post("/pathways/{pathway}/appointments/{appointment}/missed")
async def miss_appointment(
    pathway: UUID, appointment: UUID, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The person did not come on the day of the appointment. It counts as a failed attempt to reach them."""
    return answered(response, await course.miss(store, pathway, appointment, command), appointment)


@router.post("/pathways/{pathway}/appointments/{appointment}/cancellation")
async def cancel_appointment(
    pathway: UUID, appointment: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The appointment was called off, by whichever side, and when. It counts neither as kept nor as missed."""
    return answered(response, await course.cancel(store, pathway, appointment, body.on, command), appointment)


@router.post("/pathways/{pathway}/appointments/{appointment}/correction")
async def correct_appointment(
    pathway: UUID,
    appointment: UUID,
    body: Whole[domain.Appointment],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole appointment as it is to stand, with what became of it (`status`) and when (`settled_on`)."""
    return answered(response, await course.correct_appointment(store, pathway, appointment, body, command), appointment)


@router.post("/pathways/{pathway}/attempts")
async def record_attempt(
    pathway: UUID, body: AttemptBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Somebody tried to reach the person and did not. It is no contact."""
    attempt = domain.Attempt(body.on, body.means, body.note)
    return answered(response, await course.attempt(store, pathway, body.attempt, attempt, command), body.attempt)


@router.post("/pathways/{pathway}/attempts/{attempt}/correction")
async def correct_attempt(
    pathway: UUID,
    attempt: UUID,
    body: Whole[domain.Attempt],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole attempt as it is to stand; `on` null: nobody tried."""
    return answered(response, await course.correct_attempt(store, pathway, attempt, body, command), attempt)


@router.post("/pathways/{pathway}/set-aside")
async def set_aside(
    pathway: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Nobody could reach the person, after two failed attempts at least: the request's alarm falls silent.

    It stays in every figure, and the person's word, a kept appointment, a welcome or a start takes it up again.
    """
    return answered(response, await course.put_aside(store, pathway, body.on, command), pathway)


@router.post("/pathways/{pathway}/set-aside/reopening")
async def take_up(pathway: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response) -> Done:
    """The person gave word: the request waits again."""
    return answered(response, await course.take_up(store, pathway, body.on, command), pathway)


# Who advises


@router.post("/pathways/{pathway}/adviser")
async def assign_adviser(
    pathway: UUID, body: AssignmentBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Who advises the person from now on."""
    return answered(response, await course.assign(store, pathway, body.adviser, body.on, command), pathway)


@router.post("/advisers/caseload")
async def move_caseload(body: Caseload, command: CommandedByManager, store: Store) -> course.Moved:
    """Moves every open pathway of one adviser of the structure to another. Asked again it goes on with what is left."""
    structure = body.structure or command.caller.structure
    if structure is None:
        raise Problem(422, "no-structure", "name the structure, as the token names none")
    command.caller.must_be_of(structure)
    return await course.move_caseload(store, structure, body.from_adviser, body.to_adviser, body.on, command)


# Commitment, pause, transfer


@router.post("/pathways/{pathway}/commitment")
async def sign_commitment(
    pathway: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """That the person signed a commitment (*contrat d'engagement*), and when. No start waits for it."""
    return answered(response, await course.sign_commitment(store, pathway, body.on, command), pathway)


@router.post("/pathways/{pathway}/commitment/correction")
async def correct_commitment(
    pathway: UUID, body: OnDayOrNot, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Another day of the signature, or that there was none."""
    return answered(response, await course.correct_commitment(store, pathway, body.on, command), pathway)


@router.post("/pathways/{pathway}/pause")
async def pause(pathway: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response) -> Done:
    """Support rests from this day on. It goes on in every figure."""
    return answered(response, await course.pause(store, pathway, body.on, command), pathway)


@router.post("/pathways/{pathway}/pause/resumption")
async def resume(pathway: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response) -> Done:
    """Support goes on from this day; the pause is over."""
    return answered(response, await course.resume(store, pathway, body.on, command), pathway)


@router.post("/pathways/{pathway}/pause/correction")
async def correct_pause(
    pathway: UUID, body: Whole[domain.Pause], command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The last pause as it is to stand; `paused_on` null: there was none, `resumed_on` null: it goes on."""
    return answered(response, await course.correct_pause(store, pathway, body, command), pathway)


@router.post("/pathways/{pathway}/transfer")
async def transfer(
    pathway: UUID, body: TransferBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Another structure holds the pathway from this day on, with all that was recorded; nobody there advises yet."""
    done = await course.transfer(store, pathway, body.to_structure, body.transferred_on, command)
    return answered(response, done, pathway)


# The profile


@router.post("/pathways/{pathway}/profile/{moment}")
async def record_profile(
    pathway: UUID,
    moment: ProfileMoment,
    body: ProfileBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """Where the person stands at the request, at the start or on leaving, as they tell it."""
    return answered(response, await course.record_profile(store, pathway, body.fact(moment), command), pathway)


@router.post("/pathways/{pathway}/profile/{moment}/correction")
async def correct_profile(
    pathway: UUID,
    moment: ProfileMoment,
    body: Whole[ProfileBody],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole profile of that moment as it is to stand."""
    return answered(response, await course.correct_profile(store, pathway, body.fact(moment), command), pathway)
