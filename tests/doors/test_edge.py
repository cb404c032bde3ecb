"""The edge: how large, how often, how slow; the headers of every answer; nothing of the inside in an error."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lieu import issuer
from lieu.client import REUSED_SECONDS
from lieu.import_folder import read_folder
from lieu.importing import _DOSSIERS, CHUNK
from shared.http import edge
from shared.http.edge import BURST_SECONDS, Buckets, Edge
from shared.kernel.callers import Role
from shared.kernel.clock import today
from shared.kernel.settings import Settings
from tests.harness import Running

LIMIT = Settings.model_fields["body_limit"].default


def as_of(running: Running, role: Role, structure: str | None = None, subject: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, role, structure, subject=subject)}"}


async def in_chunks(size: int, chunk: int = 1 << 16) -> AsyncIterator[bytes]:
    for _ in range(size // chunk + 1):
        yield b" " * chunk


def is_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["code"] == code


async def test_a_body_over_the_limit_is_refused_before_anything_is_done(running: Running) -> None:
    # A command that reads no body: it must not be done and answered 413.
    answer = await running.http.post("/intake/v1/keys/rotation", content=b" " * (LIMIT + 1))
    is_problem(answer, 413, "content-too-large")
    assert answer.headers["connection"] == "close"
    for path in ("/intake/v1/imports", "/sign-in", "/nowhere"):
        is_problem(await running.http.post(path, content=b" " * (LIMIT + 1)), 413, "content-too-large")


async def test_a_body_without_a_length_is_counted_as_it_comes(running: Running) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("/intake/v1/imports", "/outcomes/v1/imports/known", "/intake/v1/structures"):
        answer = await running.http.post(path, content=in_chunks(LIMIT), headers=headers)
        is_problem(answer, 413, "content-too-large")
    # What reads a form has a smaller limit of its own.
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    is_problem(await running.http.post("/sign-in", content=in_chunks(LIMIT), headers=form), 422, "invalid")
    small = await running.http.post("/intake/v1/structures", content=in_chunks(1000, 100), headers=headers)
    is_problem(small, 422, "invalid")


def test_a_chunk_of_an_import_is_far_below_the_limit(ten_structures: Path) -> None:
    dossiers = [one.dossier for one in read_folder(ten_structures, today()).dossiers]
    largest = max(
        len(_DOSSIERS.dump_json({"dossiers": dossiers[place : place + CHUNK]}))
        for place in range(0, len(dossiers), CHUNK)
    )
    assert 50_000 < largest < LIMIT / 20


async def test_a_body_that_does_not_come_is_not_waited_for(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "BODY_SECONDS", 0.05)

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)
        yield b"}"

    answer = await asyncio.wait_for(running.http.post("/intake/v1/structures", content=never()), 10)
    is_problem(answer, 408, "request-timeout")


def test_our_client_lets_go_of_a_connection_long_before_the_platform_does() -> None:
    """Else a request now and then meets the end of its connection, and an import of half an hour fails."""
    assert REUSED_SECONDS * 4 < edge.IDLE_SECONDS


# How often


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    buckets = Buckets(2)
    assert [buckets.take(b"a", 100.0) for _ in range(2 * BURST_SECONDS)] == [0] * 2 * BURST_SECONDS
    assert buckets.take(b"a", 100.0) == 0.5
    assert buckets.take(b"b", 100.0) == 0, "of another caller"
    assert buckets.take(b"a", 100.5) == 0
    assert buckets.take(b"a", 100.5) > 0
    assert [buckets.take(b"a", 1e6) for _ in range(2 * BURST_SECONDS)] == [0] * 2 * BURST_SECONDS
    assert buckets.take(b"a", 1e6) > 0, "rest is not saved beyond the burst"


def test_callers_that_are_remembered_are_few() -> None:
    buckets = Buckets(1, most=100)
    for number in range(1000):
        buckets.take(str(number).encode(), 0.0)
    assert len(buckets) == 100
    assert b"999" in buckets
    assert b"0" not in buckets


@pytest.fixture
def one_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIEU_REQUESTS_PER_SECOND", "1")


async def until_refused(running: Running, **how: Any) -> httpx.Response:
    for _ in range(5 * BURST_SECONDS):
        if (answer := await running.http.get("/health/live", **how)).status_code != 200:
            return answer
    raise AssertionError("never refused")


async def test_too_many_requests_under_one_token_are_refused_and_others_go_on(
    one_a_second: None, running: Running
) -> None:
    refused = await until_refused(running)
    is_problem(refused, 429, "too-many-requests")
    assert int(refused.headers["retry-after"]) >= 1
    other = await running.http.get("/health/live", headers=as_of(running, Role.MANAGER, "s01"))
    assert other.status_code == 200
    del running.http.headers["Authorization"]
    cookie = {"Cookie": "lieu_token=x"}
    is_problem(await until_refused(running, headers=cookie), 429, "too-many-requests")


async def test_made_up_tokens_are_no_way_around_the_limit_of_an_address(one_a_second: None, running: Running) -> None:
    for number in range(5 * BURST_SECONDS):
        answer = await running.http.get("/health/live", headers={"Authorization": f"Bearer made-up-{number}"})
    is_problem(answer, 429, "too-many-requests")
    del running.http.headers["Authorization"]
    is_problem(await running.http.get("/health/live"), 429, "too-many-requests")


async def test_what_the_desk_asks_for_somebody_counts_once(one_a_second: None, running: Running) -> None:
    headers = as_of(running, Role.MANAGER, "s01")
    for _ in range(BURST_SECONDS - 2):  # of which each asks the services eighteen times
        assert (await running.http.get("/desk/v1/morning", headers=headers)).json()["missing"] == {}


async def test_without_a_limit_nobody_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Edge(lambda *_: None, 1, 0).buckets is None  # type: ignore[arg-type,return-value]


# What every answer carries


async def test_every_answer_carries_the_headers(running: Running) -> None:
    del running.http.headers["Authorization"]
    answers = [
        await running.http.get(path)
        for path in ("/", "/health/live", "/intake/v1/people", "/intake/openapi.json", "/nowhere", "/static/lieu.css")
    ]
    assert {answer.status_code for answer in answers} == {200, 401, 404}
    for answer in answers:
        said = answer.headers
        assert said["x-content-type-options"] == "nosniff"
        page = said["content-type"].startswith("text/html")
        assert said["referrer-policy"] == ("same-origin" if page else "no-referrer")
        assert "frame-ancestors 'none'" in said["content-security-policy"]
        assert "default-src 'none'" in said["content-security-policy"]
        assert said["cache-control"] == ("max-age=3600" if answer.url.path.endswith("css") else "no-store")
        assert "strict-transport-security" not in said, "over plain HTTP it means nothing"
        assert len({name for name, _ in answer.headers.raw}) == len(answer.headers.raw), "none twice"


async def test_https_is_told_to_stay_https(running: Running) -> None:
    answer = await running.http.get("https://lieu/health/live")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_what_is_not_there_is_a_problem_everywhere(running: Running) -> None:
    for path in ("/nowhere", "/intake/nowhere", "/intake/v1/nowhere", "/reporting/nowhere", "/desk/nowhere"):
        is_problem(await running.http.get(path), 404, "not-found")
    for path in ("/intake/v1/status", "/desk/v1/morning", "/sign-in"):
        answer = await running.http.delete(path)
        is_problem(answer, 405, "method-not-allowed")
        assert "GET" in answer.headers["allow"]


async def test_an_error_shows_nothing_of_the_inside(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("select secret from person_keys")

    monkeypatch.setattr("lieu.platform.asyncapi", fail)
    monkeypatch.setattr(type(running.service("intake").state.runtime.store), "of_pathway", fail)
    inside = "/intake/v1/events?pathway=7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10"
    for path in ("/asyncapi.json", inside):
        answer = await running.http.get(path, headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
        is_problem(answer, 500, "internal-error")
        assert answer.json()["trace"] == "ab" * 16
        assert not re.search("secret|person_keys|Traceback|RuntimeError", answer.text)
        assert answer.headers["cache-control"] == "no-store"


async def test_refused_requests_are_told_to_the_log_by_route_and_token_alone(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    person = "7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10"
    headers = as_of(running, Role.OPS, subject="anna.martin")
    with caplog.at_level(logging.WARNING, "shared.http.edge"):
        assert (await running.http.get(f"/intake/v1/copies/{person}", headers=headers)).status_code == 403
        headers["Authorization"] += "x"
        assert (await running.http.get(f"/intake/v1/copies/{person}", headers=headers)).status_code == 401
    forbidden, unknown = (record.getMessage() for record in caplog.records if record.name == "shared.http.edge")
    assert re.fullmatch(
        r"refused 403: GET /intake/v1/copies/{person}, token [0-9a-f]{16}, trace [0-9a-f]{32}", forbidden
    )
    assert re.fullmatch(r"refused 401: GET /intake/v1/copies/{person}, token -, trace [0-9a-f]{32}", unknown)


async def test_over_a_socket_a_large_body_is_refused_on_its_head_and_the_proxys_word_is_taken_where_trusted() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["client"][0].encode()})

    async def answers(trusted: str, head: bytes) -> bytes:
        config = uvicorn.Config(
            Edge(app, 1024, 100), port=0, lifespan="off", log_config=None, **edge.server_options(trusted)
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
        writer.write(head + b"\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 10)  # to the end: the connection is closed
        writer.close()
        server.should_exit = True
        await serving
        return answer

    large = await answers("", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000000")
    assert large.startswith(b"HTTP/1.1 413")
    assert b"content-too-large" in large
    assert b"server:" not in large.lower()
    said = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https"
    believed, ignored = await answers("127.0.0.1", said), await answers("", said)
    assert b"192.0.2.7" in believed
    assert b"strict-transport-security" in believed
    assert b"127.0.0.1" in ignored
    assert b"strict-transport-security" not in ignored


async def test_a_token_that_is_not_the_issuers_for_us_and_for_now_is_refused(running: Running) -> None:
    good = issuer.token(running.data, Role.OPERATOR)
    claims = jwt.decode(good, options={"verify_signature": False})
    key = issuer._private_key(running.data)
    head = {"kid": issuer._key_id(key)}
    now = int(time.time())

    def signed(**other: Any) -> str:
        kept = {name: claim for name, claim in (claims | other).items() if claim is not None}
        return jwt.encode(kept, key, algorithm="EdDSA", headers=head)

    bad = {
        "unsigned": jwt.encode(claims, None, algorithm="none", headers=head),  # type: ignore[arg-type]
        "signed with a shared secret": jwt.encode(claims, head["kid"] * 3, algorithm="HS256", headers=head),
        "signed with a stranger's key": jwt.encode(
            claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=head
        ),
        "of an unknown key": jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": "x"}),
        "expired": signed(exp=now - 60),
        "for somebody else": signed(aud="another"),
        "of another issuer": signed(iss="urn:another"),
        "without an end": signed(exp=None),
        "of nobody": signed(sub=None),
        "no token": "x.y.z",
    }
    for what, token in bad.items():
        answer = await running.http.get("/intake/v1/status", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, what
        assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"'), what
        assert token not in answer.text
    assert (await running.http.get("/intake/v1/status", headers={"Authorization": f"Bearer {signed()}"})).is_success
