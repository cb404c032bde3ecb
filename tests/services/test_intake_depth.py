"""Intake at work: commands over HTTP, what the others hear of them, and the lists that an adviser works with."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from nats.aio.client import Client

from lieu import issuer
from shared.kernel.callers import Role
from shared.kernel.clock import today
from tests.harness import Running
from tests.pipeline.test_forgetting import erased

NOW = today()


def ago(days: int) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def ahead(days: int) -> str:
    return (NOW + timedelta(days=days)).isoformat()


def of(running: Running, role: Role, structure: str = "s01") -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, role, structure)}"}


async def register(running: Running, *structures: str) -> None:
    for structure in structures:
        await running.post("/intake/v1/structures", {"structure": structure, "name": structure, "department": "69"})


async def ask(
    running: Running, called: str | None = "Anna", days: int = 30, structure: str = "s01", person: str | None = None
) -> tuple[str, str]:
    """(pathway, person)."""
    pathway, person = str(uuid4()), person or str(uuid4())
    request = {"structure": structure, "person": person, "requested_on": ago(days), "requester": "spip"}
    identity = {"called": called, "family_name": "Quéméneur"} if called else None
    await running.post("/intake/v1/pathways", {"pathway": pathway, "request": request, "identity": identity}, 201)
    return pathway, person


async def tell(running: Running, pathway: str, path: str, body: Any, status: int = 201, **headers: str) -> Any:
    return await running.post(f"/intake/v1/pathways/{pathway}/{path}", body, status, **headers)


async def listed(running: Running, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
    await running.caught_up()
    answer = await running.http.get(f"/intake/v1/{path}", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_request_becomes_an_alarm_is_set_aside_and_taken_up_again(running: Running) -> None:
    await register(running, "s01")
    adviser = of(running, Role.ADVISER)
    late, person = await ask(running, days=8)
    fresh, _ = await ask(running, days=7)
    await tell(running, late, "adviser", {"adviser": "anna", "on": ago(1)}, **adviser)
    appointment = {"on": ahead(3), "at": "09:30", "purpose": "welcome"}
    await tell(running, late, "appointments", appointment, **adviser)
    rows = await listed(running, "requests/waiting", adviser)
    assert rows[0] == {
        "pathway": late,
        "person": person,
        "structure": "s01",
        "requested_on": ago(8),
        "due_on": ago(1),
        "alarm": True,
        "set_aside": False,
        "adviser": "anna",
        "next_appointment": ahead(3),
        "disagreed": False,
    }
    assert (rows[1]["pathway"], rows[1]["due_on"], rows[1]["alarm"]) == (fresh, NOW.isoformat(), False)

    manager = of(running, Role.MANAGER)
    await running.post("/intake/v1/structures/s01/welcome-delay", {"days": 6}, 201, **manager)
    await running.post("/intake/v1/structures/s01/welcome-delay", {"days": 6}, 200, **manager)
    await running.post("/intake/v1/structures/s01/welcome-delay", {"days": 6}, 403, **adviser)
    await running.post("/intake/v1/structures/s02/welcome-delay", {"days": 6}, 403, **manager)
    assert [row["alarm"] for row in await listed(running, "requests/waiting", adviser)] == [True, True]
    assert (await listed(running, "structure", adviser))["welcome_within"] == 6

    refused = await tell(running, late, "set-aside", {"on": ago(0)}, 409, **adviser)
    assert refused["code"] == "too-few-attempts"
    await tell(running, late, "attempts", {"on": ago(5), "means": "phone", "note": "no answer"}, **adviser)
    missed = str(uuid4())
    await tell(running, late, "appointments", {"on": ago(2), "purpose": "welcome", "appointment": missed}, **adviser)
    await tell(running, late, f"appointments/{missed}/missed", None, **adviser)
    await tell(running, late, f"appointments/{missed}/missed", None, 200, **adviser)
    await tell(running, late, "set-aside", {"on": ago(1)}, **adviser)
    row = next(row for row in await listed(running, "requests/waiting", adviser) if row["pathway"] == late)
    assert (row["set_aside"], row["alarm"]) == (True, False)
    assert await running.value("requests", NOW) >= 1

    await tell(running, late, "set-aside/reopening", {"on": ago(0)}, **adviser)
    row = next(row for row in await listed(running, "requests/waiting", adviser) if row["pathway"] == late)
    assert (row["set_aside"], row["alarm"]) == (False, True)


async def test_who_keeps_an_appointment_is_met_and_no_longer_set_aside(running: Running) -> None:
    await register(running, "s01")
    pathway, person = await ask(running)
    for number in (20, 15):
        await tell(running, pathway, "attempts", {"on": ago(number), "means": "sms"})
    await tell(running, pathway, "set-aside", {"on": ago(10)})
    appointment = str(uuid4())
    body = {"on": ago(3), "purpose": "support", "appointment": appointment, "place": "Foyer des Tilleuls"}
    await tell(running, pathway, "appointments", body)
    await tell(running, pathway, f"appointments/{appointment}/kept", {})
    await tell(running, pathway, f"appointments/{appointment}/kept", {}, 200)
    adviser = of(running, Role.ADVISER)
    (row,) = await listed(running, "people", adviser)
    assert (row["stage"], row["last_contact"], row["called"]) == ("requested", ago(3), "Anna")
    pool = running.service("intake").state.pool
    assert await pool.fetchval(
        "select last_contact from contacts.persons where person = $1", person
    ) == date.fromisoformat(ago(3))
    (shown,) = await listed(running, "appointments", adviser, **{"from": ago(5), "to": ahead(5)})
    assert (shown["status"], shown["place"], shown["family_name"]) == ("kept", "Foyer des Tilleuls", "Quéméneur")
    assert await listed(running, "appointments", adviser, **{"from": ago(2), "to": ahead(5)}) == []
    correction = {"on": ago(3), "purpose": "support", "status": "missed", "settled_on": ago(3)}
    await tell(running, pathway, f"appointments/{appointment}/correction", correction)
    (row,) = await listed(running, "people", adviser)
    assert row["last_contact"] == ago(30), "a missed appointment is no contact"


async def test_the_list_of_people_says_where_each_stands_since_when(running: Running) -> None:
    await register(running, "s01")
    (asked, _), (met, _), (begun, _), (rests, _), (gone, _), (left, _) = [
        await ask(running, f"P{number}", 30) for number in range(6)
    ]
    await tell(running, met, "welcome", {"on": ago(29)})
    for pathway in (begun, rests, left):
        await tell(running, pathway, "start", {"on": ago(25)})
    await tell(running, begun, "commitment", {"on": ago(24)})
    await tell(running, rests, "pause", {"on": ago(20)})
    await tell(running, gone, "withdrawal", {"on": ago(19)})
    await running.post(f"/outcomes/v1/pathways/{left}/exit", {"exited_on": ago(5), "situation": "unemployed"}, 201)
    await tell(running, begun, "adviser", {"adviser": "anna", "on": ago(2)})
    adviser = of(running, Role.ADVISER)
    stages = {row["pathway"]: (row["stage"], row["since"]) for row in await listed(running, "people", adviser)}
    open_ones = {
        asked: ("requested", ago(30)),
        met: ("welcomed", ago(29)),
        begun: ("supported", ago(25)),
        rests: ("paused", ago(20)),
    }
    assert stages == open_ones
    everyone = await listed(running, "people", adviser, all=True)
    assert {row["pathway"]: (row["stage"], row["since"]) for row in everyone} == open_ones | {
        gone: ("withdrawn", ago(19)),
        left: ("left", ago(5)),
    }
    assert [row["pathway"] for row in await listed(running, "people", adviser, adviser="anna")] == [begun]
    assert {row["called"] for row in await listed(running, "people", structure="s01")} == {None}, "not the operator"
    refused = await running.http.get("/intake/v1/people", params={"structure": "s02"}, headers=adviser)
    assert refused.status_code == 403

    await tell(running, rests, "pause/resumption", {"on": ago(1)})
    await running.post(f"/outcomes/v1/pathways/{left}/exit/reopening", {"on": ago(0)})
    stages = {row["pathway"]: row["stage"] for row in await listed(running, "people", adviser)}
    assert (stages[rests], stages[left]) == ("supported", "supported")
    refused = await tell(running, begun, "pause", {"on": ago(26)}, 409)
    assert refused["code"] == "dates-out-of-order"


async def test_who_was_not_met_for_long_is_silent(running: Running) -> None:
    await register(running, "s01")
    long, _ = await ask(running, days=100)
    recent, _ = await ask(running, days=100)
    rests, _ = await ask(running, days=100)
    for pathway, on in ((long, 90), (recent, 90), (rests, 90)):
        await tell(running, pathway, "start", {"on": ago(on)})
    await running.post(
        f"/diagnostic/v1/pathways/{recent}/diagnostics", {"completed_on": ago(10), "purpose": "entry"}, 201
    )
    await tell(running, rests, "pause", {"on": ago(80)})
    adviser = of(running, Role.ADVISER)
    assert [row["pathway"] for row in await listed(running, "silent", adviser)] == [long]
    assert {row["pathway"] for row in await listed(running, "silent", adviser, days=10)} == {long, recent}
    assert await listed(running, "silent", adviser, days=91) == []


async def test_a_caseload_is_moved_whole_and_once(running: Running) -> None:
    await register(running, "s01", "s02")
    mine = [(await ask(running))[0] for _ in range(3)]
    gone, _ = await ask(running)
    other, _ = await ask(running, structure="s02")
    for pathway in (*mine, gone, other):
        await tell(running, pathway, "adviser", {"adviser": "anna", "on": ago(5)})
    await tell(running, gone, "withdrawal", {"on": ago(4)})
    manager = of(running, Role.MANAGER)
    body = {"from_adviser": "anna", "to_adviser": "brice", "on": ago(0)}
    assert await running.post("/intake/v1/advisers/caseload", body, 200, **manager) == {"moved": 3, "restricted": 0}
    assert await running.post("/intake/v1/advisers/caseload", body, 200, **manager) == {"moved": 0, "restricted": 0}
    await running.post("/intake/v1/advisers/caseload", body, 403, **of(running, Role.ADVISER))
    await running.post("/intake/v1/advisers/caseload", body | {"structure": "s02"}, 403, **manager)
    assert (await running.post("/intake/v1/advisers/caseload", body, 422))["code"] == "no-structure"
    found = await listed(running, "people", manager, adviser="brice")
    assert {row["pathway"] for row in found} == set(mine)
    rows = await running.service("diagnostic").state.pool.fetch("select pathway, adviser from known_pathways")
    advisers = {str(row["pathway"]): row["adviser"] for row in rows}
    assert (advisers[mine[0]], advisers[gone], advisers[other]) == ("brice", "anna", "anna")


async def heard(running: Running, pathway: str, *names: str) -> list[tuple[str, dict[str, Any]]]:
    """(subject, body) of what is published of a pathway."""
    client: Client = running.service("intake").state.runtime.client
    js = client.jetstream()
    found = []
    for name in names:
        for structure in ("s01", "s02"):
            subject = f"lieu.intake.{structure}.{pathway}.{name}"
            try:
                message = await js.get_last_msg("INTAKE", subject)
            except Exception:  # noqa: BLE001 - there is none
                continue
            assert message.data is not None
            found.append((subject, json.loads(message.data)))
    return found


async def test_a_transferred_pathway_is_the_new_structures_in_every_service(running: Running) -> None:
    await register(running, "s01", "s02")
    pathway, person = await ask(running)
    await tell(running, pathway, "start", {"on": ago(20)})
    await tell(running, pathway, "adviser", {"adviser": "anna", "on": ago(20)})
    appointment = str(uuid4())
    await tell(running, pathway, "appointments", {"on": ahead(3), "purpose": "support", "appointment": appointment})
    old, new = of(running, Role.ADVISER, "s01"), of(running, Role.ADVISER, "s02")
    body = {"to_structure": "s02", "transferred_on": ago(2)}
    await tell(running, pathway, "transfer", body, 409, **new)
    unknown = await tell(running, pathway, "transfer", body | {"to_structure": "s09"}, 409, **old)
    assert unknown["code"] == "unknown-structure"
    await tell(running, pathway, "transfer", body, 201, **old)
    await tell(running, pathway, "transfer", body, 200, **old)
    await tell(running, pathway, "transfer", body, 200, **new)

    assert await listed(running, "people", old) == []
    (row,) = await listed(running, "people", new)
    assert (row["structure"], row["adviser"], row["next_appointment"]) == ("s02", None, ahead(3))
    span = {"from": ago(0), "to": ahead(9)}
    assert await listed(running, "appointments", old, **span) == []
    assert [one["appointment"] for one in await listed(running, "appointments", new, **span)] == [appointment]
    (gone, _), (come, told) = await heard(running, pathway, "pathway-transferred", "pathway-received")
    assert (gone.split(".")[2], come.split(".")[2]) == ("s01", "s02")
    assert (told["requester"], told["started_on"], told["from_structure"]) == ("other", ago(20), "s01")
    for service in ("diagnostic", "training", "outcomes"):
        known = await running.service(service).state.pool.fetchrow("select * from known_pathways")
        assert (known["structure"], known["adviser"]) == ("s02", None)

    request = {"structure": "s01", "person": person, "requested_on": ago(31)}
    assert (await tell(running, pathway, "request/correction", request, 409, **old))["code"] == "unknown-fact"
    await tell(running, pathway, "request/correction", request, 201, **new)
    assert [row["requested_on"] for row in await listed(running, "people", new)] == [ago(31)]
    for headers, status in ((old, 404), (new, 200)):
        for path in (f"pathways/{pathway}/timeline", f"copies/{person}", f"persons/{person}"):
            answer = await running.http.get(f"/intake/v1/{path}", headers=headers)
            assert answer.status_code in ((404, 409) if status == 404 else (200,)), (path, answer.text)
    await running.post(f"/intake/v1/persons/{person}/identity", {"called": "Ana"}, 404, **old)
    await running.post(f"/intake/v1/persons/{person}/identity", {"called": "Ana", "family_name": None}, 201, **new)


async def test_two_open_pathways_of_one_person_are_shown_and_a_return_is_not(running: Running) -> None:
    await register(running, "s01")
    first, person = await ask(running, days=60)
    adviser = of(running, Role.ADVISER)
    await tell(running, first, "withdrawal", {"on": ago(50)})
    second, _ = await ask(running, days=40, person=person)
    assert await listed(running, "duplicates/pathways", adviser) == []
    third, _ = await ask(running, days=20, person=person)
    (double,) = await listed(running, "duplicates/pathways", adviser)
    assert (double["person"], double["pathways"], double["called"]) == (person, [second, third], "Anna")


async def test_a_profile_is_published_without_what_is_sealed(running: Running) -> None:
    await register(running, "s01")
    pathway, _ = await ask(running)
    profile = {
        "on": ago(3),
        "mainstream": ["rsa_referent", "france_travail"],
        "rights": "not_open",
        "disability": "yes",
        "resources": ["rsa"],
        "driving_licence": "none",
        "transport": ["bicycle"],
        "may_work": "yes",
        "childcare_needed": "no",
        "note": "lives with a sister",
    }
    await tell(running, pathway, "profile/start", profile)
    await tell(running, pathway, "profile/start", profile | {"mainstream": ["france_travail", "rsa_referent"]}, 200)
    refused = await tell(running, pathway, "profile/start", profile | {"housing": "hotel"}, 409)
    assert refused["code"] == "already-recorded"
    alone = await tell(running, pathway, "profile/start/correction", profile | {"mainstream": ["none", "plie"]}, 409)
    assert alone["code"] == "stands-alone"
    await tell(running, pathway, "profile/start/correction", profile | {"housing": "hotel"})
    await running.caught_up()
    ((_, told),) = await heard(running, pathway, "profile-corrected")
    assert told == {
        "moment": "start",
        "on": ago(3),
        "housing": "hotel",
        "mainstream": ["france_travail", "rsa_referent"],
        "rights": "not_open",
    }


@pytest.mark.slow
async def test_no_adviser_sees_who_is_restricted_and_nobody_who_is_archived(running: Running) -> None:
    await register(running, "s01")
    pathway, person = await ask(running)
    await tell(running, pathway, "start", {"on": ago(29)})
    await tell(running, pathway, "appointments", {"on": ahead(3), "purpose": "support"})
    waiting, _ = await ask(running, person=person)
    await running.post(
        f"/intake/v1/persons/{person}/restriction", {"reason": "objection_pending", "restricted_on": ago(0)}, 201
    )
    span = {"from": ago(1), "to": ahead(9)}
    adviser, manager = of(running, Role.ADVISER), of(running, Role.MANAGER)
    asked: tuple[tuple[str, dict[str, Any], int], ...] = (
        ("people", {}, 2),
        ("appointments", span, 1),
        ("silent", {"days": 1}, 1),
        ("requests/waiting", {}, 1),
        ("duplicates/pathways", {}, 1),
    )
    for path, query, count in asked:
        assert await listed(running, path, adviser, **query) == [], path
        assert len(await listed(running, path, manager, **query)) == count, path
    for path, body in (
        ("appointments", {"on": ahead(3), "purpose": "support"}),
        ("attempts", {"on": ago(0), "means": "visit"}),
        ("profile/exit", {"on": ago(0), "mainstream": ["none"], "rights": "open"}),
    ):
        assert (await tell(running, pathway, path, body, 409))["code"] == "restricted"
    await running.post(f"/intake/v1/persons/{person}/restriction/lifting", {"on": ago(0)}, 201)
    pool = running.service("intake").state.pool
    await pool.execute("update requests set archived = true where pathway = any($1)", [pathway, waiting])
    for path, query, _ in asked:
        assert await listed(running, path, manager, **query) == [], path


async def test_another_structure_asks_in_vain(running: Running) -> None:
    await register(running, "s01", "s02")
    pathway, _ = await ask(running)
    stranger = of(running, Role.ADVISER, "s02")
    for path, body in (
        ("appointments", {"on": ahead(3), "purpose": "welcome"}),
        (f"appointments/{uuid4()}/kept", {}),
        ("attempts", {"on": ago(1), "means": "letter"}),
        ("adviser", {"adviser": "anna", "on": ago(1)}),
        ("set-aside", {"on": ago(1)}),
        ("commitment", {"on": ago(1)}),
        ("pause", {"on": ago(1)}),
        ("profile/request", {"on": ago(1), "mainstream": ["none"], "rights": "open"}),
    ):
        for asked in (pathway, str(uuid4())):
            assert (await tell(running, asked, path, body, 409, **stranger))["code"] == "unknown-fact", path


async def test_what_is_malformed_is_refused_at_its_place(running: Running) -> None:
    pathway = str(uuid4())
    profile = {"on": "2024-01-10", "mainstream": ["none"], "rights": "open"}
    malformed: tuple[tuple[str, dict[str, Any]], ...] = (
        ("appointments", {"on": "1900-01-01", "purpose": "other", "at": "24:00"}),
        ("appointments", {"on": "2100-12-31", "purpose": "other", "note": "a\x00b"}),
        ("adviser", {"adviser": "a\x00b", "on": "2024-01-10"}),
        ("adviser", {"adviser": "\ud800", "on": "2024-01-10"}),
        ("adviser", {"adviser": "", "on": "2024-01-10"}),
        ("attempts", {"on": None, "means": "phone"}),
        ("transfer", {"to_structure": "S 01", "transferred_on": "2024-01-10"}),
        ("profile/never", profile),
        ("profile/exit", profile | {"mainstream": []}),
        ("profile/exit", profile | {"note": "\ud800"}),
    )
    for path, body in malformed:
        answer = await running.http.post(
            f"/intake/v1/pathways/{pathway}/{path}",
            content=json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 422, (path, body, answer.text)


async def test_days_far_away_are_answered(running: Running) -> None:
    await register(running, "s01")
    pathway, _ = await ask(running)
    for on in ("1900-01-01", "2100-12-31"):
        await tell(running, pathway, "appointments", {"on": on, "purpose": "other"})
    assert len(await listed(running, "appointments", **{"from": "1900-01-01", "to": "2100-12-31"})) == 2
    (row,) = await listed(running, "people", all=True)
    assert row["next_appointment"] == "2100-12-31"
    answer = await running.http.get("/intake/v1/appointments", params={"from": ago(0), "to": ago(1)})
    assert answer.status_code == 422
    for query in ({"days": 0}, {"days": 10**12}, {"adviser": "\x00"}, {"limit": 0}):
        assert (await running.http.get("/intake/v1/silent", params=query)).status_code == 422, query


@pytest.mark.slow
async def test_what_is_recorded_of_a_person_is_forgotten_with_them(running: Running) -> None:
    await register(running, "s01")
    pathway, person = await ask(running)
    await tell(running, pathway, "appointments", {"on": ahead(3), "purpose": "support", "place": "Foyer"})
    await tell(running, pathway, "profile/request", {"on": ago(1), "mainstream": ["none"], "rights": "open"})
    await running.caught_up()
    await erased(running, person)
    pool = running.service("intake").state.pool
    left = await pool.fetchval(
        """select (select count(*) from appointments) + (select count(*) from requests)
                + (select count(*) from events where pathway is not null)"""
    )
    assert left == 0
