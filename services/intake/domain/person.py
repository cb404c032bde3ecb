"""A person to those who support them: names, ways to reach them, mergers, restrictions."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.kernel.event_store import Aggregate
from shared.kernel.facts import Fact
from shared.language.codes import Language, RestrictionReason
from shared.language.days import Day
from shared.language.rules import AlreadyRecorded, Restricted, RuleBroken, UnknownFact, not_after
from shared.language.sealed import Sealed, SealedName


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
    identity = Fact(Identity, None, "intake.person-identified", "intake.identity-corrected", bare=True)
    merged_into = Fact(UUID, None, "intake.person-merged", bare=True)
    restriction = Fact(Restriction, None, "intake.person-restricted", bare=True)

    class PersonRestrictionLifted(Aggregate.Event):
        TOPIC = "intake.person-restriction-lifted"
        fact: date

        @property
        def happened_on(self) -> date:
            return self.fact

        def apply(self, person: "Person") -> None:
            Person.restriction.clear(person)

    # What may be asked

    def identify(self, identity: Identity) -> None:
        """Records, or corrects, the whole identity."""
        self._must_stand_alone()
        if self.identity.current == identity:
            return
        self.must_be_free()
        (self.identity.correct if self.identity else self.identity.record)(identity)

    def merge_into(self, other: "Person") -> None:
        """Joins this person to `other`: their pathways are one person's from now on."""
        if other.id == self.id:
            raise MergedWithItself("a person cannot be merged with themselves")
        other._must_stand_alone()
        if self.merged_into.current == other.id:
            return
        self._must_stand_alone()
        self.must_be_free()
        other.must_be_free()
        self.merged_into.record(other.id)

    def restrict(self, restriction: Restriction, today: date) -> None:
        """Restricts a merged file too: it is the same person's, and nothing may be recorded under its id either."""
        if not self.restriction:
            not_after(today, "restricted", restriction.restricted_on)
            self.restriction.record(restriction)
        elif self.restriction.current != restriction:
            raise AlreadyRecorded("processing is restricted already, with another reason or day; lift that first")

    def lift_restriction(self, on: date, today: date) -> None:
        if restriction := self.restriction.current:
            not_after(today, "lifted", on)
            if on < restriction.restricted_on:
                raise LiftedBeforeRestricted(f"lifted on {on}, restricted on {restriction.restricted_on}")
            self.trigger_event(self.PersonRestrictionLifted, fact=on)

    def must_be_free(self) -> None:
        if self.restriction:
            raise Restricted

    def _must_stand_alone(self) -> None:
        if self.merged_into:
            raise AlreadyMerged(f"this person was merged into {self.merged_into.current}")

    def known_identity(self) -> Identity:
        if self.identity.current is None:
            raise UnknownFact("nobody was identified under this id")
        return self.identity.current
