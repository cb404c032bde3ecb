"""Enrolments in sessions, and attendance."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.training import application, views
from services.training.api.shapes import WithdrawalBody, half_days
from services.training.domain import ActivityFile, Attendance, Enrolment, EnrolmentEnd
from shared.http.access import chosen_id
from shared.http.bodies import Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import AskedStructure, AskedUser, Limit, Store
from shared.kernel.known_pathways import OnPathway
from shared.language.codes import DropOutReason
from shared.language.contracts.training import HalfDay

router = Router()
files = CommandRoutes(router, "/pathways/{pathway}", application.activity_file)


@dataclass(frozen=True)
class EnrolmentBody(Enrolment):
    """`action`: the proposal, which is the plan's action, that it answers. `id`: chosen by the caller."""

    id: UUID = Field(default_factory=chosen_id)


@dataclass
class AttendanceBody:
    """The half-days at which the person was; none: they did not come. `dropped_for`: why they stopped coming."""

    attended: Annotated[list[HalfDay], Field(max_length=500)]
    dropped_for: DropOutReason | None = None

    def fact(self) -> Attendance:
        return fact_in(Attendance, self, attended=half_days(self.attended))


@files.post("/enrolments")
async def enrol(file: ActivityFile, here: OnPathway, body: EnrolmentBody) -> None:
    """Enrols the person in a session of their structure. Where it is full they wait, and move up by themselves."""
    session = await application.session_of_anybody(here.act, body.session)
    file.enrol(body.id, fact_in(Enrolment, body), session, here.pathway.structure, here.today)


@files.post("/enrolments/{enrolment}/withdrawal")
def withdraw_enrolment(file: ActivityFile, here: OnPathway, enrolment: UUID, body: WithdrawalBody) -> None:
    """The person does not take part; the first who waits has the place."""
    file.withdraw(enrolment, EnrolmentEnd(body.on, body.reason), here.today)


@files.post("/enrolments/{enrolment}/attendance")
async def record_attendance(file: ActivityFile, here: OnPathway, enrolment: UUID, body: AttendanceBody) -> None:
    """Which half-days were attended, once the session is over or the person dropped out; the activity follows."""
    session, today = await application.attended(here.act, file.session_of(enrolment))
    file.record_attendance(enrolment, body.fact(), session, today)


@files.post("/enrolments/{enrolment}/attendance/correction")
async def correct_attendance(file: ActivityFile, here: OnPathway, enrolment: UUID, body: Whole[AttendanceBody]) -> None:
    """The whole attendance as it is to stand; the activity follows."""
    session, today = await application.attended(here.act, file.session_of(enrolment))
    file.correct_attendance(enrolment, body.fact(), session, today)


@router.get("/attendance/missing")
async def missing_attendance(
    store: Store, reading: Reading, structure: AskedStructure, adviser: AskedUser = None, limit: Limit = 100
) -> list[views.MissingAttendance]:
    """Who had a place in a session that is over, and of whom no attendance is recorded; the oldest session first."""
    return await reading.shown(await application.missing_attendance(store, structure, adviser, limit))
