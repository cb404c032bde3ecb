"""Whose today: what happened is judged by the local date of the structure concerned, the clock passed in."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake.domain import Pathway, request_for_support
from services.reporting.figures.indicators import figures as reckoned
from services.reporting.figures.scope import Look, Scope
from services.reporting.read_models.sets import enter_for_reading
from shared.kernel.clock import PARIS, ZONES, day_in, latest_day, today
from shared.language.rules import InTheFuture
from tests import folders
from tests.folders import row
from tests.harness import Running, eventually
from tests.oracle import Facts

TODAY, DAY = today(), timedelta(days=1)
"""In Paris; the instants below are of this day."""
EVENING = datetime.combine(TODAY, time(19, 45), UTC)
"""In Paris still today, in Nouméa 06:45 of tomorrow."""
NIGHT = datetime.combine(TODAY, time(2), UTC)
"""In Paris already today, in Pointe-à-Pitre 22:00 of yesterday."""


# --- each zone once ---------------------------------------------------------------------------------------

MIDNIGHTS = {  # the hour in UTC at which a day of January begins there: 24 minus what its clocks are ahead of UTC
    "69": 23,
    "2A": 23,
    "971": 4,
    "972": 4,
    "973": 3,
    "974": 20,
    "975": 3,
    "976": 21,
    "977": 4,
    "978": 4,
    "984": 19,
    "986": 12,
    "987": 10,
    "988": 13,
}
BEFORE_NOON = {"69", "2A", "974", "976", "984", "986", "988"}
"""East of Greenwich: their 10 January begins on the 9th of UTC."""


def test_every_zone_is_tried() -> None:
    assert MIDNIGHTS.keys() - {"69", "2A"} == ZONES.keys()


@pytest.mark.parametrize("department", MIDNIGHTS)
def test_a_day_begins_at_midnight_where_the_structure_is(department: str) -> None:
    day = date(2024, 1, 10)
    begins = datetime.combine(day - DAY if department in BEFORE_NOON else day, time(MIDNIGHTS[department]), UTC)
    for at, there in ((begins - timedelta(seconds=1), day - DAY), (begins, day)):
        assert day_in(department, at) == there
        pathway = Pathway.blank(uuid4())
        requested = request_for_support(
            day,
            None,
            structure="s01",
            person=uuid4(),
            requester=None,
            sex=None,
            qualification_level=None,
            unemployment_months=None,
            housing=None,
        )
        if there < day:
            with pytest.raises(InTheFuture):
                pathway.ask_for_support(requested, there)
        else:
            pathway.ask_for_support(requested, there)
            assert pathway.request


def test_a_departement_that_is_not_known_lives_by_paris() -> None:
    assert day_in(None, EVENING) == day_in("", EVENING) == day_in("75", EVENING) == TODAY
    assert latest_day(EVENING) == TODAY + DAY


# --- over HTTP, the clock passed in -----------------------------------------------------------------------


def day(shift: int = 0) -> str:
    return (TODAY + shift * DAY).isoformat()


async def a_pathway(running: Running, department: str, requested: str) -> str:
    await register(running, "here", department)
    pathway = str(uuid4())
    request = {"structure": "here", "person": str(uuid4()), "requested_on": requested}
    await running.post(
        "/intake/v1/pathways", {"pathway": pathway, "request": request, "identity": {"called": "A"}}, 201
    )
    return pathway


async def register(running: Running, structure: str, department: str) -> None:
    body = {"structure": structure, "name": structure, "department": department}
    await running.post("/intake/v1/structures", body, 201)
    await running.caught_up()


async def refused(running: Running, path: str, body: Any) -> str:
    """The code under which it is refused, once the service has heard of the pathway."""
    answer = await eventually(
        lambda: running.http.post(path, json=body),
        lambda told: told.status_code != 409 or told.json()["code"] not in ("not-yet-known", "not-started"),
    )
    assert answer.status_code == 409, answer.text
    return str(answer.json()["code"])


def activity(on: str) -> dict[str, Any]:
    return {"kind": "workshop", "started_on": on, "ended_on": on, "status": "completed", "hours": 3}


FACTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "/intake/v1/pathways/{p}/welcome": lambda on: {"on": on},
    "/intake/v1/pathways/{p}/start": lambda on: {"on": on},
    "/intake/v1/pathways/{p}/attempts": lambda on: {"on": on, "means": "phone"},
    "/intake/v1/pathways/{p}/adviser": lambda on: {"on": on, "adviser": "anne"},
    "/diagnostic/v1/pathways/{p}/barriers": lambda on: {"assessed_on": on, "domain": "mobility", "intensity": "low"},
    "/diagnostic/v1/pathways/{p}/diagnostics": lambda on: {"completed_on": on, "purpose": "entry"},
    "/training/v1/pathways/{p}/activities": activity,
    "/outcomes/v1/pathways/{p}/situations": lambda on: {"situation": "inactive", "started_on": on},
    "/outcomes/v1/pathways/{p}/exit": lambda on: {"exited_on": on, "situation": "unemployed"},
}
"""A fact of each service by its route, with the body that dates it."""


@pytest.mark.parametrize(
    ("department", "at", "last"),
    [("988", EVENING, 1), ("971", NIGHT, -1), ("69", EVENING, 0), ("69", NIGHT, 0)],
    ids=["the morning of tomorrow", "the evening before", "Paris in the evening", "Paris at night"],
)
async def test_a_fact_is_recorded_until_the_local_day_and_no_longer(
    running: Running, department: str, at: datetime, last: int
) -> None:
    running.set_clock(at)
    pathway = await a_pathway(running, department, day(last))
    of_tomorrow = {"structure": "here", "person": str(uuid4()), "requested_on": day(last + 1)}
    late = {"request": of_tomorrow, "identity": {"called": "B"}}
    assert await refused(running, "/intake/v1/pathways", late) == "in-the-future"
    for path, body in FACTS.items():
        assert await refused(running, path.format(p=pathway), body(day(last + 1))) == "in-the-future", path
        await running.post(path.format(p=pathway), body(day(last)), 201)


def a_session(structure: str, on: str) -> dict[str, Any]:
    halves = [{"day": on, "part": "morning"}]
    return {"structure": structure, "kind": "workshop", "title": "CV", "half_days": halves,
            "hours_per_half_day": 3, "capacity": 9, "outside": 9, "id": str(uuid4())}  # fmt: skip


async def test_a_session_lives_by_the_day_of_its_structure(running: Running) -> None:
    running.set_clock(EVENING)
    pathway = await a_pathway(running, "988", day())
    enrolments = f"/training/v1/pathways/{pathway}/enrolments"
    for shift, status in ((1, 201), (2, 409)):
        session = a_session("here", day(shift))
        await running.post("/training/v1/sessions", session, 201)
        enrolment = {"session": session["id"], "enrolled_on": day(1), "id": str(uuid4())}
        assert await refused(running, enrolments, enrolment | {"enrolled_on": day(2)}) == "in-the-future"
        await running.post(enrolments, enrolment, 201)
        attended = {"attended": session["half_days"]}
        answer = await running.post(f"{enrolments}/{enrolment['id']}/attendance", attended, status)
        assert answer.get("code") == (None if status == 201 else "in-the-future")
    await register(running, "there", "69")
    for structure, last in (("here", 1), ("there", 0)):
        session = a_session(structure, day(9))
        await running.post("/training/v1/sessions", session, 201)
        cancelling = f"/training/v1/sessions/{session['id']}/cancellation"
        assert await refused(running, cancelling, {"on": day(last + 1)}) == "in-the-future"
        await running.post(cancelling, {"on": day(last)}, 201)


async def test_the_programme_lives_by_paris_and_what_concerns_a_structure_by_that(running: Running) -> None:
    running.set_clock(EVENING)
    await register(running, "here", "988")
    wave = {"id": str(uuid4()), "title": "Vague 1", "opened_on": day(1), "capacity": 9}
    assert await refused(running, "/intake/v1/waves", wave) == "in-the-future"
    await running.post("/intake/v1/waves", wave | {"opened_on": day()}, 201)
    of_wave = f"/intake/v1/waves/{wave['id']}"
    selected = {"structure": "here", "selected_on": day(2)}
    assert await refused(running, f"{of_wave}/selections", selected) == "in-the-future"
    await running.post(f"{of_wave}/selections", selected | {"selected_on": day(1)}, 201)
    await running.post(f"{of_wave}/selections/here/launch", {"on": day(1)}, 201)
    of_formation = "/training/v1/formation/here/training-periods"
    period = {"started_on": day(2), "ended_on": day(9), "taught": ["Aller vers"]}
    assert await refused(running, of_formation, period) == "in-the-future"
    await running.post(of_formation, period | {"started_on": day(1)}, 201)


async def test_who_is_transferred_lives_by_the_day_of_whoever_holds_the_pathway(running: Running) -> None:
    running.set_clock(EVENING)
    pathway = await a_pathway(running, "988", day(1))
    await register(running, "there", "69")
    of_pathway = f"/intake/v1/pathways/{pathway}"
    moved = {"to_structure": "there", "transferred_on": day(2)}
    assert await refused(running, f"{of_pathway}/transfer", moved) == "in-the-future"
    await running.post(f"{of_pathway}/transfer", moved | {"transferred_on": day(1)}, 201)
    await running.caught_up()
    assert await refused(running, f"{of_pathway}/welcome", {"on": day(1)}) == "in-the-future"
    assert await refused(running, f"/training/v1/pathways/{pathway}/activities", activity(day(1))) == "in-the-future"
    # The day of the request is to come here; it stands, and is not judged anew.
    store = running.service("intake").state.runtime.store
    asked = (await store.load(Pathway, UUID(pathway))).request.current
    request = {"structure": "here", "person": str(asked.person), "requested_on": day(1), "housing": "chrs"}
    known = ("requester", "sex", "birth_year", "qualification_level", "unemployment_months")
    await running.post(f"{of_pathway}/request/correction", dict.fromkeys(known) | request, 201)


async def test_a_corrected_departement_moves_the_day(running: Running) -> None:
    running.set_clock(EVENING)
    pathway = await a_pathway(running, "69", day())
    of_intake, of_diagnostic = f"/intake/v1/pathways/{pathway}/welcome", f"/diagnostic/v1/pathways/{pathway}/barriers"
    assessed = {"assessed_on": day(1), "domain": "mobility", "intensity": "low"}
    await running.caught_up()
    for path, body in ((of_intake, {"on": day(1)}), (of_diagnostic, assessed)):
        assert await refused(running, path, body) == "in-the-future"
    body = {"structure": "here", "name": "here", "department": "988"}
    await running.post("/intake/v1/structures/correction", body, 201)
    await running.post(of_intake, {"on": day(1)}, 201)
    await running.caught_up()
    await running.post(of_diagnostic, assessed, 201)


async def test_what_is_of_tomorrow_in_paris_counts_from_its_midnight_on(running: Running) -> None:
    running.set_clock(EVENING)
    pathway = await a_pathway(running, "988", day(1))
    for fact in ("welcome", "start"):
        await running.post(f"/intake/v1/pathways/{pathway}/{fact}", {"on": day(1)}, 201)
    await running.post(f"/training/v1/pathways/{pathway}/activities", activity(day(1)), 201)
    await running.caught_up()
    for scope in ("national", "structure:here"):
        found = (await running.indicators(scope, TODAY, TODAY + DAY))["indicators"]
        figures = ("requests", "entries", "supported", "hours_workshop")
        assert [found[id]["value"] for id in figures] == [0, 0, 0, 0]
    pool = running.service("reporting").state.pool
    midnight = datetime.combine(TODAY + DAY, time(), PARIS)
    async with pool.acquire() as connection, connection.transaction():
        await enter_for_reading(connection)
        for at, expected in ((midnight - timedelta(seconds=1), 0), (midnight, 1)):
            scope = Scope.parse("structure:here")
            whole, _ = await reckoned(connection, Look(scope, TODAY, TODAY + DAY, at))
            assert [whole[id]["value"] for id in ("requests", "entries", "supported")] == [expected] * 3
            assert whole["hours_workshop"]["value"] == 3 * expected


# --- the import -------------------------------------------------------------------------------------------


def a_folder(path: Path) -> Facts:
    """One pathway of tomorrow in Paris in Nouméa, one in Lyon, and one of yesterday in Pointe-à-Pitre."""
    facts = Facts(structures=[row("structures", structure=of, name=of, department=of) for of in ("988", "69", "971")])
    for of, on in (("988", day(1)), ("69", day(1)), ("971", day(-1))):
        facts.pathways.append(row("pathways", pathway=f"w{of}", structure=of, person=f"p{of}", requested_on=on))
        facts.barriers.append(row("barriers", pathway=f"w{of}", assessed_on=on, domain="mobility", intensity="low"))
        cells = {"kind": "workshop", "started_on": on, "ended_on": on, "hours": 3, "status": "completed"}
        facts.activities.append(row("activities", pathway=f"w{of}", **cells))
    folders.write(facts, path)
    return facts


async def test_an_imported_row_is_judged_by_the_day_of_its_structure(running: Running, tmp_path: Path) -> None:
    facts = a_folder(tmp_path / "evening")
    running.set_clock(EVENING)
    summary = await running.bring(tmp_path / "evening")
    columns = ["pathways.csv:3:requested_on", "barriers.csv:3:assessed_on"]
    columns += ["activities.csv:3:started_on", "activities.csv:3:ended_on"]
    assert [str(one).partition(": ")[0] for one in summary.refusals] == columns
    assert summary.pathways == 2
    await running.caught_up()

    # In a second import the platform knows the structures, and the folder need not.
    facts.structures.clear()
    for name in ("pathways", "barriers", "activities"):
        getattr(facts, name)[:] = [one for one in getattr(facts, name) if one["pathway"] != "w69"]
    for one in facts.barriers:
        one["assessed_on"] = day()
    folders.write(facts, tmp_path / "night")
    running.set_clock(NIGHT)
    summary = await running.bring(tmp_path / "night")
    assert {str(one).partition(": ")[0] for one in summary.refusals} >= {"barriers.csv:3:assessed_on"}


@pytest.mark.parametrize("service", ["intake", "diagnostic", "training", "outcomes"])
@pytest.mark.slow
async def test_each_service_judges_what_it_is_sent_itself(running: Running, service: str) -> None:
    running.set_clock(EVENING)
    for structure, department, accepted in (("here", "988", True), ("there", "69", False)):
        await register(running, structure, department)
        pathway, person = str(uuid4()), str(uuid4())
        request = {"structure": structure, "person": person, "requested_on": day()}
        started = request | {"started_on": day()}
        assert await sent(running, "intake", {"pathway": pathway, "request": started}) == "recorded"
        dossier = {
            "pathway": pathway,
            "request": started | ({"welcomed_on": day(), "started_on": day(1)} if service == "intake" else {}),
            "barriers": [{"assessed_on": day(1), "domain": "mobility", "intensity": "low"}],
            "activities": [activity(day(1))],
            "exit": {"exited_on": day(1), "situation": "unemployed"},
        }
        assert await sent(running, service, dossier) == ("recorded" if accepted else "refused")


async def sent(running: Running, service: str, dossier: dict[str, Any]) -> str:
    (result,) = await running.post(f"/{service}/v1/imports", {"dossiers": [dossier]}, 200)
    return str(result["outcome"])
