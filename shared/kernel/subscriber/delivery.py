"""What comes of a stream: a message, and the public event that it tells of."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from nats.aio.msg import Msg

from shared.kernel import broker
from shared.language.contracts import PublicEvent, decode_body
from shared.language.days import day_of


class Delivery:
    """A message as it came, before anyone knows whether it makes sense. `sequence`: tells its place in the stream."""

    def __init__(self, subject: str, headers: dict[str, str], data: bytes, sequence: Callable[[], int]) -> None:
        self.subject, self.headers, self.data, self.sequence = subject, headers, data, sequence
        text = headers.get("ce-sequence", "")
        self.position = int(text) if _is_position(text) else -sequence()
        """The service's position; a message that names none is told by its place in the stream, negated."""
        self.generation = headers.get("ce-generation", "")

    @property
    def key(self) -> str:
        """Names what parks together: the pathway, else the aggregate."""
        tokens = self.subject.split(".")
        return tokens[3] if len(tokens) == 5 else self.subject

    def event(self) -> PublicEvent:
        """Reads the typed event. Raises what a malformed message deserves: KeyError, ValueError, ValidationError.

        Several consumers of a process follow the same stream, each a moment after the other, and share the headers that
        the client has read: the event is made once for all, and kept beside these.
        """
        kept = self.headers.kept if isinstance(self.headers, broker.Headers) else None
        if kept is not None and kept[0] == self.subject and kept[1] == self.data:
            event: PublicEvent = kept[2]
        else:
            event = _event(self.subject, self.headers, self.data)
            if isinstance(self.headers, broker.Headers):
                self.headers.kept = (self.subject, self.data, event)
        return event


def _event(subject: str, headers: Mapping[str, str], data: bytes) -> PublicEvent:
    _, service, _, key, name = subject.split(".")
    position = headers["ce-sequence"]
    if headers["ce-type"] != f"lieu.{service}.{name}" or not _is_position(position) or int(position) < 1:
        raise ValueError(f"the envelope does not fit the subject {subject}")
    pathway = headers.get("ce-pathway")
    aggregate = headers["ce-subject"]
    if key != (pathway or aggregate):
        raise ValueError(f"the envelope names another pathway than the subject {subject}")
    happened_on = headers.get("ce-happenedon")
    person = headers.get("ce-person")
    return PublicEvent(
        service=service,
        name=name,
        position=int(position),
        aggregate=_id(aggregate),
        version=int(headers["ce-aggregateversion"]),
        structure=headers.get("ce-structure"),
        pathway=_id(pathway) if pathway else None,
        person=_id(person) if person else None,
        happened_on=day_of(happened_on) if happened_on else None,
        known_at=datetime.fromisoformat(headers["ce-time"]),
        rule=headers.get("ce-rule"),
        historical=headers.get("ce-historical") == "true",
        traceparent=headers.get("traceparent"),
        body=decode_body(service, name, data),
    )


# The same few ids stand in one event and in its neighbours, and making one of a text is slow.
_id = lru_cache(broker.RECENT)(UUID)


def _is_position(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def read(delivery: Delivery) -> PublicEvent | Exception:
    """Reads the event of a message, or why it makes no sense."""
    try:
        return delivery.event()
    except Exception as error:  # noqa: BLE001 - whatever a message holds, it must not stop the others
        return error


def of_message(message: Msg) -> Delivery:
    return Delivery(message.subject, message.headers or {}, message.data, lambda: message.metadata.sequence.stream)


def of_raw(message: Any) -> Delivery:
    return Delivery(message.subject, message.headers or {}, message.data or b"", lambda: message.seq)
