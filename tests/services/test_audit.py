"""Who did and who read what, when, under which token and trace: append-only, by role, and gone with the person."""

import json
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import asyncpg
import jwt
import pytest
from typer.testing import CliRunner

from lieu import audit as command
from lieu import cli, issuer
from lieu.client import Platform
from shared.http.access import TokenCheck
from shared.kernel.callers import Role
from shared.language.services import SERVICES
from tests.harness import Running
from tests.pipeline.test_forgetting import erased

TRACE = "ab" * 16
TRACEPARENT = {"traceparent": f"00-{TRACE}-{'cd' * 8}-01"}


def as_of(running: Running, role: Role, structure: str | None = None, subject: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, role, structure, subject=subject)}"}


async def asked(
    running: Running, headers: dict[str, str], service: str = "intake", **query: Any
) -> list[dict[str, Any]]:
    answer = await running.http.get(f"/{service}/v1/audit", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


async def a_person(running: Running, structure: str = "s01") -> tuple[str, str]:
    """(person, pathway), started."""
    pathway = await running.a_started_pathway(structure)
    person = await running.service("intake").state.pool.fetchval(
        "select person::text from events where pathway = $1 and person is not null limit 1", pathway
    )
    return person, pathway


async def test_what_was_done_and_read_of_a_person_is_one_question(running: Running) -> None:
    person, pathway = await a_person(running)
    manager = as_of(running, Role.MANAGER, "s01", subject="m1")
    adviser = as_of(running, Role.ADVISER, "s01", subject="a1")
    command = f"/intake/v1/pathways/{pathway}/commitment"
    sent = await running.http.post(command, json={"on": "2024-01-12"}, headers=adviser | TRACEPARENT)
    assert sent.status_code == 201, sent.text
    timeline = f"/intake/v1/pathways/{pathway}/timeline"
    assert (await running.http.get(timeline, headers=adviser | TRACEPARENT)).status_code == 200

    for question in ({"person": person}, {"pathway": pathway}):
        found = await asked(running, manager, **question)
        signed = next(entry for entry in found if entry["what"] == "intake.commitment-signed")
        read = next(entry for entry in found if entry["what"] == "timeline")
        for entry in (signed, read):
            assert (entry["user"], entry["role"], entry["structure"]) == ("a1", "adviser", "s01")
            assert (entry["person"], entry["pathway"]) == (person, pathway)
            assert entry["trace"] == TRACE
        assert signed["token"] == read["token"] == Token.id_of(adviser)
        assert signed["at"] < read["at"]
        requested = next(entry for entry in found if entry["what"] == "intake.pathway-requested")
        assert (requested["user"], requested["role"]) == ("development-operator", "operator")
        assert [entry["at"] for entry in found] == sorted(entry["at"] for entry in found)
        assert not {"called", "state", "fact", "told"} & set(json.dumps(found).split('"'))
    assert [entry["what"] for entry in await asked(running, manager, user="a1")] == [
        "intake.commitment-signed",
        "timeline",
    ]


class Token:
    @staticmethod
    def id_of(headers: dict[str, str]) -> str:
        import hashlib

        return hashlib.sha256(headers["Authorization"].removeprefix("Bearer ").encode()).hexdigest()[:16]


async def test_a_token_is_named_by_its_own_id_where_it_has_one(running: Running) -> None:
    check: TokenCheck = running.service("intake").state.token_check
    plain = as_of(running, Role.OPERATOR)["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(plain, options={"verify_signature": False})
    key = issuer._private_key(running.data)
    named = jwt.encode(claims | {"jti": "t-17"}, key, algorithm="EdDSA", headers={"kid": issuer._key_id(key)})
    assert (await check.caller(named)).token == "t-17"
    unnamed = jwt.encode(
        {name: claim for name, claim in claims.items() if name != "jti"},
        key,
        algorithm="EdDSA",
        headers={"kid": issuer._key_id(key)},
    )
    assert (await check.caller(unnamed)).token == Token.id_of({"Authorization": f"Bearer {unnamed}"})
    await running.post(
        "/intake/v1/structures",
        {"structure": "s09", "name": "Neuf", "department": "69"},
        Authorization=f"Bearer {named}",
    )
    found = await asked(running, as_of(running, Role.OPERATOR), user="development-operator")
    assert [(entry["what"], entry["token"]) for entry in found] == [("intake.structure-registered", "t-17")]


async def test_pages_follow_one_another_without_gap_or_repeat(running: Running) -> None:
    person, pathway = await a_person(running)
    manager = as_of(running, Role.MANAGER, "s01", subject="m1")
    for _ in range(3):
        await running.http.get(f"/intake/v1/pathways/{pathway}/timeline", headers=manager)
    whole = await asked(running, as_of(running, Role.MANAGER, "s01", subject="m2"), person=person)
    assert len({entry["what"] for entry in whole}) >= 4
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while len(found) < len(whole):
        query = {"person": person, "limit": "2"} | after
        page = (await running.http.get("/intake/v1/audit", params=query, headers=manager)).json()
        assert len(page["entries"]) == 2 or page["next"] is None
        found += page["entries"]
        after = {"after": page["next"]}
    assert found[: len(whole)] == whole


async def test_who_asks_is_noted_too(running: Running) -> None:
    person, _ = await a_person(running)
    manager = as_of(running, Role.MANAGER, "s01", subject="m1")
    await asked(running, manager, person=person)
    again = await asked(running, manager, person=person)
    assert ("m1", "audit") in {(entry["user"], entry["what"]) for entry in again}
    await asked(running, manager, user="somebody")
    last = (await asked(running, as_of(running, Role.OPERATOR), user="m1"))[-1]
    assert (last["what"], last["asked_user"]) == ("audit", "somebody")


async def test_a_manager_is_answered_what_happened_in_their_own_structure_alone(running: Running) -> None:
    person, pathway = await a_person(running, "s01")
    await a_person(running, "s02")
    await running.http.get(
        f"/intake/v1/pathways/{pathway}/timeline", headers=as_of(running, Role.MANAGER, "s01", subject="m1")
    )
    other = as_of(running, Role.MANAGER, "s02", subject="m2")
    for question in ({"person": person}, {"pathway": pathway}, {"user": "m1"}):
        assert await asked(running, other, **question) == []
    # What they find on asking again is that they asked.
    assert {entry["user"] for entry in await asked(running, other, person=person)} == {"m2"}
    operators = await asked(running, other, user="development-operator")
    assert {entry["structure"] for entry in operators} == {"s02"}


async def test_the_operator_is_answered_of_users_and_of_no_person(running: Running) -> None:
    person, pathway = await a_person(running)
    manager = as_of(running, Role.MANAGER, "s01", subject="m1")
    await running.http.get(f"/intake/v1/pathways/{pathway}/timeline", headers=manager)
    operator = as_of(running, Role.OPERATOR)
    for user in ("m1", "development-operator"):
        found = await asked(running, operator, user=user)
        assert found
        assert person not in json.dumps(found)
        assert pathway not in json.dumps(found)
    for question in ({"person": person}, {"pathway": pathway}):
        refused = await running.http.get("/intake/v1/audit", params=question, headers=operator)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")


async def test_nobody_else_asks_and_one_thing_is_asked_at_a_time(running: Running) -> None:
    for service, role in product(SERVICES, set(Role) - {Role.MANAGER, Role.OPERATOR}):
        for question in ({"user": "x"}, {"person": str(uuid4())}):
            headers = as_of(running, role, "s01" if role is Role.ADVISER else None)
            answer = await running.http.get(f"/{service}/v1/audit", params=question, headers=headers)
            assert answer.status_code == 403, role
    manager = as_of(running, Role.MANAGER, "s01")
    for service in SERVICES:
        for wrong in ({}, {"user": "x", "person": str(uuid4())}):
            answer = await running.http.get(f"/{service}/v1/audit", params=wrong, headers=manager)
            assert (answer.status_code, answer.json()["code"]) == (422, "one-question")
        assert await asked(running, manager, service, person=str(uuid4())) == []


@pytest.mark.parametrize("table", ["readings", "events"])
async def test_the_service_changes_and_takes_away_nothing(running: Running, table: str) -> None:
    person, _ = await a_person(running)
    await asked(running, as_of(running, Role.MANAGER, "s01"), person=person)
    pool = running.service("intake").state.pool
    before = await pool.fetchval(f"select count(*) from {table}")
    assert before > 0
    column = "reader" if table == "readings" else "actor"
    for refused in (f"update {table} set {column} = 'x'", f"delete from {table}", f"truncate {table}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(refused)
    assert await pool.fetchval(f"select count(*) from {table}") == before


async def test_what_is_older_than_twelve_months_goes_and_nothing_younger(running: Running) -> None:
    pool = running.service("intake").state.pool
    for age in (timedelta(days=380), timedelta(days=350)):
        await pool.execute(
            """insert into readings (at, asked_user, reader, role, route, token, trace)
               values (now() - $1::interval, 'u', 'r', 'manager', 'audit', 't', 'x')""",
            age,
        )
    assert await pool.fetchval("select drop_old_readings()") == 1
    (kept,) = await asked(running, as_of(running, Role.OPERATOR), user="r")
    assert datetime.fromisoformat(kept["at"]).year >= 2000
    assert kept["token"] == "t"


async def test_an_erasure_takes_the_person_out(running: Running) -> None:
    person, pathway = await a_person(running)
    manager = as_of(running, Role.MANAGER, "s01", subject="m1")
    for service in ("intake", "diagnostic", "training", "outcomes"):
        await asked(running, manager, service, person=person)
    await asked(running, manager, user="development-operator")
    await erased(running, person)
    for service in SERVICES:
        pool = running.service(service).state.pool
        left = await pool.fetchval(
            "select count(*) from readings r where r::text like '%' || $1 || '%' or r::text like '%' || $2 || '%'",
            person,
            pathway,
        )
        assert left == 0, service
    assert await asked(running, manager, person=person) == []
    pool = running.service("intake").state.pool
    assert not await pool.fetchval("select count(*) from readings where person = $1", person), "nor comes it back"
    assert await asked(running, as_of(running, Role.OPERATOR), user="m1"), "that the user asked stays, without the ids"


async def test_what_no_request_asked_for_has_no_token(running: Running) -> None:
    person, pathway = await a_person(running)
    pool = running.service("intake").state.pool
    rows = await pool.fetch("select actor, role, token from events where pathway = $1", pathway)
    assert {(row["actor"], row["role"]) for row in rows if row["token"]} == {("development-operator", "operator")}
    # An erasure is carried on by nobody's token.
    await erased(running, person)
    rows = await pool.fetch("select role, token from events where actor = 'erasure'")
    assert rows
    assert {(row["role"], row["token"]) for row in rows} == {(None, None)}


async def test_the_command_line_puts_the_services_into_one_table(running: Running) -> None:
    person, pathway = await a_person(running)
    await running.caught_up()
    manager = as_of(running, Role.MANAGER, "s01", subject="m1")
    for service in ("intake", "training", "outcomes"):
        await running.http.get(f"/{service}/v1/pathways/{pathway}/timeline", headers=manager)
    platform: Platform = running.platform
    platform.http.headers.update(manager)
    found = await command.entries(platform, person, None)
    assert [entry["at"] for entry in found] == sorted(entry["at"] for entry in found)
    assert {entry["service"] for entry in found if entry["what"] == "timeline"} == {"intake", "training", "outcomes"}
    lines = command.table(found).splitlines()
    assert lines[0].split() == list(command.HEADINGS)
    assert len(lines) == len(found) + 1
    by_user = await command.entries(platform, None, "m1")
    assert {entry["user"] for entry in by_user} == {"m1"}
    assert {entry["service"] for entry in by_user} >= {"intake", "training", "outcomes", "reporting"}


def test_the_command_line_asks_for_one_thing() -> None:
    for wrong in ([], ["--person", str(uuid4()), "--user", "x"]):
        assert CliRunner().invoke(cli.app, ["audit", *wrong]).exit_code == 2
