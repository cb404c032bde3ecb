"""Who a person is to those who support them: what to call them by, how to reach them, and when two are one."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from eventsourcing.domain import event

from shared.codes import Language, RestrictionReason
from shared.days import Day
from shared.event_store import Aggregate
from shared.rules import AlreadyRecorded, Restricted, RuleBroken, UnknownFact, not_after
from shared.sealing import Sealed, SealedName


class AlreadyMerged(RuleBroken):
    """This person's file was joined to another's: that one is to be changed."""


class Nameless(RuleBroken):
    """A request of somebody of whom nothing is known yet says what to call them by (`identity`)."""


class MergedWithItself(RuleBroken):
    """Two different persons are needed to find that they are one."""


class LiftedBeforeRestricted(RuleBroken):
    """A restriction is lifted on or after the day on which it began."""


@dataclass(frozen=True)
class Restriction:
    """That the person's data may only be stored (RGPD, article 18), since when and why."""

    reason: RestrictionReason
    restricted_on: Day

    @property
    def happened_on(self) -> date:
        return self.restricted_on


@dataclass(frozen=True)
class Identity:
    """A name to call the person by is enough; all else may be unknown. `born_on` as the person says it."""

    called: SealedName
    family_name: SealedName | None = None
    born_on: SealedName | None = None
    phone: SealedName | None = None
    email: SealedName | None = None
    address: Sealed | None = None
    language: Language | None = None


class Person(Aggregate):
    """One person, over all structures. `merged_into` is the person that this one turned out to be.

    `restriction` is the one in force.
    """

    TOPIC = "intake.person"
    identity: Identity | None = None
    merged_into: UUID | None = None
    restriction: Restriction | None = None

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

    class ProcessingRestricted(Aggregate.Event):
        TOPIC = "intake.person-restricted"
        fact: Restriction

    class RestrictionLifted(Aggregate.Event):
        TOPIC = "intake.person-restriction-lifted"
        fact: date

        @property
        def happened_on(self) -> date:
            return self.fact

    # What may be asked

    def identify(self, identity: Identity) -> None:
        """Records, or corrects, the whole identity."""
        self._must_stand_alone()
        if self.identity == identity:
            return
        self.must_be_free()
        (self._identified if self.identity is None else self._identity_corrected)(identity)

    def merge_into(self, other: "Person") -> None:
        """This person is `other`: their pathways are one person's from now on."""
        if other.id == self.id:
            raise MergedWithItself("a person cannot be merged with themselves")
        other._must_stand_alone()
        if self.merged_into == other.id:
            return
        self._must_stand_alone()
        self.must_be_free()
        other.must_be_free()
        self._merged(other.id)

    def restrict(self, restriction: Restriction, today: date) -> None:
        """A merged file too: it is the same person's, and nothing may be recorded under its id either."""
        if self.restriction is None:
            not_after(today, "restricted", restriction.restricted_on)
            self._processing_restricted(restriction)
        elif self.restriction != restriction:
            raise AlreadyRecorded("processing is restricted already, with another reason or day; lift that first")

    def lift_restriction(self, on: date, today: date) -> None:
        if self.restriction is not None:
            not_after(today, "lifted", on)
            if on < self.restriction.restricted_on:
                raise LiftedBeforeRestricted(f"lifted on {on}, restricted on {self.restriction.restricted_on}")
            self._restriction_lifted(on)

    def must_be_free(self) -> None:
        if self.restriction is not None:
            raise Restricted

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

    @event(ProcessingRestricted)
    def _processing_restricted(self, fact: Restriction) -> None:
        self.restriction = fact

    @event(RestrictionLifted)
    def _restriction_lifted(self, fact: date) -> None:
        self.restriction = None
