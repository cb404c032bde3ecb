"""Sessions, and who takes part in them. Who has a place and who waits follows from the order of enrolment."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import Row, upsert
from shared.language.codes import SessionKind
from shared.language.contracts import PublicEvent
from shared.language.contracts.training import (
    Activity,
    Enrolment,
    EnrolmentEnd,
    HalfDay,
    SessionCancellation,
    SessionPlan,
)


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
    """Keeps the sessions with their days, and who takes part."""
    planned = filter(None, map(_session, events))
    changed = await upsert(connection, "sessions", ("session",), planned, once=("structure",), inserted_with="kind")
    await _set_days(connection, events, {row["session"] for row in changed})
    enrolled = filter(None, map(_enrolment, events))
    await upsert(connection, "enrolments", ("pathway", "enrolment"), enrolled, inserted_with="session")
    if told := [event.body.activity for event in events if isinstance(event.body, Activity)]:
        await connection.execute("update enrolments set attended = true where activity = any($1)", told)


def _session(event: PublicEvent) -> Row | None:
    match event.body:
        case SessionPlan() as plan:
            days = _days(plan)
            return {
                "session": plan.session,
                "structure": event.structure,
                "kind": plan.kind,
                "starts_on": days[0],
                "ends_on": days[-1],
                "capacity": plan.capacity,
                "outside": plan.outside,
                "version": event.version,
            }
        case SessionCancellation(session=session):
            return {"session": session, "cancelled": True, "version": event.version}
    return None


def _days(plan: SessionPlan) -> list[date]:
    return sorted({half_day.day for half_day in plan.half_days})


async def _set_days(connection: Connection, events: Sequence[PublicEvent], changed: Set[UUID]) -> None:
    """Replaces the days of the sessions that were planned, or planned anew, by those of the last plan."""
    plans = {
        event.body.session: (event.structure, _days(event.body))
        for event in events
        if isinstance(event.body, SessionPlan) and event.body.session in changed
    }
    if plans:
        rows = [(session, day, structure) for session, (structure, days) in plans.items() for day in days]
        await connection.execute("delete from session_days where session = any($1)", list(plans))
        await connection.execute(
            """insert into session_days (session, day, structure)
               select * from unnest($1::uuid[], $2::date[], $3::text[])""",
            *map(list, zip(*rows, strict=True)),
        )


def _enrolment(event: PublicEvent) -> Row | None:
    match event.body:
        case Enrolment(enrolment=id) as enrolment:
            assert event.pathway is not None
            return {
                "pathway": event.pathway,
                "enrolment": id,
                "activity": uuid5(event.pathway, f"activity/{id}"),
                "session": enrolment.session,
                "enrolled_on": enrolment.enrolled_on,
                "place": event.position,
                "version": event.version,
            }
        case EnrolmentEnd(enrolment=id):
            return {"pathway": event.pathway, "enrolment": id, "standing": False, "version": event.version}
    return None


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
