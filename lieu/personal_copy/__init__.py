"""A person's copy of their data (RGPD, article 15): asked of every service with the caller's token, put together here.

Services never call each other, so that the client composes (docs/decisions/0011-a-persons-copy.md).
"""

from lieu.personal_copy.composing import CopyRefused, PersonalCopy, compose

__all__ = ["CopyRefused", "PersonalCopy", "compose"]
