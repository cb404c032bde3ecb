"""One function per command: load, decide, save."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from services.training import views
from services.training.domain import (
    ActionPeriod,
    Activity,
    ActivityFile,
    Attendance,
    Enrolment,
    EnrolmentEnd,
    Evaluation,
    Feedback,
    FormationAction,
    Placement,
    PlacementCancellation,
    PlacementEnd,
    Session,
    SessionPlan,
    SupportAction,
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
from shared import correspondents
from shared.access import Caller, Command, Role
from shared.clock import day_in_paris
from shared.codes import SPECIAL_BARRIERS, PlacementForm
from shared.commands import Act, Done, decide
from shared.contracts.training import HalfDay
from shared.database import across_structures
from shared.disagreement import in_disagreement
from shared.event_store import About, EventStore
from shared.history import ActivityRow, Dossier, imported_fact_id
from shared.imports import Imported, KnownDossier, KnownRow, import_dossiers
from shared.known_pathways import KnownPathway, decide_here, decide_looking, known_soon
from shared.known_structures import departments, today_in

_R = TypeVar("_R", ListedPlacement, Participant)

# Activities


async def record(store: EventStore, pathway: UUID, key: UUID, fact: Activity, command: Command) -> Done:
    return await _decide(store, pathway, lambda f, known: f.record(key, fact, known.today), command)


async def correct(store: EventStore, pathway: UUID, key: UUID, fact: Activity, command: Command) -> Done:
    return await _decide(store, pathway, lambda f, known: f.correct(key, fact, known.today), command)


async def _decide(
    store: EventStore, pathway: UUID, decision: Callable[[ActivityFile, KnownPathway], object], command: Command
) -> Done:
    return await decide_here(store, ActivityFile, pathway, decision, command)


async def activities(
    store: EventStore, structure: str | None, start: date, end: date, limit: int
) -> list[ListedActivity]:
    """Activities that started between two days, both included; `disagreed` where the person says otherwise."""
    rows = await views.activities(store.pool, structure, start, end, limit)
    disagreed = await in_disagreement(store, {row.pathway for row in rows})
    named = ActivityFile.activities.named
    return [replace(row, disagreed=named(row.activity) in disagreed[row.pathway]) for row in rows]


# Sessions


async def plan_session(store: EventStore, key: UUID, structure: str, plan: SessionPlan, command: Command) -> Done:
    return await _on_session(store, key, lambda session: session.schedule(key, structure, plan), command)


async def correct_session(store: EventStore, key: UUID, plan: SessionPlan, command: Command) -> Done:
    return await _on_session(store, key, lambda session: session.correct(plan), command)


async def cancel_session(store: EventStore, key: UUID, on: date, command: Command) -> Done:
    today = await today_in(store, (await store.load(Session, session_file(key))).structure)
    return await _on_session(store, key, lambda session: session.cancel(on, today), command)


async def _on_session(store: EventStore, key: UUID, decision: Callable[[Session], object], command: Command) -> Done:
    def decide_if_theirs(session: Session) -> None:
        if session.structure is not None and not command.caller.is_of(session.structure):
            raise UnknownSession("no such session is planned")
        decision(session)

    done = await decide(store, Session, session_file(key), decide_if_theirs, lambda s: About(s.structure), command)
    return replace(done, id=key)


async def sessions(store: EventStore, structure: str | None, start: date, end: date, limit: int) -> list[ListedSession]:
    """Sessions with a half-day between two days, both included."""
    rows = await views.sessions(store.pool, structure, start, end, limit)
    files = await store.load_many(Session, [session_file(row.session) for row in rows])
    return [_described(row, files[session_file(row.session)].plan) for row in rows]


def _described(row: ListedSession, plan: SessionPlan | None) -> ListedSession:
    """What is told of a session to its structure alone."""
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


async def enrol(store: EventStore, pathway: UUID, key: UUID, enrolment: Enrolment, command: Command) -> Done:
    async def decision(file: ActivityFile, known: KnownPathway, act: Act) -> None:
        file.enrol(key, enrolment, await _session(act, enrolment.session), known.structure, known.today)

    return await decide_looking(store, ActivityFile, pathway, decision, command)


async def withdraw(store: EventStore, pathway: UUID, key: UUID, end: EnrolmentEnd, command: Command) -> Done:
    return await _decide(store, pathway, lambda f, known: f.withdraw(key, end, known.today), command)


async def record_attendance(
    store: EventStore, pathway: UUID, key: UUID, attendance: Attendance, command: Command
) -> Done:
    async def decision(file: ActivityFile, _: KnownPathway, act: Act) -> None:
        session = await _session(act, file.session_of(key))
        file.record_attendance(key, attendance, session, await today_in(store, session.structure))

    return await decide_looking(store, ActivityFile, pathway, decision, command)


async def correct_attendance(
    store: EventStore, pathway: UUID, key: UUID, attendance: Attendance, command: Command
) -> Done:
    async def decision(file: ActivityFile, _: KnownPathway, act: Act) -> None:
        session = await _session(act, file.session_of(key))
        file.correct_attendance(key, attendance, session, await today_in(store, session.structure))

    return await decide_looking(store, ActivityFile, pathway, decision, command)


async def _session(act: Act, session: UUID) -> Session:
    with across_structures():  # whosever it is: it may have places for other structures' people
        return await act.file(Session, session_file(session))


async def participants(store: EventStore, session: UUID, structure: str | None, limit: int) -> list[Participant]:
    rows = await views.participants(store.pool, session, structure, limit)
    return await _with_disagreement(store, rows, lambda row: row.enrolment)


async def missing_attendance(
    store: EventStore, structure: str | None, adviser: str | None, limit: int
) -> list[MissingAttendance]:
    return await views.missing_attendance(store.pool, day_in_paris(store.clock()), structure, adviser, limit)


# Placements


async def plan_placement(store: EventStore, pathway: UUID, key: UUID, placement: Placement, command: Command) -> Done:
    tutor_known = await correspondents.is_known(store, placement.tutor)

    async def decision(file: ActivityFile, known: KnownPathway, act: Act) -> None:
        file.plan_placement(key, placement, await _elsewhere(act, known), tutor_known)

    return await decide_looking(store, ActivityFile, pathway, decision, command)


async def correct_placement(
    store: EventStore, pathway: UUID, key: UUID, placement: Placement, command: Command
) -> Done:
    tutor_known = await correspondents.is_known(store, placement.tutor)

    async def decision(file: ActivityFile, known: KnownPathway, act: Act) -> None:
        file.correct_placement(key, placement, await _elsewhere(act, known), tutor_known, known.today)

    return await decide_looking(store, ActivityFile, pathway, decision, command)


async def renew_placement(
    store: EventStore, pathway: UUID, key: UUID, until: date, hours_planned: Decimal | None, command: Command
) -> Done:
    async def decision(file: ActivityFile, known: KnownPathway, act: Act) -> None:
        file.renew(key, until, hours_planned, await _elsewhere(act, known))

    return await decide_looking(store, ActivityFile, pathway, decision, command)


async def _elsewhere(act: Act, known: KnownPathway) -> list[Placement]:
    """The placements of the person's other pathways, of the forms whose rules are the person's."""
    with across_structures():  # the law counts a person's days wherever they are supported
        rows = await act.store.pool.fetch(
            "select pathway from known_pathways where person = $1 and pathway <> $2", known.person, known.pathway
        )
        files = await act.files(ActivityFile, [row["pathway"] for row in rows])
    forms = (PlacementForm.PMSMP, PlacementForm.AVA)
    return [placement for file in files.values() for form in forms for placement in file.placements_of(form)]


async def end_placement(store: EventStore, pathway: UUID, key: UUID, end: PlacementEnd, command: Command) -> Done:
    return await _decide(store, pathway, lambda f, known: f.end_placement(key, end, known.today), command)


async def correct_end(store: EventStore, pathway: UUID, key: UUID, end: PlacementEnd, command: Command) -> Done:
    return await _decide(store, pathway, lambda f, known: f.correct_end(key, end, known.today), command)


async def cancel_placement(
    store: EventStore, pathway: UUID, key: UUID, cancellation: PlacementCancellation, command: Command
) -> Done:
    return await _decide(store, pathway, lambda f, known: f.cancel_placement(key, cancellation, known.today), command)


async def evaluate(store: EventStore, pathway: UUID, key: UUID, evaluation: Evaluation, command: Command) -> Done:
    return await _decide(store, pathway, lambda f, known: f.evaluate(key, evaluation, known.today), command)


async def correct_evaluation(
    store: EventStore, pathway: UUID, key: UUID, evaluation: Evaluation, command: Command
) -> Done:
    return await _decide(store, pathway, lambda f, known: f.correct_evaluation(key, evaluation, known.today), command)


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
    """`disagreed` where the person says otherwise of whatever is recorded under the row's id."""
    said = await in_disagreement(store, {row.pathway for row in rows})
    return [replace(row, disagreed=str(id_of(row)) in {of.id for of in said[row.pathway]}) for row in rows]


# Support actions and proposals


async def report_support(store: EventStore, pathway: UUID, key: UUID, support: SupportAction, command: Command) -> Done:
    return await _decide(store, pathway, lambda f, known: f.report_support(key, support, known.today), command)


async def correct_support(
    store: EventStore, pathway: UUID, key: UUID, support: SupportAction, command: Command
) -> Done:
    return await _decide(store, pathway, lambda f, known: f.correct_support(key, support, known.today), command)


async def dismiss(store: EventStore, pathway: UUID, key: UUID, on: date, command: Command) -> Done:
    return await _decide(store, pathway, lambda f, known: f.dismiss(key, on, known.today), command)


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


async def record_training(
    store: EventStore, structure: str, key: UUID, period: TrainingPeriod, command: Command
) -> Done:
    return await _on_formation(store, structure, key, lambda f, today: f.record_training(key, period, today), command)


async def correct_training(
    store: EventStore, structure: str, key: UUID, period: TrainingPeriod, command: Command
) -> Done:
    return await _on_formation(store, structure, key, lambda f, today: f.correct_training(key, period, today), command)


async def record_action(store: EventStore, structure: str, key: UUID, period: ActionPeriod, command: Command) -> Done:
    return await _on_formation(store, structure, key, lambda f, today: f.record_action(key, period, today), command)


async def correct_action(store: EventStore, structure: str, key: UUID, period: ActionPeriod, command: Command) -> Done:
    return await _on_formation(store, structure, key, lambda f, today: f.correct_action(key, period, today), command)


async def record_feedback(store: EventStore, structure: str, key: UUID, feedback: Feedback, command: Command) -> Done:
    return await _on_formation(store, structure, key, lambda f, today: f.record_feedback(key, feedback, today), command)


async def correct_feedback(store: EventStore, structure: str, key: UUID, feedback: Feedback, command: Command) -> Done:
    return await _on_formation(
        store, structure, key, lambda f, today: f.correct_feedback(key, feedback, today), command
    )


async def annul_period(store: EventStore, structure: str, key: UUID, on: date, command: Command) -> Done:
    return await _on_formation(store, structure, key, lambda f, today: f.annul(key, on, today), command)


async def _on_formation(
    store: EventStore, structure: str, key: UUID, decision: Callable[[FormationAction, date], object], command: Command
) -> Done:
    id = formation_id(structure)
    today = await today_in(store, structure)
    done = await decide(store, FormationAction, id, lambda f: decision(f, today), lambda _: About(structure), command)
    return replace(done, id=key)


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
    where = await departments(store.pool, {dossier.request.structure for dossier in dossiers})
    return await import_dossiers(store, ActivityFile, dossiers, _take, known, where, command)


async def known_rows(store: EventStore, pathways: Sequence[UUID]) -> list[KnownDossier]:
    """What is recorded of these pathways, as rows of the import format."""
    files = await store.load_many(ActivityFile, pathways)
    return [_known(file) for file in files.values() if file.version]


def _known(file: ActivityFile) -> KnownDossier:
    numbers: Counter[Activity] = Counter()
    rows: list[KnownRow[ActivityRow]] = []
    for known in file.activities.known.values():
        numbers[known.imported or known.current] += 1
        imported = _row(known.imported, numbers[known.imported]) if known.imported else None
        rows.append(KnownRow(_row(known.current, 1), imported))
    return KnownDossier(file.id, activities=tuple(rows))


def _row(fact: Activity, number: int) -> ActivityRow:
    return ActivityRow(fact.kind, fact.started_on, fact.ended_on, fact.status, fact.hours, number)
