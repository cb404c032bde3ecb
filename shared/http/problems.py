"""Errors as HTTP answers them: `application/problem+json` (RFC 9457), one shape everywhere."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from shared.http.door import UNKNOWN_FIELD
from shared.kernel.event_store import Forgotten, IdTaken, VersionConflict
from shared.kernel.refusals import Problem
from shared.kernel.telemetry import trace_id
from shared.language.rules import RuleBroken
from shared.language.sealed import CannotOpen


def answer(problem: Problem) -> JSONResponse:
    headers = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    if problem.status == 401:
        headers["WWW-Authenticate"] = challenge(problem)
    body = {"type": "about:blank", "status": problem.status, "code": problem.code, "detail": problem.detail}
    return JSONResponse(body | problem.more, problem.status, headers, media_type="application/problem+json")


def challenge(problem: Problem) -> str:
    """What a 401 asks for (RFC 6750); the reason only of a token that was there."""
    if problem.code == "token-needed":
        return "Bearer"
    reason = re.sub(r"[^ !#-\[\]-~]", "'", problem.detail)
    return f'Bearer error="invalid_token", error_description="{reason}"'


def _told(error: Mapping[str, Any]) -> dict[str, str]:
    """An error with its place, its rule and, of an unknown name, the nearest one that is known."""
    told = {"place": ".".join(map(str, error["loc"])), "rule": str(error["msg"])}
    return told | ({"nearest": error["nearest"]} if "nearest" in error else {})


def _methods_at(request: Request) -> list[str]:
    """What may be asked at a path, over all its routes; HEAD wherever GET is (shared/http/edge.py)."""
    routes = request.app.routes
    found = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return ["HEAD", *found] if "GET" in found else found


def answer_problems(app: FastAPI) -> None:
    """Every error of the application leaves as problem+json; an unexpected one without its inside."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, problem: Problem) -> JSONResponse:
        return answer(problem)

    @app.exception_handler(RuleBroken)
    async def _rule(_: Request, rule: RuleBroken) -> JSONResponse:
        return answer(Problem(409, rule.code, str(rule)))

    @app.exception_handler(CannotOpen)
    async def _closed(_: Request, closed: CannotOpen) -> JSONResponse:
        return answer(Problem(503, closed.code, str(closed), retry_after=60))

    @app.exception_handler(Forgotten)
    async def _forgotten(_: Request, __: Forgotten) -> JSONResponse:
        return answer(Problem(409, "forgotten", "the person was forgotten; nothing is recorded of them any more"))

    @app.exception_handler(IdTaken)
    async def _taken(_: Request, taken: IdTaken) -> JSONResponse:
        return answer(Problem(409, "id-taken", str(taken)))

    @app.exception_handler(VersionConflict)
    async def _conflict(_: Request, conflict: VersionConflict) -> JSONResponse:
        return answer(Problem(409, "version-conflict", str(conflict)))

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, invalid: RequestValidationError) -> JSONResponse:
        # The input itself is not repeated: it may hold what must not reach a log or another screen.
        errors = [_told(error) for error in invalid.errors()]
        detail = "; ".join(f"{error['place']}: {error['rule']}" for error in errors[:5])
        unknown = any(error["type"] == UNKNOWN_FIELD for error in invalid.errors())
        return answer(Problem(422, UNKNOWN_FIELD if unknown else "invalid", detail, errors=errors))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:
            return answer(Problem(422, "invalid", "the body cannot be read: it is no JSON in UTF-8"))
        told = answer(Problem(error.status_code, str(error.detail).lower().replace(" ", "-"), str(error.detail)))
        told.headers.update(error.headers or {})
        if error.status_code == 405:
            told.headers["Allow"] = ", ".join(_methods_at(request))
        return told

    @app.exception_handler(Exception)
    async def _unexpected(_: Request, error: Exception) -> JSONResponse:
        detail = "something went wrong here; it is in the service's log"
        return answer(Problem(500, "internal-error", detail, trace=trace_id()))
