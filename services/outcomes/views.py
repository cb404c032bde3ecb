"""Outcomes' own questions: whom to ask again, whose contract ends, who works and was last spoken to, who left.

Table, fold and query together. Whose a pathway is, and who advises the person, is what intake told last
(`known_pathways`), so that a transfer moves everything that is due. Nothing may be recorded of who is archived or
restricted, so nothing is due of them. Imported history raises no task, and nothing is asked of who died.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from shared.codes import JOBS, Contract, EmploymentSupportKind, ExitClass, ExitReason, FollowUpMonth, Situation
from shared.contracts import PublicEvent
from shared.contracts.outcomes import (
    EmploymentSupport,
    Exit,
    FollowUp,
    FollowUpAttempt,
    Reopening,
    SituationPeriod,
)
from shared.database import Connection, Pool


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


@dataclass(frozen=True)
class ListedJob:
    """A job that goes on as far as is known, an SIAE's included; `contract_end`: when it is to end.

    `last_supported_on`: of the last visit or talk, and `last_support` what it was. `adviser`: a token's subject.
    `disagreed`: whether the person says otherwise.
    """

    pathway: UUID
    structure: str
    adviser: str | None
    situation: UUID
    kind: Situation
    started_on: date
    contract: Contract | None
    contract_end: date | None
    hours_a_week: Decimal | None
    last_supported_on: date | None
    last_support: EmploymentSupportKind | None
    disagreed: bool = False


@dataclass(frozen=True)
class ListedExit:
    """`uncertain`: employment whose contract or dates are unknown. `adviser`: a token's subject.

    `disagreed`: whether the person says otherwise.
    """

    pathway: UUID
    structure: str
    adviser: str | None
    exited_on: date
    situation: Situation
    reason: ExitReason | None
    exit_class: ExitClass
    uncertain: bool
    disagreed: bool = False


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Each event changes its own rows; told twice it changes nothing."""
    for event in events:
        match event.body:
            case Exit() as exit:
                # A correction says nothing of whether there is a task: it may be of history, or come from an import.
                await connection.execute(
                    """insert into exits as e
                         (pathway, exited_on, situation, reason, exit_class, uncertain, stands, to_ask, version)
                       values ($1, $2, $3, $4, $5, $6, true, $7, $8)
                       on conflict (pathway) do update set exited_on = excluded.exited_on,
                         situation = excluded.situation, reason = excluded.reason, exit_class = excluded.exit_class,
                         uncertain = excluded.uncertain, stands = true,
                         to_ask = case when $9 then e.to_ask else excluded.to_ask end, version = excluded.version
                       where e.version < excluded.version""",
                    event.aggregate,
                    exit.exited_on,
                    exit.situation,
                    exit.reason,
                    exit.exit_class,
                    exit.uncertain,
                    not event.historical,
                    event.version,
                    event.name.endswith("exit-corrected"),
                )
            case Reopening():
                await connection.execute(
                    "update exits set stands = false, version = $2 where pathway = $1 and version < $2",
                    event.aggregate,
                    event.version,
                )
            case FollowUp() as followup:
                await connection.execute(
                    """insert into asked as a (pathway, month, asked_on, situation, version) values ($1, $2, $3, $4, $5)
                       on conflict (pathway, month) do update set asked_on = excluded.asked_on,
                         situation = excluded.situation, version = excluded.version
                       where a.version < excluded.version""",
                    event.aggregate,
                    followup.month,
                    followup.asked_on,
                    followup.situation,
                    event.version,
                )
            case FollowUpAttempt() as attempt:
                await connection.execute(
                    """insert into attempts as a (pathway, attempt, month, attempted_on, version)
                       values ($1, $2, $3, $4, $5)
                       on conflict (pathway, attempt) do update set month = excluded.month,
                         attempted_on = excluded.attempted_on, version = excluded.version
                       where a.version < excluded.version""",
                    event.pathway,
                    attempt.attempt,
                    attempt.month,
                    attempt.attempted_on,
                    event.version,
                )
            case SituationPeriod() as period:
                await connection.execute(
                    """insert into situations as s (pathway, situation, kind, started_on, ended_on, contract,
                         contract_end, hours_a_week, version)
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                       on conflict (pathway, situation) do update set kind = excluded.kind,
                         started_on = excluded.started_on, ended_on = excluded.ended_on,
                         contract = excluded.contract, contract_end = excluded.contract_end,
                         hours_a_week = excluded.hours_a_week, version = excluded.version
                       where s.version < excluded.version""",
                    event.pathway,
                    period.situation,
                    period.kind,
                    period.started_on,
                    period.ended_on,
                    period.contract,
                    period.contract_end,
                    period.hours_a_week,
                    event.version,
                )
            case EmploymentSupport() as support:
                await connection.execute(
                    """insert into employment_supports as s (pathway, support, situation, what, supported_on, version)
                       values ($1, $2, $3, $4, $5, $6)
                       on conflict (pathway, support) do update set situation = excluded.situation,
                         what = excluded.what, supported_on = excluded.supported_on, version = excluded.version
                       where s.version < excluded.version""",
                    event.pathway,
                    support.support,
                    support.situation,
                    support.what,
                    support.supported_on,
                    event.version,
                )

    await _set_due(connection, list({event.pathway for event in events if event.pathway is not None}))


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


_ASKED_FOR = """($1::text is null or k.structure = $1) and ($2::text is null or k.adviser = $2)
            and not k.archived and not k.restricted"""


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
            where d.due_on <= $3 and {_ASKED_FOR}
            order by d.due_on, d.pathway limit $4""",
        structure,
        adviser,
        until,
        limit,
    )
    return [FollowUpDue(**row) for row in rows]


async def contracts_ending(
    pool: Pool, start: date, end: date, structure: str | None, adviser: str | None, limit: int
) -> list[ListedJob]:
    """Jobs that are to end between two days, both included, the next first."""
    return await _jobs(
        pool, "s.contract_end between $4 and $5", "s.contract_end", (start, end), structure, adviser, limit
    )


async def ended_without_news(
    pool: Pool, today: date, structure: str | None, adviser: str | None, limit: int
) -> list[ListedJob]:
    """Jobs that were to end before today, and nobody said whether they did or go on; the longest ago first."""
    return await _jobs(pool, "s.contract_end < $4", "s.contract_end", (today,), structure, adviser, limit)


async def in_employment(pool: Pool, structure: str | None, adviser: str | None, limit: int) -> list[ListedJob]:
    """Jobs that go on, the least recently supported first."""
    return await _jobs(pool, "true", "last_supported_on nulls first, s.started_on", (), structure, adviser, limit)


async def _jobs(
    pool: Pool,
    which: str,
    order: str,
    days: Sequence[date],
    structure: str | None,
    adviser: str | None,
    limit: int,
) -> list[ListedJob]:
    """Of those whose support has begun and goes on: who has left is asked by the follow-ups."""
    rows = await pool.fetch(
        f"""select s.pathway, k.structure, k.adviser, s.situation, s.kind, s.started_on, s.contract, s.contract_end,
                 s.hours_a_week, l.supported_on as last_supported_on, l.what as last_support
             from situations s join known_pathways k using (pathway)
             left join lateral (
               select supported_on, what from employment_supports l
                where l.pathway = s.pathway and l.situation = s.situation
                order by supported_on desc, support limit 1
             ) l on true
            where s.ended_on is null and s.kind = any($3) and {which} and {_ASKED_FOR} and k.started_on is not null
              and not exists (select from exits e where e.pathway = s.pathway and e.stands)
              and not exists (select from situations d where d.pathway = s.pathway and d.kind = 'deceased')
            order by {order}, s.pathway, s.situation limit ${4 + len(days)}""",
        structure,
        adviser,
        list(JOBS),
        *days,
        limit,
    )
    return [
        ListedJob(**_coded(row, kind=Situation, contract=Contract, last_support=EmploymentSupportKind)) for row in rows
    ]


async def exits(pool: Pool, since: date, structure: str | None, adviser: str | None, limit: int) -> list[ListedExit]:
    """Exits on or after a day that stand, the latest first."""
    rows = await pool.fetch(
        f"""select e.pathway, k.structure, k.adviser, e.exited_on, e.situation, e.reason, e.exit_class, e.uncertain
             from exits e join known_pathways k using (pathway)
            where e.stands and e.exited_on >= $3 and {_ASKED_FOR}
            order by e.exited_on desc, e.pathway limit $4""",
        structure,
        adviser,
        since,
        limit,
    )
    return [ListedExit(**_coded(row, situation=Situation, reason=ExitReason, exit_class=ExitClass)) for row in rows]


def _coded(row: asyncpg.Record, **kinds: Any) -> dict[str, Any]:
    """The row with its codes as what they are."""
    codes = {name: kind(row[name]) for name, kind in kinds.items() if row[name] is not None}
    return dict(row) | codes
