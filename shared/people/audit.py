"""Who did what and who read what, when, under which token and in which trace: one question a person, pathway or user.

Made of two tables that nobody changes: what was done stands in `events`, as long as the fact; what was shown in
`readings`, for twelve months. Both go with an erasure. Refused requests are in the log alone (shared/http/edge.py).
A manager is answered what was done and read in their own structure; the operator, who sees no single person's file,
what a user did, without the persons. Whoever asks is noted too.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from shared.http.access import allow
from shared.http.door import Router
from shared.http.readings import Reading
from shared.http.routes import Store
from shared.kernel.callers import Caller, Role
from shared.kernel.database import across_structures
from shared.kernel.event_store import EventStore
from shared.kernel.refusals import Problem
from shared.language.texts import Name

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Entry:
    """`what`: the name of an event, or of the route that showed something. `structure`: under which it was recorded,
    or the reader's. `role`, `token`: null of what no request asked for, or of before they were noted.

    `person`, `pathway`: null in what the operator is answered. `asked_user`: whose acts the audit was asked for.
    """

    at: datetime
    user: str
    role: str | None
    structure: str | None
    what: str
    person: UUID | None
    pathway: UUID | None
    asked_user: str | None
    token: str | None
    trace: str | None


@dataclass(frozen=True)
class Audit:
    """The oldest first. `next`: what to ask on from, as `after`; null at the end."""

    entries: list[Entry]
    next: str | None


@dataclass(frozen=True)
class _About:
    person: UUID | None
    pathway: UUID | None


router = Router(prefix="/v1", tags=["audit"])


@router.get("/audit")
async def audit(
    caller: Annotated[Caller, Depends(allow(Role.MANAGER, Role.OPERATOR))],
    store: Store,
    reading: Reading,
    person: UUID | None = None,
    pathway: UUID | None = None,
    user: Annotated[Name | None, Query(description="Subject of a token")] = None,
    after: Annotated[
        str | None, Query(pattern="^[0-9]{1,17}-[er]-[0-9]{1,18}$", description="An answer's next")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Entries at most")] = 100,
) -> Audit:
    """Who did and who read what of a person or a pathway, or what one user did and read, in this service."""
    if sum(asked is not None for asked in (person, pathway, user)) != 1:
        raise Problem(422, "one-question", "ask for one of person, pathway, user")
    if caller.role is Role.OPERATOR and user is None:
        raise Problem(403, "not-allowed", "role operator sees no single person's file; ask for a user")
    if caller.role is Role.MANAGER and caller.structure is None:
        raise Problem(403, "no-structure", "the token names no structure")
    with across_structures():  # what was done in their structure, wherever the file is by now
        found = await _entries(store, caller, person, pathway, user, after, limit + 1)
    entries = [entry for _, entry in found[:limit]]
    if user is not None:
        await reading.asked(user)
    elif not await reading.shown([_About(person, pathway)]):
        return Audit([], None)
    if caller.role is Role.OPERATOR:
        entries = [replace(entry, person=None, pathway=None) for entry in entries]
    else:
        shown = set(await reading.shown([about for entry in entries if (about := _about(entry))]))
        entries = [entry for entry in entries if not (about := _about(entry)) or about in shown]
    return Audit(entries, found[limit - 1][0] if len(found) > limit else None)


def _about(entry: Entry) -> _About | None:
    return _About(entry.person, entry.pathway) if entry.person or entry.pathway else None


async def _entries(
    store: EventStore,
    caller: Caller,
    person: UUID | None,
    pathway: UUID | None,
    user: str | None,
    after: str | None,
    limit: int,
) -> list[tuple[str, Entry]]:
    """With each its place, from which to go on."""
    at, kind, number = (after or "0-e-0").split("-")
    persons = [person] if person else []
    pathways = [pathway] if pathway else await store.pathways_of(person) if person else []
    # Each table by an index of its own; what concerns one person, or one user, is what is read and sorted.
    who, what = ("reader = $1", "actor = $1") if user is not None else ("(person = any($1) or pathway = any($2))",) * 2
    subject = [user] if user is not None else [persons, pathways]
    n = len(subject) + 1
    own = f"(${n}::text is null or structure = ${n})"
    later = f"(${n + 1}::timestamptz, ${n + 2}::text, ${n + 3}::bigint)"
    end = n + 4
    rows = await store.pool.fetch(
        f"""with read as (
              select at, 'r' as kind, id as number, reader, role, structure, route as what, person, pathway,
                     asked_user, token, trace
                from readings
               where {who} and {own} and (at, 'r', id) > {later}
               order by at, id limit ${end}
            ), done as (
              select known_at, 'e', position, actor, role, structure, name, person, pathway,
                     null::text, token, substr(traceparent, 4, 32)
                from events
               where {what} and {own} and (known_at, 'e', position) > {later}
               order by known_at, position limit ${end}
            )
            select * from (select * from read union all select * from done) entries
             order by at, kind, number limit ${end}""",
        *subject,
        caller.structure if caller.role is Role.MANAGER else None,
        _EPOCH + int(at) * _MICROSECOND,
        kind,
        int(number),
        limit,
    )
    return [
        (
            f"{(row['at'] - _EPOCH) // _MICROSECOND}-{row['kind']}-{row['number']}",
            Entry(
                row["at"],
                row["reader"],
                *(
                    row[name]
                    for name in ("role", "structure", "what", "person", "pathway", "asked_user", "token", "trace")
                ),
            ),
        )
        for row in rows
    ]
