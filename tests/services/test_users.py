"""Users: given, changed and withdrawn access, at once in every service; and that they can be forgotten."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from lieu import issuer
from services.intake.domain import Access, Grant, access_id
from services.intake.domain.access import RoleOfAnotherPlace, StillLetIn
from shared.kernel import users
from shared.kernel.callers import Role
from shared.language.codes import PROGRAMME
from shared.language.rules import UnknownFact
from tests.harness import Running, eventually
from tests.sentences import given, told

ANNA = Grant("s01", "u-anna", Role.ADVISER)
HEAD = Grant("s01", "u-anna", Role.MANAGER)
GIVEN, WITHDRAWN = told(Access.AccessGiven, ANNA), told(Access.AccessWithdrawn, ANNA)
READS = {
    "intake": "/intake/v1/people",
    "diagnostic": "/diagnostic/v1/diagnostics-waiting",
    "training": "/training/v1/placements/to-evaluate",
    "outcomes": "/outcomes/v1/situations/in-employment",
    "reporting": "/reporting/v1/indicators?scope=structure:s01&from=2024-01-01&to=2024-12-31",
}


def test_access_is_given_changed_and_withdrawn() -> None:
    given(Access).when(lambda access: access.give(ANNA)).then(GIVEN)
    given(Access, GIVEN).when(lambda access: access.give(ANNA)).then_nothing()
    given(Access, GIVEN).when(lambda access: access.give(HEAD)).then(told(Access.AccessGiven, HEAD))
    given(Access, GIVEN).when(lambda access: access.withdraw("s01", "u-anna")).then(WITHDRAWN)
    given(Access, GIVEN, WITHDRAWN).when(lambda access: access.withdraw("s01", "u-anna")).then_nothing()
    given(Access, GIVEN, WITHDRAWN).when(lambda access: access.give(ANNA)).then(GIVEN)


def test_whom_the_platform_never_let_in_is_kept_out_too() -> None:
    unknown = told(Access.AccessWithdrawn, Grant("s01", "u-bea", None))
    given(Access).when(lambda access: access.withdraw("s01", "u-bea")).then(unknown)


@pytest.mark.parametrize(
    ("structure", "role"), [("s01", Role.OPERATOR), ("s01", Role.OPS), (PROGRAMME, Role.ADVISER), (PROGRAMME, None)]
)
def test_a_role_belongs_to_its_place(structure: str, role: Role | None) -> None:
    given(Access).when(lambda access: access.give(Grant(structure, "u", role))).then_refused(RoleOfAnotherPlace)


def test_nobody_is_forgotten_who_is_let_in() -> None:
    given(Access, GIVEN).when(lambda access: access.must_be_withdrawn()).then_refused(StillLetIn)
    given(Access).when(lambda access: access.must_be_withdrawn()).then_refused(UnknownFact)
    given(Access, GIVEN, WITHDRAWN).when(lambda access: access.must_be_withdrawn()).then_nothing()


def test_a_user_has_one_access_to_a_structure() -> None:
    ids = {access_id("s01", "a"), access_id("s02", "a"), access_id("s01", "b"), access_id(PROGRAMME, "a")}
    assert len(ids) == 4
    assert access_id("s01", "a") in ids


def as_user(running: Running, subject: str, role: Role | None, structure: str | None = None) -> dict[str, str]:
    token = issuer.token(running.data, role, structure, subject=subject)
    return {"Authorization": f"Bearer {token}"}


async def register(running: Running, structure: str) -> None:
    body = {"structure": structure, "name": structure, "department": "69"}
    await running.post("/intake/v1/structures", body, 201)


async def status(running: Running, path: str, headers: dict[str, str]) -> int:
    return (await running.http.get(path, headers=headers)).status_code


async def everywhere(running: Running, headers: dict[str, str], expected: int) -> None:
    """In every service."""
    for path in READS.values():
        await turns(running, path, headers, expected)


async def turns(running: Running, path: str, headers: dict[str, str], expected: int) -> None:
    await eventually(partial(status, running, path, headers), expected.__eq__)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "REMEMBERED", 0.3)


@pytest.mark.usefixtures("soon")
async def test_a_manager_lets_in_and_keeps_out_in_every_service(running: Running) -> None:
    await register(running, "s01")
    manager = as_user(running, "u-head", Role.MANAGER, "s01")
    anna = as_user(running, "u-anna", None)
    path = "/intake/v1/structures/s01/users"
    for place in READS.values():
        assert await status(running, place, anna) == 403
    body: dict[str, Any] = {"user": "u-anna", "role": "adviser", "name": "Anna Martin", "email": "anna@example.org"}
    assert (await running.post(path, body, 201, **manager))["recorded"]
    await everywhere(running, anna, 200)
    listed = (await running.http.get(path, headers=manager)).json()
    assert listed == [body | {"withdrawn": False}]
    operator = (await running.http.get(path, headers=as_user(running, "op", Role.OPERATOR))).json()
    assert [(row["user"], row["name"]) for row in operator] == [("u-anna", None)]
    assert (await running.post(f"{path}/withdrawal", {"user": "u-anna"}, 201, **manager))["recorded"]
    await everywhere(running, anna, 403)


@pytest.mark.usefixtures("soon")
async def test_a_withdrawal_beats_the_token_of_the_issuer(running: Running) -> None:
    await register(running, "s01")
    bea, manager = as_user(running, "u-bea", Role.ADVISER, "s01"), as_user(running, "u-head", Role.MANAGER, "s01")
    elsewhere = as_user(running, "u-bea", Role.ADVISER, "s02")
    await everywhere(running, bea, 200)
    await running.post("/intake/v1/structures/s01/users/withdrawal", {"user": "u-bea"}, 201, **manager)
    await everywhere(running, bea, 403)
    refused = await running.http.get(READS["intake"], headers=bea)
    assert refused.json()["code"] == "access-withdrawn"
    assert await status(running, READS["intake"], elsewhere) == 200, "another structure's access is its own"
    await running.post("/intake/v1/structures/programme/users/withdrawal", {"user": "u-op"}, 201)
    await turns(running, READS["intake"], as_user(running, "u-op", Role.OPERATOR), 403)


@pytest.mark.usefixtures("soon")
async def test_what_the_manager_gave_goes_before_the_token(running: Running) -> None:
    await register(running, "s01")
    manager, carl = as_user(running, "u-head", Role.MANAGER, "s01"), as_user(running, "u-carl", Role.MANAGER, "s01")
    path = "/intake/v1/structures/s01/users"
    assert await status(running, path, carl) == 200
    await running.post(path, {"user": "u-carl", "role": "adviser"}, 201, **manager)
    await turns(running, path, carl, 403)


async def test_who_may_give_and_withdraw(running: Running) -> None:
    await register(running, "s01")
    await register(running, "s02")
    body = {"user": "u-new", "role": "adviser"}
    for subject, role, structure, place, expected in (
        ("u-adviser", Role.ADVISER, "s01", "s01", 403),
        ("u-manager", Role.MANAGER, "s01", "s02", 403),
        ("u-manager", Role.MANAGER, "s01", PROGRAMME, 403),
        ("u-evaluator", Role.EVALUATOR, None, "s01", 403),
        ("u-ops", Role.OPS, None, PROGRAMME, 403),
        ("u-operator", Role.OPERATOR, None, "s03", 409),
        ("u-operator", Role.OPERATOR, None, "s02", 201),
    ):
        headers = as_user(running, subject, role, structure)
        await running.post(f"/intake/v1/structures/{place}/users", body, expected, **headers)
    for wrong in ("anna@example.org", "with space", "", "x" * 65, "tab\t"):
        await running.post("/intake/v1/structures/s01/users", body | {"user": wrong}, 422)
    operator = as_user(running, "u-operator", Role.OPERATOR)
    path = f"/intake/v1/structures/{PROGRAMME}/users"
    await running.post(path, {"user": "u-eva", "role": "evaluator"}, 201, **operator)
    refused = await running.post(path, {"user": "u-eva", "role": "adviser"}, 409, **operator)
    assert refused["code"] == "role-of-another-place"


async def test_a_withdrawn_user_is_forgotten_but_for_their_pseudonym(running: Running) -> None:
    await register(running, "s01")
    manager = as_user(running, "u-head", Role.MANAGER, "s01")
    path = "/intake/v1/structures/s01/users"
    body = {"user": "u-dora", "role": "adviser", "name": "Dora Petit", "email": "dora@example.org"}
    await running.post(path, body, 201, **manager)
    renamed = body | {"name": "Dora Grand"}
    await running.post(path, renamed, 200, **manager)
    refused = await running.post(f"{path}/erasure", {"user": "u-dora"}, 409, **manager)
    assert refused["code"] == "still-let-in"
    await running.post(f"{path}/withdrawal", {"user": "u-dora"}, 201, **manager)
    gone = await running.post(f"{path}/erasure", {"user": "u-dora"}, 200, **manager)
    assert (gone["events"], gone["keys"]) == (2, 1)
    again = await running.post(f"{path}/erasure", {"user": "u-dora"}, 200, **manager)
    assert (again["events"], again["keys"]) == (0, 0)
    await running.caught_up()
    listed = (await running.http.get(path, headers=manager)).json()
    assert listed == [{"user": "u-dora", "role": "adviser", "withdrawn": True, "name": None, "email": None}]
    forgotten = await running.post(path, body, 409, **manager)
    assert forgotten["code"] == "forgotten"
    await running.post(path, {"user": "u-dora", "role": "adviser"}, 201, **manager)
    assert UUID(gone["id"]) == access_id("s01", "u-dora")
