"""The copy as a PDF. The texts reach typst as data, never as its source, so that none of them can be a command."""

from pathlib import Path

from lieu.personal_copy.composing import PersonalCopy

_TEMPLATE = Path(__file__).parent / "templates" / "copy.typ"


class NoGlyph(Exception):
    """A text holds characters that no font of this machine shows; a page without them would hide it."""


def pdf(copy: PersonalCopy) -> bytes:
    """A PDF/UA-1, which refuses what it cannot show. Raises NoGlyph. Takes a moment: not on the event loop."""
    import typst  # only here: nothing else needs it

    try:
        made: bytes = typst.compile(
            _TEMPLATE.read_bytes(), sys_inputs={"copy": copy.as_json().decode()}, pdf_standards=["ua-1"]
        )
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        # The library's message repeats the text.
        reason = "a text of this copy needs a font that is not installed here; take the page or the JSON"
        raise NoGlyph(reason) from None
    return made
