"""What each service's user may do at the broker, tried: every service on every stream."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import nats
from nats.aio.client import Client

from lieu.platform import SERVICES
from shared.kernel.broker import inbox_of, stream_of
from shared.kernel.broker_users import FOLLOWS
from tests.harness import Running, eventually

OF_NOBODY = ("$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.API.INFO", "$SYS.REQ.SERVER.PING", "anything")


@asynccontextmanager
async def as_user(running: Running, service: str) -> AsyncIterator[tuple[Client, set[str]]]:
    """A connection as a service's own user, and the subjects that the server refused it."""
    refused: set[str] = set()

    async def heard(error: Exception) -> None:
        if found := re.search(r'permissions violation for \w+ to "([^"]+)"', str(error).lower()):
            refused.add(found[1])

    client = await nats.connect(running.addresses.nats_urls[service], error_cb=heard, inbox_prefix=inbox_of(service))
    try:
        yield client, refused
    finally:
        await client.close()


async def _heard_all(client: Client, refused: set[str]) -> None:
    """The server answers in order: what it says of a last message, which nobody may send, comes last."""
    await client.publish("the-last-of-all", b"")
    await client.flush()

    async def last() -> bool:
        return "the-last-of-all" in refused

    await eventually(last)
    refused.remove("the-last-of-all")


def _lower(subjects: Iterable[str]) -> set[str]:
    return {subject.lower() for subject in subjects}


async def test_who_follows_whom_is_what_runs(running: Running) -> None:
    for service in SERVICES:
        followed = {subscriber.service for subscriber in running.service(service).state.runtime.subscribers}
        assert followed == set(FOLLOWS[service]), service


async def test_each_service_publishes_to_its_own_stream_and_reads_those_it_follows(running: Running) -> None:
    """What it may do to its own stream is not tried here: the platform does that in every other test."""
    for service in SERVICES:
        subjects = dict.fromkeys(OF_NOBODY, False)
        for other in SERVICES:
            stream, reads = stream_of(other), other in FOLLOWS[service]
            subjects |= {f"$JS.API.STREAM.PURGE.{stream}": False, f"$JS.API.STREAM.UPDATE.{stream}": False}
            subjects |= dict.fromkeys(
                (
                    f"$JS.API.STREAM.INFO.{stream}",
                    f"$JS.API.STREAM.MSG.GET.{stream}",
                    f"$JS.API.DIRECT.GET.{stream}",
                    f"$JS.API.CONSUMER.INFO.{stream}.none",
                    f"$JS.API.CONSUMER.CREATE.{stream}.none",
                    f"$JS.ACK.{stream}.none.1.1.1.1.0",
                ),
                reads,
            )
            if other != service:
                subjects |= dict.fromkeys(
                    (
                        f"lieu.{other}.s01.pathway.pathway-requested",
                        f"lieu-watermark.{other}",
                        f"$JS.API.STREAM.CREATE.{stream}",
                        f"$JS.API.STREAM.DELETE.{stream}",
                        f"$JS.API.STREAM.MSG.DELETE.{stream}",
                    ),
                    False,
                )
        async with as_user(running, service) as (client, refused):
            for subject in subjects:
                await client.publish(subject, b"")
            await _heard_all(client, refused)
        assert refused == _lower(subject for subject, may in subjects.items() if not may), service


async def test_nobody_hears_what_another_is_told(running: Running) -> None:
    for service in SERVICES:
        others = [inbox_of(other) for other in SERVICES if other != service]
        subjects = ["_INBOX.>", ">", "lieu.>", "lieu.*.s01.>", "$JS.>", *(f"{inbox}.>" for inbox in others)]
        async with as_user(running, service) as (client, refused):
            for subject in subjects:
                await client.subscribe(subject)
            await _heard_all(client, refused)
        assert refused == _lower(subjects), service
