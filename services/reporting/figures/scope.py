"""A look at figures: of the nation, a département or a structure, in a period, as known at an instant.

Every query of a look takes the same parameters: $1 and $2 the period's first and last day, $3 the instant of knowledge,
$4 the structure and $5 the département (null: the nation).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.kernel.database import Connection
from shared.language.codes import BREAKDOWNS, STRUCTURE_CODE

KNOWN = "{0}.known_from <= $3 and {0}.known_to > $3"
"""Holds for a row that was so at the instant of knowledge."""

# Whoever had received the pathway by the period's last day holds it, else who was asked. Null arrays cost nothing.
_HOLDER = "coalesce(i.received_by[width_bucket($2::date, i.received_on)], i.structure)"
_IN_DEPARTMENT = "select s.structure from structures s where s.department = $5"
# Of each scope the first condition says nothing new: indexes serve it, where they cannot serve the second.
IN_SCOPE = f"""($4::text is null or ((i.structure = $4 or i.received_by is not null) and {_HOLDER} = $4))
        and ($5::text is null or ((i.structure = any (array({_IN_DEPARTMENT})) or i.received_by is not null)
             and exists ({_IN_DEPARTMENT} and s.structure = {_HOLDER} and {KNOWN.format("s")})))"""


DEPARTMENT = f"(select s.department from structures s where s.structure = {_HOLDER} and {KNOWN.format('s')} limit 1)"
"""The département of the structure that counts a pathway `i`; of several rows that say so, one."""


class UnknownScope(Exception):
    """No structure of that code, or in that département, was ever registered."""


@dataclass(frozen=True)
class Scope:
    """The nation, a département or a structure; `text` as it was asked."""

    text: str
    department: str | None = None
    structure: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Scope":
        """Raises ValueError for what is no scope at all."""
        match = re.fullmatch(f"national|department:([0-9AB]{{2,3}})|structure:({STRUCTURE_CODE})", text)
        if match is None:
            raise ValueError("scope is national, department:CODE or structure:CODE")
        return cls(text, *match.groups())


@dataclass(frozen=True)
class Look:
    """Looks at a scope in a period, as known at an instant (null: now); `by`: the breakdown, if any."""

    scope: Scope
    start: date
    end: date
    known_at: datetime | None = None
    by: str | None = None

    @property
    def parameters(self) -> tuple[Any, ...]:
        return self.start, self.end, self.known_at, self.scope.structure, self.scope.department

    @property
    def column(self) -> str | None:
        return self.by if self.by in BREAKDOWNS else None


async def must_exist(connection: Connection, scope: Scope) -> None:
    """Raises UnknownScope."""
    if scope.structure or scope.department:
        found = await connection.fetchval(
            """select exists(select from structures
                where ($1::text is null or structure = $1) and ($2::text is null or department = $2))""",
            scope.structure,
            scope.department,
        )
        if not found:
            raise UnknownScope(f"{scope.text}: no such structure was ever registered")
