"""Facts: what an aggregate keeps of one kind. One declaration gives the events, their stored names and the recording.

    class ActivityFile(Aggregate):
        supports = Facts(SupportAction, "support", "training.support-reported", "training.support-report-corrected")

    file.supports.is_new(key, support)      # false for the same again; raises AlreadyRecorded for other content
    file.supports.record(key, support)      # triggers ActivityFile.SupportReported
    file.supports[key]                      # how it now stands

`Facts` are many, each under a key; a `Fact` is the one of its kind. A stored name is frozen for ever, and names the
event's class in its aggregate: "training.support-reported" is `SupportReported`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Generic, Self, TypeVar, cast, get_type_hints, overload
from uuid import UUID

from shared.kernel.event_store.aggregates import Aggregate, Declared, Known
from shared.kernel.standing import Single, Standing
from shared.language.codes import InClear
from shared.language.kinds import Kind, no_rules
from shared.language.rules import RuleBroken

F = TypeVar("F")


@dataclass(frozen=True)
class FactId:
    """Which fact of a pathway: its kind, and its id where a pathway may have several of the kind."""

    kind: Annotated[str, InClear("kind of a fact")]
    id: Annotated[str, InClear("id of a fact")] | None = None


class FactEvent(Aggregate.Event):
    """Tells of a fact, first or again: from then on it stands so."""

    if TYPE_CHECKING:
        declared: "_Declaration[Any]"

    def apply(self, aggregate: Any) -> None:
        self.declared.keep(aggregate, self)


class DayEvent(FactEvent):
    """Tells of a day, and happened on it."""

    fact: date

    @property
    def happened_on(self) -> date:
        return self.fact


Event = str | type[FactEvent]
"""A stored name; or a class, where an event has fields or properties of its own."""


class _Declaration(Declared, Generic[F]):
    """`kind` is what a person's disagreement names the fact by; null where it is not theirs to disagree with.

    The first event tells of the fact first, the second of its correction, others of something of their own, as a
    renewal. `imported`: imports speak of it, so what the last one said is kept beside how it stands. `bare`: stored
    as it is, not as `Known`. `keyed`: each event carries the `key` too that the whole aggregate is known by. `rules`:
    what a fact by itself breaks, by the local date of the structure.
    """

    def __init__(
        self,
        fact: type[F],
        kind: str | None,
        /,
        *events: Event,
        imported: bool = False,
        bare: bool = False,
        keyed: bool = False,
        rules: Callable[[F, date], Iterable[RuleBroken]] = no_rules,
    ) -> None:
        self.fact, self.kind, self.imported, self.bare, self.keyed = fact, kind, imported, bare, keyed
        self.rules = rules
        self.whole: Kind[F] | None = None
        self._given = events

    def __set_name__(self, owner: type[Aggregate], name: str) -> None:
        self.name, self.owner = name, owner
        self.events = [self._define(owner, event) for event in self._given]

    def _define(self, owner: type[Aggregate], event: Event) -> str:
        """Puts the event's class where the library looks for it. Returns its name there."""
        if isinstance(event, str):
            name = "".join(part.capitalize() for part in event.partition(".")[2].split("-"))
            stored: dict[str, Any] = self._key() | {"fact": self.fact}
            if self.imported:
                stored["imported"] = self.fact | None
            own = {"__annotations__": stored, "__module__": owner.__module__, "TOPIC": event}
            event = type(name, (FactEvent,), own)
            setattr(owner, name, event)
        event.declared = self
        return event.__name__

    def event(self, name: str) -> type[Aggregate.Event]:
        """The class as the library made it anew for the aggregate."""
        found: type[Aggregate.Event] = vars(self.owner)[name]
        return found

    def trigger(self, aggregate: Aggregate, event: int | str, told: dict[str, Any]) -> None:
        if self.imported:
            told.setdefault("imported", None)
        aggregate.trigger_event(self.event(self.events[event] if isinstance(event, int) else event), **told)

    def check(self, fact: F, today: date) -> None:
        """Raises the first rule that a fact breaks by itself."""
        for broken in self.rules(fact, today):
            raise broken

    def kept(self, before: Any, event: Any) -> Any:
        """What is stored from now on."""
        return event.fact if self.bare else Known.now(before, event.fact, getattr(event, "imported", None))

    @property
    def stored(self) -> Any:
        return self.fact if self.bare else Known[self.fact]  # type: ignore[name-defined]

    def _key(self) -> dict[str, Any]:
        return {"key": UUID} if self.keyed else {}

    def keep(self, aggregate: Aggregate, event: Any) -> None:
        raise NotImplementedError

    def id_of(self, event: Any) -> str | None:
        """What tells the fact of an event apart from the others of its kind."""
        raise NotImplementedError

    def __set__(self, aggregate: Aggregate, facts: Any) -> None:
        raise AttributeError(f"{self.name} change by events only")


class Facts(_Declaration[F]):
    """`by`: the field of the fact that is its key; null: the event carries a key that whoever recorded it chose."""

    def __init__(self, fact: type[F], kind: str | None, /, *events: Event, by: str | None = None, **how: Any) -> None:
        super().__init__(fact, kind, *events, **how)
        self.by = by
        self.key_type: Any = UUID if by is None else get_type_hints(fact)[by]

    @classmethod
    def of(cls, kind: Kind[F]) -> "Facts[F]":
        """Keeps the facts of a kind that is declared whole."""
        facts = cls(kind.fact, kind.name, *kind.events, imported=bool(kind.row), rules=kind.rules)
        facts.whole = kind
        return facts

    @overload
    def __get__(self, aggregate: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, aggregate: Aggregate, owner: Any) -> "Standing[F]": ...
    def __get__(self, aggregate: Any, owner: Any) -> "Self | Standing[F]":
        return Standing(self, aggregate) if isinstance(aggregate, Aggregate) else self  # of a class, or of an event

    def state(self, aggregate: Aggregate) -> dict[Any, Any]:
        """By key."""
        return cast("dict[Any, Any]", vars(aggregate)[self.name])

    def keep(self, aggregate: Aggregate, event: Any) -> None:
        state, key = self.state(aggregate), self.key_of(event)
        state[key] = self.kept(state.get(key), event)

    def named(self, key: Any) -> FactId:
        """As a disagreement names the fact under a key."""
        assert self.kind is not None
        return FactId(self.kind, str(key))

    def key_of(self, event: Any) -> Any:
        return event.key if self.by is None else getattr(event.fact, self.by)

    def id_of(self, event: Any) -> str:
        return str(self.key_of(event))

    def blank(self) -> dict[Any, Any]:
        return {}

    @property
    def hint(self) -> Any:
        return dict[self.key_type, self.stored]  # type: ignore[name-defined]

    def _key(self) -> dict[str, Any]:
        return {"key": UUID} if self.by is None else super()._key()


class Fact(_Declaration[F]):
    """The one fact of its kind in its aggregate."""

    @overload
    def __get__(self, aggregate: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, aggregate: Aggregate, owner: Any) -> "Single[F]": ...
    def __get__(self, aggregate: Any, owner: Any) -> "Self | Single[F]":
        return Single(self, aggregate) if isinstance(aggregate, Aggregate) else self  # of a class, or of an event

    def keep(self, aggregate: Aggregate, event: Any) -> None:
        state = vars(aggregate)
        state[self.name] = self.kept(state.get(self.name), event)

    def clear(self, aggregate: Aggregate) -> None:
        """For the `apply` of an event that takes the fact back."""
        vars(aggregate)[self.name] = None

    def named(self) -> FactId:
        """As a disagreement names the fact."""
        assert self.kind is not None
        return FactId(self.kind)

    def id_of(self, event: Any) -> None:
        return None

    def blank(self) -> None:
        return None

    @property
    def hint(self) -> Any:
        return self.stored | None


def fact_of(event: Aggregate.Event) -> FactId | None:
    """Which fact an event tells of, as a disagreement names it; null where it tells of none.

    One that is no declaration's names the kind itself, as its class's `KIND`; there is one fact of such a kind.
    """
    declared: _Declaration[Any] | None = getattr(event, "declared", None)
    kind: str | None = getattr(event, "KIND", None) if declared is None else declared.kind
    if kind is None:
        return None
    return FactId(kind, None if declared is None else declared.id_of(event))
