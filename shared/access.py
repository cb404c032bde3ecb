"""Who asks: bearer tokens checked against the issuer's keys, and the caller that every event names."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import jwt
from fastapi import Depends, Header, Request

from shared.event_store import IdempotencyKey, under
from shared.problems import Problem
from shared.settings import Settings


class Role(StrEnum):
    ADVISER = "adviser"
    MANAGER = "manager"
    OPERATOR = "operator"
    EVALUATOR = "evaluator"
    INTEGRATOR = "integrator"
    OPS = "ops"


ALGORITHMS = ["EdDSA", "ES256", "RS256", "PS256"]
"""Signatures that are accepted; never a shared secret, never none."""

TOKEN_COOKIE = "lieu_token"


@dataclass(frozen=True)
class Caller:
    """Who asks. `id` is the token's subject, never a name."""

    id: str
    role: Role
    structure: str | None = None
    token: str = ""
    """The token's own id (`jti`), else the beginning of its SHA-256: never the token."""

    def is_of(self, structure: str) -> bool:
        """False where an adviser or a manager asks for another structure than their own."""
        return self.role not in (Role.ADVISER, Role.MANAGER) or self.structure == structure

    def must_be_of(self, structure: str) -> None:
        """Raises Problem where an adviser or a manager asks for another structure than their own."""
        if not self.is_of(structure):
            raise Problem(403, "another-structure", "this is another structure's")

    @property
    def own_structure(self) -> str:
        """Of an adviser or a manager; it is there wherever OfStructure let them in."""
        assert self.structure is not None
        return self.structure


class Keys:
    """The issuer's public keys, from a file or by OpenID discovery, read again when a token names an unknown one."""

    def __init__(self, settings: Settings) -> None:
        self._issuer, self._file = settings.oidc_issuer, settings.oidc_keys
        self._keys: dict[str, jwt.PyJWK] = {}
        self._reading = asyncio.Lock()
        self._not_before = 0.0

    async def get(self, id: str) -> jwt.PyJWK | None:
        if id not in self._keys:
            async with self._reading:
                now = asyncio.get_running_loop().time()
                if id not in self._keys and now >= self._not_before:
                    self._not_before = now + 5  # an unknown key id is no way to make us call the issuer at will
                    found = await asyncio.to_thread(self._read, self._file) if self._file else await self._discover()
                    self._keys = {str(key.key_id): key for key in jwt.PyJWKSet.from_dict(found).keys}
        return self._keys.get(id)

    @staticmethod
    def _read(file: Path) -> dict[str, Any]:
        import json

        return json.loads(file.read_text())  # type: ignore[no-any-return]

    async def _discover(self) -> dict[str, Any]:
        async with httpx.AsyncClient(timeout=5) as client:
            found = await client.get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            keys = await client.get(found.raise_for_status().json()["jwks_uri"])
            return keys.raise_for_status().json()  # type: ignore[no-any-return]


class TokenCheck:
    """Turns a bearer token into a Caller, or a 401 that says what is wrong with it."""

    def __init__(self, settings: Settings) -> None:
        self._issuer, self._audience = settings.oidc_issuer, settings.oidc_audience
        self._keys = Keys(settings)

    async def caller(self, token: str) -> Caller:
        try:
            key = await self._keys.get(str(jwt.get_unverified_header(token).get("kid")))
            if key is None:
                raise Problem(401, "invalid-token", "the token is signed with a key that its issuer does not show")
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )
        except jwt.InvalidTokenError as error:
            raise Problem(401, "invalid-token", f"the token is refused: {error}") from None
        except (httpx.HTTPError, OSError, KeyError, jwt.PyJWKSetError) as error:
            raise Problem(
                503,
                "issuer-unreachable",
                f"the issuer's keys cannot be read: {type(error).__name__}",
                retry_after=5,
            ) from error
        try:
            return Caller(str(claims["sub"]), Role(claims.get("role", "")), claims.get("structure"), _id(token, claims))
        except ValueError:
            raise Problem(403, "unknown-role", "the token carries no role of this platform") from None


def _id(token: str, claims: dict[str, Any]) -> str:
    return str(claims.get("jti") or hashlib.sha256(token.encode()).hexdigest()[:16])[:100]


async def _caller(
    request: Request, authorization: Annotated[str | None, Header(include_in_schema=False)] = None
) -> Caller:
    check: TokenCheck = request.app.state.token_check
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(401, "token-needed", "send a bearer token: Authorization: Bearer …")
    caller = await check.caller(token.strip())
    request.state.caller = caller
    under.set((caller.role.value, caller.token))
    return caller


AnyCaller = Annotated[Caller, Depends(_caller)]


def allow(*roles: Role) -> Callable[[Caller], Awaitable[Caller]]:
    """A dependency that lets these roles in."""

    async def check(caller: AnyCaller) -> Caller:
        if caller.role not in roles:
            raise Problem(403, "not-allowed", f"role {caller.role} may not do this")
        return caller

    return check


async def _of_structure(caller: AnyCaller) -> Caller:
    if caller.role not in (Role.ADVISER, Role.MANAGER):
        raise Problem(403, "not-allowed", f"role {caller.role} sees no single person's file")
    if caller.structure is None:
        raise Problem(403, "no-structure", "the token names no structure")
    return caller


OfStructure = Annotated[Caller, Depends(_of_structure)]
"""An adviser or a manager, who see the people of their own structure and nobody else."""


@dataclass(frozen=True)
class Command:
    """Who commands, and under which idempotency key (null: the request is not repeatable).

    `on_version`: the version of the file that the caller looked at; null: whichever stands.
    """

    caller: Caller
    key: IdempotencyKey | None
    on_version: int | None = None

    @property
    def actor(self) -> str:
        return self.caller.id


def _commanded(*roles: Role) -> Callable[..., Awaitable[Command]]:
    async def command(
        request: Request,
        caller: Annotated[Caller, Depends(allow(*roles))],
        idempotency_key: Annotated[
            str | None,
            Header(
                min_length=1,
                max_length=200,
                description="Repeats of a request under one key are answered as the first",
            ),
        ] = None,
        if_match: Annotated[
            str | None,
            Header(
                pattern='^"[0-9]{1,9}"$',
                description="The version that was looked at, in quotes, as an answer tells it; where the file has "
                "moved on since, the answer is 409 `version-conflict` with what changed",
            ),
        ] = None,
    ) -> Command:
        version = None if if_match is None else int(if_match.strip('"'))
        if idempotency_key is None:
            return Command(caller, None, version)
        body_hash = hashlib.sha256(await request.body()).digest()
        return Command(caller, IdempotencyKey(caller.id, request.url.path, idempotency_key, body_hash), version)

    return command


Commanded = Annotated[Command, Depends(_commanded(Role.OPERATOR))]
CommandedInStructure = Annotated[Command, Depends(_commanded(Role.OPERATOR, Role.ADVISER, Role.MANAGER))]
"""Of an adviser or a manager the route must see that it is their structure's (`Caller.must_be_of`)."""
CommandedByManager = Annotated[Command, Depends(_commanded(Role.OPERATOR, Role.MANAGER))]
"""As CommandedInStructure, without advisers."""
