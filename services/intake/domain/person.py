"""Who a person is to those who support them: what to call them by, how to reach them, and when two are one."""

from dataclasses import dataclass
from uuid import UUID

from eventsourcing.domain import event

from shared.codes import Language
from shared.event_store import Aggregate
from shared.rules import RuleBroken, UnknownFact
from shared.sealing import Sealed


class AlreadyMerged(RuleBroken):
    """This person's file was joined to another's: that one is to be changed."""


class MergedWithItself(RuleBroken):
    """Two different persons are needed to find that they are one."""


@dataclass(frozen=True)
class Identity:
    """A name to call the person by is enough; all else may be unknown. `born_on` as the person says it."""

    called: Sealed
    family_name: Sealed | None = None
    born_on: Sealed | None = None
    phone: Sealed | None = None
    email: Sealed | None = None
    address: Sealed | None = None
    language: Language | None = None


class Person(Aggregate):
    """One person, over all structures. `merged_into` is the person that this one turned out to be."""

    TOPIC = "intake.person"
    identity: Identity | None = None
    merged_into: UUID | None = None

    # What can happen

    class Identified(Aggregate.Event):
        TOPIC = "intake.person-identified"
        fact: Identity

    class IdentityCorrected(Aggregate.Event):
        TOPIC = "intake.identity-corrected"
        fact: Identity

    class Merged(Aggregate.Event):
        TOPIC = "intake.person-merged"
        fact: UUID

    # What may be asked

    def identify(self, identity: Identity) -> None:
        """Records, or corrects, the whole identity."""
        self._must_stand_alone()
        if self.identity is None:
            self._identified(identity)
        elif self.identity != identity:
            self._identity_corrected(identity)

    def merge_into(self, other: "Person") -> None:
        """This person is `other`: their pathways are one person's from now on."""
        if other.id == self.id:
            raise MergedWithItself("a person cannot be merged with themselves")
        other._must_stand_alone()
        if self.merged_into == other.id:
            return
        self._must_stand_alone()
        self._merged(other.id)

    def _must_stand_alone(self) -> None:
        if self.merged_into is not None:
            raise AlreadyMerged(f"this person was merged into {self.merged_into}")

    def known_identity(self) -> Identity:
        if self.identity is None:
            raise UnknownFact("nobody was identified under this id")
        return self.identity

    # What is recorded

    @event(Identified)
    def _identified(self, fact: Identity) -> None:
        self.identity = fact

    @event(IdentityCorrected)
    def _identity_corrected(self, fact: Identity) -> None:
        self.identity = fact

    @event(Merged)
    def _merged(self, fact: UUID) -> None:
        self.merged_into = fact
