"""An OpenID provider on 127.0.0.1: discovery, a key set that turns, authorization by code with PKCE."""

import asyncio
import hashlib
import json
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE, CLIENT, SECRET = "lieu", "lieu-pages", "it's: a secret"


@dataclass(frozen=True)
class Key:
    """`algorithm`: what it signs with, and what its issuer shows as its `alg` unless that is left away."""

    id: str
    algorithm: str
    private: Any
    with_alg: bool = True

    @classmethod
    def new(cls, id: str, algorithm: str, bits: int = 2048, with_alg: bool = True) -> "Key":
        if algorithm == "ES256":
            return cls(id, algorithm, ec.generate_private_key(ec.SECP256R1()), with_alg)
        if algorithm == "EdDSA":
            return cls(id, algorithm, Ed25519PrivateKey.generate(), with_alg)
        return cls(id, algorithm, rsa.generate_private_key(65537, bits), with_alg)

    @property
    def public(self) -> dict[str, Any]:
        kind = {"ES": ECAlgorithm, "Ed": OKPAlgorithm}.get(self.algorithm[:2], RSAAlgorithm)
        shown = json.loads(kind.to_jwk(self.private.public_key())) | {"kid": self.id, "use": "sig"}
        shown.pop("key_ops", None)
        return shown | ({"alg": self.algorithm} if self.with_alg else {})

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode(claims, self.private, self.algorithm, {"kid": self.id, **header})


@dataclass
class Provider:
    keys: list[Key] = field(default_factory=lambda: [Key.new("first", "RS256")])
    more_keys: list[Any] = field(default_factory=list)
    """What else stands in the set, as it is."""
    user: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "role": "operator"})
    """Who signs in, as the access token tells it."""
    nonce: str | None = None
    """Put into ID tokens instead of the one that was asked with."""
    secret: str | None = SECRET
    callback: str = "https://lieu.test/signed-in"
    asked: list[str] = field(default_factory=list)
    lifetime: int = 300
    port: int = 0
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realms/lieu"

    def claims(self, **other: Any) -> dict[str, Any]:
        """Of an access token that is good; a claim that is null is left away."""
        now = int(time.time())
        all = {"iss": self.issuer, "aud": AUDIENCE, "iat": now, "exp": now + self.lifetime, **self.user, **other}
        return {name: value for name, value in all.items() if value is not None}

    def token(self, key: Key | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        return (key or self.keys[0]).signed(self.claims(**claims), **(header or {}))

    async def __aenter__(self) -> "Provider":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """On the same port again where it was stopped."""
        config = uvicorn.Config(self._app(), "127.0.0.1", self.port, log_config=None, timeout_graceful_shutdown=1)
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            assert not self._serving.done()
            await asyncio.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._serving

    def _app(self) -> FastAPI:
        app = FastAPI()
        base = "/realms/lieu"

        @app.get(f"{base}/.well-known/openid-configuration")
        async def description() -> dict[str, Any]:
            self.asked.append("description")
            return {
                "issuer": self.issuer,
                "jwks_uri": f"{self.issuer}/keys",
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "end_session_endpoint": f"{self.issuer}/end",
            }

        @app.get(f"{base}/keys")
        async def keys() -> dict[str, Any]:
            self.asked.append("keys")
            return {"keys": [*(key.public for key in self.keys), *self.more_keys]}

        @app.get(f"{base}/authorize")
        async def authorize(request: Request) -> Response:
            query = dict(request.query_params)
            good = {"client_id": CLIENT, "redirect_uri": self.callback, "response_type": "code", "scope": "openid"}
            if not good.items() <= query.items() or query.get("code_challenge_method") != "S256":
                return JSONResponse({"error": "invalid_request"}, 400)
            code = secrets.token_urlsafe(16)
            self.codes[code] = query
            back = {"code": code, "state": query["state"], "iss": self.issuer}
            return RedirectResponse(f"{query['redirect_uri']}?{urlencode(back)}", 302)

        @app.post(f"{base}/token")
        async def token(request: Request) -> Response:
            self.asked.append("token")
            form = dict(await request.form())
            if self.secret is not None:
                given = b64decode(request.headers.get("authorization", "Basic ").split(" ")[1]).decode()
                if [unquote(part) for part in given.split(":")] != [CLIENT, self.secret]:
                    return JSONResponse({"error": "invalid_client"}, 401)
            query = self.codes.pop(str(form["code"]), None)
            challenge = _base64(hashlib.sha256(str(form["code_verifier"]).encode()).digest())
            if (
                query is None
                or challenge != query["code_challenge"]
                or (form["redirect_uri"], form["client_id"]) != (query["redirect_uri"], query["client_id"])
            ):
                return JSONResponse({"error": "invalid_grant"}, 400)
            about = {"aud": CLIENT, "nonce": self.nonce or query["nonce"], "at_hash": "x", "typ": "ID"}
            answer = {"token_type": "Bearer", "expires_in": self.lifetime, "access_token": self.token(typ="Bearer")}
            return JSONResponse(answer | {"id_token": self.token(role=None, **about)})

        return app


class _Server(uvicorn.Server):
    def capture_signals(self):  # type: ignore[no-untyped-def]
        return nullcontext()


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
