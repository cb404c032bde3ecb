"""Retention on a running platform: whom a run takes, what it closes, and what stays as it was."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from lieu import issuer
from lieu import retention as command_line
from lieu.embedded import Addresses, Database
from lieu.up import settings_for
from services.intake import contacts, retention
from services.intake.domain import LastContact, Pathway
from shared.kernel.callers import Role
from shared.kernel.clock import today
from shared.kernel.refusals import Problem
from shared.language.months import months_later
from shared.service import Runtime
from tests import folders
from tests.harness import Running, eventually, now
from tests.pipeline.test_forgetting import all_figures
from tests.pipeline.test_sealing import FAMILY, NAME, a_person, adviser, everything_stored, found

pytestmark = pytest.mark.slow
ASKED, ANNOUNCED, ARCHIVED, ERASED = date(2024, 1, 10), date(2026, 1, 10), date(2026, 4, 10), date(2027, 4, 10)
"""When `a_person` asks for support, and what follows if nobody meets them again."""
RECENT = today().isoformat()


def runtime(running: Running) -> Runtime:
    here: Runtime = running.service("intake").state.runtime
    return here


def manager(running: Running, structure: str = "s01") -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, Role.MANAGER, structure)}"}


async def run(running: Running, day: date) -> dict[str, list[str]]:
    """A whole run as on that day; which steps were taken of whom."""
    await running.caught_up()
    taken = await take(running, day)
    await running.caught_up()
    return taken


async def take(running: Running, day: date) -> dict[str, list[str]]:
    taken: list[retention.Taken] = []
    after: retention.Place | None = retention.FIRST
    while after is not None:
        page, after = await retention.run(runtime(running), day, retention.BY_ITSELF, after)
        taken += page
    return {str(of.person): [step.value for step in of.steps] for of in taken}


async def planned(running: Running) -> list[dict[str, Any]]:
    await running.caught_up()
    answer = await running.http.get("/intake/v1/retention")
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    return answer.json()["planned"]  # type: ignore[no-any-return]


async def last_contact(running: Running, person: str) -> LastContact | None:
    await running.caught_up()
    return await contacts.last_contact(runtime(running).pool, UUID(person))


async def started(running: Running, structure: str = "s01", called: str = NAME) -> tuple[str, str]:
    """(person, pathway) of someone who was last met on the day of their request."""
    person, pathway = await a_person(running, structure, called, family_name=FAMILY)
    for fact in ("welcome", "start"):
        await running.post(f"/intake/v1/pathways/{pathway}/{fact}", {"on": ASKED.isoformat()}, 201)
    return person, pathway


async def diagnosed(running: Running, pathway: str, on: str, status: int = 201) -> Any:
    fact = {"completed_on": on, "purpose": "entry"}
    return await running.post(f"/diagnostic/v1/pathways/{pathway}/diagnostics", fact, status)


async def archived(running: Running) -> tuple[str, str]:
    person, pathway = await started(running)
    assert await run(running, ANNOUNCED) == {person: ["announce"]}
    assert await run(running, ARCHIVED) == {person: ["archive"]}
    return person, pathway


async def test_a_person_is_announced_archived_and_erased_and_every_figure_stays(running: Running) -> None:
    before = now()
    person, pathway = await started(running)
    other, others = await started(running, "s02", "Paul")
    await diagnosed(running, others, RECENT)
    await running.caught_up()
    instants = [before, now()]
    figures = await all_figures(running, instants, ["s01", "s02"])

    async def facts() -> list[str]:
        lines = (await everything_stored(running)).splitlines()
        return [line for line in lines if person in line and ",plan," not in line]  # who looked is noted

    stored = await facts()
    assert await planned(running) == [
        {
            "person": person,
            "structures": ["s01"],
            "last_contact": "2024-01-10",
            "step": "announce",
            "due_on": "2026-01-10",
            "announced_only": False,
        }
    ]
    assert await facts() == stored, "a dry run changes nothing"

    assert await run(running, date(2026, 1, 9)) == {}
    assert await run(running, ANNOUNCED) == {person: ["announce"]}
    assert await run(running, date(2026, 4, 9)) == {}
    assert await found(running, NAME) == [person], "announced is not archived"
    assert await run(running, ARCHIVED) == {person: ["archive"]}
    assert await all_figures(running, instants, ["s01", "s02"]) == figures
    assert await run(running, date(2027, 4, 9)) == {}
    assert await run(running, ERASED) == {person: ["erase"]}
    assert await run(running, ERASED) == {}, "what is under way is not begun again"
    async with asyncio.timeout(30):
        while await runtime(running).pool.fetchval("select exists(select from erasures where stage <> 'done')"):
            await asyncio.sleep(0.05)
    await running.caught_up()
    left = await everything_stored(running)
    assert not any(id in left for id in (person, pathway, NAME))
    assert other in left
    assert await all_figures(running, instants, ["s01", "s02"]) == figures


async def test_an_archived_file_is_closed_to_everybody_but_who_says_why(running: Running) -> None:
    person, pathway = await archived(running)
    mine = adviser(running, "s01")
    assert await found(running, NAME) == []
    path = f"/intake/v1/persons/{person}"
    assert (await running.http.get(path, headers=mine)).json()["code"] == "unknown-person"
    twin, _ = await a_person(running, family_name=FAMILY)
    await running.caught_up()
    assert (await running.http.get("/intake/v1/duplicates", headers=mine)).json() == []
    day = {"on": ASKED.isoformat()}
    commands = {
        f"{path}/identity": {"called": "X"},
        f"{path}/merge": {"into": twin},
        f"/intake/v1/persons/{twin}/merge": {"into": person},
    }
    for route, body in commands.items():
        assert (await running.post(route, body, 409, **mine))["code"] == "archived", route
    for route, body in {
        f"/intake/v1/pathways/{pathway}/welcome": day,
        f"/intake/v1/pathways/{pathway}/start/correction": day,
        f"/diagnostic/v1/pathways/{pathway}/plans": {"agreed_on": RECENT},
        f"/training/v1/pathways/{pathway}/activities": an_activity(),
        f"/outcomes/v1/pathways/{pathway}/exit": {"exited_on": RECENT, "situation": "unknown"},
    }.items():
        assert (await running.post(route, body, 409))["code"] == "archived", route

    for service in ("intake", "diagnostic", "training", "outcomes"):
        for closed in (f"pathways/{pathway}/facts", f"copies/{person}"):
            answer = await running.http.get(f"/{service}/v1/{closed}", headers=mine)
            assert (answer.status_code, answer.json()["code"]) == (409, "archived"), f"{service} {closed}"
        copy = await running.http.get(f"/{service}/v1/copies/{person}", headers=manager(running))
        assert copy.status_code == 200, "a manager hands out the copy"

    reading = f"/intake/v1/archive/{person}/reading"
    reason = {"reason": "legal_claim"}
    read = await running.post(reading, reason, 200, **manager(running))
    assert (read["called"], read["family_name"]) == (NAME, FAMILY)
    await running.post(reading, {"reason": "curiosity"}, 422, **manager(running))
    await running.post(reading, reason, 404, **manager(running, "s02"))
    await running.post(reading, reason, 403, **mine)
    await running.post(reading, reason, 403)
    assert (await running.post(f"/intake/v1/archive/{twin}/reading", reason, 409, **manager(running)))[
        "code"
    ] == "not-archived"
    rows = await runtime(running).pool.fetch("select actor, structure, state from events where name = $1", READ)
    assert [(row["structure"], json.loads(row["state"])["fact"]["reason"]) for row in rows] == [("s01", "legal_claim")]
    assert rows[0]["actor"] == issuer_subject(running)


READ = "intake.archive-read"


def issuer_subject(running: Running) -> str:
    import jwt

    token = manager(running)["Authorization"].removeprefix("Bearer ")
    return str(jwt.decode(token, options={"verify_signature": False})["sub"])


async def test_a_new_request_opens_an_archived_file_everywhere(running: Running) -> None:
    person, pathway = await archived(running)
    mine = adviser(running, "s01")
    request = {"structure": "s01", "person": person, "requested_on": RECENT}
    again = str(uuid4())
    body = {"pathway": again, "request": request, "identity": {"called": "Marie", "family_name": FAMILY}}
    await running.post("/intake/v1/pathways", body, 201, **mine)
    assert await found(running, "marie") == [person], "at once"
    await running.caught_up()
    await running.post(f"/intake/v1/pathways/{pathway}/welcome/correction", {"on": None}, 201)
    await diagnosed(running, pathway, ASKED.isoformat())
    await running.post(f"/intake/v1/pathways/{again}/welcome", {"on": RECENT}, 201)
    assert await run(running, ERASED) == {}
    assert (await running.http.get("/intake/v1/retention/announced", headers=manager(running))).json() == []


async def test_the_same_request_again_opens_nothing(running: Running) -> None:
    person, pathway = await archived(running)
    request = {"structure": "s01", "person": person, "requested_on": ASKED.isoformat(), "birth_year": 1990}
    await running.post("/intake/v1/pathways", {"pathway": pathway, "request": request}, 200, **adviser(running, "s01"))
    assert await found(running, NAME) == []


def an_activity(status: str = "completed", ended_on: str = RECENT) -> dict[str, Any]:
    hours = None if status == "no_show" else 2
    return {"kind": "workshop", "started_on": "2024-02-01", "ended_on": ended_on, "status": status, "hours": hours}


async def test_the_last_contact_is_what_happened_with_the_person_there_as_corrected_now(running: Running) -> None:
    person, pathway = await a_person(running)
    assert await last_contact(running, person) == LastContact(ASKED)
    intake, training = f"/intake/v1/pathways/{pathway}", f"/training/v1/pathways/{pathway}/activities"
    outcomes, plans = f"/outcomes/v1/pathways/{pathway}", f"/diagnostic/v1/pathways/{pathway}/plans"
    plan, activity = str(uuid4()), str(uuid4())
    call = {"asked_on": "2024-09-01", "status": "unreachable"}
    reached = call | {"status": "reached", "situation": "employment"}
    steps: list[tuple[str, Any, str]] = [
        (f"{intake}/welcome", {"on": "2024-01-11"}, "2024-01-11"),
        (f"{intake}/start", {"on": "2024-01-12"}, "2024-01-12"),
        (f"/diagnostic/v1/pathways/{pathway}/diagnostics", DIAGNOSTIC, "2024-01-20"),
        (plans, {"id": plan, "agreed_on": "2024-01-25"}, "2024-01-25"),
        (f"{plans}/{plan}/correction", {"agreed_on": "2024-01-24"}, "2024-01-24"),
        (f"{plans}/{plan}/correction", {"agreed_on": None}, "2024-01-20"),
        (training, an_activity("no_show", "2024-02-03") | {"id": activity}, "2024-01-20"),
        (f"{training}/{activity}/correction", an_activity("partial", "2024-02-03"), "2024-02-03"),
        (f"{training}/{activity}/correction", an_activity("completed", "2024-02-02"), "2024-02-02"),
        (f"{outcomes}/exit", {"exited_on": "2024-03-01", "situation": "unknown"}, "2024-02-02"),
        (f"{outcomes}/follow-ups/6", call, "2024-02-02"),
        (f"{outcomes}/follow-ups/6/correction", reached, "2024-09-01"),
        (f"{outcomes}/follow-ups/6/correction", call, "2024-02-02"),
    ]
    for route, body, last in steps:
        await running.post(route, body, 201)
        assert await last_contact(running, person) == LastContact(date.fromisoformat(last)), route


DIAGNOSTIC = {"completed_on": "2024-01-20", "purpose": "entry"}


async def test_a_merged_persons_contacts_are_the_others(running: Running) -> None:
    one, _ = await started(running)
    two, second = await started(running)
    await diagnosed(running, second, "2025-06-01")
    await running.caught_up()
    await running.post(f"/intake/v1/persons/{two}/merge", {"into": one}, 201, **adviser(running, "s01"))
    assert await last_contact(running, one) == LastContact(date(2025, 6, 1))
    assert await last_contact(running, two) is None
    assert await run(running, date(2027, 6, 1)) == {one: ["announce"]}


async def test_whoever_is_met_again_is_active_again(running: Running) -> None:
    person, pathway = await started(running)
    late, _ = await started(running, called="Paul")
    assert await run(running, ANNOUNCED) == {person: ["announce"], late: ["announce"]}
    await diagnosed(running, pathway, RECENT)
    await running.caught_up()
    await retention.reactivate(runtime(running), today())
    assert await run(running, today()) == {late: ["archive"]}
    day = months_later(today(), 24)
    assert await run(running, day) == {person: ["announce"], late: ["erase"]}


async def test_a_run_takes_back_whom_it_finds_met_again(running: Running) -> None:
    person, pathway = await started(running)
    await run(running, ANNOUNCED)
    await diagnosed(running, pathway, "2024-05-01")
    assert await run(running, date(2026, 4, 30)) == {person: ["reactivate"]}
    assert await run(running, date(2026, 5, 1)) == {person: ["announce"]}
    await running.post(f"/diagnostic/v1/pathways/{pathway}/plans", {"agreed_on": "2024-05-02"}, 201)
    assert await run(running, date(2026, 6, 1)) == {person: ["reactivate", "announce"]}


async def test_who_was_only_imported_is_announced_and_nothing_else(running: Running, tmp_path: Path) -> None:
    facts = folders.large(1, 5)
    facts.pathways = facts.pathways[:1]
    for name in ("diagnostics", "barriers", "activities", "exits", "followups"):
        setattr(facts, name, [])
    (row,) = facts.pathways
    folders.write(facts, tmp_path / "folder")
    await running.bring(tmp_path / "folder")
    person = str(await running.person(row["person"]))
    (plan,) = await planned(running)
    assert (plan["person"], plan["announced_only"]) == (person, True)
    day = date(2100, 1, 1)
    assert await run(running, day) == {person: ["announce"]}
    assert await run(running, date(2150, 1, 1)) == {}
    # Somebody looks after them from now on.
    request = {"structure": row["structure"], "person": person, "requested_on": row["requested_on"]}
    await running.post("/intake/v1/pathways", {"request": request}, 201, **adviser(running, row["structure"]))
    assert await run(running, day) == {person: ["announce"]}, "the request took them back"
    assert await run(running, date(2100, 4, 1)) == {person: ["archive"]}


async def test_a_pathway_is_archived_or_open_as_the_file_of_the_person_whose_it_is_now(
    running: Running, tmp_path: Path
) -> None:
    facts = folders.large(1, 5)
    facts.pathways = [dict(row) for row in facts.pathways[:1]]
    for name in ("diagnostics", "barriers", "activities", "exits", "followups"):
        setattr(facts, name, [])
    (row,) = facts.pathways
    folders.write(facts, tmp_path / "first")
    await running.bring(tmp_path / "first")
    person = str(await running.person(row["person"]))
    await running.post(
        "/intake/v1/pathways",
        {"request": {"structure": row["structure"], "person": person, "requested_on": row["requested_on"]}},
        201,
        **adviser(running, row["structure"]),
    )
    assert await run(running, date(2100, 1, 1)) == {person: ["announce"]}
    assert await run(running, date(2100, 4, 1)) == {person: ["archive"]}
    pathway = await running.pathway(row["pathway"])
    store = runtime(running).store
    assert (await store.load(Pathway, pathway)).archived_on.current == date(2100, 4, 1)
    row["person"] += "-another"
    folders.write(facts, tmp_path / "second")
    await running.bring(tmp_path / "second")
    await running.caught_up()
    await retention.reactivate(runtime(running), today())
    assert (await store.load(Pathway, pathway)).archived_on.current is None
    row["person"] = row["person"].removesuffix("-another")
    folders.write(facts, tmp_path / "third")
    await running.bring(tmp_path / "third")
    await running.caught_up()
    await retention.reactivate(runtime(running), today())
    assert (await store.load(Pathway, pathway)).archived_on.current == today()


async def test_opening_files_archives_and_erases_nobody_who_is_due(running: Running) -> None:
    """It goes on where retention is switched off."""
    person, _ = await started(running)
    assert await run(running, ANNOUNCED) == {person: ["announce"]}
    await contacts.begin_step(runtime(running).pool, UUID(person))
    for _ in range(2):
        await retention.reactivate(runtime(running), ERASED)
    assert await contacts.to_reactivate(runtime(running).pool, 10) == [], "what was interrupted is ended"
    assert await run(running, ARCHIVED) == {person: ["archive"]}
    await contacts.begin_step(runtime(running).pool, UUID(person))
    await retention.reactivate(runtime(running), ERASED)
    assert await run(running, ERASED) == {person: ["erase"]}


async def test_a_manager_sees_whom_it_concerns_in_their_structure(running: Running) -> None:
    person, _ = await started(running)
    other, _ = await started(running, "s02")
    await run(running, ANNOUNCED)

    async def seen(headers: dict[str, str]) -> Any:
        return (await running.http.get("/intake/v1/retention/announced", headers=headers)).json()

    assert await seen(manager(running)) == [
        {
            "person": person,
            "last_contact": "2024-01-10",
            "announced_on": "2026-01-10",
            "archived_on": None,
            "due": {"step": "archive", "on": "2026-04-10"},
        }
    ]
    await run(running, ARCHIVED)
    (of_s02,) = await seen(manager(running, "s02"))
    assert (of_s02["person"], of_s02["archived_on"]) == (other, "2026-04-10")
    assert of_s02["due"] == {"step": "erase", "on": "2027-04-10"}
    for stranger in (adviser(running, "s01"), {}):
        answer = await running.http.get("/intake/v1/retention/announced", headers=stranger)
        assert answer.status_code == 403
        if stranger:
            assert (await running.http.get("/intake/v1/retention", headers=stranger)).status_code == 403
            assert (await running.http.post("/intake/v1/retention", headers=stranger)).status_code == 403


async def test_a_run_goes_page_by_page(
    running: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    people = {(await started(running))[0] for _ in range(5)}
    await running.caught_up()
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    first = (await running.http.get("/intake/v1/retention")).json()
    assert len(first["planned"]) == 2
    assert await command_line.tell(running.platform) == 0
    told = capsys.readouterr().out
    assert told.endswith("5 people; nothing was done.\n")
    assert {line.split()[1] for line in told.splitlines()[:-1]} == people
    assert await command_line.take(running.platform) == 0
    told = capsys.readouterr().out
    assert told.endswith("5 people, 0 held.\n")
    assert {tuple(line.split()[:2]) for line in told.splitlines()[:-1]} == {("announce", person) for person in people}
    assert await command_line.take(running.platform) == 0
    assert capsys.readouterr().out == "0 people, 0 held.\n"
    for nonsense in ("2026-13-01/" + "0" * 36, "x"):
        assert (await running.http.get("/intake/v1/retention", params={"after": nonsense})).status_code == 422


async def test_a_restricted_person_stays_as_they_are(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    person, _ = await started(running)
    await running.caught_up()
    restricted = {"reason": "needed_for_claims", "restricted_on": "2024-02-01"}
    await running.post(f"/intake/v1/persons/{person}/restriction", restricted, 201)
    assert await take(running, ANNOUNCED) == {person: []}
    assert await command_line.take(running.platform) == 0
    assert f"held, the person's data are restricted {person} (s01)" in capsys.readouterr().out
    await running.post(f"/intake/v1/persons/{person}/restriction/lifting", {"on": "2024-02-02"}, 201)
    assert await take(running, ANNOUNCED) == {person: ["announce"]}


async def test_nobody_is_taken_while_an_event_of_theirs_is_parked(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may tell of a contact."""
    person, pathway = await started(running)
    other, _ = await started(running)
    await running.caught_up()
    pool = runtime(running).pool
    await pool.execute(
        """insert into contacts.parked (stream, generation, position, key, event, reason)
           values ('TRAINING', 'g', 1, $1, '{}', 'a test')""",
        pathway,
    )
    assert await take(running, ANNOUNCED) == {person: [], other: ["announce"]}
    assert await command_line.take(running.platform) == 1
    assert f"held, an event is parked {person} (s01)" in capsys.readouterr().out
    await pool.execute("delete from contacts.parked")
    assert await run(running, ANNOUNCED) == {person: ["announce"]}


async def test_nobody_is_taken_while_a_contact_is_on_its_way(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    _, pathway = await started(running)
    await running.caught_up()
    monkeypatch.setattr(retention, "PATIENCE", 0.5)
    async with runtime(running).pool.acquire() as connection, connection.transaction():
        await contacts.alone(connection)  # whoever counts a contact waits here
        await diagnosed(running, pathway, RECENT)
        consumer = runtime(running).client.jetstream().consumer_info
        await eventually(
            lambda: consumer("DIAGNOSTIC", contacts.CONSUMER), lambda info: info.num_pending or info.num_ack_pending
        )
        with pytest.raises(Problem, match="on their way"):
            await retention.run(runtime(running), ANNOUNCED, retention.BY_ITSELF)
    assert await run(running, ANNOUNCED) == {}


@pytest.mark.slow
async def test_a_run_is_made_by_itself_once_a_day(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = await started(running)
    await running.caught_up()
    there = runtime(running)

    async def announced() -> set[str]:
        answer = await running.http.get("/intake/v1/retention/announced", headers=manager(running))
        return {of["person"] for of in answer.json()}

    await retention.run_of_the_day(there, ANNOUNCED)
    assert await announced() == {person}
    later, _ = await started(running)
    await running.caught_up()
    await retention.run_of_the_day(there, ANNOUNCED)
    assert await announced() == {person}, "that day's run was made"

    monkeypatch.setattr(retention, "PAUSE", 0.05)
    there.settings = there.settings.model_copy(update={"retention": False})
    working = asyncio.ensure_future(retention.elected(there)["retention"]())
    await asyncio.sleep(1)
    assert await announced() == {person}, "switched off"
    there.settings = there.settings.model_copy(update={"retention": True})
    async with asyncio.timeout(30):
        while await announced() != {person, later}:
            await asyncio.sleep(0.05)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


@pytest.mark.parametrize(("text", "on"), [("off", False), ("on", True), (None, True)])
def test_it_is_switched_off_by_a_setting(
    text: str | None, on: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIEU_RETENTION", raising=False)
    if text is not None:
        monkeypatch.setenv("LIEU_RETENTION", text)
    addresses = Addresses(
        {"intake": Database("postgresql://owner@h/d", "postgresql://intake@h/d")}, "nats://h", {"intake": "nats://h"}
    )
    assert settings_for(addresses, tmp_path, None)["intake"].retention is on


@pytest.mark.slow
async def test_a_late_copy_of_a_forgotten_persons_event_is_no_contact(running: Running) -> None:
    person, pathway = await started(running)
    await running.caught_up()
    await running.post(f"/diagnostic/v1/pathways/{pathway}/plans", {"agreed_on": ASKED.isoformat()}, 201)
    await running.caught_up()
    client = running.service("diagnostic").state.runtime.client
    message = await client.jetstream().get_msg("DIAGNOSTIC", subject=f"lieu.diagnostic.*.{pathway}.plan-agreed")
    await run(running, ANNOUNCED)
    await run(running, ARCHIVED)
    assert await run(running, ERASED) == {person: ["erase"]}
    async with asyncio.timeout(30):
        while await runtime(running).pool.fetchval("select exists(select from erasures where stage <> 'done')"):
            await asyncio.sleep(0.05)
    await running.caught_up()
    position = int((await client.jetstream().get_msg("DIAGNOSTIC", subject="lieu.diagnostic.>")).headers["ce-sequence"])
    late = {"ce-sequence": str(position + 1000), "Nats-Msg-Id": "late"}
    kept = {name: value for name, value in message.headers.items() if not name.startswith("Nats-")}
    await client.jetstream().publish(message.subject, message.data, headers=kept | late)
    await running.caught_up()
    for table in ("facts", "pathways", "persons"):
        assert await runtime(running).pool.fetchval(f"select count(*) from contacts.{table}") == 0, table
