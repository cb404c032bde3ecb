"""The questions that reporting answers over HTTP."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from services.reporting.catalogue import CATALOGUE, DURATIONS, ONE_PART
from services.reporting.estimates import Figure
from services.reporting.indicators import Scope, UnknownScope, figures, incomplete, watermark
from services.reporting.lists import Listed, Part, Place, behind
from services.reporting.outsiders import ALLOWED, Outsider, must_be_fixed, told
from services.reporting.read_model import enter_for_reading, expect_many
from services.reporting.withholding import NOTHING, WITHHELD, shown
from shared.accepting import preferred
from shared.access import Caller, OfStructure, Role, allow
from shared.clock import day_in_paris, now
from shared.codes import BREAKDOWNS
from shared.database import Connection, Pool, across_structures
from shared.days import Day, Instant
from shared.door import Router
from shared.problems import Problem
from shared.readings import Noted, Reading, readings_of
from shared.routes import Limit
from shared.texts import Name

PATIENCE = 5.0
"""Seconds to wait for the projections to reach the instant that was asked for."""

router = Router(prefix="/v1")
_operations = [Depends(allow(Role.OPERATOR, Role.OPS))]


@asynccontextmanager
async def reading(pool: Pool) -> AsyncIterator[Connection]:
    """One consistent look at the read models that answer."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await enter_for_reading(connection)
        yield connection


T = TypeVar("T")


@dataclass(frozen=True)
class Question:
    """Of whom, of when and as known at which instant (null: now) is asked; `by`: the breakdown, if any.

    `outsider`: the asker, where not every figure is for them.
    """

    scope: Scope
    start: date
    end: date
    known_at: datetime | None = None
    by: str | None = None
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
    """The question as this caller may ask it on a day, `today` in Paris. Raises Problem where they may not."""
    if caller.role is Role.OPERATOR or is_own(caller, asked.scope):
        return asked
    if asked.scope.structure is not None or (caller.role is not Role.EVALUATOR and caller.structure is None):
        raise Problem(403, "another-structure", "another structure's figures are told in published editions only")
    must_be_fixed(asked.start, asked.end, today)
    if asked.known_at is not None:
        raise Problem(422, "known-at-not-free", "known_at is not for choice: two instants could be subtracted")
    return replace(asked, outsider=Outsider(threshold, caller.structure if caller.role is not Role.EVALUATOR else None))


def is_own(caller: Caller, scope: Scope) -> bool:
    """That it is the structure of an adviser or a manager."""
    own = caller.structure if caller.role in (Role.ADVISER, Role.MANAGER) else None
    return own is not None and scope.structure == own


async def as_known(
    pool: Pool, known_at: datetime | None, ask: Callable[[Connection, datetime], Awaitable[T]]
) -> tuple[str, T]:
    """The instant for which the answer holds (now: as far as the projections are), and the answer. Raises Problem."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        async with reading(pool) as connection:
            reached = await watermark(connection)
            if reached is not None and (known_at is None or known_at <= reached):
                at = known_at or reached
                try:
                    answered = await ask(connection, at)
                except UnknownScope as error:
                    raise Problem(404, "unknown-scope", str(error)) from None
                return at.astimezone(UTC).isoformat().replace("+00:00", "Z"), answered
        if asyncio.get_running_loop().time() > deadline:
            raise Problem(503, "not-yet-projected", f"the projections have reached {reached}", retry_after=1)
        await asyncio.sleep(0.02)


async def answer(pool: Pool, asked: Question) -> dict[str, Any]:
    """The indicators as they are served."""

    async def ask(connection: Connection, at: datetime) -> dict[str, Any]:
        if asked.scope.structure is None and asked.scope.department is None:
            await expect_many(connection)
        total, classes = await figures(connection, asked.scope, asked.start, asked.end, at, asked.by)
        missing = await incomplete(connection, asked.scope)
        found: dict[str, Any] = {}
        if asked.outsider is not None:
            may = await told(connection, asked.scope, asked.start, asked.end, at, asked.by, asked.outsider)
            total = shown(total, may.of_all)
            classes = {name: shown(group, may.classes.get(name, NOTHING)) for name, group in classes.items()}
            missing = missing and WITHHELD
            found["threshold"] = asked.outsider.threshold
        found["indicators"] = total
        if asked.by:
            found["classes"] = classes
        if missing:
            found["incomplete"] = missing
        return found

    # What may not be told to an outsider is decided on the whole, and withheld.
    with across_structures() if asked.outsider is not None else nullcontext():
        known_at, found = await as_known(pool, asked.known_at, ask)
    period = {"from": asked.start.isoformat(), "to": asked.end.isoformat()}
    return {"scope": asked.scope.text, **period, "known_at": known_at, **found}


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


DESCRIPTION = f"""The whole catalogue of a scope and a period, as JSON or, with `Accept: text/csv`, as CSV.

`indicators`, and with `by` also `classes`, hold by id: a count or a median as `{{"value"}}` (hours in hours, waits in
days); a share as `{{"numerator", "denominator", "value", "ci95"}}` (Wilson's 95 % interval); a Kaplan–Meier duration
(`…_km`) as `{{"value", "observed", "censored", "survival"}}`: the median in days with those still waiting taken into
account, how many durations ended and how many still go on, and the share still waiting after some days. Null: it
cannot be said. `known_at` is the instant for which the answer holds: nothing dated later than its date in Paris has
happened yet, and what has not ended by then still goes on. `incomplete` says how many events wait or were given up.

**Outsiders**, that is an evaluator, and an adviser or a manager beyond their own structure, ask for {ALLOWED};
`known_at` is not theirs to choose, and structures' figures are told in published editions only. They get
`{{"withheld": true}}` (CSV: `withheld`) for every figure by which a count of people or pathways under `threshold` could
be told, from this answer or from another one that it could be subtracted from. Of classes and of départements whole
years alone are told, of a département's classes nothing.
"""


@router.get("/indicators", description=DESCRIPTION)
async def indicators(request: Request, asked: Asked) -> Response:
    """As DESCRIPTION says."""
    found = await answer(request.app.state.pool, asked)
    if preferred(request.headers.get("accept", ""), ("application/json", "text/csv")) == "text/csv":
        return Response(as_csv(found), media_type="text/csv; charset=utf-8")
    return JSONResponse(found)


@dataclass(frozen=True)
class BehindFigure:
    """`count`: rows of the whole list, as many as the figure says. `next`: what `after` is for the rows that follow."""

    known_at: datetime
    count: int
    pathways: Sequence[Listed]
    next: str | None


@router.get("/indicators/{id}/pathways")
async def behind_figure(
    request: Request,
    asked: AskedOfOwn,
    looking: Reading,
    id: Annotated[str, Path(description=f"Id of an indicator: {', '.join(sorted(CATALOGUE))}")],
    of_class: Annotated[str | None, Query(alias="class", description="A class of `by`; needs it")] = None,
    part: Annotated[Part, Query(description="Of a share; other figures have the numerator only")] = "numerator",
    limit: Limit = 100,
    after: Annotated[str | None, Query(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9]{1,3}$")] = None,
) -> BehindFigure:
    """The pathways behind one figure of one's own structure, as many as the figure says; intake has the names.

    One row a pathway; of `persons_supported` a person (with one of their pathways); of `barriers_reduced_share` a
    barrier, with its `domain`. Of hours the pathways that have some, with their `hours`; of medians and durations those
    that enter them, with their `days`. For the next page ask again with `after` = `next` and the `known_at` answered.
    """
    if id not in CATALOGUE:
        raise Problem(404, "unknown-indicator", "the catalogue has no such indicator")
    if part == "denominator" and id in ONE_PART:
        raise Problem(422, "no-denominator", f"{id} is no share")
    if of_class is not None and (asked.by is None or of_class not in BREAKDOWNS[asked.by]):
        raise Problem(422, "unknown-class", "class is one of the classes of the breakdown that `by` names")
    pathway, _, n = (after or "").partition(".")
    known_at, page = await as_known(
        request.app.state.pool,
        asked.known_at,
        lambda connection, at: behind(
            connection,
            id,
            part,
            asked.scope,
            asked.start,
            asked.end,
            at,
            asked.by,
            of_class,
            after=Place(UUID(pathway), int(n)) if after else None,
            limit=limit,
        ),
    )
    return BehindFigure(
        datetime.fromisoformat(known_at),
        page.count,
        await looking.shown(page.rows),
        f"{page.next.pathway}.{page.next.n}" if page.next else None,
    )


@router.get("/pathways/{pathway}/readings")
async def readings(pathway: UUID, caller: OfStructure, request: Request) -> list[Noted]:
    """Who of one's own structure was shown a pathway behind a figure, the oldest first: for the person's own copy."""
    return await readings_of(request.app.state.pool, [], [pathway], caller.own_structure)


COLUMNS = (
    "scope",
    "from",
    "to",
    "known_at",
    "class",
    "indicator",
    "value",
    "numerator",
    "denominator",
    "ci95_low",
    "ci95_high",
    "observed",
    "censored",
)


def as_csv(found: dict[str, Any]) -> str:
    """One row an indicator and class; the class is empty for the whole."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    groups: dict[str, dict[str, Figure]] = {"": found["indicators"], **found.get("classes", {})}
    for name, group in groups.items():
        for id, figure in group.items():
            head = (found["scope"], found["from"], found["to"], found["known_at"], name, id)
            rows.writerow((*head, *_cells(id, figure)))
    return text.getvalue()


def _cells(id: str, figure: Figure) -> tuple[Any, ...]:
    """Withheld: in every cell that the figure would fill."""
    if figure == WITHHELD:
        share, duration = id not in ONE_PART, id in DURATIONS
        return ("withheld", *["withheld" if share else None] * 4, *["withheld" if duration else None] * 2)
    parts = (figure.get(name) for name in ("numerator", "denominator"))
    interval = figure.get("ci95") or (None, None)
    return (figure["value"], *parts, *interval, *(figure.get(name) for name in ("observed", "censored")))


@router.post("/rebuild", dependencies=_operations, status_code=202)
async def rebuild(request: Request) -> dict[str, Any]:
    """Starts to build the read models anew; the old ones answer meanwhile."""
    return dict(vars(request.app.state.rebuilder.start()))


@router.get("/rebuild", dependencies=_operations)
async def rebuild_state(request: Request) -> dict[str, Any]:
    """How far the rebuild is: `state` none, running, done or failed; `applied` events of `of`."""
    return dict(vars(request.app.state.rebuilder.rebuild))
