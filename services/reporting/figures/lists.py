"""The pathways behind a figure, by the conditions that make the figure: the list is as long as the figure says."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

import asyncpg

from services.reporting.figures import queries
from services.reporting.figures.scope import Look, must_exist
from shared.kernel.database import Connection
from shared.language.codes import Barrier

Part = Literal["numerator", "denominator"]


@dataclass(frozen=True)
class Listed:
    """One row behind a figure. What a figure does not speak of is null.

    `domain`: the barrier, where the figure counts barriers. `hours`: where it adds them up. `days`: of a duration,
    until it ended or, where `observed` is false, until it was last seen going on. `forgotten`: the person was
    forgotten; the ids lead nowhere.
    """

    pathway: UUID
    person: UUID
    forgotten: bool
    domain: Barrier | None
    hours: Decimal | None
    days: int | None
    observed: bool | None


@dataclass(frozen=True)
class Place:
    """A row's place in the order of a list: by pathway; `n` tells the rows of one pathway apart."""

    pathway: UUID
    n: int


@dataclass(frozen=True)
class Page:
    """`count`: rows of the whole list. `next`: the place of the last row, where more follow."""

    count: int
    rows: Sequence[Listed]
    next: Place | None


async def behind(
    connection: Connection,
    id: str,
    part: Part,
    look: Look,
    of_class: str | None = None,
    *,
    after: Place | None = None,
    limit: int,
) -> Page:
    """Gives the rows of one part of a figure, of one class of `by` where one is given. Raises UnknownScope."""
    await must_exist(connection, look.scope)
    found = await connection.fetch(
        f"""{queries.behind(id, part == "denominator", look.column or "sex")}
          select total.count, page.*,
                 not exists (select from folds f where f.projection = 'intake' and f.entity = page.pathway) as forgotten
            from (select count(*) from behind) total
            left join (
              select * from behind where $7::uuid is null or (pathway, n) > ($7, $8::integer)
               order by pathway, n limit $9
            ) page on true
           order by page.pathway, page.n""",
        *look.parameters,
        of_class,
        after and after.pathway,
        after and after.n,
        limit + 1,
    )
    rows = [row for row in found if row["pathway"] is not None]
    return Page(
        found[0]["count"],
        [_listed(row) for row in rows[:limit]],
        Place(rows[limit - 1]["pathway"], rows[limit - 1]["n"]) if len(rows) > limit else None,
    )


def _listed(row: asyncpg.Record) -> Listed:
    told = {name: row[name] for name in Listed.__dataclass_fields__}
    return Listed(**told | {"domain": row["domain"] and Barrier(row["domain"])})
