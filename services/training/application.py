"""Opens the files that commands are about, completes lists, and takes the rows of an import."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Path

from services.training import views
from services.training.domain import (
    ActionPeriod,
    Activity,
    ActivityFile,
    Feedback,
    FormationAction,
    Placement,
    Session,
    SessionPlan,
    TrainingPeriod,
    UnknownSession,
    formation_id,
    session_file,
)
from services.training.views import (
    ListedActivity,
    ListedPlacement,
    ListedSession,
    MissingAttendance,
    OpenProposal,
    Participant,
)
from shared.kernel.callers import Caller, Role
from shared.kernel.clock import day_in_paris
from shared.kernel.commands import Act, Target
from shared.kernel.database import across_structures
from shared.kernel.event_store import About, EventStore
from shared.kernel.imports import KnownDossier, KnownRow, known_of_kinds, part_of_import
from shared.kernel.known_pathways import OnPathway, on_pathway
from shared.kernel.known_structures import today_in
from shared.language.codes import SPECIAL_BARRIERS, PlacementForm
from shared.language.contracts.training import HalfDay
from shared.language.history import ActivityRow, Dossier, imported_fact_id
from shared.language.texts import CodeOfStructure
from shared.people.disagreement import in_disagreement

_R = TypeVar("_R", ListedPlacement, Participant)

# What commands are about

activity_file = on_pathway(ActivityFile)

StructureAsked = Annotated[CodeOfStructure, Path(description="Code of a structure")]


def planned_session(session: UUID) -> Target[Session, Act]:
    """Opens a session; opening it raises UnknownSession where it is another structure's."""

    async def open_file(act: Act) -> tuple[Session, Act]:
        file = await act.main(Session, session_file(session), lambda file: About(file.structure))
        if file.structure is not None and not act.command.caller.is_of(file.structure):
            raise UnknownSession("no such session is planned")
        return file, act

    return open_file


def formation_action(structure: StructureAsked) -> Target[FormationAction, date]:
    """Opens a structure's formation-action, with the local date of the structure."""

    async def open_file(act: Act) -> tuple[FormationAction, date]:
        file = await act.main(FormationAction, formation_id(structure), lambda _: About(structure))
        return file, await today_in(act.store, structure)

    return open_file


async def session_of_anybody(act: Act, session: UUID) -> Session:
    """Loads a session as it stands, of any structure: it may have places for other structures' people."""
    with across_structures():
        return await act.file(Session, session_file(session))


async def attended(act: Act, session: UUID) -> tuple[Session, date]:
    """Loads a session, and the local date of its structure."""
    file = await session_of_anybody(act, session)
    return file, await today_in(act.store, file.structure)


async def elsewhere(here: OnPathway) -> list[Placement]:
    """Loads the placements of the person's other pathways, of the forms whose rules count them together."""
    with across_structures():  # the law counts a person's days wherever they are supported
        rows = await here.act.store.pool.fetch(
            "select pathway from known_pathways where person = $1 and pathway <> $2",
            here.pathway.person,
            here.pathway.pathway,
        )
        files = await here.act.files(ActivityFile, [row["pathway"] for row in rows])
    forms = (PlacementForm.PMSMP, PlacementForm.AVA)
    return [placement for file in files.values() for form in forms for placement in file.placements_of(form)]


# Lists


async def activities(
    store: EventStore, structure: str | None, start: date, end: date, limit: int
) -> list[ListedActivity]:
    """Lists activities that started between two days, both included; `disagreed` where the person says otherwise."""
    rows = await views.activities(store.pool, structure, start, end, limit)
    disagreed = await in_disagreement(store, {row.pathway for row in rows})
    named = ActivityFile.activities.named
    return [replace(row, disagreed=named(row.activity) in disagreed[row.pathway]) for row in rows]


# Sessions


async def sessions(store: EventStore, structure: str | None, start: date, end: date, limit: int) -> list[ListedSession]:
    """Lists sessions with a half-day between two days, both included."""
    rows = await views.sessions(store.pool, structure, start, end, limit)
    files = await store.load_many(Session, [session_file(row.session) for row in rows])
    return [_described(row, files[session_file(row.session)].plan.current) for row in rows]


def _described(row: ListedSession, plan: SessionPlan | None) -> ListedSession:
    """Adds what is told of a session to its structure alone."""
    if plan is None:
        return row
    return replace(
        row,
        title=plan.title,
        place=plan.place,
        partner=plan.partner,
        half_days=tuple(HalfDay(one.day, one.part) for one in plan.half_days),
        hours_per_half_day=plan.hours_per_half_day,
    )


# Taking part in them


async def participants(store: EventStore, session: UUID, structure: str | None, limit: int) -> list[Participant]:
    rows = await views.participants(store.pool, session, structure, limit)
    return await _with_disagreement(store, rows, lambda row: row.enrolment)


async def missing_attendance(
    store: EventStore, structure: str | None, adviser: str | None, limit: int
) -> list[MissingAttendance]:
    return await views.missing_attendance(store.pool, day_in_paris(store.clock()), structure, adviser, limit)


# Placements


async def placements(
    store: EventStore, structure: str | None, adviser: str | None, start: date, end: date, limit: int
) -> list[ListedPlacement]:
    return await _with_host(store, await views.placements(store.pool, structure, adviser, start, end, limit))


async def ending(
    store: EventStore, structure: str | None, adviser: str | None, days: int, limit: int
) -> list[ListedPlacement]:
    until = day_in_paris(store.clock()) + timedelta(days)
    return await _with_host(store, await views.ending(store.pool, structure, adviser, until, limit))


async def to_evaluate(
    store: EventStore, structure: str | None, adviser: str | None, limit: int
) -> list[ListedPlacement]:
    return await _with_host(store, await views.to_evaluate(store.pool, structure, adviser, limit))


async def _with_host(store: EventStore, rows: Sequence[ListedPlacement]) -> list[ListedPlacement]:
    files = await store.load_many(ActivityFile, list({row.pathway for row in rows}))

    def with_host(row: ListedPlacement) -> ListedPlacement:
        placement = files[row.pathway].placements.get(row.placement)
        return row if placement is None else replace(row, employer=placement.employer, tutor=placement.tutor)

    return await _with_disagreement(store, [with_host(row) for row in rows], lambda row: row.placement)


async def _with_disagreement(store: EventStore, rows: Sequence[_R], id_of: Callable[[_R], UUID]) -> list[_R]:
    """Marks a row `disagreed` where the person says otherwise of a fact under the row's id."""
    said = await in_disagreement(store, {row.pathway for row in rows})
    return [replace(row, disagreed=str(id_of(row)) in {of.id for of in said[row.pathway]}) for row in rows]


# Support actions and proposals


async def open_proposals(
    store: EventStore, structure: str | None, adviser: str | None, caller: Caller, limit: int
) -> list[OpenProposal]:
    rows = await views.open_proposals(store.pool, structure, adviser, limit)
    files = await store.load_many(ActivityFile, list({row.pathway for row in rows}))

    def with_barrier(row: OpenProposal) -> OpenProposal:
        proposal = files[row.pathway].proposals.get(row.proposal)
        if proposal is None or (caller.role is Role.OPERATOR and proposal.barrier in SPECIAL_BARRIERS):
            return row
        return replace(row, barrier=proposal.barrier)

    return [with_barrier(row) for row in rows]


# Formation-action


@dataclass(frozen=True)
class ShownPeriod:
    """Of `training` and `action` one is there, the other is null; `feedback`: of an action period, once it is given."""

    period: UUID
    training: TrainingPeriod | None
    action: ActionPeriod | None
    feedback: Feedback | None


@dataclass(frozen=True)
class ShownFormation:
    """The periods in the order in which they followed each other. `version`: as `If-Match` names it."""

    structure: str
    version: int
    periods: list[ShownPeriod]


async def formation(store: EventStore, structure: str) -> ShownFormation:
    file = await store.load(FormationAction, formation_id(structure))
    periods = [
        ShownPeriod(
            key,
            period if isinstance(period, TrainingPeriod) else None,
            period if isinstance(period, ActionPeriod) else None,
            file.feedbacks.get(key),
        )
        for key, period in file.periods.items()
    ]
    return ShownFormation(structure, file.version, periods)


# The historical import


def _take(file: ActivityFile, dossier: Dossier) -> None:
    """Takes activities, which have no key of their own: a row is its content, identical rows have a number."""
    for row in dossier.activities:
        hours = None if row.hours is None else row.hours.normalize()  # 3 and 3.0 hours are the same row
        key = imported_fact_id(
            dossier.pathway, "activity", row.kind, row.started_on, row.ended_on, row.status, hours, row.number
        )
        if key not in file.activities:
            fact = Activity(row.kind, row.started_on, row.ended_on, row.status, row.hours)
            file.activities.take(key, fact, fact)


def _known(file: ActivityFile) -> KnownDossier:
    numbers: Counter[Activity] = Counter()
    rows: list[KnownRow[ActivityRow]] = []
    for known in file.activities.known.values():
        numbers[known.imported or known.current] += 1
        imported = _row(known.imported, numbers[known.imported]) if known.imported else None
        rows.append(KnownRow(_row(known.current, 1), imported))
    return KnownDossier(file.id, activities=tuple(rows), **known_of_kinds(file))


def _row(fact: Activity, number: int) -> ActivityRow:
    return ActivityRow(fact.kind, fact.started_on, fact.ended_on, fact.status, fact.hours, number)


import_pathways, known_rows = part_of_import(ActivityFile, _take, _known)
