"""The command line's way to a platform: over HTTP, with a token."""

import json
import os
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import httpx

from lieu import issuer
from shared.kernel.callers import Role

REUSED_SECONDS = 1.0
"""For so long an idle connection is used again: far less than the platform holds one (edge.IDLE_SECONDS), so that no
request meets its end."""


class PlatformError(Exception):
    """The platform could not be reached, or answered with an error; the message says which."""


def running(data: Path) -> str:
    """The address of the platform that runs on this data folder. Raises PlatformError."""
    try:
        return str(json.loads((data / "running.json").read_text())["url"])
    except (FileNotFoundError, ValueError, KeyError):
        raise PlatformError(f"no platform runs on {data}; start one with: lieu up --data {data}") from None


class Platform:
    """One platform. `url` null: the one that runs on `data`, with a development token where none is given.
    `transport`: another way there than over the network."""

    def __init__(
        self, url: str | None, token: str | None, data: Path, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.url = (url or running(data)).rstrip("/")
        token = token or os.environ.get("LIEU_TOKEN")
        if token is None and url is None:
            try:
                token = issuer.users_token(data, Role.OPERATOR)
            except issuer.NoIssuer as error:
                raise PlatformError(str(error)) from None
        if token is None:
            raise PlatformError("a token is needed: --token or LIEU_TOKEN")
        self.http = httpx.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(60, connect=5),
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=REUSED_SECONDS),
            transport=transport,
        )

    async def __aenter__(self) -> "Platform":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def get(self, path: str, **query: Any) -> Any:
        return await self._send("GET", path, params=query)

    async def post(self, path: str, content: bytes = b"") -> Any:
        return await self._send("POST", path, content=content, headers={"Content-Type": "application/json"})

    async def person(self, named: str) -> UUID:
        """The person of this id or, as `import:KEY`, of that key of an import. Raises PlatformError."""
        return await self._named(named, "person")

    async def pathway(self, named: str) -> UUID:
        """As `person`."""
        return await self._named(named, "pathway")

    async def _named(self, named: str, what: Literal["person", "pathway"]) -> UUID:
        key = named.removeprefix("import:")
        try:
            if key == named:
                return UUID(named)
        except ValueError:
            raise PlatformError(f"{named} is neither a {what}'s id nor import:KEY") from None
        found = await self.post("/intake/v1/imports/ids", json.dumps({f"{what}s": [key]}).encode())
        for one in found[f"{what}s"]:
            return UUID(one[what])
        raise PlatformError(f"unknown-{what}: nobody is known to you under the key {key}")

    async def _send(self, method: str, path: str, **how: Any) -> Any:
        try:
            answer = await self.http.request(method, path, **how)
        except httpx.HTTPError as error:
            raise PlatformError(f"{self.url}{path}: {type(error).__name__} {error}".rstrip()) from None
        if answer.is_error:
            try:
                problem = answer.json()
                told = f"{problem['code']}: {problem['detail']}"
            except (ValueError, KeyError):
                told = answer.text[:300]
            raise PlatformError(f"{self.url}{path}: {answer.status_code} {told}")
        return answer.json()
