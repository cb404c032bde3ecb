"""A save: what one act recorded, beside all that it was based on, and how it is told to `append_saves`."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import orjson
from eventsourcing.persistence import IntegrityError, StoredEvent

from shared.kernel.event_store.aggregates import Aggregate
from shared.kernel.event_store.answers import IdempotencyKey
from shared.kernel.event_store.loading import About

under: ContextVar[tuple[str, str] | tuple[None, None]] = ContextVar("under", default=(None, None))
"""(role, token's id) under which the request under way appends; what no request asked for has none."""


class VersionConflict(IntegrityError):
    """Another writer recorded something first. `stood`: the versions that the save was based on, by aggregate."""

    def __init__(self, stood: Mapping[UUID, int]) -> None:
        stands = ", ".join(f"{aggregate} from version {version}" for aggregate, version in stood.items())
        super().__init__(f"one of these has moved on: {stands}")
        self.stood = stood


class Forgotten(Exception):
    """The pathway or the person was forgotten: nothing is recorded of them any more."""


class AlreadyAnswered(Exception):
    """The idempotency key was answered meanwhile, by a twin of this request."""


class Change(NamedTuple):
    """What one aggregate recorded."""

    stored: Sequence[StoredEvent]
    events: Sequence[Aggregate.Event]
    about: About


@dataclass
class Save:
    """One act, which waits to be appended. `done`: when it became known."""

    changes: Sequence[Change]
    stood: Mapping[UUID, int]
    """The version at which each file stood that was looked at, 0 where there was none."""
    listed: Mapping[UUID, int]
    """Persons whose pathways were listed, and the position up to which."""
    actor: str
    historical: bool
    key: IdempotencyKey | None
    answer: dict[str, Any] | None
    traceparent: str | None
    digests: list[bytes]
    under: tuple[str, str] | tuple[None, None] = field(default_factory=lambda: under.get())
    id: UUID = field(default_factory=uuid4)
    done: asyncio.Future[datetime] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @cached_property
    def writes(self) -> set[object]:
        """What no other save of the same group may look at: what is listed too, as it may be added to."""
        changed = {change.stored[0].originator_id for change in self.changes}
        return {*changed, *self.listed, *([self.key] if self.key else [])}


APPEND = "select * from append_saves({})".format(", ".join(f"${n}" for n in range(1, 30)))


def columns(group: Sequence[Save]) -> list[list[Any]]:
    """Lists what `APPEND` takes: what each save tells, by column."""
    told = (
        (15, [row for save in group for row in _events(save)]),
        (6, [_key(save.id, save.key, save.answer) for save in group if save.key is not None]),
        (2, [(save.id, digest) for save in group for digest in save.digests]),
        (3, [(save.id, *one) for save in group for one in save.stood.items()]),
        (3, [(save.id, *one) for save in group for one in save.listed.items()]),
    )
    return [column for width, rows in told for column in _transposed(rows, width)]


def _events(save: Save) -> Iterator[tuple[Any, ...]]:
    for of_one, recorded, about in save.changes:
        for stored, event in zip(of_one, recorded, strict=True):
            yield (
                save.id,
                stored.originator_id,
                stored.originator_version,
                stored.topic,
                stored.state.decode(),
                event.of_structure or about.structure,
                about.pathway,
                about.person,
                save.actor,
                event.happened_on,
                event.rule_version,
                save.historical,
                save.traceparent,
                *save.under,
            )


def _key(save: UUID, key: IdempotencyKey, answer: dict[str, Any] | None) -> tuple[Any, ...]:
    return save, key.caller, key.route, key.key, key.body_hash, orjson.dumps(answer, default=str).decode()


def _transposed(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
