"""An answer of the indicator catalogue over many pathways, against the same figures by SQL straight over the events.

The pathways are made up: 600 imported ones, their facts folded by the real projection as if each had become known on
its own day (so that a pathway has every row of its history), then copied by SQL under new ids, over 900 structures in
95 départements and five years. The rival has what the platform has not: the events of all four services in one table,
with an index on (name, pathway, version). Answers a second, one at a time; the answer is asked of the code behind the
route, without HTTP. Imports bring no mainstream profiles and no situation periods: those tables are empty here.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as hour
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks import histories
from benchmarks.measure import EVERYBODY, Comparison, Scale, Target, Turn, compare, pool_for_everybody
from lieu.embedded import Addresses
from services.reporting.api.asking import question
from services.reporting.api.figures import answer
from services.reporting.read_models.engine import project
from services.reporting.read_models.sets import STREAMS, enter
from shared.kernel.database import Connection, Pool
from shared.kernel.event_store import EventStore
from shared.kernel.migrate import SHARED, migrate
from shared.kernel.sealing import EnvironmentKeys, PersonKeys
from shared.language.contracts import PublicEvent

STRUCTURES, DEPARTMENTS = 900, 95
YEAR = (date(2023, 1, 1), date(2023, 12, 31))
SCOPES = {"national": "national", "one département": "department:13", "one structure": "structure:c0013"}
PERIODS = {
    "a month": (date(2023, 3, 1), date(2023, 3, 31)),
    "a quarter": (date(2023, 1, 1), date(2023, 3, 31)),
    "a year": YEAR,
    "five years": (date(2020, 1, 1), date(2024, 12, 31)),
}
RIVAL = "SQL over the events, national, a year"
NATIONAL = "reporting, national, a year"
PATIENCE = 10.0
"""Seconds after which an answer of ours is given up; its rate is then told as one in that time."""


async def measure(scale: Scale) -> list[Comparison]:
    """A comparison for each size, and one of periods at the largest. LIEU_BENCH_MILLION=1 adds the million."""
    sizes = [10_000, 100_000, *([1_000_000] if os.environ.get("LIEU_BENCH_MILLION") else [])]
    if scale.quick:
        sizes = [1_000, 5_000]
    found: list[Comparison] = []
    async with histories.servers("rival") as (data, addresses):
        filling = await Filling.prepared(data, addresses)
        url = addresses.databases["reporting"].url
        async with pool_for_everybody(url) as pool:
            rival = await asyncpg.connect(addresses.databases["rival"].owner_url, server_settings=EVERYBODY)
            try:
                for size in sizes:
                    preparing = time.perf_counter()
                    await filling.fill(size)
                    facts = await filling.facts() | {"seconds to prepare": round(time.perf_counter() - preparing)}
                    found.append(await _compared(size, size == sizes[-1], scale, pool, rival, facts))
                found.append(await _periods(sizes[-1], scale, pool))
            finally:
                await rival.close()
    return found


async def _compared(
    size: int,
    largest: bool,
    scale: Scale,
    pool: Pool,
    rival: Connection,
    facts: dict[str, Any],
) -> Comparison:
    facts["figures that both tell, and equal"] = await _same(pool, rival)
    turns: dict[str, Turn] = {RIVAL: partial(_rival_turn, rival, scale)}
    for name, scope in SCOPES.items():
        turns[f"reporting, {name}, a year"] = partial(_turn, pool, scope, YEAR, scale)
    others = histories.Others()
    compared = await compare(
        f"indicators over {size:,} pathways",
        "answers/s",
        turns,
        scale.rounds,
        [Target(NATIONAL, least=20)] if largest else (),
    )
    facts["of the machine taken by others"] = others.share()
    compared.facts = facts | {f"{name}, ms": round(1000 / compared.middle(name), 1) for name in compared.figures}
    return compared


async def _periods(size: int, scale: Scale, pool: Pool) -> Comparison:
    """The same history asked of longer and longer periods."""
    turns: dict[str, Turn] = {
        f"{scope}, {period}": partial(_turn, pool, SCOPES[scope], days, scale)
        for scope in ("national", "one structure")
        for period, days in PERIODS.items()
    }
    compared = await compare(f"indicators by period, {size:,} pathways", "answers/s", turns, scale.rounds)
    compared.facts = {f"{name}, ms": round(1000 / compared.middle(name), 1) for name in compared.figures}
    return compared


async def _turn(pool: Pool, scope: str, period: tuple[date, date], scale: Scale) -> float:
    async def ask() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await answer(pool, question(scope, *period))

    return await _rate(ask, scale.seconds)


async def _rival_turn(connection: Connection, scale: Scale) -> float:
    return await _rate(lambda: over_events(connection, *YEAR, None, None), scale.seconds)


async def _rate(ask: Any, seconds: float) -> float:
    """Of the median answer, the first ones of a turn finding cold caches."""
    taken: list[float] = []
    until = time.perf_counter() + seconds
    while not taken or time.perf_counter() < until:
        started = time.perf_counter()
        await ask()
        taken.append(time.perf_counter() - started)
    return 1 / median(taken)


async def _same(pool: Pool, rival: Connection) -> int:
    """How many figures both tell, over all three scopes. Raises AssertionError where one differs."""
    compared = 0
    for text in SCOPES.values():
        asked = question(text, *YEAR)
        told: Mapping[str, Any] = (await answer(pool, asked))["indicators"]
        found = await over_events(rival, *YEAR, asked.scope.structure, asked.scope.department)
        for id, value in found.items():
            figure = told[id]
            ours = figure["numerator"] if "numerator" in figure else figure["value"]
            if (ours or 0) != (value or 0):
                raise AssertionError(f"{text} {id}: {ours} in the read models, {value} over the events")
            compared += 1
    return compared


# --- the rival: corrections last, the same definitions, no read model -----------------------------------------

_LAST = """select distinct on (pathway) pathway, structure, person, name, state from events
            where name in ({names}) and known_at <= $3 order by pathway, version desc"""


def _last(*names: str) -> str:
    return _LAST.format(names=", ".join(f"'{name}'" for name in names))


OVER_EVENTS = f"""
  with asked as materialized (
    select e.pathway, e.person, e.state->'fact'->>'structure' as structure,
           (e.state->'fact'->>'requested_on')::date as requested_on
      from ({_last("intake.pathway-requested", "intake.request-corrected")}) e
  ), structures as (
    select distinct on (aggregate) state->'fact'->>'structure' as structure, state->'fact'->>'department' as department
      from events where name in ('intake.structure-registered', 'intake.structure-corrected') and known_at <= $3
     order by aggregate, version desc
  ), welcomes as (
    select pathway, (state->'fact'->>'on')::date as on from ({
    _last("intake.pathway-welcomed", "intake.welcome-corrected")
}) e
  ), starts as (
    select pathway, (state->'fact'->>'on')::date as on from ({
    _last("intake.support-started", "intake.start-corrected")
}) e
  ), exits as (
    select pathway, (state->'fact'->>'exited_on')::date as exited_on, state->>'exit_class' as exit_class
      from ({_last("outcomes.support-exited", "outcomes.exit-corrected", "outcomes.exit-reopened")}) e
     where name <> 'outcomes.exit-reopened'
  ), diagnosed as (
    select distinct pathway from events where name = 'diagnostic.diagnostic-completed' and known_at <= $3
  ), planned as (
    select distinct pathway from (
      select distinct on (pathway, state->>'key') pathway, state->'fact'->>'agreed_on' as agreed_on from events
       where name in ('diagnostic.plan-agreed', 'diagnostic.plan-corrected') and known_at <= $3
       order by pathway, state->>'key', version desc) p
     where agreed_on is not null
  ), activities as (
    select pathway, fact->>'kind' as kind, (fact->>'hours')::numeric as hours from (
      select distinct on (pathway, state->>'key') pathway, state->'fact' as fact from events
       where name in ('training.activity-recorded', 'training.activity-corrected') and known_at <= $3
       order by pathway, state->>'key', version desc) a
     where (fact->>'started_on')::date between $1 and $2 and fact->>'status' <> 'no_show'
  ), standing as (
    select q.pathway, q.person, q.requested_on, w.on as welcomed_on, x.exit_class,
           q.requested_on between $1 and $2 as r, coalesce(s.on between $1 and $2, false) as e,
           coalesce(s.on <= $2 and (x.exited_on is null or x.exited_on >= $1), false) as a,
           coalesce(s.on is not null and x.exited_on between $1 and $2, false) as l,
           d.pathway is not null as diagnosed, p.pathway is not null as planned
      from asked q left join welcomes w using (pathway) left join starts s using (pathway)
      left join exits x using (pathway) left join diagnosed d using (pathway) left join planned p using (pathway)
     where ($4::text is null or q.structure = $4)
       and ($5::text is null or q.structure in (select structure from structures where department = $5))
  ), hours as (
    select kind, sum(hours) as hours from activities join standing using (pathway) group by kind
  )
  select count(*) filter (where r) as requests, count(*) filter (where e) as entries,
         count(*) filter (where a) as supported, count(*) filter (where l) as leavers,
         count(distinct person) filter (where a) as persons_supported,
         count(*) filter (where r and welcomed_on is not null) as welcomed_share,
         percentile_cont(0.5) within group (order by welcomed_on - requested_on)
           filter (where welcomed_on between $1 and $2) as days_to_welcome_median,
         count(*) filter (where e and diagnosed) as diagnosed_share,
         count(*) filter (where e and planned) as plan_share,
         count(*) filter (where l and exit_class = 'durable') as exits_durable,
         count(*) filter (where l and exit_class = 'transition') as exits_transition,
         count(*) filter (where l and exit_class = 'positive') as exits_positive,
         count(*) filter (where l and exit_class = 'other') as exits_other,
         count(*) filter (where l and exit_class = 'neutralised') as exits_neutralised,
         count(*) filter (where l and exit_class <> 'neutralised') as exits_examined,
         count(*) filter (where l and exit_class in ('durable', 'transition', 'positive')) as dynamic_exit_share,
         count(*) filter (where l and exit_class = 'durable') as durable_access_share,
         count(*) filter (where a and exists (select from activities t where t.pathway = standing.pathway
                            and t.kind in ('workshop', 'training', 'placement'))) as mobilised_share,
         {
    ", ".join(
        f"(select hours from hours where kind = '{kind}')::float8 as hours_{kind}"
        for kind in ("workshop", "training", "placement", "support")
    )
}
    from standing"""


async def over_events(
    connection: Connection, start: date, end: date, structure: str | None, department: str | None
) -> dict[str, Any]:
    """Counts, medians, hours and the numerators of shares, by their id in the catalogue: two fifths of it."""
    row = await connection.fetchrow(OVER_EVENTS, start, end, datetime.now(UTC), structure, department)
    assert row is not None
    return dict(row)


# --- the filling ---------------------------------------------------------------------------------------------

READ_MODELS = ("intake", "diagnostic", "activities", "outcomes")


@dataclass
class Filling:
    """Both sides, filled with the same pathways: `reporting` the read models, `rival` the events."""

    reporting: str
    rival: str
    pathways: int
    """Of the template."""
    copies: int = 0

    @classmethod
    async def prepared(cls, data: Path, addresses: Addresses) -> "Filling":
        async with histories.platform_on(data, addresses) as running:
            template = await histories.imported(running)
        rival = addresses.databases["rival"]
        migrate(rival.owner_url, rival.url, [SHARED])
        filling = cls(addresses.databases["reporting"].owner_url, rival.owner_url, template.pathways)
        await filling._fold_the_template(addresses)
        await filling._take_the_events(addresses)
        return filling

    async def _fold_the_template(self, addresses: Addresses) -> None:
        """Into tables of their own, `made_…`, by the real projection."""
        connection = await asyncpg.connect(self.reporting, server_settings=EVERYBODY)
        try:
            async with connection.transaction():
                await enter(connection, "read_model_b")
                for service, public in histories.PUBLISHING.items():
                    async with pool_for_everybody(addresses.databases[service].url) as pool:
                        store = EventStore(pool, PersonKeys(service, EnvironmentKeys(None)))
                        await project(connection, await _as_it_happened(service, store, public))
            for table in READ_MODELS:
                await connection.execute(f"create table public.made_{table} as select * from read_model_b.{table}")
                await connection.execute(f"truncate read_model_a.{table}, read_model_b.{table}")
            # What the answer waits for: a watermark of every stream.
            for stream in STREAMS:
                await connection.execute(
                    """insert into read_model_a.subscription values ($1, '', 1, now())
                       on conflict (stream) do update set watermark = now()""",
                    stream,
                )
            await connection.execute(
                f"""truncate read_model_a.structures;
                    insert into read_model_a.structures
                    select md5('c' || n)::uuid, '2019-01-01', 'infinity', 'c' || lpad(n::text, 4, '0'),
                           'Structure ' || n, lpad((1 + n % {DEPARTMENTS})::text, 2, '0')
                      from generate_series(0, {STRUCTURES - 1}) n"""
            )
        finally:
            await connection.close()

    async def _take_the_events(self, addresses: Addresses) -> None:
        connection = await asyncpg.connect(self.rival, server_settings=EVERYBODY)
        try:
            await connection.execute("create table made_events (like events)")
            columns = [row["name"] for row in await connection.fetch(_COLUMNS)]
            for service in histories.PUBLISHING:
                source = await asyncpg.connect(addresses.databases[service].owner_url, server_settings=EVERYBODY)
                rows = await source.fetch(f"select {', '.join(columns)} from events where pathway is not null")
                await source.close()
                await connection.copy_records_to_table("made_events", records=map(tuple, rows), columns=columns)
            await connection.execute(
                f"""with known as (
                      select position, name, max(coalesce(happened_on, '2020-01-01')::timestamp + '12 h')
                        over (partition by aggregate, split_part(name, '.', 1) order by version) as at from made_events)
                    update made_events e set known_at = k.at at time zone 'UTC' from known k
                     where k.position = e.position and k.name = e.name;
                    insert into events (position, save, aggregate, version, name, state, structure, actor, known_at,
                                        historical)
                    select n + 1, md5('s' || n)::uuid, md5('c' || n)::uuid, 1, 'intake.structure-registered',
                           json_build_object('fact', json_build_object('structure', 'c' || lpad(n::text, 4, '0'),
                             'name', 'Structure ' || n, 'department', lpad((1 + n % {DEPARTMENTS})::text, 2, '0'))),
                           'c' || lpad(n::text, 4, '0'), 'bench', '2019-01-01', true
                      from generate_series(0, {STRUCTURES - 1}) n;
                    create index on events (name, pathway, version)"""
            )
        finally:
            await connection.close()

    async def fill(self, pathways: int) -> None:
        """Until there are so many on both sides."""
        copies = -(-pathways // self.pathways)
        if copies <= self.copies:
            return
        await self._fill_read_models(copies)
        await self._fill_events(copies)
        self.copies = copies

    async def _fill_read_models(self, copies: int) -> None:
        connection = await asyncpg.connect(self.reporting, server_settings=EVERYBODY)
        try:
            for table in READ_MODELS:
                rows = await connection.fetch(_COLUMNS_OF, f"public.made_{table}")
                columns = [row["name"] for row in rows]
                shown = [_copied(name, "entity") for name in columns]
                await connection.execute(
                    f"""insert into read_model_a.{table} ({", ".join(columns)}) select {", ".join(shown)}
                          from generate_series({self.copies + 1}, {copies}) k, public.made_{table} t""",
                    timeout=1800,
                )
                await connection.execute(f"analyze read_model_a.{table}")
        finally:
            await connection.close()

    async def _fill_events(self, copies: int) -> None:
        connection = await asyncpg.connect(self.rival, server_settings=EVERYBODY)
        try:
            columns = [row["name"] for row in await connection.fetch(_COLUMNS)]
            # The code stands in the text of a request, which the rival reads: it is replaced there as well.
            shown = {name: _copied(name, "pathway") for name in columns} | {
                # A pathway's files have its id in each service; in one table they are told apart.
                "aggregate": "md5(split_part(t.name, '.', 1) || t.aggregate::text || k)::uuid",
                "position": "(select max(position) from events) + row_number() over ()",
                "state": f"""case when t.name like 'intake.%request%' then regexp_replace(t.state::text,
                                    '"structure":"[^"]*"',
                                    '"structure":"' || {_STRUCTURE.format("pathway")} || '"', 'g')::json
                                else t.state end""",
            }
            await connection.execute(
                f"""insert into events ({", ".join(columns)}) select {", ".join(shown.values())}
                      from generate_series({self.copies + 1}, {copies}) k, made_events t""",
                timeout=1800,
            )
            await connection.execute("analyze events")
        finally:
            await connection.close()

    async def facts(self) -> dict[str, Any]:
        reporting, rival = (
            await asyncpg.connect(self.reporting, server_settings=EVERYBODY),
            await asyncpg.connect(self.rival, server_settings=EVERYBODY),
        )
        try:
            counts = {
                table: await reporting.fetchval(f"select count(*) from read_model_a.{table}") for table in READ_MODELS
            }
            size = await rival.fetchval("select pg_total_relation_size('events')")
            own = sum(
                [await reporting.fetchval(f"select pg_total_relation_size('read_model_a.{t}')") for t in READ_MODELS]
            )
            return {
                "rows of the read models": sum(counts.values()),
                "events of the rival": await rival.fetchval("select count(*) from events"),
                "MB of the read models, of the rival's events": f"{own >> 20}, {size >> 20}",
            }
        finally:
            await reporting.close()
            await rival.close()


_COLUMNS_OF = """select attname as name from pg_attribute
                  where attrelid = $1::text::regclass and attnum > 0 and not attisdropped order by attnum"""
_COLUMNS = _COLUMNS_OF.replace("$1::text", "'events'")
# Of a pathway and copy the same wherever it is computed.
_STRUCTURE = f"'c' || lpad((abs(hashtext(t.{{}}::text || k)::bigint) % {STRUCTURES})::text, 4, '0')"


def _copied(column: str, pathway: str) -> str:
    """SQL of a column of copy `k` of row `t`, whose pathway stands in the column `pathway`."""
    if column in ("entity", "pathway", "person", "aggregate", "save"):
        return f"md5(t.{column}::text || k)::uuid"
    return _STRUCTURE.format(pathway) if column == "structure" else f"t.{column}"


async def _as_it_happened(service: str, store: EventStore, public: Any) -> list[PublicEvent]:
    """The public events of a template, each known on the day it happened, those of an aggregate never out of order."""
    known: dict[UUID, datetime] = {}
    events: list[PublicEvent] = []
    for one in await store.read(0, 1_000_000):
        told = public(one)
        if told is None or one.about.pathway is None:
            continue
        day = datetime.combine(one.happened_on or date(2020, 1, 1), hour(12), UTC)
        known[one.aggregate] = max(known.get(one.aggregate, day), day)
        events.append(
            PublicEvent(
                service=service,
                name=told[0],
                position=one.position,
                aggregate=one.aggregate,
                version=one.version,
                structure=one.about.structure,
                pathway=one.about.pathway,
                person=one.about.person,
                happened_on=one.happened_on,
                known_at=known[one.aggregate],
                rule=one.rule,
                historical=one.historical,
                traceparent=None,
                body=told[1],
            )
        )
    return events
