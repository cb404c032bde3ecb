"""What a connection is shown, the service's own role and the owner: of nobody, of one structure, of everybody."""

import re
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from shared.kernel.database import across_structures, ask_for, asking_for_nobody, pool
from shared.language.services import SERVICES
from tests.folders import large, write
from tests.harness import Running, eventually
from tests.places import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="session")

OURS = "l00003"


DOCUMENT = ROOT / "docs" / "roles.md"
RIGHTS = ("select", "insert", "update", "delete", "truncate", "references", "trigger")


async def _tables(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Every table with what the service's role may do with it, and what of it a structure is shown."""
    return await connection.fetch(
        """select format('%I.%I', n.nspname, c.relname) as name, c.relrowsecurity and c.relforcerowsecurity as forced,
                  case when not (c.relrowsecurity and c.relforcerowsecurity) then 'everything'
                       when p.polqual is null or pg_get_expr(p.polqual, c.oid) ~ ' OR false' then 'nothing'
                       else 'its own' end as shown,
                  array(select r from unnest($1::text[]) r
                         where has_table_privilege(current_database(), c.oid, r)) as rights
             from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_policy p on p.polrelid = c.oid
            where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
              and c.relname !~ 'yoyo' order by 1""",
        RIGHTS,
    )


async def _as(url: str, structure: str = "", across: str = "off") -> asyncpg.Connection:
    return await asyncpg.connect(url, server_settings={"lieu.structure": structure, "lieu.across": across})


async def test_what_a_service_may_do_with_each_table_is_what_the_document_says(running: Running) -> None:
    told = {
        (service, *table)
        for services, *table in re.findall(
            r"^\| ([\w, ]+) \| `([\w.*]+)` \| ([\w, ]+) \| ([\w ]+) \|$", DOCUMENT.read_text(), re.MULTILINE
        )
        for service in (SERVICES if services == "each" else services.split(", "))
    }
    found = set()
    for service in SERVICES:
        owner = await asyncpg.connect(running.addresses.databases[service].owner_url)
        try:
            for table in await _tables(owner):
                name = re.sub(r"^public\.", "", re.sub(r"^read_model_[ab]", "read_model_*", table["name"]))
                found.add((service, name, ", ".join(table["rights"]), table["shown"]))
        finally:
            await owner.close()
    assert found == told, sorted(found ^ told)


@pytest.mark.slow
async def test_a_structure_is_shown_its_own_people_and_who_names_none_nobody(running: Running, tmp_path: Path) -> None:
    write(large(1, 7), tmp_path / "folder")
    assert not (await running.bring(tmp_path / "folder")).refusals
    await running.caught_up()
    for service in SERVICES:
        database = running.addresses.databases[service]
        everybody = await _as(database.url, across="on")
        nobody = [await asyncpg.connect(url) for url in (database.url, database.owner_url)]
        own = await _as(database.url, OURS)
        try:
            shown = {table["name"]: table["shown"] for table in await _tables(everybody) if table["forced"]}
            tables = [
                name for name in shown if await everybody.fetchval("select has_table_privilege($1, 'select')", name)
            ]
            filled = [name for name in tables if await everybody.fetchval(f"select exists(select from {name})")]
            assert len(filled) >= 4, service
            for name in tables:
                for connection in nobody:
                    assert not await connection.fetchval(f"select exists(select from {name})"), name
            await _is_shown_its_own(everybody, own, tables, service)
            for name in tables:
                if shown[name] == "nothing":
                    assert not await own.fetchval(f"select exists(select from {name})"), name
        finally:
            for connection in (everybody, own, *nobody):
                await connection.close()


async def _is_shown_its_own(
    everybody: asyncpg.Connection, own: asyncpg.Connection, tables: list[str], service: str
) -> None:
    model, key = ("read_model_a.intake", "entity") if service == "reporting" else ("known_pathways", "pathway")
    held = await everybody.fetch(f"select {key}, person from {model} where structure = $1", OURS)
    pathways, persons = {row[key] for row in held}, {row["person"] for row in held}
    assert 30 < len(pathways) < 100
    for name in tables:
        rows = await own.fetch(f"select * from {name}")
        columns = rows[0].keys() if rows else ()
        for row in rows:
            if row.get("pathway") is not None:
                assert row["pathway"] in pathways, name
            elif row.get("person") is not None:
                assert row["person"] in persons, name
            elif "structure" in columns:
                assert row["structure"] in (OURS, None), name
            else:
                assert key == "entity", name
                assert row["entity"] in pathways, name
        if "pathway" in columns:  # and all of them
            whole = await everybody.fetchval(f"select count(*) from {name} where pathway = any($1)", pathways)
            assert sum(row["pathway"] is not None for row in rows) == whole, name


@pytest.mark.parametrize("service", SERVICES)
async def test_events_are_added_through_the_append_function_alone(running: Running, service: str) -> None:
    connection = await _as(running.addresses.databases[service].url, across="on")
    try:
        for statement in (
            "insert into events (position) values (1)",
            "update events set name = ''",
            "delete from events",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_after_a_transfer_a_file_is_the_new_structures_whole(running: Running) -> None:
    pathway = await running.a_started_pathway("s01")
    await running.post("/intake/v1/structures", {"structure": "s02", "name": "s02", "department": "69"})
    await running.post(
        f"/intake/v1/pathways/{pathway}/transfer", {"to_structure": "s02", "transferred_on": "2024-02-01"}
    )
    url = running.addresses.databases["intake"].url
    asked = "select count(*) from events where pathway = $1"
    for structure, shown in (("s01", 0), ("s02", 5)):
        connection = await _as(url, structure)
        try:
            assert await connection.fetchval(asked, pathway) == shown
        finally:
            await connection.close()


async def test_a_borrowed_connection_asks_for_whoever_borrows_it(running: Running) -> None:
    await running.a_started_pathway("s01")
    seen = "select count(*) from requests"
    async with pool(running.addresses.databases["intake"].url) as lent:
        with asking_for_nobody():
            assert await lent.fetchval(seen) == 0
            ask_for("s01")
            assert await eventually(lambda: lent.fetchval(seen)) == 1
            ask_for("s02")
            assert await lent.fetchval(seen) == 0
            with across_structures():
                assert await lent.fetchval(seen) == 1
            assert await lent.fetchval(seen) == 0
            ask_for(str(uuid4()))
            assert await lent.fetchval(seen) == 0


async def test_a_token_that_names_no_structure_sees_nothing(running: Running) -> None:
    await running.a_started_pathway("s01")
    async with pool(running.addresses.databases["intake"].url) as lent:
        with asking_for_nobody():
            for structure in (None, "", "*", "on"):
                ask_for(structure)
                assert await lent.fetchval("select count(*) from events") == 0
