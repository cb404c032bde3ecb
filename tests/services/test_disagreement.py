"""A person's disagreement: what is recorded of it, what is refused, and where it is shown."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from lieu import issuer
from shared.kernel.callers import Role
from shared.kernel.sealing import EnvironmentKeys, PersonKeys, new_master_key
from shared.language.rules import AlreadyRecorded, InTheFuture, UnknownFact
from shared.language.sealed import Sealed
from shared.people.disagreement import Disagreement, DisagreementFile, FactId, WithdrawnBeforeSaid, file_id
from tests.harness import Running
from tests.pipeline.test_forgetting import erased
from tests.pipeline.test_sealing import a_person, adviser, everything_stored
from tests.sentences import given, told

TODAY, YESTERDAY, TOMORROW = date(2025, 6, 30), date(2025, 6, 29), date(2025, 7, 1)
KEY, OTHER = UUID(int=1), UUID(int=2)
WORDS = "Je n'ai jamais manqué cet atelier"
SAID = Disagreement(FactId("activity", "a"), 3, YESTERDAY, Sealed(WORDS))

said = told(DisagreementFile.Said, SAID, key=KEY)
withdrawn = told(DisagreementFile.Withdrawn, TODAY, key=KEY)

# --- the rules ----------------------------------------------------------------------------------------------


def test_a_person_disagrees_with_a_fact_in_their_own_words() -> None:
    given(DisagreementFile).when(lambda f: f.disagree(KEY, SAID, TODAY)).then(said)


def test_no_words_are_needed() -> None:
    silent = replace(SAID, text=None)
    expected = told(DisagreementFile.Said, silent, key=KEY)
    event = given(DisagreementFile).when(lambda f: f.disagree(KEY, silent, TODAY)).then(expected)
    assert event.happened_on == YESTERDAY


def test_a_second_disagreement_with_the_same_fact_is_another() -> None:
    expected = told(DisagreementFile.Said, SAID, key=OTHER)
    given(DisagreementFile, said).when(lambda f: f.disagree(OTHER, SAID, TODAY)).then(expected)


def test_said_again_after_a_correction_of_the_fact_it_is_no_news() -> None:
    again = replace(SAID, version=4)
    given(DisagreementFile, said).when(lambda f: f.disagree(KEY, again, TODAY)).then_nothing()


@pytest.mark.parametrize(
    "other",
    [
        replace(SAID, of=FactId("activity", "b")),
        replace(SAID, text=Sealed("other words")),
        replace(SAID, text=None),
        replace(SAID, said_on=TODAY),
    ],
    ids=["fact", "words", "no words", "day"],
)
def test_other_content_under_a_known_id_is_refused(other: Disagreement) -> None:
    given(DisagreementFile, said).when(lambda f: f.disagree(KEY, other, TODAY)).then_refused(AlreadyRecorded)


def test_nobody_disagrees_tomorrow() -> None:
    late = replace(SAID, said_on=TOMORROW)
    given(DisagreementFile).when(lambda f: f.disagree(KEY, late, TODAY)).then_refused(InTheFuture)


def test_a_disagreement_is_withdrawn() -> None:
    event = given(DisagreementFile, said).when(lambda f: f.withdraw(KEY, TODAY, TODAY)).then(withdrawn)
    assert event.happened_on == TODAY


def test_withdrawn_again_it_is_no_news() -> None:
    given(DisagreementFile, said, withdrawn).when(lambda f: f.withdraw(KEY, TODAY, TODAY)).then_nothing()


def test_a_disagreement_that_was_never_said_is_not_withdrawn() -> None:
    given(DisagreementFile, said).when(lambda f: f.withdraw(OTHER, TODAY, TODAY)).then_refused(UnknownFact)


def test_a_disagreement_is_not_withdrawn_before_it_was_said_nor_tomorrow() -> None:
    before = date(2025, 6, 28)
    given(DisagreementFile, said).when(lambda f: f.withdraw(KEY, before, TODAY)).then_refused(WithdrawnBeforeSaid)
    given(DisagreementFile, said).when(lambda f: f.withdraw(KEY, TOMORROW, TODAY)).then_refused(InTheFuture)


# --- on a running platform ----------------------------------------------------------------------------------

ACTIVITY = {
    "kind": "workshop",
    "started_on": "2024-02-01",
    "ended_on": "2024-02-01",
    "status": "no_show",
}


def as_role(running: Running, role: Role, structure: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, role, structure)}"}


async def facts(running: Running, service: str, pathway: str, **headers: str) -> dict[tuple[str, str | None], Any]:
    answer = await running.http.get(f"/{service}/v1/pathways/{pathway}/facts", headers=headers)
    assert answer.status_code == 200, answer.text
    return {(fact["kind"], fact["id"]): fact for fact in answer.json()}


async def a_pathway_with_every_fact(running: Running) -> tuple[str, str, dict[str, list[tuple[str, str | None]]]]:
    """(person, pathway, its facts by service)."""
    person, pathway = await a_person(running)
    ids = {name: str(uuid4()) for name in ("diagnostic", "plan", "barrier", "activity")}
    ids |= {name: str(uuid4()) for name in ("situation", "employment-support", "follow-up-attempt")}
    posts: list[tuple[str, dict[str, Any]]] = [
        ("intake/welcome", {"on": "2024-01-10"}),
        ("intake/start", {"on": "2024-01-10"}),
        ("diagnostic/diagnostics", {"completed_on": "2024-01-12", "purpose": "entry", "id": ids["diagnostic"]}),
        ("diagnostic/plans", {"agreed_on": "2024-01-12", "id": ids["plan"]}),
        (
            "diagnostic/barriers",
            {"assessed_on": "2024-01-12", "domain": "health", "intensity": "high", "id": ids["barrier"]},
        ),
        ("training/activities", ACTIVITY | {"id": ids["activity"]}),
        ("outcomes/exit", {"exited_on": "2024-03-01", "situation": "unknown"}),
        (
            "outcomes/follow-ups/3/attempts",
            {"attempted_on": "2024-05-31", "means": "phone", "id": ids["follow-up-attempt"]},
        ),
        ("outcomes/follow-ups/3", {"asked_on": "2024-06-01", "status": "unreachable"}),
        ("outcomes/exit/reopening", {"on": "2024-06-02"}),
        ("outcomes/situations", {"situation": "siae", "started_on": "2024-02-01", "id": ids["situation"]}),
        (
            "outcomes/employment-supports",
            {
                "job": ids["situation"],
                "what": "talk_with_person",
                "supported_on": "2024-02-03",
                "id": ids["employment-support"],
            },
        ),
    ]
    for place, body in posts:
        service, _, path = place.partition("/")
        await running.post(f"/{service}/v1/pathways/{pathway}/{path}", body, 201)
    return (
        person,
        pathway,
        {
            "intake": [("request", None), ("welcome", None), ("start", None)],
            "diagnostic": [(kind, ids[kind]) for kind in ("diagnostic", "plan", "barrier")],
            "training": [("activity", ids["activity"])],
            "outcomes": [
                ("exit", None),
                ("follow-up-attempt", ids["follow-up-attempt"]),
                ("follow-up", "3"),
                ("reopening", None),
                ("situation", ids["situation"]),
                ("employment-support", ids["employment-support"]),
            ],
        },
    )


@pytest.mark.slow
@pytest.mark.slow
async def test_every_fact_of_every_service_can_be_disagreed_with_and_shows_it(running: Running) -> None:
    _, pathway, expected = await a_pathway_with_every_fact(running)
    mine = adviser(running, "s01")
    for service, known in expected.items():
        for kind, fact in known:
            body = {"kind": kind, "fact": fact, "said_on": "2024-07-01", "text": f"{WORDS} {kind}"}
            await running.post(f"/{service}/v1/pathways/{pathway}/disagreements", body, 201, **mine)
        shown = await facts(running, service, pathway, **mine)
        assert list(shown) == known, "in the order of first record"
        for (kind, _), fact in shown.items():
            (one,) = fact["disagreements"]
            assert (one["text"], one["version"], one["of_current_value"]) == (f"{WORDS} {kind}", fact["version"], True)
        # The operator sees that there is one, and no word of it, in both views.
        answer = await running.http.get(f"/{service}/v1/pathways/{pathway}")
        dossier = answer.json()
        as_operator = await facts(running, service, pathway)
        assert dossier["facts"] == list(as_operator.values())
        assert [len(fact["disagreements"]) for fact in as_operator.values()] == [1] * len(known)
        assert WORDS not in answer.text
        assert {one["text"] for fact in as_operator.values() for one in fact["disagreements"]} == {None}
    await running.caught_up()
    stored = await everything_stored(running)
    assert pathway in stored
    assert WORDS not in stored
    streams = [line for line in stored.splitlines() if line.startswith("lieu.")]
    assert streams
    assert not any("disagreement" in line for line in streams), "nothing of it is published"


async def test_a_correction_leaves_the_disagreement_beside_the_new_value_and_both_have_their_date(
    running: Running,
) -> None:
    _, pathway = await a_person(running)
    activity, key = str(uuid4()), str(uuid4())
    path, mine = f"/training/v1/pathways/{pathway}", adviser(running, "s01")
    await running.post(f"{path}/activities", ACTIVITY | {"id": activity}, 201)
    said = {"kind": "activity", "fact": activity, "said_on": "2024-07-01", "text": WORDS, "id": key}
    first = await running.post(f"{path}/disagreements", said, 201, **mine)
    attended = ACTIVITY | {"status": "completed", "hours": 3.5}
    corrected = await running.post(f"{path}/activities/{activity}/correction", attended, 201)
    again = await running.post(f"{path}/disagreements", said, 200, **mine)
    assert again["recorded"] is False, "of the same fact it is no news, whatever its value is now"
    fact = (await facts(running, "training", pathway, **mine))[("activity", activity)]
    assert fact["value"] | {"hours": 3.5} == attended | {"hours": 3.5}
    assert fact["known_at"] == corrected["known_at"]
    (one,) = fact["disagreements"]
    assert (one["recorded_at"], one["version"], one["of_current_value"]) == (first["known_at"], 1, False)
    assert one["recorded_by"]

    await running.caught_up()
    assert await listed(running) == {activity: True}
    await running.post(f"{path}/disagreements/{key}/withdrawal", {"on": "2024-07-02"}, 201, **mine)
    await running.post(f"{path}/disagreements/{key}/withdrawal", {"on": "2024-07-02"}, 200, **mine)
    assert await listed(running) == {activity: False}
    (one,) = (await facts(running, "training", pathway, **mine))[("activity", activity)]["disagreements"]
    assert (one["text"], one["withdrawn_on"]) == (WORDS, "2024-07-02")


async def listed(running: Running) -> dict[str, bool]:
    days = {"from": "2024-01-01", "to": "2024-12-31"}
    answer = await running.http.get("/training/v1/activities", params={"structure": "s01", **days})
    assert answer.status_code == 200, answer.text
    return {row["activity"]: row["disagreed"] for row in answer.json()}


async def test_a_list_says_of_which_request_the_person_says_otherwise(running: Running) -> None:
    _, one = await a_person(running)
    _, other = await a_person(running)
    await running.post(
        f"/intake/v1/pathways/{one}/disagreements", {"kind": "request", "said_on": "2024-07-01", "text": WORDS}, 201
    )
    await running.caught_up()
    answer = await running.http.get("/intake/v1/requests/waiting")
    assert {row["pathway"]: row["disagreed"] for row in answer.json()} == {one: True, other: False}
    assert WORDS not in answer.text


async def test_who_may_record_and_read_it_and_what_is_refused_at_its_place(running: Running) -> None:
    _, pathway = await a_person(running)
    path = f"/intake/v1/pathways/{pathway}"
    said = {"kind": "request", "said_on": "2024-07-01", "text": WORDS}
    manager = as_role(running, Role.MANAGER, "s01")
    strangers = adviser(running, "s02")
    for role in (Role.EVALUATOR, Role.INTEGRATOR, Role.OPS):
        await running.post(f"{path}/disagreements", said, 403, **as_role(running, role))
        assert (await running.http.get(f"{path}/facts", headers=as_role(running, role))).status_code == 403
    refused = await running.post(f"{path}/disagreements", said, 404, **strangers)
    assert refused["code"] == "unknown-pathway"
    withdrawal = f"{path}/disagreements/{uuid4()}/withdrawal"
    refused = await running.post(withdrawal, {"on": "2024-07-01"}, 404, **strangers)
    assert refused["code"] == "unknown-pathway"
    assert (await running.http.get(f"{path}/facts", headers=strangers)).status_code == 404
    assert (await running.post(withdrawal, {"on": "2024-07-01"}, 409, **manager))["code"] == "unknown-fact"

    with_nir = said | {"text": f"{WORDS}, 2 95 10 99 126 111 93"}
    refused = await running.post(f"{path}/disagreements", with_nir, 422, **manager)
    assert [error["place"] for error in refused["errors"]] == ["body.text"]
    assert "126" not in str(refused)
    for unknown in ({"kind": "exit"}, {"kind": "request", "fact": "Quéméneur"}):
        refused = await running.post(f"{path}/disagreements", said | unknown, 409, **manager)
        assert refused["code"] == "unknown-fact"
        assert "Quéméneur" not in str(refused)
    await running.post(f"{path}/disagreements", said, 201)
    (fact,) = (await facts(running, "intake", pathway, **manager)).values()
    assert fact["disagreements"][0]["text"] == WORDS, "what the operator recorded, the structure reads"
    assert "birth_year" not in fact["value"]


async def test_a_repeat_under_one_key_is_answered_as_the_first_and_no_word_is_kept(running: Running) -> None:
    _, pathway = await a_person(running)
    path, mine = f"/intake/v1/pathways/{pathway}/disagreements", adviser(running, "s01")
    body, key = {"kind": "request", "said_on": "2024-07-01", "text": WORDS}, {"Idempotency-Key": "k"}
    first = await running.post(path, body, 201, **mine, **key)
    assert await running.post(path, body, 201, **mine, **key) == first
    (fact,) = (await facts(running, "intake", pathway, **mine)).values()
    assert len(fact["disagreements"]) == 1
    answers = await running.service("intake").state.pool.fetch("select a::text as line from answers a")
    assert answers
    assert not any(WORDS in row["line"] for row in answers)


async def test_a_rotated_master_key_opens_the_words_and_a_lost_one_closes_nothing_else(running: Running) -> None:
    _, pathway = await a_person(running)
    path, mine = f"/diagnostic/v1/pathways/{pathway}", adviser(running, "s01")
    await running.post(f"{path}/plans", {"agreed_on": "2024-01-12"}, 201)
    ((kind, fact),) = await facts(running, "diagnostic", pathway, **mine)
    await running.post(
        f"{path}/disagreements", {"kind": kind, "fact": fact, "said_on": "2024-07-01", "text": WORDS}, 201, **mine
    )
    store = running.service("diagnostic").state.runtime.store
    old, fresh = (running.data / "keys" / "master").read_text(), new_master_key("fresh")

    async def shown(setting: str) -> tuple[str | None, str | None]:
        store.keys = PersonKeys("diagnostic", EnvironmentKeys(setting))
        ((one,),) = [f["disagreements"] for f in (await facts(running, "diagnostic", pathway, **mine)).values()]
        return one["text"], one["unreadable"]

    assert await shown(f"{fresh},{old}") == (WORDS, None)
    assert await running.post("/diagnostic/v1/keys/rotation", status=200) == {"wrapped": 1}
    assert await shown(fresh) == (WORDS, None)
    assert await shown(old) == (None, "master-key-missing")


@pytest.mark.slow
async def test_nothing_is_found_of_a_forgotten_person_who_disagreed(running: Running) -> None:
    person, pathway, expected = await a_pathway_with_every_fact(running)
    mine = adviser(running, "s01")
    keys = []
    for service, known in expected.items():
        kind, fact = known[0]
        keys.append(str(uuid4()))
        body = {"kind": kind, "fact": fact, "said_on": "2024-07-01", "text": WORDS, "id": keys[-1]}
        path = f"/{service}/v1/pathways/{pathway}/disagreements"
        await running.post(path, body, 201, **mine, **{"Idempotency-Key": "k"})
        await running.post(f"{path}/{keys[-1]}/withdrawal", {"on": "2024-07-02"}, 201, **mine)
    await running.caught_up()
    stored = await everything_stored(running)
    keys.append(str(file_id(UUID(pathway))))
    assert all(key in stored for key in keys)
    state = await erased(running, person)
    assert {service: of["keys"] for service, of in state["destroyed"].items()} == dict.fromkeys(expected, 1)
    left = await everything_stored(running)
    for secret in (person, pathway, WORDS, *keys):
        assert secret not in left, secret
