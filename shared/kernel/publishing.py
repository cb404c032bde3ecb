"""Which public event a stored event is told as: under its stored name, with the body that the contract gives the name.

A body takes what it names from the fact, else from the event, and the fact's key as its one id; where it takes
something from elsewhere, `told` says. An event whose name stands in no contract is kept inside, and has to be named so.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, get_type_hints
from uuid import UUID

from eventsourcing.utils import get_topic

from shared.kernel.event_store import Aggregate, Recorded
from shared.language.contracts import Body

Source = str | Callable[[Any], Any]
"""Where a field of a body comes from: an attribute of the stored event, as `fact.last_day`, or a function of it."""
SPECIAL = "special-"
"""What the name of an event begins with whose codes reveal health, justice or childhood protection."""


class Publisher:
    """A service's events as the others get them.

    `contract`: by public name the type of its body. `told`: by body or name, where its fields come from that are not
    found by their names. `special`: by body, whether what an event tells is told under a name of its own.
    `inside`: names of what nobody else is told. Raises ValueError where an event is neither told nor kept, or both.
    """

    def __init__(
        self,
        contract: Mapping[str, type[Body]],
        aggregates: Sequence[type[Aggregate]],
        *,
        told: Mapping[type[Body] | str, Mapping[str, Source]] | None = None,
        special: Mapping[type[Body], Callable[[Any], bool]] | None = None,
        inside: Collection[str] = (),
    ) -> None:
        self._special = special or {}
        self._told: dict[str, tuple[type[Body], dict[str, Callable[[Any], Any]]]] = {}
        self._inside = set(inside)
        names = {_name(get_topic(event)): event for cls in aggregates for event in cls.events()}
        if unknown := self._inside - set(names):
            raise ValueError(f"nothing is recorded under {sorted(unknown)}")
        for name, event in names.items():
            if (name in contract) == (name in self._inside):
                raise ValueError(f"{name} is to stand in the contract, or to be kept inside")
            if name in contract:
                body = contract[name]
                named = (told or {}).get(name) or (told or {}).get(body) or {}
                self._told[name] = body, _sources(body, event, named)

    def __call__(self, recorded: Recorded) -> tuple[str, Body] | None:
        event, name = recorded.event, _name(recorded.name)
        if name in self._inside:
            return None
        if name not in self._told:
            raise NotImplementedError(f"no public event is decided for {recorded.name}")
        body, sources = self._told[name]
        special = body in self._special and self._special[body](event)
        return (SPECIAL + name if special else name), body(**{field: of(event) for field, of in sources.items()})


def _name(topic: str) -> str:
    return topic.partition(".")[2]


def _sources(
    body: type[Body], event: type[Aggregate.Event], named: Mapping[str, Source]
) -> dict[str, Callable[[Any], Any]]:
    """By field of a body. Raises ValueError for what neither the fact nor the event has."""
    hints = get_type_hints(event)
    fact, ids = hints["fact"], get_type_hints(body)
    found: dict[str, Source] = {}
    missing = []
    for field in (field.name for field in fields(body)):  # type: ignore[arg-type]
        if field in named:
            found[field] = named[field]
        elif field in get_type_hints(fact) or isinstance(getattr(fact, field, None), property):
            found[field] = f"fact.{field}"
        elif field in hints:
            found[field] = field
        else:
            missing.append(field)
    if len(missing) == 1 and "key" in hints and ids[missing[0]] is UUID:
        found[missing.pop()] = "key"
    if missing:
        raise ValueError(f"{body.__name__} of {get_topic(event)}: say where {missing} come from")
    return {field: attrgetter(source) if isinstance(source, str) else source for field, source in found.items()}
