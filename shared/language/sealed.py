"""A text that only its person's key opens, as facts declare it; how it is sealed is the store's business."""

from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.language.days import STORED
from shared.language.texts import LONGEST_NOTE, OneLine, name, note


class CannotOpen(Exception):
    """A sealed text cannot be read; `code` says why. Everything else of the file goes on."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Sealed:
    """A text that is stored under its person's key only. It shows itself to nobody but who asks for `text`."""

    __slots__ = ("_seal", "_text", "_why")

    def __init__(self, text: str) -> None:
        self._text: str | None = text
        self._seal: str | None = None
        self._why: CannotOpen | None = None

    @classmethod
    def _stored(cls, seal: str) -> "Sealed":
        sealed = cls("")
        sealed._text, sealed._seal = None, seal
        return sealed

    @property
    def text(self) -> str:
        """Raises CannotOpen."""
        if self._text is None:
            raise self._why or CannotOpen("not-opened", "this text is not opened here")
        return self._text

    def __eq__(self, other: object) -> bool:
        """Two texts that are both open and the same."""
        return isinstance(other, Sealed) and self._text is not None and self._text == other._text

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Sealed(…)"

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(_validated, serialization=_never)

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_NOTE,
            "description": "Kept under the person's own key. Never a social-security number (NIR).",
        }


def _validated(value: Any, info: core_schema.ValidationInfo) -> Sealed:
    if isinstance(value, Sealed):
        return value
    if info.context == STORED and isinstance(value, dict):  # nobody else brings a text that is sealed already
        return Sealed._stored(str(value["sealed"]))
    if not isinstance(value, str):
        raise PydanticCustomError("text", "a text is needed")
    return Sealed(note(value))


def _refuse(_: Any) -> Any:
    raise TypeError("a sealed text does not leave by itself: answer its .text where that is meant")


_never = core_schema.plain_serializer_function_ser_schema(_refuse)


class _SealedLine(OneLine):
    """Of a text that is sealed: what comes from the store is not open here, and stays as it is."""

    def _validated(self, value: Sealed, info: core_schema.ValidationInfo) -> Sealed:
        return value if value._text is None else Sealed(name(value._text, self.most))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | self.described()


SealedName = Annotated[Sealed, _SealedLine()]
"""A name, or another text on one line, under its person's key."""
