"""What is published, few or many, is in the stream in order and whole, or nobody is told that it is."""

from collections.abc import AsyncIterator
from uuid import uuid4

import orjson
import pytest
import pytest_asyncio

from shared.kernel import broker
from shared.kernel.subscriber import Delivery
from shared.language.contracts import PublicEvent
from tests.harness import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIZES = (1, 3, broker.FEW, broker.FEW + 1, 40)


@pytest_asyncio.fixture(loop_scope="session")
async def client(running: Running) -> AsyncIterator[broker.Client]:
    """As the administrator, beside an empty stream of no service."""
    connected = await broker.connect(running.addresses.nats_url, "test")
    await broker.drop_stream(connected, "scratch")
    await broker.ensure_stream(connected, "scratch")
    yield connected
    await broker.drop_stream(connected, "scratch")
    await connected.close()


def _messages(count: int, first: int = 1) -> list[broker.Message]:
    return [
        broker.Message(f"lieu.scratch.s01.p{n % 3}.told", {"Nats-Msg-Id": f"scratch/{n}", "n": str(n)}, b"%d" % n)
        for n in range(first, first + count)
    ]


async def _held(client: broker.Client) -> list[int]:
    found, sequence = [], 1
    while message := await broker.message_at_or_after(client, "scratch", sequence):
        found.append(int(message.data or b""))
        sequence = message.seq + 1
    return found


async def test_few_and_many_are_there_in_order(client: broker.Client) -> None:
    sequence = published = 0
    for size in SIZES:
        sequence = await broker.publish_batch(client, _messages(size, published + 1), sequence)
        published += size
        assert sequence == published
    assert await _held(client) == list(range(1, published + 1))


@pytest.mark.parametrize("size", SIZES)
async def test_behind_another_publisher_nothing_is_published(client: broker.Client, size: int) -> None:
    sequence = await broker.publish_batch(client, _messages(2), 0)
    for expected in (sequence - 1, sequence + 1):
        with pytest.raises(broker.StaleTail):
            await broker.publish_batch(client, _messages(size, 100), expected)
    assert await _held(client) == [1, 2]


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_there_already_is_not_told_as_published(client: broker.Client, size: int) -> None:
    sequence = await broker.publish_batch(client, _messages(1), 0)
    with pytest.raises(broker.StaleTail):
        await broker.publish_batch(client, _messages(size), sequence)
    held = await _held(client)
    assert held == sorted(set(held)), "nothing twice"


@pytest.mark.parametrize("size", SIZES)
async def test_a_line_end_in_a_header_is_refused(client: broker.Client, size: int) -> None:
    messages = _messages(size)
    messages[-1].headers["n"] = "1\r\nNats-Batch-Commit: 1"
    with pytest.raises(ValueError, match="line's end"):
        await broker.publish_batch(client, messages, 0)
    assert client.is_connected
    assert set(await _held(client)) <= set(range(1, size))


@pytest.mark.parametrize("subject", ["lieu.scratch.s 1.p.told", "lieu.scratch.s01.p.told\r\nPING", ""])
async def test_what_is_no_subject_is_refused(client: broker.Client, subject: str) -> None:
    messages = _messages(broker.FEW + 2)
    messages[1] = broker.Message(subject, messages[1].headers, b"2")
    with pytest.raises(ValueError, match="no subject"):
        await broker.publish_batch(client, messages, 0)
    assert client.is_connected
    assert await _held(client) == []


@pytest.mark.parametrize("size", SIZES)
async def test_no_message_holds_the_id_of_another(client: broker.Client, size: int) -> None:
    """An erasure deletes a person's messages, and looks for them in no other."""
    messages = _messages(size)
    await broker.publish_batch(client, messages, 0)
    for sequence in range(1, size + 1):
        held = await broker.message_at_or_after(client, "scratch", sequence)
        assert held is not None
        told = " ".join((held.headers or {}).values())
        assert [one for one in messages if one.headers["Nats-Msg-Id"] in told.split()] == [messages[sequence - 1]]


async def test_an_event_is_read_anew_where_another_message_has_the_same_headers() -> None:
    user = uuid4()

    def delivery(headers: dict[str, str], user: str) -> Delivery:
        body = {"user": user, "role": None, "withdrawn": False}
        return Delivery(f"lieu.intake.s01.{aggregate}.access-given", headers, orjson.dumps(body), lambda: 1)

    aggregate = uuid4()
    headers = broker.Headers(
        {
            "ce-type": "lieu.intake.access-given",
            "ce-subject": str(aggregate),
            "ce-sequence": "7",
            "ce-aggregateversion": "1",
            "ce-time": "2024-01-01T12:00:00+00:00",
        }
    )
    one = delivery(headers, f"a-{user}").event()
    assert delivery(headers, f"a-{user}").event() is one, "the same message, for the next consumer"
    other = delivery(headers, f"b-{user}").event()
    assert isinstance(other, PublicEvent)
    assert other.body != one.body
