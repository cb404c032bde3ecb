"""Reporting over HTTP: who asks for which figures, the list behind one, and what is left of a pathway that moved."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from lieu import issuer
from services.reporting.read_models.engine import project
from services.reporting.read_models.forgetting import take_copies
from services.reporting.read_models.sets import enter_active
from shared.kernel.callers import Role
from shared.language.codes import MainstreamSupport, ProfileMoment, Rights, Situation
from shared.language.contracts import Body, PublicEvent, intake, outcomes, reporting
from tests.harness import Running, now
from tests.pipeline.test_forgetting import erased
from tests.pipeline.test_platform import read_models, rebuild
from tests.pipeline.test_sealing import a_person, everything_stored
from tests.services.test_personal_copy import copy_of

YEAR = {"from": "2024-01-01", "to": "2024-12-31"}
PERIOD = (date(2024, 1, 1), date(2024, 12, 31))


def told(pathway: str, version: int, name: str, body: Body, structure: str = "s01") -> PublicEvent:
    service = "outcomes" if isinstance(body, outcomes.SituationPeriod) else "intake"
    return PublicEvent(
        service=service,
        name=name,
        position=1,
        aggregate=UUID(pathway),
        version=version,
        structure=structure,
        pathway=UUID(pathway),
        person=None,
        happened_on=None,
        known_at=datetime.now(UTC),
        rule=None,
        historical=False,
        traceparent=None,
        body=body,
    )


def received(pathway: str, on: date, structure: str) -> PublicEvent:
    unknown = dict.fromkeys(("requester", "sex", "age", "unemployment", "qualification", "housing"), "unknown")
    body = intake.Reception(
        from_structure="s01",
        received_on=on,
        person=uuid4(),
        requested_on=date(2024, 1, 10),
        welcomed_on=None,
        started_on=None,
        **unknown,
    )
    return told(pathway, 20, "pathway-received", body, structure)


def profile(pathway: str, version: int, moment: ProfileMoment, mainstream: MainstreamSupport) -> PublicEvent:
    body = intake.Profile(
        moment=moment, on=date(2024, 2, 1), housing="chrs", mainstream=[mainstream], rights=Rights.UNKNOWN
    )
    return told(pathway, version, "profile-recorded", body)


def job(pathway: str, on: date) -> PublicEvent:
    body = outcomes.SituationPeriod(
        situation=uuid4(),
        kind=Situation.EMPLOYMENT,
        started_on=on,
        ended_on=None,
        contract=None,
        contract_end=None,
        hours_a_week=None,
    )
    return told(pathway, 30, "situation-recorded", body)


async def tell(running: Running, events: list[PublicEvent]) -> None:
    """Applies public events that no command of this platform records, each stream's by itself."""
    pool = running.service("reporting").state.pool
    for service in ("intake", "outcomes"):
        async with pool.acquire() as connection, connection.transaction():
            await enter_active(connection)
            await project(connection, [event for event in events if event.service == service])


def token(running: Running, role: Role, structure: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, role, structure)}"}


async def behind(running: Running, id: str, structure: str = "s01", status: int = 200, **query: Any) -> dict[str, Any]:
    answer = await running.http.get(
        f"/reporting/v1/indicators/{id}/pathways",
        params={"scope": f"structure:{structure}", **YEAR, **query},
        headers=token(running, Role.ADVISER, "s01" if status != 200 else structure),
    )
    assert answer.status_code == status, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def test_the_list_behind_a_figure_is_paged_noted_and_of_ones_own_structure(running: Running) -> None:
    mine = [await running.a_started_pathway() for _ in range(3)]
    other = await running.a_started_pathway("s02")
    await running.caught_up()
    found = await behind(running, "entries", known_at=now())
    assert (found["count"], found["next"]) == (3, None)
    assert [row["pathway"] for row in found["pathways"]] == sorted(mine)
    first = await behind(running, "welcomed_share", part="denominator", limit=2, by="sex", **{"class": "unknown"})
    assert (first["count"], len(first["pathways"])) == (3, 2)
    rest = await behind(running, "welcomed_share", part="denominator", limit=2, after=first["next"])
    assert [row["pathway"] for row in first["pathways"] + rest["pathways"]] == sorted(mine)
    assert (rest["count"], rest["next"]) == (3, None)
    beyond = await behind(running, "entries", after=f"{UUID(int=2**128 - 1)}.1")
    assert (beyond["count"], beyond["pathways"]) == (3, [])
    assert (await behind(running, "entries", by="sex", **{"class": "female"}))["count"] == 0
    noted = await running.service("reporting").state.pool.fetch("select distinct pathway::text, route from readings")
    assert {tuple(row) for row in noted} == {(pathway, "behind_figure") for pathway in mine}
    assert other not in str(found)


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("entries", {"scope": "structure:s02"}, 403, "another-structure"),
    ("entries", {"scope": "national"}, 403, "another-structure"),
    ("shoes", {}, 404, "unknown-indicator"),
    ("entries", {"part": "denominator"}, 422, "no-denominator"),
    ("days_to_welcome_km", {"part": "denominator"}, 422, "no-denominator"),
    ("entries", {"class": "female"}, 422, "unknown-class"),
    ("entries", {"by": "sex", "class": "chrs\x00"}, 422, "unknown-class"),
    ("entries", {"after": "x"}, 422, "invalid"),
    ("entries", {"limit": 1001}, 422, "invalid"),
    ("entries", {"known_at": "0001-01-01T00:00:00+14:00"}, 422, "invalid"),
    ("entries", {"known_at": "9999-12-31T23:59:59-14:00"}, 422, "in-the-future"),
    ("entries", {"from": "2025-01-01"}, 422, "period-reversed"),
]


@pytest.mark.slow
async def test_the_person_is_told_who_was_shown_them_behind_a_figure_and_a_forgotten_one_leaves_no_trace_of_it(
    running: Running,
) -> None:
    person, pathway = await a_person(running)
    await running.caught_up()
    assert (await behind(running, "requests"))["count"] == 1
    (look,) = [read for read in (await copy_of(running, person)).read if "derrière un chiffre" in read.what]
    assert (look.what, look.times) == ("liste des accompagnements derrière un chiffre (chiffres)", 1)
    theirs = await running.http.get(
        f"/reporting/v1/pathways/{pathway}/readings", headers=token(running, Role.MANAGER, "s02")
    )
    assert theirs.json() == []
    await erased(running, person)
    stored = await everything_stored(running)
    assert person not in stored
    assert pathway not in stored
    assert (await behind(running, "requests"))["pathways"][0]["forgotten"]


async def test_what_no_list_stands_behind_is_refused_by_name(running: Running) -> None:
    for id, query, status, code in REFUSED:
        assert (await behind(running, id, status=status, **query))["code"] == code, (id, query)


async def test_figures_are_those_of_ones_own_structure_and_lists_are_nobody_elses(running: Running) -> None:
    await running.a_started_pathway()
    await running.caught_up()

    async def asked(role: Role, structure: str | None, scope: str, path: str = "") -> tuple[int, str | None]:
        answer = await running.http.get(
            f"/reporting/v1/indicators{path}", params={"scope": scope, **YEAR}, headers=token(running, role, structure)
        )
        return answer.status_code, answer.json().get("code")

    for role in (Role.ADVISER, Role.MANAGER):
        assert await asked(role, "s01", "structure:s01") == (200, None)
        for scope in ("structure:s02", "structure:nowhere"):
            assert await asked(role, "s01", scope) == (403, "another-structure")
        for scope in ("national", "department:69"):
            assert await asked(role, "s01", scope) == (200, None)
            assert await asked(role, "s01", scope, "/entries/pathways") == (403, "another-structure")
        assert await asked(role, None, "national") == (403, "another-structure")
        assert await asked(role, None, "structure:s01", "/entries/pathways") == (403, "no-structure")
        assert await asked(role, "s01", "nonsense") == (422, "invalid-scope")
        assert await asked(role, "s01", "structure:s01", "/entries/pathways") == (200, None)
    assert await asked(Role.EVALUATOR, "s01", "structure:s01") == (403, "another-structure")
    for role in (Role.INTEGRATOR, Role.OPS):
        assert await asked(role, "s01", "structure:s01") == (403, "not-allowed")
    for role in (Role.OPERATOR, Role.EVALUATOR, Role.OPS):
        assert await asked(role, "s01", "structure:s01", "/entries/pathways") == (403, "not-allowed")
    found = await running.indicators("structure:s01", *PERIOD, known_at="1900-01-01T00:00:00Z")
    assert found["indicators"]["entries"] == {"value": 0}


@pytest.mark.slow
async def test_a_forgotten_pathway_stays_in_the_figures_of_who_held_it_as_known_then_and_after_a_rebuild(
    running: Running,
) -> None:
    pathway = await running.a_started_pathway()
    await running.a_started_pathway("s02")
    for on, intensity in (("2024-01-10", "high"), ("2024-03-01", "low")):
        body = {"assessed_on": on, "domain": "health", "intensity": intensity}
        await running.post(f"/diagnostic/v1/pathways/{pathway}/barriers", body, status=201)
    leaving = {"exited_on": "2024-06-30", "situation": "inactive"}
    await running.post(f"/outcomes/v1/pathways/{pathway}/exit", leaving, status=201)
    await running.caught_up()
    before = now()
    await tell(running, [job(pathway, date(2024, 3, 10)), received(pathway, date(2024, 5, 1), "s02")])
    regained = (
        (ProfileMoment.START, MainstreamSupport.NONE),
        (ProfileMoment.EXIT, MainstreamSupport.PLIE),
    )
    await tell(running, [profile(pathway, 21 + n, *one) for n, one in enumerate(regained)])
    at = now()

    async def all_figures() -> list[Any]:
        return [
            (await running.indicators(scope, start, end, known_at=instant))["indicators"]
            for scope in ("national", "structure:s01", "structure:s02")
            for instant in (before, at)
            for start, end in (PERIOD, (date(2024, 1, 1), date(2024, 4, 30)))
        ]

    async def value(scope: str, id: str, **query: Any) -> Any:
        figure = (await running.indicators(scope, *PERIOD, **query))["indicators"][id]
        return figure.get("numerator", figure["value"])

    assert await value("structure:s01", "requests", known_at=before) == 1
    assert await value("structure:s01", "requests", known_at=at) == 0
    assert await value("structure:s02", "requests", known_at=at) == 2
    assert await value("structure:s02", "mainstream_regained_share", known_at=at) == 1
    assert await value("structure:s02", "days_to_employment_km", known_at=at) == 60
    (row,) = (await behind(running, "barriers_reduced_share", "s02", known_at=at))["pathways"]
    assert (row["pathway"], row["domain"], row["forgotten"]) == (pathway, "health", False)
    figures = await all_figures()

    await erased(running, row["person"])
    assert await all_figures() == figures
    (copy,) = (await behind(running, "barriers_reduced_share", "s02"))["pathways"]
    assert (copy["domain"], copy["forgotten"]) == (None, True)
    _, live = await read_models(running)
    assert pathway not in str(live)
    assert live["profiles"]
    assert live["situations"]
    await rebuild(running)
    assert (await read_models(running))[1] == live
    assert await all_figures() == figures


async def test_a_copy_that_was_made_before_transfers_were_known_still_counts(running: Running) -> None:
    await running.a_started_pathway()
    await running.caught_up()
    fresh, held = str(uuid4()), {"known_from": "2024-07-01T00:00:00+00:00", "known_to": "infinity"}
    entity = {"entity": fresh, **held}
    months = {f"{what}_{m}": False for m in (3, 6, 12) for what in ("asked", "reached", "employed")}
    dates = {"requested_on": "2024-01-10", "welcomed_on": "2024-01-11", "started_on": "2024-01-12"}
    rows = {
        "intake": [{**entity, "structure": "s01", "person": str(uuid4()), **dates, "sex": "female"}],
        "diagnostic": [
            {**entity, **dict.fromkeys(("diagnosed", "planned", "scored_twice", "remobilised"), True)}
            | {"barriers_examined": 2, "barriers_reduced": 1}
        ],
        "activities": [],
        "outcomes": [
            {**entity, "exited_on": "2024-06-30", "exit_class": "durable", "deceased": False, **months},
        ],
    }
    body = reporting.PathwayAnonymised(**orjson.loads(orjson.dumps(rows)))
    assert asdict(body)["situations"] == []
    event = told(fresh, 1, "pathway-anonymised", body)
    async with running.service("reporting").state.pool.acquire() as connection, connection.transaction():
        await enter_active(connection)
        await take_copies(connection, [event])
    found = (await running.indicators("structure:s01", *PERIOD, by="sex"))["classes"]["female"]
    assert found["requests"] == {"value": 1}
    assert found["days_to_employment_km"]["value"] == 170, "on the day of the exit, as no contract is known"
    listed = await behind(running, "barriers_reduced_share", part="denominator")
    assert listed["count"] == found["barriers_reduced_share"]["denominator"] == 2
