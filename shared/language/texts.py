"""What a text is that somebody gives: a name, a note, a key; refused and put in order at every door alike.

A name is one line; a note may have several. Both are in Unicode's composed form (NFC), without spaces around them,
show something, and hold neither control characters nor what turns the direction of what stands beside them, nor a
social-security number; a name holds nothing unseen either. The errors never repeat the text.
"""

import unicodedata
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.language.codes import PROGRAMME, PSEUDONYM, STRUCTURE_CODE, Subject
from shared.language.days import STORED
from shared.language.nir import holds_nir

LONGEST_NAME = 200
"""Characters of a name at most."""
LONGEST_NOTE = 10_000
"""Characters of a note at most."""

_LINES = frozenset("\n\r\t")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Unicode's bidirectional embeddings, overrides and isolates (UAX 9)."""
_JOINING = frozenset("\u061c\u200c\u200d\u200e\u200f")
"""Of the characters that show nothing, those that some scripts are not written without: joiners, marks of direction."""
_UNSHOWN = frozenset(("Mn", "Mc", "Me", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs"))
"""Unicode's general categories of marks, which need something to stand on, of spaces and of controls."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols by their category that show nothing: Hangul fillers, the empty Braille pattern."""
_ONE_LINE = r"^[^\u0000-\u001f\u007f-\u009f\u00ad\u200b\u2028-\u202e\u2060-\u206f\ufeff]+$"
"""A name as JSON schema says it, which knows neither what is visible nor a NIR."""

_UNSEEN = "a text holds no control character, none that nobody sees and none that turns its direction"


def name(text: str, most: int = LONGEST_NAME) -> str:
    """The name as it is kept. Raises PydanticCustomError, a ValueError that says which rule the text breaks."""
    return _kept(text, most, lambda one: _is_control(one) or _is_hidden(one))


def note(text: str) -> str:
    """The note as it is kept. Raises as `name` does."""
    return _kept(text, LONGEST_NOTE, lambda one: _is_control(one) and one not in _LINES)


def key(text: str) -> str:
    """The key, letter for letter as it is written: another spelling is another key. Raises as `name` does."""
    if not text.isprintable() or text != text.strip() or len(text) > LONGEST_NAME:
        raise PydanticCustomError("key", "a key is of characters that can be printed, without spaces around it")
    name(text)
    return text


def is_visible(text: str) -> bool:
    """Whether a text shows anything: a letter, a digit, a symbol, punctuation, or what Unicode does not know yet."""
    return any(unicodedata.category(one) not in _UNSHOWN and one not in _BLANK for one in text)


def without_nir(text: str) -> str:
    """The same text. Raises PydanticCustomError where a social-security number is in it."""
    if holds_nir(text):
        raise PydanticCustomError("nir", "a social-security number (NIR) is never recorded; take it out")
    return text


def _kept(text: str, most: int, refused: Callable[[str], bool]) -> str:
    if len(text) > 4 * most:  # NFC makes a text shorter by less than that
        raise _too_long(most)
    if any(map(refused, text)):
        raise PydanticCustomError("text", _UNSEEN)
    kept = unicodedata.normalize("NFC", text).strip()
    if not is_visible(kept):
        raise PydanticCustomError("text", "a text that shows something is needed")
    if len(kept) > most:
        raise _too_long(most)
    return without_nir(kept)


def _is_control(character: str) -> bool:
    return character in _TURNING or unicodedata.category(character) in ("Cc", "Cs")


def _is_hidden(character: str) -> bool:
    """Of one line: what ends it, or stands in it unseen."""
    return unicodedata.category(character) in ("Cf", "Zl", "Zp") and character not in _JOINING


def _too_long(most: int) -> PydanticCustomError:
    return PydanticCustomError("text", "a text has {most} characters at most here", {"most": most})


class OneLine:
    """Reads and describes a text as a name of `most` characters."""

    def __init__(self, most: int = LONGEST_NAME) -> None:
        self.most = most

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._validated, handler(source))

    def _validated(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        return value if info.context == STORED else name(value, self.most)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | self.described()

    def described(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.most, "pattern": _ONE_LINE}


Name = Annotated[str, OneLine()]
"""A short text on one line. Where it stands in clear it names no person."""
Key = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(key)]
"""What an import calls a pathway or a person by."""
Pseudonym = Annotated[Subject, Field(pattern=PSEUDONYM), AfterValidator(without_nir)]
"""The subject of a user's token as a body or a filter gives it: what a token may be taken with, so no address."""
CodeOfStructure = Annotated[
    str, Field(pattern=f"^{STRUCTURE_CODE}$", description="Code of a structure"), AfterValidator(without_nir)
]


def _no_reserved_word(structure: str) -> str:
    if structure == PROGRAMME:
        raise PydanticCustomError("reserved", "`programme` stands for no structure in subjects: none has this code")
    return structure


CodeToRegister = Annotated[CodeOfStructure, AfterValidator(_no_reserved_word)]
