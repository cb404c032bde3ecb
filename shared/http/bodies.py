"""Bodies of commands, from what a fact says.

    @dataclass(frozen=True)
    class ActivityBody(Activity):
        "`hours` attended, null for a no-show."

        hours: Hours | None = None  # all else is taken as the fact says it

    def record(file: ActivityFile, here: OnPathway, body: New[ActivityBody]) -> None:
        file.activities.admit(body.id, fact_in(Activity, body), here.today)

    def correct(file: ActivityFile, here: OnPathway, activity: UUID, body: Whole[ActivityBody]) -> None:
        file.activities.admit_correction(activity, fact_in(Activity, body), here.today)

A body may have fields of its own instead, under the names of the fact's.

`New`: the body with an id beside it. `Whole`: every field has to be given, nested parts included; what is not known is
null in so many words. So a correction never puts back a default that its sender did not speak of.
"""

from dataclasses import MISSING, Field, field, fields, is_dataclass, make_dataclass
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pydantic
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from shared.http.access import chosen_id

F = TypeVar("F")
T = TypeVar("T")

CHOSEN = "id"
"""The field that is no part of a fact: its caller may choose it, or leave that to the platform."""
CHOSEN_BY_CALLER = "`id`: chosen by the caller, so that a repeat asks for the same."


def fact_in(fact: type[F], body: object, /, **more: Any) -> F:
    """Takes a fact from a body that calls its fields by the same names. `more` goes before what the body says."""
    names = {one.name for one in fields(fact)}  # type: ignore[arg-type]
    told = {name: tuple(one) if isinstance(one, list) else one for name, one in vars(body).items() if name in names}
    return fact(**(told | more))


@cache
def with_id(body: Any, doc: str = CHOSEN_BY_CALLER) -> Any:
    """A dataclass with the fields of `body` and an id."""
    made = make_dataclass(
        f"New{body.__name__.removesuffix('Body')}",
        [(CHOSEN, UUID, pydantic.Field(default_factory=chosen_id))],
        bases=(body,),
        kw_only=True,
        frozen=body.__dataclass_params__.frozen,
        namespace={"__doc__": doc},
    )
    made.__module__ = body.__module__
    return made


if TYPE_CHECKING:

    class New(Generic[T]):
        id: UUID

        def __getattr__(self, name: str) -> Any: ...  # all else is the body's

else:

    class New:
        def __class_getitem__(cls, body: type) -> Any:
            return with_id(body)


@cache
def _whole(body: type) -> type:
    """A dataclass with the fields of `body`, all of them required."""
    hints = get_type_hints(body, include_extras=True)
    made_up = (body.__doc__ or "").startswith(f"{body.__name__}(")  # dataclass's own words, which describe nothing
    made = make_dataclass(
        f"Whole{body.__name__}",
        [(one.name, _of_parts(hints[one.name]), _kept(one)) for one in fields(body)],
        kw_only=True,
        namespace={} if made_up else {"__doc__": body.__doc__},
    )
    made.__module__ = body.__module__
    return made


def _kept(one: "Field[Any]") -> Any:
    if one.name != CHOSEN:
        return field()
    default = one.default_factory
    return field(default=one.default) if default is MISSING else field(default_factory=default)


def _of_parts(hint: Any) -> Any:
    """The type with every dataclass in it whole."""
    if isinstance(hint, type) and is_dataclass(hint):
        return Annotated[hint, _Whole()]
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return Annotated[(_of_parts(args[0]), *args[1:])]
    if origin in (Union, UnionType):
        return Union[tuple(map(_of_parts, args))]  # noqa: UP007 - of as many as there are
    if origin in (list, tuple):
        return origin[tuple(map(_of_parts, args))]
    return hint


class _Whole:
    """Reads a dataclass from a body in which every field is given."""

    def __get_pydantic_core_schema__(self, body: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def made_of(given: Any) -> Any:
            return body(**vars(given))

        return core_schema.no_info_after_validator_function(made_of, handler.generate_schema(_whole(body)))


if TYPE_CHECKING:
    Whole = Annotated[T, "every field given"]
else:

    class Whole:
        def __class_getitem__(cls, body: type) -> Any:
            return Annotated[body, _Whole()]
