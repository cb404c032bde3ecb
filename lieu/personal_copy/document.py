"""The copy as a PDF."""

from pathlib import Path

import shared.pdf
from lieu.personal_copy.composing import PersonalCopy
from shared.pdf import NoGlyph

__all__ = ["NoGlyph", "pdf"]

_TEMPLATE = Path(__file__).parent / "templates" / "copy.typ"


def pdf(copy: PersonalCopy) -> bytes:
    """Raises NoGlyph. Takes a moment: not on the event loop."""
    return shared.pdf.pdf(_TEMPLATE, {"copy": copy.as_json().decode()})
