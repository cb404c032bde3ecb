"""Kinds of facts that are declared whole: one module here, and one line in the aggregate that keeps them.

A module declares the fact's type, its rules, what others are told of it, and what it is called; with the line

    mentorings = Facts.of(kinds.mentoring.MENTORING)

in an aggregate of a pathway it is recorded and corrected by routes of its own, published, listed, imported, counted in
a figure with the list behind it, shown in the person's copy, theirs to disagree with, and forgotten with them
(CONTRIBUTING.md walks through it). Every module of this package is found by itself. A public event is a promise: its
body is written out in the module, and the tests hold its name and schema frozen.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import TypeAdapter

from shared.language.contracts import BODIES, EVENTS, Body
from shared.language.contracts.reporting import PathwayAnonymised
from shared.language.rules import RuleBroken

F = TypeVar("F")


@dataclass(frozen=True)
class French:
    """What a kind is called: `one` as in "un mentorat"; what its events, its fields and their codes read like."""

    one: str
    recorded: str
    corrected: str
    figure: str
    fields: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def no_rules(_: Any, __: date) -> Iterable[RuleBroken]:
    return ()


@dataclass(frozen=True)
class Kind(Generic[F]):
    """A kind of fact of a pathway. Its events are `NAME-recorded` and `NAME-corrected` of its service.

    `fact` is what a request gives: a dataclass with the types of the doors, `happened_on`, and a docstring that the
    routes tell. `rules` gives what a fact breaks, each with its field, by the local date of the structure. `told`: the
    public body, whose fields are the fact's and one id; lists and figures follow it. What reveals health, justice or
    childhood protection is told under a name of its own, and some facts nobody else is told: neither is declared here,
    but as `Facts` in its aggregate. `plural` names the routes, the list and the file of an import; `row`: the columns
    that tell an imported row of a pathway apart, empty where imports do not speak of the kind. `counted`: whether there
    is a figure, the share of the pathways supported in a period with such a fact in it.
    """

    service: Literal["intake", "diagnostic", "training", "outcomes"]
    name: str
    plural: str
    fact: type[F]
    french: French
    told: type[Body]
    rules: Callable[[F, date], Iterable[RuleBroken]] = no_rules
    row: tuple[str, ...] = ()
    counted: bool = False

    @property
    def events(self) -> tuple[str, str]:
        """The stored names, frozen for ever."""
        return f"{self.service}.{self.name}-recorded", f"{self.service}.{self.name}-corrected"

    def id_of(self, body: Body) -> UUID:
        """The id of the fact that a public body tells of: its one field that is not the fact's."""
        names = {one.name for one in fields(self.fact)}  # type: ignore[arg-type]
        id: UUID = next(value for name, value in vars(body).items() if name not in names)
        return id

    @property
    def file(self) -> str:
        return f"{self.plural}.csv"

    @property
    def figure(self) -> str:
        return f"{self.name.replace('-', '_')}_share"


def _found() -> list[Kind[Any]]:
    modules = [import_module(f"{__name__}.{one.name}") for one in sorted(iter_modules(__path__), key=lambda m: m.name)]
    return [value for module in modules for value in vars(module).values() if isinstance(value, Kind)]


KINDS = _found()
"""Every kind that is declared whole."""


@dataclass(frozen=True, kw_only=True)
class PathwayAnonymisedWithFacts(PathwayAnonymised):
    """What the indicators need of a forgotten pathway, under fresh ids: the rows of reporting's read models."""

    facts: list[dict[str, Any]] = field(default_factory=list)


def _publish(service: str, name: str, body: type[Body]) -> None:
    EVENTS[service][name], BODIES[service, name] = body, TypeAdapter(body)


for _kind in KINDS:
    for _event in _kind.events:
        _publish(_kind.service, _event.partition(".")[2], _kind.told)
if any(kind.counted for kind in KINDS):
    _publish("reporting", "pathway-anonymised", PathwayAnonymisedWithFacts)
