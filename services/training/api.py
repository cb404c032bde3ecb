"""HTTP in, commands out. No rules here."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.training import application, domain, views
from shared.access import AnyCaller, CommandedInStructure
from shared.codes import (
    ActivityKind,
    ActivityStatus,
    Barrier,
    DropOutReason,
    PlacementForm,
    PlacementObjective,
    Prescriber,
    SessionKind,
    SupportResult,
    WithdrawalReason,
)
from shared.commands import Done, answered
from shared.contracts.training import HalfDay
from shared.disagreement_routes import disagreement_routes
from shared.readings import Reading
from shared.routes import AskedStructure, Limit, OnDay, Store, pathway_routes
from shared.siret import Siret

router = APIRouter(prefix="/v1")

Hours = Annotated[Decimal, Field(ge=0, le=100_000, max_digits=8, decimal_places=2)]
OneLine = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
HalfDays = Annotated[list[HalfDay], Field(max_length=500)]
Adviser = Annotated[
    str | None,
    Query(max_length=200, pattern=r"^[^\x00]+$", description="Subject of the adviser's token; without: everybody's"),
]
From = Annotated[date, Query(alias="from")]
To = Annotated[date, Query(alias="to")]


# Activities


@dataclass
class ActivityBody:
    """`hours` attended, null for a no-show. `id`: chosen by the caller, so that a repeat asks for the same."""

    kind: ActivityKind
    started_on: date
    ended_on: date
    status: ActivityStatus
    hours: Hours | None = None
    id: UUID = Field(default_factory=uuid4)

    def fact(self) -> domain.Activity:
        return domain.Activity(self.kind, self.started_on, self.ended_on, self.status, self.hours)


@router.post("/pathways/{pathway}/activities")
async def record(
    pathway: UUID, body: ActivityBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Records an activity that is neither a session, a placement nor a support action of this service."""
    return answered(response, await application.record(store, pathway, body.id, body.fact(), command))


@router.post("/pathways/{pathway}/activities/{activity}/correction")
async def correct(
    pathway: UUID, activity: UUID, body: ActivityBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The whole activity as it is to stand."""
    return answered(response, await application.correct(store, pathway, activity, body.fact(), command))


@router.get("/activities")
async def activities(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    start: From,
    end: To,
    limit: Limit = 100,
) -> list[views.ListedActivity]:
    """Activities of a structure that started between two days, both included."""
    return await reading.shown(await application.activities(store, structure, start, end, limit))


# Sessions


@dataclass(kw_only=True)
class SessionBody:
    """A collective session. A visit counts as workshop in the figures. Title, place and partner name no person.

    `hours_per_half_day`: more than 0, at most 12. `capacity`: places for people of the structure; `outside`: how many
    others take part, who come on top. `partner`: an organisation.
    """

    kind: SessionKind
    title: OneLine
    half_days: Annotated[list[HalfDay], Field(min_length=1, max_length=500)]
    hours_per_half_day: Annotated[Decimal, Field(gt=0, le=12, max_digits=4, decimal_places=2)]
    capacity: Annotated[int, Field(ge=1, le=10_000)]
    place: OneLine | None = None
    partner: OneLine | None = None
    outside: Annotated[int, Field(ge=0, le=10_000)] = 0

    def fact(self) -> domain.SessionPlan:
        return domain.SessionPlan(
            self.kind,
            self.title,
            _half_days(self.half_days),
            self.hours_per_half_day,
            self.capacity,
            self.place,
            self.partner,
            self.outside,
        )


@dataclass(kw_only=True)
class NewSession(SessionBody):
    """`structure`: its code. `id`: chosen by the caller, so that a repeat asks for the same."""

    structure: Annotated[str, Field(pattern="^[a-z0-9-]{1,32}$")]
    id: UUID = Field(default_factory=uuid4)


def _half_days(told: list[HalfDay]) -> tuple[domain.HalfDay, ...]:
    return domain.in_order([domain.HalfDay(one.day, one.part) for one in told])


@router.post("/sessions")
async def plan_session(body: NewSession, command: CommandedInStructure, store: Store, response: Response) -> Done:
    """Plans a session of a structure, on one half-day or more."""
    command.caller.must_be_of(body.structure)
    done = await application.plan_session(store, body.id, body.structure, body.fact(), command)
    return answered(response, done)


@router.post("/sessions/{session}/correction")
async def correct_session(
    session: UUID, body: SessionBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The whole session as it is to stand. The hours of who attended follow."""
    return answered(response, await application.correct_session(store, session, body.fact(), command))


@router.post("/sessions/{session}/cancellation")
async def cancel_session(
    session: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The session does not take place; `on`: when that was decided."""
    return answered(response, await application.cancel_session(store, session, body.on, command))


@router.get("/sessions")
async def sessions(
    store: Store, structure: AskedStructure, start: From, end: To, limit: Limit = 100
) -> list[views.ListedSession]:
    """Sessions with a half-day between two days, both included, and how full they are; cancelled ones too."""
    return await application.sessions(store, structure, start, end, limit)


@router.get("/sessions/{session}/participants")
async def participants(
    session: UUID, store: Store, reading: Reading, structure: AskedStructure, limit: Limit = 100
) -> list[views.Participant]:
    """Who of the structure's people takes part in a session, in the order of enrolment, with who waits for a place."""
    return await reading.shown(await application.participants(store, session, structure, limit))


# Taking part in them


@dataclass
class EnrolmentBody:
    """`action`: the proposal, which is the plan's action, that it answers. `id`: chosen by the caller."""

    session: UUID
    enrolled_on: date
    action: UUID | None = None
    id: UUID = Field(default_factory=uuid4)


@dataclass
class WithdrawalBody:
    """When, and why the person does not take part."""

    on: date
    reason: WithdrawalReason


@dataclass
class AttendanceBody:
    """The half-days at which the person was; none: they did not come. `dropped_for`: why they stopped coming."""

    attended: HalfDays
    dropped_for: DropOutReason | None = None

    def fact(self) -> domain.Attendance:
        return domain.Attendance(_half_days(self.attended), self.dropped_for)


@router.post("/pathways/{pathway}/enrolments")
async def enrol(
    pathway: UUID, body: EnrolmentBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Enrols the person in a session of their structure. Where it is full they wait, and move up by themselves."""
    enrolment = domain.Enrolment(body.session, body.enrolled_on, body.action)
    return answered(response, await application.enrol(store, pathway, body.id, enrolment, command))


@router.post("/pathways/{pathway}/enrolments/{enrolment}/withdrawal")
async def withdraw_enrolment(
    pathway: UUID,
    enrolment: UUID,
    body: WithdrawalBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The person does not take part; the first who waits has the place."""
    end = domain.EnrolmentEnd(body.on, body.reason)
    return answered(response, await application.withdraw(store, pathway, enrolment, end, command))


@router.post("/pathways/{pathway}/enrolments/{enrolment}/attendance")
async def record_attendance(
    pathway: UUID,
    enrolment: UUID,
    body: AttendanceBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """Which half-days were attended, once the session is over or the person dropped out; the activity follows."""
    return answered(response, await application.record_attendance(store, pathway, enrolment, body.fact(), command))


@router.post("/pathways/{pathway}/enrolments/{enrolment}/attendance/correction")
async def correct_attendance(
    pathway: UUID,
    enrolment: UUID,
    body: AttendanceBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole attendance as it is to stand; the activity follows."""
    return answered(response, await application.correct_attendance(store, pathway, enrolment, body.fact(), command))


@router.get("/attendance/missing")
async def missing_attendance(
    store: Store, reading: Reading, structure: AskedStructure, adviser: Adviser = None, limit: Limit = 100
) -> list[views.MissingAttendance]:
    """Who had a place in a session that is over, and of whom no attendance is recorded; the oldest session first."""
    return await reading.shown(await application.missing_attendance(store, structure, adviser, limit))


# Placements


@dataclass(kw_only=True)
class PlacementBody:
    """A placement as agreed. `ends_on`: its last day; `renewed_until`: the last day of its renewal.

    `employer`: SIRET of the host. `tutor`: id of a correspondent. `hours_planned`: over all days. `action`: the
    proposal, which is the plan's action, that it answers. What a PMSMP or an AVA must be, the rules say.
    """

    form: PlacementForm
    starts_on: date
    ends_on: date
    employer: Siret | None = None
    tutor: UUID | None = None
    prescriber: Prescriber | None = None
    objective: PlacementObjective | None = None
    hours_planned: Hours | None = None
    renewed_until: date | None = None
    action: UUID | None = None

    def fact(self) -> domain.Placement:
        return domain.Placement(
            self.form,
            self.starts_on,
            self.ends_on,
            self.employer,
            self.tutor,
            self.prescriber,
            self.objective,
            self.hours_planned,
            self.renewed_until,
            self.action,
        )


@dataclass(kw_only=True)
class NewPlacement(PlacementBody):
    """`id`: chosen by the caller, so that a repeat asks for the same."""

    id: UUID = Field(default_factory=uuid4)


@dataclass
class RenewalBody:
    """The new last day. `hours_planned`: over all days, those of the renewal included; null: as they were."""

    until: date
    hours_planned: Hours | None = None


@dataclass
class PlacementEndBody:
    """`hours` done; null or 0: the person never came. `broken_off_for`: why it ended before its last day."""

    ended_on: date
    hours: Hours | None = None
    broken_off_for: DropOutReason | None = None

    def fact(self) -> domain.PlacementEnd:
        return domain.PlacementEnd(self.ended_on, self.hours, self.broken_off_for)


@router.post("/pathways/{pathway}/placements")
async def plan_placement(
    pathway: UUID, body: NewPlacement, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Plans a placement, or records one that has begun."""
    return answered(response, await application.plan_placement(store, pathway, body.id, body.fact(), command))


@router.post("/pathways/{pathway}/placements/{placement}/correction")
async def correct_placement(
    pathway: UUID, placement: UUID, body: PlacementBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The whole placement as it is to stand; where it has ended, the activity follows."""
    return answered(response, await application.correct_placement(store, pathway, placement, body.fact(), command))


@router.post("/pathways/{pathway}/placements/{placement}/renewal")
async def renew_placement(
    pathway: UUID, placement: UUID, body: RenewalBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Puts the end off; a PMSMP once, by one month at most."""
    done = await application.renew_placement(store, pathway, placement, body.until, body.hours_planned, command)
    return answered(response, done)


@router.post("/pathways/{pathway}/placements/{placement}/end")
async def end_placement(
    pathway: UUID,
    placement: UUID,
    body: PlacementEndBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The placement has ended, on its last day or broken off before; the activity follows from it."""
    return answered(response, await application.end_placement(store, pathway, placement, body.fact(), command))


@router.post("/pathways/{pathway}/placements/{placement}/end/correction")
async def correct_placement_end(
    pathway: UUID,
    placement: UUID,
    body: PlacementEndBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole end as it is to stand; the activity follows."""
    return answered(response, await application.correct_end(store, pathway, placement, body.fact(), command))


@router.post("/pathways/{pathway}/placements/{placement}/cancellation")
async def cancel_placement(
    pathway: UUID,
    placement: UUID,
    body: WithdrawalBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The placement does not take place: decided on its first day at the latest."""
    cancellation = domain.PlacementCancellation(body.on, body.reason)
    return answered(response, await application.cancel_placement(store, pathway, placement, cancellation, command))


@router.post("/pathways/{pathway}/placements/{placement}/evaluation")
async def evaluate_placement(
    pathway: UUID,
    placement: UUID,
    body: domain.Evaluation,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """What the placement came to (*bilan*), once it has begun."""
    return answered(response, await application.evaluate(store, pathway, placement, body, command))


@router.post("/pathways/{pathway}/placements/{placement}/evaluation/correction")
async def correct_evaluation(
    pathway: UUID,
    placement: UUID,
    body: domain.Evaluation,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole evaluation as it is to stand."""
    return answered(response, await application.correct_evaluation(store, pathway, placement, body, command))


@router.get("/placements")
async def placements(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    start: From,
    end: To,
    adviser: Adviser = None,
    limit: Limit = 100,
) -> list[views.ListedPlacement]:
    """Placements that start between two days, both included; those without host or tutor are marked `incomplete`."""
    return await reading.shown(await application.placements(store, structure, adviser, start, end, limit))


@router.get("/placements/ending")
async def ending_placements(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    days: Annotated[int, Query(ge=0, le=366, description="Days from today on")] = 14,
    adviser: Adviser = None,
    limit: Limit = 100,
) -> list[views.ListedPlacement]:
    """Placements whose last day comes within some days, or has passed, and of which no end is recorded."""
    return await reading.shown(await application.ending(store, structure, adviser, days, limit))


@router.get("/placements/to-evaluate")
async def placements_to_evaluate(
    store: Store, reading: Reading, structure: AskedStructure, adviser: Adviser = None, limit: Limit = 100
) -> list[views.ListedPlacement]:
    """Placements to which the person came, that have ended and are not evaluated; the oldest first."""
    return await reading.shown(await application.to_evaluate(store, structure, adviser, limit))


# Support actions and proposals


@dataclass(kw_only=True)
class SupportBody:
    """What was done to lift one barrier, and what came of it. `hours` in all. `partner`: an organisation.

    `action`: of the plan, where it was one of it.
    """

    barrier: Barrier
    started_on: date
    ended_on: date
    hours: Hours
    result: SupportResult
    action: UUID | None = None
    partner: OneLine | None = None

    def fact(self) -> domain.SupportAction:
        return domain.SupportAction(
            self.barrier, self.started_on, self.ended_on, self.hours, self.result, self.action, self.partner
        )


@dataclass(kw_only=True)
class NewSupport(SupportBody):
    """`id`: chosen by the caller, so that a repeat asks for the same."""

    id: UUID = Field(default_factory=uuid4)


@router.post("/pathways/{pathway}/supports")
async def report_support(
    pathway: UUID, body: NewSupport, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Reports a support action to the diagnostic's barrier; an activity of kind support follows from it."""
    return answered(response, await application.report_support(store, pathway, body.id, body.fact(), command))


@router.post("/pathways/{pathway}/supports/{support}/correction")
async def correct_support(
    pathway: UUID, support: UUID, body: SupportBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The whole support action as it is to stand; the activity follows."""
    return answered(response, await application.correct_support(store, pathway, support, body.fact(), command))


@router.post("/pathways/{pathway}/proposals/{proposal}/dismissal")
async def dismiss_proposal(
    pathway: UUID, proposal: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """What was proposed is not taken up."""
    return answered(response, await application.dismiss(store, pathway, proposal, body.on, command))


@router.get("/proposals")
async def open_proposals(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    caller: AnyCaller,
    adviser: Adviser = None,
    limit: Limit = 100,
) -> list[views.OpenProposal]:
    """What agreed plans and transfers propose and nobody has answered yet, the oldest first."""
    return await reading.shown(await application.open_proposals(store, structure, adviser, caller, limit))


imports = pathway_routes(application.import_pathways, application.known_rows, domain.fact_of)
disagreements = disagreement_routes(domain.fact_of)
