"""What a piece of SQL runs on, and for which structure it asks (docs/decisions/0023-row-level-security.md).

Every connection of a service says for whom it asks: nobody at first, one structure, or all of them. The policies of
every table that tells of people (migrations/0018.row-level-security.sql) then show those rows and no others, to every
role: a query that forgot its `where` tells nothing of another structure's people.
"""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import asyncpg
import asyncpg.pool

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class _Asking(NamedTuple):
    structure: str
    across: str


NOBODY = _Asking("", "off")
_EVERYBODY = _Asking("", "on")
_asking: ContextVar[_Asking] = ContextVar("asking", default=NOBODY)


def ask_for(structure: str | None) -> None:
    """From here on the request under way is shown the rows of this structure; null: of nobody."""
    _asking.set(_Asking(structure or "", "off"))


def ask_across_structures() -> None:
    """From here on the request or the task under way is shown everything."""
    _asking.set(_EVERYBODY)


@contextmanager
def asking_for_nobody() -> Iterator[None]:
    """Around a request: whoever it turns out to come from, it ends with it."""
    before = _asking.set(NOBODY)
    try:
        yield
    finally:
        _asking.reset(before)


@contextmanager
def across_structures() -> Iterator[None]:
    """Where an answer to one structure needs what others hold: each use says what for."""
    before = _asking.set(_EVERYBODY)
    try:
        yield
    finally:
        _asking.reset(before)


class _Scoped(asyncpg.Connection):
    """Remembers for whom it asks, so that saying it again costs no round trip."""

    asking: _Asking | None = NOBODY

    async def say(self, asking: _Asking) -> None:
        if self.asking != asking:
            self.asking = None  # should the next line fail, it is said again
            await self.execute(
                "select set_config('lieu.structure', $1, false), set_config('lieu.across', $2, false)", *asking
            )
            self.asking = asking


async def _say_for_whom(lent: asyncpg.pool.PoolConnectionProxy) -> None:
    await lent.say(_asking.get())  # type: ignore[attr-defined]


async def _as_it_is(_: asyncpg.Connection) -> None:
    """What a transaction sets ends with it, and for whom is asked is said anew: the usual reset is a wasted round
    trip."""


def pool(url: str) -> AbstractAsyncContextManager[asyncpg.Pool]:
    """A pool whose connections ask for whom the code that borrows them does, and for nobody where it does not say."""
    return asyncpg.create_pool(
        url, min_size=2, max_size=10, connection_class=_Scoped, setup=_say_for_whom, reset=_as_it_is
    )
