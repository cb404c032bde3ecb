"""What the claims of a token say of its bearer, as the settings tell where it stands."""

import re
from collections.abc import Mapping, Set
from typing import Any

from shared.kernel.refusals import Problem
from shared.language.codes import PSEUDONYM, STRUCTURE_CODE
from shared.language.nir import holds_nir

_STRUCTURE = re.compile(f"(?:/structures/)?({STRUCTURE_CODE})")


def at(claims: Any, path: str) -> Any:
    """What stands at a dotted path, null where nothing does. A claim's own name may hold dots, as a URL does."""
    if not isinstance(claims, Mapping):
        return None
    if path in claims:
        return claims[path]
    for dot in re.finditer(r"\.", path):
        if (found := at(claims.get(path[: dot.start()]), path[dot.end() :])) is not None:
            return found
    return None


def pseudonym(subject: Any) -> str:
    """The subject, which stands in events for ever. Raises Problem where it tells, or may tell, who it is."""
    if not isinstance(subject, str) or not re.fullmatch(PSEUDONYM, subject) or holds_nir(subject):
        raise Problem(
            401,
            "personal-subject",
            "the token's subject is no pseudonym: it must be 1 to 64 visible ASCII characters, no address (@), "
            "no social-security number; it stands in events for ever",
        )
    return subject


def role_in(value: Any, roles: Set[str]) -> str | None:
    """The one role of the platform in a claim's value, a text or a list; null where there is none. Raises Problem."""
    found = {one for one in _each(value) if one in roles}
    if len(found) > 1:
        raise Problem(403, "several-roles", f"the token carries several roles of this platform: {sorted(found)}")
    return found.pop() if found else None


def structures_in(value: Any) -> set[str]:
    """Codes of structures in a claim's value: a code, a list of codes, or groups like /structures/s01 among others."""
    texts = _each(value)
    if any(text.startswith("/") for text in texts):
        texts = [text for text in texts if text.startswith("/structures/")]
    return {found[1] for text in texts if (found := _STRUCTURE.fullmatch(text))}


def _each(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
