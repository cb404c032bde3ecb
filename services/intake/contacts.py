"""The last contact of every person, from intake's own events and the others': table, fold and query together.

One row a fact, so that a correction moves it and an annulment takes it away. What the person's retention says is kept
beside it, with the day from which the next step is due. What a contact is stands in domain/last_contact.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from services.intake.domain import Due, LastContact, Retention, Step, next_step
from services.intake.domain.last_contact import Contact, contact_in
from services.intake.domain.retention import Announcement
from shared.kernel.database import Connection, Pool
from shared.kernel.event_store import Ledger
from shared.kernel.upsert import Row, upsert
from shared.language.contracts import PublicEvent
from shared.language.contracts.intake import Request

CONSUMER = "intake-contacts"


async def enter(connection: Connection) -> None:
    """The consumer's position and parked events stand beside its tables."""
    await connection.execute("select set_config('search_path', 'contacts, public', true)")


async def alone(connection: Connection) -> None:
    """Four streams write one person's row: one transaction at a time, or the later would miss the earlier's facts."""
    await connection.execute("select pg_advisory_xact_lock(hashtext('lieu.contacts'))")


async def follow(ledger: Ledger, connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Applies events of one stream; a version already applied changes nothing, a forgotten pathway's is ignored."""
    await alone(connection)
    forgotten = await ledger.forgotten({event.pathway for event in events if event.pathway is not None})
    told = [
        (event.pathway, event, event.body)
        for event in events
        if event.pathway is not None and event.pathway not in forgotten and isinstance(event.body, Contact)
    ]
    pathways = list({pathway for pathway, _, _ in told})
    before = await _persons_of(connection, pathways)
    requests = (
        {"pathway": pathway, "person": body.person, "version": event.version}
        for pathway, event, body in told
        if isinstance(body, Request)
    )
    await upsert(connection, "contacts.pathways", ("pathway",), requests)
    facts = (_row(event, body) for _, event, body in told)
    await upsert(connection, "contacts.facts", ("pathway", "fact"), facts, once=("imported",))
    # A corrected request may name another person: both are counted again.
    after = await _persons_of(connection, pathways)
    await _count_again(connection, {*before.values(), *after.values()})
    await _unsettle(connection, before, after)


def _row(event: PublicEvent, body: Contact) -> Row:
    fact, on = contact_in(body)
    return {
        "pathway": event.pathway,
        "fact": fact,
        "happened_on": on,
        "imported": event.historical,
        "version": event.version,
    }


async def _persons_of(connection: Connection, pathways: Sequence[UUID]) -> dict[UUID, UUID]:
    rows = await connection.fetch("select pathway, person from contacts.pathways where pathway = any($1)", pathways)
    return {row["pathway"]: row["person"] for row in rows}


async def _unsettle(connection: Connection, before: Mapping[UUID, UUID], after: Mapping[UUID, UUID]) -> None:
    """Marks persons who gained a pathway: they decide now whether it is archived, and a new request opens the file."""
    gained = {person for pathway, person in after.items() if before.get(pathway) != person}
    moved = {person for pathway, person in after.items() if before.get(pathway, person) != person}
    if gained:
        await connection.execute(
            """update contacts.persons set unsettled = true
                where person = any($1) and (announced_on is not null or person = any($2))""",
            list(gained),
            list(moved),
        )


async def _count_again(connection: Connection, persons: set[UUID]) -> None:
    rows = await connection.fetch(
        """select u.person, max(f.happened_on) as last_contact,
                  coalesce(bool_and(f.imported) filter (where f.happened_on is not null), true) as imported_only,
                  k.announced_on, k.announced_contact, k.archived_on
             from unnest($1::uuid[]) u(person)
             left join contacts.pathways p on p.person = u.person
             left join contacts.facts f on f.pathway = p.pathway
             left join contacts.persons k on k.person = u.person
            group by u.person, k.announced_on, k.announced_contact, k.archived_on""",
        list(persons),
    )
    # By hand: of somebody of whom a step is under way the day stays.
    await connection.execute(
        """insert into contacts.persons as k (person, last_contact, imported_only, due_on)
           select * from unnest($1::uuid[], $2::date[], $3::boolean[], $4::date[])
           on conflict (person) do update
             set last_contact = excluded.last_contact, imported_only = excluded.imported_only,
                 due_on = case when k.unsettled then k.due_on else excluded.due_on end""",
        [row["person"] for row in rows],
        [row["last_contact"] for row in rows],
        [row["imported_only"] for row in rows],
        [step.on if (step := _due(row)) else None for row in rows],
    )


def _contact(row: asyncpg.Record) -> LastContact | None:
    return None if row["last_contact"] is None else LastContact(row["last_contact"], row["imported_only"])


def _due(row: asyncpg.Record) -> Due | None:
    announced = row["announced_on"] and Announcement(row["announced_on"], row["announced_contact"])
    return next_step(_contact(row), announced, row["archived_on"])


# What the steps need (services/intake/retention.py)


@dataclass(frozen=True)
class Kept:
    """One person's row: their structures, and the step that is next; `due` null: none, as things stand.

    `without_pathway`: somebody who was identified and never asked for support, by those structures.
    """

    person: UUID
    structures: list[str]
    contact: LastContact | None
    announced_on: date | None
    archived_on: date | None
    due: Due | None
    without_pathway: bool = False


_KEPT = """select k.*, array(select distinct r.structure from requests r where r.person = k.person order by 1)
                   as structures
             from contacts.persons k"""


def _kept(row: asyncpg.Record) -> Kept:
    return Kept(
        row["person"], list(row["structures"]), _contact(row), row["announced_on"], row["archived_on"], _due(row)
    )


async def those_due(pool: Pool, today: date, after: tuple[date, UUID], limit: int) -> list[tuple[date, Kept]]:
    """Finds those due by today, in the order of (due_on, person), after `after`; those without a pathway too."""
    rows = await pool.fetch(
        f"{_KEPT} where due_on <= $1 and (due_on, person) > ($2, $3) order by due_on, person limit $4",
        today,
        *after,
        limit,
    )
    found = [(row["due_on"], _kept(row)) for row in rows]
    found += await _those_without_pathway(pool, today, after, limit)
    return sorted(found, key=lambda one: (one[0], one[1].person))[:limit]


WITHOUT_PATHWAY_FOR = 30
"""Days for which somebody is kept who was identified and has no pathway; our own choice."""


async def _those_without_pathway(
    pool: Pool, today: date, after: tuple[date, UUID], limit: int
) -> list[tuple[date, Kept]]:
    """Finds them by the days since the last word of them, in Paris; not those who were merged into another."""
    rows = await pool.fetch(
        """select * from (
             select p.person, (max(e.known_at) at time zone 'Europe/Paris')::date + $4::integer as due_on,
                    array_remove(array_agg(distinct e.structure order by e.structure), null) as structures
               from events p join events e on e.person = p.person
              where p.name = 'intake.person-identified'
                and not exists (select from erasures x where p.person = any (x.persons))
              group by p.person
             having bool_and(e.pathway is null and e.name <> 'intake.person-merged')) found
           where due_on <= $1 and (due_on, person) > ($2, $3) order by due_on, person limit $5""",
        today,
        *after,
        WITHOUT_PATHWAY_FOR,
        limit,
    )
    return [
        (row["due_on"], Kept(row["person"], row["structures"], None, None, None, Due(Step.ERASE, row["due_on"]), True))
        for row in rows
    ]


async def under_a_merged_id(pool: Pool) -> list[UUID]:
    """Finds pathways that stand under the id of a person who was merged into another."""
    rows = await pool.fetch(
        """select k.pathway from events m join known_pathways k on k.person = m.aggregate
            where m.name = 'intake.person-merged' and m.found_by is not null order by 1"""
    )
    return [row["pathway"] for row in rows]


async def is_announced(pool: Pool, person: UUID) -> bool:
    announced: bool = await pool.fetchval(
        "select exists(select from contacts.persons where person = $1 and announced_on is not null)", person
    )
    return announced


async def to_reactivate(pool: Pool, limit: int) -> list[UUID]:
    """Finds people who were met again since they were announced, and those whose step was interrupted."""
    rows = await pool.fetch(
        """select person from contacts.persons
            where announced_on is not null and last_contact > announced_contact or unsettled limit $1""",
        limit,
    )
    return [row["person"] for row in rows]


async def announced_in(pool: Pool, structure: str) -> list[Kept]:
    """Finds people of a structure whose file is announced or archived. Grows with it, not with history."""
    rows = await pool.fetch(
        f"""{_KEPT} where k.announced_on is not null
             and k.person in (select r.person from requests r where r.structure = $1)
           order by k.due_on nulls last, k.person""",
        structure,
    )
    return [_kept(row) for row in rows]


async def last_contact(pool: Pool, person: UUID) -> LastContact | None:
    row = await pool.fetchrow("select last_contact, imported_only from contacts.persons where person = $1", person)
    return None if row is None else _contact(row)


async def is_held(pool: Pool, person: UUID) -> bool:
    """Whether an event of the person waits to be mended, which may tell of a contact."""
    held: bool = await pool.fetchval(
        """select exists(select from contacts.pathways p join contacts.parked x on x.key = p.pathway::text
                          where p.person = $1 and x.discarded_at is null)""",
        person,
    )
    return held


async def begin_step(pool: Pool, person: UUID) -> None:
    """Keeps the person among those due until `end_step`, whatever happens to this process."""
    await pool.execute(
        "update contacts.persons set unsettled = true, due_on = least(due_on, last_contact) where person = $1", person
    )


async def end_step(pool: Pool, person: UUID, retention: Retention) -> None:
    announced, archived_on = retention.announced.current, retention.archived_on.current
    async with pool.acquire() as connection, connection.transaction():
        await alone(connection)
        row = await connection.fetchrow("select * from contacts.persons where person = $1", person)
        step = None if row is None else next_step(_contact(row), announced, archived_on)
        await connection.execute(
            """update contacts.persons set announced_on = $2, announced_contact = $3, archived_on = $4, due_on = $5,
                      unsettled = false where person = $1""",
            person,
            announced and announced.on,
            announced and announced.last_contact,
            archived_on,
            step and step.on,
        )


async def drop(pool: Pool, person: UUID) -> None:
    await pool.execute("delete from contacts.persons where person = $1", person)


async def ran_on(pool: Pool, day: date) -> bool:
    ran: bool = await pool.fetchval("select exists(select from contacts.runs where day = $1)", day)
    return ran


async def has_run(pool: Pool, day: date) -> None:
    """Only the latest day is kept."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("delete from contacts.runs")
        await connection.execute("insert into contacts.runs values ($1)", day)
