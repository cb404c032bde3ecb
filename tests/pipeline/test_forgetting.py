"""A person is forgotten: nothing of them is found, and every figure stays what it was."""

import hashlib
import hmac
import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from shared.language.codes import BREAKDOWNS
from tests import folders
from tests.harness import EVERYBODY, Running, eventually, now
from tests.pipeline.test_platform import read_models, rebuild
from tests.pipeline.test_sealing import FAMILY, NAME, PHONE, a_person, adviser, everything_stored

PERIODS = ((date(2015, 1, 1), date(2025, 12, 31)), (date(2022, 1, 1), date(2022, 12, 31)))


async def erased(running: Running, person: str) -> dict[str, Any]:
    state = await running.post(f"/intake/v1/persons/{person}/erasure", status=202)
    path = f"/intake/v1/erasures/{state['erasure']}"
    ended = await eventually(lambda: running.http.get(path), lambda answer: answer.json()["done"])
    await running.caught_up()
    return ended.json()  # type: ignore[no-any-return]


async def all_figures(running: Running, instants: list[str], structures: list[str]) -> list[Any]:
    """Every indicator of every scope and breakdown, now and as known at the instants."""
    found = []
    for start, end in PERIODS:
        for scope in ("national", *(f"structure:{code}" for code in structures)):
            for at in instants:
                answer = await running.indicators(scope, start, end, known_at=at)
                found.append((scope, start, at, answer["indicators"], answer.get("incomplete")))
        for by in BREAKDOWNS:
            for at in instants:
                found.append(
                    (by, at, (await running.indicators("national", start, end, by=by, known_at=at))["classes"])
                )
    return found


@pytest.mark.slow
async def test_a_forgotten_person_is_found_nowhere_and_every_figure_stays(running: Running, tmp_path: Path) -> None:
    facts = folders.large(1, 5)
    keep = [row["pathway"] for row in facts.pathways[:60]]
    for name in ("pathways", "diagnostics", "barriers", "activities", "exits", "followups"):
        setattr(facts, name, [row for row in getattr(facts, name) if row["pathway"] in keep])
    folder = tmp_path / "folder"
    folders.write(facts, folder)
    before = now()
    await running.bring(folder)
    await running.caught_up()
    between = now()
    # The one with the most rows, of whom something was corrected since.
    key = max(
        keep, key=lambda k: sum(row["pathway"] == k for row in [*facts.activities, *facts.exits, *facts.followups])
    )
    row = next(row for row in facts.pathways if row["pathway"] == key)
    person = str(await running.person(row["person"]))
    theirs = [r["pathway"] for r in facts.pathways if r["person"] == row["person"]]
    pathways = [str(await running.pathway(key)) for key in theirs]
    identity = {"called": NAME, "family_name": FAMILY, "phone": PHONE}
    await running.post(f"/intake/v1/persons/{person}/identity", identity, 201, **adviser(running, row["structure"]))
    await running.post(
        f"/intake/v1/pathways/{pathways[0]}/welcome/correction", {"on": row["requested_on"]}, **{"Idempotency-Key": "k"}
    )
    await running.caught_up()
    instants = [before, between, now()]
    structures = sorted({r["structure"] for r in facts.pathways})[:3]
    figures = await all_figures(running, instants, [*structures, row["structure"]])
    ids = [person, *pathways]
    stored = await everything_stored(running)
    assert all(id in stored for id in ids)

    state = await erased(running, person)

    async def nothing_is_left() -> None:
        left = await everything_stored(running)
        for secret in (*ids, NAME, FAMILY, PHONE, state["erasure"].replace("-", "") + "!"):
            assert secret not in left, secret
        assert await all_figures(running, instants, [*structures, row["structure"]]) == figures

    await nothing_is_left()
    assert set(state["destroyed"]) == {"intake", "diagnostic", "training", "outcomes"}
    assert state["destroyed"]["intake"]["events"] >= 5
    assert state["destroyed"]["intake"]["keys"] == 1
    assert sum(of["messages"] for of in state["destroyed"].values()) >= 6
    assert (await erased(running, person)) == state, "asked again, it is the same erasure"

    live = await read_models(running)
    await rebuild(running)
    assert (await read_models(running))[1] == live[1]
    await nothing_is_left()

    again = await running.bring(folder)
    assert sum(again.events.values()) == 0
    assert again.forgotten == set(theirs)
    await running.caught_up()
    await nothing_is_left()
    refused = await running.post(f"/intake/v1/pathways/{pathways[0]}/welcome", {"on": "2024-01-01"}, status=409)
    assert refused["code"] in ("forgotten", "unknown-fact")


async def test_integrators_are_told_by_a_digest_that_only_a_holder_of_the_id_recognises(running: Running) -> None:
    person, pathway = await a_person(running)
    await running.caught_up()
    await erased(running, person)
    client = running.service("intake").state.runtime.client
    told = []
    for service in ("intake", "diagnostic", "training", "outcomes"):
        message = await client.jetstream().get_msg(service.upper(), subject=f"lieu.{service}.*.*.pathway-erased")
        assert pathway not in message.subject
        told.append(json.loads(message.data))
    for body in told:
        digest = hmac.new(bytes.fromhex(body["salt"]), pathway.encode(), hashlib.sha256).hexdigest()
        assert digest == body["digest"]
    assert len({body["digest"] for body in told}) == 4


@pytest.mark.slow
async def test_whoever_was_merged_is_forgotten_together(running: Running) -> None:
    one, first = await a_person(running)
    two, second = await a_person(running)
    other, _ = await a_person(running, called="Paul")
    mine = adviser(running, "s01")
    await running.post(f"/intake/v1/persons/{two}/merge", {"into": one}, 201, **mine)
    await running.caught_up()
    await erased(running, two)
    left = await everything_stored(running)
    assert not any(id in left for id in (one, two, first, second))
    assert other in left
    unknown = await running.http.post(f"/intake/v1/persons/{uuid4()}/erasure")
    assert unknown.status_code == 404


async def test_an_event_that_arrives_after_the_erasure_is_ignored(running: Running) -> None:
    """A lost tail that comes back, a restored copy: the ledger knows the id."""
    person, pathway = await a_person(running)
    await running.caught_up()
    client = running.service("intake").state.runtime.client
    message = await client.jetstream().get_msg("INTAKE", subject=f"lieu.intake.*.{pathway}.>")
    await erased(running, person)
    position = int((await client.jetstream().get_msg("INTAKE", subject="lieu.intake.>")).headers["ce-sequence"])
    late = dict(message.headers) | {"Nats-Msg-Id": "late", "ce-sequence": str(position + 1000)}
    for name in [name for name in late if name.startswith("Nats-Batch") or name == "Nats-Expected-Last-Sequence"]:
        del late[name]
    await client.jetstream().publish(message.subject, message.data, headers=late)
    await running.caught_up()
    for service, rows in {
        "reporting": "read_model_a.intake where entity",
        "intake": "requests where pathway",
        "training": "known_pathways where pathway",
    }.items():
        connection = await asyncpg.connect(running.addresses.databases[service].url, server_settings=EVERYBODY)
        try:
            found = await connection.fetchval(f"select count(*) from {rows}::text = $1", pathway)
        finally:
            await connection.close()
        assert found == 0, service
    assert await running.value("requests", date(2024, 1, 1)) == 1, "the anonymous copy alone counts"
