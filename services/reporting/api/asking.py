"""The questions that may be asked: by whom, of whom, of when, and as known at which instant."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request

from services.reporting.disclosure.outsiders import Outsider, must_be_fixed
from services.reporting.figures.scope import Look, Scope, UnknownScope
from services.reporting.read_models.sets import reading, watermark
from shared.http.access import OfStructure, allow
from shared.kernel.callers import Caller, Role
from shared.kernel.clock import day_in_paris, now
from shared.kernel.database import Connection, Pool
from shared.kernel.refusals import Problem
from shared.language.codes import BREAKDOWNS
from shared.language.days import Day, Instant
from shared.language.texts import Name

PATIENCE = 5.0
"""Seconds to wait for the projections to reach the instant that was asked for."""

T = TypeVar("T")


@dataclass(frozen=True)
class Question(Look):
    """`outsider`: the asker, where not every figure is for them."""

    outsider: Outsider | None = None


def question(scope: str, start: date, end: date, known_at: datetime | None = None, by: str | None = None) -> Question:
    """Raises Problem for what makes no sense."""
    if start > end:
        raise Problem(422, "period-reversed", f"from {start} is after to {end}")
    if by is not None and by not in BREAKDOWNS:
        raise Problem(422, "unknown-breakdown", f"by is one of {', '.join(BREAKDOWNS)}")
    try:
        asked = Scope.parse(scope)
    except ValueError as error:
        raise Problem(422, "invalid-scope", str(error)) from None
    if known_at is not None:
        if known_at.tzinfo is None:
            raise Problem(422, "no-offset", "known_at needs an offset from UTC, such as Z")
        if known_at > now():  # by what clock it became known, the services' databases say
            raise Problem(422, "in-the-future", f"known_at {known_at.isoformat()} lies in the future")
        known_at = known_at.astimezone(UTC)
    return Question(asked, start, end, known_at, by)


def asked_by(caller: Caller, asked: Question, threshold: int, today: date) -> Question:
    """Gives the question as this caller may ask it on a day, `today` in Paris. Raises Problem where they may not."""
    if caller.role is Role.OPERATOR or is_own(caller, asked.scope):
        return asked
    if asked.scope.structure is not None or (caller.role is not Role.EVALUATOR and caller.structure is None):
        raise Problem(403, "another-structure", "another structure's figures are told in published editions only")
    must_be_fixed(asked.start, asked.end, today)
    if asked.known_at is not None:
        raise Problem(422, "known-at-not-free", "known_at is not for choice: two instants could be subtracted")
    return replace(asked, outsider=Outsider(threshold, caller.structure if caller.role is not Role.EVALUATOR else None))


def is_own(caller: Caller, scope: Scope) -> bool:
    """Tells whether it is the structure of an adviser or a manager."""
    return caller.role.of_a_structure and caller.structure is not None and scope.structure == caller.structure


async def as_known(pool: Pool, asked: Question, ask: Callable[[Connection, Question], Awaitable[T]]) -> tuple[str, T]:
    """Gives the instant for which an answer holds (now: as far as the projections are), and it. Raises Problem."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        async with reading(pool) as connection:
            reached = await watermark(connection)
            if reached is not None and (asked.known_at is None or asked.known_at <= reached):
                at = asked.known_at or reached
                try:
                    answered = await ask(connection, replace(asked, known_at=at))
                except UnknownScope as error:
                    raise Problem(404, "unknown-scope", str(error)) from None
                return at.astimezone(UTC).isoformat().replace("+00:00", "Z"), answered
        if asyncio.get_running_loop().time() > deadline:
            raise Problem(503, "not-yet-projected", f"the projections have reached {reached}", retry_after=1)
        await asyncio.sleep(0.02)


SCOPE = (
    "`national`, `department:CODE` or `structure:CODE`; an adviser and a manager ask for all figures of their own "
    "structure, and as an evaluator for those of the nation and of départements"
)
From = Annotated[Day, Query(alias="from", description="First day of the period")]
To = Annotated[Day, Query(alias="to", description="Last day of the period, whose holder of a pathway counts it")]
KnownAt = Annotated[
    Instant | None,
    Query(description="As known at this instant, with an offset from UTC; without it, and for outsiders: now"),
]
By = Annotated[str | None, Query(description=f"A breakdown: {', '.join(BREAKDOWNS)}")]


async def _asked(
    request: Request,
    caller: Annotated[Caller, Depends(allow(Role.OPERATOR, Role.ADVISER, Role.MANAGER, Role.EVALUATOR))],
    scope: Annotated[Name, Query(description=SCOPE)],
    start: From,
    end: To,
    known_at: KnownAt = None,
    by: By = None,
) -> Question:
    asked = question(scope, start, end, known_at, by)
    runtime = request.app.state.runtime
    return asked_by(caller, asked, runtime.settings.threshold_partners, day_in_paris(runtime.store.clock()))


async def _asked_of_own(
    caller: OfStructure,
    scope: Annotated[Name, Query(description="`structure:CODE` of one's own structure")],
    start: From,
    end: To,
    known_at: KnownAt = None,
    by: By = None,
) -> Question:
    asked = question(scope, start, end, known_at, by)
    if not is_own(caller, asked.scope):
        raise Problem(403, "another-structure", "a list stands behind the figures of one's own structure only")
    return asked


Asked = Annotated[Question, Depends(_asked)]
AskedOfOwn = Annotated[Question, Depends(_asked_of_own)]
