"""Diagnostic over HTTP: what an adviser records and is shown, what follows from other services, what waits."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from lieu import issuer
from services.diagnostic import reactions
from services.diagnostic.domain import DiagnosticFile
from shared.kernel.callers import Role
from shared.kernel.clock import today
from shared.kernel.known_pathways import remember_intake
from shared.language.codes import Barrier, SupportResult
from shared.language.contracts import Body, PublicEvent
from shared.language.contracts.intake import AdviserAssignment
from shared.language.contracts.training import SupportReport
from tests.folders import COLUMNS, row, write
from tests.harness import Running
from tests.oracle import Facts
from tests.pipeline.test_forgetting import erased
from tests.pipeline.test_sealing import adviser, everything_stored
from tests.services.test_personal_copy import copy_of, read_back

DAY = "2024-02-01"
SKILLS, ACTION = "Elle répare les vélos du quartier", "Demander la carte de transport à la mairie"


async def asked(running: Running, path: str, structure: str = "s01", status: int = 200, **query: Any) -> Any:
    answer = await running.http.get(f"/diagnostic/v1{path}", params=query, headers=adviser(running, structure))
    assert answer.status_code == status, answer.text
    return answer.json()


def a_plan(*actions: dict[str, Any], agreed_on: str = DAY) -> dict[str, Any]:
    objective = {"text": "Travailler dans un atelier", "barrier": "mobility"}
    return {"id": str(uuid4()), "agreed_on": agreed_on, "objectives": [objective], "actions": list(actions)}


def an_action(**more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": "support", "responsible": "person"} | more


async def test_an_adviser_records_a_bilan_and_a_plan_and_is_shown_them_with_their_texts(running: Running) -> None:
    pathway = await running.a_started_pathway()
    here = f"/diagnostic/v1/pathways/{pathway}"
    diagnostic = str(uuid4())
    answers = [{"item": item, "given": 1} for item in ("rhythm", "outings", "group", "steps", "search", "future")]
    first = {"id": diagnostic, "completed_on": DAY, "purpose": "entry", "instrument": "remobilisation-2"}
    answered = first | {
        "answers": [*answers, {"item": "project", "given": 2}, {"item": "strengths", "given": "refused"}]
    }
    bilan = {"skills": SKILLS, "languages": [{"language": "pt", "level": "native"}], "hours_a_week": 28,
             "occupations": [{"rome": "I1607", "months": 12}], "refused": ["experience"]}  # fmt: skip
    for status in (201, 200):
        await running.post(f"{here}/diagnostics", answered, status)
        await running.post(f"{here}/diagnostics/{diagnostic}/bilan", bilan, status, **adviser(running, "s01"))
    exit_ = {"id": str(uuid4()), "completed_on": "2024-06-01", "purpose": "exit", "instrument": "remobilisation-2"}
    await running.post(
        f"{here}/diagnostics", exit_ | {"answers": [{"item": a["item"], "given": 2} for a in answers]}, 201
    )
    (shown, unscored) = await asked(running, f"/pathways/{pathway}/diagnostics")
    assert (shown["remobilisation"], shown["answers"]["strengths"]) == (6, "refused")
    assert (shown["bilan"]["skills"], shown["bilan"]["occupations"]) == (SKILLS, bilan["occupations"])
    assert unscored["remobilisation"] is None, "six answers of ten are too few"

    kept, given_up, extra = an_action(barrier="mobility", text=ACTION), an_action(barrier="health"), an_action()
    plan, anew = a_plan(kept, given_up), a_plan(kept, extra, agreed_on="2024-05-02")
    for status in (201, 200):
        await running.post(f"{here}/plans", plan, status)
    for status in (201, 200):
        await running.post(f"{here}/plans/{plan['id']}/revision", anew, status)
    (before, now) = await asked(running, f"/pathways/{pathway}/plans")
    assert (before["in_force"], now["in_force"], now["revises"]) == (False, True, plan["id"])
    assert [(one["text"], one["outcome"]) for one in now["actions"]] == [(ACTION, None), (None, None)]
    assert before["actions"][1]["reason"] == "plan_revised"

    for body, status in (({"outcome": "dropped"}, 409), ({"outcome": "done"}, 201), ({"outcome": "done"}, 200)):
        await running.post(f"{here}/actions/{kept['id']}/settlement", body | {"settled_on": "2024-05-20"}, status)
    await running.post(f"{here}/actions/{kept['id']}/reopening", {"on": "2024-05-21"}, 201)
    dropped = {"outcome": "dropped", "settled_on": "2024-05-22", "text": "Elle a déménagé"}
    await running.post(f"{here}/actions/{kept['id']}/settlement", dropped, 201)
    await running.post(f"{here}/actions/{extra['id']}/correction", {"kind": "workshop", "responsible": "partner"}, 201)
    for on, intensity in ((DAY, "high"), ("2024-06-01", "low")):
        assessed = {"assessed_on": on, "domain": "mobility", "intensity": intensity}
        await running.post(f"{here}/barriers", assessed, 201)
    way = await asked(running, f"/pathways/{pathway}/progress")
    assert way["scores"] == [{"instrument": "remobilisation-2", "first_on": DAY, "first": 6, "last_on": DAY, "last": 6}]
    assert [(one["first"], one["last"]) for one in way["barriers"]] == [("high", "low")]
    assert [(one["outcome"], one["note"]) for one in way["actions"]] == [("dropped", "Elle a déménagé"), (None, None)]

    await running.caught_up()
    assert (await running.value("plan_share", date(2024, 6, 30))) == 1
    everything = await everything_stored(running)
    assert ACTION not in everything
    assert SKILLS not in everything
    names = {line.split(".")[-1] for line in everything.split() if line.startswith("lieu.diagnostic.s01.")}
    assert {"special-action-planned", "action-planned", "plan-revised", "action-reopened"} <= names
    assert "bilan-recorded" not in names
    facts = (await running.http.get(f"{here}/facts")).json()
    assert {fact["kind"] for fact in facts} == {"diagnostic", "bilan", "plan", "action", "settlement", "barrier"}
    assert "Travailler dans un atelier" not in str(facts)


async def test_a_plan_becomes_a_page_for_the_people_of_its_structure_alone(running: Running) -> None:
    pathway = await running.a_started_pathway()
    here = f"/diagnostic/v1/pathways/{pathway}"
    plan, unseen = a_plan(an_action(text=ACTION, due_on="2100-12-31")), a_plan(an_action(text="\U000f1234"))
    await running.post(f"{here}/plans", plan, 201)
    await running.post(f"{here}/plans", unseen, 201)
    path = f"{here}/plans/{plan['id']}/page"
    page = await running.http.get(path, headers=adviser(running, "s01"))
    assert (page.status_code, page.headers["content-type"], page.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert (await running.http.get(path)).status_code == 403  # the operator
    assert (await running.http.get(path, headers=adviser(running, "s02"))).json()["code"] == "not-yet-known"
    code = (await running.http.get(f"{here}/plans/{uuid4()}/page", headers=adviser(running, "s01"))).json()["code"]
    assert code == "unknown-plan"
    hidden = await running.http.get(f"{here}/plans/{unseen['id']}/page", headers=adviser(running, "s01"))
    assert (hidden.status_code, "▯U+F1234" in read_back(hidden.content)) == (200, True)


SETTLED = {"outcome": "done", "settled_on": DAY}
OTHER = {"kind": "other", "responsible": "adviser"}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("diagnostics/{id}/bilan", {"skills": "a"}, "unknown-fact"),
    ("diagnostics", {"completed_on": "2100-12-31", "purpose": "exit"}, "in-the-future"),
    (
        "diagnostics",
        {"completed_on": DAY, "purpose": "exit", "answers": [{"item": "rhythm", "given": 1}]},
        "unknown-item",
    ),
    ("diagnostics", {"completed_on": DAY, "purpose": "exit", "instrument": "remobilisation-9"}, "invalid"),
    ("diagnostics/{id}/bilan", {"skills": "\x00"}, "invalid"),
    ("diagnostics/{id}/bilan", {"occupations": [{"rome": "G1602", "months": 2**40}]}, "invalid"),
    ("diagnostics/{id}/bilan", {"target_occupations": ["g1602\n"]}, "invalid"),
    ("plans/{id}/revision", {"agreed_on": "1900-01-01", "objectives": [], "actions": []}, "unknown-fact"),
    ("actions/{id}/settlement", {"outcome": "done", "settled_on": "1900-01-01"}, "unknown-fact"),
    ("actions/{id}/settlement/correction", SETTLED | {"reason": None, "text": None}, "unknown-fact"),
    ("actions/{id}/reopening", {"on": "2100-12-31"}, "unknown-fact"),
    ("actions/{id}/correction", OTHER | {"barrier": None, "due_on": None, "text": None}, "unknown-fact"),
]


async def test_what_cannot_be_is_answered_by_its_name(running: Running) -> None:
    pathway = await running.a_started_pathway()
    await running.caught_up()
    for path, body, code in REFUSED:
        answer = await running.http.post(f"/diagnostic/v1/pathways/{pathway}/{path.format(id=uuid4())}", json=body)
        expected = 422 if code == "invalid" else 409
        assert (answer.status_code, answer.json()["code"]) == (expected, code), (path, body)


async def test_half_a_character_is_no_text(running: Running) -> None:
    pathway = await running.a_started_pathway()
    body = b'{"agreed_on": "2024-02-01", "objectives": [{"text": "\\ud800"}]}'
    headers = {"Content-Type": "application/json"}
    answer = await running.http.post(f"/diagnostic/v1/pathways/{pathway}/plans", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_the_lists_that_diagnostics_are_made_with_are_there_for_everyone(running: Running) -> None:
    instruments = await asked(running, "/instruments")
    assert [one["version"] for one in instruments] == ["remobilisation-1", "remobilisation-2"]
    assert len(instruments[1]["items"]) == 10
    barriers = await asked(running, "/barriers")
    assert (barriers["version"], len(barriers["domains"])) == ("barriers-1", len(Barrier))


# What follows from other services


async def file_of(running: Running, pathway: str) -> DiagnosticFile:
    return await running.service("diagnostic").state.runtime.store.load(DiagnosticFile, UUID(pathway))  # type: ignore[no-any-return]


async def followed(running: Running) -> None:
    """A reaction appends an event of its own, which one look at the queues may miss."""
    await running.caught_up()
    await running.caught_up()


async def test_a_start_opens_a_diagnostic_until_it_is_made_or_the_start_is_taken_back(running: Running) -> None:
    made, taken_back, left = [await running.a_started_pathway() for _ in range(3)]
    await followed(running)
    waiting = await asked(running, "/diagnostics-waiting")
    assert {one["pathway"] for one in waiting} == {made, taken_back, left}
    await running.post(f"/diagnostic/v1/pathways/{made}/diagnostics", {"completed_on": DAY, "purpose": "entry"}, 201)
    await running.post(f"/intake/v1/pathways/{taken_back}/start/correction", {"on": None}, 201)
    await running.post(f"/outcomes/v1/pathways/{left}/exit", {"exited_on": DAY, "situation": "unknown"}, 201)
    await followed(running)
    assert await asked(running, "/diagnostics-waiting") == []
    assert not (await file_of(running, taken_back)).opening
    await running.post(f"/outcomes/v1/pathways/{left}/exit/reopening", {"on": "2024-02-02"}, 201)
    await running.post(f"/intake/v1/pathways/{taken_back}/start/correction", {"on": DAY}, 201)
    await followed(running)
    waiting = await asked(running, "/diagnostics-waiting")
    assert [(one["pathway"], one["opened_on"]) for one in waiting] == [(left, "2024-01-10"), (taken_back, DAY)]


def empty_folder() -> dict[str, list[dict[str, str]]]:
    return {name: [] for name in COLUMNS}


async def test_imported_history_opens_nothing_and_raises_no_review_that_was_due(
    running: Running, tmp_path: Path
) -> None:
    rows = empty_folder()
    recent = (today() - timedelta(days=20)).isoformat()
    rows["structures"] = [row("structures", structure="s01", name="Un", department="69")]
    for pathway, agreed in (("old", "2020-02-01"), ("new", recent)):
        rows["pathways"].append(
            row("pathways", pathway=pathway, structure="s01", person=pathway, requested_on="2020-01-01",
                started_on="2020-01-02")
        )  # fmt: skip
        rows["diagnostics"].append(
            row("diagnostics", pathway=pathway, completed_on=agreed, purpose="entry", plan_agreed_on=agreed)
        )
    write(Facts(**rows), tmp_path / "folder")  # type: ignore[arg-type]
    summary = await running.bring(tmp_path / "folder")
    assert not summary.refusals
    await running.caught_up()
    assert await asked(running, "/diagnostics-waiting") == []
    assert await asked(running, "/plans-to-review") == []
    pool = running.service("diagnostic").state.pool
    due = await pool.fetch("select review_on from plans order by review_on nulls first")
    assert [line["review_on"] is None for line in due] == [True, False]


def public(service: str, pathway: str, body: Body, version: int = 1) -> PublicEvent:
    """An event of another service, as a subscriber hands it over."""
    now = datetime.now(UTC)
    return PublicEvent(
        service, "", 1, UUID(pathway), version, "s01", UUID(pathway), None, None, now, None, False, None, body
    )


async def test_a_barrier_that_training_lifted_updates_the_plan(running: Running) -> None:
    pathway = await running.a_started_pathway()
    aimed, other = an_action(barrier="mobility"), an_action()
    await running.post(f"/diagnostic/v1/pathways/{pathway}/plans", a_plan(aimed, other), 201)
    report = SupportReport(
        report=uuid4(), action=None, barrier=Barrier.MOBILITY, result=SupportResult.LIFTED,
        reported_on=date(2024, 4, 2)
    )  # fmt: skip
    runtime = running.service("diagnostic").state.runtime
    for told_of in (pathway, pathway, str(uuid4())):  # told twice, and of a pathway that nobody here has heard of
        async with runtime.pool.acquire() as connection, connection.transaction():
            events = [public("training", told_of, report)]
            await reactions.when_a_support_action_is_reported(runtime.store, connection, events)
    (plan,) = await asked(running, f"/pathways/{pathway}/plans")
    assert [(one["outcome"], one["settled_on"]) for one in plan["actions"]] == [("done", "2024-04-02"), (None, None)]
    events = await runtime.store.of_pathway(UUID(pathway))
    assert [event.actor for event in events if event.name == "diagnostic.action-settled"] == [reactions.ACTOR]


# What waits


async def test_actions_are_overdue_until_settled_and_not_while_the_person_has_left(running: Running) -> None:
    pathway = await running.a_started_pathway()
    late, later, not_due, done = (
        an_action(due_on="2024-03-01"),
        an_action(due_on="2024-04-01"),
        an_action(due_on="2100-12-31"),
        an_action(due_on="2024-02-02"),
    )
    here = f"/diagnostic/v1/pathways/{pathway}"
    plan = a_plan(late, later, not_due, done)
    await running.post(f"{here}/plans", plan, 201)
    await running.post(f"{here}/actions/{done['id']}/settlement", {"outcome": "done", "settled_on": DAY}, 201)
    await running.caught_up()
    overdue = [one["action"] for one in await asked(running, "/actions-overdue")]
    assert overdue == [late["id"], later["id"]]
    assert await asked(running, "/actions-overdue", "s02") == []

    await running.post(f"/outcomes/v1/pathways/{pathway}/exit", {"exited_on": "2024-06-01", "situation": "moved"}, 201)
    await running.caught_up()
    for path in ("/actions-overdue", "/plans-to-review", "/without-diagnostic"):
        assert await asked(running, path) == []
    await running.post(f"/outcomes/v1/pathways/{pathway}/exit/reopening", {"on": "2024-06-02"}, 201)
    await running.post(f"{here}/actions/{done['id']}/reopening", {"on": "2024-06-02"}, 201)
    await running.caught_up()
    overdue = [one["action"] for one in await asked(running, "/actions-overdue")]
    assert overdue == [done["id"], late["id"], later["id"]]
    await running.post(f"{here}/plans/{plan['id']}/correction", {"agreed_on": None}, 201)
    await running.caught_up()
    assert await asked(running, "/actions-overdue") == []


async def test_each_adviser_asks_for_their_own(running: Running) -> None:
    one, other = await running.a_started_pathway(), await running.a_started_pathway()
    for pathway in (one, other):
        await running.post(f"/diagnostic/v1/pathways/{pathway}/plans", a_plan(an_action(due_on="2024-03-01")), 201)
    await running.caught_up()
    async with running.service("diagnostic").state.pool.acquire() as connection:
        assigned = AdviserAssignment(adviser="marie", assigned_on=date(2024, 2, 1))
        await remember_intake(connection, [public("intake", one, assigned, version=99)])
    for path in ("/actions-overdue", "/plans-to-review", "/diagnostics-waiting", "/without-diagnostic"):
        assert {found["pathway"] for found in await asked(running, path)} == {one, other}
        assert [found["pathway"] for found in await asked(running, path, adviser="marie")] == [one]
        assert await asked(running, path, adviser="paul") == []
        await asked(running, path, status=422, adviser="\x00")
        other_structures = f"/diagnostic/v1{path}?structure=s02"
        assert (await running.http.get(other_structures, headers=adviser(running, "s01"))).status_code == 403


async def test_a_plan_is_to_be_reviewed_six_months_after_it_was_agreed_anew(running: Running) -> None:
    pathway = await running.a_started_pathway()
    plan = a_plan()
    await running.post(f"/diagnostic/v1/pathways/{pathway}/plans", plan, 201)
    await running.caught_up()
    (due,) = await asked(running, "/plans-to-review")
    assert (due["plan"], due["due_on"]) == (plan["id"], "2024-08-01")
    anew = a_plan(agreed_on=today().isoformat())
    await running.post(f"/diagnostic/v1/pathways/{pathway}/plans/{plan['id']}/revision", anew, 201)
    await running.caught_up()
    assert await asked(running, "/plans-to-review") == []
    await running.post(f"/diagnostic/v1/pathways/{pathway}/plans/{anew['id']}/correction", {"agreed_on": None}, 201)
    await running.caught_up()
    assert [one["plan"] for one in await asked(running, "/plans-to-review")] == [plan["id"]]


async def test_who_started_a_month_ago_is_missed_and_who_started_since_is_not(running: Running) -> None:
    month_ago = await running.a_started_pathway(requested=today() - timedelta(days=30))
    since = await running.a_started_pathway(requested=today() - timedelta(days=29))
    await running.caught_up()
    assert [one["pathway"] for one in await asked(running, "/without-diagnostic")] == [month_ago]
    everyone = await asked(running, "/without-diagnostic", started_until="2100-12-31")
    assert [one["pathway"] for one in everyone] == [month_ago, since]


@pytest.mark.slow
async def test_a_person_is_forgotten_with_their_bilan_and_plan(running: Running) -> None:
    pathway = await running.a_started_pathway()
    here = f"/diagnostic/v1/pathways/{pathway}"
    diagnostic = str(uuid4())
    await running.post(f"{here}/diagnostics", {"id": diagnostic, "completed_on": DAY, "purpose": "entry"}, 201)
    await running.post(f"{here}/diagnostics/{diagnostic}/bilan", {"skills": SKILLS}, 201)
    await running.post(f"{here}/plans", a_plan(an_action(text=ACTION, due_on=DAY)), 201)
    await running.caught_up()
    pool = running.service("diagnostic").state.pool
    person = await pool.fetchval("select person from known_pathways where pathway = $1", UUID(pathway))
    copy = (await copy_of(running, str(person))).as_json().decode()
    assert "Travailler dans un atelier (frein : mobilité)" in copy
    assert SKILLS in copy
    await erased(running, str(person))
    assert pathway not in await everything_stored(running)
    assert await asked(running, "/actions-overdue") == []


async def test_a_restricted_person_is_in_no_list_and_their_plan_is_a_managers_to_look_at(running: Running) -> None:
    pathway = await running.a_started_pathway()
    plan = a_plan(an_action(due_on=DAY))
    await running.post(f"/diagnostic/v1/pathways/{pathway}/plans", plan, 201)
    pool = running.service("diagnostic").state.pool
    person = await pool.fetchval("select person from known_pathways where pathway = $1", UUID(pathway))
    why = {"reason": "accuracy_contested", "restricted_on": DAY}
    await running.post(f"/intake/v1/persons/{person}/restriction", why)
    await running.caught_up()
    assert await asked(running, "/actions-overdue") == []
    assert (await asked(running, f"/pathways/{pathway}/plans", status=403))["code"] == "restricted"
    manager = {"Authorization": f"Bearer {issuer.token(running.data, Role.MANAGER, 's01')}"}
    looked = await running.http.get(f"/diagnostic/v1/pathways/{pathway}/plans", headers=manager)
    assert looked.json()[0]["plan"] == plan["id"]
