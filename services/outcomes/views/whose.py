"""Whose rows a list shows, and their codes as what they are.

Whose a pathway is, and who advises the person, is what intake told last (`known_pathways`), so that a transfer moves
everything that is due. Nothing may be recorded of who is archived or restricted, so nothing is due of them.
"""

from typing import Any

import asyncpg

ASKED_FOR = """($1::text is null or k.structure = $1) and ($2::text is null or k.adviser = $2)
            and not k.archived and not k.restricted"""
"""$1: the structure, $2: the adviser, null: all."""


def coded(row: asyncpg.Record, **kinds: Any) -> dict[str, Any]:
    """The row with its codes as what they are."""
    codes = {name: kind(row[name]) for name, kind in kinds.items() if row[name] is not None}
    return dict(row) | codes
