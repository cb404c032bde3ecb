"""The copy as a page, a PDF and JSON, under `lieu up`. Made on the server; the page works without JavaScript.

It asks the services over their HTTP interface with the reader's own token, as the command line does.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

import services.reporting.frame
from lieu.personal_copy.composing import CopyRefused, PersonalCopy, compose
from lieu.personal_copy.document import pdf
from services.reporting.frame import HEADERS
from services.reporting.signing_in import bearer_or_cookie
from shared.http.door import Router

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(
        [Path(__file__).parent / "templates", Path(services.reporting.frame.__file__).parent / "templates"]
    ),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)

REASONS = {
    403: "Votre jeton ne donne accès à aucune fiche : il faut celui d'un·e professionnel·le de la structure.",
    404: "Aucune personne de ce numéro n'a d'accompagnement dans votre structure.",
    409: "Des événements sont encore en chemin. Rechargez la page dans un instant.",
}


def copy_pages(platform: ASGIApp) -> Router:
    """`platform` answers the services' routes."""
    pages = Router()

    async def made(request: Request, person: UUID, form: Callable[[PersonalCopy], Awaitable[Response]]) -> Response:
        token = bearer_or_cookie(request)
        if not token:
            return _to_sign_in(person)
        transport = httpx.ASGITransport(platform, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://lieu", headers=headers) as http:
                return await form(await compose(http, person))
        except CopyRefused as refused:
            return _refused(person, refused)

    @pages.get("/personnes/{person}/copie", response_model=None)
    async def page(person: UUID, request: Request) -> Response:
        async def form(copy: PersonalCopy) -> Response:
            return _page("copy.html", copy=copy, person=person)

        return await made(request, person, form)

    @pages.get("/personnes/{person}/copie.json", response_model=None)
    async def as_json(person: UUID, request: Request) -> Response:
        async def form(copy: PersonalCopy) -> Response:
            return _file(copy.as_json(), "application/json", copy, "json")

        return await made(request, person, form)

    @pages.get("/personnes/{person}/copie.pdf", response_model=None)
    async def as_pdf(person: UUID, request: Request) -> Response:
        async def form(copy: PersonalCopy) -> Response:
            return _file(await run_in_threadpool(pdf, copy), "application/pdf", copy, "pdf")

        return await made(request, person, form)

    return pages


def _to_sign_in(person: UUID) -> Response:
    return RedirectResponse("/sign-in?" + urlencode({"back": f"/personnes/{person}/copie"}), 303, HEADERS)


def _refused(person: UUID, refused: CopyRefused) -> Response:
    if refused.status == 401:
        return _to_sign_in(person)
    reason = REASONS.get(refused.status, f"Un service ne répond pas ({refused.code}). Réessayez dans un instant.")
    return _page("copy_refused.html", refused.status, reason=reason)


def _file(content: bytes, media_type: str, copy: PersonalCopy, ending: str) -> Response:
    """Named by the day alone: a file's name is seen where its content is not."""
    name = f"copie-{copy.made_at[:10]}.{ending}"
    return Response(
        content, media_type=media_type, headers=HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _page(template: str, status: int = 200, **context: Any) -> Response:
    return HTMLResponse(_templates.get_template(template).render(**context), status, HEADERS)
