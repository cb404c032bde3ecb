"""Which public event a stored event is told as: under its stored name, with the body that the contract gives the name.

A body takes what it names from the fact, and the fact's key as its one id; what else it says, `told` says. An event
whose name stands in no contract is kept inside, and has to be named as such.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, get_type_hints
from uuid import UUID

from eventsourcing.utils import get_topic

from shared.contracts import Body
from shared.event_store import Aggregate, Recorded

Tell = Callable[[Any], Body]
"""Of a stored event, what is told of it."""
SPECIAL = "special-"
"""What the name of an event begins with whose codes reveal health, justice or childhood protection."""


class Publisher:
    """A service's events as the others get them.

    `contract`: by public name the type of its body. `told`: by body or name, how a body is made that does not take
    its fields from the fact. `special`: by body, whether what an event tells is told under a name of its own.
    `inside`: names of what nobody else is told. Raises ValueError where an event is neither told nor kept, or both.
    """

    def __init__(
        self,
        contract: Mapping[str, type[Body]],
        aggregates: Sequence[type[Aggregate]],
        *,
        told: Mapping[type[Body] | str, Tell] | None = None,
        special: Mapping[type[Body], Callable[[Any], bool]] | None = None,
        inside: Collection[str] = (),
    ) -> None:
        self._special = special or {}
        self._told: dict[str, tuple[type[Body], Tell]] = {}
        self._inside = set(inside)
        names = {_name(get_topic(event)): event for cls in aggregates for event in cls.events()}
        if unknown := self._inside - set(names):
            raise ValueError(f"nothing is recorded under {sorted(unknown)}")
        for name, event in names.items():
            if (name in contract) == (name in self._inside):
                raise ValueError(f"{name} is to stand in the contract, or to be kept inside")
            if name in contract:
                body = contract[name]
                how = (told or {}).get(name) or (told or {}).get(body)
                self._told[name] = body, how or _of_fields(body, event)

    def __call__(self, recorded: Recorded) -> tuple[str, Body] | None:
        event, name = recorded.event, _name(recorded.name)
        if name in self._inside:
            return None
        if name not in self._told:
            raise NotImplementedError(f"no public event is decided for {recorded.name}")
        body, tell = self._told[name]
        special = body in self._special and self._special[body](event)
        return (SPECIAL + name if special else name), tell(event)


def _name(topic: str) -> str:
    return topic.partition(".")[2]


def _of_fields(body: type[Body], event: type[Aggregate.Event]) -> Tell:
    """Raises ValueError where the body names what neither the fact nor the event has."""
    hints = get_type_hints(event)
    fact = get_type_hints(hints["fact"])
    wanted = [field.name for field in fields(body)]  # type: ignore[arg-type]
    of_fact = [name for name in wanted if name in fact]
    missing = [name for name in wanted if name not in fact]
    if not missing:
        return partial(_tell, body, None, of_fact)
    if len(missing) == 1 and "key" in hints and get_type_hints(body)[missing[0]] is UUID:
        return partial(_tell, body, missing[0], of_fact)
    raise ValueError(f"{body.__name__} of {get_topic(event)}: say how {missing} are told")


def _tell(body: type[Body], key: str | None, of_fact: Sequence[str], event: Any) -> Body:
    told = {name: getattr(event.fact, name) for name in of_fact}
    return body(**told) if key is None else body(**{key: event.key}, **told)
