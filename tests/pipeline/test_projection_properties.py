"""Over random facts, on real PostgreSQL: read models however events arrive and as of any instant, and the catalogue."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lieu.embedded import Addresses
from services import reporting
from services.reporting.figures.catalogue import CATALOGUE, HOURS, MEDIANS, ONE_PART
from services.reporting.figures.indicators import figures
from services.reporting.figures.lists import Listed, Part, behind
from services.reporting.figures.scope import Look, Scope, UnknownScope
from services.reporting.read_models import PROJECTIONS
from services.reporting.read_models.engine import project
from services.reporting.read_models.sets import empty, enter
from shared.kernel.clock import PARIS
from shared.kernel.migrate import SHARED, migrate
from shared.language.codes import BREAKDOWNS, Situation
from shared.language.contracts import PublicEvent
from tests import folders, oracle
from tests.harness import EVERYBODY, assert_same
from tests.streams import KEYS, PUBLISHING, TICK, World, corrected, imported, world_of

Catalogue = dict[str, dict[str, Any]]
"""Every indicator, of the whole (under "") and of each class of a breakdown."""

# A counterexample takes minutes to become a small one.
pytestmark = pytest.mark.timeout(1800)

COMPARED = ("folds", *(of.table for of in PROJECTIONS))


def examples(few: int, many: int) -> pytest.MarkDecorator:
    """The test takes `few` examples, and `many` among the slow tests; none but there where `few` is 0."""
    slow = pytest.param(many, marks=pytest.mark.slow, id="many")
    return pytest.mark.parametrize("most", [pytest.param(few, id="few"), slow] if few else [slow])


def at_most(most: int) -> Callable[[Any], Any]:
    checks = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
    # The same examples each time: a run tells of this change, not of its luck. To search on, take `derandomize` away.
    return settings(max_examples=most, deadline=None, suppress_health_check=checks, derandomize=True)


class ReadModels:
    """A connection to reporting's database on which every example begins with nothing and leaves nothing."""

    def __init__(self, runner: asyncio.Runner, connection: asyncpg.Connection) -> None:
        self.runner, self.connection = runner, connection

    def run(self, example: Coroutine[Any, Any, None]) -> None:
        self.runner.run(example)

    @asynccontextmanager
    async def empty(self) -> AsyncIterator[asyncpg.Connection]:
        transaction = self.connection.transaction()
        await transaction.start()
        try:
            await enter(self.connection, "read_model_a")
            yield self.connection
        finally:
            await transaction.rollback()


@pytest.fixture(scope="module")
def read_models(servers: Addresses) -> Iterator[ReadModels]:
    database = servers.databases["reporting"]
    migrate(database.owner_url, database.url, [SHARED, Path(reporting.__file__).parent / "migrations"])
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        connection = runner.run(asyncpg.connect(database.url, server_settings=EVERYBODY))
        runner.run(_truncate(connection))
        yield ReadModels(runner, connection)
        runner.run(connection.close())


async def _truncate(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await empty(connection, "read_model_a")


async def apply(connection: asyncpg.Connection, events: Sequence[PublicEvent]) -> None:
    """Each stream's events in one batch."""
    for service in PUBLISHING:
        if batch := [event for event in events if event.service == service]:
            await project(connection, batch)


async def ask(
    connection: asyncpg.Connection, scope: str, period: tuple[date, date], at: datetime, by: str | None
) -> Catalogue | None:
    """Null where no structure of the scope was ever heard of."""
    try:
        whole, classes = await figures(connection, Look(Scope.parse(scope), *period, at, by))
    except UnknownScope:
        return None
    return {"": whole, **classes}


def assert_equal(expected: Catalogue, found: Catalogue, place: str) -> None:
    assert list(expected) == list(found), place
    for name, those in expected.items():
        assert those.keys() == found[name].keys(), f"{place} {name}"
        if those != found[name]:
            assert_same(those, found[name], f"{place} {name}")


# --- however they arrive ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """The next `new` events of a stream, behind the `again` last ones before them; `twice`: the whole of it."""

    stream: str
    again: int
    new: int
    twice: bool


batches = st.lists(
    st.builds(
        Batch,
        st.sampled_from(tuple(PUBLISHING)),
        st.sampled_from((0, 0, 1, 2, 5, 1000)),
        st.sampled_from((0, 1, 1, 2, 3, 5, 30)),
        st.booleans(),
    ),
    max_size=12,
)
last_batches = st.permutations(tuple(PUBLISHING)).flatmap(
    lambda streams: st.sampled_from((0, 1000)).map(lambda n: [Batch(stream, n, 1000, bool(n)) for stream in streams])
)


async def _rows(connection: asyncpg.Connection) -> dict[str, list[dict[str, Any]]]:
    return {
        table: [dict(row) for row in await connection.fetch(f"select * from {table} order by 1, 2")]
        for table in COMPARED
    }


async def _however_they_arrive(read_models: ReadModels, world: World, delivered: Sequence[Batch]) -> None:
    async with read_models.empty() as connection:
        for event in world.events:
            await project(connection, [event])
        expected = await _rows(connection)
    reached = dict.fromkeys(world.streams, 0)
    async with read_models.empty() as connection:
        for batch in delivered:
            at = reached[batch.stream]
            reached[batch.stream] = at + batch.new
            events = world.streams[batch.stream][max(0, at - batch.again) : at + batch.new]
            if events:
                await project(connection, events * (1 + batch.twice))
        found = await _rows(connection)
    for table, rows in expected.items():
        assert rows == found[table], table


@examples(20, 60)
def test_the_rows_are_those_of_one_event_after_another_however_the_streams_interleave_are_cut_and_come_again(
    read_models: ReadModels, most: int
) -> None:
    @at_most(most)
    @given(corrected(pathways=4), batches, last_batches)
    def holds(world: World, some: list[Batch], last: list[Batch]) -> None:
        read_models.run(_however_they_arrive(read_models, world, [*some, *last]))

    holds()


# --- as of any instant ------------------------------------------------------------------------------------


def questions(world: World) -> st.SearchStrategy[tuple[str, str | None]]:
    """A scope of the world and perhaps a breakdown."""
    return st.tuples(st.sampled_from(folders.scopes(world.facts)), st.sampled_from((None, *BREAKDOWNS)))


async def _as_of(
    read_models: ReadModels,
    world: World,
    instants: Sequence[datetime],
    period: tuple[date, date],
    asked: Sequence[tuple[str, str | None]],
) -> None:
    """Each answer is noted when no more was known than at its instant, and asked for again when all is known."""
    async with read_models.empty() as connection:
        nobody = await ask(connection, "national", period, instants[0], None)
        assert nobody is not None
        to_come, noted = world.events, []
        for instant in sorted(instants):
            known = [event for event in to_come if event.known_at <= instant]
            to_come = to_come[len(known) :]
            await apply(connection, known)
            noted += [(*one, instant, await ask(connection, one[0], period, instant, one[1])) for one in asked]
        await apply(connection, to_come)
        for scope, by, instant, then in noted:
            again = await ask(connection, scope, period, instant, by)
            assert again is not None
            assert_equal(then or dict.fromkeys(again, nobody[""]), again, f"{scope} {by} as known at {instant}")


@examples(0, 70)
def test_a_figure_as_known_at_an_instant_is_the_figure_of_the_events_known_by_then(
    read_models: ReadModels, most: int
) -> None:
    @at_most(most)
    @given(corrected(), folders.periods(), st.data())
    def holds(world: World, period: tuple[date, date], data: st.DataObject) -> None:
        known = sorted({event.known_at for event in world.events})
        turns = [*world.due(), *world.to_come()]
        choices = sorted(known + [at - TICK for at in (*known, *turns)] + turns)
        instants = data.draw(st.lists(st.sampled_from(choices), min_size=1, max_size=4), "instants")
        asked = data.draw(st.lists(questions(world), min_size=2, max_size=4), "scopes and breakdowns")
        read_models.run(_as_of(read_models, world, instants, period, asked))

    holds()


# --- the catalogue ----------------------------------------------------------------------------------------


async def _catalogue(read_models: ReadModels, world: World, period: tuple[date, date], at: datetime, by: int) -> None:
    """The nation by everything, every other scope by something."""
    facts, known_on = world.facts, at.astimezone(PARIS).date()
    scopes, breakdowns = folders.scopes(facts), tuple(BREAKDOWNS)
    asked = [("national", one) for one in breakdowns]
    asked += [(scope, breakdowns[(by + n) % len(breakdowns)]) for n, scope in enumerate(scopes[1:])]
    async with read_models.empty() as connection:
        await apply(connection, world.events)
        for scope, breakdown in asked:
            expected = {
                "": oracle.indicators(facts, *period, known_on, scope),
                **oracle.indicators(facts, *period, known_on, scope, breakdown),
            }
            found = await ask(connection, scope, period, at, breakdown)
            assert found is not None
            assert_equal(expected, found, f"{scope} {breakdown}")


def _instants_after(world: World) -> list[datetime]:
    """When all is known: at once, and on both sides of the midnights at which a follow-up falls due, or something that
    was to come has happened."""
    last = max(event.known_at for event in world.events)
    due = sorted(at for day in world.due() | world.to_come() for at in (day - TICK, day) if at >= last)
    return [last, *due, max(due, default=last) + timedelta(days=400)]


def _gives_the_catalogue(read_models: ReadModels, most: int, worlds: st.SearchStrategy[World]) -> None:
    @at_most(most)
    @given(worlds, folders.periods(), st.integers(0, 5), st.data())
    def holds(world: World, period: tuple[date, date], by: int, data: st.DataObject) -> None:
        at = data.draw(st.sampled_from(_instants_after(world)), "known at")
        read_models.run(_catalogue(read_models, world, period, at, by))

    holds()


@examples(30, 60)
def test_the_whole_catalogue_of_an_import_is_that_of_the_naive_computation(read_models: ReadModels, most: int) -> None:
    _gives_the_catalogue(read_models, most, imported())


@examples(0, 60)
def test_the_whole_catalogue_after_corrections_is_that_of_the_naive_computation_over_what_then_stands(
    read_models: ReadModels, most: int
) -> None:
    _gives_the_catalogue(read_models, most, corrected())


START = date(2024, 1, 15)


def _moves_and_jobs() -> World:
    """Pathways that were moved and had jobs on both sides of each day that matters, with every kind of leaving."""
    start, exit, end = START, date(2024, 3, 15), date(2024, 6, 30)
    day, key = timedelta(days=1), "w{}".format
    facts = oracle.Facts(
        structures=[folders.row("structures", structure=code, name=code, department=code) for code in ("69", "13")]
    )
    leavings = (
        None,
        {"situation": "inactive"},
        {"situation": "employment"},
        *({"situation": "employment", "contract_start": on} for on in (start - day, start, exit + day)),
    )
    jobs = (None, start - day, start, start + day, exit, exit + day)
    moves = (None, start, end, end + day)
    those = list(product(leavings, jobs, moves))
    for n, (leaving, _, _) in enumerate(those):
        dates = {"requested_on": start, "welcomed_on": start if n % 2 else "", "started_on": start}
        facts.pathways.append(folders.row("pathways", pathway=key(n), structure="69", person=key(n), **dates))
        if leaving:
            facts.exits.append(folders.row("exits", pathway=key(n), exited_on=exit, **leaving))
    world = world_of(facts, end + day)
    for n, (_, job, move) in enumerate(those):
        if job:
            world.situate(key(n), "1", Situation.EMPLOYMENT, job)
        if move:
            world.move(key(n), "13", move)
    return world


def test_moves_and_jobs_on_both_sides_of_each_day_that_matters(read_models: ReadModels) -> None:
    world = _moves_and_jobs()
    at = max(event.known_at for event in world.events)
    assert {event.name for event in world.events} >= {"pathway-received", "situation-recorded", "support-exited"}
    period = (date(2024, 1, 1), date(2024, 6, 30))
    read_models.run(_catalogue(read_models, world, period, at, 0))

    async def first_jobs() -> None:
        async with read_models.empty() as connection:
            await apply(connection, world.events)
            look = Look(Scope.parse("national"), *period, at)
            rows = (await behind(connection, "days_to_employment_km", "numerator", look, limit=1000)).rows
        found = {row.pathway: row.days if row.observed else None for row in rows}
        assert found == {
            KEYS.pathway(one.request["pathway"]): one.employed_on and (one.employed_on - START).days
            for one in oracle.pathways_of(world.facts)
        }
        assert len(set(found.values())) == 5

    read_models.run(first_jobs())


# --- the list behind a figure -----------------------------------------------------------------------------


def agrees(id: str, part: Part, figure: dict[str, Any], rows: Sequence[Listed], count: int) -> bool:
    """That a list says what its figure says."""
    if id in HOURS:
        return figure["value"] == float(sum(row.hours or 0 for row in rows))
    if id in MEDIANS:
        return figure["value"] == oracle.median([row.days for row in rows if row.days is not None])
    if "observed" in figure:
        observed = [row for row in rows if row.observed]
        return (figure["observed"], figure["censored"]) == (len(observed), count - len(observed))
    return count == figure.get(part, figure["value"])


async def _lists(read_models: ReadModels, world: World, period: tuple[date, date], scope: str, by: str) -> None:
    at = max(event.known_at for event in world.events)
    async with read_models.empty() as connection:
        await apply(connection, world.events)
        found = await ask(connection, scope, period, at, by)
        assert found is not None
        for of_class, figures_of_class in found.items():
            for id in sorted(CATALOGUE):
                for part in ("numerator",) if id in ONE_PART else ("numerator", "denominator"):
                    asked = (connection, id, part, Look(Scope.parse(scope), *period, at, by), of_class or None)
                    rows, page, reads = [], None, 0
                    while page is None or page.next:
                        page = await behind(*asked, after=page and page.next, limit=3 if reads < 2 else 1000)
                        rows, reads = [*rows, *page.rows], reads + 1
                    assert len(rows) == page.count
                    assert len({(row.pathway, row.domain) for row in rows}) == len(rows)
                    assert agrees(id, part, figures_of_class[id], rows, page.count), f"{scope} {by} {of_class} {id}"
                    if id == "persons_supported":
                        assert len({row.person for row in rows}) == page.count


@examples(0, 12)
def test_the_list_behind_a_figure_is_as_long_as_the_figure_says_in_every_class(
    read_models: ReadModels, most: int
) -> None:
    @at_most(most)
    @given(corrected(), folders.periods(), st.data())
    def holds(world: World, period: tuple[date, date], data: st.DataObject) -> None:
        scope = data.draw(st.sampled_from(folders.scopes(world.facts)), "scope")
        by = data.draw(st.sampled_from(tuple(BREAKDOWNS)), "by")
        read_models.run(_lists(read_models, world, period, scope, by))

    holds()
