"""Facts as they now stand in an aggregate, and how they are recorded (shared/kernel/facts.py declares them)."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from shared.kernel.event_store.aggregates import Aggregate, Known
from shared.language.rules import AlreadyRecorded, UnknownFact

if TYPE_CHECKING:
    from shared.kernel.facts import Fact, Facts

F = TypeVar("F")


class Standing(Mapping[Any, F], Generic[F]):
    """The facts of one aggregate as they now stand, in the order in which they were first recorded."""

    __slots__ = ("_aggregate", "_of", "_state")

    def __init__(self, of: "Facts[F]", aggregate: Aggregate) -> None:
        self._of, self._aggregate = of, aggregate
        self._state = of.state(aggregate)

    def __getitem__(self, key: Any) -> F:
        kept = self._state[key]
        return cast("F", kept if self._of.bare else kept.current)

    def __contains__(self, key: object) -> bool:
        return key in self._state

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._state))  # a decision may record while it looks

    def __len__(self) -> int:
        return len(self._state)

    @property
    def known(self) -> Mapping[Any, Known[F]]:
        """Each beside what the last import said."""
        return self._state

    def is_new(self, key: Any, fact: F) -> bool:
        """Asking for the same again is no news. Raises AlreadyRecorded for other content: that is a correction's."""
        if key not in self._state:
            return True
        if self[key] != fact:
            raise AlreadyRecorded(f"{key} is recorded with other content; correct it")
        return False

    def differs(self, key: Any, fact: F) -> bool:
        """Whether a correction says something new. Raises UnknownFact where there is nothing to correct."""
        if key not in self._state:
            raise UnknownFact(f"nothing is recorded under {key}")
        return self[key] != fact

    def admit(self, key: Any, fact: F, today: date) -> None:
        """Records a fact that is new. Raises what it breaks by itself."""
        if self.is_new(key, fact):
            self._of.check(fact, today)
            self.record(key, fact)

    def admit_correction(self, key: Any, fact: F, today: date) -> None:
        """Corrects a fact that is to stand otherwise. Raises what it then breaks by itself."""
        if self.differs(key, fact):
            self._of.check(fact, today)
            self.correct(key, fact)

    def record(self, key: Any, fact: F, /, **more: Any) -> None:
        self.tell(0, key, fact, **more)

    def correct(self, key: Any, fact: F, /, **more: Any) -> None:
        self.tell(1, key, fact, **more)

    def tell(self, event: int | str, key: Any, fact: F, /, **more: Any) -> None:
        """Triggers one of the declared events, by its place or its class's name."""
        by_hand = {"key": key} if self._of.by is None else {}
        self._of.trigger(self._aggregate, event, {**by_hand, "fact": fact, **more})

    def take(self, key: Any, fact: F, imported: F) -> None:
        """Records or corrects what an import says, after its whole context was checked."""
        self.tell(1 if key in self else 0, key, fact, imported=imported)


class Single(Generic[F]):
    """The fact as it now stands; false where nothing is recorded."""

    __slots__ = ("_aggregate", "_of")

    def __init__(self, of: "Fact[F]", aggregate: Aggregate) -> None:
        self._of, self._aggregate = of, aggregate

    def __bool__(self) -> bool:
        return vars(self._aggregate).get(self._of.name) is not None

    @property
    def known(self) -> Known[F] | None:
        """Beside what the last import said."""
        return vars(self._aggregate).get(self._of.name)

    @property
    def current(self) -> F | None:
        kept = vars(self._aggregate).get(self._of.name)
        return cast("F | None", kept if kept is None or self._of.bare else kept.current)

    def record(self, fact: F, **more: Any) -> None:
        self.tell(0, fact, **more)

    def correct(self, fact: F, **more: Any) -> None:
        self.tell(1, fact, **more)

    def tell(self, event: int | str, fact: F, **more: Any) -> None:
        """Triggers one of the declared events, by its place or its class's name."""
        self._of.trigger(self._aggregate, event, {"fact": fact, **more})

    def take(self, fact: F, imported: F, **more: Any) -> None:
        """Records or corrects what an import says, after its whole context was checked."""
        self.tell(1 if self else 0, fact, imported=imported, **more)
