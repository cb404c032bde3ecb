"""The development issuer: a key pair in the data folder, and tokens signed with it. Never for production."""

import json
import os
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from lieu.secret_files import write_secret
from shared.kernel.callers import Role
from shared.kernel.settings import DEVELOPMENT_ISSUER as ISSUER

AUDIENCE = "lieu"
LIFETIME = 12 * 3600
"""Seconds for which a token holds."""


class NoIssuer(Exception):
    """No development issuer here: the platform was never started on the data folder, or it has a real one."""


def real() -> str | None:
    """The issuer that the environment names; null: the development issuer."""
    named = os.environ.get("LIEU_OIDC_ISSUER")
    return named if named and named != ISSUER else None


def settings(data: Path) -> dict[str, Any]:
    """Of the development issuer, whatever the environment says of a real one."""
    return {
        "LIEU_OIDC_ISSUER": ISSUER,
        "LIEU_OIDC_AUDIENCE": AUDIENCE,
        "LIEU_OIDC_KEYS": keys_file(data),
        "LIEU_OIDC_ROLE_CLAIM": "role",
        "LIEU_OIDC_STRUCTURE_CLAIM": "structure",
    }


def keys_file(data: Path) -> Path:
    """The issuer's public key set, for the services."""
    return data / "issuer" / "jwks.json"


def ensure_issuer(data: Path) -> None:
    """Makes the key pair on first use."""
    folder = data / "issuer"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = folder / "private.pem"
    if not private.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_secret(private, pem.decode())
    key = _private_key(data)
    public = json.loads(OKPAlgorithm.to_jwk(key.public_key())) | {
        "kid": _key_id(key),
        "alg": "EdDSA",
        "use": "sig",
    }
    keys_file(data).write_text(json.dumps({"keys": [public]}))


def users_token(data: Path, role: Role, structure: str | None = None) -> str:
    """As `token`, for somebody at the command line. Raises NoIssuer where the platform has a real issuer, too."""
    if found := real() or _issuer_of_running(data):
        raise NoIssuer(f"the issuer is {found}: get a token there, and give it with --token or LIEU_TOKEN")
    return token(data, role, structure)


def _issuer_of_running(data: Path) -> str | None:
    try:
        return json.loads((data / "running.json").read_text()).get("issuer")  # type: ignore[no-any-return]
    except (FileNotFoundError, ValueError):
        return None  # nothing runs there, or it starts or stops just now


def token(
    data: Path, role: Role | None, structure: str | None = None, lifetime: int = LIFETIME, subject: str | None = None
) -> str:
    """A signed token of the platform in `data`; `subject`: the user, null: by role and structure.
    `role` null: none is claimed. Raises NoIssuer."""
    key = _private_key(data)
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject or f"development-{role}" + (f"-{structure}" if structure else ""),
        "iat": now,
        "exp": now + lifetime,
    }
    if role:
        claims["role"] = role.value
    if structure:
        claims["structure"] = structure
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": _key_id(key)})


def _private_key(data: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key((data / "issuer" / "private.pem").read_bytes(), None)
    except FileNotFoundError:
        raise NoIssuer(f"no development issuer in {data}: start the platform there first (lieu up)") from None
    assert isinstance(key, Ed25519PrivateKey)
    return key


def _key_id(key: Ed25519PrivateKey) -> str:
    return json.loads(OKPAlgorithm.to_jwk(key.public_key()))["x"][:16]  # type: ignore[no-any-return]
