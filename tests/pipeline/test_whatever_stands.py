"""No single row stops a figure: whatever the read models are told, and whatever they take, every figure is answered."""

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lieu import status
from lieu.embedded import Addresses
from services import reporting
from services.outcomes.domain import Exit, OutcomeFile
from services.reporting.disclosure.outsiders import Outsider, told
from services.reporting.figures.catalogue import CATALOGUE, ONE_PART
from services.reporting.figures.indicators import figures, funnel, incomplete
from services.reporting.figures.lists import behind
from services.reporting.figures.scope import Look, Scope, UnknownScope
from services.reporting.read_models import PROJECTION_OF, PROJECTIONS
from services.reporting.read_models.engine import project
from services.reporting.read_models.sets import empty, enter
from shared.kernel.callers import Role
from shared.kernel.event_store import About
from shared.kernel.migrate import SHARED, migrate
from shared.language.codes import BREAKDOWNS, ActivityKind, Barrier, Contract, ExitClass, Situation
from shared.language.contracts import EVENTS, Body, PublicEvent, intake, outcomes
from tests.harness import EVERYBODY, Running, now
from tests.pipeline.test_forgetting import erased
from tests.pipeline.test_platform import rebuild
from tests.pipeline.test_projection_properties import ReadModels, agrees, at_most, examples
from tests.pipeline.test_projection_properties import read_models as read_models
from tests.services.test_intake_depth import of

pytestmark = pytest.mark.slow

PATHWAYS = [UUID(int=n) for n in range(1, 4)]
ODD_DAYS = st.sampled_from(
    [date.min, date.max, date(1899, 12, 31), date(1900, 1, 1), date(2100, 12, 31), date(2101, 1, 1)]
)
PLAIN_DAY = st.dates(date(2023, 12, 1), date(2024, 3, 1))
ANY_DAY = st.one_of(PLAIN_DAY, st.dates(), ODD_DAYS)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ANY_INSTANT = st.one_of(st.integers(1_701_000_000, 1_709_000_000), st.integers(-62_135_500_000, 253_402_200_000)).map(
    lambda seconds: EPOCH + timedelta(seconds=seconds)
)
EARLY, FAR = datetime(2023, 11, 30, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "uuid": st.sampled_from(PATHWAYS),
    "date": PLAIN_DAY,
    "integer": st.just(1),
    "boolean": st.just(True),
    "numeric": st.decimals(0, 100, places=2),
}
ODD: dict[str, st.SearchStrategy[Any]] = {
    "date": ANY_DAY,
    "integer": st.one_of(st.integers(-1, 3), st.integers(-(2**31), 2**31 - 1)),
    "boolean": st.booleans(),
    "numeric": st.one_of(st.decimals(), st.just(Decimal("1e400"))),
}
CODES: dict[str, Sequence[str]] = {
    "structure": ("s01", "s02"),
    "department": ("69", "988"),
    "kind": tuple(map(str, ActivityKind)),
    "exit_class": tuple(map(str, ExitClass)),
    "moment": ("start", "exit"),
    **{name: tuple(map(str, classes)) for name, classes in BREAKDOWNS.items()},
}


def _value(column: str, type: str, *, odd: bool) -> st.SearchStrategy[Any]:
    day = ANY_DAY if odd else PLAIN_DAY
    if column in ("known_from", "known_to"):
        plain = (
            st.integers(0, 999).map(lambda n: EARLY + timedelta(seconds=n)) if column == "known_from" else st.just(FAR)
        )
        return ANY_INSTANT if odd else plain
    if column == "domains":
        return st.lists(st.sampled_from(tuple(map(str, Barrier))), min_size=0 if odd else 1, max_size=4)
    if column in ("received_on", "received_by"):
        one: st.SearchStrategy[Any] = day if column == "received_on" else st.sampled_from(("s01", "s02"))
        return st.lists(st.one_of(one, st.none()), max_size=3) if odd else st.none()
    if type == "text":
        return st.sampled_from(CODES.get(column, ("a", "b")))
    return ODD.get(type, PLAIN[type]) if odd else PLAIN[type]


def _rows(table: str, columns: Mapping[str, str]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """A row that makes sense, but for at most two of its columns; or for one day, which lies at an end of time."""
    plain = st.fixed_dictionaries({name: _value(name, type, odd=False) for name, type in columns.items()})
    odd = st.fixed_dictionaries(
        {}, optional={name: _value(name, type, odd=True) for name, type in columns.items() if type != "text"}
    )
    few = odd.map(lambda row: dict(list(row.items())[:2]))
    endless = [
        st.fixed_dictionaries({name: st.sampled_from([date.min, date.max])})
        for name, type in columns.items()
        if type == "date"
    ]
    some = st.one_of(st.just({}), few, *([st.one_of(endless)] if endless else []))
    return st.tuples(st.just(table), st.builds(lambda row, some: row | some, plain, some))


async def _columns(connection: asyncpg.Connection) -> dict[str, dict[str, str]]:
    """Name and type of each table's columns."""
    rows = await connection.fetch(
        """select table_name, column_name, data_type from information_schema.columns
            where table_schema = 'read_model_a' order by table_name, ordinal_position"""
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["table_name"], {})[row["column_name"]] = row["data_type"]
    return found


async def _kept(connection: asyncpg.Connection, write: Coroutine[Any, Any, object], refused: type[Exception]) -> bool:
    """Whether it was taken; else nothing of it is."""
    try:
        async with connection.transaction():
            await write
    except refused:
        return False
    return True


async def _everything_is_answered(
    connection: asyncpg.Connection, period: tuple[date, date], at: datetime, by: str
) -> None:
    """Figures, breakdowns, the list behind each figure, the way to the exit, and what outsiders are told; as JSON."""
    for scope in map(Scope.parse, ("national", "department:69", "structure:s01")):
        look = Look(scope, *period, at, by)
        try:
            whole, classes = await figures(connection, look)
        except UnknownScope:
            continue
        assert json.dumps([whole, classes], allow_nan=False)
        assert await funnel(connection, look)
        for id in sorted(CATALOGUE):
            for part in ("numerator",) if id in ONE_PART else ("numerator", "denominator"):
                page = await behind(connection, id, part, look, limit=1000)
                assert agrees(id, part, whole[id], page.rows, page.count), id
        if scope.structure is None:
            year = Look(scope, date(2024, 1, 1), date(2024, 12, 31), at, by)
            assert await told(connection, year, Outsider(5, "s01"))


PERIOD = st.one_of(st.just((date.min, date.max)), st.tuples(ANY_DAY, ANY_DAY).map(lambda pair: (min(pair), max(pair))))
AT = st.one_of(st.just(FAR - timedelta(days=1)), ANY_INSTANT)
QUESTION = st.tuples(PERIOD, AT, st.sampled_from(tuple(BREAKDOWNS)))


@examples(0, 50)
def test_whatever_rows_the_read_models_take_every_figure_is_answered(read_models: ReadModels, most: int) -> None:
    columns, taken = read_models.runner.run(_columns(read_models.connection)), [0, 0]
    rows = st.one_of(*(_rows(of.table, columns[of.table]) for of in PROJECTIONS))

    async def answered(those: Sequence[tuple[str, dict[str, Any]]], question: Any) -> None:
        async with read_models.empty() as connection:
            for table, row in those:
                places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
                write = connection.execute(f"insert into {table} ({', '.join(row)}) values ({places})", *row.values())
                taken[await _kept(connection, write, asyncpg.IntegrityConstraintViolationError)] += 1
            await _everything_is_answered(connection, *question)

    @at_most(most)
    @given(st.lists(rows, min_size=5, max_size=40), QUESTION)
    def holds(those: Sequence[tuple[str, dict[str, Any]]], question: Any) -> None:
        read_models.run(answered(those, question))

    holds()
    assert min(taken) > most // 5, f"(refused, taken) {taken}"  # both happen


BODIES_OF_FIGURES = {
    service: [body for body in dict.fromkeys(events.values()) if body in PROJECTION_OF]
    for service, events in EVENTS.items()
}


def _anything(body: type[Body]) -> st.SearchStrategy[Body]:
    days = {date: ANY_DAY, date | None: st.one_of(st.none(), ANY_DAY)}
    return st.builds(body, **{name: days[hint] for name, hint in get_type_hints(body).items() if hint in days})


def _events() -> st.SearchStrategy[Any]:
    """(service, pathway, body, known at): bodies of which every field is anything of its type."""
    one = [
        st.tuples(st.just(service), st.sampled_from(PATHWAYS), _anything(body), ANY_INSTANT)
        for service, bodies in BODIES_OF_FIGURES.items()
        for body in (*bodies, *(body for body in bodies if body in (intake.Request, intake.Start, outcomes.Exit)))
    ]
    return st.lists(st.one_of(*one), min_size=10, max_size=40)


@examples(0, 50)
def test_whatever_events_tell_every_figure_is_answered(read_models: ReadModels, most: int) -> None:
    taken = [0, 0]

    async def answered(told_of: Sequence[Any], question: Any) -> None:
        known_at = sorted(at for *_, at in told_of)
        async with read_models.empty() as connection:
            for n, ((service, pathway, body, _), at) in enumerate(zip(told_of, known_at, strict=True), 1):
                names = [name for name, of in EVENTS[service].items() if of is type(body)]
                event = PublicEvent(
                    service, names[0], n, pathway, n, "s01", pathway, None, None, at, None, False, None, body
                )  # fmt: skip
                taken[await _kept(connection, project(connection, [event]), Exception)] += (
                    1  # whatever it is, it is parked
                )
            await _everything_is_answered(connection, *question)

    @at_most(most)
    @given(_events(), QUESTION)
    def holds(told_of: Sequence[Any], question: Any) -> None:
        read_models.run(answered(told_of, question))

    holds()
    assert min(taken) > most, f"(parked, applied) {taken}"


# --- over HTTP --------------------------------------------------------------------------------------------

YEAR = {"from": "2024-01-01", "to": "2024-12-31"}
SCOPES = ("national", "department:69", "structure:s01")


async def _left(running: Running, pathway: str, **terms: date) -> None:
    """Corrects an exit as no door lets it in any more: the store may hold such facts."""
    runtime = running.service("outcomes").state.runtime
    file = await runtime.store.load(OutcomeFile, UUID(pathway))
    exit = Exit(date(2024, 6, 1), Situation.EMPLOYMENT, Contract.CDI, **terms)
    file.correct_exit(exit, date(2024, 1, 10), date(2024, 7, 1))
    (person,) = await runtime.pool.fetch("select person from known_pathways where pathway = $1", UUID(pathway))
    await runtime.store.save(file, about=About("s01", UUID(pathway), person["person"]), actor="test")


async def _incomplete(running: Running, **query: str) -> set[int]:
    """How many events wait, by every scope; every figure is answered."""
    found = set()
    for scope in SCOPES:
        asked = await running.indicators(scope, date(2024, 1, 1), date(2024, 12, 31), by="sex", **query)
        assert asked["indicators"].keys() == CATALOGUE
        found.add(asked.get("incomplete", {"parked_events": 0})["parked_events"])
    return found


async def _parked(running: Running) -> list[tuple[str, str]]:
    """(pathway, reason) of what reporting could not apply."""
    return [(one["key"], one["reason"]) for one in (await running.http.get("/reporting/v1/parked")).json()]


async def test_a_day_that_nobody_can_mean_is_parked_and_every_figure_answered(running: Running) -> None:
    pathway, other = await running.a_started_pathway(), await running.a_started_pathway()
    for one in (pathway, other):
        left = {"exited_on": "2024-06-01", "situation": "employment", "contract": "cdi", "contract_start": "2024-06-02"}
        await running.post(f"/outcomes/v1/pathways/{one}/exit", left, 201)
    await running.caught_up()
    before = now()
    assert await _incomplete(running) == {0}
    await _left(running, pathway, contract_start=date.max)
    report = await status.wait_until_caught_up(running.platform)
    assert report.code == 1, report.text()
    assert "parked" in report.text()
    ((key, reason),) = await _parked(running)
    assert key == pathway
    assert "1900" in reason
    assert await _incomplete(running) == await _incomplete(running, known_at=before) == {1}
    assert await running.value("exits_durable", date(2024, 6, 1)) == 2, "as it stood before"
    assert (await running.indicators("national", date(2024, 1, 1), date(2024, 12, 31)))["indicators"][
        "days_to_employment_km"
    ]["observed"] == 2

    for service in ("intake", "diagnostic", "training", "outcomes", "reporting"):  # all who follow exits
        await running.post(f"/{service}/v1/parked/discard", {"key": pathway}, status=200)
    mended = {"exited_on": "2024-06-01", "situation": "unemployed", "contract": None, "contract_start": None}
    mended |= {"contract_end": None, "reason": None}
    await running.post(f"/outcomes/v1/pathways/{pathway}/exit/correction", mended, 201)
    await running.caught_up()
    assert await running.value("exits_durable", date(2024, 6, 1)) == 1, "a correction after it applies"

    await rebuild(running)
    assert [one for one, _ in await _parked(running)] == [pathway] * 2
    assert await _incomplete(running) == {2}
    assert await running.value("exits_durable", date(2024, 6, 1)) == 2, "as it stood before"

    person = await running.service("intake").state.pool.fetchval(
        "select person from events where pathway = $1 limit 1", UUID(pathway)
    )
    await erased(running, str(person))
    assert await _parked(running) == []
    assert await _incomplete(running) == await _incomplete(running, known_at=before) == {0}
    assert await running.value("exits_durable", date(2024, 6, 1)) == 2
    await rebuild(running)
    assert await _incomplete(running) == {0}


@pytest.mark.parametrize(
    "known_at", [None, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"]
)
async def test_a_question_of_any_period_is_answered_or_refused(running: Running, known_at: str | None) -> None:
    await running.a_started_pathway()
    await running.caught_up()
    days = ("0001-01-01", "1899-12-31", "2024-01-10", "9999-12-31", "10000-01-01", "-0001-01-01", "2024-02-30", "0")
    statuses = set()
    for start, end in product(days, repeat=2):
        asked = {"scope": "structure:s01", "from": start, "to": end} | ({"known_at": known_at} if known_at else {})
        for path in ("/reporting/v1/indicators", "/reporting/v1/indicators/days_to_employment_km/pathways"):
            answer = await running.http.get(path, params=asked, headers=of(running, Role.ADVISER))
            assert answer.status_code in (200, 422), f"{path} {asked}: {answer.text}"
            statuses.add(answer.status_code)
        page = await running.http.get("/", params={"start": start, "end": end})
        assert page.status_code == 200
    assert statuses == ({200, 422} if (known_at or "2024")[:4] not in ("0001", "9999") else {422})


# --- what stood before the tables refused it --------------------------------------------------------------

MIGRATION = next((Path(reporting.__file__).parent / "migrations").glob("0170.*.sql"))


async def test_what_stands_already_becomes_unknown_and_its_figures_incomplete(servers: Addresses) -> None:
    database = servers.databases["reporting"]
    folders = [SHARED, MIGRATION.parent]
    await asyncio.to_thread(migrate, database.owner_url, database.url, folders)
    connection = await asyncpg.connect(database.owner_url, server_settings=EVERYBODY)
    transaction = connection.transaction()
    await transaction.start()
    try:
        for model in ("read_model_a", "read_model_b"):
            await enter(connection, model)
            await empty(connection, model)
            await _as_before_the_migration(connection, model)
        await enter(connection, "read_model_a")
        early = datetime(2024, 7, 1, tzinfo=UTC)
        for event in _told_of_everybody(early):
            await project(connection, [event])
        with pytest.raises(asyncpg.PostgresError, match="infinite"):
            async with connection.transaction():
                await figures(connection, Look(Scope.parse("national"), date.min, date(2024, 12, 31), early))

        await connection.execute("select set_config('lieu.role', $1, true)", urlsplit(database.url).username)
        await connection.execute(MIGRATION.read_text())
        await enter(connection, "read_model_a")
        for scope in map(Scope.parse, SCOPES):
            whole, _ = await figures(connection, Look(scope, date(2024, 1, 1), date(2024, 12, 31), early, "sex"))
            assert (whole["requests"]["value"], whole["exits_durable"]["value"]) == (1, 1)
            assert await incomplete(connection, scope) == {"parked_events": 2, "pathways": 2}
        assert await incomplete(connection, Scope.parse("department:988")) is None

        # A correction closes the row that stood, and tells a day that counts.
        later = early + timedelta(days=1)
        exit = _told_of_everybody(early)[-1]._replace(version=2, known_at=later, body=_exit(date(2024, 6, 2)))
        await project(connection, [exit])
        for at, days in ((early, 143), (later, 144)):
            look = Look(Scope.parse("national"), date(2024, 1, 1), date(2024, 12, 31), at)
            (job,) = (await behind(connection, "days_to_employment_km", "numerator", look, limit=9)).rows
            assert job.days == days, at
    finally:
        await transaction.rollback()
        await connection.close()


async def _as_before_the_migration(connection: asyncpg.Connection, model: str) -> None:
    constraints = await connection.fetch(
        """select conrelid::regclass::text as table, conname as name from pg_constraint
            where contype = 'c' and connamespace = $1::regnamespace and conname ~ '_to_|_of_'""",
        model,
    )
    assert len(constraints) >= 8
    for one in constraints:
        await connection.execute(f"alter table {one['table']} drop constraint {one['name']}")
    await connection.execute(f"drop function {model}.counted(date)")
    await connection.execute(f"drop function {model}.counted(date[])")


def _exit(contract_start: date) -> outcomes.Exit:
    return outcomes.Exit(
        exited_on=date(2024, 6, 1),
        situation=Situation.EMPLOYMENT,
        contract=Contract.CDI,
        contract_start=contract_start,
        contract_end=None,
        exit_class=ExitClass.DURABLE,
        rule="1",
        uncertain=False,
    )


def _told_of_everybody(at: datetime) -> list[Any]:
    """One who left for a job that begins never, and one who asked before all days."""
    unknown = dict.fromkeys(("requester", "sex", "age", "unemployment", "qualification", "housing"), "unknown")
    one, other = PATHWAYS[:2]

    def told(service: str, name: str, pathway: UUID, version: int, body: Body) -> PublicEvent:
        return PublicEvent(service, name, 1, pathway, version, "s01", pathway, None, None, at, None, False, None, body)

    def request(on: date) -> intake.Request:
        return intake.Request(structure="s01", person=one, requested_on=on, **unknown)

    def structure(code: str, department: str, id: int) -> PublicEvent:
        body = intake.Structure(structure=code, name=code, department=department)
        return told("intake", "structure-registered", UUID(int=id), 1, body)

    return [
        structure("s01", "69", 8),
        structure("s02", "988", 9),
        told("intake", "pathway-requested", one, 1, request(date(2024, 1, 10))),
        told("intake", "support-started", one, 2, intake.Start(started_on=date(2024, 1, 10))),
        told("intake", "pathway-requested", other, 1, request(date.min)),
        told("outcomes", "support-exited", one, 1, _exit(date.max)),
    ]
