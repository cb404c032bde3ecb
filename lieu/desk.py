"""What an adviser opens in the morning, and the whole timeline of one pathway: the four services' answers put together.

Like the command line, it asks the services over their HTTP interface with the caller's own token, who sees what they
would see there. Served under `lieu up` at /desk, printed by `lieu morning` and `lieu timeline` for any platform.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import httpx
from fastapi import Depends, FastAPI, Header
from starlette.types import ASGIApp

from shared.http.door import Application
from shared.http.openapi import describe
from shared.http.problems import answer_problems
from shared.http.routes import AskedUser
from shared.kernel.clock import PARIS, today
from shared.kernel.refusals import NotYetKnown, Problem
from shared.language.services import OF_PATHWAYS

LISTS = {
    "people": "intake/v1/people",
    "requests_waiting": "intake/v1/requests/waiting",
    "appointments": "intake/v1/appointments",
    "silent": "intake/v1/silent",
    "possible_duplicates": "intake/v1/duplicates/pathways",
    "without_diagnostic": "diagnostic/v1/without-diagnostic",
    "diagnostics_waiting": "diagnostic/v1/diagnostics-waiting",
    "actions_overdue": "diagnostic/v1/actions-overdue",
    "plans_to_review": "diagnostic/v1/plans-to-review",
    "sessions": "training/v1/sessions",
    "attendance_missing": "training/v1/attendance/missing",
    "proposals": "training/v1/proposals",
    "placements_ending": "training/v1/placements/ending",
    "placements_to_evaluate": "training/v1/placements/to-evaluate",
    "follow_ups_due": "outcomes/v1/follow-ups/due",
    "contracts_ending": "outcomes/v1/situations/ending",
    "contracts_without_news": "outcomes/v1/situations/without-news",
    "in_employment": "outcomes/v1/situations/in-employment",
}
"""By name in the morning's answer, the list that stands there."""
OF_THE_WEEK = ("appointments", "sessions")
OF_THE_STRUCTURE = ("requests_waiting", "possible_duplicates", "sessions")
"""Lists that nobody's in particular stand in: whole, also in one adviser's morning."""


@dataclass(frozen=True)
class Morning:
    """`lists`: each as its service answers it, of today or, of what has a date, of the seven days from today on.

    `missing`: lists that could not be had, with why; everything else stands.
    """

    lists: dict[str, list[dict[str, Any]]]
    missing: dict[str, str]


@dataclass(frozen=True)
class Entry:
    """One recorded fact of a pathway, as its service tells it, in the order in which things happened."""

    service: str
    event: str
    happened_on: str | None
    known_at: str
    recorded_by: str
    version: int
    fact: dict[str, Any]


async def morning(http: httpx.AsyncClient, adviser: str | None) -> Morning:
    """Of the caller's structure, or of one adviser of it (the subject of their token). Raises Problem."""
    week = {"from": today().isoformat(), "to": (today() + timedelta(days=6)).isoformat()}

    async def asked(name: str, path: str) -> tuple[str, list[dict[str, Any]] | str]:
        query = {"adviser": adviser} if adviser and name not in OF_THE_STRUCTURE else {}
        answer = await http.get(f"/{path}", params=query | (week if name in OF_THE_WEEK else {}))
        if answer.status_code in (401, 403, 422):
            raise _problem(answer)
        return name, answer.json() if answer.is_success else answer.json().get("code", "unexpected")

    found = await asyncio.gather(*(asked(name, path) for name, path in LISTS.items()))
    lists = {name: rows for name, rows in found if isinstance(rows, list)}
    return Morning(lists, {name: why for name, why in found if isinstance(why, str)})


async def timeline(http: httpx.AsyncClient, pathway: UUID) -> list[Entry]:
    """By the day on which each thing happened, else became known. Raises Problem where a service does not answer."""
    answers = await asyncio.gather(*(http.get(f"/{of}/v1/pathways/{pathway}/timeline") for of in OF_PATHWAYS))
    if answers[0].status_code == 409 and answers[0].json()["code"] == "not-yet-known":
        raise NotYetKnown(pathway)
    entries: list[Entry] = []
    for service, answer in zip(OF_PATHWAYS, answers, strict=True):
        if not answer.is_success:
            raise _problem(answer)
        for told in answer.json():
            named = {name: told.pop(name) for name in ("event", "happened_on", "known_at", "recorded_by", "version")}
            entries.append(Entry(service=service, **named, fact=told))
    return sorted(entries, key=lambda entry: (entry.happened_on or _day(entry.known_at), entry.known_at))


def _day(known_at: str) -> str:
    return datetime.fromisoformat(known_at).astimezone(PARIS).date().isoformat()


def _problem(answer: httpx.Response) -> Problem:
    said = answer.json()
    return Problem(answer.status_code, said["code"], said["detail"])


def desk_app(platform: ASGIApp) -> FastAPI:
    """`platform` answers the services' routes."""
    app = Application(title="Desk: what an adviser opens in the morning", version="1")
    answer_problems(app)
    describe(app, "desk")

    async def _as_caller(
        authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> AsyncIterator[httpx.AsyncClient]:
        if authorization is None:
            raise Problem(401, "token-needed", "send a bearer token: Authorization: Bearer …")
        transport = httpx.ASGITransport(platform, raise_app_exceptions=False)
        headers = {"Authorization": authorization}
        async with httpx.AsyncClient(transport=transport, base_url="http://lieu", headers=headers) as http:
            yield http

    Http = Annotated[httpx.AsyncClient, Depends(_as_caller)]

    @app.get("/v1/morning", name="morning")
    async def of_the_morning(
        http: Http,
        adviser: AskedUser = None,
    ) -> Morning:
        """Everything that waits in one's own structure, or for one of its advisers: a list a question."""
        return await morning(http, adviser)

    @app.get("/v1/pathways/{pathway}/timeline", name="timeline")
    async def of_a_pathway(pathway: UUID, http: Http) -> list[Entry]:
        """Every fact of a pathway of one's own structure over all services, corrections and texts included."""
        return await timeline(http, pathway)

    return app
