"""One function per command: load, decide, save."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.training import views
from services.training.domain import Activity, ActivityFile, activity_fact
from services.training.views import ListedActivity
from shared.access import Command
from shared.commands import Done, today
from shared.disagreement import in_disagreement
from shared.event_store import EventStore
from shared.history import ActivityRow, Dossier, imported_fact_id
from shared.imports import Imported, KnownDossier, KnownRow, import_dossiers
from shared.known_pathways import decide_here, known_soon


async def record(store: EventStore, pathway: UUID, key: UUID, fact: Activity, command: Command) -> Done:
    return await decide_here(store, ActivityFile, pathway, lambda f, _: f.record(key, fact, today()), command)


async def correct(store: EventStore, pathway: UUID, key: UUID, fact: Activity, command: Command) -> Done:
    return await decide_here(store, ActivityFile, pathway, lambda f, _: f.correct(key, fact, today()), command)


async def activities(
    store: EventStore, structure: str | None, start: date, end: date, limit: int
) -> list[ListedActivity]:
    """Activities that started between two days, both included; `disagreed` where the person says otherwise."""
    rows = await views.activities(store.pool, structure, start, end, limit)
    disagreed = await in_disagreement(store, {row.pathway for row in rows})
    return [replace(row, disagreed=activity_fact(row.activity) in disagreed[row.pathway]) for row in rows]


# The historical import


def _take(file: ActivityFile, dossier: Dossier) -> None:
    """Activities have no key of their own: a row is its content, identical rows are told apart by number."""
    for row in dossier.activities:
        hours = None if row.hours is None else row.hours.normalize()  # 3 and 3.0 hours are the same row
        key = imported_fact_id(
            dossier.pathway, "activity", row.kind, row.started_on, row.ended_on, row.status, hours, row.number
        )
        if key not in file.activities:
            fact = Activity(row.kind, row.started_on, row.ended_on, row.status, row.hours)
            file.take_activity(key, fact, fact)


async def import_pathways(store: EventStore, dossiers: Sequence[Dossier], command: Command) -> list[Imported]:
    known = await known_soon(store, dossiers)
    return await import_dossiers(store, ActivityFile, dossiers, _take, known, command)


async def known_rows(store: EventStore, pathways: Sequence[UUID]) -> list[KnownDossier]:
    """What is recorded of these pathways, as rows of the import format."""
    files = await store.load_many(ActivityFile, pathways)
    return [_known(file) for file in files.values() if file.version]


def _known(file: ActivityFile) -> KnownDossier:
    numbers: Counter[Activity] = Counter()
    rows: list[KnownRow[ActivityRow]] = []
    for known in file.activities.values():
        numbers[known.imported or known.current] += 1
        imported = _row(known.imported, numbers[known.imported]) if known.imported else None
        rows.append(KnownRow(_row(known.current, 1), imported))
    return KnownDossier(file.id, activities=tuple(rows))


def _row(fact: Activity, number: int) -> ActivityRow:
    return ActivityRow(fact.kind, fact.started_on, fact.ended_on, fact.status, fact.hours, number)
