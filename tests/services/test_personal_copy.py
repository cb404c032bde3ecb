"""A person's copy: every fact, corrections included, who read it, and nothing for whom it is not."""

import io
import json
from collections import Counter
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pypdf
import pytest

from lieu import issuer
from lieu.client import Platform, PlatformError
from lieu.personal_copy import CopyRefused, PersonalCopy, compose, composing, labels
from lieu.personal_copy.command import copy_person
from lieu.personal_copy.document import pdf
from shared.http.readings import Looking
from shared.kernel.callers import Caller, Role
from shared.people.copies import KnownHere
from tests.harness import EVERYBODY, Running
from tests.pipeline.test_forgetting import erased
from tests.pipeline.test_sealing import FAMILY, NAME, PHONE, a_person, adviser
from tests.services.test_restriction import (
    A_SUPPORT,
    A_VISIT,
    ATTENDED,
    ENDED,
    ENROLLED,
    EVALUATED,
    PLANNED,
    SUPPORTED,
    with_training,
)

pytestmark = pytest.mark.slow
SERVICES = tuple(labels.SERVICES)
OF_RETENTION = {
    "intake.retention-announced",
    "intake.person-archived",
    "intake.person-reactivated",
    "intake.archive-read",
    "intake.pathway-archived",
    "intake.pathway-reactivated",
}
"""They take years to come."""
TRICK = '#eval("1+1") *gras* $x$ <script>alert(1)</script> #panic()'


def asking(running: Running, structure: str = "s01", role: Role = Role.ADVISER) -> httpx.AsyncClient:
    """A client of the platform with a token of that role."""
    token = issuer.token(running.data, role, structure if role in (Role.ADVISER, Role.MANAGER) else None)
    transport = httpx.ASGITransport(running.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://lieu", headers={"Authorization": f"Bearer {token}"})


async def copy_of(running: Running, person: str, structure: str = "s01") -> PersonalCopy:
    async with asking(running, structure) as http:
        return await compose(http, UUID(person))


UNTOLD = dict.fromkeys(("driving_licence", "may_work", "childcare_needed"), "unknown")
"""What a profile leaves out, as its correction has to say it."""


async def with_everything(running: Running) -> tuple[str, str, str, str]:
    """(person, pathway, merged person, their pathway): of every kind of fact, one at least."""
    one, pathway = await a_person(running, family_name=FAMILY, phone=PHONE)
    two, second = await a_person(running, called="Marie")
    mine = adviser(running, "s01")
    corrected = {"called": "Ange", "family_name": FAMILY, "phone": None}
    await running.post(f"/intake/v1/persons/{one}/identity", corrected, 201, **mine)
    request = {"structure": "s01", "person": one, "requested_on": "2024-01-09", "requester": "spip", "birth_year": 1991}
    for what, body in (
        ("request/correction", request),
        ("welcome", {"on": "2024-01-10"}),
        ("welcome/correction", {"on": "2024-01-11"}),
        ("start", {"on": "2024-01-12"}),
        ("start/correction", {"on": "2024-01-13"}),
    ):
        await running.post(f"/intake/v1/pathways/{pathway}/{what}", body, 201)
    await running.post(f"/intake/v1/pathways/{second}/withdrawal", {"on": "2024-01-20"}, 201)
    await running.post(f"/intake/v1/pathways/{second}/withdrawal/correction", {"on": None}, 201)
    await running.post(f"/intake/v1/persons/{two}/merge", {"into": one}, 201, **mine)
    diagnostic, plan, barrier, activity = (str(uuid4()) for _ in range(4))
    completed = {"id": diagnostic, "completed_on": "2024-01-15", "purpose": "entry", "remobilisation": 4}
    assessed = {"id": barrier, "assessed_on": "2024-01-15", "domain": "health", "intensity": "high"}
    of_diagnostic = f"/diagnostic/v1/pathways/{pathway}"
    for on in (None, "2024-01-13"):  # what the start opens, before a diagnostic is made
        await running.caught_up()
        await running.post(f"/intake/v1/pathways/{pathway}/start/correction", {"on": on}, 201)
    await running.post(f"{of_diagnostic}/diagnostics", completed, 201)
    await running.post(
        f"{of_diagnostic}/diagnostics/{diagnostic}/correction",
        completed | {"remobilisation": 5, "instrument": "remobilisation-1"},
        201,
    )
    await running.post(f"{of_diagnostic}/plans", {"id": plan, "agreed_on": "2024-01-16"}, 201)
    await running.post(f"{of_diagnostic}/plans/{plan}/correction", {"agreed_on": None}, 201)
    await running.post(f"{of_diagnostic}/barriers", assessed, 201)
    await running.post(f"{of_diagnostic}/barriers/{barrier}/correction", assessed | {"intensity": "low"}, 201)
    action, anew = str(uuid4()), str(uuid4())
    act = {"id": action, "kind": "other", "responsible": "person"}
    settled = {"outcome": "done", "settled_on": "2024-02-20"}
    for what, body in (
        (f"diagnostics/{diagnostic}/bilan", {"skills": "Coudre"}),
        (f"diagnostics/{diagnostic}/bilan/correction", {"skills": "Coudre et broder", "hours_a_week": 20}),
        (f"plans/{plan}/correction", {"agreed_on": "2024-01-17"}),
        (f"plans/{plan}/revision", {"id": anew, "agreed_on": "2024-02-15", "actions": [act]}),
        (f"actions/{action}/correction", act | {"kind": "workshop", "text": "Venir à l'atelier CV"}),
        (f"actions/{action}/settlement", settled),
        (f"actions/{action}/settlement/correction", settled | {"settled_on": "2024-02-21"}),
        (f"actions/{action}/reopening", {"on": "2024-02-22"}),
    ):
        await running.post(f"{of_diagnostic}/{what}", body, 201)
    took_part = {"id": activity, "kind": "workshop", "started_on": "2024-02-01", "ended_on": "2024-02-02"}
    took_part |= {"status": "completed", "hours": 7.5}
    await running.post(f"/training/v1/pathways/{pathway}/activities", took_part, 201)
    missed = took_part | {"status": "no_show", "hours": None}
    await running.post(f"/training/v1/pathways/{pathway}/activities/{activity}/correction", missed, 201)
    await with_training(running, pathway)
    for what, body in (
        (f"enrolments/{ENROLLED}/withdrawal", {"on": "2024-02-01", "reason": "persons_choice"}),
        (f"enrolments/{ATTENDED}/attendance/correction", {"attended": []}),
        (f"placements/{PLANNED}/correction", A_VISIT | {"ends_on": "2024-02-23"}),
        (f"placements/{PLANNED}/renewal", {"until": "2024-02-26"}),
        (f"placements/{PLANNED}/cancellation", {"on": "2024-02-20", "reason": "persons_choice"}),
        (f"placements/{ENDED}/end/correction", {"ended_on": "2024-02-22", "hours": 8}),
        (f"placements/{EVALUATED}/evaluation/correction", {"evaluated_on": "2024-02-24", "conclusion": "adjusted"}),
        (f"supports/{SUPPORTED}/correction", A_SUPPORT | {"hours": 3}),
    ):
        await running.post(f"/training/v1/pathways/{pathway}/{what}", body, 201)
    await with_a_course(running, pathway, second)
    left = {"exited_on": "2024-03-01", "situation": "detained"}
    for what, body in (
        ("exit", left),
        ("exit/correction", left | {"situation": "employment", "contract": "cdi"}),
        ("exit/reopening", {"on": "2024-03-05"}),
        ("exit", left | {"exited_on": "2024-04-01"}),
        ("follow-ups/3", {"asked_on": "2024-07-01", "status": "unreachable"}),
        ("follow-ups/3/correction", {"asked_on": "2024-07-01", "status": "reached", "situation": "employment"}),
    ):
        await running.post(f"/outcomes/v1/pathways/{pathway}/{what}", body, 201)
    job, support, attempt = (str(uuid4()) for _ in range(3))
    hired = {"id": job, "situation": "employment", "started_on": "2024-02-15", "contract": "cdd", "occupation": "G1602"}
    visited = {"id": support, "job": job, "what": "visit_at_work", "supported_on": "2024-02-20", "note": "Tout va bien"}
    tried = {"id": attempt, "attempted_on": "2024-06-28", "means": "phone", "note": "Sans réponse"}
    for what, body in (
        ("situations", hired),
        (f"situations/{job}/correction", hired | {"hours_a_week": 24.5}),
        (f"situations/{job}/end", {"ended_on": "2024-02-25", "reason": "trial_ended"}),
        ("employment-supports", visited),
        (f"employment-supports/{support}/correction", visited | {"note": None}),
        ("follow-ups/3/attempts", tried),
        (f"follow-ups/3/attempts/{attempt}/correction", tried | {"means": "sms"}),
    ):
        await running.post(f"/outcomes/v1/pathways/{pathway}/{what}", body, 201)
    against = f"/intake/v1/pathways/{pathway}/disagreements"
    said = {"id": str(uuid4()), "kind": "welcome", "said_on": "2024-02-03", "text": "Je suis venue la veille"}
    await running.post(against, said, 201, **mine)
    await running.post(f"{against}/{said['id']}/withdrawal", {"on": "2024-02-04"}, 201, **mine)
    restricted = {"reason": "accuracy_contested", "restricted_on": "2024-02-05"}
    await running.post(f"/intake/v1/persons/{one}/restriction", restricted, 201)
    await running.post(f"/intake/v1/persons/{one}/restriction/lifting", {"on": "2024-02-06"}, 201)
    await running.caught_up()
    return one, pathway, two, second


async def with_a_course(running: Running, pathway: str, not_started: str) -> None:
    """Appointments, attempts, adviser, commitment, pause and profile; handed over and back; a request set aside."""
    await running.post("/intake/v1/structures", {"structure": "s02", "name": "s02", "department": "42"}, 201)
    first, second, attempt = (str(uuid4()) for _ in range(3))
    offered = {"on": "2024-01-14", "purpose": "support", "place": "Bureau 3"}
    called = {"on": "2024-02-02", "means": "phone", "note": "Pas de réponse"}
    profile = {"on": "2024-01-14", "mainstream": ["none"], "rights": "open", "disability": "yes", "resources": ["rsa"]}
    for id, what, body in (
        (pathway, "appointments", offered | {"appointment": first}),
        (pathway, f"appointments/{first}/move", {"on": "2024-01-15", "at": "10:30"}),
        (pathway, f"appointments/{first}/kept", {}),
        (pathway, f"appointments/{first}/correction", offered | {"status": "kept", "settled_on": "2024-01-14"}),
        (pathway, "appointments", offered | {"appointment": second}),
        (pathway, f"appointments/{second}/cancellation", {"on": "2024-01-13"}),
        (not_started, "appointments", offered | {"on": "2024-02-01", "appointment": attempt}),
        (not_started, f"appointments/{attempt}/missed", None),
        (not_started, "attempts", called | {"attempt": attempt}),
        (not_started, f"attempts/{attempt}/correction", called | {"means": "sms"}),
        (not_started, "set-aside", {"on": "2024-02-03"}),
        (not_started, "set-aside/reopening", {"on": "2024-02-04"}),
        (pathway, "adviser", {"adviser": "camille", "on": "2024-01-14"}),
        (pathway, "commitment", {"on": "2024-01-14"}),
        (pathway, "commitment/correction", {"on": "2024-01-15"}),
        (pathway, "profile/start", profile),
        (pathway, "profile/start/correction", profile | UNTOLD | {"transport": ["bicycle", "public_transport"]}),
        (pathway, "pause", {"on": "2024-01-20"}),
        (pathway, "pause/resumption", {"on": "2024-01-25"}),
        (pathway, "pause/correction", {"paused_on": "2024-01-21", "resumed_on": "2024-01-25"}),
        (pathway, "transfer", {"to_structure": "s02", "transferred_on": "2024-01-26"}),
        (pathway, "transfer", {"to_structure": "s01", "transferred_on": "2024-01-27"}),
    ):
        await running.post(f"/intake/v1/pathways/{id}/{what}", body, 201)


async def test_the_copy_holds_every_fact_of_every_service_with_its_corrections(running: Running) -> None:
    one, pathway, two, second = await with_everything(running)
    found = await copy_of(running, one)
    told = Counter(entry.event for part in found.parts for entry in part.entries)
    stored: Counter[str] = Counter()
    for service in SERVICES:
        rows = await running.service(service).state.pool.fetch(
            "select name from events where pathway = any($1) or person = any($2)",
            [UUID(pathway), UUID(second)],
            [UUID(one), UUID(two)],
        )
        stored += Counter(row["name"] for row in rows)
    assert told == stored
    assert set(told) == set(labels.EVENTS) - OF_RETENTION, "every kind of fact was tried"
    assert (set(found.pathways), found.persons) == ({pathway, second}, [one])
    assert found.structure["structure"] == "s01"

    def texts(event: str) -> list[list[tuple[str, str]]]:
        entries = [entry for part in found.parts for entry in part.entries if entry.event == event]
        return [[(one.field, one.text) for one in entry.details] for entry in entries]

    assert texts("intake.person-identified") == [
        [("called", NAME), ("family_name", FAMILY), ("phone", PHONE)],
        [("called", "Marie")],
    ]
    assert texts("intake.identity-corrected") == [[("called", "Ange"), ("family_name", FAMILY)]]
    assert ("birth_year", "1990") in texts("intake.pathway-requested")[0]
    corrected = texts("intake.request-corrected")[0]
    assert ("requester", "le service pénitentiaire d'insertion et de probation (SPIP)") in corrected
    assert ("requested_on", "9 janvier 2024") in corrected
    assert texts("intake.withdrawal-corrected") == [[("on", "n'a finalement pas eu lieu")]]
    assert texts("diagnostic.diagnostic-completed")[0][2] == ("remobilisation", "4")
    assert texts("diagnostic.diagnostic-corrected")[0][2] == ("remobilisation", "5")
    assert ("hours", "7,5 h") in texts("training.activity-recorded")[0]
    assert ("situation", "en détention") in texts("outcomes.support-exited")[0]
    assert texts("disagreement.said") == [
        [
            ("of", "l'accueil"),
            ("version", "4"),
            ("said_on", "3 février 2024"),
            ("text", "Je suis venue la veille"),
        ]
    ]
    one_of_them = next(entry for part in found.parts for entry in part.entries if entry.event.endswith("welcomed"))
    assert (one_of_them.happened, one_of_them.recorded_by, one_of_them.correction) == (
        "10 janvier 2024",
        "development-operator",
        False,
    )
    assert (await copy_of(running, two)).parts == found.parts, "whoever was merged is the same person"


async def test_nobody_but_the_persons_own_structure_gets_a_copy(running: Running) -> None:
    person, pathway = await a_person(running)
    await a_person(running, "s02")
    # The same person in another structure: what that one recorded is its own to hand out.
    request = {"structure": "s02", "person": person, "requested_on": "2024-05-01"}
    elsewhere = str(uuid4())
    await running.post("/intake/v1/structures", {"structure": "s03", "name": "s03", "department": "69"})
    await running.post("/intake/v1/pathways", {"pathway": elsewhere, "request": request}, 201)
    await running.caught_up()
    assert (await copy_of(running, person)).pathways == [pathway]
    assert (await copy_of(running, person, "s02")).pathways == [elsewhere]
    with pytest.raises(CopyRefused) as refused:
        await copy_of(running, person, "s03")
    assert (refused.value.status, refused.value.code) == (404, "unknown-person")
    for service in SERVICES:
        path = f"/{service}/v1/copies/{person}"
        assert (await running.http.get(path, headers=adviser(running, "s03"))).status_code == 404
        assert (await running.http.get(path, headers=adviser(running, "s01"))).status_code == 200
        async with asking(running, "s01", Role.MANAGER) as manager:
            assert (await manager.get(path)).status_code == 200
        for role in (Role.OPERATOR, Role.OPS, Role.EVALUATOR, Role.INTEGRATOR):
            async with asking(running, role=role) as http:
                assert (await http.get(path)).status_code == 403
        assert (await httpx_without_token(running, path)).status_code == 401


async def httpx_without_token(running: Running, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(running.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://lieu") as http:
        return await http.get(path)


async def test_a_service_that_has_not_heard_of_a_pathway_is_waited_for_and_then_told(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, _ = await a_person(running)
    await running.caught_up()
    monkeypatch.setattr(composing, "PATIENCE", 0.2)
    await as_owner(running, "training", "delete from known_pathways")
    with pytest.raises(CopyRefused, match="training has not yet heard") as refused:
        await copy_of(running, person)
    assert refused.value.code == "not-yet-known"


async def as_owner(running: Running, service: str, statement: str) -> None:
    connection = await asyncpg.connect(running.addresses.databases[service].owner_url, server_settings=EVERYBODY)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


# Who read


async def noted(running: Running, service: str = "intake") -> list[tuple[str, str, str | None, str, UUID, UUID]]:
    rows = await running.service(service).state.pool.fetch(
        "select route, role, structure, reader, person, pathway from readings order by at, person"
    )
    return [tuple(row) for row in rows]


async def test_every_answer_about_one_person_is_noted_and_told_in_the_copy(running: Running) -> None:
    person, pathway = await a_person(running, family_name=FAMILY)
    twin, _ = await a_person(running, family_name=FAMILY)
    await running.post(f"/intake/v1/pathways/{pathway}/welcome", {"on": "2024-01-11"})
    await running.caught_up()
    assert await noted(running) == [], "commands note nothing"
    mine = adviser(running, "s01")
    subject = "development-adviser-s01"
    await running.http.get(f"/intake/v1/persons/{person}", headers=mine)
    assert await noted(running) == [("person", "adviser", "s01", subject, UUID(person), None)]
    await running.post("/intake/v1/persons/search", {"name": NAME}, 200, **mine)
    await running.post("/intake/v1/persons/search", {"name": "nobody"}, 200, **mine)
    await running.http.get("/intake/v1/duplicates", headers=mine)
    both = sorted([UUID(person), UUID(twin)])
    assert [row[4] for row in (await noted(running))[1:]] == both * 2
    await running.http.get(f"/intake/v1/pathways/{pathway}")
    await running.http.get("/intake/v1/events", params={"pathway": pathway})
    assert [(row[:4], row[5]) for row in (await noted(running))[5:]] == [
        (("pathway", "operator", None, "development-operator"), UUID(pathway)),
        (("events", "operator", None, "development-operator"), UUID(pathway)),
    ]
    started = await running.a_started_pathway("s02")
    await running.caught_up()
    await running.http.get("/diagnostic/v1/without-diagnostic")
    assert [(row[0], row[5]) for row in await noted(running, "diagnostic")] == [("without_diagnostic", UUID(started))]
    read = (await copy_of(running, person)).read
    assert {(line.who, line.reader, line.what, line.times) for line in read} == {
        ("professionnel·le de l'accompagnement, structure s01", subject, f"{what} (demande et accueil)", 1)
        for what in ("votre fiche d'identité", "recherche par nom ou par téléphone", "recherche de doublons")
    } | {
        ("opérateur de la plateforme", "development-operator", f"{what} (demande et accueil)", 1)
        for what in ("un de vos accompagnements", "liste des événements, sans leur contenu")
    } | {
        (
            "professionnel·le de l'accompagnement, structure s01",
            subject,
            f"votre copie, ce document ({title.lower()})",
            1,
        )
        for title in labels.SERVICES.values()
    }


async def test_what_cannot_be_noted_is_not_shown(running: Running) -> None:
    person, pathway = await a_person(running)
    await running.caught_up()
    await as_owner(running, "intake", "alter table readings add constraint full_disk check (false) not valid")
    try:
        for path in (f"/intake/v1/persons/{person}", f"/intake/v1/copies/{person}"):
            answer = await running.http.get(path, headers=adviser(running, "s01"))
            assert (answer.status_code, NAME in answer.text) == (500, False)
        assert (await running.http.get(f"/intake/v1/pathways/{pathway}")).status_code == 500
        await running.post(f"/intake/v1/pathways/{pathway}/welcome", {"on": "2024-01-11"}, 201)
    finally:
        await as_owner(running, "intake", "alter table readings drop constraint full_disk")


async def test_a_reading_is_kept_twelve_months_and_taken_away_by_nobody(running: Running) -> None:
    pool = running.service("intake").state.pool
    old = "insert into readings (at, person, reader, role, route) values (now() - interval '{}', $1, 'r', 'ops', 'x')"
    for age in ("12 months 1 day", "11 months 25 days"):
        await pool.execute(old.format(age), uuid4())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("delete from readings")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("update readings set reader = 'somebody else'")
    assert await pool.fetchval("select drop_old_readings()") == 1
    assert await pool.fetchval("select count(*) from readings") == 1


async def test_after_an_erasure_there_is_no_copy_and_no_reading(running: Running) -> None:
    person, pathway, merged, second = await with_everything(running)
    ids = {UUID(id) for id in (person, pathway, merged, second)}
    await copy_of(running, person)
    for service in SERVICES:
        await running.http.get(f"/{service}/v1/pathways/{pathway}")
        assert any(ids & set(row) for row in await noted(running, service))
    await erased(running, person)
    for service in SERVICES:
        assert not any(ids & set(row) for row in await noted(running, service))
        answer = await running.http.get(f"/{service}/v1/copies/{person}", headers=adviser(running, "s01"))
        assert answer.status_code == 404
        # What was loaded before the erasure and is noted after it.
        late = Looking(running.service(service).state.runtime.store, Caller("late", Role.ADVISER, "s01"), "copy")
        assert await late.shown([KnownHere(UUID(person), UUID(pathway))]) == []
        assert await noted(running, service) == []
    with pytest.raises(CopyRefused) as refused:
        await copy_of(running, person)
    assert refused.value.status == 404


async def test_a_row_that_names_nobody_cannot_be_noted(running: Running) -> None:
    looking = Looking(running.service("intake").state.runtime.store, Caller("x", Role.ADVISER, "s01"), "person")
    with pytest.raises(TypeError, match="neither a person nor a pathway"):
        await looking.shown([object()])
    assert await looking.shown([]) == []


# The three forms


def read_back(document: bytes) -> str:
    """The text of a PDF, its line breaks as spaces."""
    pages = pypdf.PdfReader(io.BytesIO(document)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


async def test_page_pdf_and_json_say_the_same_and_run_nothing_that_a_text_holds(running: Running) -> None:
    person, pathway, _, _ = await with_everything(running)
    tricky = {"called": TRICK, "family_name": None, "address": "1, rue Haute\n#set text(white)"}
    await running.post(f"/intake/v1/persons/{person}/identity", tricky, 201, **adviser(running, "s01"))
    address = f"/personnes/{person}/copie"
    async with asking(running) as http:
        page, document, data = [await http.get(address + ending) for ending in ("", ".pdf", ".json")]
    assert [answer.status_code for answer in (page, document, data)] == [200, 200, 200]
    assert document.headers["content-disposition"].startswith('attachment; filename="copie-2')
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert document.content.startswith(b"%PDF")
    printed = read_back(document.content)
    assert TRICK in printed
    assert "1, rue Haute #set text(white)" in printed
    told = json.loads(data.content)
    tries = 0
    spaced = " ".join(page.text.replace("&#34;", '"').replace("&#39;", "'").split())
    for part in told["parts"]:
        for entry in part["entries"]:
            for text in (entry["title"], entry["happened"], *(one["text"] for one in entry["details"])):
                words = " ".join(text.split())
                assert words in printed, words
                assert TRICK in words or words in spaced, words
                tries += 1
    assert tries > 100
    for line in (*told["received"], *told["read"]):
        assert line["what"] in spaced
    assert "Aucun : la plateforme n'a ouvert cet accès à personne." in spaced
    assert pathway in told["pathways"]


async def test_a_name_that_no_font_shows_is_a_box_and_its_code_points(running: Running) -> None:
    person, _ = await a_person(running, called="\U000f1234 Marie")
    await running.caught_up()
    assert "▯U+F1234 Marie" in read_back(pdf(await copy_of(running, person)))
    async with asking(running) as http:
        answer = await http.get(f"/personnes/{person}/copie.pdf")
        assert (answer.status_code, "▯U+F1234 Marie" in read_back(answer.content)) == (200, True)
        assert "\U000f1234 Marie" in (await http.get(f"/personnes/{person}/copie")).text


async def test_a_text_that_does_not_open_is_told_and_hides_nothing_else(running: Running) -> None:
    person, _ = await a_person(running, family_name=FAMILY)
    await running.caught_up()
    await as_owner(running, "intake", f"delete from person_keys where person = '{person}'")
    found = await copy_of(running, person)
    identity = found.parts[0].entries[0]
    assert [(one.field, one.value, one.text) for one in identity.details] == [
        (name, {"unreadable": "key-destroyed"}, "illisible (key-destroyed)") for name in ("called", "family_name")
    ]
    assert found.parts[1].entries[0].happened == "10 janvier 2024"


OURS = {"Origin": "http://lieu"}
"""As a browser sends it with a form of our own page."""


async def test_the_page_asks_for_a_token_and_goes_on_to_the_copy(running: Running) -> None:
    person, _ = await a_person(running)
    await running.caught_up()
    address = f"/personnes/{person}/copie"
    sent = await httpx_without_token(running, address)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/sign-in?back=%2Fpersonnes%2F{person}%2Fcopie")
    mine = issuer.token(running.data, Role.ADVISER, "s01")
    running.http.headers.pop("Authorization")
    form = await running.http.get(sent.headers["location"])
    assert f'value="{address}"' in form.text
    signed = await running.http.post("/sign-in", data={"token": mine, "back": address}, headers=OURS)
    assert (signed.status_code, signed.headers["location"]) == (303, address)
    assert NAME in (await running.http.get(address)).text, "by the cookie"
    for elsewhere in ("https://example.org/", "//example.org", "/personnes/../x", address + "?x=//example.org"):
        sent = await running.http.post("/sign-in", data={"token": mine, "back": elsewhere}, headers=OURS)
        assert (sent.status_code, sent.headers["location"]) == (303, "/"), "to no other site"
    running.http.cookies.clear()
    cookie = {"Cookie": "lieu_token=" + issuer.token(running.data, Role.ADVISER, "s02")}
    answer = await running.http.get(address, headers=cookie)
    assert (answer.status_code, NAME in answer.text) == (404, False)
    assert (await running.http.get(address, headers={"Cookie": "lieu_token=x"})).status_code == 303


async def test_the_command_line_writes_the_files_for_their_reader_alone(
    running: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await running.post("/intake/v1/structures", {"structure": "s01", "name": "Le Lieu", "department": "69"})
    person = str(await running.person("K1"))
    request = {"structure": "s01", "person": person, "requested_on": "2024-01-10"}
    body = {"request": request, "identity": {"called": NAME}}
    await running.post("/intake/v1/pathways", body, 201, **adviser(running, "s01"))
    await running.caught_up()
    platform = Platform("http://lieu", "unused", running.data)
    await platform.http.aclose()
    platform.http = asking(running)
    async with platform:
        as_pdf, as_json = tmp_path / "copie.pdf", tmp_path / "copie.json"
        assert await copy_person(platform, "import:K1", as_pdf, as_json) == 0
        assert [file.stat().st_mode & 0o777 for file in (as_pdf, as_json)] == [0o600, 0o600]
        assert NAME in read_back(as_pdf.read_bytes())
        assert json.loads(as_json.read_text())["parts"][0]["entries"][0]["details"][0]["text"] == NAME
        assert await copy_person(platform, person, None, None) == 0
        assert json.loads(capsys.readouterr().out)["structure"]["name"] == "Le Lieu"
        for wrong, told in (("nobody", "neither a person's id nor import:KEY"), (str(uuid4()), "unknown-person")):
            with pytest.raises(PlatformError, match=told):
                await copy_person(platform, wrong, None, None)
