"""The structure's pathway over HTTP: waves and formation-action, who may, and what is told of them."""

from typing import Any
from uuid import uuid4

from lieu import issuer
from shared.kernel.broker import connect
from shared.kernel.callers import Role
from tests.harness import Running

INTAKE, TRAINING = "/intake/v1", "/training/v1"


def of(running: Running, role: Role) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, role, 's01')}"}


async def get(running: Running, path: str, role: Role = Role.OPERATOR) -> Any:
    answer = await running.http.get(path, headers=of(running, role))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def published(running: Running, service: str, structure: str) -> list[str]:
    """Names of the events under a structure's subjects, in order."""
    found = await running.service(service).state.pool.fetch(
        "select name from events where structure is not distinct from $1 order by position",
        None if structure == "programme" else structure,
    )
    client = await connect(running.addresses.nats_url, "test")
    try:
        info = await client.jetstream().stream_info(service.upper(), subjects_filter=f"lieu.{service}.{structure}.>")
    finally:
        await client.close()
    assert sum((info.state.subjects or {}).values()) == len(found)
    return [row["name"].partition(".")[2] for row in found]


async def test_a_wave_from_its_opening_to_a_launch(running: Running) -> None:
    for structure, department in (("s01", "69"), ("s02", "69"), ("s03", "38"), ("s04", "2A")):
        body = {"structure": structure, "name": structure, "department": department}
        await running.post(f"{INTAKE}/structures", body, 201)
    id = str(uuid4())
    wave = {"id": id, "title": "Vague 1", "opened_on": "2024-01-08", "capacity": 2}
    await running.post(f"{INTAKE}/waves", wave, 403, **of(running, Role.MANAGER))
    await running.post(f"{INTAKE}/waves", wave | {"title": "2 95 10 99 126 111 93"}, 422)
    assert (await running.post(f"{INTAKE}/waves", wave, 201))["id"] == id
    assert (await running.post(f"{INTAKE}/waves", wave, 200))["recorded"] is False

    path = f"{INTAKE}/waves/{id}"
    first = {"structure": "s01", "selected_on": "2024-02-05"}
    await running.post(f"{path}/selections", first, 201)
    await running.post(f"{path}/selections", first, 200)
    for change, code in (
        ({"structure": "s02"}, "department-taken"),
        ({"structure": "s99"}, "unknown-structure"),
        ({"structure": "s03", "selected_on": "2024-01-01"}, "selected-before-opening"),
    ):
        refused = await running.post(f"{path}/selections", first | change, 409)
        assert refused["code"] == code
        if code == "department-taken":
            assert "s01" in refused["detail"]
    await running.post(f"{path}/selections", first | {"structure": "s03"}, 201)
    full = await running.post(f"{path}/selections", first | {"structure": "s04"}, 409)
    assert full["code"] == "wave-full"

    on = {"on": "2024-03-04"}
    await running.post(f"{path}/selections/s03/withdrawal", on, 201)
    await running.post(f"{path}/selections/s03/withdrawal", on, 200)
    await running.post(f"{path}/selections", first | {"structure": "s04"}, 201)
    assert (await running.post(f"{path}/selections/s03/launch", on, 409))["code"] == "not-selected"
    await running.post(f"{path}/selections/s01/launch", on, 201)
    await running.post(f"{path}/closing", on, 201)
    late = await running.post(f"{path}/selections", {"structure": "s03", "selected_on": "2024-03-04"}, 409)
    assert late["code"] == "wave-closed"
    moved = {"selected_on": "2024-02-06", "launched_on": "2024-03-05", "withdrawn_on": None}
    await running.post(f"{path}/selections/s01/correction", moved, 201)
    again = {name: value for name, value in wave.items() if name != "id"} | {"closed_on": "2024-03-05", "capacity": 3}
    await running.post(f"{path}/correction", again, 201)
    later = await running.post(f"{INTAKE}/waves", {"title": "Vague 2", "opened_on": "2025-01-06"}, 201)
    await running.caught_up()

    for role in (Role.OPERATOR, Role.MANAGER, Role.ADVISER):
        second, shown = await get(running, f"{INTAKE}/waves", role)
        assert (second["wave"], second["capacity"], second["free"]) == (later["id"], 9, 9)
    assert len(await get(running, f"{INTAKE}/waves?limit=1")) == 1
    assert {name: value for name, value in shown.items() if name != "structures"} == {
        "wave": id, "version": 9, "title": "Vague 1",
        "opened_on": "2024-01-08", "closed_on": "2024-03-05", "capacity": 3, "free": 0,
    }  # fmt: skip
    assert [(one["structure"], one["department"], one["launched_on"], one["withdrawn_on"])
            for one in shown["structures"]] == [
        ("s03", "38", None, "2024-03-04"), ("s04", "2A", None, None), ("s01", "69", "2024-03-05", None),
    ]  # fmt: skip
    assert (await running.http.get(f"{INTAKE}/waves", headers=of(running, Role.EVALUATOR))).status_code == 403
    assert await published(running, "intake", "s01") == [
        "structure-registered", "structure-selected", "structure-launched", "structure-selection-corrected"
    ]  # fmt: skip
    assert await published(running, "intake", "s03") == [
        "structure-registered", "structure-selected", "structure-selection-withdrawn"
    ]  # fmt: skip
    assert await published(running, "intake", "programme") == [
        "wave-opened", "wave-closed", "wave-corrected", "wave-opened"
    ]  # fmt: skip


async def test_formation_action_alternates(running: Running) -> None:
    path = f"{TRAINING}/formation/s01"
    first, action, second = (str(uuid4()) for _ in range(3))
    training = {"id": first, "started_on": "2024-01-08", "ended_on": "2024-01-12", "taught": ["Accueillir", "Orienter"]}
    doing = {"id": action, "started_on": "2024-01-15", "ended_on": "2100-12-31",
             "commitments": [{"taught": "Accueillir", "commitment": "Porte ouverte"}]}  # fmt: skip
    feedback = {"on": "2024-03-15", "feedback": ["Trop peu de place"]}
    next = {"id": second, "started_on": "2024-03-18", "ended_on": "2024-03-22", "taught": ["Ranger"],
            "from_feedback": "Trop peu de place"}  # fmt: skip
    await running.post(f"{path}/training-periods", training, 403, **of(running, Role.MANAGER))
    await running.post(f"{path}/training-periods", training | {"taught": []}, 422)
    await running.post(f"{path}/training-periods", training | {"taught": ["deux\nlignes"]}, 422)
    assert (await running.post(f"{path}/action-periods", doing, 409))["code"] == "action-without-training"
    assert (await running.post(f"{path}/training-periods", training, 201))["id"] == first
    await running.post(f"{path}/training-periods", training, 200)
    assert (await running.post(f"{path}/training-periods", next, 409))["code"] == "two-training-periods"
    other = doing | {"commitments": [{"taught": "Cuisiner", "commitment": "Repas"}]}
    assert (await running.post(f"{path}/action-periods", other, 409))["code"] == "commitment-of-nothing-taught"
    await running.post(f"{path}/action-periods", doing, 201)
    assert (await running.post(f"{path}/training-periods", next, 409))["code"] == "periods-overlap"
    ended = {name: value for name, value in doing.items() if name != "id"} | {"ended_on": "2024-03-15"}
    await running.post(f"{path}/action-periods/{action}/correction", ended, 201)
    assert (await running.post(f"{path}/training-periods", next, 409))["code"] == "feedback-needed"
    await running.post(f"{path}/action-periods/{first}/feedback", feedback, 409)
    await running.post(f"{path}/action-periods/{action}/feedback", feedback, 201)
    await running.post(f"{path}/action-periods/{action}/feedback", feedback, 200)
    await running.post(f"{path}/training-periods", next, 201)
    whole = {name: value for name, value in next.items() if name != "id"} | {"participants": 6}
    await running.post(f"{path}/training-periods/{second}/correction", whole, 201)
    fuller = feedback | {"feedback": ["Trop peu de place", "Bon accueil"], "kept": ["Porte ouverte"]}
    await running.post(f"{path}/action-periods/{action}/feedback/correction", fuller, 201)
    mistake = await running.post(
        f"{path}/action-periods", {"started_on": "2024-03-25", "ended_on": "2024-04-26", "commitments": []}, 201
    )
    await running.post(f"{path}/periods/{second}/annulment", {"on": "2024-05-01"}, 409)
    await running.post(f"{path}/periods/{mistake['id']}/annulment", {"on": "2024-05-01"}, 201)

    for role in (Role.OPERATOR, Role.MANAGER, Role.ADVISER):
        shown = await get(running, path, role)
    assert [one["period"] for one in shown["periods"]] == [first, action, second]
    told = {"on": "2024-03-15", "points": ["Trop peu de place", "Bon accueil"], "kept": ["Porte ouverte"]}
    assert shown["periods"][1]["feedback"] == told
    assert shown["periods"][2]["training"]["participants"] == 6
    assert (await get(running, f"{TRAINING}/formation/s02"))["periods"] == []
    await running.caught_up()
    assert await published(running, "training", "s01") == [
        "training-period-recorded", "action-period-recorded", "action-period-corrected", "action-feedback-recorded",
        "training-period-recorded", "training-period-corrected", "action-feedback-corrected",
        "action-period-recorded", "formation-period-annulled",
    ]  # fmt: skip
