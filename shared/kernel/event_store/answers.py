"""Answers given under an idempotency key, kept 24 hours. They are added with the save that they answer for."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from shared.kernel.database import Pool, across_structures

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class IdempotencyKey:
    """One caller's key on one route, with the hash of the body it came with."""

    caller: str
    route: str
    key: str
    body_hash: bytes


@dataclass(frozen=True)
class Answer:
    """What was answered under an idempotency key."""

    body: dict[str, Any]
    known_at: datetime
    body_hash: bytes


async def answered(pool: Pool, key: IdempotencyKey) -> Answer | None:
    """Looks up what was answered under a key in the last 24 hours."""
    with across_structures():  # an answer is the caller's, whatever their structure
        rows = await pool.rows_of(_ANSWERED, key.caller, key.route, key.key)
    return Answer(orjson.loads(rows[0]["answer"]), rows[0]["known_at"], rows[0]["body_hash"]) if rows else None


async def forget_answers(pool: Pool) -> None:
    """Deletes the old ones once an hour, until cancelled."""
    while True:
        try:
            await pool.execute("delete from answers where known_at < now() - interval '24 hours'")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("old answers not yet deleted: %s", error)
        await asyncio.sleep(3600)


# The inner limit has each key looked up by the table's index, whatever the planner takes a list to hold.
_ANSWERED = """
select a.* from unnest($1::text[], $2::text[], $3::text[]) asked(caller, route, key) cross join lateral (
  select caller, route, key, answer, known_at, body_hash from answers
   where caller = asked.caller and route = asked.route and key = asked.key
     and known_at > now() - interval '24 hours' limit 1) a
"""
