"""A person's disagreement with a fact that is recorded of them, beside it and in their own words.

A fact is told apart by its kind and its id in one service. A disagreement names the version of the pathway's aggregate
that told the value it is about: a later correction leaves it standing beside the new value, and both have their date.
Nothing of it is published; the text is sealed under the person's key.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from shared.kernel.event_store import Aggregate, EventStore, Recorded
from shared.kernel.facts import DayEvent, FactEvent, Facts, fact_of
from shared.kernel.facts import FactId as FactId
from shared.kernel.sealing import sealed_texts
from shared.language.rules import AlreadyRecorded, RuleBroken, UnknownFact, not_after
from shared.language.sealed import CannotOpen, Sealed


class WithdrawnBeforeSaid(RuleBroken):
    """A disagreement is withdrawn on or after the day on which it was said."""


@dataclass(frozen=True)
class Disagreement:
    """`version`: of the pathway's aggregate when it told the value that the person disagrees with."""

    of: FactId
    version: int
    said_on: date
    text: Sealed | None = None

    @property
    def happened_on(self) -> date:
        return self.said_on


class DisagreementFile(Aggregate):
    """The disagreements with the facts of one pathway in one service; those withdrawn keep the day of it."""

    TOPIC = "disagreement.file"

    class Said(FactEvent):
        TOPIC = "disagreement.said"
        key: UUID
        fact: Disagreement

    class Withdrawn(DayEvent):
        TOPIC = "disagreement.withdrawn"
        key: UUID

    disagreements = Facts(Disagreement, None, Said, bare=True)
    withdrawn = Facts(date, None, Withdrawn, bare=True)

    def disagree(self, key: UUID, disagreement: Disagreement, today: date) -> None:
        """Said again it is no news, also where the fact was corrected meanwhile."""
        known = self.disagreements.get(key)
        if known is None:
            not_after(today, "said", disagreement.said_on)
            self.disagreements.record(key, disagreement)
        elif (known.of, known.said_on, known.text) != (disagreement.of, disagreement.said_on, disagreement.text):
            raise AlreadyRecorded(f"disagreement {key} is recorded with other content; withdraw it and record another")

    def withdraw(self, key: UUID, on: date, today: date) -> None:
        if key not in self.disagreements:
            raise UnknownFact(f"no disagreement is recorded under {key}")
        if key not in self.withdrawn:
            not_after(today, "withdrawn", on)
            if on < self.disagreements[key].said_on:
                raise WithdrawnBeforeSaid(f"withdrawn on {on}, said on {self.disagreements[key].said_on}")
            self.withdrawn.record(key, on)


def file_id(pathway: UUID) -> UUID:
    return uuid5(pathway, "disagreements")


@dataclass(frozen=True)
class ShownDisagreement:
    """`text` is null where the person gave none, the caller may not read it, or it cannot be read (`unreadable`).

    `recorded_by` is the subject of a token. `version`: as in Disagreement; `of_current_value`: whether the fact still
    stands with the value that the person disagreed with.
    """

    id: UUID
    said_on: date
    recorded_at: datetime
    recorded_by: str
    version: int
    of_current_value: bool
    text: str | None
    unreadable: str | None
    withdrawn_on: date | None


@dataclass(frozen=True)
class ShownFact:
    """A fact as it now stands, since when that is known, and what the person says against it.

    `value` has no sealed text. `version`: of the pathway's aggregate when it told this value.
    """

    kind: str
    id: str | None
    value: dict[str, Any]
    version: int
    known_at: datetime
    disagreements: tuple[ShownDisagreement, ...]


async def version_telling(store: EventStore, pathway: UUID, of: FactId) -> int:
    """The version that told how a fact now stands. Raises UnknownFact where no such fact is recorded."""
    told = _standing(await store.of_pathway(pathway)).get(of)
    if told is None:
        # What was asked for is not repeated: a text may have been written in the wrong place.
        raise UnknownFact("no fact of this kind is recorded under this id")
    return told.version


async def facts_of(store: EventStore, pathway: UUID, *, texts: bool) -> tuple[ShownFact, ...]:
    """Every fact that this service has of a pathway, in the order of first record, with the disagreements beside it.

    `texts`: whether whoever asks may read the person's words.
    """
    file = await store.load(DisagreementFile, file_id(pathway))
    events = await store.of_pathway(pathway)  # after the file, so that each disagreement's event is among them
    said = {told.event.key: told for told in events if isinstance(told.event, DisagreementFile.Said)}
    standing = _standing(events)

    def shown(key: UUID, disagreement: Disagreement) -> ShownDisagreement:
        text, unreadable = _read(disagreement.text) if texts else (None, None)
        return ShownDisagreement(
            id=key,
            said_on=disagreement.said_on,
            recorded_at=said[key].known_at,
            recorded_by=said[key].actor,
            version=disagreement.version,
            of_current_value=disagreement.version == standing[disagreement.of].version,
            text=text,
            unreadable=unreadable,
            withdrawn_on=file.withdrawn.get(key),
        )

    return tuple(
        ShownFact(
            kind=of.kind,
            id=of.id,
            value=_value(told.event.fact),
            version=told.version,
            known_at=told.known_at,
            disagreements=tuple(shown(key, one) for key, one in file.disagreements.items() if one.of == of),
        )
        for of, told in standing.items()
    )


async def in_disagreement(store: EventStore, pathways: Collection[UUID]) -> dict[UUID, set[FactId]]:
    """By pathway, the facts with which the person disagrees."""
    ids = {file_id(pathway): pathway for pathway in pathways}
    return {
        ids[id]: {one.of for key, one in file.disagreements.items() if key not in file.withdrawn}
        for id, file in (await store.load_many(DisagreementFile, list(ids))).items()
    }


def _standing(events: Sequence[Recorded]) -> dict[FactId, Recorded]:
    """By fact, the event that tells how it now stands."""
    return {of: told for told in events if (of := fact_of(told.event)) is not None}


def _value(fact: Any) -> dict[str, Any]:
    if not is_dataclass(fact):
        return {"on": fact}
    values = {field.name: getattr(fact, field.name) for field in fields(fact)}
    return {name: value for name, value in values.items() if not any(True for _ in sealed_texts(value))}


def _read(text: Sealed | None) -> tuple[str | None, str | None]:
    """(the text, why it cannot be read)."""
    try:
        return (None if text is None else text.text), None
    except CannotOpen as why:
        return None, why.code
