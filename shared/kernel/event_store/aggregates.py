"""Aggregates and their events as `eventsourcing` knows them, and how they become stored state and come back.

An aggregate starts blank at version 0; its imperative methods decide and may refuse, its `@event` methods record
and never refuse. Every event and aggregate class carries an explicit `TOPIC`: the stored name, frozen for ever.
"""

from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, get_type_hints
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing import domain
from eventsourcing.persistence import Mapper, StoredEvent, Transcoder
from eventsourcing.utils import get_topic, resolve_topic
from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from shared.kernel.sealing import has_sealed, open_in_place, seal, sealed_texts
from shared.language.days import STORED
from shared.language.sealed import CannotOpen, Sealed

# The library stamps each event with the clock. The store's known_at, given under the append lock, is the only
# entry time there is; this constant stands where the library wants a timestamp and is never stored.
_NO_TIMESTAMP = datetime(1970, 1, 1, tzinfo=UTC)

F = TypeVar("F")


@dataclass(frozen=True)
class Known(Generic[F]):
    """A fact as it now stands, beside its value in the last import that spoke of it (null: never imported)."""

    current: F
    imported: F | None = None

    @staticmethod
    def now(before: "Known[F] | None", fact: F, imported: F | None) -> "Known[F]":
        """A fact recorded or corrected; a correction by hand leaves what the last import said."""
        return Known(fact, imported if imported is not None or before is None else before.imported)


class Declared:
    """State of an aggregate that is declared with its events (shared/kernel/facts.py)."""

    kind: str | None
    """What a person's disagreement names it by."""
    hint: Any
    """Of what type it is stored."""

    def blank(self) -> Any:
        """What it is before anything happened."""
        raise NotImplementedError


class Aggregate(domain.Aggregate):
    """Base of every aggregate. State is declared as facts, or as annotated attributes with defaults."""

    if TYPE_CHECKING:
        TOPIC: str
        _IN_ORDER: tuple[tuple[str, "Declared | None"], ...]
        _FACTS: "dict[str, Declared]"

    class Event(domain.Aggregate.Event):
        """Tells of one fact, whole: each event class declares `fact`, and `imported` where imports speak of it."""

        fact: Any

        @property
        def happened_on(self) -> date | None:
            """When what this event tells of took place, null where that is not known or not dated."""
            return getattr(self.fact, "happened_on", None)

        @property
        def of_structure(self) -> str | None:
            """Under which structure's subjects it is told, where not under that of the aggregate as it now stands."""
            return None

        @property
        def rule_version(self) -> str | None:
            """Version of the rule under which it was recorded, where one was applied: of the event's, or the fact's."""
            return getattr(self, "rule", None) or getattr(self.fact, "rule", None)

        @staticmethod
        def create_timestamp() -> datetime:
            return _NO_TIMESTAMP

    def __init_subclass__(cls, **options: Any) -> None:
        own = vars(cls).get("__annotations__", {})
        cls._FACTS = {name: value for name, value in vars(cls).items() if isinstance(value, Declared)}
        cls._IN_ORDER = tuple((name, cls._FACTS.get(name)) for name in vars(cls) if name in own or name in cls._FACTS)
        # The library wants a named class for an event of creation, which a blank aggregate never has.
        created = {"TOPIC": f"{cls.TOPIC}-created", "__module__": cls.__module__, "__qualname__": "Created"}
        cls.Created = type("Created", (domain.Aggregate.Created,), created)  # type: ignore[misc,assignment]
        super().__init_subclass__(**options)

    @classmethod
    def blank(cls, id: UUID) -> Self:
        """An aggregate to which nothing has happened yet."""
        aggregate = cls.__new__(cls)
        aggregate.__base_init__(originator_id=id, originator_version=0, timestamp=_NO_TIMESTAMP)
        aggregate.__init__()  # type: ignore[misc]
        state = vars(aggregate)
        for name, declared in cls._IN_ORDER:  # as they are declared, so that a snapshot is the same bytes
            state[name] = state.pop(name) if declared is None else declared.blank()
        return aggregate

    @classmethod
    def events(cls) -> list[type[Event]]:
        """The classes of its events, in the order in which they are declared."""
        library = (cls.Event, cls.Created)
        return [
            value
            for value in vars(cls).values()
            if isinstance(value, type) and issubclass(value, Aggregate.Event) and value not in library
        ]

    @classmethod
    def facts(cls) -> dict[str, Declared]:
        """The declared facts by name."""
        return cls._FACTS


def is_of(cls: type[Aggregate], event: Any) -> bool:
    """Whether an event, or a snapshot, is one of this class of aggregates."""
    if isinstance(event, domain.Snapshot):
        return resolve_topic(event.topic) is cls
    return type(event) in _events_of(cls)


@cache
def _events_of(cls: type[Aggregate]) -> frozenset[type]:
    return frozenset(cls.events())


def holds_sealed(event: Any) -> bool:
    """Whether the class of an event, or the aggregate of a snapshot, declares a sealed text anywhere."""
    declaring: Any = resolve_topic(event.topic) if isinstance(event, domain.Snapshot) else type(event)
    return keeps_sealed(declaring)


def has_texts(event: Any) -> bool:
    """Whether there is a sealed text in an event: one may be declared, and nothing told."""
    return holds_sealed(event) and any(True for _ in sealed_texts(vars(event)))


@cache
def keeps_sealed(cls: Any) -> bool:
    """Whether an aggregate's or an event's class declares a sealed text anywhere."""
    return any(map(has_sealed, _stored_fields(cls).values()))


def _stored_fields(cls: Any) -> dict[str, Any]:
    """By name, the types of what a class of aggregates or events stores beside what the library does."""
    own = {name: hint for name, hint in get_type_hints(cls).items() if name not in _LIBRARY_FIELDS}
    facts = cls.facts() if issubclass(cls, Aggregate) else {}
    return own | {name: declared.hint for name, declared in facts.items()}


def open_sealed(event: Any, key: AESGCM | CannotOpen | None) -> None:
    """Opens the sealed texts of a loaded event or snapshot in place, or notes in each why it cannot be read."""
    place = _place(get_topic(type(event)), event.originator_id, event.originator_version)
    state = {name: value for name, value in vars(event).items() if name not in ("originator_id", "originator_version")}
    for where, text in sealed_texts(state):
        open_in_place(key, text, place + where)


def _place(topic: str, id: UUID, version: int) -> str:
    """What every seal of an event is bound to, beside the person's key and the field."""
    return f"{topic}/{id}/{version}/"


def _sealed(value: Any, key: AESGCM | None, place: str) -> Any:
    """The value with every sealed text as it is stored."""
    if isinstance(value, Sealed):
        if key is None:
            raise ValueError(f"{place}: a sealed text needs the person whom its event concerns")
        return seal(key, value, place)
    if isinstance(value, dict):
        return {name: _sealed(part, key, f"{place}.{name}") for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_sealed(part, key, f"{place}.{number}") for number, part in enumerate(value)]
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _sealed(getattr(value, field.name), key, f"{place}.{field.name}") for field in fields(value)
        }
    return value


class _JsonTranscoder(Transcoder):
    """Dates, uuids, codes and fact dataclasses as plain JSON; decimals as strings, so that none is rounded."""

    def encode(self, obj: Any) -> bytes:
        return orjson.dumps(obj, default=str, option=orjson.OPT_NON_STR_KEYS)

    def decode(self, data: bytes) -> Any:
        return orjson.loads(data)


class TypedMapper(Mapper[UUID]):
    """The library's mapper, upcasting included, with every field brought back to its declared type."""

    def __init__(self) -> None:
        super().__init__(_JsonTranscoder())

    def to_stored_event(self, domain_event: Any, key: AESGCM | None = None) -> StoredEvent:
        """`key` is the person's, needed where a sealed text is stored."""
        state = dict(vars(domain_event))
        id, version = state.pop("originator_id"), state.pop("originator_version")
        del state["timestamp"]
        if isinstance(domain_event, domain.Snapshot):
            state["state"] = {k: v for k, v in domain_event.state.items() if k not in _LIBRARY_STAMPS}
        if (class_version := getattr(type(domain_event), "class_version", 1)) > 1:
            state["class_version"] = class_version
        topic = get_topic(type(domain_event))
        if holds_sealed(domain_event):
            state = _sealed(state, key, _place(topic, id, version))
        return StoredEvent(id, version, topic, self.transcoder.encode(state))

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        event = super().to_domain_event(stored_event)
        state = event.__dict__  # the library builds the (frozen) event by its __dict__; so do we
        if isinstance(event, domain.Snapshot):
            cls = resolve_topic(event.topic)
            unknown_then = {name: of.blank() for name, of in cls.facts().items() if name not in event.state}
            state["state"] = _typed(cls, event.state) | unknown_then | _LIBRARY_STAMPS
        else:
            state.update(_typed(type(event), state))
        state["timestamp"] = _NO_TIMESTAMP
        return event


_LIBRARY_STAMPS = {"_created_on": _NO_TIMESTAMP, "_modified_on": _NO_TIMESTAMP}


@cache
def _fields(cls: type) -> TypeAdapter[dict[str, Any]]:
    """Of the declared fields of `cls`, whichever are there; others pass as they are."""
    shape: Any = TypedDict(cls.__name__, _stored_fields(cls), total=False)  # type: ignore[misc]
    adapter: TypeAdapter[dict[str, Any]] = TypeAdapter(with_config(ConfigDict(extra="allow"))(shape))  # type: ignore[arg-type]
    return adapter


_LIBRARY_FIELDS = frozenset(get_type_hints(domain.Aggregate.Event) | get_type_hints(domain.Aggregate)) | {"TOPIC"}


def _typed(cls: type, state: dict[str, Any]) -> dict[str, Any]:
    """Every declared field of `cls` found in `state`, as its declared type."""
    return _fields(cls).validate_python(state, context=STORED)
