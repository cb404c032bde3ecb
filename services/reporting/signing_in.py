"""Signing in to the pages and out again: a token in a cookie, which no route of the interface ever looks at.

With a client at a real issuer people sign in there (`shared/http/code_flow.py`); else they paste a token.
"""

import re
import time
from collections.abc import Set
from typing import Annotated
from urllib.parse import urlencode, urlsplit

import jwt
from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from services.reporting.frame import HEADERS, page
from shared.http.access import TokenCheck
from shared.http.code_flow import CodeFlow, Pending
from shared.http.door import OPEN_QUERY, Router
from shared.kernel.callers import Caller, Role
from shared.kernel.refusals import Problem

signing_in = Router()

TOKEN, PENDING = "lieu_token", "lieu_sign_in"
TIME_TO_SIGN_IN = 600
"""Seconds between leaving for the issuer and coming back."""
READERS = {Role.OPERATOR, Role.EVALUATOR, Role.ADVISER, Role.MANAGER}
"""Who may read the figures, each as far as reporting lets them (`asked_by`)."""
REFUSALS = {
    "not-allowed": "ce rôle ne lit pas ces pages.",
    "no-structure": "votre compte ne nomme aucune structure.",
    "unknown-role": "votre compte n'a pas de rôle sur cette plateforme.",
    "several-roles": "votre compte a plusieurs rôles sur cette plateforme.",
    "several-structures": "votre compte nomme plusieurs structures.",
    "several-accesses": "vous avez accès à plusieurs endroits ; le compte doit en nommer un.",
    "access-withdrawn": "votre accès a été retiré.",
    "another-structure": "ce sont les chiffres d'une autre structure.",
    "another-site": "ce formulaire vient d'un autre site.",
    "token-too-long": "le jeton est trop long.",
    "invalid-token": "le jeton est refusé ou n'est plus valable.",
}
"""Why somebody is not let in, in the words of the pages; what else there may be is told by its detail alone."""
LARGEST_COOKIE = 4000
"""A browser drops a larger one without a word."""


def bearer_or_cookie(request: Request) -> str:
    """The token that came with a page's request; empty where there is none."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer if scheme.lower() == "bearer" else request.cookies.get(_named(request, TOKEN), "")


async def signed_in(request: Request) -> Response | Caller:
    """Who reads the figures; the way to sign in where there is no good token."""
    token, problem = bearer_or_cookie(request), None
    if token:
        try:
            return await _check(request, token, READERS)
        except Problem as refused:
            problem = refused
    status = problem.status if problem else 401
    if status == 401 and _at_issuer(request) and "authorization" not in request.headers:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/sign-in?" + urlencode({"back": here}), 303, HEADERS)
    return _form(request, status, problem, "/")


def refused_at_sign_in(request: Request, problem: Problem) -> Response:
    """Whoever signed in may not read what was asked."""
    return _form(request, problem.status, problem, "/")


@signing_in.get("/sign-in")
async def sign_in(request: Request, token: str = "", back: str = "/") -> Response:
    """`back`: the page to go on to, the figures or a person's copy.

    `token`: of the development issuer only, so that `lieu up` can print one address; an address is kept in histories.
    """
    if _at_issuer(request):
        try:
            address, pending = await _flow(request).begin(_own(back))
        except Problem as problem:
            return _form(request, problem.status, problem, back)
        leaving = RedirectResponse(address, 303, HEADERS)
        _keep(request, leaving, PENDING, str(pending), TIME_TO_SIGN_IN)
        return leaving
    if token and not _checker(request).settings.real_issuer:
        return await _with_cookie(request, token, back)
    return _form(request, 200, None, _own(back))


@signing_in.post("/sign-in")
async def sign_in_with(
    request: Request, token: Annotated[str, Form()] = "", back: Annotated[str, Form()] = "/"
) -> Response:
    try:
        must_be_own(request)
    except Problem as problem:
        return _form(request, problem.status, problem, back)
    if _at_issuer(request):
        return _form(request, 403, Problem(403, "not-allowed", "people sign in at the issuer here"), back)
    return await _with_cookie(request, token, back)


@signing_in.get("/signed-in", tags=[OPEN_QUERY])
async def come_back(request: Request) -> Response:
    """Where the issuer sends people back to, with a code."""
    try:
        pending = Pending.of(request.cookies.get(_named(request, PENDING), ""))
        token = await _flow(request).finish(dict(request.query_params), pending)
        answer = await _with_cookie(request, token, pending.back)
    except Problem as problem:
        answer = _form(request, problem.status, problem, "/")
    _drop(request, answer, PENDING)  # one answer only, good or not
    return answer


@signing_in.post("/sign-out")
async def sign_out(request: Request) -> Response:
    try:
        must_be_own(request)
    except Problem as problem:
        return _form(request, problem.status, problem, "/")
    there = await _flow(request).sign_out_address() if _at_issuer(request) else None
    out = page("signed_out.html", there=there)
    _drop(request, out, TOKEN)
    return out


def must_be_own(request: Request) -> None:
    """For every POST of a page. Raises Problem where another site's page sent it, or nobody says which page did."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if not (site == "same-origin" if site else origin == _address(request)):
        raise Problem(403, "another-site", "this form was sent from another site")


async def _with_cookie(request: Request, token: str, back: str) -> Response:
    token, back = token.strip(), _own(back)
    roles = {Role.ADVISER, Role.MANAGER} if back.startswith("/personnes/") else READERS
    try:
        await _check(request, token, roles)
    except Problem as problem:
        return _form(request, problem.status, problem, back)
    if len(token) > LARGEST_COOKIE:
        too_long = f"the token is longer than a cookie may be ({LARGEST_COOKIE}): its issuer puts too much into it"
        return _form(request, 403, Problem(403, "token-too-long", too_long), back)
    on = RedirectResponse(back, 303, HEADERS)
    ends = int(jwt.decode(token, options={"verify_signature": False})["exp"])  # it was checked just now
    _keep(request, on, TOKEN, token, max(1, ends - int(time.time())))
    return on


async def _check(request: Request, token: str, roles: Set[Role]) -> Caller:
    caller = await _checker(request).caller(token)
    if caller.role not in roles:
        raise Problem(403, "not-allowed", f"role {caller.role} may not read these pages")
    return caller


def _form(request: Request, status: int, problem: Problem | None, back: str) -> Response:
    back = _own(back)
    settings = _checker(request).settings
    how = "issuer" if _at_issuer(request) else "token" if settings.real_issuer else "development"
    address = "/sign-in?" + urlencode({"back": back})
    why = REFUSALS.get(problem.code, "") if problem else ""
    return page("sign_in.html", status, problem=problem, why=why, back=back, how=how, address=address)


def _own(back: str) -> str:
    """The path where it is a page of ours: nobody is sent to another site with a fresh cookie."""
    return back if re.fullmatch(r"/(personnes/[0-9a-f-]{36}/copie|\?[A-Za-z0-9=&-]{1,200})", back) else "/"


def _checker(request: Request) -> TokenCheck:
    found: TokenCheck = request.app.state.token_check
    return found


def _at_issuer(request: Request) -> bool:
    settings = _checker(request).settings
    return settings.real_issuer and settings.oidc_client_id is not None


def _flow(request: Request) -> CodeFlow:
    return CodeFlow(_checker(request), f"{_address(request)}/signed-in")


def _address(request: Request) -> str:
    """Scheme and host, as people see them."""
    public: str | None = request.app.state.public_url
    return public or f"{request.url.scheme}://{request.url.netloc}"


def _secure(request: Request) -> bool:
    return urlsplit(_address(request)).scheme == "https"


def _named(request: Request, cookie: str) -> str:
    """With this prefix no other host of the domain can set it."""
    return f"__Host-{cookie}" if _secure(request) else cookie


def _keep(request: Request, answer: Response, cookie: str, value: str, seconds: int) -> None:
    # Lax: the way back from the issuer begins at another site.
    answer.set_cookie(
        _named(request, cookie), value, seconds, path="/", httponly=True, samesite="lax", secure=_secure(request)
    )


def _drop(request: Request, answer: Response, cookie: str) -> None:
    answer.delete_cookie(_named(request, cookie), path="/", httponly=True, samesite="lax", secure=_secure(request))
