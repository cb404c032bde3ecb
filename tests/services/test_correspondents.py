"""Tutors and employers' contacts: what is recorded of them, who sees it, and that they can be forgotten alone."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from lieu import issuer
from shared.kernel.callers import Role
from shared.language.rules import AlreadyRecorded, UnknownFact
from shared.language.sealed import Sealed
from shared.language.siret import SiretInvalid, must_be_siret
from shared.people.correspondents import Contact, Correspondent
from tests.harness import Running
from tests.sentences import given, told

KEY = UUID(int=1)
PAUL = Contact(Sealed("Paul Tutor"), Sealed("chef d'atelier"), Sealed("0611223344"), None, "73282932000074")
RENAMED = Contact(Sealed("Paula Tutor"))
RECORDED = told(Correspondent.Recorded, PAUL, key=KEY, structure="s01")


def test_a_correspondent_is_recorded_and_corrected() -> None:
    given(Correspondent).when(lambda file: file.record(KEY, "s01", PAUL)).then(RECORDED)
    given(Correspondent, RECORDED).when(lambda file: file.correct(RENAMED)).then(told(Correspondent.Corrected, RENAMED))


def test_asking_twice_is_no_news_and_other_content_is_a_correction() -> None:
    given(Correspondent, RECORDED).when(lambda file: file.record(KEY, "s01", PAUL)).then_nothing()
    given(Correspondent, RECORDED).when(lambda file: file.correct(PAUL)).then_nothing()
    given(Correspondent, RECORDED).when(lambda file: file.record(KEY, "s01", RENAMED)).then_refused(AlreadyRecorded)
    given(Correspondent).when(lambda file: file.correct(PAUL)).then_refused(UnknownFact)


@pytest.mark.parametrize("number", ["73282932000074", "35600000000048", "35600000049837"])
def test_a_siret_is_valid_la_postes_too(number: str) -> None:
    must_be_siret(number)


@pytest.mark.parametrize("number", ["73282932000075", "00000000000001", "35600000049838", "1"])
def test_a_siret_is_refused(number: str) -> None:
    with pytest.raises(SiretInvalid):
        must_be_siret(number)
    contact = Contact(Sealed("A"), organisation=number)
    given(Correspondent).when(lambda file: file.record(KEY, "s01", contact)).then_refused(SiretInvalid)
    given(Correspondent, RECORDED).when(lambda file: file.correct(contact)).then_refused(SiretInvalid)


async def test_a_correspondent_is_seen_by_their_structure_alone_and_forgotten_for_ever(running: Running) -> None:
    def of(role: Role, structure: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {issuer.token(running.data, role, structure)}"}

    ours, theirs, manager = of(Role.ADVISER, "s01"), of(Role.MANAGER, "s02"), of(Role.MANAGER, "s01")
    id, other = str(uuid4()), str(uuid4())
    body: dict[str, Any] = {"id": id, "structure": "s01", "name": "Paul Tutor", "phone": "0611223344"}
    path = "/training/v1/correspondents"
    assert (await running.post(path, body, 201, **ours))["id"] == id
    assert (await running.post(path, body, 200, **ours))["recorded"] is False
    await running.post(path, body | {"id": other, "structure": "s02"}, 403, **ours)
    await running.post(path, body | {"id": other, "name": "Anne"}, 201, **ours)
    corrected = {"name": "Paul Tutor", "role": "chef", "organisation": "73282932000074"}
    await running.post(f"{path}/{id}/correction", corrected, 201, **ours)
    await running.post(f"{path}/{id}/correction", corrected, 409, **theirs)
    listed = (await running.http.get(path, headers=ours)).json()
    assert [(row["correspondent"], row["name"], row["role"]) for row in listed] == [
        (other, "Anne", None),
        (id, "Paul Tutor", "chef"),
    ]
    assert (await running.http.get(path, headers=theirs)).json() == []
    assert (await running.http.get(path)).status_code == 403, "the operator sees no names"

    pool = running.service("training").state.pool
    stored = await pool.fetchval("select string_agg(state::text, '') from events where name like 'correspondent.%'")
    assert "Tutor" not in stored

    await running.post(f"{path}/{id}/erasure", status=403, **ours)
    await running.post(f"{path}/{id}/erasure", status=404, **theirs)
    gone = await running.post(f"{path}/{id}/erasure", status=200, **manager)
    assert (gone["events"], gone["keys"]) == (2, 1)
    again = await running.post(f"{path}/{id}/erasure", status=200, **manager)
    assert (again["events"], again["keys"]) == (0, 0)
    assert [row["name"] for row in (await running.http.get(path, headers=ours)).json()] == ["Anne"]
    refused = await running.post(path, body, 409, **ours)
    assert refused["code"] == "forgotten"
    assert await pool.fetchval("select count(*) from person_keys") == 1
    await running.caught_up()
