"""Signing in to the pages at a real issuer, out again, and what must not get in on the way."""

import dataclasses
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from lieu import issuer
from lieu.embedded import Addresses
from lieu.platform import platform
from lieu.up import ensure_master_key, settings_for
from services.reporting.signing_in import TIME_TO_SIGN_IN
from shared.http.code_flow import Pending
from shared.kernel.callers import Role
from tests.conftest import _empty
from tests.harness import Running
from tests.oidc_provider import CLIENT, SECRET, Provider
from tests.processes import lieu, up

SITE = "https://lieu.test"
TOKEN, PENDING = "__Host-lieu_token", "__Host-lieu_sign_in"
OURS = {"Origin": SITE}


class Browser(httpx.AsyncClient):
    """Keeps cookies and follows nothing by itself. What it is sent to elsewhere is fetched over the network."""

    def __init__(self, app: FastAPI, site: str = SITE) -> None:
        super().__init__(transport=httpx.ASGITransport(app), base_url=site)

    async def leave(self, back: str = "/") -> dict[str, str]:
        """To the issuer; what was asked there."""
        left = await self.get("/sign-in", params={"back": back})
        assert left.status_code == 303, left.text
        self.sent_to = left.headers["location"]
        return {name: value for name, (value,) in parse_qs(urlsplit(self.sent_to).query).items()}

    async def at_issuer(self) -> str:
        """Says yes there; the address that it sends back to."""
        async with httpx.AsyncClient() as outside:
            sent = await outside.get(self.sent_to)
        assert sent.status_code == 302, sent.text
        return str(sent.headers["location"])

    async def signs_in(self, back: str = "/") -> httpx.Response:
        await self.leave(back)
        return await self.get(await self.at_issuer())

    def change(self, **pending: str) -> None:
        """As a thief, or a broken program, would change the sign-in that waits."""
        changed = dataclasses.replace(Pending.of(self.cookies[PENDING]), **pending)
        self.cookies.clear()
        self.cookies.set(PENDING, str(changed), "lieu.test")


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider() as provider:
        yield provider


@pytest_asyncio.fixture
async def app(
    servers: Addresses, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FastAPI]:
    """With a client at the provider."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    for name, value in {
        "LIEU_OIDC_CLIENT_ID": CLIENT,
        "LIEU_OIDC_CLIENT_SECRET_FILE": str(secret),
        "LIEU_PUBLIC_URL": SITE,
    }.items():
        monkeypatch.setenv(name, value)
    async with lieu_at(servers, tmp_path, provider) as app:
        yield app


class lieu_at:
    """The platform of a real issuer, on databases of its own."""

    def __init__(self, servers: Addresses, data: Path, provider: Provider) -> None:
        self.servers, self.data, self.issuer = servers, data, provider.issuer

    async def __aenter__(self) -> FastAPI:
        fresh = await _empty(self.servers)
        app = platform(settings_for(fresh, self.data, ensure_master_key(self.data), self.issuer))
        self.life = app.router.lifespan_context(app)
        await self.life.__aenter__()
        return app

    async def __aexit__(self, *error: Any) -> None:
        await self.life.__aexit__(*error)


async def test_people_sign_in_at_the_issuer_and_out_again(app: FastAPI, provider: Provider) -> None:
    async with Browser(app) as browser:
        home = await browser.get("/")
        assert (home.status_code, home.headers["location"]) == (303, "/sign-in?back=%2F")
        asked = await browser.leave()
        assert browser.sent_to.startswith(f"{provider.issuer}/authorize?")
        state, nonce, challenge = (asked.pop(name) for name in ("state", "nonce", "code_challenge"))
        assert asked == {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": f"{SITE}/signed-in",
            "scope": "openid",
            "code_challenge_method": "S256",
        }
        pending = Pending.of(browser.cookies[PENDING])
        assert (pending.state, pending.nonce) == (state, nonce)
        assert min(map(len, (state, nonce, challenge, pending.verifier))) >= 32
        assert pending.verifier not in browser.sent_to
        signed = await browser.get(await browser.at_issuer())
        assert (signed.status_code, signed.headers["location"]) == (303, "/")
        assert PENDING not in browser.cookies
        home = await browser.get("/")
        assert home.status_code == 200
        assert 'action="/sign-out"' in home.text
        out = await browser.post("/sign-out", headers=OURS)
        assert out.status_code == 200
        assert f"{provider.issuer}/end?client_id={CLIENT}" in out.text
        assert TOKEN not in browser.cookies
        assert (await browser.get("/")).status_code == 303
        assert (await Browser(app).leave())["state"] != state


async def test_cookies_are_for_this_host_alone_and_no_script(app: FastAPI, provider: Provider) -> None:
    def flags(answer: httpx.Response, cookie: str) -> set[str]:
        (line,) = (line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{cookie}="))
        return {part.strip() for part in line.split(";")[1:]}

    safe = {"HttpOnly", "Path=/", "SameSite=lax", "Secure"}
    async with Browser(app) as browser:
        left = await browser.get("/sign-in")
        assert flags(left, PENDING) == safe | {f"Max-Age={TIME_TO_SIGN_IN}"}
        signed = await browser.signs_in()
        (age,) = flags(signed, TOKEN) - safe
        assert safe < flags(signed, TOKEN)
        assert provider.lifetime - 30 <= int(age.removeprefix("Max-Age=")) <= provider.lifetime
        assert "Max-Age=0" in flags(signed, PENDING)
        assert signed.headers["cache-control"] == "no-store"
        token = browser.cookies[TOKEN]
    async with Browser(app) as browser:
        browser.cookies.set("lieu_token", token, "lieu.test")
        assert (await browser.get("/")).status_code == 303, "another host of the domain can set that one"


async def test_without_https_cookies_say_so(
    servers: Addresses, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On one machine: the address is the one that was asked, the client has no secret."""
    monkeypatch.setenv("LIEU_OIDC_CLIENT_ID", CLIENT)
    provider.secret, provider.callback = None, "http://127.0.0.1:8000/signed-in"
    async with lieu_at(servers, tmp_path, provider) as app, Browser(app, "http://127.0.0.1:8000") as browser:
        signed = await browser.signs_in()
        assert (signed.status_code, signed.headers["location"]) == (303, "/")
        assert "Secure" not in str(signed.headers)
        assert [*browser.cookies] == ["lieu_token"]
        assert (await browser.get("/")).status_code == 200


async def refused(browser: Browser, address: str, status: int = 401) -> str:
    answer = await browser.get(address)
    assert answer.status_code == status, answer.text
    assert TOKEN not in browser.cookies
    assert PENDING not in browser.cookies, "one answer only"
    return answer.text


async def test_an_answer_to_another_sign_in_is_refused(app: FastAPI, provider: Provider) -> None:
    async with Browser(app) as browser:
        await browser.leave()
        theirs = await browser.at_issuer()
        browser.cookies.clear()
        assert "no sign-in was begun" in await refused(browser, theirs)
        await browser.leave()
        assert "another sign-in" in await refused(browser, theirs), "the state of another"
        for query in ("", "?state=", "?code=x"):
            await browser.leave()
            assert "another sign-in" in await refused(browser, f"/signed-in{query}")
        assert "token" not in provider.asked, "no code was even tried"
        state = (await browser.leave())["state"]
        assert "signed nobody in" in await refused(browser, f"/signed-in?error=access_denied&state={state}")
        await browser.leave()
        other = re.sub("iss=[^&]*", "iss=https://other.example", await browser.at_issuer())
        assert "another issuer" in await refused(browser, other)
        for broken in ("x", "e30", "W10", "bnVsbA", "%", "é".encode().decode("latin-1")):
            await browser.leave()
            mine = await browser.at_issuer()
            browser.cookies.clear()
            answer = await browser.get(mine, headers={"Cookie": f"{PENDING}={broken}".encode("latin-1")})
            assert answer.status_code == 401, broken


async def test_a_wrong_verifier_or_nonce_is_refused(app: FastAPI, provider: Provider) -> None:
    async with Browser(app) as browser:
        await browser.leave()
        browser.change(verifier="x" * 64)
        assert "refuses the code" in await refused(browser, await browser.at_issuer())
        await browser.leave()
        browser.change(nonce="x" * 32)
        assert "another sign-in" in await refused(browser, await browser.at_issuer())
        provider.nonce = "another"
        await browser.leave()
        assert "another sign-in" in await refused(browser, await browser.at_issuer())
        provider.nonce = None
        assert (await browser.signs_in()).status_code == 303


async def test_a_code_is_good_once(app: FastAPI) -> None:
    async with Browser(app) as browser, Browser(app) as thief:
        await browser.leave()
        mine, waiting = await browser.at_issuer(), browser.cookies[PENDING]
        assert (await browser.get(mine)).status_code == 303
        assert (await browser.get(mine)).status_code == 401, "the way back is used up"
        thief.cookies.set(PENDING, waiting, "lieu.test")
        assert "refuses the code" in await refused(thief, mine)
        state = (await thief.leave())["state"]
        assert "refuses the code" in await refused(thief, re.sub("state=[^&]*", f"state={state}", mine))


async def test_who_may_not_read_gets_no_cookie(app: FastAPI, provider: Provider) -> None:
    page = f"/personnes/{uuid4()}/copie"
    async with Browser(app) as browser:
        for user, back, status in (
            ({"sub": "u-2", "role": "integrator"}, "/", 403),
            ({"sub": "u-2", "role": "ops"}, "/", 403),
            ({"sub": "u-2", "role": "operator"}, page, 403),
            ({"sub": "u-2"}, "/", 403),
            ({"sub": "anna@example.org", "role": "operator"}, "/", 401),
            ({"sub": "u-2", "role": "operator", "aud": "another"}, "/", 401),
            ({"sub": "u-2", "role": "operator", "padding": "x" * 4000}, "/", 403),
        ):
            provider.user = user
            await browser.leave(back)
            await refused(browser, await browser.at_issuer(), status)
        provider.user = {"sub": "u-2", "role": "adviser", "structure": "s01"}
        assert (await browser.signs_in(page)).headers["location"] == page


async def test_nobody_is_sent_to_another_site(app: FastAPI) -> None:
    async with Browser(app) as browser:
        for back in ("https://evil.example/", "//evil.example", "/\\evil.example", f"/personnes/{uuid4()}/copie\n",
                     f"/personnes/{uuid4()}/copie?x=//evil.example", "javascript:alert(1)", "",
                     "/?x=//evil.example", "/?x\r\nSet-Cookie: x=1", "/sign-in"):  # fmt: skip
            assert (await browser.signs_in(back)).headers["location"] == "/"
            await browser.leave()
            browser.change(back=back)
            assert (await browser.get(await browser.at_issuer())).headers["location"] == "/"


CROSS = [
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://lieu.test"},
    {"Origin": f"{SITE}.evil.example"},
    {"Sec-Fetch-Site": "cross-site", **OURS},
    {"Sec-Fetch-Site": "same-site", **OURS},
    {"Sec-Fetch-Site": "none"},
    {"Referer": f"{SITE}/"},
    {"Host": "evil.example", "Origin": "https://evil.example"},
]


async def test_no_other_site_can_post_to_a_page(app: FastAPI) -> None:
    (pages,) = (route.app for route in app.routes if getattr(route, "path", None) == "")
    of_root = app.openapi()["paths"].items()
    assert ("/personnes/{person}/copie", {"get"}) in [(path, methods.keys()) for path, methods in of_root]
    posts = {path for path, methods in [*pages.openapi()["paths"].items(), *of_root] if methods.keys() - {"get"}}
    assert posts == {"/sign-in", "/sign-out"}
    async with Browser(app) as browser:
        await browser.signs_in()
        for path in posts:
            for headers in CROSS:
                form = {"token": "x"} if path == "/sign-in" else None  # the other takes nothing
                answer = await browser.post(path, headers=headers, data=form)
                assert answer.status_code == 403, (path, headers)
                assert "another site" in answer.text
                assert "set-cookie" not in answer.headers
        assert (await browser.get("/")).status_code == 200, "still signed in"
        assert (await browser.get("/sign-out")).status_code == 405
        out = await browser.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
        assert out.status_code == 200
        assert TOKEN not in browser.cookies


async def test_with_a_client_no_token_is_pasted(app: FastAPI, provider: Provider) -> None:
    async with Browser(app) as browser:
        answer = await browser.get("/sign-in", params={"token": provider.token()})
        assert answer.headers["location"].startswith(provider.issuer), "the token in the address is not looked at"
        pasted = await browser.post("/sign-in", data={"token": provider.token()}, headers=OURS)
        assert pasted.status_code == 403
        assert TOKEN not in browser.cookies
        late = provider.token(exp=1)
        browser.cookies.set(TOKEN, late, "lieu.test")
        shown = "/?start=2024-01-01&end=2024-12-31&structure=s01"
        again = await browser.get(shown)
        assert (again.status_code, again.headers["location"][:9]) == (303, "/sign-in?"), "a token that ended: again"
        left = await browser.get(again.headers["location"])
        browser.sent_to = left.headers["location"]
        assert (await browser.get(await browser.at_issuer())).headers["location"] == shown, "and on where they were"
        asked = await browser.get("/", headers={"Authorization": f"Bearer {late}"})
        assert asked.status_code == 401


async def test_without_a_client_a_token_is_pasted_and_never_in_an_address(
    servers: Addresses, provider: Provider, tmp_path: Path
) -> None:
    async with lieu_at(servers, tmp_path, provider) as app, Browser(app) as browser:
        form = await browser.get("/sign-in", params={"token": provider.token()})
        assert form.status_code == 200
        assert 'name="token"' in form.text
        assert "lieu token" not in form.text
        assert not browser.cookies
        pasted = await browser.post("/sign-in", data={"token": provider.token()}, headers=OURS)
        assert (pasted.status_code, pasted.headers["location"]) == (303, "/")
        assert (await browser.get("/")).status_code == 200
        assert (await browser.get("/signed-in?code=x&state=x")).status_code == 401


async def test_an_issuer_that_is_away_is_told(app: FastAPI, provider: Provider) -> None:
    async with Browser(app) as browser:
        await browser.leave()
        back = await browser.at_issuer()
        await provider.stop()
        try:
            answer = await browser.get(back)
            assert answer.status_code == 503
            assert "Réessayez" in answer.text
        finally:
            await provider.start()


async def test_no_route_of_the_interface_looks_at_a_cookie(running: Running) -> None:
    token = issuer.token(running.data, Role.OPERATOR)
    cookies = "; ".join(f"{name}={token}" for name in ("lieu_token", "__Host-lieu_token"))
    asked = 0
    running.http.headers.pop("Authorization")
    for prefix in (*(f"/{name}" for name in running.app.state.services), "/desk"):
        described = (await running.http.get(f"{prefix}/openapi.json")).json()
        for path, methods in described["paths"].items():
            if "/public/" in path:
                continue
            here = prefix + re.sub(r"\{[^}]*\}", str(uuid4()), path.removeprefix(prefix))
            for method in methods.keys() - {"parameters"}:
                answer = await running.http.request(method, here, headers={"Cookie": cookies})
                assert answer.status_code == 401, (method, here, answer.text)
                assert answer.headers["www-authenticate"] == "Bearer"
                asked += 1
    assert asked > 100
    assert (await running.http.get("/", headers={"Cookie": f"lieu_token={token}"})).status_code == 200, "a page does"


@pytest.mark.slow
async def test_with_a_real_issuer_the_development_issuer_does_not_start(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, old = tmp_path / "fresh", tmp_path / "old"
    issuer.ensure_issuer(old)
    monkeypatch.setenv("LIEU_OIDC_ISSUER", provider.issuer)
    monkeypatch.delenv("LIEU_TOKEN", raising=False)
    running = await up(data)
    try:
        url = json.loads((data / "running.json").read_text())["url"]
        assert not (data / "issuer").exists()
        assert running.stdout is not None
        told = (await running.stdout.readline() + await running.stdout.readline()).decode()
        assert f"open {url}/sign-in\n" in told
        with monkeypatch.context() as elsewhere:
            elsewhere.delenv("LIEU_OIDC_ISSUER")
            for command in (("token", "--role", "operator"), ("status",)):
                assert await _said(*command, "--data", str(data)) == (2, _refusal(provider))
        for command in (("token", "--role", "operator"), ("status", "--url", url)):
            code, text = await _said(*command, "--data", str(old))
            assert code == 2
            assert "LIEU_TOKEN" in text
        monkeypatch.setenv("LIEU_TOKEN", provider.token())
        code, text = await _said("status", "--data", str(data), "--wait")
        assert code == 0, text
        stale = issuer.token(old, Role.OPERATOR)
        async with httpx.AsyncClient(base_url=url) as http:
            answer = await http.get("/intake/v1/parked", headers={"Authorization": f"Bearer {stale}"})
            assert answer.status_code == 401
    finally:
        running.terminate()
        await running.communicate()


def _refusal(provider: Provider) -> str:
    return f"lieu: the issuer is {provider.issuer}: get a token there, and give it with --token or LIEU_TOKEN\n"


async def _said(*command: str) -> tuple[int | None, str]:
    process = await lieu(*command)
    text, _ = await process.communicate()
    return process.returncode, text.decode()
