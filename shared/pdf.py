"""PDFs by typst. Texts reach it as data, never as its source, so that none of them can be a command."""

from collections.abc import Mapping
from pathlib import Path


class NoGlyph(Exception):
    """A text holds characters that no font of this machine shows; a page without them would hide it."""


def pdf(template: Path, inputs: Mapping[str, str]) -> bytes:
    """A PDF/UA-1, which refuses what it cannot show. Raises NoGlyph. Takes a moment: not on the event loop."""
    import typst  # only here: nothing else needs it

    try:
        made: bytes = typst.compile(template.read_bytes(), sys_inputs=dict(inputs), pdf_standards=["ua-1"])
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        # The library's message repeats the text.
        raise NoGlyph("a text of this document needs a font that is not installed here") from None
    return made
