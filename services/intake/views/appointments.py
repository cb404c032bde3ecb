"""When people are asked to come: table, fold and question together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.kernel.database import Connection, Pool
from shared.language.contracts import PublicEvent
from shared.language.contracts.intake import Appointment, Reception, Request


@dataclass(frozen=True)
class ListedAppointment:
    appointment: UUID
    pathway: UUID
    person: UUID
    structure: str
    adviser: str | None


async def follow_appointments(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """After the pathways are in step: an appointment is of the structure that holds its pathway."""
    told = {
        event.body.appointment: (event.pathway, event.body.on, event.body.status, event.version)
        for event in events
        if isinstance(event.body, Appointment)
    }
    if told:
        await connection.execute(
            """insert into appointments as a (appointment, pathway, structure, day, status, version)
               select u.appointment, u.pathway, r.structure, u.day, u.status, u.version
                 from unnest($1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::integer[])
                        u(appointment, pathway, day, status, version)
                 join requests r on r.pathway = u.pathway
               on conflict (pathway, appointment) do update
                 set day = excluded.day, status = excluded.status, version = excluded.version
                 where a.version < excluded.version""",
            list(told),
            *(list(column) for column in zip(*told.values(), strict=True)),
        )
    if moved := [event.pathway for event in events if isinstance(event.body, Request | Reception)]:
        await connection.execute(
            """update appointments a set structure = r.structure from requests r
                where a.pathway = any($1) and r.pathway = a.pathway and a.structure <> r.structure""",
            moved,
        )


async def appointments(
    pool: Pool,
    structure: str | None,
    adviser: str | None,
    first: date,
    last: date,
    limit: int,
    *,
    restricted_too: bool,
) -> list[ListedAppointment]:
    """Of the days from `first` to `last`, both included, in their order."""
    rows = await pool.fetch(
        """select appointment, pathway, r.person, a.structure, r.adviser
             from appointments a join requests r using (pathway)
            where a.day between $3 and $4 and ($1::text is null or a.structure = $1)
              and ($2::text is null or r.adviser = $2) and ($5 or not r.restricted) and not r.archived
            order by a.day, appointment limit $6""",
        structure,
        adviser,
        first,
        last,
        restricted_too,
        limit,
    )
    return [ListedAppointment(**row) for row in rows]
