"""Situations, exits and follow-ups over HTTP, what the others hear of them, and what the lists say."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lieu import issuer
from services.outcomes import views
from shared.access import Role
from shared.commands import today
from shared.contracts import Body, PublicEvent
from shared.contracts.intake import AdviserAssignment, Reception
from shared.contracts.outcomes import Exit, FollowUp, Reopening, SituationPeriod
from shared.codes import Contract, ExitClass, ExitReason, FollowUpMonth, FollowUpStatus, Situation
from shared.known_pathways import remember_intake
from shared.months import months_later
from shared.subscriber import Subscriber
from tests.harness import Running

NOTE = "Elle garde ses horaires"


def ago(days: int) -> str:
    return (today() - timedelta(days=days)).isoformat()


async def listed(running: Running, what: str, **query: Any) -> list[Any]:
    answer = await running.http.get(f"/outcomes/v1/{what}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def public_names(running: Running, pathway: str) -> dict[str, Body]:
    """What the stream of outcomes tells of a pathway, by name."""
    heard: dict[str, Body] = {}

    async def hear(_: Any, events: Sequence[PublicEvent]) -> None:
        heard.update({event.name: event.body for event in events if str(event.pathway) == pathway})

    runtime = running.service("outcomes").state.runtime
    await runtime.pool.execute("create schema if not exists listening")
    return heard


async def told_by_intake(running: Running, pathway: str, *bodies: Body) -> None:
    """As if intake had told it next."""
    pool = running.service("outcomes").state.pool
    version = await pool.fetchval("select intake_version from known_pathways where pathway = $1", UUID(pathway))
    structure = "s02" if any(isinstance(body, Reception) for body in bodies) else "s01"
    events = [
        PublicEvent(
            "intake", "told", 1000 + n, UUID(pathway), version + n, structure, UUID(pathway), None, None,
            datetime.now(UTC), None, False, None, body,
        )
        for n, body in enumerate(bodies, 1)
    ]  # fmt: skip
    async with pool.acquire() as connection, connection.transaction():
        await remember_intake(connection, events)
