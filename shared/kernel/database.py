"""What a piece of SQL runs on, and for which structure it asks (docs/decisions/0023-row-level-security.md).

Every connection of a service says for whom it asks: nobody at first, one structure, or all of them. The policies of
every table that tells of people (migrations/0018.row-level-security.sql) then show those rows and no others, to every
role: a query that forgot its `where` tells nothing of another structure's people.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

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


class Pool:
    """What is used of a pool, on two of them: connections that ask across structures never ask for one, so that work in
    the background and requests do not make each other say for whom they ask."""

    def __init__(self, across: asyncpg.Pool, others: asyncpg.Pool) -> None:
        self._across, self._others = across, others
        self._asked: dict[tuple[str, _Asking], list[_Question]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    @property
    def _fitting(self) -> asyncpg.Pool:
        return self._across if _asking.get() == _EVERYBODY else self._others

    def acquire(self) -> Any:
        return self._fitting.acquire()

    async def execute(self, query: str, *arguments: Any) -> str:
        return await self._fitting.execute(query, *arguments)

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        return await self._fitting.fetch(query, *arguments)

    async def fetchrow(self, query: str, *arguments: Any) -> asyncpg.Record | None:
        return await self._fitting.fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: Any) -> Any:
        return await self._fitting.fetchval(query, *arguments)

    async def rows_of(self, query: str, *key: Any) -> list[asyncpg.Record]:
        """The rows of one key, of a query that asks for many.

        It takes a list for each part of the keys, and the same parts are its first columns. What is asked while a
        statement of the same text runs, for the same structure, goes together into the next one, as saves go into a
        commit: one statement for many costs about what it costs for one.
        """
        together, answer = (query, _asking.get()), asyncio.get_running_loop().create_future()
        if (waiting := self._asked.get(together)) is None:
            waiting = self._asked[together] = []
            task = asyncio.create_task(self._answer(together))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        waiting.append(_Question(key, answer))
        rows: list[asyncpg.Record] = await answer
        return rows

    async def _answer(self, together: tuple[str, _Asking]) -> None:
        query, _ = together
        waiting: list[_Question] = []
        try:
            while waiting := self._asked[together][:_TOGETHER]:
                del self._asked[together][:_TOGETHER]
                try:
                    await self._tell(query, waiting)
                except Exception:  # noqa: BLE001 - one's trouble is not another's: each gets its own answer
                    for question in waiting:
                        try:
                            await self._tell(query, [question])
                        except Exception as error:  # noqa: BLE001 - told to whoever asked
                            if not question.answer.done():
                                question.answer.set_exception(error)
        finally:
            for question in (*waiting, *self._asked.pop(together)):
                question.answer.cancel()  # of those only that are not answered: the task was cancelled

    async def _tell(self, query: str, questions: "Sequence[_Question]") -> None:
        keys = list({question.key for question in questions})
        found: dict[tuple[Any, ...], list[asyncpg.Record]] = {key: [] for key in keys}
        for row in await self.fetch(query, *map(list, zip(*keys, strict=True))):
            found[tuple(row[: len(keys[0])])].append(row)
        for question in questions:
            if not question.answer.done():
                question.answer.set_result(found[question.key])


class _Question(NamedTuple):
    key: tuple[Any, ...]
    answer: asyncio.Future[list[asyncpg.Record]]


_TOGETHER = 100
"""Keys of one statement at most: nobody waits for more than so many others."""


@asynccontextmanager
async def pool(url: str) -> AsyncIterator[Pool]:
    """A pool whose connections ask for whom the code that borrows them does, and for nobody where it does not say."""
    common: dict[str, Any] = {"connection_class": _Scoped, "setup": _say_for_whom, "reset": _as_it_is}
    async with (
        asyncpg.create_pool(url, min_size=2, max_size=10, **common) as across,
        asyncpg.create_pool(url, min_size=0, max_size=6, **common) as others,
    ):
        yield Pool(across, others)
