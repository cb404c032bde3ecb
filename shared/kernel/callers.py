"""Who asks, and what they command under which key."""

from dataclasses import dataclass, field

from shared.kernel.event_store import IdempotencyKey
from shared.kernel.refusals import Problem
from shared.language.codes import Role as Role


@dataclass(frozen=True)
class Caller:
    """Who asks. `id` is the token's subject, never a name."""

    id: str
    role: Role
    structure: str | None = None
    token: str = field(default="", compare=False)
    """The token's own id (`jti`), else the beginning of its SHA-256: never the token."""

    def is_of(self, structure: str) -> bool:
        """False where an adviser or a manager asks for another structure than their own."""
        return self.role not in (Role.ADVISER, Role.MANAGER) or self.structure == structure

    def must_be_of(self, structure: str) -> None:
        """Raises Problem where an adviser or a manager asks for another structure than their own."""
        if not self.is_of(structure):
            raise Problem(403, "another-structure", "this is another structure's")

    @property
    def own_structure(self) -> str:
        """Of an adviser or a manager; it is there wherever OfStructure let them in."""
        assert self.structure is not None
        return self.structure


@dataclass(frozen=True)
class Command:
    """Who commands, and under which idempotency key (null: the request is not repeatable).

    `on_version`: the version of the file that the caller looked at; null: whichever stands.
    """

    caller: Caller
    key: IdempotencyKey | None
    on_version: int | None = None

    @property
    def actor(self) -> str:
        return self.caller.id
