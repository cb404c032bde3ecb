"""What a service remembers of pathways that it learnt of from the others' events: the context of its rules.

The events of intake and of outcomes write their own columns, so that the order in which the two streams arrive
does not matter; within one aggregate a version already applied is skipped.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from shared.kernel.callers import Caller, Role
from shared.kernel.clock import day_in
from shared.kernel.commands import Act, Target
from shared.kernel.database import Connection, Pool
from shared.kernel.event_store import About, Aggregate, EventStore
from shared.kernel.known_structures import departments
from shared.kernel.refusals import NotYetKnown, Problem
from shared.kernel.upsert import upsert
from shared.language.contracts import PublicEvent
from shared.language.contracts.intake import (
    AdviserAssignment,
    Archiving,
    ProcessingRestricted,
    Reactivation,
    Reception,
    Request,
    RestrictionLifted,
    Start,
)
from shared.language.contracts.outcomes import Exit, Reopening
from shared.language.history import Dossier
from shared.language.rules import Restricted

A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True)
class KnownPathway:
    """`today`: the local date of the structure that holds it."""

    pathway: UUID
    structure: str
    person: UUID
    requested_on: date
    started_on: date | None
    today: date
    restricted: bool = False
    archived: bool = False
    adviser: str | None = None

    def about_new(self) -> About:
        """Whom something newly recorded concerns. Raises Restricted."""
        if self.restricted:
            raise Restricted
        return About(self.structure, self.pathway, self.person)

    def must_be_shown_to(self, caller: Caller) -> None:
        """An adviser is not shown whoever has the processing restricted; a manager settles it. Raises Problem."""
        if self.restricted and caller.role is Role.ADVISER:
            raise Problem(403, "restricted", "processing of this person's data is restricted; a manager may look")


async def known_pathways(
    store: EventStore, pathways: Sequence[UUID], connection: Connection | None = None
) -> dict[UUID, KnownPathway]:
    """Those of the pathways whose request this service has heard of; as a transaction sees them, where one is given."""
    return {row["pathway"]: _known(store, row) for row in await (connection or store.pool).fetch(_KNOWN, pathways)}


_KNOWN = """
select pathway, structure, person, requested_on, started_on, restricted, archived, adviser, s.department
  from known_pathways left join structures.known s using (structure)
 where pathway = any($1) and requested_on is not null
"""


def _known(store: EventStore, row: asyncpg.Record) -> KnownPathway:
    told = dict(row)
    return KnownPathway(today=day_in(told.pop("department"), store.clock()), **told)


async def known_soon(store: EventStore, dossiers: Sequence[Dossier], patience: float = 5) -> dict[UUID, KnownPathway]:
    """The pathways of the dossiers, those still unknown after `patience` seconds and the forgotten left out.

    An import tells intake and then, at once, the others: waiting here is cheaper than sending everything again.
    Waited for is the structure too, by whose day the rows are judged.
    """
    deadline = asyncio.get_running_loop().time() + patience
    found: dict[UUID, KnownPathway] = {}
    persons = {dossier.pathway: dossier.request.person for dossier in dossiers}
    structures = {dossier.pathway: dossier.request.structure for dossier in dossiers}
    forgotten = await store.ledger.forgotten([*persons, *persons.values()])
    missing = {pathway for pathway, person in persons.items() if not {pathway, person} & forgotten}
    while True:
        heard_of = await departments(store.pool, set(structures.values()))
        known = await known_pathways(store, list(missing))
        found |= {pathway: told for pathway, told in known.items() if structures[pathway] in heard_of}
        missing -= found.keys()
        if not missing or asyncio.get_running_loop().time() > deadline:
            return found
        await asyncio.sleep(0.05)


async def known_pathway(store: EventStore, pathway: UUID, caller: Caller) -> KnownPathway:
    """For a command. Raises NotYetKnown where no request was heard of, Problem where the file is archived.

    An adviser or a manager gets of another structure's pathway the answer of one that nobody has heard of.
    """
    found = [_known(store, row) for row in await store.pool.rows_of(_KNOWN, pathway)]
    if not found or not caller.is_of(found[0].structure):
        raise NotYetKnown(pathway)
    if found[0].archived:
        raise Problem(409, "archived", "the person's file is archived; a new request for support opens it again")
    return found[0]


@dataclass(frozen=True)
class OnPathway:
    """Where a command on a pathway of which the service heard from intake is decided."""

    act: Act
    pathway: KnownPathway

    @property
    def today(self) -> date:
        return self.pathway.today


Known = Callable[[EventStore, UUID, Caller], Awaitable[KnownPathway]]
"""What the service knows of a pathway. Raises where it knows of none, as which another structure's is answered, and
where the file is archived."""


def on_pathway(
    cls: type[A], id_of: Callable[[UUID], UUID] = lambda pathway: pathway, known: Known = known_pathway
) -> Callable[[UUID], Target[A, OnPathway]]:
    """The file of a pathway; `id_of`: the aggregate's id, where it is not the pathway's own.

    Opening it raises what `known` raises; recording in it Restricted.
    """

    def of(pathway: UUID) -> Target[A, OnPathway]:
        async def open_file(act: Act) -> tuple[A, OnPathway]:
            concerned = await known(act.store, pathway, act.command.caller)
            return await act.main(cls, id_of(pathway), lambda _: concerned.about_new()), OnPathway(act, concerned)

        return open_file

    return of


async def exit_date(pool: Pool, pathway: UUID) -> date | None:
    """When the pathway's person left, as far as this service has heard."""
    found: date | None = await pool.fetchval("select exited_on from known_pathways where pathway = $1", pathway)
    return found


OF_INTAKE = (
    Request,
    Start,
    Reception,
    AdviserAssignment,
    ProcessingRestricted,
    RestrictionLifted,
    Archiving,
    Reactivation,
)
"""What `remember_intake` needs."""
OF_OUTCOMES = (Exit, Reopening)
"""What `remember_outcomes` needs."""


async def remember_intake(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Applies intake's events: who is supported where, since when, and of whom nothing may be recorded."""
    changes: dict[UUID, dict[str, Any]] = {}
    for event in _after(await _versions(connection, events), events):
        change = changes.setdefault(event.aggregate, {})
        change["version"] = event.version
        match event.body:
            case Request(structure=structure, person=person, requested_on=requested_on):
                change |= {"person": person, "requested_on": requested_on}
                if "received" not in change:
                    change["structure"] = structure
            case Reception():
                change |= {"structure": event.structure, "received": True, "adviser": None}
            case AdviserAssignment(adviser=adviser):
                change["adviser"] = adviser
            case Start(started_on=started_on):
                change["started_on"] = started_on
            case ProcessingRestricted() | RestrictionLifted():
                change["restricted"] = isinstance(event.body, ProcessingRestricted)
            case Archiving() | Reactivation():
                change["archived"] = isinstance(event.body, Archiving)
    # A column that no event of these spoke of keeps what it held; `told` names those that one did.
    await connection.execute(
        """insert into known_pathways as k
             (pathway, structure, person, requested_on, started_on, restricted, archived, adviser, received,
              intake_version)
           select pathway, structure, person, requested_on, started_on, coalesce(restricted, false),
                  coalesce(archived, false), adviser, coalesce(received, false), version
             from unnest($1::uuid[], $2::text[], $3::uuid[], $4::date[], $5::date[], $6::boolean[], $7::boolean[],
                         $8::text[], $9::boolean[], $10::integer[])
                  u(pathway, structure, person, requested_on, started_on, restricted, archived, adviser, received,
                    version)
           on conflict (pathway) do update set
             structure = case when k.received and not excluded.received then k.structure
                              else coalesce(excluded.structure, k.structure) end,
             received = k.received or excluded.received,
             person = coalesce(excluded.person, k.person),
             requested_on = coalesce(excluded.requested_on, k.requested_on),
             started_on = case when excluded.pathway = any($11::uuid[]) then excluded.started_on else k.started_on end,
             restricted = case when excluded.pathway = any($12::uuid[]) then excluded.restricted else k.restricted end,
             archived = case when excluded.pathway = any($13::uuid[]) then excluded.archived else k.archived end,
             adviser = case when excluded.pathway = any($14::uuid[]) then excluded.adviser else k.adviser end,
             intake_version = excluded.intake_version""",
        list(changes),
        *([change.get(name) for change in changes.values()] for name in _COLUMNS),
        *(
            [pathway for pathway, change in changes.items() if name in change]
            for name in ("started_on", "restricted", "archived", "adviser")
        ),
    )


_COLUMNS = (
    "structure",
    "person",
    "requested_on",
    "started_on",
    "restricted",
    "archived",
    "adviser",
    "received",
    "version",
)


async def remember_outcomes(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Applies outcomes' events: when someone left, and whether that was annulled."""
    exits = [
        {
            "pathway": event.aggregate,
            "exited_on": event.body.exited_on if isinstance(event.body, Exit) else None,
            "outcomes_version": event.version,
        }
        for event in events
        if event.pathway is not None and isinstance(event.body, Exit | Reopening)
    ]
    await upsert(connection, "known_pathways", ("pathway",), exits, version="outcomes_version")


async def _versions(connection: Connection, events: Iterable[PublicEvent]) -> dict[UUID, int]:
    rows = await connection.fetch(
        "select pathway, intake_version as version from known_pathways where pathway = any($1)",
        list({event.aggregate for event in events}),
    )
    return {row["pathway"]: row["version"] for row in rows}


def _after(versions: dict[UUID, int], events: Iterable[PublicEvent]) -> Iterable[PublicEvent]:
    """The pathway events not yet applied."""
    for event in events:
        if event.pathway is not None and event.version > versions.get(event.aggregate, 0):
            versions[event.aggregate] = event.version
            yield event
