"""The pathways behind a figure of one's own structure, and who was shown them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request

from services.reporting.api.asking import AskedOfOwn, as_known
from services.reporting.figures.catalogue import CATALOGUE, ONE_PART
from services.reporting.figures.lists import Listed, Part, Place, behind
from shared.http.access import OfStructure
from shared.http.door import Router
from shared.http.readings import Noted, Reading, readings_of
from shared.http.routes import Limit
from shared.kernel.refusals import Problem
from shared.language.codes import BREAKDOWNS

router = Router()


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
    place = Place(UUID(pathway), int(n)) if after else None
    known_at, page = await as_known(
        request.app.state.pool,
        asked,
        lambda connection, look: behind(connection, id, part, look, of_class, after=place, limit=limit),
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
