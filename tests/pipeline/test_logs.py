"""What a process that serves tells of itself can be read by a program, line by line."""

import asyncio
import json
import logging
import socket
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from shared.kernel.logs import OneLine
from shared.kernel.telemetry import stage, trace_id
from tests.processes import lieu_anew

FIELDS = {"time", "level", "logger", "service", "trace", "message"}
TRACE = "ab" * 16


def told(message: str, *args: Any, error: BaseException | None = None) -> dict[str, Any]:
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("shared.kernel.relay", logging.WARNING, __file__, 1, message, args, exc_info)
    line = OneLine("intake").format(record)
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_record_is_one_line_with_its_service() -> None:
    line = told("relay %s:\nla « suite » 😀", "intake")
    assert line.keys() == FIELDS
    assert line["time"].endswith("+00:00")
    del line["time"]
    assert line == {
        "level": "WARNING",
        "logger": "shared.kernel.relay",
        "service": "intake",
        "trace": None,
        "message": "relay intake:\nla « suite » 😀",
    }
    line = told("it failed", error=ValueError("no such thing"))
    assert line.keys() == FIELDS | {"exception"}
    assert line["exception"] == "ValueError: no such thing"


def test_a_record_names_the_trace_of_the_request_or_stage_that_it_is_told_in() -> None:
    with TracerProvider().get_tracer("test").start_as_current_span("request") as span:
        assert told("x")["trace"] == trace.format_trace_id(span.get_span_context().trace_id)
    sampled, other = f"00-{TRACE}-{'1' * 16}-01", f"00-{'cd' * 16}-{'1' * 16}-01"
    with stage("view", "outcomes", [sampled, None, sampled]):
        assert told("x")["trace"] == TRACE
    with stage("view", "outcomes", [sampled, other]):
        assert told("x")["trace"] is None, "of two nobody knows which"
    assert trace_id() is None


@pytest.mark.slow
async def test_a_service_tells_all_of_itself_in_lines_of_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its servers are away, and where it cannot even start."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        monkeypatch.setenv("LIEU_DATABASE_URL", f"postgresql://nobody@127.0.0.1:{port}/x")
        monkeypatch.setenv("LIEU_NATS_URL", f"nats://127.0.0.1:{port}")
        monkeypatch.setenv("LIEU_OIDC_ISSUER", "https://issuer.invalid")
        waiting = await lieu_anew("serve", "intake", "--host", "127.0.0.1", "--port", "0")
        assert waiting.stdout is not None
        lines = [json.loads(await asyncio.wait_for(waiting.stdout.readline(), 60)) for _ in range(3)]
        waiting.kill()
        await waiting.communicate()
        assert [(line["level"], line["logger"], line["service"]) for line in lines] == [
            ("INFO", "uvicorn.error", "intake"),
            ("INFO", "uvicorn.error", "intake"),
            ("WARNING", "shared.kernel.broker", "intake"),
        ]
    monkeypatch.delenv("LIEU_DATABASE_URL")
    ended = await lieu_anew("serve", "intake")
    line = json.loads((await asyncio.wait_for(ended.communicate(), 60))[0])
    assert ended.returncode == 1
    assert (line["level"], line["message"]) == ("CRITICAL", "ended by an error")
    assert "LIEU_DATABASE_URL" in line["exception"]
