"""The pipeline end to end, over HTTP: import, commands, corrections, known_at, rebuild, parking, tracing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from lieu import tracing
from services.reporting.read_models import PROJECTIONS
from tests.harness import EVERYBODY, Running, assert_same, eventually, now, read_json

DAY = date(2024, 1, 10)
LEFT = {"exited_on": "2024-03-01", "situation": "unknown"}
ASKED = {"asked_on": "2024-03-01", "status": "unreachable"}
READ_MODELS = ("folds", *(of.table for of in PROJECTIONS))
NO_IMPORT_TELLS_OF = {"profiles", "situations", "facts"}


@pytest.mark.slow
async def test_the_ten_structures_give_the_expected_figures_and_a_second_import_adds_nothing(
    running: Running, ten_structures: Path
) -> None:
    before = now()
    summary = await running.bring(ten_structures)
    assert not summary.refusals
    assert summary.pathways == 574
    await running.caught_up()
    compared = 0
    for file in sorted(ten_structures.glob("expected-*.json")):
        expected = read_json(file)
        period = (date.fromisoformat(expected["from"]), date.fromisoformat(expected["to"]))
        scopes = {"national": expected["national"]}
        scopes |= {f"department:{code}": figures for code, figures in expected["departments"].items()}
        scopes |= {f"structure:{code}": figures for code, figures in expected["structures"].items()}
        for scope, figures in scopes.items():
            found = await running.indicators(scope, *period)
            compared += assert_same(figures, found["indicators"], scope)
        for by, classes in expected["by"].items():
            found = await running.indicators("national", *period, by=by)
            for name, figures in classes.items():
                compared += assert_same(figures, found["classes"][name], f"{by} {name}")
    assert compared > 4000
    again = await running.bring(ten_structures)
    assert sum(again.events.values()) == 0
    assert not again.vanished
    nothing = await running.indicators("national", date(2021, 10, 1), date(2022, 9, 30), known_at=before)
    assert nothing["indicators"]["requests"]["value"] == 0
    assert nothing["indicators"]["supported"]["value"] == 0
    one = await running.indicators("structure:s01", date(2021, 10, 1), date(2022, 9, 30), known_at=before)
    assert one["indicators"]["requests"]["value"] == 0

    await _rebuild_gives_the_same_rows(running)


async def _rebuild_gives_the_same_rows(running: Running) -> None:
    active, before = await read_models(running)

    async def answers_meanwhile() -> None:
        found = await running.indicators("national", date(2021, 10, 1), date(2022, 9, 30))
        assert found["indicators"]["requests"]["value"] == 461, "the old read models answer meanwhile"

    await rebuild(running, answers_meanwhile)
    rebuilt, after = await read_models(running)
    assert rebuilt != active
    for table in READ_MODELS:
        assert len(before[table]) > 0 or table in NO_IMPORT_TELLS_OF
        assert before[table] == after[table], table
    await running.caught_up()


async def rebuild(running: Running, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
    await running.post("/reporting/v1/rebuild", status=202)
    while (state := (await running.http.get("/reporting/v1/rebuild")).json())["state"] == "running":
        if meanwhile is not None:
            await meanwhile()
        await asyncio.sleep(0.05)
    assert state["state"] == "done", state


async def read_models(running: Running) -> tuple[str, dict[str, list[str]]]:
    connection = await asyncpg.connect(running.addresses.databases["reporting"].url, server_settings=EVERYBODY)
    try:
        name = await connection.fetchval("select name from active_read_model")
        rows = {
            table: [r[0] for r in await connection.fetch(f"select t::text as line from {name}.{table} t order by 1")]
            for table in READ_MODELS
        }
    finally:
        await connection.close()
    return name, rows


async def test_a_correction_changes_the_figure_and_known_at_keeps_the_old_one(
    running: Running,
) -> None:
    pathway = await running.a_started_pathway()
    leaving = {"exited_on": "2024-06-30", "situation": "employment", "contract": "cdd",
               "contract_start": "2024-01-01", "contract_end": "2024-06-30"}  # fmt: skip
    await running.post(f"/outcomes/v1/pathways/{pathway}/exit", leaving, status=201)
    await running.caught_up()
    assert await running.value("exits_durable", DAY) == 1
    before = now()
    corrected = leaving | {"contract_end": "2024-06-29"}
    done = await running.post(f"/outcomes/v1/pathways/{pathway}/exit/correction", corrected, status=201)
    await eventually(lambda: running.value("exits_transition", DAY))
    assert await running.value("exits_durable", DAY) == 0
    assert await running.value("exits_durable", DAY, known_at=before) == 1
    assert await running.value("exits_transition", DAY, known_at=done["known_at"]) == 1
    again = await running.post(f"/outcomes/v1/pathways/{pathway}/exit/correction", corrected, status=200)
    assert again["recorded"] is False
    assert again["version"] == done["version"]

    traces = await tracing.traces_of(running.platform, f"outcomes/{pathway}/{done['version']}")
    stages = ("POST ", "append", "relay outcomes", "projection reporting")

    async def drawn() -> list[str]:
        return tracing.waterfalls(running.data / "traces", traces)

    # Spans are written twice a second.
    (drawing,) = await eventually(drawn, lambda seen: all(stage in "".join(seen) for stage in stages))
    places = [drawing.index(stage) for stage in stages]
    assert places == sorted(places), drawing
    assert pathway not in "".join(f.read_text() for f in (running.data / "traces").glob("*"))


async def test_the_same_idempotency_key_gives_the_first_answer_and_another_body_is_refused(
    running: Running,
) -> None:
    pathway = await running.a_started_pathway()
    path = f"/training/v1/pathways/{pathway}/activities"
    body = {
        "kind": "workshop",
        "started_on": "2024-02-01",
        "ended_on": "2024-02-01",
        "status": "completed",
        "hours": 3,
    }
    key = {"Idempotency-Key": "one"}
    first = await running.post(path, body, status=201, **key)
    twins = await asyncio.gather(*(running.post(path, body, **key) for _ in range(5)))
    assert all(twin == first for twin in twins)
    refused = await running.post(path, body | {"hours": 4}, status=422, **key)
    assert refused["code"] == "idempotency-key-reused"


BROKEN_RULES: list[tuple[str, object, str]] = [
    ("/outcomes/v1/pathways/{p}/exit", {"exited_on": "2024-01-09", "situation": "unknown"}, "exit-before-start"),
    ("/outcomes/v1/pathways/{p}/exit", {"exited_on": "2099-01-01", "situation": "unknown"}, "in-the-future"),
    ("/intake/v1/pathways/{p}/withdrawal", {"on": "2024-02-01"}, "started-and-withdrawn"),
    ("/intake/v1/pathways/{p}/start/correction", {"on": "2024-01-09"}, "dates-out-of-order"),
    ("/outcomes/v1/pathways/{p}/exit/correction", LEFT, "unknown-fact"),
    ("/outcomes/v1/pathways/{p}/follow-ups/3", ASKED, "follow-up-without-exit"),
]  # fmt: skip


async def test_a_broken_rule_is_answered_by_name(running: Running) -> None:
    pathway = await running.a_started_pathway()
    await running.caught_up()
    for path, body, code in BROKEN_RULES:
        assert (await running.post(path.format(p=pathway), body, status=409))["code"] == code, path


async def test_what_needs_a_token_answers_401_without(running: Running) -> None:
    tried = 0
    for service in ("intake", "diagnostic", "training", "outcomes", "reporting"):
        described = (await running.http.get(f"/{service}/openapi.json", headers={"Authorization": ""})).json()
        for path, operations in described["paths"].items():
            for method in operations:
                concrete = path.replace("{month}", "3").replace("{key}", "k")
                for name in ("pathway", "diagnostic", "plan", "assessment", "activity"):
                    concrete = concrete.replace(f"{{{name}}}", "00000000-0000-0000-0000-000000000000")
                answer = await running.http.request(
                    method, f"/{service}{concrete}", headers={"Authorization": ""}, json={}
                )
                assert answer.status_code == 401, f"{method} /{service}{path}: {answer.status_code}"
                tried += 1
    assert tried > 50
    page = await running.http.get("/", headers={"Authorization": ""})
    assert page.status_code == 401
    for open_to_all in ("/health/live", "/health/ready", "/asyncapi.json"):
        ask = partial(running.http.get, open_to_all, headers={"Authorization": ""})
        # On a busy machine a service may be out of reach for a moment, and is then not ready.
        assert (await eventually(ask, lambda answer: answer.status_code != 503)).status_code == 200


IMPOSSIBLE_QUESTIONS: list[tuple[dict[str, str], int]] = [
    ({"scope": "structure:nowhere"}, 404),
    ({"scope": "department:99"}, 404),
    ({"scope": "world"}, 422),
    ({"from": "2024-12-31", "to": "2024-01-01"}, 422),
    ({"by": "shoe_size"}, 422),
    ({"known_at": "2999-01-01T00:00:00Z"}, 422),
    ({"known_at": "2024-01-01T00:00:00"}, 422),
]


async def test_an_impossible_question_is_refused(running: Running) -> None:
    await running.caught_up()
    for query, status in IMPOSSIBLE_QUESTIONS:
        asked = {"scope": "national", "from": "2024-01-01", "to": "2024-12-31"} | query
        answer = await running.http.get("/reporting/v1/indicators", params=asked)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_what_cannot_be_applied_is_parked_with_what_follows_and_replayed_in_order(
    running: Running,
) -> None:
    stuck, free = await running.a_started_pathway(), await running.a_started_pathway()
    await running.caught_up()
    owner = await asyncpg.connect(running.addresses.databases["reporting"].owner_url)
    await owner.execute("alter table read_model_a.outcomes add constraint broken check (exit_class <> 'durable')")
    try:
        job = {"situation": "employment", "contract": "cdi"}
        for pathway in (stuck, free):
            body = {"exited_on": "2024-05-01"} | (job if pathway == stuck else {"situation": "unemployed"})
            await running.post(f"/outcomes/v1/pathways/{pathway}/exit", body, status=201)
        asked = {"asked_on": "2024-08-01", "status": "reached", "situation": "employment"}
        await running.post(f"/outcomes/v1/pathways/{stuck}/follow-ups/3", asked, status=201)
        await _until_parked(running, 2)
        found = await running.indicators("national", date(2024, 1, 1), date(2024, 12, 31), known_at=now())
        assert found["incomplete"] == {"parked_events": 2, "pathways": 1}
        assert found["indicators"]["exits_other"]["value"] == 1, "everything else goes on"
        assert found["indicators"]["exits_durable"]["value"] == 0
    finally:
        await owner.execute("alter table read_model_a.outcomes drop constraint broken")
        await owner.close()
    replayed = await running.post("/reporting/v1/parked/replay")
    assert replayed == {"applied": 2, "still_parked": 0}
    await running.caught_up()
    found = await running.indicators("national", date(2024, 1, 1), date(2024, 12, 31))
    assert "incomplete" not in found
    assert found["indicators"]["exits_durable"]["value"] == 1
    assert found["indicators"]["employed_at_3_share"]["numerator"] == 1


async def _until_parked(running: Running, count: int) -> None:
    parked = "/reporting/v1/parked"
    await eventually(lambda: running.http.get(parked), lambda answer: len(answer.json()) == count)


async def test_the_page_shows_the_figures_without_javascript(running: Running) -> None:
    await running.a_started_pathway()
    await running.caught_up()
    page = await running.http.get("/", params={"start": "2024-01-01", "end": "2024-12-31", "structure": "s01"})
    assert page.status_code == 200, page.text
    for part in ("Chiffres connus au", "<svg", "<table", "De la demande à la sortie", "s01"):
        assert part in page.text
    assert "<script" not in page.text


async def test_the_figures_as_csv_are_the_figures_as_json(running: Running) -> None:
    await running.a_started_pathway()
    await running.caught_up()
    asked = {"scope": "national", "from": "2024-01-01", "to": "2024-12-31", "by": "sex"}
    text = await running.http.get("/reporting/v1/indicators", params=asked, headers={"Accept": "text/csv"})
    lines = text.text.splitlines()
    assert lines[0].startswith("scope,from,to,known_at,class,indicator,value")
    assert len(lines) == 1 + 40 * 6
    assert any(",unknown,requests,1," in line for line in lines)


async def test_a_changed_row_is_a_correction_and_a_vanished_one_is_kept(running: Running, tmp_path: Path) -> None:
    folder = _small_folder(tmp_path, exits="p1,2024-05-01,unemployed,,,\n")
    await running.bring(folder)
    await running.caught_up()
    assert await running.value("exits_other", DAY) == 1
    corrected = await running.bring(_small_folder(tmp_path, exits="p1,2024-05-01,employment,cdi,,\n"))
    assert dict(corrected.events) == {"intake": 0, "diagnostic": 0, "training": 0, "outcomes": 1}
    await running.caught_up()
    assert await running.value("exits_durable", DAY) == 1
    vanished = await running.bring(_small_folder(tmp_path, exits=""))
    assert sum(vanished.events.values()) == 0
    assert len(vanished.vanished) == 1
    await running.caught_up()
    assert await running.value("exits_durable", DAY) == 1


async def test_what_was_corrected_by_hand_survives_the_same_import(running: Running, tmp_path: Path) -> None:
    folder = _small_folder(tmp_path, exits="p1,2024-05-01,unemployed,,,\n")
    await running.bring(folder)
    pathway = await running.pathway("p1")
    by_hand = {"exited_on": "2024-05-02", "situation": "training"}
    await running.post(f"/outcomes/v1/pathways/{pathway}/exit/correction", by_hand, status=201)
    again = await running.bring(folder)
    assert sum(again.events.values()) == 0
    await running.caught_up()
    assert await running.value("exits_positive", DAY) == 1


async def test_what_was_recorded_by_hand_where_the_folder_says_nothing_survives_the_same_import(
    running: Running, tmp_path: Path
) -> None:
    folder = _small_folder(tmp_path, exits="")
    pathways, diagnostics = folder / "pathways.csv", folder / "diagnostics.csv"
    pathways.write_text(pathways.read_text().replace("2024-01-11,2024-01-12", ","))
    diagnostics.write_text(diagnostics.read_text().replace("3,2024-01-12", "3,"))
    await running.bring(folder)
    pathway = await running.pathway("p1")
    for fact in ("welcome", "start"):
        await running.post(f"/intake/v1/pathways/{pathway}/{fact}", {"on": "2024-01-15"}, status=201)
    plan = (await running.http.get(f"/diagnostic/v1/pathways/{pathway}")).json()
    assert plan["diagnostics"][0]["current"]["plan_agreed_on"] is None
    again = await running.bring(folder)
    assert sum(again.events.values()) == 0
    await running.caught_up()
    assert await running.value("entries", DAY) == 1


def _small_folder(folder: Path, exits: str) -> Path:
    files = {
        "structures": "structure,name,department\ns01,Un,69\n",
        "pathways": "pathway,structure,person,requested_on,requester,welcomed_on,started_on,withdrawn_on,birth_year,"
        "sex,qualification_level,unemployment_months,housing\np1,s01,h1,2024-01-10,,2024-01-11,2024-01-12,,,,,,\n",
        "diagnostics": "pathway,completed_on,purpose,remobilisation,plan_agreed_on\np1,2024-01-12,entry,3,2024-01-12\n",
        "barriers": "pathway,assessed_on,domain,intensity\n",
        "activities": "pathway,kind,started_on,ended_on,hours,status\np1,workshop,2024-02-01,2024-02-01,3,completed\n"
        "p1,workshop,2024-02-01,2024-02-01,3,completed\n",
        "exits": "pathway,exited_on,situation,contract,contract_start,contract_end\n" + exits,
        "followups": "pathway,month,asked_on,status,situation\n",
    }
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return folder
