"""Migrations, after a process was killed in the middle of them."""

import asyncio

import asyncpg

from shared.migrate import SHARED, migrate
from tests.harness import Running


async def test_a_migration_lock_that_a_killed_process_left_behind_stops_nobody(running: Running) -> None:
    database = running.addresses.databases["training"]
    owner = await asyncpg.connect(database.owner_url)
    try:
        await owner.execute("insert into yoyo_lock (locked, ctime, pid) values (1, now(), 1)")
        await asyncio.wait_for(asyncio.to_thread(migrate, database.owner_url, database.url, [SHARED]), 10)
        assert await owner.fetchval("select count(*) from yoyo_lock") == 0
    finally:
        await owner.close()
