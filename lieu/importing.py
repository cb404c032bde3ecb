"""Brings a historical import folder to the platform.

First everything is read and checked, together with what the platform already knows of each pathway; only then are
the dossiers sent, to intake first. An interrupted import is run again: what was recorded adds nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from lieu.client import Platform, PlatformError
from lieu.import_folder import KeyedDossier, Reading, read_folder
from lieu.import_sheets import Refusal
from shared.kernel.clock import day_in, latest_day
from shared.kernel.imports import ImportedUnderKey, KnownRow, KnownUnderKey, Outcome
from shared.language.history import ById, PathwayRow, SentDossier, SentPathwayRow, StructureRow, numbered
from shared.language.history_checks import problems_of
from shared.language.kind_rows import IMPORTED, Rows
from shared.language.services import OF_PATHWAYS

R = TypeVar("R")

CHUNK = 100
AT_ONCE = 3
PATIENCE = 120.0
"""Seconds to wait for a service to hear of a pathway that intake has recorded."""

_KNOWN = TypeAdapter(list[KnownUnderKey])
_IMPORTED = TypeAdapter(list[ImportedUnderKey])
_DOSSIERS = TypeAdapter(dict[str, list[SentDossier]])
_STRUCTURES = TypeAdapter(dict[str, list[StructureRow]])
_PATHWAYS = TypeAdapter(dict[str, list[str]])

Progress = Callable[[str, int, int], None]
"""Told the stage's name, how many pathways are done, of how many."""


@dataclass
class Summary:
    """What an import did. `vanished`: rows of an earlier import that the folder no longer has; none is deleted.

    `forgotten`: keys of pathways of people who were forgotten since; their rows are ignored. `told`: how files were
    read.
    """

    pathways: int = 0
    facts: int = 0
    events: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    forgotten: set[str] = field(default_factory=set)
    told: Sequence[str] = ()


async def import_folder(platform: Platform, folder: Path, at: datetime, progress: Progress) -> Summary:
    """What happened is judged by the day that it is, `at` the instant, in the structure that a row names.

    Raises FolderRefused before anything is sent, PlatformError when the platform cannot be reached.
    """
    reading = await asyncio.to_thread(read_folder, folder, latest_day(at))
    await _must_derive_alike(platform)
    registered = {row["structure"]: row["department"] for row in await platform.get("/intake/v1/structures")}
    departments = registered | {row.structure: row.department for row in reading.structures}
    known = await _known(platform, reading, progress)
    in_reach = {key for key in reading.orphans if _request(known, key)}
    reading = reading.refuse_unknown(registered.keys(), in_reach)
    summary = Summary(refusals=list(reading.refusals), told=reading.told)
    keyed = list(reading.dossiers)
    for orphan in reading.orphans.values():
        request = _request(known, orphan.key)
        assert request is not None
        keyed.append(orphan.joined(_by_id(request.imported or request.current)))
    to_send = []
    for one in keyed:
        today = day_in(departments.get(one.dossier.request.structure), at)
        problems = problems_of(_merged(one.dossier, known.get(one.key, {})), today)
        summary.refusals += [one.refusal(problem) for problem in problems]
        if not problems:
            to_send.append(one)
    summary.vanished = _vanished(keyed, known)
    summary.pathways = len(to_send)
    summary.facts = sum(len(lines) for one in to_send for lines in one.lines.values())
    await _send_structures(platform, reading.structures, summary)
    await _send(platform, to_send, summary, progress)
    return summary


async def _must_derive_alike(platform: Platform) -> None:
    """Raises PlatformError where one service would take a key for another pathway than the next."""
    told = {service: (await platform.get(f"/{service}/v1/status"))["import_secret"] for service in OF_PATHWAYS}
    if len(set(told.values())) > 1:
        raise PlatformError(f"LIEU_IMPORT_SECRET is not the same in all services: {told}")


Known = dict[str, dict[str, KnownUnderKey]]
"""By the pathway's key, what each service knows."""


async def _known(platform: Platform, reading: Reading, progress: Progress) -> Known:
    keys = [one.key for one in reading.dossiers] + list(reading.orphans)
    known: Known = {}
    done = 0

    async def ask(chunk: Sequence[str]) -> None:
        nonlocal done
        body = _PATHWAYS.dump_json({"pathways": list(chunk)})
        for service in OF_PATHWAYS:
            for dossier in _KNOWN.validate_python(await platform.post(f"/{service}/v1/imports/known", body)):
                known.setdefault(dossier.key, {})[service] = dossier
        done += len(chunk)
        progress("compare", done, len(keys))

    await _each_chunk(keys, ask)
    return known


def _request(known: Known, key: str) -> KnownRow[PathwayRow] | None:
    intake = known.get(key, {}).get("intake")
    return intake.request if intake else None


def _by_id(row: PathwayRow) -> SentPathwayRow:
    return SentPathwayRow(**(vars(row) | {"person": ById(row.person)}))


def _sent(known: KnownRow[PathwayRow] | None) -> KnownRow[SentPathwayRow] | None:
    if known is None:
        return None
    return KnownRow(_by_id(known.current), None if known.imported is None else _by_id(known.imported))


def _merged(dossier: SentDossier, known: dict[str, KnownUnderKey]) -> SentDossier:
    """What would stand after the import, as far as one row's rules look at another row."""
    intake, outcomes = known.get("intake"), known.get("outcomes")
    request = _merged_row(dossier.request, _sent(intake.request) if intake else None)
    kinds: dict[str, Any] = {of.name: _merged_rows(of, dossier, known) for of in IMPORTED}
    if outcomes is None:
        return replace(dossier, request=request, **kinds)
    exit = outcomes.exit.current if outcomes.exit else None
    answered = {(row.imported or row.current).month: row for row in outcomes.followups}
    rows = tuple(_merged_row(row, answered.pop(row.month, None)) for row in dossier.followups)
    return replace(
        dossier,
        request=request,
        exit=_merged_row(dossier.exit, outcomes.exit) if dossier.exit else exit,
        followups=(*rows, *(row.current for row in answered.values())),
        **kinds,
    )


def _merged_rows(of: Rows, dossier: SentDossier, known: dict[str, KnownUnderKey]) -> tuple[Any, ...]:
    """Of a kind, those of the dossier as they would stand. By hand, two may have become the same."""
    said = {row.imported.key: row for here in known.values() for row in of.of(here) if row.imported}
    return numbered(_merged_row(row, said.get(row.key)) for row in of.of(dossier))


def _merged_row(row: R, known: KnownRow[R] | None) -> R:
    if known is None or known.imported is None:
        return row
    changed = {
        column.name: getattr(row, column.name)
        for column in fields(row)  # type: ignore[arg-type]
        if getattr(row, column.name) != getattr(known.imported, column.name)
    }
    return replace(known.current, **changed)  # type: ignore[type-var]


def _vanished(keyed: Iterable[KeyedDossier], known: Known) -> list[str]:
    """Rows that an earlier import brought and that stand no more in the folder."""
    lines = []
    for one in keyed:
        dossier = one.dossier
        for of in known.get(one.key, {}).values():
            if of.request and of.request.imported and "pathways.csv" not in one.lines:
                lines.append(f"pathways.csv: pathway {one.key} is no longer there")
            if of.exit and of.exit.imported and dossier.exit is None:
                lines.append(f"exits.csv: the exit of pathway {one.key} is no longer there")
            parts: tuple[tuple[str, Any, Any], ...] = (
                ("diagnostics.csv", of.diagnostics, dossier.diagnostics),
                ("barriers.csv", of.barriers, dossier.barriers),
                ("activities.csv", of.activities, dossier.activities),
                ("followups.csv", of.followups, dossier.followups),
                *((kind.file, kind.of(of), kind.of(dossier)) for kind in IMPORTED),
            )
            for file, rows, here in parts:
                keys = {row.key for row in here}
                lines += [
                    f"{file}: a row of pathway {one.key} is no longer there ({_shown(row.imported)})"
                    for row in rows
                    if row.imported and row.imported.key not in keys
                ]
    return lines


def _shown(row: Any) -> str:
    return ", ".join(str(part) for part in row.key if part is not None)


async def _send_structures(platform: Platform, rows: Sequence[StructureRow], summary: Summary) -> None:
    for start in range(0, len(rows), CHUNK):
        body = _STRUCTURES.dump_json({"structures": list(rows[start : start + CHUNK])})
        added = await platform.post("/intake/v1/imports/structures", body)
        summary.events["intake"] += sum(added.values())
    summary.facts += len(rows)


_PARTS = {"diagnostic": ("diagnostics", "barriers"), "training": ("activities",), "outcomes": ("exit", "followups")}


def _concerns(dossier: SentDossier, service: str) -> bool:
    """Whether a service behind intake has anything to record of it."""
    kinds = (of.name for of in IMPORTED if of.kind.service == service)
    return any(getattr(dossier, part) for part in (*_PARTS[service], *kinds))


async def _send(platform: Platform, keyed: Sequence[KeyedDossier], summary: Summary, progress: Progress) -> None:
    done = 0

    async def send(chunk: Sequence[KeyedDossier]) -> None:
        nonlocal done
        refused = await _send_to(platform, "intake", chunk, summary)
        taken = [one for one in chunk if one.key not in refused]
        parts = {to: [one for one in taken if _concerns(one.dossier, to)] for to in _PARTS}
        await asyncio.gather(*(_send_to(platform, to, part, summary) for to, part in parts.items()))
        done += len(chunk)
        progress("record", done, len(keyed))

    await _each_chunk(keyed, send)


async def _send_to(platform: Platform, service: str, chunk: Sequence[KeyedDossier], summary: Summary) -> set[str]:
    """Sends again, for a while, what the service has not heard of yet. Returns the keys of what it refused."""
    refused: set[str] = set()
    waiting = {one.key: one for one in chunk}
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while waiting:
        body = _DOSSIERS.dump_json({"dossiers": [one.dossier for one in waiting.values()]})
        for result in _IMPORTED.validate_python(await platform.post(f"/{service}/v1/imports", body)):
            if result.outcome is Outcome.NOT_YET_KNOWN:
                continue
            one = waiting.pop(result.key)
            if result.outcome is Outcome.FORGOTTEN:
                summary.forgotten.add(result.key)
            if result.outcome is Outcome.REFUSED:
                refused.add(result.key)
            summary.events[service] += result.events
            summary.refusals += [one.refusal(problem) for problem in result.problems]
        if waiting:
            if asyncio.get_running_loop().time() > deadline:
                raise PlatformError(f"{service} does not hear of {len(waiting)} pathways; see lieu status")
            await asyncio.sleep(0.05)
    return refused


async def _each_chunk(items: Sequence[R], work: Callable[[Sequence[R]], Any]) -> None:
    """`AT_ONCE` chunks at a time, in order. Raises the first PlatformError."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(chunk: Sequence[R]) -> None:
        async with limit:
            await work(chunk)

    try:
        async with asyncio.TaskGroup() as tasks:
            for start in range(0, len(items), CHUNK):
                tasks.create_task(one(items[start : start + CHUNK]))
    except ExceptionGroup as group:
        if isinstance(first := group.exceptions[0], PlatformError):
            raise first from None
        raise
