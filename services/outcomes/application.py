"""Opens the files that commands are about, completes lists, and takes the rows of an import."""

from collections.abc import Sequence
from dataclasses import replace

from services.outcomes import views
from services.outcomes.domain import Exit, FollowUp, OutcomeFile, SituationFile, file_id
from shared.kernel.event_store import EventStore
from shared.kernel.imports import KnownDossier, KnownRow, known_of_kinds, news, part_of_import
from shared.kernel.known_pathways import on_pathway
from shared.language.codes import ExitReason, Situation
from shared.language.history import Dossier, ExitRow, FollowUpRow
from shared.people.disagreement import in_disagreement

outcome_file = on_pathway(OutcomeFile)
situation_file = on_pathway(SituationFile, file_id)


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


import_pathways, known_rows = part_of_import(OutcomeFile, _take, _known)
