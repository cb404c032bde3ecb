"""Situations, exits and follow-ups over HTTP, what the others hear of them, and what the lists say."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from lieu import issuer
from services.outcomes import views
from shared.kernel.callers import Role
from shared.kernel.clock import today
from shared.kernel.known_pathways import remember_intake
from shared.kernel.subscriber import Subscriber
from shared.language.contracts import Body, PublicEvent
from shared.language.contracts.intake import (
    AdviserAssignment,
    Archiving,
    ProcessingRestricted,
    Reception,
    RestrictionLifted,
)
from shared.language.months import months_later
from tests.folders import row, write
from tests.harness import Running, eventually
from tests.oracle import Facts
from tests.pipeline.test_forgetting import erased

NOTE = "Elle garde ses horaires"
SIRET = "73282932000074"


def ago(days: int) -> str:
    return (today() - timedelta(days=days)).isoformat()


def of(running: Running, role: Role, structure: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, role, structure)}"}


async def heard(running: Running) -> None:
    """Until outcomes' lists have heard what outcomes told."""
    pool = running.service("outcomes").state.pool
    told = await pool.fetchval("select max(position) from events where name like 'outcomes.%'")
    heard_of = "select position from subscription where stream = 'OUTCOMES'"
    await eventually(lambda: pool.fetchval(heard_of), lambda position: (position or 0) >= (told or 0))


async def listed(running: Running, what: str, headers: dict[str, str] | None = None, **query: Any) -> list[Any]:
    await heard(running)
    answer = await running.http.get(f"/outcomes/v1/{what}", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def published(running: Running, pathway: str, name: str) -> Any:
    """What outcomes told last of a pathway under a name."""
    await heard(running)
    js = running.service("outcomes").state.runtime.client.jetstream()
    return json.loads((await js.get_msg("OUTCOMES", subject=f"lieu.outcomes.*.{pathway}.{name}")).data)


async def told_by_intake(running: Running, pathway: str, structure: str, body: Body) -> None:
    """As if intake had told it next."""
    pool, id, now = running.service("outcomes").state.pool, UUID(pathway), datetime.now(UTC)
    version = 1 + await pool.fetchval("select intake_version from known_pathways where pathway = $1", id)
    event = PublicEvent("intake", "told", 1, id, version, structure, id, None, None, now, None, False, None, body)
    async with pool.acquire() as connection, connection.transaction():
        await remember_intake(connection, [event])


def reception(person: str) -> Reception:
    unknown = dict.fromkeys(("requester", "sex", "age", "unemployment", "qualification", "housing"), "unknown")
    days = {"received_on": today(), "requested_on": today(), "welcomed_on": None, "started_on": None}
    return Reception(from_structure="s01", person=UUID(person), **days, **unknown)  # type: ignore[arg-type]


async def test_a_job_goes_on_in_support_and_is_lost(running: Running) -> None:
    pathway, job, contact, visit = await running.a_started_pathway(), *(str(uuid4()) for _ in range(3))
    of_pathway, person = f"/outcomes/v1/pathways/{pathway}", {"id": contact, "structure": "s01", "name": "Mme Roux"}
    ours, theirs = of(running, Role.ADVISER, "s01"), of(running, Role.ADVISER, "s02")
    hired = {"id": job, "situation": "employment", "started_on": ago(40), "contract": "cdd", "contract_end": ago(-10)}
    hired |= {"hours_a_week": 24.5, "occupation": "G1602", "employer": SIRET, "correspondent": contact}
    visited = {"id": visit, "job": job, "what": "visit_at_work", "supported_on": ago(9), "note": NOTE}
    spoken = {"job": job, "what": "talk_with_employer", "supported_on": ago(3), "correspondent": contact}

    await running.post(f"{of_pathway}/situations", {"situation": "inactive", "started_on": ago(200)}, 201, **ours)
    refused = await running.post(f"{of_pathway}/situations", hired, 409, **of(running, Role.MANAGER, "s02"))
    assert refused["code"] == "not-yet-known", "another structure's pathway"
    refused = await running.post(f"{of_pathway}/situations", hired, 409, **ours)
    assert refused["code"] == "unknown-correspondent"
    await running.post("/outcomes/v1/correspondents", person | {"organisation": SIRET}, 201, **ours)
    await running.post(f"{of_pathway}/situations", hired, 201, **ours)
    assert (await running.post(f"{of_pathway}/situations", hired, 200, **ours))["recorded"] is False
    (waiting,) = await listed(running, "situations/in-employment", ours)
    assert (waiting["situation"], waiting["last_supported_on"], waiting["last_support"]) == (job, None, None)

    await running.post(f"{of_pathway}/employment-supports", visited, 201, **ours)
    await running.post(f"{of_pathway}/employment-supports", spoken, 201, **ours)
    (working,) = await listed(running, "situations/in-employment", ours)
    shown = {name: hired[name] for name in ("started_on", "contract", "contract_end")}
    assert working == shown | {
        "pathway": pathway,
        "structure": "s01",
        "adviser": None,
        "situation": job,
        "kind": "employment",
        "hours_a_week": "24.5",
        "last_supported_on": ago(3),
        "last_support": "talk_with_employer",
        "disagreed": False,
    }
    assert await listed(running, "situations/ending", ours) == [working]
    assert await listed(running, "situations/ending", ours, days=9) == []
    assert await listed(running, "situations/in-employment", theirs) == []
    told = await published(running, pathway, "employment-support-recorded")
    assert told["what"] == "talk_with_employer"
    assert set(told) == {"support", "situation", "what", "supported_on"}

    request = {"structure": "s01", "person": str(uuid4()), "requested_on": ago(20)}
    body = {"pathway": (waits := str(uuid4())), "request": request, "identity": {"called": "Anna"}}
    await running.post("/intake/v1/pathways", body, 201)
    await running.post(f"/outcomes/v1/pathways/{waits}/situations", {"situation": "siae", "started_on": ago(30)}, 201)
    assert await listed(running, "situations/in-employment", ours) == [working], "support has not begun"

    said = {"kind": "situation", "fact": job, "said_on": ago(0)}
    await running.post(f"{of_pathway}/disagreements", said, 201, **ours)
    await running.post(f"{of_pathway}/situations/{job}/correction", hired | {"contract_end": ago(1)}, 201, **ours)
    assert await listed(running, "situations/ending", ours) == []
    (overdue,) = await listed(running, "situations/without-news", ours)
    assert (overdue["contract_end"], overdue["disagreed"]) == (ago(1), True)
    await running.post(f"{of_pathway}/situations/{job}/end", {"ended_on": ago(1), "reason": "health"}, 201, **ours)
    for question in ("without-news", "in-employment", "ending"):
        assert await listed(running, f"situations/{question}", ours) == []
    assert await published(running, pathway, "situation-ended") == {
        "situation": job,
        "kind": "employment",
        "started_on": ago(40),
        "ended_on": ago(1),
        "contract": "cdd",
        "contract_end": ago(1),
        "hours_a_week": "24.5",
    }, "neither why, nor where, nor with whom"
    stored = await running.service("outcomes").state.pool.fetchval("select string_agg(state::text, '') from events")
    assert NOTE not in stored


async def test_who_has_left_is_followed_up_by_whoever_holds_the_pathway(running: Running) -> None:
    pathway = await running.a_started_pathway()
    of_pathway, left, job = f"/outcomes/v1/pathways/{pathway}", months_later(today(), -7), str(uuid4())
    working = {"id": job, "situation": "siae", "started_on": ago(300), "contract": "cdd", "contract_end": ago(1)}
    await running.post(f"{of_pathway}/situations", working, 201)
    exit = {"exited_on": left.isoformat(), "situation": "siae", "reason": "health"}
    await running.post(f"{of_pathway}/exit", exit, 201)
    assert (await published(running, pathway, "special-support-exited"))["reason"] == "health"
    due = await listed(running, "follow-ups/due")
    assert [(one["month"], one["due_on"]) for one in due] == [
        (month, months_later(left, month).isoformat()) for month in (3, 6)
    ]
    assert await listed(running, "situations/without-news") == [], "the follow-ups ask"
    assert len(await listed(running, "follow-ups/due", until="2100-12-31")) == 3

    detained = {"situation": "detained", "started_on": ago(90), "ended_on": ago(80), "end_reason": "other"}
    await running.post(f"{of_pathway}/situations", detained, 201)
    assert (await published(running, pathway, "special-situation-recorded"))["kind"] == "detained"

    tried = {"id": str(uuid4()), "attempted_on": ago(5), "means": "phone", "note": "Sans réponse"}
    await running.post(f"{of_pathway}/follow-ups/3/attempts", tried, 201)
    await running.post(f"{of_pathway}/follow-ups/3/attempts", {"attempted_on": ago(2), "means": "visit"}, 201)
    await told_by_intake(running, pathway, "s01", AdviserAssignment(adviser="anne", assigned_on=today()))
    at_three, at_six = await listed(running, "follow-ups/due", adviser="anne")
    assert (at_three["attempts"], at_three["last_attempt"], at_three["adviser"]) == (2, ago(2), "anne")
    assert (at_six["attempts"], at_six["last_attempt"]) == (0, None)
    assert await listed(running, "follow-ups/due", adviser="paul") == []
    told = await published(running, pathway, "follow-up-attempted")
    assert set(told) == {"attempt", "month", "attempted_on", "means"}

    await told_by_intake(running, pathway, "s02", reception(str(uuid4())))
    assert await listed(running, "follow-ups/due", of(running, Role.ADVISER, "s01")) == []
    theirs = of(running, Role.ADVISER, "s02")
    assert [one["structure"] for one in await listed(running, "follow-ups/due", theirs)] == ["s02", "s02"]
    await running.post(f"{of_pathway}/follow-ups/3", {"asked_on": ago(1), "status": "unreachable"}, 201, **theirs)
    assert [one["month"] for one in await listed(running, "follow-ups/due", theirs)] == [6]

    await told_by_intake(running, pathway, "s02", ProcessingRestricted(restricted_on=today()))
    assert await listed(running, "follow-ups/due") == await listed(running, "exits", days=400) == []
    await told_by_intake(running, pathway, "s02", RestrictionLifted(lifted_on=today()))
    assert len(await listed(running, "follow-ups/due")) == 1
    await told_by_intake(running, pathway, "s02", Archiving(archived_on=today()))
    assert await listed(running, "follow-ups/due") == []


async def test_a_reopening_cancels_what_is_due_and_a_new_exit_counts_anew(running: Running) -> None:
    pathway = await running.a_started_pathway()
    of_pathway, left = f"/outcomes/v1/pathways/{pathway}", months_later(today(), -13).isoformat()
    await running.post(f"{of_pathway}/exit", {"exited_on": left, "situation": "unemployed"}, 201)
    await running.post(f"{of_pathway}/follow-ups/3/attempts", {"attempted_on": left, "means": "sms"}, 201)
    await running.post(f"{of_pathway}/follow-ups/3", {"asked_on": left, "status": "refused"}, 201)
    assert [one["month"] for one in await listed(running, "follow-ups/due")] == [6, 12]
    back, again = months_later(today(), -9).isoformat(), months_later(today(), -8).isoformat()
    await running.post(f"{of_pathway}/exit/reopening", {"on": back}, 201)
    assert await listed(running, "follow-ups/due") == await listed(running, "exits", days=500) == []

    await running.post(f"{of_pathway}/exit", {"exited_on": again, "situation": "employment", "contract": "cdi"}, 201)
    due = await listed(running, "follow-ups/due")
    assert [(one["month"], one["attempts"]) for one in due] == [(3, 0), (6, 0)]
    await running.post(
        f"{of_pathway}/follow-ups/3", {"asked_on": ago(3), "status": "reached", "situation": "siae"}, 201
    )
    assert [one["month"] for one in await listed(running, "follow-ups/due")] == [6]
    (left_again,) = await listed(running, "exits", days=300)
    assert (left_again["exited_on"], left_again["exit_class"], left_again["reason"]) == (again, "durable", None)
    assert await listed(running, "exits", days=7) == []

    asked = {"asked_on": ago(1), "status": "reached", "situation": "deceased"}
    await running.post(f"{of_pathway}/follow-ups/6", asked, 201)
    assert await listed(running, "follow-ups/due", until="2100-12-31") == [], "nobody is asked who died"
    await running.post(f"{of_pathway}/follow-ups/6/correction", asked | {"situation": "moved"}, 201)
    assert [one["month"] for one in await listed(running, "follow-ups/due", until="2100-12-31")] == [12]
    dead = {"exited_on": again, "situation": "deceased", "reason": "deceased"}
    await running.post(f"{of_pathway}/exit/correction", dead, 201)
    assert await listed(running, "follow-ups/due", until="2100-12-31") == []


async def test_imported_history_raises_no_task_however_it_is_corrected(running: Running, tmp_path: Path) -> None:
    await running.post("/intake/v1/structures", {"structure": "s01", "name": "s01", "department": "69"})
    facts = Facts(structures=[row("structures", structure="s01", name="s01", department="69")])
    days = {"requested_on": "2022-01-03", "welcomed_on": "2022-01-03", "started_on": "2022-01-03"}
    facts.pathways.append(row("pathways", pathway="a", structure="s01", person="p", **days))
    facts.exits.append(row("exits", pathway="a", exited_on="2023-01-03", situation="unemployed"))
    write(facts, tmp_path / "folder")
    await running.bring(tmp_path / "folder")
    pathway = str(await running.pathway("a"))
    of_pathway = f"/outcomes/v1/pathways/{pathway}"
    known = {"exited_on": "2023-01-03", "situation": "unemployed", "reason": "end_of_stay"}
    await running.post(f"{of_pathway}/exit/correction", known, 201)
    assert await listed(running, "follow-ups/due") == []
    again = await running.bring(tmp_path / "folder")
    assert again.events.total() == 0, "a second run adds nothing"
    (exit,) = await listed(running, "exits", days=3660)
    assert exit["reason"] == "end_of_stay"
    await running.post(f"{of_pathway}/exit/reopening", {"on": "2023-02-01"}, 201)
    await running.bring(tmp_path / "folder")
    assert await listed(running, "exits", days=3660) == [], "what was annulled stays so"
    await running.post(f"{of_pathway}/exit", {"exited_on": ago(100), "situation": "moved"}, 201)
    assert [one["month"] for one in await listed(running, "follow-ups/due")] == [3]


async def test_the_lists_can_be_filled_again_and_who_is_forgotten_is_in_none(running: Running) -> None:
    pathway = await running.a_started_pathway()
    of_pathway, job = f"/outcomes/v1/pathways/{pathway}", str(uuid4())
    pool = running.service("outcomes").state.pool
    await running.post(f"{of_pathway}/situations", {"id": job, "situation": "employment", "started_on": ago(9)}, 201)
    talk = {"job": job, "what": "talk_with_person", "supported_on": ago(5), "note": NOTE}
    await running.post(f"{of_pathway}/employment-supports", talk, 201)
    await running.post(f"{of_pathway}/exit", {"exited_on": ago(4), "situation": "employment"}, 201)
    await running.post(f"{of_pathway}/follow-ups/3/attempts", {"attempted_on": ago(3), "means": "letter"}, 201)
    await running.post(f"{of_pathway}/follow-ups/3", {"asked_on": ago(2), "status": "unreachable"}, 201)
    await heard(running)
    person = await pool.fetchval("select person from known_pathways where pathway = $1", UUID(pathway))
    tables = ("exits", "asked", "due", "attempts", "situations", "employment_supports")
    assert [await pool.fetchval(f"select count(*) from {table}") for table in tables] == [1, 1, 2, 1, 1, 1]

    # Told all over again it changes nothing, and what was dropped is filled again, as the migration relies on.
    client = running.service("outcomes").state.runtime.client
    kept = [await pool.fetch(f"select * from {table} t order by t::text") for table in tables]
    for dropped in ((), tables):
        for table in dropped:
            await pool.execute(f"delete from {table}")
        await pool.execute("delete from subscription where stream = 'OUTCOMES'")
        head = await pool.fetchval("select max(position) from events where name like 'outcomes.%'")
        assert await Subscriber(None, "outcomes", pool, client, views.follow).catch_up(head) >= head
        assert [await pool.fetch(f"select * from {table} t order by t::text") for table in tables] == kept

    await erased(running, str(person))
    assert [await pool.fetchval(f"select count(*) from {table}") for table in tables] == [0] * 6
    assert await pool.fetchval("select count(*) from events where pathway = $1", UUID(pathway)) == 0


async def test_odd_input_is_answered_by_name(running: Running) -> None:
    pathway = await running.a_started_pathway()
    of_pathway, job = f"/outcomes/v1/pathways/{pathway}", str(uuid4())
    begun = {"situation": "employment", "started_on": "1900-01-01", "contract_end": "2100-12-31"}
    await running.post(f"{of_pathway}/situations", begun | {"id": job}, 201)
    await running.post(f"{of_pathway}/exit", {"exited_on": ago(400), "situation": "employment"}, 201)
    answers = [
        await running.http.post(f"{of_pathway}/{path}", content=json.dumps(body).replace("\\\\", "\\"))
        for path, body in [
            *(("situations", begun | {"hours_a_week": hours}) for hours in ("1e999", "NaN", -1, 0, 168.001, 10**30)),
            *(("situations", begun | {"occupation": code}) for code in ("", "G1602\n", "\u0000", "g1602")),
            *(("situations", begun | {"employer": code}) for code in ("0" * 14, "٧٣٢٨٢٩٣٢٠٠٠٠٧٤", "1" * 20)),
            ("situations", begun | {"started_on": "2100-12-31"}),
            (f"situations/{job}/end", {"ended_on": "2100-12-31", "reason": "other"}),
            ("employment-supports", {"job": job, "what": "visit_at_work", "supported_on": "2100-12-31"}),
            ("employment-supports", {"job": job, "what": "visit_at_work", "supported_on": ago(1), "note": "\\u0000"}),
            ("employment-supports", {"job": job, "what": "visit_at_work", "supported_on": ago(1), "note": "\\ud800"}),
            ("follow-ups/4/attempts", {"attempted_on": ago(1), "means": "phone"}),
            ("follow-ups/3/attempts", {"attempted_on": "1900-01-01", "means": "phone"}),
            ("exit/correction", {"exited_on": ago(400), "situation": "employment", "reason": "no such reason"}),
        ]
    ]
    assert [answer.status_code for answer in answers if answer.status_code not in (409, 422)] == []
    odd = [{"adviser": "\u0000"}, {"adviser": ""}, {"limit": 0}, {"days": -1}, {"days": 10**20}, {"until": "x"}]
    for query in odd:
        for question in ("follow-ups/due", "situations/ending", "situations/in-employment", "exits"):
            answer = await running.http.get(f"/outcomes/v1/{question}", params=query)
            assert answer.status_code in (200, 422), answer.text
    for until in ("1900-01-01", "2100-12-31"):
        await listed(running, "follow-ups/due", until=until)
    assert await listed(running, "exits", days=3660, adviser="nobody") == []
