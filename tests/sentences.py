"""Rules as sentences: given what happened, when something is asked, then it is recorded, refused or no news."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.event_store import Aggregate
from shared.kernel.event_store.aggregates import TypedMapper, open_sealed
from shared.language.rules import RuleBroken

MAPPER, PERSONS_KEY = TypedMapper(), AESGCM(bytes(32))
ENVELOPE = {"originator_id", "originator_version", "timestamp"}


def stored_and_read(event: Any) -> Any:
    """All that a sentence tells goes through its stored form and back, and so tries the mapping too."""
    read = MAPPER.to_domain_event(MAPPER.to_stored_event(event, PERSONS_KEY))
    open_sealed(read, PERSONS_KEY)
    return read


@dataclass(frozen=True)
class Told:
    """What an event tells, without the aggregate that it is told of."""

    event: type[Aggregate.Event]
    fields: dict[str, Any]

    def of(self, aggregate: Aggregate) -> Aggregate.Event:
        return self.event(aggregate.id, aggregate.version + 1, self.event.create_timestamp(), **self.fields)


def told(event: type[Aggregate.Event], fact: object, **fields: object) -> Told:
    """By hand, unless `imported` says what an import said."""
    by_hand = {"imported": None} if "imported" in get_type_hints(event) else {}
    return Told(event, {"fact": fact, **by_hand, **fields})


@dataclass(frozen=True)
class Answered:
    recorded: list[Any]
    refusal: RuleBroken | None

    def then(self, expected: Told) -> Aggregate.Event:
        """Exactly this is recorded, and reads back the same. Returns it, for what else is to be said of it."""
        tells = [(type(e), {k: v for k, v in vars(e).items() if k not in ENVELOPE}) for e in self.recorded]
        assert (self.refusal, tells) == (None, [(expected.event, expected.fields)])
        (event,) = self.recorded
        # A code is equal to its text, and a sealed text shows nothing: neither alone would tell.
        assert (event, repr(event)) == (read := stored_and_read(event), repr(read))
        return event

    def then_refused(self, rule: type[RuleBroken]) -> None:
        assert (type(self.refusal), self.recorded) == (rule, [])

    def then_nothing(self) -> None:
        assert (self.refusal, self.recorded) == (None, [])


def given(cls: type[Aggregate], *history: Told) -> "Given":
    aggregate = cls.blank(UUID(int=7))
    for event in history:
        aggregate = stored_and_read(event.of(aggregate)).mutate(aggregate)
    return Given(aggregate)


@dataclass(frozen=True)
class Given:
    aggregate: Any

    def when(self, ask: Callable[[Any], object]) -> Answered:
        try:
            ask(self.aggregate)
        except RuleBroken as refusal:
            return Answered(self.aggregate.collect_events(), refusal)
        return Answered(self.aggregate.collect_events(), None)
