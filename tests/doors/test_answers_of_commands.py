"""What a command answers: the same three words in every route, good for the next call; and the same at every repeat."""

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from tests.described import Callers, Operation, operations
from tests.harness import Running, eventually

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture
async def callers(running: Running) -> Callers:
    pathway = await running.a_started_pathway("s01", requested=date(2025, 11, 3))
    await running.caught_up()
    return Callers(running, pathway)


def _commands(running: Running) -> dict[str, Operation]:
    """The routes that answer as a command does."""
    found = {}
    for operation in operations(running):
        content = operation.described["responses"].get("200", {}).get("content", {}).get("application/json", {})
        if content.get("schema", {}).get("$ref", "").endswith("/Done"):
            found[f"{operation.service}{operation.path}"] = operation
    return found


SIRET = "73282932000074"
FACTS: dict[str, dict[str, Any]] = {
    "intake/v1/pathways": {
        "request": {"structure": "s01", "requested_on": "2026-01-12"},
        "identity": {"called": "Anna"},
    },
    "intake/v1/waves": {"title": "Vague", "opened_on": "2026-01-12", "capacity": 9},
    "intake/v1/pathways/{pathway}/appointments": {"on": "2026-01-12", "purpose": "support"},
    "intake/v1/pathways/{pathway}/attempts": {"on": "2026-01-12", "means": "phone"},
    "diagnostic/v1/pathways/{pathway}/diagnostics": {"completed_on": "2026-01-12", "purpose": "entry"},
    "diagnostic/v1/pathways/{pathway}/barriers": {
        "assessed_on": "2026-01-12",
        "domain": "housing",
        "intensity": "high",
    },
    "diagnostic/v1/pathways/{pathway}/plans": {
        "agreed_on": "2026-01-12",
        "actions": [{"kind": "workshop", "responsible": "person"}],
    },
    "training/v1/pathways/{pathway}/activities": {
        "kind": "workshop",
        "started_on": "2026-01-12",
        "ended_on": "2026-01-12",
        "status": "no_show",
    },
    "training/v1/sessions": {
        "structure": "s01",
        "kind": "workshop",
        "title": "CV",
        "half_days": [{"day": "2026-01-12", "part": "morning"}],
        "hours_per_half_day": 3,
        "capacity": 9,
    },
    "training/v1/pathways/{pathway}/enrolments": {"session": "", "enrolled_on": "2026-01-12"},
    "training/v1/pathways/{pathway}/placements": {
        "form": "visit",
        "starts_on": "2026-01-12",
        "ends_on": "2026-01-12",
        "employer": SIRET,
    },
    "training/v1/pathways/{pathway}/supports": {
        "barrier": "housing",
        "started_on": "2026-01-12",
        "ended_on": "2026-01-12",
        "hours": 1,
        "result": "eased",
    },
    "training/v1/formation/{structure}/training-periods": {
        "started_on": "2026-01-12",
        "ended_on": "2026-01-16",
        "taught": ["Accueillir"],
    },
    "training/v1/formation/{structure}/action-periods": {
        "started_on": "2026-01-19",
        "ended_on": "2026-02-16",
        "commitments": [{"taught": "Accueillir", "commitment": "Un accueil sans condition"}],
    },
    "outcomes/v1/pathways/{pathway}/situations": {
        "situation": "employment",
        "started_on": "2026-01-12",
        "contract": "cdi",
    },
    "outcomes/v1/pathways/{pathway}/employment-supports": {
        "job": "",
        "what": "visit_at_work",
        "supported_on": "2026-01-12",
    },
    "outcomes/v1/pathways/{pathway}/exit": {"exited_on": "2026-02-02", "situation": "unemployed"},
    "outcomes/v1/pathways/{pathway}/follow-ups/{month}/attempts": {"attempted_on": "2026-02-12", "means": "phone"},
}
"""A fact for every route under which others go by its id, which is left to the service; and what it follows on."""
CORRESPONDENT = {"structure": "s01", "name": "Camille"}


async def test_the_id_in_an_answer_is_that_of_the_fact_and_good_for_the_next_call(
    running: Running, callers: Callers
) -> None:
    commands = _commands(running)
    tried, facts = 0, dict(FACTS)
    for service in ("intake", "diagnostic", "training", "outcomes"):
        facts[f"{service}/v1/pathways/{{pathway}}/disagreements"] = {"said_on": "2026-01-12", "kind": "", "fact": ""}
    for service in ("training", "outcomes"):
        facts[f"{service}/v1/correspondents"] = CORRESPONDENT
    with_id = {route for route in commands if _following(route, commands)}
    assert with_id - {_MONTHS} <= facts.keys(), "a route under which another goes by the id of its fact"
    for route, fact in facts.items():
        if route not in commands:
            continue
        answer = await _record(callers, commands, route, fact)
        assert set(answer) == {"id", "file", "version", "recorded", "known_at"}
        for next_route in _following(route, commands):
            following = commands[next_route]
            (name,) = (one for one in _names(next_route) if one not in _names(route))
            path = callers.path(following, **{name: answer["id"]})
            of_another_file = route == "intake/v1/pathways"  # of which there is no fact yet
            body = {"json": following.example()} if following.body else {}
            told = await callers.ask(following, path, **body)
            assert told.status_code != 404 or "person" in told.json()["code"], f"{next_route}: {told.text}"
            of_another_fact = next_route.removeprefix(f"{route}/").count("/") > 1 or of_another_file
            unknown = told.json().get("code") == "unknown-fact" and answer["id"] in told.text
            assert of_another_fact or not unknown, f"{next_route}: {told.text}"
            assert "no such" not in told.text, f"{next_route}: {told.text}"
            tried += 1
            if told.is_success and not of_another_file:
                own = not next_route.endswith("correction")  # a revision is a fact of its own
                new = (following.example() or {}).get("id") if own else None
                assert told.json()["id"] == (new or answer["id"]), next_route
                assert told.json()["file"] == answer["file"], next_route
                assert told.json()["version"] > answer["version"] or not told.json()["recorded"], next_route
    assert tried >= 40


_MONTHS = "outcomes/v1/pathways/{pathway}/follow-ups/{month}"


def _names(route: str) -> list[str]:
    return [part.strip("{}") for part in route.split("/") if part.startswith("{")]


def _following(route: str, commands: dict[str, Operation]) -> list[str]:
    """The routes that name a fact of this one by its id."""
    found = []
    for other in commands:
        rest = other.removeprefix(f"{route}/")
        if rest != other and rest.startswith("{"):
            schema = next(
                one["schema"] for one in commands[other].parameters("path") if one["name"] == rest[1:].split("}")[0]
            )
            if schema.get("format") == "uuid" and rest.count("{") == 1:
                found.append(other)
    return found


def _is_known(answer: httpx.Response) -> bool:
    return answer.status_code != 409 or answer.json()["code"] not in ("not-yet-known", "not-started")


OTHERS = {"session": "training/v1/sessions", "job": "outcomes/v1/pathways/{pathway}/situations"}
"""The routes of the facts that a fact above names."""


async def _record(callers: Callers, commands: dict[str, Operation], route: str, fact: dict[str, Any]) -> Any:
    if "kind" in fact and not fact["kind"]:  # a fact that the person may disagree with
        address = f"/{route.removesuffix('disagreements')}facts".replace("{pathway}", callers.pathway)
        shown = (await callers.running.http.get(address)).json()[0]
        fact = fact | {"kind": shown["kind"], "fact": shown["id"]}
    named = {
        name: (await _record(callers, commands, OTHERS[name], FACTS[OTHERS[name]]))["id"]
        for name, value in fact.items()
        if value == ""
    }
    answer = await eventually(lambda: callers.ask(commands[route], json=fact | named), _is_known)
    assert answer.status_code == 201, f"{route}: {answer.text}"
    return answer.json()


async def test_what_the_service_chooses_is_chosen_from_the_key(running: Running, callers: Callers) -> None:
    commands = _commands(running)
    route = "diagnostic/v1/pathways/{pathway}/plans"
    key = {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(
        *(callers.ask(commands[route], json=FACTS[route], headers=dict(key)) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    (once,) = {answer.text for answer in answers}
    backwards = dict(reversed(FACTS[route].items()))
    again = await callers.ask(commands[route], json=backwards, headers=dict(key))
    assert again.text == once, "the same body in another order is the same body"
    other = await callers.ask(commands[route], json=FACTS[route] | {"agreed_on": "2026-01-13"}, headers=dict(key))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
