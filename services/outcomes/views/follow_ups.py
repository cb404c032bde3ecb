"""Whom to ask again. Imported history raises no task, and nothing is asked of who died."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.outcomes.views.whose import ASKED_FOR
from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import Row, upsert
from shared.language.codes import FollowUpMonth
from shared.language.contracts import PublicEvent
from shared.language.contracts.outcomes import FollowUp, FollowUpAttempt


@dataclass(frozen=True)
class FollowUpDue:
    """`attempts`: how often somebody tried since the exit, and `last_attempt` when last. `adviser`: token's subject."""

    pathway: UUID
    structure: str
    month: int
    due_on: date
    adviser: str | None
    attempts: int
    last_attempt: date | None


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Sets what is due too: it follows from exits and situations, so these are kept before."""
    asked = (_asked(event, event.body) for event in events if isinstance(event.body, FollowUp))
    await upsert(connection, "asked", ("pathway", "month"), asked)
    attempts = (_attempt(event, event.body) for event in events if isinstance(event.body, FollowUpAttempt))
    await upsert(connection, "attempts", ("pathway", "attempt"), attempts)
    await _set_due(connection, list({event.pathway for event in events if event.pathway is not None}))


def _asked(event: PublicEvent, followup: FollowUp) -> Row:
    return {
        "pathway": event.aggregate,
        "month": followup.month,
        "asked_on": followup.asked_on,
        "situation": followup.situation,
        "version": event.version,
    }


def _attempt(event: PublicEvent, attempt: FollowUpAttempt) -> Row:
    return {
        "pathway": event.pathway,
        "attempt": attempt.attempt,
        "month": attempt.month,
        "attempted_on": attempt.attempted_on,
        "version": event.version,
    }


async def _set_due(connection: Connection, pathways: Sequence[UUID]) -> None:
    """The follow-ups that the pathways' exits leave to be made: not those answered since, and none of who died."""
    await connection.execute("delete from due where pathway = any($1)", pathways)
    await connection.execute(
        """insert into due (pathway, month, due_on, since)
           select e.pathway, m.month, (e.exited_on + make_interval(months => m.month))::date, e.exited_on
             from exits e cross join unnest($2::integer[]) m(month)
            where e.pathway = any($1) and e.stands and e.to_ask and e.situation <> 'deceased'
              and not exists (select from asked a
                               where a.pathway = e.pathway and a.month = m.month and a.asked_on >= e.exited_on)
              and not exists (select from asked a where a.pathway = e.pathway and a.situation = 'deceased')
              and not exists (select from situations s where s.pathway = e.pathway and s.kind = 'deceased')""",
        pathways,
        [month.value for month in FollowUpMonth],
    )


async def follow_ups_due(
    pool: Pool, until: date, structure: str | None, adviser: str | None, limit: int
) -> list[FollowUpDue]:
    """Follow-ups due on or before a day and not answered since the exit that stands, the oldest first."""
    rows = await pool.fetch(
        f"""select d.pathway, k.structure, d.month, d.due_on, k.adviser, tried.attempts, tried.last_attempt
             from due d join known_pathways k using (pathway)
             cross join lateral (
               select count(*) as attempts, max(attempted_on) as last_attempt from attempts t
                where t.pathway = d.pathway and t.month = d.month and t.attempted_on >= d.since
             ) tried
            where d.due_on <= $3 and {ASKED_FOR}
            order by d.due_on, d.pathway limit $4""",
        structure,
        adviser,
        until,
        limit,
    )
    return [FollowUpDue(**row) for row in rows]
