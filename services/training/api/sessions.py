"""Collective sessions."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.training import application, domain, views
from services.training.api.shapes import half_days
from shared.http.access import chosen_id
from shared.http.bodies import Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import AskedStructure, From, Limit, OnDay, Store, To
from shared.kernel.commands import Act
from shared.kernel.known_structures import today_in
from shared.language.codes import AsNumber, SessionKind
from shared.language.contracts.training import HalfDay
from shared.language.texts import CodeOfStructure, Name

router = Router()
files = CommandRoutes(router, "/sessions", application.planned_session)


@dataclass(kw_only=True)
class SessionBody:
    """A collective session. A visit counts as workshop in the figures. Title, place and partner name no person.

    `hours_per_half_day`: more than 0, at most 12. `capacity`: places for people of the structure; `outside`: how many
    others take part, who come on top. `partner`: an organisation.
    """

    kind: SessionKind
    title: Name
    half_days: Annotated[list[HalfDay], Field(min_length=1, max_length=500)]
    hours_per_half_day: Annotated[Decimal, Field(gt=0, le=12, max_digits=4, decimal_places=2), AsNumber()]
    capacity: Annotated[int, Field(ge=1, le=10_000)]
    place: Name | None = None
    partner: Name | None = None
    outside: Annotated[int, Field(ge=0, le=10_000)] = 0

    def fact(self) -> domain.SessionPlan:
        return fact_in(domain.SessionPlan, self, half_days=half_days(self.half_days))


@dataclass(kw_only=True)
class NewSession(SessionBody):
    """`structure`: its code. `id`: chosen by the caller, so that a repeat asks for the same."""

    structure: CodeOfStructure
    id: UUID = Field(default_factory=chosen_id)


@files.post("", target=lambda body: application.planned_session(body.id))
def plan_session(file: domain.Session, act: Act, body: NewSession) -> None:
    """Plans a session of a structure, on one half-day or more."""
    act.command.caller.must_be_of(body.structure)
    file.schedule(body.id, body.structure, body.fact())


@files.post("/{session}/correction")
def correct_session(file: domain.Session, act: Act, session: UUID, body: Whole[SessionBody]) -> None:
    """The whole session as it is to stand. The hours of who attended follow."""
    file.correct(body.fact())


@files.post("/{session}/cancellation")
async def cancel_session(file: domain.Session, act: Act, session: UUID, body: OnDay) -> None:
    """The session does not take place; `on`: when that was decided."""
    file.cancel(body.on, await today_in(act.store, file.structure))


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
