"""NATS JetStream: the streams, atomic batches, and reading a stream by the service's own positions."""

import asyncio
import json
import logging
import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nats.aio.client import Client as _Client
from nats.aio.msg import Msg
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

log = logging.getLogger(__name__)

BATCH_LIMIT = 500
FEW = 4
"""Messages up to which an atomic batch, of which the server makes a file of its own, takes longer than one by one."""
RECENT = 2000
"""Messages that a process remembers for the next of its consumers: several follow the same stream."""
_EXPECTED = "Nats-Expected-Last-Sequence"
_STALE = 10071  # the stream's last sequence is not the expected one
_DUPLICATE = 10201  # a message of the batch is already there


class StaleTail(Exception):
    """The stream is not where this publisher thought: another one is active, or an acknowledgement was lost."""


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    headers: dict[str, str]
    data: bytes


class Headers(dict[str, str]):
    """Of a message as it came. `kept`: room for what the first who looked at the message made of it."""

    kept: Any = None


class Client(_Client):
    """nats-py's client, but for its headers: it looks at every character of every header's name and value, which took
    a fifth of a busy platform's time. Consumers of a process that receive the same message share its headers."""

    @staticmethod
    @lru_cache(RECENT)
    def _parse_header_lines(raw: bytes) -> Headers:
        headers = Headers()
        for line in raw.decode("utf-8", "replace").split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                headers[name] = value.strip()
        return headers

    async def _send_publish(
        self, subject: str, reply: str, payload: bytes, payload_size: int, headers: dict[str, str] | None
    ) -> None:
        if headers is None:
            return await super()._send_publish(subject, reply, payload, payload_size, headers)
        await self._send([_on_the_wire(subject, reply, headers, payload)])

    async def publish_all(self, messages: Iterable[Message]) -> None:
        """In order, and handed over at once: what nats-py does for each on its own takes longer than the rest."""
        if not self.is_connected:
            raise ConnectionError("the broker is not connected")
        await self._send([_on_the_wire(message.subject, "", message.headers, message.data) for message in messages])

    async def _send(self, lines: list[bytes]) -> None:
        together = b"".join(lines)
        self.stats["out_msgs"] += len(lines)
        self.stats["out_bytes"] += len(together)
        await self._send_command(together)
        if self._flush_queue is not None and self._flush_queue.empty():
            await self._flush_pending()


def _on_the_wire(subject: str, reply: str, headers: dict[str, str], data: bytes) -> bytes:
    head = "".join(("NATS/1.0\r\n", *[f"{name}: {value}\r\n" for name, value in headers.items()], "\r\n")).encode()
    if head.count(b"\n") != len(headers) + 2:
        raise ValueError(f"a header of a message to {subject} holds a line's end")
    if subject.split() != [subject]:
        raise ValueError(f"{subject!r} is no subject")
    return f"HPUB {subject} {reply} {len(head)} {len(head) + len(data)}\r\n".encode() + head + data + b"\r\n"


async def connect(nats_url: str, name: str) -> Client:
    """A connection that comes back by itself for as long as the process lives."""

    async def failed(error: Exception) -> None:
        log.warning("nats (%s): %s", name, str(error) or type(error).__name__)

    client = Client()
    await client.connect(
        nats_url,
        name=name,
        inbox_prefix=inbox_of(name),
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,  # type: ignore[arg-type]
        ping_interval=5,
        max_outstanding_pings=2,
        error_cb=failed,
        pending_size=64 * 1024 * 1024,
    )
    return client


def inbox_of(service: str) -> str:
    """Where a service's answers come, which nobody else may hear."""
    return f"_INBOX_{service}"


def stream_of(service: str) -> str:
    return service.upper()


async def ensure_stream(client: Client, service: str) -> None:
    """The service's stream, on disk, kept for ever, open to atomic batches."""
    config = {
        "name": stream_of(service),
        "subjects": [f"lieu.{service}.>"],
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "allow_atomic": True,
        "allow_direct": True,
        "num_replicas": 1,
    }
    found = await _api(client, f"STREAM.CREATE.{config['name']}", config)
    if "error" in found and found["error"].get("err_code") != 10058:  # exists with other settings: left as it is
        raise ConnectionError(f"stream {config['name']}: {found['error']['description']}")


async def _api(client: Client, call: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = await client.request(f"$JS.API.{call}", json.dumps(body or {}).encode(), timeout=2)
    return json.loads(answer.data)  # type: ignore[no-any-return]


async def publish_batch(client: Client, messages: Sequence[Message], last_sequence: int) -> int:
    """Publishes the messages after `last_sequence`, in order; returns the new last sequence.

    Raises StaleTail; then, and after any other error, nothing or only the first of them may be in the stream.
    """
    if len(messages) > FEW:
        return await _as_one(client, messages, last_sequence)
    for message in messages:
        # Not all at once, each expecting the one before by its id: that would keep the id of somebody who is forgotten
        # later in another's message.
        headers = message.headers | {_EXPECTED: str(last_sequence)}
        last_sequence = _acknowledged(await client.request(message.subject, message.data, timeout=2, headers=headers))
    return last_sequence


async def _as_one(client: Client, messages: Sequence[Message], last_sequence: int) -> int:
    """An atomic batch: all or nothing."""
    batch = uuid.uuid4().hex
    *before, last = (
        Message(one.subject, one.headers | {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}, one.data)
        for number, one in enumerate(messages, 1)
    )
    before[0].headers[_EXPECTED] = str(last_sequence)
    last.headers["Nats-Batch-Commit"] = "1"
    await client.publish_all(before)
    return _acknowledged(await client.request(last.subject, last.data, timeout=2, headers=last.headers))


def _acknowledged(answer: Msg) -> int:
    """The sequence that the server gave."""
    acknowledged = json.loads(answer.data)
    if acknowledged.get("duplicate"):
        raise StaleTail("a message is already there")
    if error := acknowledged.get("error"):
        if error.get("err_code") in (_STALE, _DUPLICATE):
            raise StaleTail(error["description"])
        raise ConnectionError(f"publishing was refused: {error['description']}")
    return int(acknowledged["seq"])


async def last_sequence(client: Client, service: str) -> int:
    return (await client.jetstream().stream_info(stream_of(service))).state.last_seq


async def message_at_or_after(client: Client, service: str, sequence: int) -> RawStreamMsg | None:
    """The first message still there at `sequence` or after it, null beyond the end."""
    try:
        return await client.jetstream().get_msg(stream_of(service), seq=sequence, next=True, subject=">", direct=True)
    except NotFoundError:
        return None


async def last_message(client: Client, service: str) -> RawStreamMsg | None:
    try:
        return await client.jetstream().get_msg(stream_of(service), subject=f"lieu.{service}.>")
    except NotFoundError:
        return None


async def message_before(client: Client, service: str, sequence: int) -> RawStreamMsg | None:
    """The last message still there before `sequence`, walking over deleted ones; null at the beginning."""
    for earlier in range(sequence - 1, 0, -1):
        try:
            return await client.jetstream().get_msg(stream_of(service), seq=earlier)
        except NotFoundError:
            continue
    return None


async def delete_messages(client: Client, service: str, subject: str) -> int:
    """Deletes every message of a subject, one by one, so that the server overwrites each; returns how many."""
    js, stream = client.jetstream(), stream_of(service)
    deleted, sequence = 0, 1
    while True:
        try:
            message = await js.get_msg(stream, seq=sequence, next=True, subject=subject)
        except NotFoundError:
            return deleted
        assert message.seq is not None
        with suppress(NotFoundError):  # gone since: as it should be
            await js.delete_msg(stream, message.seq)
            deleted += 1
        sequence = message.seq + 1


async def drop_stream(client: Client, service: str) -> None:
    """Takes a stream with its files away; the relay publishes it again, the same events at the same positions."""
    with suppress(NotFoundError):
        await client.jetstream().delete_stream(stream_of(service))


class Pull:
    """Takes what a pull consumer has as soon as it has it; nats-py's own fetch waits to fill its batch."""

    WAIT = 30
    """Seconds for which one request stays open at the server."""

    def __init__(self, client: Client, stream: str, consumer: str) -> None:
        self._client = client
        self._request = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = client.new_inbox()
        self._due = 0
        self._asked = 0.0
        self._arrived: deque[Msg] = deque()
        self._more = asyncio.Event()
        self._gone = False

    async def __aenter__(self) -> "Pull":
        # A callback costs a fraction of nats-py's next_msg, which makes two tasks a message.
        self._subscription = await self._client.subscribe(self._inbox, cb=self._take, pending_msgs_limit=-1)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client.is_connected:
            await self._subscription.unsubscribe()

    async def _take(self, message: Msg) -> None:
        status = message.headers and message.headers.get("Status")
        if status:
            self._due = 0  # the request ran out; the next fetch makes another
            if status == "503" or "Deleted" in (message.headers or {}).get("Description", ""):
                self._gone = True
        else:
            self._due, self._asked = self._due - 1, asyncio.get_running_loop().time()
            self._arrived.append(message)
        self._more.set()

    async def fetch(self, most: int, timeout: float) -> list[Msg]:
        """Up to `most` messages, as soon as there is one; none after `timeout` seconds.

        Raises ConnectionError where the consumer is no longer there, as after its stream was dropped.
        """
        if self._gone and not self._arrived:
            raise ConnectionError("the consumer is gone from the broker")
        if self._due <= 0:
            self._due, self._asked = most, asyncio.get_running_loop().time()
            body = {"batch": most, "expires": self.WAIT * 1_000_000_000}
            await self._client.publish(self._request, json.dumps(body).encode(), reply=self._inbox)
        if not self._arrived:
            self._more.clear()
            try:
                async with asyncio.timeout(timeout):
                    await self._more.wait()
            except TimeoutError:
                if asyncio.get_running_loop().time() > self._asked + self.WAIT + 5:
                    self._due = 0  # the request was lost on its way: nobody answers it any more
                return []
        return [self._arrived.popleft() for _ in range(min(most, len(self._arrived)))]
