"""One person's whole pathway over HTTP, across all services, as those who support them would tell it."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from lieu import issuer
from shared.kernel.callers import Role
from tests.harness import Running, eventually

TILLEULS, ERABLES = "tilleuls", "erables"
SIRET = "73282932000074"
ANSWERS = ["wake", "meet", "ask", "plan", "try", "speak", "health", "trust", "body", "learn"]


@dataclass
class Someone:
    """Who speaks to the platform, with a token of their own."""

    running: Running
    role: Role
    structure: str | None = None
    name: str = ""

    @property
    def subject(self) -> str:
        return self.name or f"{self.role}-{self.structure}"

    def _headers(self) -> dict[str, str]:
        token = issuer.token(self.running.data, self.role, self.structure, subject=self.subject)
        return {"Authorization": f"Bearer {token}"}

    async def does(self, path: str, body: Any = None, status: int = 201, **headers: str) -> Any:
        """A command, asked again while a service has not heard of what it needs, as a client would."""
        answer = await eventually(
            lambda: self.running.http.post(path, json=body, headers=self._headers() | headers),
            lambda said: status == 409 or said.status_code != 409 or not said.headers.get("retry-after"),
        )
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def sees(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = await self.running.http.get(path, params=query, headers=self._headers())
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def figures(self, year: int, **query: Any) -> dict[str, Any]:
        """Of their own structure in a year: the numerator of a share, the value of a count."""
        asked = {"scope": f"structure:{self.structure}", "from": f"{year}-01-01", "to": f"{year}-12-31"} | query
        found = (await self.sees("/reporting/v1/indicators", **asked))["indicators"]
        return {id: figure.get("numerator", figure["value"]) for id, figure in found.items()}

    async def list_behind(self, id: str, year: int, part: str = "numerator", **query: Any) -> dict[str, Any]:
        asked = {"scope": f"structure:{self.structure}", "from": f"{year}-01-01", "to": f"{year}-12-31", "part": part}
        found: dict[str, Any] = await self.sees(f"/reporting/v1/indicators/{id}/pathways", **asked | query)
        return found


@pytest.fixture
async def anna(running: Running) -> "Anna":
    operator = Someone(running, Role.OPERATOR)
    for code in (TILLEULS, ERABLES):
        await operator.does("/intake/v1/structures", {"structure": code, "name": code.title(), "department": "69"})
    return Anna(running)


class Anna:
    """A person, the pathway that she asks for, and the people around her."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.pathway, self.person = str(uuid4()), str(uuid4())
        self.adviser = Someone(running, Role.ADVISER, TILLEULS, "camille")
        self.colleague = Someone(running, Role.ADVISER, TILLEULS, "dominique")
        self.manager = Someone(running, Role.MANAGER, TILLEULS, "claude")
        self.other = Someone(running, Role.ADVISER, ERABLES, "maxime")

    def at(self, service: str, rest: str) -> str:
        return f"/{service}/v1/pathways/{self.pathway}/{rest}"

    async def asks(self, on: str = "2024-01-08") -> None:
        request = {
            "structure": TILLEULS, "person": self.person, "requested_on": on, "requester": "siao",
            "birth_year": 1985, "sex": "female", "housing": "chrs", "unemployment_months": 30,
        }  # fmt: skip
        identity = {"called": "Anna", "family_name": "Dias", "phone": "06 00 00 00 07", "language": "pt"}
        body = {"pathway": self.pathway, "request": request, "identity": identity}
        await self.adviser.does("/intake/v1/pathways", body)

    async def settled(self) -> str:
        """When everything that was told has been heard; the instant, to ask figures by."""
        await self.running.caught_up()
        found = await self.adviser.sees(
            "/reporting/v1/indicators", **{"scope": f"structure:{TILLEULS}", "from": "2024-01-01", "to": "2024-12-31"}
        )
        return str(found["known_at"])


async def test_a_person_from_the_request_to_another_structure(anna: Anna) -> None:
    adviser, manager, other, at = anna.adviser, anna.manager, anna.other, anna.at

    # --- the request, and how she is reached
    await manager.does(f"/intake/v1/structures/{TILLEULS}/welcome-delay", {"days": 5})
    await anna.asks()
    asked = await anna.settled()
    (waiting,) = await adviser.sees("/intake/v1/requests/waiting")
    assert (waiting["pathway"], waiting["due_on"], waiting["alarm"]) == (anna.pathway, "2024-01-13", True)
    assert await adviser.figures(2024) | {"requests": 1, "welcomed_share": 0} == await adviser.figures(2024)

    first, second = str(uuid4()), str(uuid4())
    offer = {"on": "2024-01-10", "purpose": "welcome", "place": "bureau 12", "appointment": first}
    await adviser.does(at("intake", "appointments"), offer)
    await adviser.does(at("intake", f"appointments/{first}/missed"))
    await adviser.does(at("intake", "attempts"), {"on": "2024-01-11", "means": "phone"})
    await adviser.does(at("intake", "set-aside"), {"on": "2024-01-11"})
    await adviser.does(at("intake", "set-aside/reopening"), {"on": "2024-01-12"})
    await adviser.does(at("intake", "appointments"), offer | {"on": "2024-01-15", "appointment": second})
    await adviser.does(at("intake", f"appointments/{second}/move"), {"on": "2024-01-16", "at": "10:30"})
    await adviser.does(at("intake", f"appointments/{second}/kept"), {})

    # --- welcome (corrected), adviser, profile, start
    await adviser.does(at("intake", "welcome"), {"on": "2024-01-17"})
    await anna.settled()
    assert (await adviser.figures(2024))["days_to_welcome_median"] == 9
    await adviser.does(at("intake", "welcome/correction"), {"on": "2024-01-16"})
    welcomed = await anna.settled()
    assert (await adviser.figures(2024))["days_to_welcome_median"] == 8
    assert (await adviser.figures(2024, known_at=asked))["days_to_welcome_median"] is None
    await manager.does(at("intake", "adviser"), {"adviser": adviser.subject, "on": "2024-01-16"})
    profile = {"on": "2024-01-16", "mainstream": ["none"], "rights": "not_open", "housing": "chrs"}
    await adviser.does(at("intake", "profile/request"), profile)
    await adviser.does(at("intake", "commitment"), {"on": "2024-01-17"})
    await adviser.does(at("intake", "start"), {"on": "2024-01-22"})
    await adviser.does(at("intake", "profile/start"), profile | {"on": "2024-01-22", "disability": "yes"})
    await anna.settled()
    (me,) = await adviser.sees("/intake/v1/people", adviser=adviser.subject)
    assert (me["called"], me["stage"], me["since"]) == ("Anna", "supported", "2024-01-22")
    (opened,) = await adviser.sees("/diagnostic/v1/diagnostics-waiting")
    assert opened["pathway"] == anna.pathway, "a start opens a diagnostic"

    # --- the bilan, the barriers and the plan
    instruments = {one["version"]: one for one in await adviser.sees("/diagnostic/v1/instruments")}
    items = [item["code"] for item in instruments["remobilisation-2"]["items"]]
    entry, plan = str(uuid4()), str(uuid4())
    await adviser.does(at("diagnostic", "diagnostics"), {
        "id": entry, "completed_on": "2024-01-29", "purpose": "entry", "instrument": "remobilisation-2",
        "answers": [{"item": item, "given": 1} for item in items[:-1]] + [{"item": items[-1], "given": "refused"}],
    })  # fmt: skip
    await adviser.does(at("diagnostic", f"diagnostics/{entry}/bilan"), {
        "skills": "Elle a tenu une cantine.", "languages": [{"language": "pt", "level": "native"}],
        "occupations": [{"rome": "G1602", "months": 48}], "target_occupations": ["G1602"], "hours_a_week": 28,
    })  # fmt: skip
    for domain, intensity in (("mobility", "high"), ("health", "medium")):
        barrier = {"assessed_on": "2024-01-29", "domain": domain, "intensity": intensity}
        await adviser.does(at("diagnostic", "barriers"), barrier)
    actions = {kind: str(uuid4()) for kind in ("workshop", "support", "placement", "other")}
    await adviser.does(at("diagnostic", "plans"), {
        "id": plan, "agreed_on": "2024-01-30",
        "objectives": [{"text": "Retravailler en cuisine"}],
        "actions": [
            {"id": actions["workshop"], "kind": "workshop", "responsible": "adviser", "due_on": "2024-02-28"},
            {"id": actions["support"], "kind": "support", "responsible": "partner", "barrier": "mobility"},
            {"id": actions["placement"], "kind": "placement", "responsible": "person"},
            {"id": actions["other"], "kind": "other", "responsible": "person", "due_on": "2024-03-01",
             "text": "Refaire le CV"},
        ],
    })  # fmt: skip
    diagnosed = await anna.settled()
    assert (await adviser.figures(2024))["plan_share"] == 1
    assert {one["action"] for one in await adviser.sees("/training/v1/proposals")} == {
        actions["workshop"], actions["support"], actions["placement"]
    }, "an agreed plan's actions propose sessions"  # fmt: skip
    overdue = {one["action"] for one in await adviser.sees("/diagnostic/v1/actions-overdue")}
    assert overdue == {actions["workshop"], actions["other"]}

    # --- a session, a support action that lifts a barrier, a placement that is renewed
    half_days = [{"day": "2024-02-12", "part": part} for part in ("morning", "afternoon")]
    session, enrolment = str(uuid4()), str(uuid4())
    await adviser.does("/training/v1/sessions", {
        "id": session, "structure": TILLEULS, "kind": "workshop", "title": "Cuisine collective", "place": "Salle A",
        "half_days": half_days, "hours_per_half_day": 3.5, "capacity": 8, "outside": 3,
    })  # fmt: skip
    await adviser.does(at("training", "enrolments"), {
        "id": enrolment, "session": session, "enrolled_on": "2024-02-01", "action": actions["workshop"]})  # fmt: skip
    await adviser.does(at("training", f"enrolments/{enrolment}/attendance"), {"attended": half_days[:1]})
    await anna.settled()
    assert (await adviser.figures(2024))["hours_workshop"] == 3.5
    corrected = {"attended": half_days, "dropped_for": None}
    await adviser.does(at("training", f"enrolments/{enrolment}/attendance/correction"), corrected)
    support = {
        "barrier": "mobility", "started_on": "2024-02-05", "ended_on": "2024-02-20", "hours": 4, "result": "lifted",
        "action": actions["support"],
    }  # fmt: skip
    await adviser.does(at("training", "supports"), support)
    tutor, placement = str(uuid4()), str(uuid4())
    await adviser.does("/training/v1/correspondents", {"id": tutor, "structure": TILLEULS, "name": "Mme Roux"})
    await adviser.does(at("training", "placements"), {
        "id": placement, "form": "pmsmp", "starts_on": "2024-03-12", "ends_on": "2024-04-11", "employer": SIRET,
        "tutor": tutor, "prescriber": "france_travail", "objective": "confirm", "hours_planned": 120,
        "action": actions["placement"],
    })  # fmt: skip
    renewal = at("training", f"placements/{placement}/renewal")
    await adviser.does(renewal, {"until": "2024-05-12"}, 409)
    await adviser.does(renewal, {"until": "2024-05-11", "hours_planned": 240})
    await adviser.does(renewal, {"until": "2024-05-10"}, 409)
    await adviser.does(at("training", f"placements/{placement}/end"), {"ended_on": "2024-05-11", "hours": 230})
    await anna.settled()
    (to_evaluate,) = await adviser.sees("/training/v1/placements/to-evaluate")
    assert to_evaluate["placement"] == placement
    evaluation = {"evaluated_on": "2024-05-14", "conclusion": "confirmed", "text": "Elle veut continuer."}
    await adviser.does(at("training", f"placements/{placement}/evaluation"), evaluation)
    trained = await anna.settled()
    figures = await adviser.figures(2024)
    told = ("hours_workshop", "hours_placement", "hours_support", "mobilised_share")
    assert [figures[id] for id in told] == [7, 230, 4, 1]
    assert [(await adviser.figures(2024, known_at=diagnosed))[id] for id in told] == [0, 0, 0, 0]
    progress = await adviser.sees(at("diagnostic", "progress"))
    settled = {one["action"]: one["outcome"] for one in progress["actions"]}
    assert settled[actions["support"]] == "done", "a lifted barrier updates the plan"
    assert settled[actions["other"]] is None

    # --- a pause changes no figure
    await adviser.does(at("intake", "pause"), {"on": "2024-05-20"})
    await anna.settled()
    (me,) = await adviser.sees("/intake/v1/people")
    assert me["stage"] == "paused"
    await adviser.does(at("intake", "pause/resumption"), {"on": "2024-06-10"})
    await anna.settled()
    assert await adviser.figures(2024) == figures

    # --- re-assessment, a job that does not end the pathway, support in it
    await adviser.does(at("diagnostic", "diagnostics"), {
        "completed_on": "2024-06-12", "purpose": "interim", "instrument": "remobilisation-2",
        "answers": [{"item": item, "given": 2} for item in items],
    })  # fmt: skip
    eased = {"assessed_on": "2024-06-12", "domain": "mobility", "intensity": "none"}
    await adviser.does(at("diagnostic", "barriers"), eased)
    job = str(uuid4())
    await adviser.does(at("outcomes", "situations"), {
        "id": job, "situation": "employment", "started_on": "2024-07-01", "contract": "cdd",
        "contract_end": "2024-12-30", "hours_a_week": 28, "occupation": "G1602", "employer": SIRET,
    })  # fmt: skip
    talk = {"job": job, "what": "talk_with_employer", "supported_on": "2024-09-02", "note": "Tout va bien."}
    await adviser.does(at("outcomes", "employment-supports"), talk)
    working = await anna.settled()
    (employed,) = await adviser.sees("/outcomes/v1/situations/in-employment")
    assert employed["pathway"] == anna.pathway
    (without_news,) = await adviser.sees("/outcomes/v1/situations/without-news")
    assert without_news["pathway"] == anna.pathway, "the contract's end has passed, and nobody told of it"
    assert (await adviser.figures(2024))["leavers"] == 0
    assert (await adviser.figures(2024))["days_to_employment_km"] == 161

    # --- the exit, corrected: a day more makes it durable
    await adviser.does(at("outcomes", f"situations/{job}/end"), {"ended_on": "2024-12-30", "reason": "end_of_contract"})
    leaving = {
        "exited_on": "2024-12-31", "situation": "employment", "contract": "cdd", "contract_start": "2024-07-01",
        "contract_end": "2024-12-30", "reason": "aim_reached",
    }  # fmt: skip
    await adviser.does(at("outcomes", "exit"), leaving)
    await adviser.does(at("intake", "profile/exit"), profile | {"on": "2024-12-31", "mainstream": ["france_travail"]})
    left = await anna.settled()
    told = ("leavers", "exits_durable", "exits_transition", "mainstream_regained_share", "remobilised_share",
            "barriers_reduced_share")  # fmt: skip
    figures = await adviser.figures(2024)
    assert [figures[id] for id in told] == [1, 0, 1, 1, 1, 1]
    await adviser.does(at("outcomes", "exit/correction"), leaving | {"contract_end": "2024-12-31"})
    durable = await anna.settled()
    assert [(await adviser.figures(2024))[id] for id in told] == [1, 1, 0, 1, 1, 1]
    assert [(await adviser.figures(2024, known_at=left))[id] for id in told] == [1, 0, 1, 1, 1, 1]
    assert [(await adviser.figures(2024, known_at=working))[id] for id in told] == [0, 0, 0, 0, 0, 0]
    for id, part in (("exits_durable", "numerator"), ("dynamic_exit_share", "denominator"), ("requests", "numerator")):
        behind = await adviser.list_behind(id, 2024, part)
        assert (behind["count"], [row["pathway"] for row in behind["pathways"]]) == (1, [anna.pathway]), id
    due = {one["month"] for one in await adviser.sees("/outcomes/v1/follow-ups/due")}
    assert due == {3, 6, 12}

    # --- a missed follow-up, then a reopening: what is not yet due is cancelled
    await adviser.does(at("outcomes", "follow-ups/3/attempts"), {"attempted_on": "2025-03-31", "means": "phone"})
    await adviser.does(at("outcomes", "follow-ups/3"), {"asked_on": "2025-04-07", "status": "unreachable"})
    missed = await anna.settled()
    figures = await adviser.figures(2024)
    assert (figures["followup_3_asked_share"], figures["followup_3_response_share"]) == (1, 0)
    await adviser.does(at("outcomes", "exit/reopening"), {"on": "2025-05-05"})
    reopened = await anna.settled()
    assert await adviser.sees("/outcomes/v1/follow-ups/due") == []
    assert (await adviser.figures(2024))["leavers"] == 0
    assert (await adviser.figures(2024, known_at=missed))["leavers"] == 1
    (me,) = await adviser.sees("/intake/v1/people")
    assert me["stage"] == "supported"

    # --- the transfer: the new structure goes on
    assert await other.sees("/intake/v1/people") == []
    await other.does(at("intake", "pause"), {"on": "2025-06-01"}, 409)
    move = {"to_structure": ERABLES, "transferred_on": "2025-06-02"}
    await adviser.does(at("intake", "transfer"), move)
    await adviser.does(at("intake", "transfer"), move, 200)
    moved = await anna.settled()
    assert await adviser.sees("/intake/v1/people") == []
    (me,) = await other.sees("/intake/v1/people")
    assert (me["called"], me["adviser"]) == ("Anna", None)
    await adviser.does(at("outcomes", "exit"), leaving, 409)
    await other.does(at("outcomes", "exit"), leaving | {"exited_on": "2025-09-30", "contract": "cdi"})
    gone = await anna.settled()
    assert (await adviser.figures(2024))["supported"] == 1, "it was held here on the last day of 2024"
    assert (await adviser.figures(2025))["supported"] == 0
    figures = await other.figures(2025)
    assert [figures[id] for id in ("supported", "leavers", "exits_durable")] == [1, 1, 1]
    assert (await other.figures(2025, known_at=moved))["leavers"] == 0
    due = await other.sees("/outcomes/v1/follow-ups/due")
    assert {one["structure"] for one in due} <= {ERABLES}
    assert 3 in {one["month"] for one in due}, "who leaves anew is asked again"

    # --- the whole timeline, by whoever holds the pathway now
    timeline = await other.sees(f"/desk/v1/pathways/{anna.pathway}/timeline")
    days = [entry["happened_on"] or entry["known_at"][:10] for entry in timeline]
    dated = [entry["happened_on"] for entry in timeline if entry["happened_on"]]
    assert dated == sorted(dated)
    assert len(days) == len(timeline) > 40
    assert {entry["service"] for entry in timeline} == {"intake", "diagnostic", "training", "outcomes"}
    names = [entry["event"] for entry in timeline]
    for earlier, later in (
        ("intake.pathway-requested", "intake.appointment-missed"),
        ("intake.support-started", "diagnostic.plan-agreed"),
        ("outcomes.exit-reopened", "intake.pathway-transferred"),
    ):
        assert names.index(earlier) < names.index(later)
    (note,) = [entry["fact"]["told"]["note"] for entry in timeline if entry["event"].endswith("support-recorded")]
    assert note == "Tout va bien."
    for moment in (asked, welcomed, diagnosed, trained, working, left, durable, missed, reopened, moved, gone):
        datetime.fromisoformat(moment)
    assert await adviser.sees(f"/desk/v1/pathways/{anna.pathway}/timeline", 404)


async def test_the_morning_holds_what_every_service_lists(anna: Anna) -> None:
    await anna.asks("2024-01-08")
    await anna.adviser.does(anna.at("intake", "start"), {"on": "2024-01-22"})
    await anna.settled()
    morning = await anna.adviser.sees("/desk/v1/morning")
    assert morning["missing"] == {}
    assert [one["pathway"] for one in morning["lists"]["people"]] == [anna.pathway]
    assert [one["pathway"] for one in morning["lists"]["without_diagnostic"]] == [anna.pathway]
    assert [one["pathway"] for one in morning["lists"]["silent"]] == [anna.pathway]
    nobody = await anna.adviser.sees("/desk/v1/morning", adviser="nobody")
    assert not any(nobody["lists"][name] for name in ("people", "silent", "without_diagnostic"))
    assert (await Someone(anna.running, Role.OPS).sees("/desk/v1/morning", 403))["code"] == "not-allowed"


async def test_of_two_advisers_at_once_one_is_told_what_changed(anna: Anna) -> None:
    await anna.asks()
    start = await anna.adviser.does(anna.at("intake", "start"), {"on": "2024-01-22"})
    seen = f'"{start["version"]}"'
    correction = anna.at("intake", "start/correction")
    await anna.adviser.does(correction, {"on": "2024-01-23"}, **{"If-Match": seen})
    conflict = await anna.colleague.does(correction, {"on": "2024-01-24"}, 409, **{"If-Match": seen})
    assert conflict["code"] == "version-conflict"
    (change,) = conflict["changes"]
    assert (change["event"], change["happened_on"], change["recorded_by"]) == (
        "intake.start-corrected", "2024-01-23", "camille"
    )  # fmt: skip
    now = f'"{change["version"]}"'
    await anna.colleague.does(correction, {"on": "2024-01-24"}, **{"If-Match": now})


async def test_truly_at_once_nothing_of_another_person_is_overridden_unseen(anna: Anna) -> None:
    await anna.asks()
    await anna.adviser.does(anna.at("intake", "start"), {"on": "2024-01-22"})
    correction = anna.running.http.post
    conflicts = 0
    for day in range(10):
        answers = await asyncio.gather(
            *(
                correction(
                    anna.at("intake", "start/correction"),
                    json={"on": date(2024, 2, 1 + day).replace(month=month).isoformat()},
                    headers=who._headers(),
                )
                for month, who in ((2, anna.adviser), (3, anna.colleague))
            )
        )
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses in ([201, 201], [201, 409])
        for answer in answers:
            if answer.status_code == 409:
                conflicts += 1
                assert answer.json()["code"] == "version-conflict"
                assert answer.json()["changes"]
    assert conflicts > 0


async def test_the_same_key_gives_the_first_answer_and_one_event(anna: Anna) -> None:
    await anna.asks()
    offer = {"on": "2024-01-10", "purpose": "welcome", "appointment": str(uuid4())}
    key = {"Idempotency-Key": "once"}
    first = await anna.adviser.does(anna.at("intake", "appointments"), offer, **key)
    again = await anna.running.http.post(
        anna.at("intake", "appointments"), json=offer, headers=anna.adviser._headers() | key
    )
    assert again.json() == first
    offered = [
        one
        for one in await anna.adviser.sees(anna.at("intake", "timeline"))
        if one["event"] == "intake.appointment-offered"
    ]
    assert len(offered) == 1
    assert UUID(first["id"])
