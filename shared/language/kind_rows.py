"""How an import speaks of kinds of facts that are declared whole: a file, its columns and a type of row for each.

All of it is derived from the kinds that name a `row`; where there is none, an import is as it is without.
"""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, make_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from shared.language.codes import AsNumber
from shared.language.kinds import KINDS, Kind
from shared.language.sealed import Sealed
from shared.language.texts import OneLine


@dataclass(frozen=True)
class Column:
    """A field of a fact. `read_as`: date, int, Decimal for hours, str for a name, or the class of its codes; `hint`:
    the type that the fact declares, with what it holds a value to."""

    name: str
    read_as: type
    hint: Any
    of: "Field[Any]"

    @property
    def required(self) -> bool:
        return self.of.default is MISSING and self.of.default_factory is MISSING

    def as_of_row(self) -> tuple[str, Any, Any]:
        kept: Any = {"default": self.of.default, "default_factory": self.of.default_factory}
        return self.name, self.hint, field(**kept)


class Rows:
    """The rows of one kind. `name`: their part of a dossier; `type`: of a row, the columns beside a number that tells
    rows of a pathway apart which are the same in the columns of `kind.row`.

    Raises TypeError for a kind that no file can tell of.
    """

    def __init__(self, kind: Kind[Any]) -> None:
        self.kind, self.file, self.name = kind, kind.file, kind.plural.replace("-", "_")
        hints = get_type_hints(kind.fact, include_extras=True)
        columns = [
            Column(one.name, _read_as(hints[one.name]), _as_sent(hints[one.name]), one) for one in fields(kind.fact)
        ]
        for one in columns:
            if one.read_as is NoneType or one.name in _TAKEN or one.hint is Sealed:
                raise TypeError(f"{kind.name}: an import cannot read {one.name}, {one.hint}")
        self.columns = [one for one in columns if one.read_as is not Sealed]
        self._texts = {one.name: None for one in columns if one.read_as is Sealed}
        if unknown := set(kind.row) - {one.name for one in self.columns}:
            raise TypeError(f"{kind.name}: its row names what is no column: {', '.join(sorted(unknown))}")
        self.type = self._type()

    def _type(self) -> type:
        told_apart = (*self.kind.row, "number")
        number = f"`number` tells rows of one pathway apart that are the same in {', '.join(self.kind.row)}"
        own = {
            "__doc__": f"A row of {self.file}. {number}: 1 for the first, 2 for the second…",
            "__module__": __name__,
            "key": property(lambda row: tuple(getattr(row, name) for name in told_apart)),
        }
        columns = [*(one.as_of_row() for one in self.columns), ("number", int, field(default=1))]
        name = f"{self.kind.fact.__name__}Row"
        return make_dataclass(name, columns, namespace=own, frozen=True, kw_only=True)

    def of(self, dossier: Any) -> Sequence[Any]:
        """Those of a dossier, or of what is known of a pathway."""
        rows: Sequence[Any] = getattr(dossier, self.name)
        return rows

    def fact(self, row: Any) -> Any:
        """What a row says; of sealed texts no file tells."""
        return self.kind.fact(**{one.name: getattr(row, one.name) for one in self.columns}, **self._texts)

    def row(self, fact: Any, number: int = 1) -> Any:
        return self.type(**{one.name: getattr(fact, one.name) for one in self.columns}, number=number)


_TAKEN = ("pathway", "number")
"""What a row has beside its fact's columns."""


def _read_as(hint: Any) -> Any:
    """The one type, Sealed where it is a sealed text, that of null where no cell is read as it."""
    parts = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        some = [_read_as(part) for part in parts if part is not NoneType]
        return some[0] if len(some) == 1 else NoneType
    if get_origin(hint) is Annotated:
        is_name = any(isinstance(part, OneLine) for part in parts[1:])
        return str if is_name else _read_as(parts[0])
    if isinstance(hint, type) and (hint in (date, int, Decimal, Sealed) or issubclass(hint, Enum)):
        return hint
    return NoneType


def _as_sent(hint: Any) -> Any:
    """The same type, but hours as those of any row: as a text too, by which the command line sends them."""
    parts = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(map(_as_sent, parts))]  # noqa: UP007 - of as many as there are
    if get_origin(hint) is Annotated:
        kept = tuple(part for part in parts if not isinstance(part, AsNumber))
        return Annotated[kept] if len(kept) > 1 else kept[0]
    return hint


IMPORTED = [Rows(kind) for kind in KINDS if kind.row]
"""Those of every kind that imports speak of."""


def columns_read_as(type: type) -> set[str]:
    """The names of all columns of that type."""
    return {column.name for rows in IMPORTED for column in rows.columns if column.read_as is type}


def parts_of_kinds(of: Callable[[Any], Any]) -> type:
    """A dataclass with the rows of each kind, for a dossier to have them too. `of`: what there is for a type of row."""
    parts = [(rows.name, tuple[of(rows.type), ...], field(default=(), kw_only=True)) for rows in IMPORTED]  # type: ignore[misc]
    return make_dataclass("PartsOfKinds", parts, frozen=True)
