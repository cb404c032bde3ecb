"""Days of the domain lie in one range, at every door; what was stored under other rules still loads."""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from lieu.import_folder import read_folder
from services.outcomes.application import outcome_file
from services.outcomes.domain import Exit, OutcomeFile
from services.reporting.pages.periods import asked_period
from services.training.domain.placement import Placement, check_placement
from shared.kernel.callers import Caller, Command, Role
from shared.kernel.clock import today
from shared.kernel.commands import execute, on
from shared.kernel.event_store.aggregates import TypedMapper
from shared.language import history
from shared.language.codes import PlacementForm, PlacementObjective, Prescriber, Situation
from shared.language.contracts import BODIES, decode_body
from shared.language.days import FIRST_DAY, LAST_DAY, Day, DayRefused, day_of
from shared.language.months import day_after, months_later
from tests import descriptions
from tests.descriptions import ask, dotted, put, refused_at, routes, sample
from tests.folders import COLUMNS
from tests.harness import Running
from tests.imports.test_import_folder import FOLDER, write

OUTSIDE = ("0001-01-01", "1899-12-31", "2101-01-01", "9999-12-31")
REASON = "is not a day from 1900-01-01 to 2100-12-31"
CALENDAR = st.dates(date.min, date.max)


# The type


@given(CALENDAR)
def test_a_day_is_taken_in_the_range_alone(day: date) -> None:
    if date(1900, 1, 1) <= day <= date(2100, 12, 31):
        assert day_of(day.isoformat()) == day
    else:
        with pytest.raises(DayRefused):
            day_of(day.isoformat())


@pytest.mark.parametrize(
    "value", [0, 1704067200, 20240110, 1.5, True, None, [], {}, "", "20240110", "2024-W02-3", "2024-1-10",
              "2024-01-10T00:00:00", "2024-02-30", " 2024-01-10", "٢٠٢٤-٠١-١٠", "2024-01-10\n"],
)  # fmt: skip
def test_nothing_but_the_canonical_text_is_a_day(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(value)


@given(CALENDAR, st.integers(-5000, 5000))
def test_no_sum_leaves_the_calendar(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later >= day) if months >= 0 else (later <= day)
    assert day_after(day) == (day if day == date.max else day + timedelta(days=1))


@pytest.mark.parametrize("end", [date.max, date.max - timedelta(days=1), date.min])
def test_a_placement_that_was_planned_for_ever_stands_beside_another(end: date) -> None:
    agreed: dict[str, Any] = {
        "form": PlacementForm.PMSMP,
        "employer": "73282932000074",
        "tutor": uuid4(),
        "prescriber": Prescriber.SIAE,
        "objective": PlacementObjective.DISCOVER,
    }
    stood = Placement(starts_on=end, ends_on=end, **agreed)
    check_placement(Placement(starts_on=date(2024, 3, 1), ends_on=date(2024, 3, 5), **agreed), [stood])


# Over HTTP


@pytest.mark.slow
async def test_every_day_in_every_body_is_of_the_range(running: Running) -> None:
    tried = 0
    for route in routes(running):
        days = {place: schema for place, schema in route.fields() if schema.get("format") == "date"}
        for day in OUTSIDE if days else ():
            answer = await ask(running, route, body=put(route.example(), day, *days))
            assert answer.status_code == 422, (route.name, day, answer.text)
            assert dotted("body", *days) == refused_at(answer), route.name
            assert {error["rule"] for error in answer.json()["errors"]} == {f"this {REASON}"}, route.name
        assert all(REASON.removeprefix("is not a d") in schema["description"] for schema in days.values()), route.name
        tried += len(days)
    assert tried > 60


@pytest.mark.slow
async def test_every_day_that_is_asked_for_is_of_the_range(running: Running) -> None:
    tried = 0
    for route in routes(running):
        for one in (*route.parameters("query"), *route.parameters("path")):
            kind = descriptions.resolved(one["schema"], route.schemas).get("format")
            if kind not in ("date", "date-time"):
                continue
            for day in OUTSIDE:
                value = day if kind == "date" else f"{day}T00:00:00Z"
                answer = await ask(running, route, query=route.query() | {one["name"]: value})
                assert answer.status_code == 422, (route.name, one["name"], value, answer.text)
                tried += 1
    assert tried > 4 * 15


@pytest.mark.parametrize("day", [*OUTSIDE, "20240110", "2024-W02-3", "hier"])
def test_a_page_that_is_asked_for_such_a_day_shows_the_usual_year(day: str) -> None:
    usual, nothing_wrong = asked_period("", "", today())
    assert nothing_wrong is None
    for period in ((day, "2024-12-31"), ("2024-01-01", day)):
        found, wrong = asked_period(*period, today())
        assert (found, bool(wrong)) == (usual, True)


# By import

ROWS = {
    "pathways": history.PathwayRow,
    "diagnostics": history.DiagnosticRow,
    "barriers": history.BarrierRow,
    "activities": history.ActivityRow,
    "exits": history.ExitRow,
    "followups": history.FollowUpRow,
}
DATED = [
    (file, column)
    for file, row in ROWS.items()
    for column, hint in get_type_hints(row).items()
    if hint is date or date in get_args(hint)
]


@pytest.mark.parametrize(("file", "column"), DATED)
def test_every_day_of_an_import_is_of_the_range(tmp_path: Path, file: str, column: str) -> None:
    for day in OUTSIDE:
        (header, *rows) = csv.reader(FOLDER[f"{file}.csv"].splitlines())
        assert header == list(COLUMNS[file])
        rows[0][header.index(column)] = day
        lines = "\n".join(",".join(cells) for cells in (header, *rows)) + "\n"
        reading = read_folder(write(tmp_path, FOLDER | {f"{file}.csv": lines}), today())
        assert f"{file}.csv:2:{column}: '{day}' {REASON}" in map(str, reading.refusals)


def test_an_import_has_days_in_every_file_but_the_structures() -> None:
    assert {file for file, _ in DATED} == set(COLUMNS) - {"structures"}
    assert len(DATED) == 13


# In events that are read


def _days_of_events() -> list[tuple[str, str, descriptions.Place]]:
    found = []
    for (service, name), adapter in BODIES.items():
        schema = adapter.json_schema()
        route = descriptions.Route(service, "", name, {}, schema.get("$defs", {}))
        for place, leaf in descriptions.leaves(schema, route.schemas, ()):
            if leaf.get("format") == "date":
                found.append((service, name, place))
    return found


@pytest.mark.parametrize(("service", "name", "place"), _days_of_events())
def test_an_event_with_a_day_out_of_the_range_is_unreadable(service: str, name: str, place: descriptions.Place) -> None:
    schema = BODIES[service, name].json_schema()
    told = sample(schema, schema.get("$defs", {}))
    decode_body(service, name, told)
    for day in OUTSIDE:
        with pytest.raises(ValidationError) as refused:
            decode_body(service, name, put(told, day, place))
        assert [error["loc"] for error in refused.value.errors()] == [place]


# What stands in a store since before


def test_a_day_that_was_stored_before_still_loads() -> None:
    state = (
        b'{"fact":{"exited_on":"2024-01-31","situation":"employment","contract":"cdi","contract_start":"9999-12-31",'
        b'"contract_end":null,"reason":null},"imported":null,"exit_class":"durable","uncertain":false,"rule":"exit-1"}'
    )
    event = TypedMapper().to_domain_event(StoredEvent(uuid4(), 1, OutcomeFile.SupportExited.TOPIC, state))
    assert event.fact.contract_start == date.max


async def test_an_exit_of_before_is_shown_and_corrected_and_its_pathway_alone_waits(running: Running) -> None:
    pathway, other = [await running.a_started_pathway() for _ in range(2)]
    await running.caught_up()
    app = running.service("outcomes")
    stored = Exit(date(2024, 6, 3), Situation.EMPLOYMENT, contract_start=date.max, contract_end=date.max)
    operator = Command(Caller("somebody", Role.OPERATOR, None), None)
    leave = on(outcome_file(UUID(pathway)), lambda file, here: file.leave(stored, here.pathway.started_on, here.today))
    await execute(app.state.runtime.store, operator, leave)
    left = {"exited_on": "2024-06-03", "situation": "unemployed"}
    await running.post(f"/outcomes/v1/pathways/{other}/exit", left, 201)

    shown = await running.http.get(f"/outcomes/v1/pathways/{pathway}")
    assert (shown.status_code, shown.json()["exit"]["current"]["contract_start"]) == (200, "9999-12-31")
    assert shown.json()["exit"]["current"]["contract_end"] == "9999-12-31"
    await running.post(f"/outcomes/v1/pathways/{pathway}/exit/correction", left, 201)
    shown = await running.http.get(f"/outcomes/v1/pathways/{pathway}")
    assert shown.json()["exit"]["current"]["contract_start"] is None

    found = await running.indicators("structure:s01", date(2024, 1, 1), date(2024, 12, 31))
    assert found["incomplete"], "what waits is told"
    parked = (await running.http.get("/reporting/v1/parked")).json()
    assert {one["key"] for one in parked} == {pathway}
    assert "is not a day" in parked[0]["reason"]
    assert FIRST_DAY < date(2024, 6, 3) < LAST_DAY
