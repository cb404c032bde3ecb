"""The nation, a département or a structure."""

import re
from dataclasses import dataclass

from shared.codes import STRUCTURE_CODE
from shared.database import Connection


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
        if text == "national":
            return cls(text)
        if match := re.fullmatch(r"department:([0-9AB]{2,3})", text):
            return cls(text, department=match[1])
        if match := re.fullmatch(f"structure:({STRUCTURE_CODE})", text):
            return cls(text, structure=match[1])
        raise ValueError("scope is national, department:CODE or structure:CODE")


async def must_exist(connection: Connection, scope: Scope) -> None:
    if scope.structure or scope.department:
        found = await connection.fetchval(
            """select exists(select from structures
                where ($1::text is null or structure = $1) and ($2::text is null or department = $2))""",
            scope.structure,
            scope.department,
        )
        if not found:
            raise UnknownScope(f"{scope.text}: no such structure was ever registered")
