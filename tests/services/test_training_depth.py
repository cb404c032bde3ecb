"""Sessions, placements and proposals end to end: commands over HTTP, reactions, lists, figures."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from lieu import issuer
from services.training.reactions import when_a_pathway_is_received, when_a_plan_is_agreed, when_an_action_is_settled
from shared.kernel.callers import Role
from shared.kernel.clock import today
from shared.kernel.known_pathways import remember_intake
from shared.language.codes import ActionKind, ActionOutcome, Barrier
from shared.language.contracts import Body, PublicEvent
from shared.language.contracts.diagnostic import PlannedAction, SettledAction
from shared.language.contracts.intake import Reception
from tests.harness import Running, eventually

WEEK = timedelta(7)
T = "/training/v1"


def of(running: Running, role: Role, structure: str = "s01") -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, role, structure)}"}


async def get(running: Running, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
    answer = await running.http.get(f"{T}{path}", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def a_session(day: date, **more: Any) -> dict[str, Any]:
    halves = [{"day": day.isoformat(), "part": "morning"}, {"day": day.isoformat(), "part": "afternoon"}]
    return {"structure": "s01", "kind": "visit", "title": "Visite d'un chantier", "half_days": halves,
            "hours_per_half_day": 3.5, "capacity": 1, "outside": 4, "id": str(uuid4())} | more  # fmt: skip


async def test_a_session_from_its_plan_to_the_figures(running: Running) -> None:
    first, second = await running.a_started_pathway(), await running.a_started_pathway()
    adviser, elsewhere = of(running, Role.ADVISER), of(running, Role.ADVISER, "s02")
    day = date(2024, 2, 5)
    session = a_session(day)
    id = session["id"]
    assert (await running.post(f"{T}/sessions", session, 201, **adviser))["id"] == id
    assert (await running.post(f"{T}/sessions", session, 200, **adviser))["recorded"] is False
    await running.post(f"{T}/sessions", session, 403, **elsewhere)
    await running.post(f"{T}/sessions", session | {"title": "Atelier, 2 95 10 99 126 111 93"}, 422, **adviser)
    change = {name: value for name, value in session.items() if name not in ("id", "structure")}
    assert (await running.post(f"{T}/sessions/{id}/correction", change, 409, **elsewhere))["code"] == "unknown-session"

    enrolments = {pathway: str(uuid4()) for pathway in (first, second)}
    for pathway, key in enrolments.items():
        body = {"session": id, "enrolled_on": "2024-01-20", "id": key}
        await running.post(f"{T}/pathways/{pathway}/enrolments", body, 201, **adviser)
        await running.post(f"{T}/pathways/{pathway}/enrolments", body, 200, **adviser)
    unknown = {"session": str(uuid4()), "enrolled_on": "2024-01-20"}
    refused = await running.post(f"{T}/pathways/{first}/enrolments", unknown, 409, **adviser)
    assert refused["code"] == "unknown-session"
    await running.caught_up()

    (listed,) = await get(running, "/sessions", adviser, **{"from": "2024-02-05", "to": "2024-02-11"})
    assert (listed["title"], listed["places"], listed["enrolled"], listed["waiting"], listed["outside"]) == (
        "Visite d'un chantier", 1, 1, 1, 4)  # fmt: skip
    assert await get(running, "/sessions", adviser, **{"from": "2024-02-06", "to": "2024-02-11"}) == []
    assert await get(running, "/sessions", elsewhere, **{"from": "2024-02-05", "to": "2024-02-11"}) == []
    rows = await get(running, f"/sessions/{id}/participants", adviser)
    assert [(row["pathway"], row["waiting_rank"]) for row in rows] == [(first, None), (second, 1)]
    assert await get(running, f"/sessions/{id}/participants", elsewhere) == []
    missing = await get(running, "/attendance/missing", adviser)
    assert [(row["pathway"], row["session"]) for row in missing] == [(first, id)]
    assert await get(running, "/attendance/missing", adviser, adviser="nobody") == []

    withdrawal = {"on": "2024-01-30", "reason": "persons_choice"}
    await running.post(f"{T}/pathways/{first}/enrolments/{enrolments[first]}/withdrawal", withdrawal, 201, **adviser)
    await running.caught_up()
    (row,) = await get(running, f"/sessions/{id}/participants", adviser)
    assert (row["pathway"], row["waiting_rank"]) == (second, None), "who waited moved up"

    path = f"{T}/pathways/{second}/enrolments/{enrolments[second]}/attendance"
    both = {"attended": list(reversed(session["half_days"]))}
    await running.post(path, both, 201, **adviser)
    assert (await running.post(path, both, 200, **adviser))["recorded"] is False
    await running.caught_up()
    assert await get(running, "/attendance/missing", adviser) == []
    assert Decimal(await running.value("hours_workshop", day)) == 7
    half = {"attended": session["half_days"][:1]}
    await running.post(f"{path}/correction", half, 201, **adviser)
    await running.post(f"{T}/sessions/{id}/correction", change | {"hours_per_half_day": 4}, 201, **adviser)
    february = {"from": "2024-02-01", "to": "2024-02-28"}
    (activity,) = await eventually(
        lambda: get(running, "/activities", adviser, **february), lambda found: Decimal(found[0]["hours"]) == 4
    )
    assert (activity["kind"], activity["status"], Decimal(activity["hours"])) == ("workshop", "partial", 4)
    await running.caught_up()
    assert Decimal(await running.value("hours_workshop", day)) == 4
    activity_id = activity["activity"]
    by_hand = {"kind": "workshop", "started_on": "2024-02-05", "ended_on": "2024-02-05", "status": "no_show"}
    refused = await running.post(f"{T}/pathways/{second}/activities/{activity_id}/correction", by_hand, 409)
    assert refused["code"] == "activity-follows"


async def test_a_placement_from_its_plan_to_its_evaluation(running: Running) -> None:
    pathway, adviser = await running.a_started_pathway(), of(running, Role.ADVISER)
    tutor, id = str(uuid4()), str(uuid4())
    await running.post(f"{T}/correspondents", {"id": tutor, "structure": "s01", "name": "Paul"}, 201, **adviser)
    placement = {"form": "pmsmp", "starts_on": "2024-03-12", "ends_on": "2024-04-11", "employer": "73282932000074",
                 "tutor": tutor, "prescriber": "siae", "objective": "confirm", "id": id}  # fmt: skip
    path = f"{T}/pathways/{pathway}/placements"
    for change, code in (
        ({"ends_on": "2024-04-12"}, "pmsmp-too-long"),
        ({"tutor": str(uuid4())}, "unknown-correspondent"),
        ({"employer": "73282932000075"}, "siret-invalid"),
    ):
        assert (await running.post(path, placement | change, 409, **adviser))["code"] == code
    await running.post(path, placement, 201, **adviser)
    await running.post(path, placement, 200, **adviser)
    await running.post(f"{path}/{id}/renewal", {"until": "2024-05-11"}, 201, **adviser)
    future = {"form": "visit", "starts_on": (today() + WEEK).isoformat(), "ends_on": (today() + WEEK).isoformat()}
    await running.post(path, future, 201, **adviser)
    await running.caught_up()
    soon = await get(running, "/placements/ending", adviser)
    assert [(row["placement"] == id, row["incomplete"], row["employer"]) for row in soon] == [
        (True, False, "73282932000074"),
        (False, True, None),
    ]
    assert len(await get(running, "/placements/ending", adviser, days=0)) == 1
    await running.post(f"{path}/{id}/end", {"ended_on": "2024-05-11", "hours": 210}, 201, **adviser)
    await running.caught_up()
    (row,) = await get(running, "/placements/to-evaluate", adviser)
    assert (row["placement"], row["tutor"], row["ended_on"]) == (id, tutor, "2024-05-11")
    assert Decimal(await running.value("hours_placement", date(2024, 3, 12))) == 210
    evaluation = {"evaluated_on": "2024-05-11", "conclusion": "confirmed", "text": "À l'aise à l'atelier"}
    await running.post(f"{path}/{id}/evaluation", evaluation, 201, **adviser)
    await running.caught_up()
    assert await get(running, "/placements/to-evaluate", adviser) == []
    stored = await running.service("training").state.pool.fetchval("select string_agg(state::text, '') from events")
    assert "atelier" not in stored
    # The same host again within twelve months, in another pathway of the same person
    person = await running.service("training").state.pool.fetchval(
        "select person from known_pathways where pathway = $1", UUID(pathway)
    )
    other = str(uuid4())
    request = {"structure": "s01", "person": str(person), "requested_on": "2024-06-01"}
    await running.post("/intake/v1/pathways", {"pathway": other, "request": request})
    await running.caught_up()
    again = placement | {"starts_on": "2024-09-02", "ends_on": "2024-09-02", "id": str(uuid4())}
    refused = await running.post(f"{T}/pathways/{other}/placements", again, 409)
    assert refused["code"] == "pmsmp-too-long-in-host"
    # A placement that is known by its activity alone is marked
    activity = {"kind": "placement", "started_on": "2024-02-01", "ended_on": "2024-02-02", "status": "completed",
                "hours": 7}  # fmt: skip
    await running.post(f"{T}/pathways/{other}/activities", activity, 201)
    await running.caught_up()
    rows = await get(running, "/placements", adviser, **{"from": "2024-01-01", "to": "2024-12-31"})
    assert [(row["form"], row["incomplete"]) for row in rows] == [(None, True), ("pmsmp", False)]


async def test_an_exit_closes_what_is_open_and_support_reports_back(running: Running) -> None:
    pathway, adviser = await running.a_started_pathway(), of(running, Role.ADVISER)
    session = a_session(today() + WEEK)
    await running.post(f"{T}/sessions", session, 201)
    enrolment = {"session": session["id"], "enrolled_on": "2024-02-01"}
    await running.post(f"{T}/pathways/{pathway}/enrolments", enrolment, 201)
    visit = {"form": "visit", "starts_on": (today() + WEEK).isoformat(), "ends_on": (today() + WEEK).isoformat()}
    await running.post(f"{T}/pathways/{pathway}/placements", visit, 201)
    action = uuid4()
    planned = PlannedAction(action=action, plan=uuid4(), kind=ActionKind.SUPPORT, barrier=Barrier.HEALTH, due_on=None)
    await _tell(running, when_a_plan_is_agreed, planned, pathway)
    await running.caught_up()
    (proposal,) = await get(running, "/proposals", adviser)
    assert (proposal["proposal"], proposal["kind"], proposal["barrier"]) == (str(action), "support", "health")
    assert (await get(running, "/proposals"))[0]["barrier"] is None, "the operator sees no health"

    support = {"barrier": "health", "started_on": "2024-02-01", "ended_on": "2024-02-02", "hours": 3,
               "result": "eased", "action": str(action)}  # fmt: skip
    await running.post(f"{T}/pathways/{pathway}/supports", support, 201)
    await running.caught_up()
    assert await get(running, "/proposals", adviser) == []
    other = PlannedAction(action=uuid4(), plan=uuid4(), kind=ActionKind.WORKSHOP, barrier=None, due_on=None)
    await _tell(running, when_a_plan_is_agreed, other, pathway)
    await _tell(running, when_a_plan_is_agreed, other, pathway)  # told twice, proposed once

    leaving = {"exited_on": "2024-03-01", "situation": "deceased"}  # travels as a special event
    await running.post(f"/outcomes/v1/pathways/{pathway}/exit", leaving, status=201)
    pool = running.service("training").state.pool
    names = """select name from events where pathway = $1 and actor = 'reaction/training' order by position"""
    rows = await eventually(lambda: pool.fetch(names, UUID(pathway)), lambda seen: len(seen) >= 5)
    assert [row["name"] for row in rows] == [
        "training.participation-proposed",
        "training.participation-proposed",
        "training.enrolment-withdrawn",
        "training.placement-cancelled",
        "training.proposal-closed",
    ]
    await running.caught_up()
    assert await get(running, "/placements/ending", adviser) == []
    assert await get(running, "/proposals", adviser) == []
    client = running.service("training").state.runtime.client
    subjects = (await client.jetstream().stream_info("TRAINING", subjects_filter="lieu.training.*.*.>")).state.subjects
    assert f"lieu.training.s01.{pathway}.special-support-reported" in subjects
    await running.post(f"/outcomes/v1/pathways/{pathway}/exit/reopening", {"on": "2024-03-02"})
    await running.caught_up()
    assert await get(running, "/proposals", adviser) == [], "a reopening opens nothing by itself"


async def test_a_transfer_moves_future_sessions_to_the_new_structure(running: Running) -> None:
    pathway = await running.a_started_pathway()
    session = a_session(today() + WEEK, kind="training")
    await running.post(f"{T}/sessions", session, 201)
    enrolment = {"session": session["id"], "enrolled_on": "2024-02-01"}
    await running.post(f"{T}/pathways/{pathway}/enrolments", enrolment, 201)
    person = await running.service("training").state.pool.fetchval(
        "select person from known_pathways where pathway = $1", UUID(pathway)
    )
    received = Reception(
        from_structure="s01", received_on=date(2024, 3, 1), person=person, requested_on=date(2024, 1, 10),
        requester="unknown", sex="unknown", age="unknown", unemployment="unknown", qualification="unknown",
        housing="unknown", welcomed_on=None, started_on=None,
    )  # fmt: skip
    await _tell(running, when_a_pathway_is_received, received, pathway, "s02", version=99)
    await running.caught_up()
    assert await get(running, f"/sessions/{session['id']}/participants") == []
    (proposal,) = await get(running, "/proposals", of(running, Role.ADVISER, "s02"))
    assert (proposal["pathway"], proposal["kind"], proposal["action"]) == (pathway, "training", None)
    assert await get(running, "/proposals", of(running, Role.ADVISER)) == []
    refused = await running.post(f"{T}/pathways/{pathway}/enrolments", enrolment, 409)
    assert refused["code"] == "unknown-session"
    dismissal = f"{T}/pathways/{pathway}/proposals/{proposal['proposal']}/dismissal"
    await running.post(dismissal, {"on": "2024-03-02"}, 201, **of(running, Role.ADVISER, "s02"))
    await running.caught_up()
    assert await get(running, "/proposals") == []
    unknown = SettledAction(action=uuid4(), outcome=ActionOutcome.DONE, settled_on=date(2024, 3, 2))
    await _tell(running, when_an_action_is_settled, unknown, pathway)


async def _tell(
    running: Running, reaction: Any, body: Body, pathway: str, structure: str = "s01", version: int = 1
) -> None:
    """A reaction to an event as another service tells it, in a transaction of its own."""
    store = running.service("training").state.runtime.store
    person = await store.pool.fetchval("select person from known_pathways where pathway = $1", UUID(pathway))
    event = PublicEvent(
        service="elsewhere", name="told", position=1, aggregate=UUID(pathway), version=version, structure=structure,
        pathway=UUID(pathway), person=person, happened_on=None, known_at=datetime.now(UTC), rule=None,
        historical=False, traceparent=None, body=body,
    )  # fmt: skip
    async with store.pool.acquire() as connection, connection.transaction():
        if isinstance(body, Reception):
            await remember_intake(connection, [event])
        await reaction(store, connection, event)
        await reaction(store, connection, event._replace(historical=True))  # imported history raises no task
    store.appended.set()
