"""The frame of every page, those of a person's copy too: templates, style, and the headers it leaves with."""

from pathlib import Path
from typing import Any

import jinja2
from fastapi.responses import HTMLResponse, Response

_TEMPLATES = Path(__file__).parent / "templates"
STYLE = _TEMPLATES / "lieu.css"

templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with that a browser hides the origin of our own forms from us too.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def page(template: str, status: int = 200, **context: Any) -> Response:
    headers = HEADERS | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return HTMLResponse(templates.get_template(template).render(**context), status, headers)
