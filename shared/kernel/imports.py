"""How a service takes its part of a historical import: rows under known keys are compared, never doubled.

A row is compared with the last import that spoke of it, column by column: what changed in the file is a
correction; what did not keeps whatever was recorded since by hand. So a second import adds nothing, and takes
nothing back.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from shared.kernel import telemetry
from shared.kernel.callers import Command
from shared.kernel.clock import day_in
from shared.kernel.event_store import About, Aggregate, EventStore, Forgotten, Known, VersionConflict
from shared.kernel.facts import Facts
from shared.kernel.known_pathways import KnownPathway, known_soon
from shared.kernel.known_structures import departments
from shared.kernel.standing import Standing
from shared.language.history import (
    ActivityRow,
    BarrierRow,
    DiagnosticRow,
    Dossier,
    ExitRow,
    FollowUpRow,
    PathwayRow,
    Problem,
    imported_fact_id,
    in_one_spelling,
    numbered,
)
from shared.language.history_checks import problems_of
from shared.language.kind_rows import IMPORTED, Rows, parts_of_kinds
from shared.language.rules import Restricted

F = TypeVar("F", bound="Any")
A = TypeVar("A", bound=Aggregate)
R = TypeVar("R")

AT_ONCE = 500
"""Dossiers in one request at most."""


@dataclass(frozen=True)
class KnownRow(Generic[R]):
    """A row as the platform now has it, beside what the last import said (null: recorded by hand)."""

    current: R
    imported: R | None


if TYPE_CHECKING:

    class KnownOfKinds:
        """Of each kind of facts that is declared whole, and that imports speak of, the rows that are known."""

else:
    KnownOfKinds = parts_of_kinds(lambda row: KnownRow[row])


@dataclass(frozen=True)
class KnownDossier(KnownOfKinds):
    """What one service knows of a pathway, as rows of the import format; the other services' parts are empty."""

    pathway: UUID
    request: KnownRow[PathwayRow] | None = None
    diagnostics: tuple[KnownRow[DiagnosticRow], ...] = ()
    barriers: tuple[KnownRow[BarrierRow], ...] = ()
    activities: tuple[KnownRow[ActivityRow], ...] = ()
    exit: KnownRow[ExitRow] | None = None
    followups: tuple[KnownRow[FollowUpRow], ...] = ()


@dataclass(frozen=True)
class KnownUnderKey(KnownDossier):
    """The same, under the key that the import gave."""

    key: str = field(kw_only=True)


class Outcome(StrEnum):
    RECORDED = "recorded"
    UNCHANGED = "unchanged"
    NOT_YET_KNOWN = "not-yet-known"
    """The service has not heard of the pathway yet: send it again."""
    REFUSED = "refused"
    FORGOTTEN = "forgotten"
    """The person was forgotten: the copy is ignored."""


@dataclass(frozen=True)
class Imported:
    """What became of one dossier: how many events it added, or which rules it breaks."""

    pathway: UUID
    outcome: Outcome
    events: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class ImportedUnderKey(Imported):
    """The same, under the key that the import gave."""

    key: str = field(kw_only=True)


def news(known: Known[F] | None, row: F) -> F | None:
    """The fact to record for an imported row, null where the row says nothing new."""
    if known is None or known.imported is None:
        return row
    if known.imported == row:
        return None
    changed = {
        field.name: value
        for field in fields(row)
        if (value := getattr(row, field.name)) != getattr(known.imported, field.name)
    }
    return replace(known.current, **changed)


@cache
def _imported(cls: type[Aggregate]) -> list[tuple[Rows, str]]:
    """The kinds of a service that imports speak of, and where its aggregate of a pathway keeps each.

    Raises TypeError where it does not: nothing that was sent is to be lost unseen.
    """
    kept = {facts.whole.name: name for name, facts in cls.facts().items() if isinstance(facts, Facts) and facts.whole}
    mine = [rows for rows in IMPORTED if rows.kind.service == cls.TOPIC.partition(".")[0]]
    if lost := [rows.kind.name for rows in mine if rows.kind.name not in kept]:
        raise TypeError(f"imports speak of {', '.join(lost)}, and {cls.__name__} does not keep it")
    return [(rows, kept[rows.kind.name]) for rows in mine]


def _take_kinds(file: Aggregate, dossier: Dossier) -> None:
    """A row finds the fact that an earlier import recorded of it."""
    for rows, name in _imported(type(file)):
        facts: Standing[Any] = getattr(file, name)
        for row in rows.of(dossier):
            key = imported_fact_id(dossier.pathway, rows.kind.name, *map(_text, row.key))
            imported = rows.fact(row)
            if (fact := news(facts.known.get(key), imported)) is not None:
                facts.take(key, fact, imported)


def _text(value: object) -> str:
    """What tells a row apart, as its id is derived from it: frozen, as ids are."""
    if type(value) is str:
        return json.dumps(value)  # whatever stands in a text, it ends where it ends
    if isinstance(value, Decimal):
        return str(in_one_spelling(value))
    return str(value.value if isinstance(value, Enum) else value)


def known_of_kinds(file: Aggregate) -> dict[str, Any]:
    """What is recorded of each kind, as rows of the import format, for a `KnownDossier`."""
    known: dict[str, Any] = {}
    for rows, name in _imported(type(file)):
        all = getattr(file, name).known.values()
        imported = iter(numbered(rows.row(one.imported) for one in all if one.imported is not None))
        known[rows.name] = tuple(
            KnownRow(rows.row(one.current), None if one.imported is None else next(imported)) for one in all
        )
    return known


Take = Callable[[EventStore, Sequence[Dossier], Command], Awaitable[list[Imported]]]
Tell = Callable[[EventStore, Sequence[UUID]], Awaitable[list[KnownDossier]]]


def part_of_import(
    cls: type[A], record: Callable[[A, Dossier], None], known: Callable[[A], KnownDossier]
) -> tuple[Take, Tell]:
    """Makes what takes and what tells the rows of a service that hears of pathways from intake."""

    async def import_pathways(store: EventStore, dossiers: Sequence[Dossier], command: Command) -> list[Imported]:
        heard_of = await known_soon(store, dossiers)
        where = await departments(store.pool, {dossier.request.structure for dossier in dossiers})
        return await import_dossiers(store, cls, dossiers, record, heard_of, where, command)

    async def known_rows(store: EventStore, pathways: Sequence[UUID]) -> list[KnownDossier]:
        files = await store.load_many(cls, pathways)
        return [known(file) for file in files.values() if file.version]

    return import_pathways, known_rows


async def import_dossiers(
    store: EventStore,
    cls: type[A],
    dossiers: Sequence[Dossier],
    record: Callable[[A, Dossier], Mapping[UUID, int] | None],
    about: Callable[[A], About] | Mapping[UUID, KnownPathway],
    departments: Mapping[str, str],
    command: Command,
    look_again: Callable[[Dossier], Awaitable[None]] | None = None,
    *,
    with_texts: bool = False,
) -> list[Imported]:
    """Checks each dossier whole and records this service's part of it, each in one append.

    `about` tells whom the events concern: from the aggregate itself, or by pathway, where one that is missing
    answers NOT_YET_KNOWN. A dossier of a person whose data may only be stored is refused, whatever it says. What
    happened is judged by the day of the structure that the row names, in its one of the `departments`.
    `record` answers with the versions, by id, of what else it looked at; where one of these moves on meanwhile,
    `look_again` loads it before the dossier is taken again. `with_texts`: whether imported rows bring texts to seal.
    """
    at = store.clock()
    ids = [id for dossier in dossiers for id in (dossier.pathway, dossier.request.person)]
    forgotten = await store.ledger.forgotten(ids)
    files = await store.load_many(cls, [dossier.pathway for dossier in dossiers])
    persons = {dossier.request.person for dossier in dossiers} - forgotten
    keys = await store.keys.ensure(store.pool, list(persons)) if with_texts else {}

    async def one(dossier: Dossier) -> Imported:
        if dossier.pathway in forgotten or dossier.request.person in forgotten:
            return Imported(dossier.pathway, Outcome.FORGOTTEN)
        if isinstance(about, Mapping) and dossier.pathway not in about:
            return Imported(dossier.pathway, Outcome.NOT_YET_KNOWN)
        if problems := problems_of(dossier, day_in(departments.get(dossier.request.structure), at)):
            return Imported(dossier.pathway, Outcome.REFUSED, problems=tuple(problems))
        file = files[dossier.pathway]
        while True:
            before = file.version
            try:
                known = about[dossier.pathway].about_new() if isinstance(about, Mapping) else None
                stood = record(file, dossier)
                _take_kinds(file, dossier)
                concerned = known or about(file)  # type: ignore[operator]
                added = file.version - before
                await store.save(file, about=concerned, actor=command.actor, historical=True, keys=keys, stood=stood)
                return Imported(dossier.pathway, Outcome.RECORDED if added else Outcome.UNCHANGED, added)
            except Forgotten:
                return Imported(dossier.pathway, Outcome.FORGOTTEN)
            except Restricted as refusal:
                problem = Problem("pathways.csv", 0, "pathway", str(refusal))
                return Imported(dossier.pathway, Outcome.REFUSED, problems=(problem,))
            except VersionConflict:
                file = await store.load(cls, dossier.pathway)
                if look_again is not None:
                    await look_again(dossier)

    with telemetry.appending():
        return list(await asyncio.gather(*map(one, dossiers)))
