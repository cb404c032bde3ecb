"""Migrations: after a process was killed in them, on a database of before, and the names of events that they hold."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg

from services import intake
from shared.kernel.migrate import SHARED, migrate
from shared.language.contracts import EVENTS
from shared.language.contracts.intake import Reception, Request
from tests.docs.test_docs import FROZEN
from tests.harness import Running
from tests.places import ROOT

FOLDERS = [SHARED, Path(intake.__path__[0]) / "migrations"]
MADE = """
select pg_get_functiondef(oid) as made, proacl::text as rights from pg_proc where pronamespace = 'public'::regnamespace
   and prokind = 'f'
 union all
select pg_get_triggerdef(t.oid), null from pg_trigger t where not tgisinternal
 order by 1"""
"""Functions and triggers as the database holds them."""


@asynccontextmanager
async def _intake(running: Running) -> AsyncIterator[tuple[asyncpg.Connection, Callable[[], Awaitable[None]]]]:
    """The owner of intake's database, and what brings that up to date."""
    database = running.addresses.databases["intake"]
    owner = await asyncpg.connect(database.owner_url)
    try:
        yield owner, partial(asyncio.to_thread, migrate, database.owner_url, database.url, FOLDERS)
    finally:
        await owner.close()


async def test_a_migration_lock_that_a_killed_process_left_behind_stops_nobody(running: Running) -> None:
    async with _intake(running) as (owner, bring_up_to_date):
        await owner.execute("insert into yoyo_lock (locked, ctime, pid) values (1, now(), 1)")
        await asyncio.wait_for(bring_up_to_date(), 10)
        assert await owner.fetchval("select count(*) from yoyo_lock") == 0


async def test_a_database_of_before_gets_the_functions_and_triggers_of_a_new_one(running: Running) -> None:
    async with _intake(running) as (owner, bring_up_to_date):
        new = await owner.fetch(MADE)
        # As numbered migrations made them once: other bodies, arguments and rights, and nothing noted.
        await owner.execute(
            """drop table _yoyo_repeatable;
               drop trigger keep_holder on events;
               drop function append_lock(), append_saves, note_readings, keep_holder;
               create function append_saves(uuid[]) returns int language sql as 'select 1';
               create function append_saves(uuid[], uuid[]) returns int language sql as 'select 2';
               create or replace function let_time_pass() returns table (at_position bigint, at_known_at timestamptz)
               language sql as 'select 0::bigint, now()'"""
        )
        assert await owner.fetch(MADE) != new
        await bring_up_to_date()
        assert await owner.fetch(MADE) == new


async def test_a_repeatable_file_is_run_again_when_it_says_something_else_and_only_then(running: Running) -> None:
    last_made = "select max(xmin::text::bigint) from pg_proc where proname in ('append_lock', 'keep_holder')"
    async with _intake(running) as (owner, bring_up_to_date):
        before = await owner.fetchval(last_made)
        await bring_up_to_date()
        assert await owner.fetchval(last_made) == before
        await owner.execute("update _yoyo_repeatable set sha256 = 'of another' where file = 'holder.sql'")
        await bring_up_to_date()
        assert await owner.fetchval(last_made) > before


def _names(text: str, around: str) -> set[str]:
    services = "|".join({name.partition(".")[0] for name in FROZEN})
    return set(re.findall(rf"{around}((?:{services})\.[a-z-]+)(?={around})", text))


def test_sql_names_events_by_their_stored_names() -> None:
    files = [file for folder in ("services", "shared") for file in (ROOT / folder).rglob("*.*")]
    named = {name for file in files if file.suffix == ".sql" for name in _names(file.read_text(), "[',{}]")}
    named |= {name for file in files if file.suffix == ".py" for name in _names(file.read_text(), "'")}
    assert {"intake.pathway-received", "training.enrolled", "correspondent.recorded"} < named
    assert named <= FROZEN, named - FROZEN


def test_the_holder_of_a_pathway_is_kept_by_every_event_that_names_one() -> None:
    held = {f"intake.{name}" for name, body in EVENTS["intake"].items() if body in (Request, Reception)}
    assert _names((FOLDERS[1] / "repeatable" / "holder.sql").read_text(), "'") == held
