"""What a planted kind of facts gets, as whoever uses the platform finds it. Run where it is planted, by
tests/services/test_planted_fact.py: here no kind is called mentoring."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from lieu import issuer
from shared.kernel.callers import Role
from shared.language import kinds
from tests.harness import Running, eventually
from tests.pipeline.test_forgetting import erased
from tests.services.test_personal_copy import copy_of

DAY = date(2024, 3, 4)
SERVICE = kinds.mentoring.MENTORING.service
RECORDED, CORRECTED = kinds.mentoring.MENTORING.events


def body(**more: Any) -> dict[str, Any]:
    return {"met_on": DAY.isoformat(), "means": "phone", "note": "About the night shift"} | more


async def listed(running: Running, **more: Any) -> Any:
    asked = {"structure": "s01", "from": "2024-01-01", "to": "2024-12-31"} | more
    return (await running.http.get(f"/{SERVICE}/v1/mentorings", params=asked)).json()


async def share(running: Running) -> tuple[int, int]:
    await running.caught_up()
    figures = await running.indicators("structure:s01", date(2024, 1, 1), date(2024, 12, 31))
    found = figures["indicators"]["mentoring_share"]
    return found["numerator"], found["denominator"]


async def test_it_is_recorded_corrected_and_refused(running: Running) -> None:
    pathway, key = await running.a_started_pathway(), str(uuid4())
    path = f"/{SERVICE}/v1/pathways/{pathway}/mentorings"
    done = await running.post(path, body(id=key), 201)
    assert (done["id"], done["file"]) == (key, pathway)
    await running.post(path, body(id=key), 200)
    refused = await running.post(path, body(id=key, means="letter"), 409)
    assert refused["code"] == "already-recorded"
    refused = await running.post(path, body(met_on="2099-01-01"), 409)
    assert (refused["code"], refused["detail"].split()[0]) == ("in-the-future", "met_on")
    await running.post(f"{path}/{key}/correction", body(means="letter"), 201)
    incomplete = await running.http.post(f"{path}/{key}/correction", json={"met_on": DAY.isoformat()})
    assert incomplete.status_code == 422
    unknown = await running.http.post(path, json=body(mean="phone"))
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown-field")


async def test_it_is_published_listed_and_counted(running: Running) -> None:
    pathway, key = await running.a_started_pathway(), str(uuid4())
    path = f"/{SERVICE}/v1/pathways/{pathway}/mentorings"
    await running.caught_up()
    assert await share(running) == (0, 1)
    await running.post(path, body(id=key), 201)
    rows = await eventually(lambda: listed(running))
    told = {"pathway": pathway, "id": key, "met_on": "2024-03-04", "means": "phone", "disagreed": False}
    assert rows == [told]
    assert await listed(running, **{"from": "2024-03-05"}) == []
    assert await share(running) == (1, 1)
    behind = await running.http.get(
        "/reporting/v1/indicators/mentoring_share/pathways",
        params={"scope": "structure:s01", "from": "2024-01-01", "to": "2024-12-31"},
        headers={"Authorization": f"Bearer {issuer.token(running.data, Role.MANAGER, structure='s01')}"},
    )
    assert [row["pathway"] for row in behind.json()["pathways"]] == [pathway], behind.text
    await running.post(f"{path}/{key}/correction", body(met_on="2023-12-31"), 201)
    assert await share(running) == (0, 1)
    described = (await running.http.get("/asyncapi.json")).json()
    assert {RECORDED, CORRECTED} <= described["channels"].keys()


async def test_it_stands_in_the_persons_copy_and_is_theirs_to_disagree_with(running: Running) -> None:
    pathway, key = await running.a_started_pathway(), str(uuid4())
    await running.post(f"/{SERVICE}/v1/pathways/{pathway}/mentorings", body(id=key), 201)
    said = {"kind": "mentoring", "fact": key, "said_on": "2024-03-05", "text": "It was a visit"}
    await running.post(f"/{SERVICE}/v1/pathways/{pathway}/disagreements", said, 201)
    assert (await eventually(lambda: listed(running)))[0]["disagreed"]
    copy = await copy_of(running, await person_of(running, pathway))
    entries = {entry.event: entry for part in copy.parts for entry in part.entries}
    recorded = entries[RECORDED]
    texts = [(one.field, one.text) for one in recorded.details]
    assert texts == [("met_on", "4 mars 2024"), ("means", "par téléphone"), ("note", "About the night shift")]
    assert recorded.title == "Rencontre avec un mentor"
    assert ("of", "un mentorat") in [(one.field, one.text) for one in entries["disagreement.said"].details]


async def test_it_is_forgotten_with_the_person(running: Running) -> None:
    pathway, key = await running.a_started_pathway(), str(uuid4())
    await running.post(f"/{SERVICE}/v1/pathways/{pathway}/mentorings", body(id=key), 201)
    await eventually(lambda: listed(running))
    assert await share(running) == (1, 1)
    await erased(running, await person_of(running, pathway))
    assert await listed(running) == []
    assert await share(running) == (1, 1), "the figures stay what they were"
    events = await running.http.get(f"/{SERVICE}/v1/pathways/{pathway}/events")
    assert key not in events.text


async def person_of(running: Running, pathway: str) -> str:
    pool = running.service("training").state.runtime.pool
    return str(await pool.fetchval("select person from known_pathways where pathway = $1", UUID(pathway)))
