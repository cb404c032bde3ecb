"""One function per command: load, decide, save."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.outcomes import views
from services.outcomes.domain import (
    Attempt,
    EmploymentSupport,
    Exit,
    FollowUp,
    OutcomeFile,
    Period,
    SituationFile,
    file_id,
)
from shared.access import Command
from shared.codes import ExitReason, JobEnd, Situation
from shared.commands import Done
from shared.correspondents import is_known
from shared.disagreement import in_disagreement
from shared.event_store import EventStore
from shared.history import Dossier, ExitRow, FollowUpRow
from shared.imports import Imported, KnownDossier, KnownRow, import_dossiers, known_of_kinds, news
from shared.known_pathways import decide_here, known_soon
from shared.known_structures import departments


async def leave(store: EventStore, pathway: UUID, exit: Exit, command: Command) -> Done:
    return await decide_here(
        store, OutcomeFile, pathway, lambda f, known: f.leave(exit, known.started_on, known.today), command
    )


async def correct_exit(store: EventStore, pathway: UUID, exit: Exit, command: Command) -> Done:
    return await decide_here(
        store, OutcomeFile, pathway, lambda f, known: f.correct_exit(exit, known.started_on, known.today), command
    )


async def reopen(store: EventStore, pathway: UUID, on: date, command: Command) -> Done:
    return await decide_here(store, OutcomeFile, pathway, lambda f, known: f.reopen(on, known.today), command)


async def record_follow_up(store: EventStore, pathway: UUID, followup: FollowUp, command: Command) -> Done:
    return await decide_here(
        store, OutcomeFile, pathway, lambda f, known: f.record_follow_up(followup, known.today), command
    )


async def correct_follow_up(store: EventStore, pathway: UUID, followup: FollowUp, command: Command) -> Done:
    return await decide_here(
        store, OutcomeFile, pathway, lambda f, known: f.correct_follow_up(followup, known.today), command
    )


async def attempt(store: EventStore, pathway: UUID, key: UUID, attempt: Attempt, command: Command) -> Done:
    return await decide_here(
        store, OutcomeFile, pathway, lambda f, known: f.attempt(key, attempt, known.today), command
    )


async def correct_attempt(store: EventStore, pathway: UUID, key: UUID, attempt: Attempt, command: Command) -> Done:
    return await decide_here(
        store, OutcomeFile, pathway, lambda f, known: f.correct_attempt(key, attempt, known.today), command
    )


async def _on_situations(
    store: EventStore, pathway: UUID, decision: Callable[[SituationFile, date], None], command: Command
) -> Done:
    return await decide_here(
        store, SituationFile, pathway, lambda file, known: decision(file, known.today), command, id=file_id(pathway)
    )


async def record_situation(store: EventStore, pathway: UUID, key: UUID, period: Period, command: Command) -> Done:
    known = await is_known(store, period.correspondent)
    return await _on_situations(store, pathway, lambda file, today: file.record(key, period, known, today), command)


async def end_situation(
    store: EventStore, pathway: UUID, key: UUID, on: date, reason: JobEnd, command: Command
) -> Done:
    return await _on_situations(store, pathway, lambda file, today: file.end(key, on, reason, today), command)


async def correct_situation(store: EventStore, pathway: UUID, key: UUID, period: Period, command: Command) -> Done:
    known = await is_known(store, period.correspondent)
    return await _on_situations(store, pathway, lambda file, today: file.correct(key, period, known, today), command)


async def support(store: EventStore, pathway: UUID, key: UUID, support: EmploymentSupport, command: Command) -> Done:
    known = await is_known(store, support.correspondent)
    return await _on_situations(store, pathway, lambda file, today: file.support(key, support, known, today), command)


async def correct_support(
    store: EventStore, pathway: UUID, key: UUID, support: EmploymentSupport, command: Command
) -> Done:
    known = await is_known(store, support.correspondent)
    return await _on_situations(
        store, pathway, lambda file, today: file.correct_support(key, support, known, today), command
    )


# Lists, with what the persons say against them


async def with_disagreements_on_exits(store: EventStore, rows: Sequence[views.ListedExit]) -> list[views.ListedExit]:
    said = await in_disagreement(store, {row.pathway for row in rows})
    named = OutcomeFile.exit.named()
    return [replace(row, disagreed=named in said[row.pathway]) for row in rows]


async def with_disagreements_on_jobs(store: EventStore, rows: Sequence[views.ListedJob]) -> list[views.ListedJob]:
    said = await in_disagreement(store, {row.pathway for row in rows})
    named = SituationFile.periods.named
    return [replace(row, disagreed=named(row.situation) in said[row.pathway]) for row in rows]


# The historical import


def _take(file: OutcomeFile, dossier: Dossier) -> None:
    if (row := dossier.exit) is not None:
        exit = _exit(row)
        if (fact := news(file.exit.known, exit)) is not None:
            # No import knows of a reason, so none takes away what was recorded by hand, unless it tells of a death
            # or takes one back.
            before = file.exit.current
            reason = before.reason if before else None
            if (reason is ExitReason.DECEASED) != (fact.situation is Situation.DECEASED):
                reason = None
            file.take_exit(replace(fact, reason=reason), exit)
    for asked in dossier.followups:
        followup = FollowUp(asked.month, asked.asked_on, asked.status, asked.situation)
        if (answer := news(file.followups.known.get(asked.month), followup)) is not None:
            file.followups.take(asked.month, answer, followup)


def _exit(row: ExitRow) -> Exit:
    return Exit(row.exited_on, row.situation, row.contract, row.contract_start, row.contract_end)


async def import_pathways(store: EventStore, dossiers: Sequence[Dossier], command: Command) -> list[Imported]:
    known = await known_soon(store, dossiers)
    where = await departments(store.pool, {dossier.request.structure for dossier in dossiers})
    return await import_dossiers(store, OutcomeFile, dossiers, _take, known, where, command)


async def known_rows(store: EventStore, pathways: Sequence[UUID]) -> list[KnownDossier]:
    """What is recorded of these pathways, as rows of the import format."""
    files = await store.load_many(OutcomeFile, pathways)
    return [_known(file) for file in files.values() if file.version]


def _known(file: OutcomeFile) -> KnownDossier:
    exit = file.exit.known if file.exited_on is not None else None
    return KnownDossier(
        file.id,
        exit=KnownRow(_exit_row(exit.current), _exit_row(exit.imported) if exit.imported else None) if exit else None,
        followups=tuple(
            KnownRow(_followup_row(known.current), _followup_row(known.imported) if known.imported else None)
            for known in file.followups.known.values()
        ),
        **known_of_kinds(file),
    )


def _exit_row(fact: Exit) -> ExitRow:
    return ExitRow(fact.exited_on, fact.situation, fact.contract, fact.contract_start, fact.contract_end)


def _followup_row(fact: FollowUp) -> FollowUpRow:
    return FollowUpRow(fact.month, fact.asked_on, fact.status, fact.situation)
