"""Who is let in and who is kept out, beyond what a token says (docs/decisions/0019-users.md).

Intake records it; every service follows, and asks its own table at each request, remembering the answer for a moment.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from shared.kernel import broker
from shared.kernel.database import Connection, Pool, across_structures
from shared.kernel.refusals import Problem
from shared.kernel.subscriber import Subscriber
from shared.kernel.upsert import Row, upsert
from shared.language.codes import PROGRAMME, Role
from shared.language.contracts import PublicEvent
from shared.language.contracts.intake import Access

REMEMBERED = 5.0
"""Seconds for which an answer of the table is taken again: so long a withdrawn access may still be good."""
_MOST = 10_000
"""Subjects remembered at most."""


@dataclass(frozen=True)
class User:
    """`user`: the subject of a token. `role`: null: as their issuer says."""

    user: str
    structure: str
    role: Role | None
    withdrawn: bool


@dataclass(frozen=True)
class Claimed:
    """What a token claims. `role` null: its issuer leaves it to the platform."""

    subject: str
    role: Role | None
    structure: str | None


class Users:
    """What the platform itself says of its users."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._remembered: dict[str, tuple[float, list[User]]] = {}

    async def admit(self, claimed: Claimed) -> Claimed:
        """As whom the bearer of a token enters. Raises Problem where they are kept out.

        What the platform gave somebody in the place that the token names goes before what the token says.
        """
        known = await self._of(claimed.subject)
        if claimed.role is None:
            standing = [user for user in known if not user.withdrawn and claimed.structure in (None, user.structure)]
            if len(standing) > 1:
                raise Problem(403, "several-accesses", "access was given in several places: the token has to name one")
            return _entering(standing[0]) if standing else claimed
        place = claimed.structure if claimed.role.of_a_structure else PROGRAMME
        for user in known:
            if user.structure == place:
                if user.withdrawn:
                    raise Problem(403, "access-withdrawn", "this access was withdrawn")
                return _entering(user) if user.role else claimed
        return claimed

    async def _of(self, subject: str) -> list[User]:
        now = asyncio.get_running_loop().time()
        until, known = self._remembered.get(subject, (0.0, []))
        if now >= until:
            with across_structures():  # of which one they are is what is asked
                rows = await self._pool.fetch(
                    """select subject as user, structure, role, withdrawn from users.access
                        where subject = $1 order by structure limit 100""",
                    subject,
                )
            known = [_user(row) for row in rows]
            if len(self._remembered) >= _MOST:
                self._remembered.clear()
            self._remembered[subject] = (now + REMEMBERED, known)
        return known


def _user(row: asyncpg.Record) -> User:
    return User(**{**row, "role": row["role"] and Role(row["role"])})


def _entering(user: User) -> Claimed:
    return Claimed(user.user, user.role, None if user.structure == PROGRAMME else user.structure)


async def of_structure(pool: Pool, structure: str, limit: int) -> list[User]:
    """Those of a structure, or of the programme, by their subjects."""
    rows = await pool.fetch(
        """select subject as user, structure, role, withdrawn from users.access
            where structure = $1 order by subject limit $2""",
        structure,
        limit,
    )
    return [_user(row) for row in rows]


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps one row an access; a version already applied changes nothing."""
    await upsert(connection, "users.access", ("id",), map(_row, events))


def _row(event: PublicEvent) -> Row:
    body = event.body
    assert isinstance(body, Access)
    return {
        "id": event.aggregate,
        "subject": body.user,
        "structure": event.structure,
        "role": body.role,
        "withdrawn": body.withdrawn,
        "version": event.version,
    }


async def _enter(connection: Connection) -> None:
    """The consumer's position and parked events stand beside its table."""
    await connection.execute("select set_config('search_path', 'users, public', true)")


def subscriber(service: str, pool: Pool, client: broker.Client) -> Subscriber:
    """Of a service, on intake's events."""
    return Subscriber(f"{service}-users", "intake", pool, client, follow, of=[Access], stage="view", enter=_enter)
