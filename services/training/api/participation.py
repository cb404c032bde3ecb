"""Who takes part in sessions."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.training import application, domain, views
from services.training.api.shapes import WithdrawalBody, half_days
from shared.access import CommandedInStructure, chosen_id
from shared.codes import (
    DropOutReason,
)
from shared.commands import Done, answered
from shared.contracts.training import HalfDay
from shared.days import Day
from shared.door import Router
from shared.readings import Reading
from shared.routes import AskedStructure, AskedUser, Limit, Store
from shared.whole import Whole

router = Router()


@dataclass
class EnrolmentBody:
    """`action`: the proposal, which is the plan's action, that it answers. `id`: chosen by the caller."""

    session: UUID
    enrolled_on: Day
    action: UUID | None = None
    id: UUID = Field(default_factory=chosen_id)


@dataclass
class AttendanceBody:
    """The half-days at which the person was; none: they did not come. `dropped_for`: why they stopped coming."""

    attended: Annotated[list[HalfDay], Field(max_length=500)]
    dropped_for: DropOutReason | None = None

    def fact(self) -> domain.Attendance:
        return domain.Attendance(half_days(self.attended), self.dropped_for)


@router.post("/pathways/{pathway}/enrolments")
async def enrol(
    pathway: UUID, body: EnrolmentBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Enrols the person in a session of their structure. Where it is full they wait, and move up by themselves."""
    enrolment = domain.Enrolment(body.session, body.enrolled_on, body.action)
    return answered(response, await application.enrol(store, pathway, body.id, enrolment, command), body.id)


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
    return answered(response, await application.withdraw(store, pathway, enrolment, end, command), enrolment)


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
    return answered(
        response, await application.record_attendance(store, pathway, enrolment, body.fact(), command), enrolment
    )


@router.post("/pathways/{pathway}/enrolments/{enrolment}/attendance/correction")
async def correct_attendance(
    pathway: UUID,
    enrolment: UUID,
    body: Whole[AttendanceBody],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole attendance as it is to stand; the activity follows."""
    return answered(
        response, await application.correct_attendance(store, pathway, enrolment, body.fact(), command), enrolment
    )


@router.get("/attendance/missing")
async def missing_attendance(
    store: Store, reading: Reading, structure: AskedStructure, adviser: AskedUser = None, limit: Limit = 100
) -> list[views.MissingAttendance]:
    """Who had a place in a session that is over, and of whom no attendance is recorded; the oldest session first."""
    return await reading.shown(await application.missing_attendance(store, structure, adviser, limit))
