"""What each service's own user may do at the broker: publish to its own stream, read those that it follows, no more.

NATS enforces it. The embedded server is told by `users`; deploy/compose/broker-users.conf, and its twin in deploy/k8s,
are written from the same permissions.
"""

import json
from collections.abc import Mapping
from typing import Any

from shared.kernel.broker import inbox_of, stream_of
from shared.kernel.relay import watermark_subject
from shared.language.services import SERVICES

FOLLOWS = {
    "intake": SERVICES,
    "diagnostic": SERVICES,
    "training": SERVICES,
    "outcomes": ("intake", "outcomes", "reporting"),
    "reporting": SERVICES,
}
"""Whose events each service takes, its own for its views included. A test holds it to the running services."""

_OWNING = ("STREAM.CREATE", "STREAM.INFO", "STREAM.DELETE", "STREAM.MSG.GET", "STREAM.MSG.DELETE", "DIRECT.GET")
_READING = ("STREAM.INFO", "STREAM.MSG.GET", "DIRECT.GET")
_CONSUMING = ("CREATE", "DURABLE.CREATE", "DELETE", "INFO", "MSG.NEXT")


def permissions(service: str) -> dict[str, Any]:
    """As NATS's configuration has them: what is not allowed is refused."""
    own = stream_of(service)
    publish = {f"lieu.{service}.>", watermark_subject(service), *_api(_OWNING, own)}
    for followed in map(stream_of, FOLLOWS[service]):
        publish |= {*_api(_READING, followed), f"$JS.ACK.{followed}.>"}
        publish |= {f"$JS.API.CONSUMER.{call}.{followed}.>" for call in _CONSUMING}
    subscribe = {f"{inbox_of(service)}.>", watermark_subject("*")}  # positions and instants, of nobody
    return {"publish": {"allow": sorted(publish)}, "subscribe": {"allow": sorted(subscribe)}}


def _api(calls: tuple[str, ...], stream: str) -> set[str]:
    return {f"$JS.API.{call}.{stream}{tail}" for call in calls for tail in ("", *([".>"] if "DIRECT" in call else []))}


def users(passwords: Mapping[str, str]) -> list[dict[str, Any]]:
    """One user for each service that has a password, under its name."""
    return [
        {"user": service, "password": password, "permissions": permissions(service)}
        for service, password in passwords.items()
    ]


def as_configuration() -> str:
    """For a server in a container, within its `authorization`: the passwords are taken from its environment."""
    lines = [
        "# Written by `python -m shared.kernel.broker_users`: an administrator, and each service's own user.",
        "users: [",
        "  {user: lieu, password: $NATS_PASSWORD}",
    ]
    for service in FOLLOWS:
        allowed = json.dumps(permissions(service), indent=2).replace("\n", "\n   ")
        lines += [f"  {{user: {service}, password: ${service.upper()}_NATS_PASSWORD,", f"   permissions: {allowed}}}"]
    return "\n".join([*lines, "]", ""])


if __name__ == "__main__":
    print(as_configuration(), end="")  # noqa: T201
