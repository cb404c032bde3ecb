"""Placements: which end soon, which are to be evaluated, and all that lack a host or a tutor marked so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import Row, upsert
from shared.language.codes import ActivityKind, ActivityStatus, PlacementForm
from shared.language.contracts import PublicEvent
from shared.language.contracts.training import Activity, Evaluation, Placement, PlacementCancellation, PlacementEnd


@dataclass(frozen=True)
class ListedPlacement:
    """`form` is null of an activity of which no placement was recorded, as in imports; its `placement` is the
    activity's id. `ends_on`: the last day as agreed, a renewal included; `ended_on`: as it ended, null where that is
    not recorded.

    `incomplete`: host (`employer`, a SIRET) or tutor (a correspondent) are not known. `disagreed`: whether the person
    says otherwise.
    """

    placement: UUID
    pathway: UUID
    structure: str
    adviser: str | None
    form: PlacementForm | None
    starts_on: date
    ends_on: date
    ended_on: date | None
    cancelled: bool
    evaluated: bool
    incomplete: bool
    employer: str | None = None
    tutor: UUID | None = None
    disagreed: bool = False


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps one row a placement; what becomes of it changes a row that stands."""
    rows = filter(None, map(_row, events))
    await upsert(connection, "placements", ("pathway", "placement"), rows, inserted_with="activity")
    told = [(event, event.body) for event in events if isinstance(event.body, Activity)]
    if told:
        await _follow_activities(connection, told)


def _row(event: PublicEvent) -> Row | None:
    match event.body:
        case Placement(placement=id) as placement:
            assert event.pathway is not None
            told: dict[str, Any] = {
                "activity": uuid5(event.pathway, f"activity/{id}"),
                "form": placement.form,
                "starts_on": placement.starts_on,
                "ends_on": placement.ends_on,
                "incomplete": not placement.complete,
            }
        case PlacementEnd(placement=id, ended_on=on, hours=hours):
            told = {"ended_on": on, "came": bool(hours)}
        case PlacementCancellation(placement=id):
            told = {"cancelled": True}
        case Evaluation(placement=id):
            told = {"evaluated": True}
        case _:
            return None
    return {"pathway": event.pathway, "placement": id, "version": event.version, **told}


async def _follow_activities(connection: Connection, told: Sequence[tuple[PublicEvent, Activity]]) -> None:
    """A placement of which an activity alone is known, from an import or by hand, has neither host nor tutor."""
    await connection.execute(
        "delete from placements where form is null and activity = any($1)",
        [activity.activity for _, activity in told if activity.kind is not ActivityKind.PLACEMENT],
    )
    # By hand: whether there is such a row depends on another one, and only one of its own kind is changed.
    await connection.executemany(
        """insert into placements as p
             (pathway, placement, activity, starts_on, ends_on, ended_on, came, incomplete, version)
           select $1, $2, $2, $3, $4, $4, $5, true, $6
            where not exists (select from placements where activity = $2 and form is not null)
           on conflict (pathway, placement) do update set starts_on = excluded.starts_on, ends_on = excluded.ends_on,
             ended_on = excluded.ended_on, came = excluded.came, version = excluded.version
           where p.form is null and p.version < excluded.version""",
        [
            (
                event.pathway,
                activity.activity,
                activity.started_on,
                activity.ended_on,
                activity.status is not ActivityStatus.NO_SHOW,
                event.version,
            )
            for event, activity in told
            if activity.kind is ActivityKind.PLACEMENT
        ],
    )


_ROWS = """select p.placement, p.pathway, k.structure, k.adviser, p.form, p.starts_on, p.ends_on, p.ended_on,
                  p.cancelled, p.evaluated, p.incomplete
             from placements p join known_pathways k on k.pathway = p.pathway
            where ($1::text is null or k.structure = $1) and ($2::text is null or k.adviser = $2)
              and not k.restricted and not k.archived and """


async def placements(
    pool: Pool, structure: str | None, adviser: str | None, start: date, end: date, limit: int
) -> list[ListedPlacement]:
    """Of a structure's people (null: of all) and one adviser's (null: all): those that start between two days."""
    return _listed(
        await pool.fetch(
            _ROWS + "p.starts_on between $3 and $4 order by p.starts_on, p.placement limit $5",
            structure,
            adviser,
            start,
            end,
            limit,
        )
    )


async def ending(
    pool: Pool, structure: str | None, adviser: str | None, until: date, limit: int
) -> list[ListedPlacement]:
    """Those whose last day is on or before a day and of which no end is recorded, the first to end first."""
    return _listed(
        await pool.fetch(
            _ROWS
            + "p.ended_on is null and not p.cancelled and p.ends_on <= $3 order by p.ends_on, p.placement limit $4",
            structure,
            adviser,
            until,
            limit,
        )
    )


async def to_evaluate(pool: Pool, structure: str | None, adviser: str | None, limit: int) -> list[ListedPlacement]:
    """Those that the person came to, that have ended and are not evaluated, the oldest first; no imported ones."""
    return _listed(
        await pool.fetch(
            _ROWS
            + """p.came and not p.evaluated and not p.cancelled and p.form is not null
                       order by p.ended_on, p.placement limit $3""",
            structure,
            adviser,
            limit,
        )
    )


def _listed(rows: Sequence[asyncpg.Record]) -> list[ListedPlacement]:
    return [
        ListedPlacement(**dict(row) | {"form": None if row["form"] is None else PlacementForm(row["form"])})
        for row in rows
    ]
