"""Bearer tokens, against a real issuer over HTTP."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI

from shared.http.access import AnyCaller, TokenCheck
from shared.http.claims import at, structures_in
from shared.http.problems import answer_problems
from shared.http.tokens import AGAIN_AFTER, KEPT_FOR, LEEWAY, usable
from shared.kernel.callers import Caller, Role
from shared.kernel.refusals import Problem
from shared.kernel.settings import Settings
from shared.kernel.users import Claimed
from tests.oidc_provider import Key, Provider

NIR = "269054958815780"
"""Of a made-up person, with its valid key."""


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider() as provider:
        yield provider


def settings(issuer: str, **other: Any) -> Settings:
    return Settings.model_validate(
        {"LIEU_DATABASE_URL": "postgresql://x", "LIEU_NATS_URL": "nats://x", "LIEU_OIDC_ISSUER": issuer, **other}
    )


async def as_claimed(claimed: Claimed) -> Claimed:
    """A platform that knows nothing of its users."""
    return claimed


def check_of(provider: Provider, **other: Any) -> TokenCheck:
    return TokenCheck(settings(provider.issuer, **other), as_claimed)


async def refusal(check: TokenCheck, token: str) -> tuple[int, str, str]:
    with pytest.raises(Problem) as refused:
        await check.caller(token)
    return refused.value.status, refused.value.code, refused.value.detail


async def invalid(check: TokenCheck, token: str) -> str:
    status, code, detail = await refusal(check, token)
    assert (status, code) == (401, "invalid-token"), detail
    return detail


async def test_a_token_of_every_kind_of_key_is_good(provider: Provider) -> None:
    provider.keys += [Key.new("ec", "ES256"), Key.new("ed", "EdDSA"), Key.new("pss", "PS256", with_alg=False)]
    check = check_of(provider)
    for key in provider.keys:
        assert await check.caller(provider.token(key)) == Caller("u-1", Role.OPERATOR)
    assert await check.caller(provider.token(header={"typ": "at+jwt"}, nonce="x")) == Caller("u-1", Role.OPERATOR)
    assert await check.caller(provider.token(aud=["account", "lieu"], typ="Bearer"))
    unnamed = Key("pss", "RS256", provider.keys[-1].private)
    assert await check.caller(provider.token(unnamed)), "a key shown without alg signs with what its type can"


async def test_what_is_no_token_is_refused(provider: Provider) -> None:
    check = check_of(provider)
    good = provider.token()
    head, body, signature = good.split(".")
    deep = base64.urlsafe_b64encode(b"[" * 30_000).rstrip(b"=").decode()
    for token in ("x", "a.b.c", "..", f"{head}.{body}.", f"{head}.{body}", f"{good}.x", f"{deep}.{body}.{signature}",
                  "é.é.é", "\ud800", f"{head}.{body}.{signature[:-4]}AAAA"):  # fmt: skip
        await invalid(check, token)
    forged = _part({**json.loads(_decoded(body)), "role": "manager"})
    assert "Signature" in await invalid(check, f"{head}.{forged}.{signature}")


async def test_times_hold_with_a_small_leeway(provider: Provider) -> None:
    check, now = check_of(provider), int(time.time())
    assert await check.caller(provider.token(exp=now - LEEWAY + 5))
    assert await check.caller(provider.token(nbf=now + LEEWAY - 5))
    assert "expired" in await invalid(check, provider.token(exp=now - LEEWAY - 1))
    assert "not yet valid" in await invalid(check, provider.token(nbf=now + LEEWAY + 5))
    assert "not yet valid" in await invalid(check, provider.token(iat=now + LEEWAY + 5))
    for name in ("exp", "iat", "sub", "aud", "iss"):
        assert name in await invalid(check, provider.token(**{name: None}))


async def test_a_token_that_was_good_ends_at_its_time(provider: Provider) -> None:
    check = check_of(provider)
    ends = int(time.time()) + 5
    ending = provider.token(exp=ends - LEEWAY)
    assert await check.caller(ending) == await check.caller(ending)
    await asyncio.sleep(ends - time.time())
    assert "expired" in await invalid(check, ending)


async def test_a_token_for_another_or_of_another_is_refused(provider: Provider) -> None:
    check = check_of(provider)
    await invalid(check, provider.token(aud="another"))
    await invalid(check, provider.token(aud=["another", "lieu-pages"]))
    await invalid(check, provider.token(iss=provider.issuer + "/"))
    async with Provider(keys=[Key.new("theirs", "RS256")]) as other:
        await invalid(check, other.token())
        assert "no such key" in await invalid(check, other.token(iss=provider.issuer)), "the key's id is another's"
        impostor = Key(provider.keys[0].id, "RS256", other.keys[0].private)
        assert "Signature" in await invalid(check, provider.token(impostor)), "our key's id, another's key"


async def test_the_algorithm_is_the_keys_own(provider: Provider) -> None:
    """No shared secret made of what everybody can read, none at all, and none that the key is not for."""
    provider.keys += [Key.new("ec", "ES256"), Key.new("pss", "PS256")]
    rsa, ec, pss = provider.keys
    check = check_of(provider)
    public = rsa.private.public_key()
    secrets = [
        public.public_bytes(Encoding.PEM, form) for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)
    ]
    secrets += [secrets[0].strip(), public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)]
    secrets += [json.dumps(rsa.public).encode(), json.dumps(rsa.public, separators=(",", ":")).encode()]
    secrets += [rsa.public["n"].encode(), _decoded(rsa.public["n"]), b""]
    for secret in secrets:
        for name, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512), ("RS256", hashlib.sha256)):
            head = f"{_part({'alg': name, 'kid': rsa.id, 'typ': 'JWT'})}.{_part(provider.claims())}"
            mac = hmac.new(secret, head.encode(), digest).digest()
            await invalid(check, f"{head}.{_base64(mac)}")
    for name in ("none", "None", "NONE", "", None, ["RS256"], 7):
        head = f"{_part({'alg': name, 'kid': rsa.id})}.{_part(provider.claims())}"
        await invalid(check, f"{head}.")
    swapped = [Key(ec.id, "RS256", rsa.private), Key(rsa.id, "ES256", ec.private), Key(pss.id, "RS256", pss.private),
               Key(rsa.id, "PS256", rsa.private), Key(rsa.id, "RS512", rsa.private)]  # fmt: skip
    for key in swapped:
        await invalid(check, provider.token(key))
    assert [await check.caller(provider.token(key)) for key in provider.keys], "each as it is shown"


async def test_keys_and_addresses_inside_a_token_are_not_looked_at(provider: Provider) -> None:
    async with Provider(keys=[Key.new("theirs", "RS256")]) as thief:
        own = thief.keys[0]
        there = f"{thief.issuer}/keys"
        check = check_of(provider)
        for header in ({"jwk": own.public}, {"jku": there}, {"x5u": there}, {"x5c": ["MIIB"]}):
            await invalid(check, provider.token(own, header))
            await invalid(check, provider.token(own, header | {"kid": provider.keys[0].id}))
            assert await check.caller(provider.token(header=header)), "it is signed well, whatever else it says"
        assert thief.asked == [], "nobody can send us anywhere"
    await invalid(check, provider.token(header={"crit": ["exp"]}))
    no_id = jwt.encode(provider.claims(), provider.keys[0].private, "RS256")
    assert "no key" in await invalid(check, no_id)


async def test_only_access_tokens_are_good(provider: Provider) -> None:
    check = check_of(provider)
    for claims in ({"typ": "ID"}, {"typ": "Refresh"}, {"typ": "Logout"}, {"at_hash": "x"}, {"c_hash": "x"},
                   {"nonce": "x"}, {"events": {}}, {"cnf": {"jkt": "x"}}):  # fmt: skip
        assert "no access token" in await invalid(check, provider.token(**claims)), claims
    for kind in ("logout+jwt", "secevent+jwt", "dpop+jwt", "id_token"):
        await invalid(check, provider.token(header={"typ": kind}))


async def test_a_key_that_may_not_sign_is_left_out_and_spoils_nothing(provider: Provider) -> None:
    good, weak, bare = Key.new("good", "RS256"), Key.new("weak", "RS256", bits=1024), Key.new("bare", "EdDSA")
    shown = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(bare.private)) | {"kid": "bare"}
    found = usable(
        {
            "keys": [
                good.public, weak.public, shown, "x", {}, {"kty": "oct", "k": "AAAA", "kid": "shared"},
                good.public | {"kid": "enc", "use": "enc"}, good.public | {"kid": "oaep", "alg": "RSA-OAEP"},
                good.public | {"kid": 7}, {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
                {"kty": "EC", "crv": "secp256k1", "kid": "bitcoin", "x": "AA", "y": "AA"},
            ]
        }
    )  # fmt: skip
    assert found.keys() == {("good", "RS256")}


async def test_a_rotated_key_is_good_within_seconds_and_a_withdrawn_one_ends(provider: Provider) -> None:
    check = check_of(provider, LIEU_OIDC_KEYS_SECONDS=0.3)
    old = provider.keys[0]
    mine = provider.token(old)
    assert await check.caller(mine)
    provider.keys = [Key.new("second", "ES256"), old]
    await asyncio.sleep(0.3)
    assert await check.caller(provider.token())
    assert await check.caller(mine), "while its key is shown"
    provider.keys = provider.keys[:1]
    await asyncio.sleep(0.35)
    assert "no such key" in await invalid(check, mine)
    assert await check.caller(provider.token())


async def test_a_withdrawn_key_ends_within_a_minute_by_default(provider: Provider) -> None:
    assert settings(provider.issuer).oidc_keys_seconds <= 60
    assert AGAIN_AFTER <= 5


async def test_unknown_keys_do_not_make_us_call_the_issuer_at_will(provider: Provider) -> None:
    check = check_of(provider)
    await asyncio.gather(*(check.caller(provider.token()) for _ in range(50)))
    stranger = Key.new("stranger", "ES256")
    for number in range(50):
        await invalid(check, provider.token(Key(f"stranger-{number}", "ES256", stranger.private)))
    assert provider.asked.count("keys") == 1


async def test_an_issuer_that_is_away_stops_nobody_and_lets_nobody_in(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = check_of(provider, LIEU_OIDC_KEYS_SECONDS=0.2)
    mine, new = provider.token(), Key.new("new", "ES256")
    assert await check.caller(mine)
    await provider.stop()
    await asyncio.sleep(0.25)
    assert await check.caller(mine), "its key is known"
    status, code, _ = await refusal(check, provider.token(new))
    assert (status, code) == (503, "issuer-unreachable"), "who knows whether the key is the issuer's"
    assert (await refusal(check_of(provider), mine))[:2] == (503, "issuer-unreachable")
    monkeypatch.setattr("shared.http.tokens.KEPT_FOR", 0.3)
    await asyncio.sleep(0.1)
    assert (await refusal(check, mine))[:2] == (503, "issuer-unreachable"), "no key outlives its issuer for long"
    provider.keys.append(new)
    await provider.start()
    await asyncio.sleep(0.25)
    assert await check.caller(provider.token(new))
    assert KEPT_FOR <= 3600


async def test_nobody_waits_long_for_an_issuer_that_hangs(provider: Provider) -> None:
    check = check_of(provider, LIEU_OIDC_KEYS_SECONDS=0.2)
    mine = provider.token()
    assert await check.caller(mine)
    await provider.stop()

    open_ones = []

    async def hang(_: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        open_ones.append(out)

    silent = await asyncio.start_server(hang, "127.0.0.1", provider.port)
    try:
        await asyncio.sleep(0.25)
        began = time.monotonic()
        assert await check.caller(mine)
        assert time.monotonic() - began < 6, "the first waits for one time limit"
        for _ in range(5):
            began = time.monotonic()
            assert await check.caller(mine)
            assert time.monotonic() - began < 2, "the others do not wait at all"
            await asyncio.sleep(0.25)
    finally:
        silent.close()
        for connection in open_ones:
            connection.close()
        await provider.start()


async def test_a_description_that_names_another_issuer_is_not_believed(provider: Provider) -> None:
    other = TokenCheck(settings(provider.issuer.replace("127.0.0.1", "localhost")), as_claimed)
    token = provider.token(iss=provider.issuer.replace("127.0.0.1", "localhost"))
    assert (await refusal(other, token))[:2] == (503, "issuer-unreachable")


async def test_keys_of_a_file_are_read_again_too(provider: Provider, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [provider.keys[0].public]}))
    check = TokenCheck(settings("urn:lieu:development", LIEU_OIDC_KEYS=file, LIEU_OIDC_KEYS_SECONDS=0.2), as_claimed)
    mine = provider.token(iss="urn:lieu:development")
    assert await check.caller(mine)
    file.write_text(json.dumps({"keys": []}))
    await asyncio.sleep(0.25)
    await invalid(check, mine)
    assert provider.asked == []


KEYCLOAK = {"LIEU_OIDC_ROLE_CLAIM": "resource_access.lieu.roles", "LIEU_OIDC_STRUCTURE_CLAIM": "groups"}


async def test_claims_stand_where_the_settings_say(provider: Provider) -> None:
    provider.user = {"sub": "9f0c7a0e-1f4e-4b0e-9a55-3a1de4ed6c9f"}
    check = check_of(provider, **KEYCLOAK)
    access = {"lieu": {"roles": ["adviser", "uma_protection"]}, "account": {"roles": ["manager"]}}
    mine = provider.token(resource_access=access, groups=["/staff", "/structures/s01", "/structures"])
    assert await check.caller(mine) == Caller(provider.user["sub"], Role.ADVISER, "s01")
    realm = check_of(provider, LIEU_OIDC_ROLE_CLAIM="realm_access.roles", LIEU_OIDC_STRUCTURE_CLAIM="lieu_structure")
    roles = {"roles": ["manager", "offline_access"]}
    for value in ("s02", ["s02"]):
        caller = await realm.caller(provider.token(realm_access=roles, lieu_structure=value))
        assert caller == Caller(provider.user["sub"], Role.MANAGER, "s02")


async def test_several_roles_or_structures_are_refused_and_none_is_too(provider: Provider) -> None:
    check = check_of(provider)
    assert (await refusal(check, provider.token(role=["adviser", "operator"])))[:2] == (403, "several-roles")
    assert (await check.caller(provider.token(role=["adviser", "adviser", "x"]))).role == Role.ADVISER
    for role in (None, "", "king", [], ["king"], {"adviser": 1}, 7, [["adviser"]], "adviser operator"):
        assert (await refusal(check, provider.token(role=role)))[:2] == (403, "unknown-role"), role
    two = {"structure": ["s01", "s02"]}
    assert (await refusal(check, provider.token(role="adviser", **two)))[:2] == (403, "several-structures")
    assert (await check.caller(provider.token(**two))).structure is None, "an operator has none anyway"
    for structure in (None, "", [], 7, "S01", "s01/../s02", "/structures/s01/advisers", "/other/s01", {"s01": 1}):
        caller = await check.caller(provider.token(role="adviser", structure=structure))
        assert caller.structure is None, structure


def test_a_path_of_claims() -> None:
    claims = {"a": {"b.c": {"d": 1}}, "https://x.example/role": "adviser", "a.b": 2, "f": "text", "n": {"o": None}}
    assert [at(claims, path) for path in ("a.b.c.d", "https://x.example/role", "a.b", "f.x", "n.o", "z", "a")] == [
        1, "adviser", 2, None, None, None, {"b.c": {"d": 1}},
    ]  # fmt: skip
    assert structures_in(["/structures/s01", "s02"]) == {"s01"}
    assert structures_in(["s01", "s02"]) == {"s01", "s02"}


@pytest.mark.parametrize(
    "subject",
    ["anna@example.org", NIR, f"u-{NIR}", "2 69 05 49 588 157 80", "x" * 65, "", "a\nb", "a\x00", "Anna Dupont", "Zoé"],
)
async def test_a_subject_that_tells_who_it_is_is_refused(provider: Provider, subject: str) -> None:
    status, code, detail = await refusal(check_of(provider), provider.token(sub=subject))
    assert (status, code) == (401, "personal-subject")
    assert not subject.strip() or subject not in detail


@pytest.mark.parametrize(
    "subject", ["x" * 64, "auth0|5f7c8ec7c33c6c004bbafe82", "9f0c7a0e-1f4e-4b0e-9a55-3a1de4ed6c9f"]
)
async def test_a_pseudonym_is_good(provider: Provider, subject: str) -> None:
    assert (await check_of(provider).caller(provider.token(sub=subject))).id == subject


async def test_over_http_a_refusal_says_what_is_wrong_and_never_repeats_the_token(provider: Provider) -> None:
    app = FastAPI()
    answer_problems(app)
    app.state.token_check = check_of(provider)

    @app.get("/")
    async def who(caller: AnyCaller) -> str:
        return caller.id

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://lieu") as http:

        async def asked(token: str | None) -> httpx.Response:
            return await http.get("/", headers={} if token is None else {"Authorization": f"Bearer {token}"})

        assert (await asked(provider.token())).json() == "u-1"
        none = await asked(None)
        assert (none.status_code, none.headers["www-authenticate"]) == (401, "Bearer")
        late = await asked(provider.token(exp=int(time.time()) - 60))
        assert (late.status_code, late.headers["content-type"]) == (401, "application/problem+json")
        assert late.headers["www-authenticate"] == (
            'Bearer error="invalid_token", error_description="the token is refused: Signature has expired"'
        )
        assert late.json()["code"] == "invalid-token"
        odd = _part({"alg": 'x"\\é', "kid": '"\r\nSet-Cookie: x=1'}) + ".e30.e30"
        answer = await asked(odd)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        personal = await asked(provider.token(sub="anna@example.org"))
        assert 'error="invalid_token"' in personal.headers["www-authenticate"]
        assert "anna" not in personal.text + str(personal.headers)
        assert (await asked(provider.token(role=None))).status_code == 403


def _part(content: Any) -> str:
    return _base64(json.dumps(content).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
