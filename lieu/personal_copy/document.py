"""The copy as a PDF."""

from pathlib import Path

import orjson

import shared.pdf
from lieu.personal_copy.composing import PersonalCopy

_TEMPLATE = Path(__file__).parent / "templates" / "copy.typ"


def pdf(copy: PersonalCopy) -> bytes:
    """Takes a moment: not on the event loop."""
    return shared.pdf.pdf(_TEMPLATE, "copy", orjson.loads(copy.as_json()))
