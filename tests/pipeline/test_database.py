"""Questions that many ask at once, as one statement: each gets its own answer, and nobody another structure's."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.kernel.database import Pool, across_structures, ask_for, pool
from tests.harness import Running, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

HALVES = "select n, 100 / n as half from unnest($1::integer[]) n"
OF_PATHWAYS = "select pathway, person from requests where pathway = any($1)"


async def _halves(lent: Pool, n: int) -> list[int]:
    return [row["half"] for row in await lent.rows_of(HALVES, n)]


async def test_each_gets_the_rows_of_its_own_key(running: Running) -> None:
    async with pool(running.addresses.databases["training"].url) as lent:
        asked = [1, 2, 5, 2, *range(10, 300)]
        assert await asyncio.gather(*(_halves(lent, n) for n in asked)) == [[100 // n] for n in asked]
        pair = "select a, b, a || b as both from unnest($1::text[], $2::text[]) u(a, b) where a <> b"
        answers = await asyncio.gather(*(lent.rows_of(pair, "x", b) for b in "xyz"))
        assert [[row["both"] for row in rows] for rows in answers] == [[], ["xy"], ["xz"]]


async def test_what_fails_for_one_fails_for_nobody_else(running: Running) -> None:
    async with pool(running.addresses.databases["training"].url) as lent:
        whole = await asyncio.gather(*(_halves(lent, n) for n in (5, 0, 10)), return_exceptions=True)
        assert isinstance(whole[1], asyncpg.DivisionByZeroError)
        assert [whole[0], whole[2]] == [[20], [10]]
        gone, staying = asyncio.create_task(_halves(lent, 4)), asyncio.create_task(_halves(lent, 2))
        await asyncio.sleep(0)
        gone.cancel()
        assert await staying == [50]
        assert await _halves(lent, 4) == [25]


async def test_who_asks_at_once_for_several_structures_is_shown_each_its_own(running: Running) -> None:
    pathway = UUID(await running.a_started_pathway("s01"))
    async with pool(running.addresses.databases["intake"].url) as lent:

        async def found(structure: str | None) -> int:
            ask_for(structure)
            return len(await lent.rows_of(OF_PATHWAYS, pathway))

        with across_structures():
            await eventually(lambda: lent.rows_of(OF_PATHWAYS, pathway))
            assert await lent.rows_of(OF_PATHWAYS, uuid4()) == []
        structures = ["s01", "s02", None, "s01", "*"] * 20
        together = [asyncio.create_task(found(structure)) for structure in structures]
        assert await asyncio.gather(*together) == [int(structure == "s01") for structure in structures]
