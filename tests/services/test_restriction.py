"""Restriction of processing (RGPD, article 18): while it is in force nothing is recorded of the person anywhere."""

import asyncio
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake.domain import Dated, Identity, Pathway, Person, Restriction, request_for_support
from services.intake.domain.person import LiftedBeforeRestricted
from shared.kernel import broker
from shared.kernel.callers import Role
from shared.language.codes import RestrictionReason
from shared.language.rules import AlreadyRecorded, InTheFuture, Restricted
from shared.language.sealed import Sealed
from tests.folders import COLUMNS
from tests.harness import Running, now
from tests.pipeline.test_forgetting import erased
from tests.pipeline.test_platform import read_models, rebuild
from tests.pipeline.test_sealing import NAME, a_person, adviser, everything_stored, found
from tests.sentences import given, told
from tests.services.test_disagreement import a_pathway_with_every_fact, as_role

TODAY, TOMORROW = date(2025, 6, 30), date(2025, 7, 1)
DAY, LATER = date(2025, 6, 2), date(2025, 6, 20)
OTHER = UUID(int=8)

RESTRICTION = Restriction(RestrictionReason.ACCURACY_CONTESTED, DAY)
IDENTITY = Identity(Sealed("Anna"))
REQUEST = request_for_support(date(2025, 1, 6), None, structure="s01", person=UUID(int=1))

restricted = told(Person.PersonRestricted, RESTRICTION)
lifted = told(Person.PersonRestrictionLifted, LATER)
identified = told(Person.PersonIdentified, IDENTITY)
merged = told(Person.PersonMerged, OTHER)
requested = told(Pathway.PathwayRequested, REQUEST)
pathway_restricted = told(Pathway.ProcessingRestricted, Dated(DAY))
pathway_lifted = told(Pathway.RestrictionLifted, Dated(LATER))


def another(*history: Any) -> Person:
    person: Person = given(Person, *history).aggregate
    return Person.blank(OTHER) if not history else person


# --- the person ---------------------------------------------------------------------------------------------


def test_processing_is_restricted_for_a_reason_since_a_day_also_of_whom_nobody_identified() -> None:
    event = given(Person).when(lambda p: p.restrict(RESTRICTION, TODAY)).then(restricted)
    assert event.happened_on == DAY


def test_restricted_again_it_is_no_news() -> None:
    given(Person, restricted).when(lambda p: p.restrict(RESTRICTION, TODAY)).then_nothing()


@pytest.mark.parametrize(
    "other",
    [Restriction(RestrictionReason.UNLAWFUL_PROCESSING, DAY), Restriction(RestrictionReason.ACCURACY_CONTESTED, LATER)],
    ids=["reason", "day"],
)
def test_another_restriction_comes_after_the_first_is_lifted(other: Restriction) -> None:
    given(Person, restricted).when(lambda p: p.restrict(other, TODAY)).then_refused(AlreadyRecorded)
    expected = told(Person.PersonRestricted, other)
    given(Person, restricted, lifted).when(lambda p: p.restrict(other, TODAY)).then(expected)


def test_nothing_is_restricted_tomorrow() -> None:
    late = Restriction(RestrictionReason.ACCURACY_CONTESTED, TOMORROW)
    given(Person).when(lambda p: p.restrict(late, TODAY)).then_refused(InTheFuture)


def test_a_merged_person_is_restricted_as_the_person_that_they_are() -> None:
    given(Person, merged).when(lambda p: p.restrict(RESTRICTION, TODAY)).then(restricted)


def test_a_restriction_is_lifted() -> None:
    event = given(Person, restricted).when(lambda p: p.lift_restriction(LATER, TODAY)).then(lifted)
    assert event.happened_on == LATER


def test_where_none_is_in_force_lifting_is_no_news() -> None:
    given(Person).when(lambda p: p.lift_restriction(LATER, TODAY)).then_nothing()
    given(Person, restricted, lifted).when(lambda p: p.lift_restriction(LATER, TODAY)).then_nothing()


def test_a_restriction_is_not_lifted_before_it_began_nor_tomorrow() -> None:
    before = date(2025, 6, 1)
    given(Person, restricted).when(lambda p: p.lift_restriction(before, TODAY)).then_refused(LiftedBeforeRestricted)
    given(Person, restricted).when(lambda p: p.lift_restriction(TOMORROW, TODAY)).then_refused(InTheFuture)


def test_who_is_restricted_is_neither_identified_nor_corrected() -> None:
    given(Person, restricted).when(lambda p: p.identify(IDENTITY)).then_refused(Restricted)
    given(Person, identified, restricted).when(lambda p: p.identify(Identity(Sealed("X")))).then_refused(Restricted)
    given(Person, identified, restricted).when(lambda p: p.identify(IDENTITY)).then_nothing()
    given(Person, restricted, lifted).when(lambda p: p.identify(IDENTITY)).then(identified)


def test_who_is_restricted_is_not_merged_and_nobody_is_merged_into_them() -> None:
    given(Person, restricted).when(lambda p: p.merge_into(another())).then_refused(Restricted)
    their_file = Person.blank(OTHER)
    their_file.restrict(RESTRICTION, TODAY)
    given(Person).when(lambda p: p.merge_into(their_file)).then_refused(Restricted)
    given(Person, restricted, lifted).when(lambda p: p.merge_into(another())).then(merged)


# --- the pathway --------------------------------------------------------------------------------------------

ASKED: dict[str, Callable[[Pathway], object]] = {
    "ask_for_support": lambda p: p.ask_for_support(REQUEST, TODAY),
    "welcome": lambda p: p.welcome_person(DAY, TODAY),
    "start": lambda p: p.start_support(DAY, TODAY),
    "withdraw": lambda p: p.withdraw(DAY, TODAY),
    "correct_request": lambda p: p.correct_request(REQUEST, TODAY),
    "move_to_person": lambda p: p.move_to_person(OTHER, TODAY),
    "correct_welcome": lambda p: p.correct_welcome(DAY, TODAY),
    "correct_start": lambda p: p.correct_start(DAY, None, TODAY),
    "correct_withdrawal": lambda p: p.correct_withdrawal(DAY, TODAY),
}


@pytest.mark.parametrize("asked", ASKED)
def test_nothing_is_recorded_of_a_restricted_pathway(asked: str) -> None:
    given(Pathway, requested, pathway_restricted).when(ASKED[asked]).then_refused(Restricted)


def test_a_pathway_is_restricted_once_and_free_again_when_that_is_lifted() -> None:
    given(Pathway, requested).when(lambda p: p.restrict(DAY)).then(pathway_restricted)
    given(Pathway, requested, pathway_restricted).when(lambda p: p.restrict(LATER)).then_nothing()
    free = given(Pathway, requested, pathway_restricted)
    assert free.when(lambda p: p.lift_restriction(LATER)).then(pathway_lifted).happened_on == LATER
    given(Pathway, requested).when(lambda p: p.lift_restriction(LATER)).then_nothing()
    welcomed = told(Pathway.PathwayWelcomed, Dated(DAY))
    given(Pathway, requested, pathway_restricted, pathway_lifted).when(ASKED["welcome"]).then(welcomed)


# --- on a running platform ----------------------------------------------------------------------------------

RESTRICT = {"reason": "accuracy_contested", "restricted_on": "2024-07-01"}
LIFT = {"on": "2024-07-20"}
LEFT = {"exited_on": "2024-03-02", "situation": "unknown"}
SERVICES = ("intake", "diagnostic", "training", "outcomes")


def manager(running: Running, structure: str = "s01") -> dict[str, str]:
    return as_role(running, Role.MANAGER, structure)


async def restrict(running: Running, person: str, status: int = 201, **headers: str) -> Any:
    answer = await running.post(f"/intake/v1/persons/{person}/restriction", RESTRICT, status, **headers)
    await running.caught_up()
    return answer


async def lift(running: Running, person: str, status: int = 201, **headers: str) -> Any:
    answer = await running.post(f"/intake/v1/persons/{person}/restriction/lifting", LIFT, status, **headers)
    await running.caught_up()
    return answer


def every_command(person: str, known: dict[str, list[tuple[str, str | None]]]) -> dict[tuple[str, str], Any]:
    """By (service, path below the pathway), what would be recorded if nothing were restricted, or is already."""
    ids = dict(known["diagnostic"] + known["training"] + known["outcomes"])
    request = {"structure": "s01", "person": person, "requested_on": "2024-01-09"}
    diagnostic = {"completed_on": "2024-02-12", "purpose": "interim", "instrument": "remobilisation-1"}
    barrier = {"assessed_on": "2024-02-12", "domain": "housing", "intensity": "low"}
    activity = {
        "kind": "support",
        "started_on": "2024-02-02",
        "ended_on": "2024-02-02",
        "status": "completed",
        "hours": 2,
    }
    asked = {"asked_on": "2024-07-02", "status": "refused"}
    appointment = {"on": "2024-07-08", "purpose": "support"}
    profile = {"on": "2024-07-02", "mainstream": ["none"], "rights": "open", "driving_licence": "none",
               "transport": ["none"], "resources": ["none"], "may_work": "yes", "childcare_needed": "no",
               "disability": "no"}  # fmt: skip
    of_intake: dict[str, Any] = {
        "request/correction": request,
        "welcome": {"on": "2024-01-11"},
        "welcome/correction": {"on": "2024-01-11"},
        "start": {"on": "2024-01-11"},
        "start/correction": {"on": "2024-01-11"},
        "withdrawal": {"on": "2024-01-11"},
        "withdrawal/correction": {"on": None},
        "appointments": appointment,
        f"appointments/{DISAGREEMENT}/move": {"on": "2024-07-09"},
        f"appointments/{DISAGREEMENT}/kept": {"on": None},
        f"appointments/{DISAGREEMENT}/missed": None,
        f"appointments/{DISAGREEMENT}/cancellation": {"on": "2024-07-02"},
        f"appointments/{DISAGREEMENT}/correction": appointment | {"status": "offered"},
        "attempts": {"on": "2024-07-02", "means": "phone"},
        f"attempts/{DISAGREEMENT}/correction": {"on": None, "means": "phone"},
        "set-aside": {"on": "2024-07-02"},
        "set-aside/reopening": {"on": "2024-07-02"},
        "adviser": {"adviser": "anna", "on": "2024-07-02"},
        "commitment": {"on": "2024-07-02"},
        "commitment/correction": {"on": None},
        "pause": {"on": "2024-07-02"},
        "pause/resumption": {"on": "2024-07-02"},
        "pause/correction": {"paused_on": None, "resumed_on": None},
        "transfer": {"to_structure": "s02", "transferred_on": "2024-07-02"},
        "profile/request": profile,
        "profile/request/correction": profile,
    }
    of_diagnostic: dict[str, Any] = {
        "diagnostics": diagnostic,
        f"diagnostics/{ids['diagnostic']}/correction": diagnostic,
        "plans": {"agreed_on": "2024-02-12"},
        f"plans/{ids['plan']}/correction": {"agreed_on": None},
        "barriers": barrier,
        f"barriers/{ids['barrier']}/correction": barrier,
        f"diagnostics/{ids['diagnostic']}/bilan": {},
        f"diagnostics/{ids['diagnostic']}/bilan/correction": {"hours_a_week": 20},
        f"actions/{OPEN}/correction": {"kind": "workshop", "responsible": "adviser"},
        f"actions/{OPEN}/settlement": {"outcome": "done", "settled_on": "2024-02-14"},
        f"actions/{SETTLED}/settlement/correction": {"outcome": "done", "settled_on": "2024-02-14"},
        f"actions/{SETTLED}/reopening": {"on": "2024-02-15"},
        f"plans/{PLAN}/revision": {"agreed_on": "2024-02-16"},
    }
    of_training: dict[str, Any] = {
        "activities": activity,
        f"activities/{ids['activity']}/correction": activity,
        "enrolments": {"session": EMPTY, "enrolled_on": "2024-02-01"},
        f"enrolments/{ENROLLED}/withdrawal": {"on": "2024-02-01", "reason": "persons_choice"},
        f"enrolments/{ENROLLED}/attendance": {"attended": []},
        f"enrolments/{ATTENDED}/attendance/correction": {"attended": []},
        "placements": A_VISIT | {"starts_on": "2024-02-21", "ends_on": "2024-02-21"},
        f"placements/{PLANNED}/correction": A_VISIT | {"ends_on": "2024-02-23"},
        f"placements/{PLANNED}/renewal": {"until": "2024-02-26"},
        f"placements/{PLANNED}/end": {"ended_on": "2024-02-22", "hours": 7},
        f"placements/{PLANNED}/cancellation": {"on": "2024-02-20", "reason": "persons_choice"},
        f"placements/{ENDED}/end/correction": {"ended_on": "2024-02-22", "hours": 8},
        f"placements/{ENDED}/evaluation": {"evaluated_on": "2024-02-23", "conclusion": "confirmed"},
        f"placements/{EVALUATED}/evaluation/correction": {"evaluated_on": "2024-02-24", "conclusion": "adjusted"},
        "supports": A_SUPPORT,
        f"supports/{SUPPORTED}/correction": A_SUPPORT | {"hours": 3},
        f"proposals/{PROPOSED}/dismissal": {"on": "2024-02-14"},
    }
    tried = {"attempted_on": "2024-06-30", "means": "letter"}
    job = {"situation": "employment", "started_on": "2024-02-01"}
    visit = {"job": ids["situation"], "what": "visit_at_work", "supported_on": "2024-02-09"}
    of_outcomes: dict[str, Any] = {
        "exit": LEFT,
        "exit/correction": LEFT | {"situation": "unemployed"},
        "exit/reopening": {"on": "2024-06-03"},
        "follow-ups/6": asked,
        "follow-ups/3/correction": asked,
        "follow-ups/6/attempts": tried,
        f"follow-ups/3/attempts/{ids['follow-up-attempt']}/correction": tried,
        "situations": job,
        f"situations/{ids['situation']}/end": {"ended_on": "2024-02-20", "reason": "other"},
        f"situations/{ids['situation']}/correction": job,
        "employment-supports": visit,
        f"employment-supports/{ids['employment-support']}/correction": visit,
    }
    commands = {
        (service, path): body
        for service, of in zip(SERVICES, (of_intake, of_diagnostic, of_training, of_outcomes), strict=True)
        for path, body in of.items()
    }
    for service in SERVICES:
        kind, fact = known[service][0]
        commands[service, "disagreements"] = {"kind": kind, "fact": fact, "said_on": "2024-07-02"}
        commands[service, f"disagreements/{DISAGREEMENT}/withdrawal"] = {"on": "2024-07-02"}
    return commands


DISAGREEMENT, PLAN, OPEN, SETTLED, PROPOSED = (str(uuid4()) for _ in range(5))
SESSION, EMPTY, OTHER_SESSION, ENROLLED, ATTENDED = (str(uuid4()) for _ in range(5))
PLANNED, ENDED, EVALUATED, SUPPORTED = (str(uuid4()) for _ in range(4))
A_VISIT = {"form": "visit", "starts_on": "2024-02-20", "ends_on": "2024-02-22"}
A_SUPPORT = {
    "barrier": "mobility",
    "started_on": "2024-02-06",
    "ended_on": "2024-02-06",
    "hours": 2,
    "result": "eased",
}


async def with_training(running: Running, pathway: str) -> None:
    """Sessions, an enrolment, an attendance, placements at each of their stages, a support action."""
    half_day = {"day": "2024-02-05", "part": "morning"}
    session = {"structure": "s01", "kind": "workshop", "title": "CV", "half_days": [half_day],
               "hours_per_half_day": 3, "capacity": 5}  # fmt: skip
    for id in (SESSION, EMPTY, OTHER_SESSION):
        await running.post("/training/v1/sessions", session | {"id": id}, 201)
    ended = {"ended_on": "2024-02-22", "hours": 6}
    for path, body in (
        ("enrolments", {"id": ENROLLED, "session": SESSION, "enrolled_on": "2024-02-01"}),
        ("enrolments", {"id": ATTENDED, "session": OTHER_SESSION, "enrolled_on": "2024-02-01"}),
        (f"enrolments/{ATTENDED}/attendance", {"attended": [half_day]}),
        *(("placements", A_VISIT | {"id": id}) for id in (PLANNED, ENDED, EVALUATED)),
        *((f"placements/{id}/end", ended) for id in (ENDED, EVALUATED)),
        (f"placements/{EVALUATED}/evaluation", {"evaluated_on": "2024-02-23", "conclusion": "confirmed"}),
        ("supports", A_SUPPORT | {"id": SUPPORTED}),
    ):
        await running.post(f"/training/v1/pathways/{pathway}/{path}", body, 201)


async def with_a_plan(running: Running, pathway: str, diagnostic: str | None) -> None:
    """A bilan, and a plan with an action that is open and one that is done."""
    actions = [{"id": id, "kind": "other", "responsible": "person"} for id in (OPEN, SETTLED)]
    actions.append({"id": PROPOSED, "kind": "workshop", "responsible": "adviser"})
    for path, body in (
        (f"diagnostics/{diagnostic}/bilan", {}),
        ("plans", {"id": PLAN, "agreed_on": "2024-02-12", "actions": actions}),
        (f"actions/{SETTLED}/settlement", {"outcome": "done", "settled_on": "2024-02-13"}),
    ):
        await running.post(f"/diagnostic/v1/pathways/{pathway}/{path}", body, 201)


@pytest.mark.slow
async def test_no_command_of_any_service_records_anything_until_the_restriction_is_lifted(running: Running) -> None:
    person, pathway, known = await a_pathway_with_every_fact(running)
    for service in SERVICES:
        kind, fact = known[service][0]
        body = {"kind": kind, "fact": fact, "said_on": "2024-07-01", "id": DISAGREEMENT}
        await running.post(f"/{service}/v1/pathways/{pathway}/disagreements", body, 201)
    await running.post(f"/outcomes/v1/pathways/{pathway}/exit", LEFT, 201)
    await with_a_plan(running, pathway, dict(known["diagnostic"])["diagnostic"])
    await with_training(running, pathway)
    await running.caught_up()
    commands = every_command(person, known)
    for service in SERVICES:
        paths = running.service(service).openapi()["paths"]
        offered = {p for p, of in paths.items() if p.startswith("/v1/pathways/{pathway}/") and "post" in of}
        tried = {path for of, path in commands if of == service}
        assert len(tried) == len(offered), f"every command of {service} is tried: {offered}"
    other, _ = await a_person(running, called="Paul")
    await running.post("/intake/v1/structures", {"structure": "s02", "name": "s02", "department": "69"}, 201)
    done = await restrict(running, person, **manager(running))
    assert done["recorded"] is True

    async def recorded() -> list[int]:
        counts = "select count(*) from events"
        return [await running.service(service).state.pool.fetchval(counts) for service in SERVICES]

    before = await recorded()
    for (service, path), body in commands.items():
        refused = await running.post(f"/{service}/v1/pathways/{pathway}/{path}", body, 409)
        assert refused["code"] == "restricted", (service, path, refused)
    back = {"request": {"structure": "s01", "person": person, "requested_on": "2024-07-03"}}
    elsewhere = {"request": back["request"] | {"structure": "s02"}, "identity": {"called": "Anna"}}
    for path, body in (
        ("pathways", back),
        ("pathways", elsewhere),
        (f"persons/{person}/identity", {"called": "Anna"}),
        (f"persons/{person}/merge", {"into": other}),
        (f"persons/{other}/merge", {"into": person}),
    ):
        refused = await running.http.post(f"/intake/v1/{path}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "restricted"), (path, refused.text)
    assert await recorded() == before
    assert (await restrict(running, person, 200))["recorded"] is False

    await lift(running, person, **manager(running))
    again = {"completed_on": "2024-02-12", "purpose": "interim"}
    for service, path in (("intake", "start/correction"), ("training", "activities"), ("outcomes", "exit/reopening")):
        await running.post(f"/{service}/v1/pathways/{pathway}/{path}", commands[service, path], 201)
    await running.post(f"/diagnostic/v1/pathways/{pathway}/diagnostics", again, 201, **{"Idempotency-Key": "k"})
    await running.post(f"/intake/v1/persons/{person}/identity", {"called": "Anna"}, 201)


async def test_a_repeat_of_what_was_recorded_before_is_answered_as_the_first(running: Running) -> None:
    person, pathway = await a_person(running)
    key = {"Idempotency-Key": "k"}
    bodies = {"intake": ("welcome", {"on": "2024-01-11"}), "diagnostic": ("plans", {"agreed_on": "2024-01-12"})}
    posted = {
        service: await running.post(f"/{service}/v1/pathways/{pathway}/{path}", body, 201, **key)
        for service, (path, body) in bodies.items()
    }
    await restrict(running, person)
    for service, (path, body) in bodies.items():
        assert await running.post(f"/{service}/v1/pathways/{pathway}/{path}", body, 201, **key) == posted[service]


async def test_a_restricted_person_is_shown_to_a_manager_and_to_no_adviser(running: Running) -> None:
    person, pathway = await a_person(running)
    other, _ = await a_person(running)
    await running.caught_up()
    path, mine = f"/intake/v1/persons/{person}", adviser(running, "s01")
    for strangers, status in ((adviser(running, "s01"), 403), (manager(running, "s02"), 404)):
        await running.post(f"{path}/restriction", RESTRICT, status, **strangers)
        await running.post(f"{path}/restriction/lifting", LIFT, status, **strangers)
    await running.post(f"/intake/v1/persons/{uuid4()}/restriction", RESTRICT, 404)
    await running.post(f"{path}/restriction", RESTRICT | {"reason": "because"}, 422)
    assert set(await found(running, NAME)) == {person, other}
    assert len((await running.http.get("/intake/v1/duplicates", headers=mine)).json()) == 1
    held = f"{path}/restriction"
    assert (await running.http.get(held, headers=manager(running))).status_code == 404
    await restrict(running, person, **manager(running))

    assert (await running.http.get(held, headers=manager(running))).json() == RESTRICT
    for nosy in (mine, manager(running, "s02")):
        assert (await running.http.get(held, headers=nosy)).status_code == (403 if nosy is mine else 404)
    assert await found(running, NAME) == [other]
    for hidden in (path, *(f"/{service}/v1/pathways/{pathway}/facts" for service in SERVICES)):
        answer = await running.http.get(hidden, headers=mine)
        assert (answer.status_code, answer.json()["code"]) == (403, "restricted"), hidden
    shown = await running.http.get(path, headers=manager(running))
    assert (shown.json()["called"], shown.json()["restricted_on"]) == (NAME, "2024-07-01")
    people = await running.post("/intake/v1/persons/search", {"name": NAME}, 200, **manager(running))
    assert {one["person"]: one["restricted_on"] for one in people} == {person: "2024-07-01", other: None}
    assert (
        await running.http.get(f"/diagnostic/v1/pathways/{pathway}/facts", headers=manager(running))
    ).status_code == 200
    assert (await running.http.get("/intake/v1/duplicates", headers=mine)).json() == []

    await lift(running, person, **manager(running))
    assert (await running.http.get(held, headers=manager(running))).json()["code"] == "not-restricted"
    assert set(await found(running, NAME)) == {person, other}


async def test_the_other_services_and_integrators_hear_ids_and_dates_only_and_no_figure_moves(running: Running) -> None:
    person, pathway, _ = await a_pathway_with_every_fact(running)
    _, second = await a_person(running)
    await running.post(
        f"/intake/v1/pathways/{second}/request/correction",
        {"structure": "s01", "person": person, "requested_on": "2024-01-10"},
        201,
    )
    await running.caught_up()
    period = (date(2024, 1, 1), date(2024, 12, 31))
    figures = (await running.indicators("national", *period))["indicators"]
    before = now()
    await restrict(running, person)
    await lift(running, person)
    await restrict(running, person)
    client = running.service("intake").state.runtime.client
    told_of: dict[str, list[tuple[str, Any]]] = {}
    sequence = 1
    while (message := await broker.message_at_or_after(client, "intake", sequence)) is not None:
        sequence = (message.seq or 0) + 1
        _, _, structure, id, name = message.subject.split(".")
        if "restrict" in name:
            assert structure == "s01"
            told_of.setdefault(id, []).append((name, json.loads(message.data)))
    story = [
        ("processing-restricted", {"restricted_on": "2024-07-01"}),
        ("restriction-lifted", {"lifted_on": "2024-07-20"}),
        ("processing-restricted", {"restricted_on": "2024-07-01"}),
    ]
    assert told_of == {pathway: story, second: story}
    streams = [line for line in (await everything_stored(running)).splitlines() if line.startswith("lieu.")]
    assert not any("accuracy_contested" in line for line in streams)

    assert (await running.indicators("national", *period))["indicators"] == figures
    assert (await running.indicators("national", *period, known_at=before))["indicators"] == figures
    live = await read_models(running)
    await rebuild(running)
    assert (await read_models(running))[1] == live[1]


async def test_an_import_refuses_the_rows_of_the_restricted_at_their_place_and_takes_the_rest(
    running: Running, tmp_path: Path
) -> None:
    def write(hours: str) -> None:
        pathways = [f"p{n},s01,h{n},2024-01-10,,2024-01-11,2024-01-12,,,,,," for n in (1, 2)]
        rows = {
            "structures": ["s01,Un,69"],
            "pathways": pathways,
            "activities": [f"p{n},workshop,2024-02-01,2024-02-01,{hours},completed" for n in (1, 2)],
        }
        for name, columns in COLUMNS.items():
            (tmp_path / f"{name}.csv").write_text("\n".join([",".join(columns), *rows.get(name, [])]) + "\n")

    write("3")
    assert not (await running.bring(tmp_path)).refusals
    await running.caught_up()
    await restrict(running, str(await running.person("h1")))
    write("4")
    with (tmp_path / "pathways.csv").open("a") as file:
        file.write("p3,s01,h1,2024-03-10,,,,,,,,,\n")
    summary = await running.bring(tmp_path)
    assert [str(refusal).split(": ")[0] for refusal in summary.refusals] == [
        "pathways.csv:2:pathway",
        "pathways.csv:4:pathway",
    ]
    assert all("restricted" in str(refusal) for refusal in summary.refusals)
    assert {service: added for service, added in summary.events.items() if added} == {"training": 1}
    await running.caught_up()
    shown = [
        (await running.http.get(f"/training/v1/pathways/{await running.pathway(key)}/facts")).json()
        for key in ("p1", "p2")
    ]
    assert [len(facts) for facts in shown] == [1, 2]
    # A service is not told what intake refused; asked directly it refuses too.
    dossier = {
        "pathway": "p1",
        "request": {"structure": "s01", "person": "h1", "requested_on": "2024-01-10"},
    }
    for service in ("diagnostic", "training", "outcomes"):
        (answer,) = await running.post(f"/{service}/v1/imports", {"dossiers": [dossier]}, 200)
        assert (answer["outcome"], answer["events"]) == ("refused", 0)
        assert "restricted" in answer["problems"][0]["reason"]

    await lift(running, str(await running.person("h1")))
    again = await running.bring(tmp_path)
    assert not again.refusals
    assert again.events["training"] == 1


async def test_all_files_of_one_person_are_restricted_together(running: Running) -> None:
    one, first = await a_person(running)
    two, second = await a_person(running)
    mine = adviser(running, "s01")
    await running.post(f"/intake/v1/persons/{two}/merge", {"into": one}, 201, **mine)
    await restrict(running, two, **manager(running))
    for pathway in (first, second):
        refused = await running.post(f"/intake/v1/pathways/{pathway}/welcome", {"on": "2024-01-11"}, 409)
        assert refused["code"] == "restricted"
    for person in (one, two):
        body = {"request": {"structure": "s01", "person": person, "requested_on": "2024-07-03"}}
        assert (await running.post("/intake/v1/pathways", body, 409))["code"] == "restricted"
    await lift(running, one, **manager(running))
    for pathway in (first, second):
        await running.post(f"/intake/v1/pathways/{pathway}/welcome", {"on": "2024-01-11"}, 201)


async def test_a_request_recorded_while_its_person_is_being_restricted_is_restricted_too(running: Running) -> None:
    """However the two meet: it is refused, or recorded and from then on restricted."""
    person, _ = await a_person(running)
    requests = [
        {
            "pathway": str(uuid4()),
            "request": {"structure": "s01", "person": person, "requested_on": "2024-02-10"},
        }
        for _ in range(20)
    ]
    answers = await asyncio.gather(
        *(running.http.post("/intake/v1/pathways", json=body) for body in requests[:10]),
        running.http.post(f"/intake/v1/persons/{person}/restriction", json=RESTRICT),
        *(running.http.post("/intake/v1/pathways", json=body) for body in requests[10:]),
    )
    assert answers[10].status_code == 201
    for body in requests:
        refused = await running.http.post(f"/intake/v1/pathways/{body['pathway']}/welcome", json={"on": "2024-02-11"})
        assert (refused.status_code, refused.json()["code"]) in {(409, "restricted"), (409, "unknown-fact")}
    store = running.service("intake").state.runtime.store
    files = await store.load_many(Pathway, [UUID(str(body["pathway"])) for body in requests])
    assert all(file.restricted for file in files.values() if file.request)


@pytest.mark.slow
async def test_a_restricted_person_can_be_forgotten(running: Running) -> None:
    person, pathway, _ = await a_pathway_with_every_fact(running)
    await restrict(running, person)
    await erased(running, person)
    left = await everything_stored(running)
    for secret in (person, pathway):
        assert secret not in left
    refused = await running.http.post(f"/intake/v1/persons/{person}/restriction", json=RESTRICT)
    assert refused.status_code == 404
    assert await running.value("requests", date(2024, 1, 1)) == 1
