"""Tokens of the issuer: its keys, read again and again, and what a token must be to be believed."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import jwt

from shared.kernel.refusals import Problem
from shared.kernel.settings import Settings

log = logging.getLogger(__name__)

ALGORITHMS = {
    ("RSA", None): ("RS256", "PS256"),
    ("EC", "P-256"): ("ES256",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
"""By a key's own type and curve, what it may sign with: never a shared secret, never none, never what a token asks."""

LEEWAY = 10
"""Seconds by which the issuer's clock and ours may differ."""
AGAIN_AFTER = 5
"""Seconds between two readings that a token with an unknown key, or a failed reading, can bring about."""
KEPT_FOR = 3600
"""Seconds for which keys stand that cannot be read again: an issuer that is down signs in nobody, but stops nobody."""

ACCESS_TYPES = ("", "jwt", "at+jwt", "application/at+jwt")
NEVER_IN_ACCESS = ("at_hash", "c_hash", "events", "cnf")
"""Claims of ID tokens, of logout tokens and security events, and of tokens that hold only with the sender's key."""


class NotAnIssuer(Exception):
    """What was read there is not what an issuer shows."""


UNREACHABLE = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, NotAnIssuer)
"""What reading from the issuer, or from the file of its keys, may end with."""


class Discovery:
    """The issuer's description of itself (OpenID Connect Discovery), asked at most once every `seconds`."""

    def __init__(self, issuer: str, seconds: float) -> None:
        self._issuer, self._seconds = issuer, seconds
        self._found: dict[str, Any] = {}
        self._asked_at = float("-inf")

    async def get(self, client: httpx.AsyncClient) -> dict[str, Any]:
        """Raises UNREACHABLE."""
        now = asyncio.get_running_loop().time()
        if now - self._asked_at >= self._seconds:
            found = _json(await client.get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"))
            if found.get("issuer") != self._issuer:
                raise NotAnIssuer("the issuer's description names another issuer")
            self._found, self._asked_at = found, now
        return self._found


class Keys:
    """The issuer's public keys, from a file or by discovery.

    They are read again every `oidc_keys_seconds`, so that a withdrawn key ends, and when a token names an unknown one.
    While they cannot be read, those known go on for KEPT_FOR, and nobody waits for the next try.
    """

    def __init__(self, settings: Settings, discovery: Discovery) -> None:
        self._file, self._seconds, self._discovery = settings.oidc_keys, settings.oidc_keys_seconds, discovery
        self._keys: dict[tuple[str, str], jwt.PyJWK] = {}
        self._read_at = self._tried_at = float("-inf")
        self._failure: Exception | None = None
        self._reading: asyncio.Task[None] | None = None

    async def get(self, id: str, algorithm: str) -> jwt.PyJWK | None:
        """The key of this id for this algorithm, null where the issuer shows none. Raises Problem."""
        named = id, algorithm
        known = named in self._keys and self._age() < KEPT_FOR
        if not known or self._age() >= self._seconds:
            reading = self._read_again()
            if reading and not (known and self._failure):
                await asyncio.shield(reading)
        if self._failure and (named not in self._keys or self._age() >= KEPT_FOR):
            raise unreachable(self._failure) from self._failure
        return self._keys.get(named)

    def _age(self) -> float:
        return asyncio.get_running_loop().time() - self._read_at

    def _read_again(self) -> "asyncio.Task[None] | None":
        """The reading that runs, else a new one; null where the last is too young."""
        if self._reading is None or self._reading.done():
            now = asyncio.get_running_loop().time()
            if now - self._tried_at < min(AGAIN_AFTER, self._seconds):
                return None
            self._tried_at = now
            self._reading = asyncio.create_task(self._read())
        return self._reading

    async def _read(self) -> None:
        now = asyncio.get_running_loop().time()
        try:
            self._keys = usable(await (asyncio.to_thread(_of_file, self._file) if self._file else self._fetched()))
        except UNREACHABLE as error:
            log.warning("the issuer's keys cannot be read: %s", type(error).__name__)
            self._failure = error
        else:
            self._read_at, self._failure = now, None

    async def _fetched(self) -> dict[str, Any]:
        async with issuer_client() as client:
            address = (await self._discovery.get(client)).get("jwks_uri")
            if not isinstance(address, str):
                raise NotAnIssuer("the issuer's description names no key set")
            return _json(await client.get(address))


def usable(key_set: Mapping[str, Any]) -> dict[tuple[str, str], jwt.PyJWK]:
    """By id and algorithm, the keys that may sign; those of another use, too short, or shown with their private half
    are left out, and do not spoil the rest. Raises NotAnIssuer where it is no key set."""
    if not isinstance(key_set.get("keys"), list):
        raise NotAnIssuer("this is no key set")
    found: dict[tuple[str, str], jwt.PyJWK] = {}
    for key in key_set["keys"]:
        if not isinstance(key, dict) or not isinstance(key.get("kid"), str) or "d" in key:
            continue
        if key.get("use", "sig") != "sig":
            continue
        for algorithm in ALGORITHMS.get((str(key.get("kty")), key.get("crv")), ()):
            if key.get("alg", algorithm) != algorithm:
                continue
            try:
                made = jwt.PyJWK(key, algorithm)
            except jwt.PyJWTError as error:
                log.warning("a key of the issuer cannot be used: %s", type(error).__name__)
                continue
            if not made.Algorithm.check_key_length(made.key):
                found[key["kid"], algorithm] = made
    return found


class _Proven(NamedTuple):
    key: jwt.PyJWK
    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def named(self) -> tuple[str, str]:
        return self.header["kid"], self.header["alg"]

    @property
    def ended(self) -> bool:
        return time.time() >= float(self.claims["exp"]) + LEEWAY


class Tokens:
    """Turns a token into its claims, or a 401 that says what is wrong with it."""

    def __init__(self, settings: Settings) -> None:
        self._issuer, self._audience = settings.oidc_issuer, settings.oidc_audience
        self.discovery = Discovery(settings.oidc_issuer, settings.oidc_keys_seconds)
        self._keys = Keys(settings, self.discovery)
        self._proven: dict[bytes, _Proven] = {}
        """By the SHA-256 of an access token, never the token."""

    async def access(self, token: str) -> dict[str, Any]:
        """Of a bearer token for this platform. A token that was proven is not proven again until it ends, or its key is
        withdrawn or read again."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        proven = self._proven.get(digest)
        if proven and not proven.ended and proven.key is await self._keys.get(*proven.named):
            return proven.claims
        proven = await self._prove(token, self._audience)
        kind, said = _type(proven.header), proven.claims.get("typ")
        never = any(name in proven.claims for name in NEVER_IN_ACCESS)
        if kind not in ACCESS_TYPES or said not in (None, "Bearer") or never:
            raise refused("it is no access token")
        if "nonce" in proven.claims and said is None and "at+jwt" not in kind:
            raise refused("it is no access token")
        self._proven = {of: one for of, one in self._proven.items() if not one.ended} | {digest: proven}
        return proven.claims

    async def identity(self, token: str, client: str, nonce: str) -> dict[str, Any]:
        """Of the ID token that answers our own sign-in."""
        _, header, claims = await self._prove(token, client)
        if _type(header) not in ("", "jwt") or claims.get("typ") not in (None, "ID"):
            raise refused("it is no ID token")
        if claims.get("nonce") != nonce or claims.get("azp", client) != client:
            raise refused("it answers another sign-in")
        return claims

    async def _prove(self, token: str, audience: str) -> _Proven:
        """Of its header only the names of key and algorithm are used; keys or addresses inside it are not looked at."""
        try:
            header = jwt.get_unverified_header(token)
            id, algorithm = header.get("kid"), header.get("alg")
            if not isinstance(id, str) or not isinstance(algorithm, str):
                raise refused("it names no key (kid) or no algorithm")
            key = await self._keys.get(id, algorithm)
            if key is None:
                raise refused("its issuer shows no such key for this algorithm")
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )
        except (jwt.PyJWTError, UnicodeError) as error:
            raise refused(str(error)) from None
        return _Proven(key, header, claims)


def issuer_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=5)


def refused(reason: str) -> Problem:
    return Problem(401, "invalid-token", f"the token is refused: {reason}")


def unreachable(error: Exception) -> Problem:
    told = f"the issuer cannot be reached: {type(error).__name__}"
    return Problem(503, "issuer-unreachable", told, retry_after=AGAIN_AFTER)


def _type(header: Mapping[str, Any]) -> str:
    return str(header.get("typ") or "").lower()


def _of_file(file: Path) -> dict[str, Any]:
    return _an_object(json.loads(file.read_text()))


def _json(answer: httpx.Response) -> dict[str, Any]:
    return _an_object(answer.raise_for_status().json())


def _an_object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise NotAnIssuer("this is no JSON object")
    return found
