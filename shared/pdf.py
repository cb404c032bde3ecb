"""PDFs by typst. Texts reach it as data, never as its source, so that none of them can be a command."""

import json
import re
import unicodedata
from collections.abc import Collection
from pathlib import Path
from typing import Any

_NOT_SHOWN = re.compile(r'(?:the text|the disallowed codepoint) `"((?:[^"\\]|\\.)*)"`')
_BOX = "▯"
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "0": "\0"}
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")


def pdf(template: Path, name: str, told: Any) -> bytes:
    """A PDF/UA-1 of `told`, JSON that the template finds as `sys.inputs.NAME`. Takes a moment: not on the event loop.

    The standard refuses what no font of this machine shows. There stands a box with the code point, `▯U+4E2D`: the
    reader sees that something is missing, and which character.
    """
    import typst  # only here: nothing else needs it

    missing: frozenset[str] = frozenset()
    while True:
        inputs = {name: json.dumps(_boxed(told, missing))}
        try:
            made: bytes = typst.compile(template.read_bytes(), sys_inputs=inputs, pdf_standards=["ua-1"])
        except typst.TypstError as error:
            found = _not_shown(error.diagnostic) - missing
            if not found:
                raise
            missing |= found
        else:
            return made


def _boxed(told: Any, missing: Collection[str]) -> Any:
    if isinstance(told, str):
        return told.translate({ord(character): f"{_BOX}U+{ord(character):04X}" for character in missing})
    if isinstance(told, list):
        return [_boxed(one, missing) for one in told]
    return {name: _boxed(one, missing) for name, one in told.items()} if isinstance(told, dict) else told


def _not_shown(diagnostic: str) -> frozenset[str]:
    """The characters that the library names, in its own notation. Marks and joiners only where nothing else is left:
    mostly they are missing with what they join, and other texts of the document may need them. A box that a mark stands
    on is shown without it."""
    texts = (_ESCAPED.sub(_unescaped, text) for text in _NOT_SHOWN.findall(diagnostic))
    found = frozenset(one for text in texts for one in text if not (one.isascii() and one.isprintable()))
    found -= {_BOX}
    return frozenset(one for one in found if unicodedata.category(one) not in ("Cf", "Mn", "Me")) or found


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _CONTROLS.get(escape[2], escape[2])
