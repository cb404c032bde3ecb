"""Whose rows a list shows: by the pathway, its structure and its adviser as they now are.

Nobody who left is in one, and who comes back is again. Of whose data may only be stored nothing waits.
"""

STANDING = """k.exited_on is null and not k.restricted and not k.archived
  and ($1::text is null or k.structure = $1) and ($2::text is null or k.adviser = $2)"""
"""$1: the structure, $2: the adviser, null: all."""
