"""Asks every service for its part of the copy, and says it in French."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import orjson

from lieu.personal_copy import labels

PATIENCE = 5.0
"""Seconds in which every service must have heard of the pathways that intake knows."""


class CopyRefused(Exception):
    """A service answered with an error; `code` and the message are its own."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Detail:
    """One value: `value` as it is recorded, `text` as it reads."""

    field: str
    label: str
    value: Any
    text: str


@dataclass(frozen=True)
class Entry:
    """One recorded fact. `happened`, `known`: in French; `missing`: what was left empty.

    `imported`: what the import said where it differs. `about`: what a correction has in common with what it corrects.
    """

    event: str
    title: str
    correction: bool
    about: str | None
    happened_on: str | None
    happened: str
    known_at: str
    known: str
    recorded_by: str
    historical: bool
    details: list[Detail]
    missing: list[str]
    imported: list[Detail]


@dataclass(frozen=True)
class Part:
    """What one service holds of one pathway, in the order in which it became known; null: of the person themselves."""

    title: str
    service: str
    pathway: str | None
    entries: list[Entry]


@dataclass(frozen=True)
class Read:
    """How often somebody looked at something on one day."""

    day: str
    reader: str
    who: str
    what: str
    times: int


@dataclass(frozen=True)
class Received:
    who: str
    what: str


@dataclass(frozen=True)
class PersonalCopy:
    """The whole document: page, PDF and JSON are three forms of it."""

    made_at: str
    made: str
    structure: dict[str, str]
    persons: list[str]
    pathways: list[str]
    parts: list[Part]
    read: list[Read]
    received: list[Received]
    rights: list[str]

    def as_json(self) -> bytes:
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)


async def compose(http: httpx.AsyncClient, person: UUID) -> PersonalCopy:
    """The copy of a person of the caller's structure; `http` carries the caller's token.

    Raises CopyRefused, and httpx's errors where the platform cannot be reached.
    """
    structure = await _get(http, "/intake/v1/structure")
    intake = await _get(http, f"/intake/v1/copies/{person}")
    here = {"intake": intake}
    for service in list(labels.SERVICES)[1:]:
        here[service] = await _whole(http, service, intake["pathways"])
    made_at = datetime.now(UTC).isoformat()
    return PersonalCopy(
        made_at=made_at,
        made=labels.moment(made_at),
        structure=structure,
        persons=_persons(intake["pathways"]),
        pathways=[known["pathway"] for known in intake["pathways"]],
        parts=_parts(here),
        read=_read(here | {"reporting": {"readings": await _behind_figures(http, intake["pathways"])}}),
        received=[Received(**told) for told in labels.RECEIVED],
        rights=list(labels.RIGHTS),
    )


async def _get(http: httpx.AsyncClient, path: str) -> Any:
    answer = await http.get(path)
    if answer.is_success:
        return answer.json()
    try:
        problem = answer.json()
        raise CopyRefused(answer.status_code, problem["code"], problem["detail"])
    except (ValueError, KeyError):
        raise CopyRefused(answer.status_code, "unexpected", "the platform gave no reason") from None


async def _behind_figures(http: httpx.AsyncClient, pathways: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """Looks at lists behind figures, of which reporting alone knows."""
    looks = [await _get(http, f"/reporting/v1/pathways/{known['pathway']}/readings") for known in pathways]
    return [look for those in looks for look in those]


def _persons(pathways: Sequence[dict[str, str]]) -> list[str]:
    return sorted({known["person"] for known in pathways})


async def _whole(http: httpx.AsyncClient, service: str, pathways: Sequence[dict[str, str]]) -> dict[str, Any]:
    """A service's part, once it has heard of every pathway that intake knows under the ids that intake knows."""
    wanted = {(known["person"], known["pathway"]) for known in pathways}
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        found: dict[str, Any] = {"pathways": [], "facts": [], "readings": []}
        for person in _persons(pathways):
            try:
                part = await _get(http, f"/{service}/v1/copies/{person}")
            except CopyRefused as refused:
                if refused.status != 404:
                    raise
                continue
            for name, rows in found.items():
                rows += part[name]
        if wanted <= {(known["person"], known["pathway"]) for known in found["pathways"]}:
            return found
        if asyncio.get_running_loop().time() > deadline:
            raise CopyRefused(409, "not-yet-known", f"{service} has not yet heard of all that intake knows; try again")
        await asyncio.sleep(0.1)


def _parts(here: dict[str, dict[str, Any]]) -> list[Part]:
    of_the_person = [fact for fact in here["intake"]["facts"] if fact["pathway"] is None]
    parts = [_part("Qui vous êtes", "intake", None, of_the_person)]
    for pathway, requested_on in _requests(here["intake"]["facts"]).items():
        for service, title in labels.SERVICES.items():
            facts = [fact for fact in here[service]["facts"] if fact["pathway"] == pathway]
            parts.append(
                _part(f"Accompagnement demandé le {labels.day(requested_on)} : {title}", service, pathway, facts)
            )
    return [part for part in parts if part.entries]


def _requests(facts: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The day of each pathway's request as it now stands, in the order in which they became known."""
    return {fact["pathway"]: fact["told"]["requested_on"] for fact in facts if "requested_on" in fact["told"]}


def _part(title: str, service: str, pathway: str | None, facts: Sequence[dict[str, Any]]) -> Part:
    return Part(title, service, pathway, [_entry(fact) for fact in facts])


def _entry(fact: dict[str, Any]) -> Entry:
    event, told = fact["event"], fact["told"]
    missing = [labels.field(event, name, value)[0] for name, value in told.items() if not _text(event, name, value)]
    return Entry(
        event=event,
        title=labels.EVENTS[event],
        correction=event.endswith("-corrected"),
        about=fact["about"],
        happened_on=fact["happened_on"],
        happened=labels.day(fact["happened_on"]) if fact["happened_on"] else "sans date",
        known_at=fact["known_at"],
        known=labels.moment(fact["known_at"]),
        recorded_by=fact["recorded_by"],
        historical=fact["historical"],
        details=_details(event, told),
        missing=missing,
        imported=_details(event, fact["imported"] or {}),
    )


def _text(event: str, name: str, value: Any) -> str | None:
    return labels.field(event, name, value)[1]


def _details(event: str, told: dict[str, Any]) -> list[Detail]:
    found = []
    for name, value in told.items():
        label, text = labels.field(event, name, value)
        if text is not None:
            found.append(Detail(name, label, value, text))
    return found


def _read(here: dict[str, dict[str, Any]]) -> list[Read]:
    looks: dict[tuple[str, str, str, str], set[str]] = {}
    for service, part in here.items():
        for reading in part["readings"]:
            on = datetime.fromisoformat(reading["at"]).astimezone(labels.PARIS).date().isoformat()
            who = labels.ROLES[reading["role"]]
            if reading["structure"]:
                who += f", structure {reading['structure']}"
            what = f"{labels.ROUTES[reading['route']]} ({labels.READ_IN[service].lower()})"
            # An answer that showed two pathways was one look: its rows have one instant.
            looks.setdefault((on, reading["reader"], who, what), set()).add(reading["at"])
    return [
        Read(labels.day(on), reader, who, what, len(instants))
        for (on, reader, who, what), instants in sorted(looks.items())
    ]
