"""The one way in which a command changes an aggregate: load, decide, save; and the answer it gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Response

from shared import telemetry
from shared.access import Command
from shared.clock import PARIS as PARIS
from shared.clock import today as today
from shared.event_store import About, Aggregate, AlreadyAnswered, EventStore, Recorded, VersionConflict
from shared.problems import Problem

A = TypeVar("A", bound=Aggregate)

ATTEMPTS = 10


@dataclass(frozen=True)
class Done:
    """What a command answers. `id` is the fact that was recorded, `file` the aggregate that it stands in, `version`
    that of the file. A fact of which a file has one only has the id of what it is asked under, as a pathway's welcome.

    `recorded` is false where asking again changed nothing, `known_at` when what was recorded became known (null when
    nothing was).
    """

    id: UUID
    file: UUID
    version: int
    recorded: bool
    known_at: datetime | None


async def decide(
    store: EventStore,
    cls: type[A],
    id: UUID,
    decision: Callable[[A], object],
    about: Callable[[A], About],
    command: Command,
) -> Done:
    """Loads the aggregate, lets `decision` decide, saves what it recorded in one append.

    A decision that met what the same caller, or a reaction, recorded meanwhile is taken again on that. What another
    person recorded is never overridden unseen: Problem `version-conflict` says what it was, and so it does where the
    caller named a version and the aggregate has moved on. Raises what the decision raises.
    """
    if command.key and (earlier := await _answered(store, command)):
        return earlier
    for _ in range(ATTEMPTS):
        aggregate = await store.load(cls, id)
        before = aggregate.version
        if command.on_version is not None and command.on_version != before:
            raise _moved_on(command.on_version, await store.since(id, command.on_version))
        decision(aggregate)
        answer: dict[str, Any] = {
            "id": str(id),
            "version": aggregate.version,
            "recorded": aggregate.version > before,
        }
        try:
            with telemetry.appending():
                known_at = await store.save(
                    aggregate, about=about(aggregate), actor=command.actor, key=command.key, answer=answer
                )
        except VersionConflict:
            changes = await store.since(id, before)
            if not changes:  # the id is that of a file that is not this caller's to see
                raise _moved_on(before, changes) from None
            if any(change.actor != command.actor and not is_reaction(change.actor) for change in changes):
                raise _moved_on(before, changes) from None
            continue
        except AlreadyAnswered:
            if earlier := await _answered(store, command):
                return earlier
            continue
        return Done(id, id, aggregate.version, aggregate.version > before, known_at)
    raise Problem(503, "busy", "too many others write on this file at the moment", retry_after=1)


def _moved_on(version: int, changes: Sequence[Recorded]) -> Problem:
    told = [
        {
            "event": change.name,
            "version": change.version,
            "happened_on": change.happened_on and change.happened_on.isoformat(),
            "known_at": change.known_at.isoformat(),
            "recorded_by": change.actor,
        }
        for change in changes
    ]
    what = ", ".join(change.name for change in changes) or "nothing that stands at this version"
    return Problem(409, "version-conflict", f"the file has moved on from version {version}: {what}", changes=told)


async def _answered(store: EventStore, command: Command) -> Done | None:
    assert command.key is not None
    answer = await store.answer(command.key)
    if answer is None:
        return None
    if answer.body_hash != command.key.body_hash:
        raise Problem(422, "idempotency-key-reused", "this Idempotency-Key came with another body before")
    recorded = answer.body["recorded"]
    file = UUID(answer.body["id"])
    return Done(file, file, answer.body["version"], recorded, answer.known_at if recorded else None)


REACTION = "reaction/"
"""What the actor of a reaction's events begins with; the service follows."""


def is_reaction(actor: str) -> bool:
    return actor.startswith(REACTION)


def answered(response: Response, done: Done, fact: UUID | None = None) -> Done:
    """201 where something was recorded, 200 where asking again changed nothing. `fact`: the id that it now goes by."""
    response.status_code = 201 if done.recorded else 200
    return done if fact is None else replace(done, id=fact)
