"""Whose contract ends, and who works and was last spoken to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.outcomes.views.whose import ASKED_FOR, coded
from shared.kernel.database import Connection, Pool
from shared.kernel.upsert import Row, upsert
from shared.language.codes import JOBS, Contract, EmploymentSupportKind, Situation
from shared.language.contracts import PublicEvent
from shared.language.contracts.outcomes import EmploymentSupport, SituationPeriod


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


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    periods = (_period(event, event.body) for event in events if isinstance(event.body, SituationPeriod))
    await upsert(connection, "situations", ("pathway", "situation"), periods)
    supports = (_support(event, event.body) for event in events if isinstance(event.body, EmploymentSupport))
    await upsert(connection, "employment_supports", ("pathway", "support"), supports)


def _period(event: PublicEvent, period: SituationPeriod) -> Row:
    return {
        "pathway": event.pathway,
        "situation": period.situation,
        "kind": period.kind,
        "started_on": period.started_on,
        "ended_on": period.ended_on,
        "contract": period.contract,
        "contract_end": period.contract_end,
        "hours_a_week": period.hours_a_week,
        "version": event.version,
    }


def _support(event: PublicEvent, support: EmploymentSupport) -> Row:
    return {
        "pathway": event.pathway,
        "support": support.support,
        "situation": support.situation,
        "what": support.what,
        "supported_on": support.supported_on,
        "version": event.version,
    }


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
            where s.ended_on is null and s.kind = any($3) and {which} and {ASKED_FOR} and k.started_on is not null
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
        ListedJob(**coded(row, kind=Situation, contract=Contract, last_support=EmploymentSupportKind)) for row in rows
    ]
