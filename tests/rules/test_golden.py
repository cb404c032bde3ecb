"""What was stored before is read, gives the same state, and is written again byte for byte: events.json and
snapshots.json in tests/golden hold one event of every frozen name and one snapshot of every aggregate.

A new event or a new field of a fact gets a line of its own there: `python -m tests.rules.test_golden` adds what is
missing and changes nothing that stands. Nobody edits a line: what was stored stays as it is.
"""

import contextlib
import dataclasses
import enum
import json
import os
import types
import typing
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin
from unittest.mock import patch
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.domain import Snapshot
from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import get_topic
from pydantic import TypeAdapter, ValidationError

from shared.kernel.event_store import Aggregate
from shared.kernel.event_store.aggregates import _LIBRARY_FIELDS, TypedMapper, open_sealed
from shared.language.days import STORED
from shared.language.sealed import Sealed
from tests.docs.test_docs import AGGREGATES
from tests.places import TESTS

FOLDER = TESTS / "golden"
EVENTS, SNAPSHOTS = FOLDER / "events.json", FOLDER / "snapshots.json"
MAPPER, KEY = TypedMapper(), AESGCM(bytes(32))
ID, DAY = UUID(int=1), date(2024, 1, 10)
Row = dict[str, Any]


def always_the_same() -> Any:
    """Seals with one nonce, so that the same text is the same bytes."""
    return patch("shared.kernel.sealing.os.urandom", bytes)


def events_of(cls: type[Aggregate]) -> list[type[Aggregate.Event]]:
    return [
        value
        for value in vars(cls).values()
        if isinstance(value, type) and issubclass(value, Aggregate.Event) and value.__name__ not in ("Event", "Created")
    ]


TEXTS = ("s01", "fr", "14:30", "reading", "M1607", "73282932000074")
"""Of which each pattern takes one."""


def first_valid(hint: Any) -> str:
    adapter = TypeAdapter[str](hint)
    for text in TEXTS:
        with contextlib.suppress(ValidationError):
            return adapter.validate_python(text, context=STORED)
    raise AssertionError(f"no example fits {hint}")


def example(hint: Any, name: str) -> Any:
    """A value of a type, every field of it filled, the same at every run."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is typing.Annotated:
        return first_valid(hint) if arguments[0] is str else example(arguments[0], name)
    if origin in (typing.Union, types.UnionType):
        return example(next(one for one in arguments if one is not type(None)), name)
    if origin is Literal:
        return arguments[-1]
    if origin in (tuple, list):
        return origin(example(one, name) for one in arguments if one is not Ellipsis)
    if origin is dict:
        return {example(arguments[0], name): example(arguments[1], name)}
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint, include_extras=True)
        return hint(**{field.name: example(hints[field.name], field.name) for field in dataclasses.fields(hint)})
    if issubclass(hint, enum.Enum):
        return list(hint)[-1]
    simple: dict[Any, Any] = {
        Any: "x",
        bool: True, int: 3, str: "s01", date: DAY, Decimal: Decimal("3.50"), Sealed: Sealed("Anna"),
        UUID: uuid5(NAMESPACE_URL, name), datetime: datetime.fromisoformat("2024-01-10T12:00:00+00:00"),
    }  # fmt: skip
    return simple[hint]


def history(cls: type[Aggregate]) -> tuple[list[StoredEvent], Aggregate]:
    """One event of each of the aggregate's classes in their order, as they are stored, and the aggregate after them."""
    stored, aggregate = [], cls.blank(ID)
    for event in events_of(cls):
        hints = {
            name: hint
            for name, hint in typing.get_type_hints(event, include_extras=True).items()
            if name not in _LIBRARY_FIELDS
        }
        fields = {name: example(hint, name) for name, hint in hints.items()}
        happened: Any = event(
            originator_id=ID,
            originator_version=aggregate.version + 1,
            timestamp=event.create_timestamp(),
            **fields,
        )
        with always_the_same():
            stored.append(MAPPER.to_stored_event(happened, KEY))
        happened.mutate(aggregate)
    return stored, aggregate


def row_of(stored: StoredEvent) -> Row:
    return {"topic": stored.topic, "version": stored.originator_version, "state": stored.state.decode()}


def snapshot_of(aggregate: Aggregate) -> Row:
    with always_the_same():
        return row_of(MAPPER.to_stored_event(Snapshot.take(aggregate), KEY)) | {"of": get_topic(type(aggregate))}


def read(row: Row) -> Any:
    """The event or snapshot as it is loaded, its texts opened."""
    event = MAPPER.to_domain_event(StoredEvent(ID, row["version"], row["topic"], row["state"].encode()))
    open_sealed(event, KEY)
    return event


def written(event: Any) -> str:
    with always_the_same():
        return MAPPER.to_stored_event(event, KEY).state.decode()


def events() -> list[Row]:
    found: list[Row] = json.loads(EVENTS.read_text())
    return found


def snapshots() -> list[Row]:
    found: list[Row] = json.loads(SNAPSHOTS.read_text())
    return found


@pytest.mark.parametrize("row", events(), ids=lambda row: row["topic"])
def test_an_event_of_before_is_read_and_written_as_it_was(row: Row) -> None:
    assert written(read(row)) == row["state"]


@pytest.mark.parametrize("row", snapshots(), ids=lambda row: row["of"])
def test_the_events_of_before_give_the_snapshot_of_before(row: Row) -> None:
    cls = next(one for one in AGGREGATES if get_topic(one) == row["of"])
    aggregate = cls.blank(ID)
    names = {get_topic(event) for event in events_of(cls)}
    of_it = [read(one) for one in events() if one["topic"] in names]
    for event in sorted(of_it, key=lambda one: one.originator_version):
        event.mutate(aggregate)
    taken, kept = snapshot_of(aggregate), json.loads(row["state"])["state"]
    since = {name: of.blank() for name, of in cls.facts().items() if name not in kept}
    assert json.loads(taken["state"])["state"] == kept | since, "a fact that was declared since is blank"
    assert since or taken == row
    assert read(row).mutate(None) == aggregate


def test_every_event_and_every_aggregate_is_here() -> None:
    assert {row["topic"] for row in events()} == {get_topic(event) for cls in AGGREGATES for event in events_of(cls)}
    assert {row["of"] for row in snapshots()} == {get_topic(cls) for cls in AGGREGATES}


def main() -> None:
    """Adds what is missing."""
    FOLDER.mkdir(exist_ok=True)
    kept = {row["topic"]: row for row in (events() if EVENTS.exists() else [])}
    taken = {row["of"]: row for row in (snapshots() if SNAPSHOTS.exists() else [])}
    for cls in AGGREGATES:
        happened, aggregate = history(cls)
        for stored in happened:
            kept.setdefault(stored.topic, row_of(stored))
        taken.setdefault(get_topic(cls), snapshot_of(aggregate))
    for file, rows in ((EVENTS, kept), (SNAPSHOTS, taken)):
        file.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows.values()) + "\n]\n")


if __name__ == "__main__":
    os.chdir(FOLDER.parents[1])
    main()
