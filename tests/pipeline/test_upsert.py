"""Rows as the events of a batch tell of them: what stands, what is inserted, in how many statements."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
import pytest_asyncio

from lieu.embedded import Addresses
from shared.kernel.upsert import upsert

KEYS = ("a", "b")


@pytest_asyncio.fixture
async def connection(servers: Addresses) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(servers.databases["training"].owner_url)
    await connection.execute(
        """create temp table told (a int, b text, day date, hours numeric, open bool not null default true,
             version int not null, primary key (a, b))"""
    )
    yield connection
    await connection.close()


def _row(version: int, b: str = "x", **told: Any) -> dict[str, Any]:
    return {"a": 1, "b": b, "version": version, **told}


async def _standing(connection: asyncpg.Connection) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch("select b, day, hours, open, version from told order by b")]


async def test_the_last_row_of_a_key_stands_and_an_older_version_changes_nothing(
    connection: asyncpg.Connection,
) -> None:
    first, second = date(2024, 1, 1), date(2024, 1, 2)
    rows = [
        _row(1, day=first, hours=None),
        _row(2, day=second, hours=Decimal("1.5")),
        _row(1, "y", day=None, hours=None),
    ]
    assert {row["b"] for row in await upsert(connection, "told", KEYS, rows)} == {"x", "y"}
    stands = [("x", second, Decimal("1.5"), True, 2), ("y", None, None, True, 1)]
    assert await _standing(connection) == stands
    assert await upsert(connection, "told", KEYS, [_row(2, day=first, hours=None), _row(1, "y", day=first)]) == []
    assert await _standing(connection) == stands
    assert len(await upsert(connection, "told", KEYS, [_row(0, day=first)], version=None)) == 1
    assert (await _standing(connection))[0][1] == first


async def test_a_column_that_no_row_names_keeps_what_it_held_and_another_may_be_told_once(
    connection: asyncpg.Connection,
) -> None:
    early, late = date(2024, 1, 1), date(2024, 1, 9)
    for rows in ([_row(1, day=early, hours=Decimal(1)), _row(2, day=late)], [_row(3, day=late, open=False)]):
        await upsert(connection, "told", KEYS, rows, once=("day",))
    assert await _standing(connection) == [("x", early, Decimal(1), False, 3)]
    assert len(await upsert(connection, "told", KEYS, [{"a": 1, "b": "x", "version": 9}], once=("version",))) == 0


async def test_what_lacks_the_column_that_it_is_inserted_with_changes_what_stands_alone(
    connection: asyncpg.Connection,
) -> None:
    async def told(*rows: dict[str, Any]) -> list[str]:
        return [row["b"] for row in await upsert(connection, "told", KEYS, rows, inserted_with="day")]

    day = date(2024, 1, 1)
    assert await told(_row(2, open=False)) == []
    assert sorted(
        await told(_row(1, day=day), _row(2, open=False), _row(3, "y", open=False), _row(1, "z", day=day))
    ) == [
        "x",
        "z",
    ]
    assert await told(_row(2, open=True), _row(2, "z", open=False)) == ["z"]
    assert await _standing(connection) == [("x", day, None, False, 2), ("z", day, None, False, 2)]


async def test_a_batch_is_one_statement_and_no_row_none(connection: asyncpg.Connection) -> None:
    await upsert(connection, "told", KEYS, [_row(1)])
    asked: list[str] = []
    with connection.query_logger(lambda query: asked.append(query.query)):
        await upsert(connection, "told", KEYS, [])
        await upsert(connection, "told", KEYS, [_row(number, str(number % 50)) for number in range(1, 200)])
        await asyncio.sleep(0)  # the logger is called by the loop
    assert len(asked) == 1
    assert await connection.fetchval("select count(*) from told") == 51
