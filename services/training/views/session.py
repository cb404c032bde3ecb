"""Sessions, and who takes part in them. Who has a place and who waits follows from the order of enrolment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from shared.codes import SessionKind
from shared.contracts import PublicEvent
from shared.contracts.training import (
    Activity,
    Enrolment,
    EnrolmentEnd,
    HalfDay,
    SessionCancellation,
    SessionPlan,
)
from shared.database import Connection, Pool


@dataclass(frozen=True)
class ListedSession:
    """`places`: for people of the structure, of whom `enrolled` have one and `waiting` wait; `outside`: others, who
    come on top. `half_days` are all of the session, `hours_per_half_day` hours each; `cancelled`: it does not take
    place.
    """

    session: UUID
    structure: str
    kind: SessionKind
    places: int
    enrolled: int
    waiting: int
    outside: int
    cancelled: bool
    title: str | None = None
    place: str | None = None
    partner: str | None = None
    half_days: tuple[HalfDay, ...] = ()
    hours_per_half_day: Decimal | None = None


@dataclass(frozen=True)
class Participant:
    """`waiting_rank`: from 1 for who waits for a place, null for who has one, or takes part no more but did before.

    `attended`: attendance is recorded. `disagreed`: the person says otherwise of their attendance.
    """

    pathway: UUID
    enrolment: UUID
    enrolled_on: date
    standing: bool
    waiting_rank: int | None
    attended: bool
    disagreed: bool = False


@dataclass(frozen=True)
class MissingAttendance:
    """Somebody had a place in a session that is over, and nothing says whether they came."""

    pathway: UUID
    enrolment: UUID
    session: UUID
    structure: str
    ended_on: date
    adviser: str | None


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    for event in events:
        match event.body:
            case SessionPlan() as plan:
                await _plan(connection, event, plan)
            case SessionCancellation(session=session):
                await connection.execute(
                    "update sessions set cancelled = true, version = $2 where session = $1 and version < $2",
                    session,
                    event.version,
                )
            case Enrolment() as enrolment:
                assert event.pathway is not None
                await connection.execute(
                    """insert into enrolments (pathway, enrolment, activity, session, enrolled_on, place, version)
                       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing""",
                    event.pathway,
                    enrolment.enrolment,
                    uuid5(event.pathway, f"activity/{enrolment.enrolment}"),
                    enrolment.session,
                    enrolment.enrolled_on,
                    event.position,
                    event.version,
                )
            case EnrolmentEnd(enrolment=id):
                await connection.execute(
                    """update enrolments set standing = false, version = $3
                        where pathway = $1 and enrolment = $2 and version < $3""",
                    event.pathway,
                    id,
                    event.version,
                )
    if told := [event.body.activity for event in events if isinstance(event.body, Activity)]:
        await connection.execute("update enrolments set attended = true where activity = any($1)", told)


async def _plan(connection: Connection, event: PublicEvent, plan: SessionPlan) -> None:
    days = sorted({half_day.day for half_day in plan.half_days})
    changed = await connection.fetchval(
        """insert into sessions as s (session, structure, kind, starts_on, ends_on, capacity, outside, version)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (session) do update set kind = excluded.kind, starts_on = excluded.starts_on,
             ends_on = excluded.ends_on, capacity = excluded.capacity, outside = excluded.outside,
             version = excluded.version
           where s.version < excluded.version returning true""",
        plan.session,
        event.structure,
        plan.kind,
        days[0],
        days[-1],
        plan.capacity,
        plan.outside,
        event.version,
    )
    if changed:
        await connection.execute("delete from session_days where session = $1", plan.session)
        await connection.execute(
            "insert into session_days (session, day, structure) select $1, unnest($2::date[]), $3",
            plan.session,
            days,
            event.structure,
        )


async def sessions(pool: Pool, structure: str | None, start: date, end: date, limit: int) -> list[ListedSession]:
    """Sessions of a structure (null: of all) with a half-day between two days, both included, by that day."""
    rows = await pool.fetch(
        """select s.session, s.structure, s.kind, s.capacity as places, least(e.standing, s.capacity) as enrolled,
                  greatest(e.standing - s.capacity, 0) as waiting, s.outside, s.cancelled
             from (select session, min(day) as day from session_days
                    where ($1::text is null or structure = $1) and day between $2 and $3 group by session) w
             join sessions s using (session)
            cross join lateral (select count(*) filter (where standing) as standing
                                  from enrolments where session = s.session) e
            order by w.day, s.session limit $4""",
        structure,
        start,
        end,
        limit,
    )
    return [ListedSession(**dict(row) | {"kind": SessionKind(row["kind"])}) for row in rows]


async def participants(pool: Pool, session: UUID, structure: str | None, limit: int) -> list[Participant]:
    """Who of a structure's people (null: of all) takes part, or did, in the order of their enrolment.

    Everybody counts for the ranks; of whom nothing may be done at the moment (restricted, archived) is not listed.
    """
    rows = await pool.fetch(
        """select r.pathway, r.enrolment, r.enrolled_on, r.standing, r.attended,
                  case when r.standing and r.rank > s.capacity then r.rank - s.capacity end as waiting_rank
             from (select *, row_number() over (partition by standing order by place) as rank
                     from enrolments where session = $1) r
             join sessions s on s.session = r.session
             join known_pathways k on k.pathway = r.pathway
            where (r.standing or r.attended) and ($2::text is null or k.structure = $2)
              and not k.restricted and not k.archived
            order by r.place limit $3""",
        session,
        structure,
        limit,
    )
    return [Participant(**row) for row in rows]


async def missing_attendance(
    pool: Pool, today: date, structure: str | None, adviser: str | None, limit: int
) -> list[MissingAttendance]:
    """Of a structure's people (null: of all), those of one adviser where one is named; the oldest session first."""
    rows = await pool.fetch(
        """select e.pathway, e.enrolment, e.session, k.structure, s.ends_on as ended_on, k.adviser
             from enrolments e join sessions s using (session) join known_pathways k on k.pathway = e.pathway
            where e.standing and not e.attended and s.ends_on < $1 and not s.cancelled
              and ($2::text is null or k.structure = $2) and ($3::text is null or k.adviser = $3)
              and not k.restricted and not k.archived
              and (select count(*) from enrolments o
                    where o.session = e.session and o.standing and o.place <= e.place) <= s.capacity
            order by s.ends_on, e.session, e.place limit $4""",
        today,
        structure,
        adviser,
        limit,
    )
    return [MissingAttendance(**row) for row in rows]
