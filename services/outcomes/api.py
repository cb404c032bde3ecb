"""HTTP in, commands out. No rules here."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from services.outcomes import application, domain, views
from shared.access import CommandedInStructure, chosen_id
from shared.clock import day_in_paris
from shared.codes import ContactMeans, FollowUpMonth, FollowUpStatus, JobEnd, Situation
from shared.command_routes import answered
from shared.commands import Done
from shared.days import Day
from shared.disagreement_routes import disagreement_routes
from shared.door import Router
from shared.readings import Reading
from shared.routes import AskedStructure, AskedUser, Limit, OnDay, Store, pathway_routes
from shared.sealing import Sealed
from shared.whole import Whole

router = Router(prefix="/v1")


@dataclass
class FollowUpBody:
    """`situation` is needed when the person was reached, and only then."""

    asked_on: Day
    status: FollowUpStatus
    situation: Situation | None = None

    def fact(self, month: FollowUpMonth) -> domain.FollowUp:
        return domain.FollowUp(month, self.asked_on, self.status, self.situation)


@dataclass
class AttemptBody:
    """When and how it was tried; `note` is sealed."""

    attempted_on: Day
    means: ContactMeans
    note: Sealed | None = None

    def fact(self, month: FollowUpMonth) -> domain.Attempt:
        return domain.Attempt(month, self.attempted_on, self.means, self.note)


@dataclass
class NewAttempt(AttemptBody):
    """`id`: chosen by the caller, so that a repeat asks for the same."""

    id: UUID = Field(default_factory=chosen_id)


@dataclass(frozen=True)
class PeriodBody(domain.Period):
    """Where the person stands from `started_on` on: a job, an SIAE, training, or another situation.

    `contract_end`: when it is to end; may be in the future. `ended_on`: when it did; null: it goes on. `contract`: of
    a job only. `hours_a_week`: hours, as in the contract. `occupation`: by ROME. `employer`: a SIRET. `correspondent`:
    id of the contact there. `id`: chosen by the caller, so that a repeat asks for the same.
    """

    id: UUID = Field(default_factory=chosen_id)

    def fact(self) -> domain.Period:
        return domain.Period(**{name: value for name, value in vars(self).items() if name != "id"})


@dataclass
class EndBody:
    ended_on: Day
    reason: JobEnd


@dataclass(frozen=True)
class EmploymentSupportBody(domain.EmploymentSupport):
    """A visit or a talk. `job`: id of the situation that it concerns. `correspondent`: id of the employer's contact.

    `note` is sealed. `id`: chosen by the caller, so that a repeat asks for the same.
    """

    id: UUID = Field(default_factory=chosen_id)

    def fact(self) -> domain.EmploymentSupport:
        return domain.EmploymentSupport(**{name: value for name, value in vars(self).items() if name != "id"})


@router.post("/pathways/{pathway}/exit")
async def leave(
    pathway: UUID, body: domain.Exit, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Records that the person left; the exit's class is derived, never given.

    `situation` tells where they stand on leaving, `reason` why support ended; null: not known.
    """
    return answered(response, await application.leave(store, pathway, body, command), pathway)


@router.post("/pathways/{pathway}/exit/correction")
async def correct_exit(
    pathway: UUID, body: Whole[domain.Exit], command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """The whole exit as it is to stand, classed by the rule that is now in force."""
    return answered(response, await application.correct_exit(store, pathway, body, command), pathway)


@router.post("/pathways/{pathway}/exit/reopening")
async def reopen(pathway: UUID, body: OnDay, command: CommandedInStructure, store: Store, response: Response) -> Done:
    """Annuls the exit from now on: the person is still supported, and no follow-up is due any more.

    What was answered stands as history. Who leaves on or after this day leaves anew: 3, 6 and 12 months are counted
    from then, and every month is due that was not answered since.
    """
    return answered(response, await application.reopen(store, pathway, body.on, command), pathway)


@router.post("/pathways/{pathway}/follow-ups/{month}")
async def record_follow_up(
    pathway: UUID,
    month: FollowUpMonth,
    body: FollowUpBody,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The result at 3, 6 or 12 months, one a month. `unreachable`: given up after attempts, no news."""
    done = await application.record_follow_up(store, pathway, body.fact(month), command)
    return answered(response, done, pathway)


@router.post("/pathways/{pathway}/follow-ups/{month}/correction")
async def correct_follow_up(
    pathway: UUID,
    month: FollowUpMonth,
    body: Whole[FollowUpBody],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole follow-up as it is to stand."""
    done = await application.correct_follow_up(store, pathway, body.fact(month), command)
    return answered(response, done, pathway)


@router.post("/pathways/{pathway}/follow-ups/{month}/attempts")
async def attempt(
    pathway: UUID,
    month: FollowUpMonth,
    body: NewAttempt,
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """That somebody tried to reach the person for the follow-up at 3, 6 or 12 months. It stays due."""
    return answered(response, await application.attempt(store, pathway, body.id, body.fact(month), command), body.id)


@router.post("/pathways/{pathway}/follow-ups/{month}/attempts/{attempt_id}/correction")
async def correct_attempt(
    pathway: UUID,
    month: FollowUpMonth,
    attempt_id: UUID,
    body: Whole[AttemptBody],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole attempt as it is to stand, with the month that it was for."""
    return answered(
        response, await application.correct_attempt(store, pathway, attempt_id, body.fact(month), command), attempt_id
    )


@router.post("/pathways/{pathway}/situations")
async def record_situation(
    pathway: UUID, body: PeriodBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """Where the person stands from a day on, during support or after it. Several may go on; none ends the pathway."""
    return answered(
        response, await application.record_situation(store, pathway, body.id, body.fact(), command), body.id
    )


@router.post("/pathways/{pathway}/situations/{situation}/end")
async def end_situation(
    pathway: UUID, situation: UUID, body: EndBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """When a job or another situation ended, and why."""
    done = await application.end_situation(store, pathway, situation, body.ended_on, body.reason, command)
    return answered(response, done, situation)


@router.post("/pathways/{pathway}/situations/{situation}/correction")
async def correct_situation(
    pathway: UUID,
    situation: UUID,
    body: Whole[domain.Period],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole situation as it is to stand; one that goes on after all has no end."""
    return answered(response, await application.correct_situation(store, pathway, situation, body, command), situation)


@router.post("/pathways/{pathway}/employment-supports")
async def support(
    pathway: UUID, body: EmploymentSupportBody, command: CommandedInStructure, store: Store, response: Response
) -> Done:
    """A visit at work, or a talk with the employer or the person, by which support goes on in a job."""
    return answered(response, await application.support(store, pathway, body.id, body.fact(), command), body.id)


@router.post("/pathways/{pathway}/employment-supports/{support_id}/correction")
async def correct_support(
    pathway: UUID,
    support_id: UUID,
    body: Whole[domain.EmploymentSupport],
    command: CommandedInStructure,
    store: Store,
    response: Response,
) -> Done:
    """The whole visit or talk as it is to stand."""
    return answered(response, await application.correct_support(store, pathway, support_id, body, command), support_id)


@router.get("/follow-ups/due")
async def follow_ups_due(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    adviser: AskedUser = None,
    until: Day | None = None,
    limit: Limit = 100,
) -> list[views.FollowUpDue]:
    """Follow-ups due on or before a day (today) and not answered, the oldest first, with what was tried.

    An import raises none, nobody is asked who died, and none is due of an exit that was annulled.
    """
    until = until or day_in_paris(store.clock())
    return await reading.shown(await views.follow_ups_due(store.pool, until, structure, adviser, limit))


@router.get("/situations/ending")
async def contracts_ending(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    adviser: AskedUser = None,
    days: Annotated[int, Query(ge=0, le=366, description="How many days ahead")] = 14,
    limit: Limit = 100,
) -> list[views.ListedJob]:
    """Jobs of those who are supported that are to end from today until so many days from now, the next first."""
    today = day_in_paris(store.clock())
    rows = await views.contracts_ending(store.pool, today, today + timedelta(days=days), structure, adviser, limit)
    return await reading.shown(await application.with_disagreements_on_jobs(store, rows))


@router.get("/situations/without-news")
async def ended_without_news(
    store: Store, reading: Reading, structure: AskedStructure, adviser: AskedUser = None, limit: Limit = 100
) -> list[views.ListedJob]:
    """Jobs of those who are supported that were to end before today, neither ended nor prolonged: ask what became."""
    rows = await views.ended_without_news(store.pool, day_in_paris(store.clock()), structure, adviser, limit)
    return await reading.shown(await application.with_disagreements_on_jobs(store, rows))


@router.get("/situations/in-employment")
async def in_employment(
    store: Store, reading: Reading, structure: AskedStructure, adviser: AskedUser = None, limit: Limit = 100
) -> list[views.ListedJob]:
    """Jobs that go on of those who are supported, as support goes on in it: the least recently supported first."""
    rows = await views.in_employment(store.pool, structure, adviser, limit)
    return await reading.shown(await application.with_disagreements_on_jobs(store, rows))


@router.get("/exits")
async def exits(
    store: Store,
    reading: Reading,
    structure: AskedStructure,
    adviser: AskedUser = None,
    days: Annotated[int, Query(ge=0, le=3660, description="How many days back")] = 30,
    limit: Limit = 100,
) -> list[views.ListedExit]:
    """Exits of the last days that stand, the latest first."""
    since = day_in_paris(store.clock()) - timedelta(days=days)
    rows = await views.exits(store.pool, since, structure, adviser, limit)
    return await reading.shown(await application.with_disagreements_on_exits(store, rows))


imports = pathway_routes(application.import_pathways, application.known_rows)
disagreements = disagreement_routes()
