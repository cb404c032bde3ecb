"""No single row stops a figure: whatever the read models are told, and whatever they take, every figure is answered."""

import json
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_type_hints
from uuid import UUID

import asyncpg
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.catalogue import CATALOGUE, ONE_PART
from services.reporting.indicators import Scope, UnknownScope, figures, funnel
from services.reporting.lists import behind
from services.reporting.outsiders import Outsider, told
from services.reporting.projections import project
from shared.codes import BREAKDOWNS, ActivityKind, Barrier, ExitClass
from shared.contracts import EVENTS, Body, PublicEvent, diagnostic, intake, outcomes, training
from tests.test_projection_properties import ReadModels, agrees, at_most, examples
from tests.test_projection_properties import read_models as read_models

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
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "uuid": st.sampled_from(PATHWAYS),
    "date": st.one_of(st.none(), PLAIN_DAY),
    "timestamp with time zone": ANY_INSTANT,
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
TELLING = ("structures", "intake", "diagnostic", "activities", "outcomes", "profiles", "situations")


def _value(column: str, type: str, *, odd: bool) -> st.SearchStrategy[Any]:
    day = ANY_DAY if odd else PLAIN_DAY
    if column == "domains":
        return st.lists(st.sampled_from(tuple(map(str, Barrier))), min_size=0 if odd else 1, max_size=4)
    if column in ("received_on", "received_by"):
        one: st.SearchStrategy[Any] = day if column == "received_on" else st.sampled_from(("s01", "s02"))
        return st.lists(st.one_of(one, st.none()), max_size=3) if odd else st.none()
    if type == "text":
        return st.sampled_from(CODES.get(column, ("a", "b")))
    return ODD.get(type, PLAIN[type]) if odd else PLAIN[type]


def _rows(table: str, columns: Mapping[str, str]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """A row that makes sense, but for at most two of its columns."""
    plain = st.fixed_dictionaries({name: _value(name, type, odd=False) for name, type in columns.items()})
    odd = st.fixed_dictionaries(
        {}, optional={name: _value(name, type, odd=True) for name, type in columns.items() if type != "text"}
    )
    few = odd.map(lambda row: dict(list(row.items())[:2]))
    return st.tuples(st.just(table), st.builds(lambda row, some: row | some, plain, st.one_of(st.just({}), few)))


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
        try:
            whole, classes = await figures(connection, scope, *period, at, by)
        except UnknownScope:
            continue
        assert json.dumps([whole, classes], allow_nan=False)
        assert await funnel(connection, scope, *period, at)
        for id in sorted(CATALOGUE):
            for part in ("numerator",) if id in ONE_PART else ("numerator", "denominator"):
                page = await behind(connection, id, part, scope, *period, at, by, limit=1000)
                assert agrees(id, part, whole[id], page.rows, page.count), id
        if scope.structure is None:
            assert await told(connection, scope, date(2024, 1, 1), date(2024, 12, 31), at, by, Outsider(5, "s01"))


QUESTION = st.tuples(
    st.tuples(ANY_DAY, ANY_DAY).map(lambda pair: (min(pair), max(pair))),
    ANY_INSTANT,
    st.sampled_from(tuple(BREAKDOWNS)),
)


@examples(25)
def test_whatever_rows_the_read_models_take_every_figure_is_answered(read_models: ReadModels, most: int) -> None:
    columns, taken = read_models.runner.run(_columns(read_models.connection)), [0, 0]
    rows = st.one_of(*(_rows(table, columns[table]) for table in TELLING))

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
    assert min(taken) > most, f"(refused, taken) {taken}"


BODIES_OF_FIGURES = {
    "intake": (intake.Structure, intake.Request, intake.Welcome, intake.Start, intake.Withdrawal, intake.Reception,
               intake.Profile),
    "diagnostic": (diagnostic.Diagnostic, diagnostic.Plan, diagnostic.BarrierAssessment),
    "training": (training.Activity,),
    "outcomes": (outcomes.Exit, outcomes.Reopening, outcomes.FollowUp, outcomes.SituationPeriod),
}  # fmt: skip


def _anything(body: type[Body]) -> st.SearchStrategy[Body]:
    days = {date: ANY_DAY, date | None: st.one_of(st.none(), ANY_DAY)}
    return st.builds(body, **{name: days[hint] for name, hint in get_type_hints(body).items() if hint in days})


def _events() -> st.SearchStrategy[Any]:
    """(service, pathway, body, known at): bodies of which every field is anything of its type."""
    one = [
        st.tuples(st.just(service), st.sampled_from(PATHWAYS), _anything(body), ANY_INSTANT)
        for service, bodies in BODIES_OF_FIGURES.items()
        for body in bodies
    ]
    return st.lists(st.one_of(*one), min_size=10, max_size=40)


@examples(25)
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
