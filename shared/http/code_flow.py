"""Sign-in at the issuer by authorization code with PKCE (OpenID Connect Core 3.1, RFC 7636), as the pages' client."""

import asyncio
import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from shared.http.access import TokenCheck
from shared.http.tokens import UNREACHABLE, issuer_client, unreachable
from shared.kernel.refusals import Problem


@dataclass(frozen=True)
class Pending:
    """A sign-in that was begun; it waits in the browser's own cookie. `back`: the page to go on to."""

    state: str
    nonce: str
    verifier: str
    back: str

    def __str__(self) -> str:
        return _base64(json.dumps(asdict(self)).encode())

    @classmethod
    def of(cls, text: str) -> "Pending":
        """Raises Problem where no sign-in was begun in this browser, or too long ago."""
        try:
            found = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            return cls(*(str(found[name]) for name in ("state", "nonce", "verifier", "back")))
        except (ValueError, KeyError, TypeError):
            raise _broken("no sign-in was begun in this browser, or too long ago") from None


class CodeFlow:
    """`callback`: our own address to which the issuer sends people back; it is registered there."""

    def __init__(self, check: TokenCheck, callback: str) -> None:
        self._check, self._callback = check, callback
        self._client = check.settings.oidc_client_id or ""

    async def begin(self, back: str) -> tuple[str, Pending]:
        """The issuer's address to go to, and what must be there on the way back. Raises Problem."""
        pending = Pending(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), back)
        challenge = _base64(hashlib.sha256(pending.verifier.encode()).digest())
        query = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self._callback,
            "scope": "openid",
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with(await self._address("authorization_endpoint"), query), pending

    async def finish(self, query: dict[str, str], pending: Pending) -> str:
        """The access token, for what the issuer sent back. Raises Problem."""
        if not secrets.compare_digest(query.get("state", "").encode(), pending.state.encode()):
            raise _broken("the answer belongs to another sign-in")
        if query.get("iss", self._check.settings.oidc_issuer) != self._check.settings.oidc_issuer:
            raise _broken("the answer comes from another issuer")
        if "code" not in query:
            raise _broken("the issuer signed nobody in")
        found = await self._exchanged(query["code"], pending.verifier)
        id_token, access = found.get("id_token"), found.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access, str):
            raise _broken("the issuer sent no tokens")
        identity = await self._check.tokens.identity(id_token, self._client, pending.nonce)
        if (await self._check.tokens.access(access))["sub"] != identity["sub"]:
            raise _broken("the issuer's two tokens are of two people")
        return access

    async def sign_out_address(self) -> str | None:
        """The issuer's page where its own session ends too; null where it has none."""
        try:
            address = await self._address("end_session_endpoint")
        except Problem:
            return None  # the sign-out here stands, whatever the issuer answers
        return _with(address, {"client_id": self._client})

    async def _exchanged(self, code: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": verifier,
            "client_id": self._client,
        }
        secret = await asyncio.to_thread(self._secret)
        # The encoding inside Basic is RFC 6749's: an id or a secret may hold a colon.
        auth = httpx.BasicAuth(quote(self._client, safe=""), quote(secret, safe="")) if secret else None
        address = await self._address("token_endpoint")
        try:
            async with issuer_client() as client:
                answer = await client.post(address, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)
                if answer.status_code in (400, 401):
                    raise _broken("the issuer refuses the code")
                found = answer.raise_for_status().json()
        except UNREACHABLE as error:
            raise unreachable(error) from error
        if not isinstance(found, dict) or str(found.get("token_type")).lower() != "bearer":
            raise _broken("the issuer sent no bearer token")
        return found

    def _secret(self) -> str | None:
        """Read anew from its file each time: it can be changed there without a restart."""
        settings = self._check.settings
        if settings.oidc_client_secret_file:
            return settings.oidc_client_secret_file.read_text().strip()
        return settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None

    async def _address(self, name: str) -> str:
        try:
            async with issuer_client() as client:
                address = (await self._check.tokens.discovery.get(client)).get(name)
        except UNREACHABLE as error:
            raise unreachable(error) from error
        if not isinstance(address, str):
            raise Problem(503, "issuer-unreachable", f"the issuer's description names no {name}")
        return address


def _with(address: str, query: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _broken(reason: str) -> Problem:
    return Problem(401, "sign-in-failed", f"{reason}: sign in again")
