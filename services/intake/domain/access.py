"""Access of users to a structure (docs/decisions/0019-users.md)."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from shared.kernel.event_store import Aggregate
from shared.language.codes import PROGRAMME, Role, StructureCode, Subject
from shared.language.rules import RuleBroken, UnknownFact

_ACCESSES = UUID("0c8f3a5e-6a0e-4f0b-9d2c-6f5c1b6f7a11")


class RoleOfAnotherPlace(RuleBroken):
    """A structure lets in advisers and managers, the programme the roles that belong to no structure."""


class StillLetIn(RuleBroken):
    """Whoever is still let in is not forgotten: the access is withdrawn first."""


def access_id(structure: str, user: str) -> UUID:
    """Names the aggregate: one for each user of a structure, whatever they were given when."""
    return uuid5(uuid5(_ACCESSES, structure), user)


@dataclass(frozen=True)
class Grant:
    """A user's role in one place (null: as their issuer says). `structure`: its code, or `programme`.
    `user`: the subject of their token."""

    structure: StructureCode
    user: Subject
    role: Role | None


class Access(Aggregate):
    """One user's access to one structure, or to the programme."""

    TOPIC = "intake.access"
    grant: Grant | None = None
    withdrawn: bool = False

    class AccessGiven(Aggregate.Event):
        TOPIC = "intake.access-given"
        fact: Grant

        def apply(self, access: "Access") -> None:
            access.grant, access.withdrawn = self.fact, False

    class AccessWithdrawn(Aggregate.Event):
        TOPIC = "intake.access-withdrawn"
        fact: Grant

        def apply(self, access: "Access") -> None:
            access.grant, access.withdrawn = self.fact, True

    def give(self, grant: Grant) -> None:
        """Lets the user in; another role than before takes its place."""
        if grant.role is None or grant.role.of_a_structure == (grant.structure == PROGRAMME):
            raise RoleOfAnotherPlace(f"{grant.role} is no role of {grant.structure}")
        if self.withdrawn or self.grant != grant:
            self.trigger_event(self.AccessGiven, fact=grant)

    def withdraw(self, structure: str, user: str) -> None:
        """Keeps the user out, also one to whom their issuer gave access, and not the platform."""
        if not self.withdrawn:
            self.trigger_event(self.AccessWithdrawn, fact=self.grant or Grant(structure, user, None))

    def must_be_withdrawn(self) -> None:
        if self.grant is None:
            raise UnknownFact("no such user is known")
        if not self.withdrawn:
            raise StillLetIn("withdraw the access first")
