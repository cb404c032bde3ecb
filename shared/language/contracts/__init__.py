"""The public events: what each service publishes and the others, and integrators, may rely on.

A schema here only grows. What breaks gets a new event name (`…-v2`) beside the old one. Bodies carry codes and
pseudonymous ids only. `special-…` events carry codes that reveal health, justice or childhood protection; their
schema is that of the event without the prefix.

The correction of a fact carries the whole fact and is applied as the fact is; a date that is null in a
correction says that the event it dates did not take place.
"""

from typing import Any

from pydantic import TypeAdapter

from shared.language.contracts import diagnostic, forgetting, intake, outcomes, reporting, training
from shared.language.contracts.envelope import Body, PublicEvent

__all__ = ["BODIES", "EVENTS", "FORGETTING", "Body", "PublicEvent", "decode_body"]

FORGETTING = forgetting.EVENTS
"""Published by every service that owns facts of a pathway."""

EVENTS: dict[str, dict[str, type[Body]]] = {
    "intake": FORGETTING | intake.EVENTS,
    "diagnostic": FORGETTING | diagnostic.EVENTS,
    "training": FORGETTING | training.EVENTS,
    "outcomes": FORGETTING | outcomes.EVENTS,
    "reporting": reporting.EVENTS,
}
"""Every public event name of every service with the type of its body."""

BODIES: dict[tuple[str, str], TypeAdapter[Body]] = {
    (service, name): TypeAdapter(body) for service, events in EVENTS.items() for name, body in events.items()
}


import shared.language.kinds  # noqa: E402, F401 - the kinds of facts that are declared whole add theirs to these


def decode_body(service: str, name: str, data: bytes | dict[str, Any]) -> Body:
    """The typed body of an event. Raises pydantic's ValidationError, or KeyError for a name nobody publishes."""
    adapter = BODIES[service, name]
    return adapter.validate_python(data) if isinstance(data, dict) else adapter.validate_json(data)
