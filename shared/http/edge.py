"""The edge of a process, before anything else of it sees a request: how large, how often, how slow, and the headers
that every answer carries (docs/decisions/0022-the-edge-and-the-audit.md). ASGI alone, so that it costs next to nothing.

Refused sign-ins and refused commands (401, 403) are told to the log from here, by route, token and trace: no path, no
subject, no address. The audit (shared/people/audit.py) knows what was done and shown, not what was refused.
"""

import asyncio
import hashlib
import logging
import math
import time
from collections import OrderedDict
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.problems import answer
from shared.kernel.database import asking_for_nobody
from shared.kernel.refusals import Problem
from shared.kernel.telemetry import trace_id

log = logging.getLogger(__name__)

CONNECTIONS = 1000
"""At once; more are answered 503."""
IDLE_SECONDS = 5
"""For which a connection is kept between two requests."""
BODY_SECONDS = 60
"""Within which the whole body of a request must have come."""
BURST_SECONDS = 10
"""The requests of as many seconds may come at once."""
CALLERS = 10_000
"""Callers remembered at most; who was forgotten starts anew."""

_CONTENT = b"content-security-policy"
_NOT_FRAMED = b"frame-ancestors 'none'"
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (_CONTENT, b"default-src 'none'; " + _NOT_FRAMED),
)
"""Where the application does not say otherwise."""
_SECURE = (b"strict-transport-security", b"max-age=31536000")


def server_options(trusted_proxies: str) -> dict[str, Any]:
    """What uvicorn is told. It believes X-Forwarded-For and -Proto of these proxies, and of nobody else."""
    return {
        "limit_concurrency": CONNECTIONS,
        "timeout_keep_alive": IDLE_SECONDS,
        "server_header": False,
        "proxy_headers": bool(trusted_proxies),
        "forwarded_allow_ips": trusted_proxies,
    }


class Buckets:
    """A token bucket for each caller: `rate` requests a second, those of `BURST_SECONDS` at once."""

    def __init__(self, rate: float, most: int = CALLERS) -> None:
        self.rate, self.most = rate, most
        self._left: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def __contains__(self, caller: bytes) -> bool:
        return caller in self._left

    def __len__(self) -> int:
        return len(self._left)

    def take(self, caller: bytes, now: float) -> float:
        """Seconds until the caller may ask again; 0: the request is taken."""
        full = max(1.0, self.rate * BURST_SECONDS)
        left, at = self._left.pop(caller, (full, now))
        left = min(full, left + (now - at) * self.rate)
        wait = 0.0 if left >= 1 else (1 - left) / self.rate
        self._left[caller] = (left if wait else left - 1, now)
        if len(self._left) > self.most:
            self._left.popitem(last=False)
        return wait


class Edge:
    """`body_limit`: bytes. `requests_per_second`: of one token, or of one address without any; 0: no limit."""

    def __init__(self, app: ASGIApp, body_limit: int, requests_per_second: float) -> None:
        self.app, self.body_limit = app, body_limit
        self.buckets = Buckets(requests_per_second) if requests_per_second else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = scope["method"]
        if asked == "HEAD":
            scope = {**scope, "method": "GET"}
        credentials, length, chunked = b"", 0, False
        for name, value in scope["headers"]:
            if name == b"authorization" or (name == b"cookie" and not credentials):
                credentials = value
            elif name == b"content-length":
                # A length that is none is the server's to refuse, and is none for us.
                length = int(value) if value.isdigit() else 0
            elif name == b"transfer-encoding":
                chunked = True

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message, scope["scheme"] == "https")
                if message["status"] in (401, 403):
                    _tell(scope, message["status"])
            elif asked == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        if self.buckets is not None and (wait := self._wait(self.buckets, scope, credentials)):
            problem = Problem(429, "too-many-requests", "too many requests at once", retry_after=math.ceil(wait))
            await answer(problem)(scope, receive, send_with_headers)
        elif length > self.body_limit:
            # Before the application sees it: a command that reads no body would be done and answered as refused.
            # Of a body without a length the library counts what comes (`max_body_size` of the application).
            problem = Problem(413, "content-too-large", f"a body is of {self.body_limit} bytes at most")
            refused = answer(problem)
            refused.headers["connection"] = "close"
            await refused(scope, receive, send_with_headers)
        else:
            with asking_for_nobody():
                await self.app(scope, _within(receive) if length or chunked else receive, send_with_headers)

    @staticmethod
    def _wait(buckets: Buckets, scope: Scope, credentials: bytes) -> float:
        now = time.monotonic()
        caller = _digest(credentials)
        if not credentials or caller not in buckets:
            # A caller that is not known yet counts with its address: made-up tokens are no way around the limit.
            wait = buckets.take((scope.get("client") or ("",))[0].encode(), now)
            if wait or not credentials:
                return wait
        return buckets.take(caller, now)


def _digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=16).digest()


def _within(receive: Receive) -> Receive:
    """The body within its time; what comes after it, a client that goes away, has no time."""
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS
    more = True

    async def receive_in_time() -> Message:
        nonlocal more
        if not more:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, "Request Timeout", {"Connection": "close"}) from None
        more = message.get("more_body", False)
        return message

    return receive_in_time


def _add_headers(message: Message, secure: bool) -> None:
    headers = list(message.get("headers", ()))
    given = {name: place for place, (name, _) in enumerate(headers)}
    headers += [header for header in _HEADERS if header[0] not in given]
    if (place := given.get(_CONTENT)) is not None and b"frame-ancestors" not in headers[place][1]:
        headers[place] = (_CONTENT, headers[place][1] + b"; " + _NOT_FRAMED)
    if secure:
        headers.append(_SECURE)
    message["headers"] = headers


def _tell(scope: Scope, status: int) -> None:
    """The route as it is declared, never the path, which holds ids."""
    route, caller = scope.get("route"), scope.get("state", {}).get("caller")
    log.warning(
        "refused %s: %s %s%s, token %s, trace %s",
        status,
        scope["method"],
        scope.get("root_path", ""),
        getattr(route, "path", ""),
        caller.token if caller else "-",
        trace_id() or "-",
    )
