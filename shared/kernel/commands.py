"""The one way in which a command changes aggregates: load, decide, save together; and the answer it gives."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from inspect import isawaitable
from typing import Any, TypeVar, cast
from uuid import UUID

from shared.kernel import telemetry
from shared.kernel.callers import Command
from shared.kernel.database import across_structures
from shared.kernel.event_store import (
    About,
    Aggregate,
    AlreadyAnswered,
    Answer,
    EventStore,
    Forgotten,
    IdempotencyKey,
    IdTaken,
    Recorded,
    VersionConflict,
)
from shared.kernel.refusals import Problem
from shared.language.rules import RuleBroken

A = TypeVar("A", bound=Aggregate)
H = TypeVar("H")

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


class Act:
    """What one command looks at, and what it records there: appended together, or not at all.

    Whatever it looked at must still stand as it was when that is appended; else the command is decided again.
    """

    def __init__(self, store: EventStore, command: Command) -> None:
        self.store, self.command = store, command
        self.stood: dict[UUID, int] = {}
        self.listed: dict[UUID, int] = {}
        self._files: dict[UUID, tuple[Aggregate, Callable[[Any], About] | None]] = {}
        self._main: Aggregate | None = None

    async def file(self, cls: type[A], id: UUID, about: Callable[[A], About] | None = None) -> A:
        """A file as it stands, for which `about` says whom concerns what is recorded in it."""
        return (await self.files(cls, [id], about))[id]

    async def files(
        self, cls: type[A], ids: Sequence[UUID], about: Callable[[A], About] | None = None
    ) -> dict[UUID, A]:
        missing = [id for id in ids if id not in self._files]
        loaded = {missing[0]: await self.store.load(cls, missing[0])} if len(missing) == 1 else {}
        if len(missing) > 1:
            loaded = await self.store.load_many(cls, missing)
        for id, file in loaded.items():
            self._files[id], self.stood[id] = (file, about), file.version
        if about is not None:  # what was looked at before may record something too
            self._files |= {id: (self._files[id][0], about) for id in ids}
        return {id: cast("A", self._files[id][0]) for id in ids}

    async def main(self, cls: type[A], id: UUID, about: Callable[[A], About]) -> A:
        """The file that the command is about, and the answer tells of. Raises Problem where the caller named a version
        and it has moved on since."""
        self._main = file = await self.file(cls, id, about)
        named = self.command.on_version
        if named is not None and named != file.version:
            raise _moved_on(named, await self.store.since(id, named))
        return file

    async def pathways_of(self, person: UUID) -> list[UUID]:
        """The pathways with an event that concerns a person; the person may get no other one meanwhile."""
        pathways, self.listed[person] = await self.store.pathways_up_to_now(person)
        return pathways

    @property
    def _recorded(self) -> list[Aggregate]:
        return [file for file, _ in self._files.values() if file.pending_events]

    async def append(self) -> Done:
        """Answers of the file that the command is about. Raises VersionConflict, AlreadyAnswered."""
        assert self._main is not None, "a command is about a file"
        if (about := self._files[self._main.id][1]) is not None:
            about(self._main)  # also where nothing is new: of whose data may only be stored nothing is taken
        done = Done(self._main.id, self._main.id, self._main.version, bool(self._main.pending_events), None)
        changes = []
        for file in self._recorded:
            about = self._files[file.id][1]
            assert about is not None, f"{type(file).__name__} was loaded to be looked at alone"
            changes.append((file, about(file)))
        with telemetry.appending():
            known_at = await self.store.save_all(
                changes,
                stood=self.stood,
                listed=self.listed,
                actor=self.command.actor,
                key=self.command.key,
                answer={"id": str(done.id), "version": done.version, "recorded": done.recorded},
            )
        return replace(done, known_at=known_at if done.recorded else None)

    async def must_be_free_to_decide_again(self, changed: Sequence[UUID]) -> None:
        """After a conflict. Raises Problem where another person recorded something in a file that this changes, or
        where one of them is not this caller's to see."""
        for id in changed:
            before = self.stood[id]
            changes = await self.store.since(id, before)
            with across_structures():  # an id may be that of another structure's file
                hidden = not changes and bool(await self.store.since(id, before))
            if hidden or any(one.actor != self.command.actor and not is_reaction(one.actor) for one in changes):
                raise _moved_on(before, changes)


async def execute(store: EventStore, command: Command, decision: Callable[[Act], Awaitable[object]]) -> Done:
    """Lets `decision` load files and decide on them, and appends what they recorded in one append, under the key.

    A decision that met what the same caller, or a reaction, recorded meanwhile is taken again on that, and so is one
    that looked at a file that has moved on. What another person recorded in a file that it changes is never overridden
    unseen: Problem `version-conflict` says what it was. Raises what the decision raises; then nothing was recorded.
    """
    return await once(store, command, lambda: _decide(store, decision, command))


Target = Callable[[Act], Awaitable[tuple[A, H]]]
"""Opens the file that a command is about, and tells what is known where it is decided."""


def on(target: Target[A, H], decision: Callable[[A, H], object]) -> Callable[[Act], Awaitable[object]]:
    """What `execute` takes: a decision, which may be awaited, on one file."""

    async def decide(act: Act) -> None:
        decided = decision(*await target(act))
        if isawaitable(decided):
            await decided

    return decide


def alone(cls: type[A], id: UUID, about: Callable[[A], About]) -> Target[A, Act]:
    """A file of which nothing else has to be known."""

    async def open_file(act: Act) -> tuple[A, Act]:
        return await act.main(cls, id, about), act

    return open_file


async def once(store: EventStore, command: Command, act: Callable[[], Awaitable[Done]]) -> Done:
    """Answers as before what came under the command's key before, a refusal too: a twin may be answered meanwhile."""
    if command.key is None:
        return await act()
    if earlier := await _answered(store, command):
        return earlier
    try:
        return await act()
    except (RuleBroken, Problem, Forgotten, IdTaken):
        if earlier := await _answered(store, command):
            return earlier
        raise


async def once_for_all(
    store: EventStore, command: Command, acts: Callable[[], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    """What many acts came to that no one append holds: kept under the command's key when all of them are done.

    Interrupted before that and sent again it goes on with what is left, so `acts` has to find that by itself.
    """
    if command.key is None:
        return await acts()
    if earlier := await _earlier(store, command.key):
        return earlier.body
    answer = await acts()
    try:
        await store.save_all([], stood={}, actor=command.actor, key=command.key, answer=answer)
    except AlreadyAnswered:
        if earlier := await _earlier(store, command.key):
            return earlier.body
    return answer


async def _decide(store: EventStore, decision: Callable[[Act], Awaitable[object]], command: Command) -> Done:
    for _ in range(ATTEMPTS):
        act = Act(store, command)
        await decision(act)
        changed = [file.id for file in act._recorded]
        try:
            return await act.append()
        except VersionConflict:
            await act.must_be_free_to_decide_again(changed)
        except AlreadyAnswered:
            if earlier := await _answered(store, command):
                return earlier
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
    answer = await _earlier(store, command.key)
    if answer is None:
        return None
    recorded = answer.body["recorded"]
    file = UUID(answer.body["id"])
    return Done(file, file, answer.body["version"], recorded, answer.known_at if recorded else None)


async def _earlier(store: EventStore, key: IdempotencyKey) -> Answer | None:
    answer = await store.answer(key)
    if answer is not None and answer.body_hash != key.body_hash:
        raise Problem(422, "idempotency-key-reused", "this Idempotency-Key came with another body before")
    return answer


REACTION = "reaction/"
"""What the actor of a reaction's events begins with; the service follows."""


def is_reaction(actor: str) -> bool:
    return actor.startswith(REACTION)
