"""Real servers for every test that needs them: embedded by default, containers with --containers."""

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from fastapi import FastAPI

from lieu import issuer
from lieu.embedded import Addresses, Database, EmbeddedServers, EmbeddedServersError, check
from lieu.import_secret import FILE
from lieu.platform import platform
from lieu.secret_files import write_secret
from lieu.up import ensure_master_key, settings_for
from services import diagnostic, intake, outcomes, reporting, training
from shared.kernel.database import ask_across_structures
from shared.kernel.import_keys import new_import_secret
from shared.kernel.migrate import SHARED, migrate
from shared.kernel.settings import Settings
from shared.language.services import SERVICES
from tests.harness import Running
from tests.places import ROOT, TEN_STRUCTURES


def pytest_configure() -> None:
    # A test that looks into a database sees everything; what a request sees is set for each.
    ask_across_structures()
    # Old dates of made-up people must not be announced in the middle of a test; what tests retention runs it itself.
    os.environ.setdefault("LIEU_RETENTION", "off")


def pytest_sessionstart(session: pytest.Session) -> None:
    """What cannot work is said once, before anything starts."""
    if not session.config.getoption("--containers"):
        try:
            check(Path(tempfile.gettempdir(), "lieu"))
        except EmbeddedServersError as error:
            pytest.exit(str(error), returncode=2)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Seconds by folder, with its slowest test: where a run's time goes."""
    spent: dict[str, list[tuple[float, str]]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                folder = report.nodeid.partition("::")[0].rpartition("/")[0]
                spent.setdefault(folder, []).append((report.duration, report.nodeid))
    for folder, tests in sorted(spent.items()):
        longest, slowest = max(tests)
        terminalreporter.write_line(f"{sum(one for one, _ in tests):7.1f} s {folder}: {longest:.1f} s {slowest}")


def pytest_collection_finish() -> None:
    """What is imported stays: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()


OF_ONE_ROW = {
    "head": "update head set position = 0, known_at = default, generation = default",
    "forgetting_secret": "select",
    "active_read_model": "update active_read_model set name = 'read_model_a'",
}
"""Tables whose row a migration makes, and how it is made as new. Migrating again would take longer than most tests."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--containers", action="store_true", help="PostgreSQL and NATS from containers")


@pytest.fixture(scope="session")
def ten_structures() -> Path:
    return TEN_STRUCTURES


@pytest.fixture(scope="session")
def containers(request: pytest.FixtureRequest) -> Iterator[Addresses | None]:
    """PostgreSQL and NATS as docker-compose.yml starts them; null for embedded servers."""
    if not request.config.getoption("--containers"):
        yield None
        return
    from testcontainers.community.postgres import PostgresContainer
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    compose = ROOT / "deploy" / "compose"
    postgres = PostgresContainer("postgres:18", driver=None, command="postgres -c fsync=off -c max_connections=200")
    postgres.with_copy_into_container(compose / "databases.sql", "/docker-entrypoint-initdb.d/databases.sql")
    for service in SERVICES:
        postgres.with_env(f"{service.upper()}_PASSWORD", "test").with_env(f"{service.upper()}_OWNER_PASSWORD", "test")
    nats = DockerContainer("nats:2", command=["--config", "/etc/nats/nats.conf"]).with_exposed_ports(4222)
    for file in ("nats.conf", "broker-users.conf"):
        nats.with_copy_into_container(compose / file, f"/etc/nats/{file}")
    for user in ("", *(f"{service.upper()}_" for service in SERVICES)):
        nats.with_env(f"{user}NATS_PASSWORD", '"test"')
    nats.waiting_for(LogMessageWaitStrategy("Server is ready"))
    with postgres, nats:
        broker = f"{nats.get_container_host_ip()}:{nats.get_exposed_port(4222)}"
        host = f"{postgres.get_container_host_ip()}:{postgres.get_exposed_port(5432)}"
        yield Addresses(
            {
                service: Database(
                    f"postgresql://{service}_owner:test@{host}/{service}",
                    f"postgresql://{service}:test@{host}/{service}",
                )
                for service in SERVICES
            },
            f"nats://lieu:test@{broker}",
            {service: f"nats://{service}:test@{broker}" for service in SERVICES},
        )


@pytest_asyncio.fixture(scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory, containers: Addresses | None) -> AsyncIterator[Addresses]:
    """One PostgreSQL and one NATS for the whole run; throw-away, so without fsync."""
    if containers is not None:
        yield containers
        return
    embedded = EmbeddedServers(tmp_path_factory.mktemp("servers") / "data", fsync=False)
    yield await embedded.start()
    await embedded.stop()


PACKAGES = {one.__name__.rsplit(".")[-1]: one for one in (intake, diagnostic, training, outcomes, reporting)}


@pytest_asyncio.fixture(scope="session")
async def migrated(servers: Addresses) -> Addresses:
    """The same servers, with the tables that a first start makes: looking for new migrations takes half of a start."""
    for service, database in servers.databases.items():
        folders = [SHARED, Path(PACKAGES[service].__path__[0], "migrations")]
        await asyncio.to_thread(migrate, database.owner_url, database.url, folders)
    return servers


@pytest.fixture(scope="session")
def first_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a first start leaves it: an issuer, a master key, an import secret."""
    folder = tmp_path_factory.mktemp("first")
    issuer.ensure_issuer(folder)
    ensure_master_key(folder)
    write_secret(folder / FILE, new_import_secret())
    return folder


@pytest.fixture
def data(first_data: Path) -> Path:
    """The data folder of `running`, as new: the same for every test, so that the settings are the same."""
    folder = first_data.with_name("data")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(first_data, folder)
    return folder


@pytest.fixture(scope="session")
def first_application(migrated: Addresses, first_data: Path) -> Callable[[Mapping[str, Settings]], FastAPI]:
    """Makes the application of these settings, and for those of most tests the same again: to describe some 250 routes
    takes longer than most tests. Everything else is made when it is entered."""
    made: list[tuple[Mapping[str, Settings], FastAPI]] = []

    def application(settings: Mapping[str, Settings]) -> FastAPI:
        of, app = made[0] if made else (None, None)
        if app is None or settings != of:
            app = platform(settings)
        if not made:
            made.append((settings, app))
        return app

    return application


@pytest_asyncio.fixture
async def running(
    migrated: Addresses,
    data: Path,
    first_application: Callable[[Mapping[str, Settings]], FastAPI],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Running]:
    """The whole platform in this process, on databases and streams of its own."""
    monkeypatch.setenv("LIEU_TRACES_PER_SECOND", "-1")
    fresh = await _empty(migrated)
    settings = settings_for(fresh, data, ensure_master_key(data))
    app = first_application({name: of.model_copy(update={"database_owner_url": None}) for name, of in settings.items()})
    async with app.router.lifespan_context(app), Running(app, data, fresh) as here:
        yield here


async def _empty(servers: Addresses) -> Addresses:
    """The same servers with every database and stream as new."""
    import nats

    await asyncio.gather(*map(_empty_database, servers.databases.values()))
    client = await nats.connect(servers.nats_url)
    js = client.jetstream()
    for stream in await js.streams_info():
        await js.delete_stream(stream.config.name)
    await client.close()
    return servers


EMPTY = """
do $$
declare name text; filled boolean; rows_in text[] := '{}';
begin
  for name in select format('%I.%I', schemaname, tablename) from pg_tables
               where schemaname not in ('pg_catalog', 'information_schema') and tablename !~ 'yoyo'
                 and tablename <> all (string_to_array(current_setting('lieu.of_one_row'), ',')) loop
    execute format('select exists (select from %s)', name) into filled;
    if filled then rows_in := rows_in || name; end if;
  end loop;
  if rows_in <> '{}' then execute 'truncate ' || array_to_string(rows_in, ', ') || ' cascade'; end if;
end $$
"""
"""Asking whether a table holds rows costs a hundredth of emptying it, and most are empty."""


async def _empty_database(database: Database) -> None:
    settings = {"lieu.across": "on", "lieu.of_one_row": ",".join(OF_ONE_ROW)}
    connection = await asyncpg.connect(database.owner_url, server_settings=settings)
    try:
        await connection.execute(EMPTY)
        for table in OF_ONE_ROW:
            if await connection.fetchval("select to_regclass($1) is not null", table):
                await connection.execute(OF_ONE_ROW[table])
    finally:
        await connection.close()


@pytest.fixture
def fresh_id() -> str:
    return str(uuid4())
