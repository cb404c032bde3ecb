"""`lieu audit`: what every service answers of a person or a user, in one table."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from lieu.client import Platform
from shared.language.services import OF_PATHWAYS

HEADINGS = ("at", "service", "user", "role", "structure", "what", "person", "pathway", "token", "trace")


async def entries(platform: Platform, person: str | None, user: str | None) -> list[dict[str, Any]]:
    """The oldest first. Reporting knows pathways and no person: it is asked for those that the others name."""
    asked = {"user": user} if person is None else {"person": person}
    found = [entry for service in OF_PATHWAYS async for entry in _of(platform, service, asked)]
    for further in [asked] if person is None else [{"pathway": one} for one in _pathways(found)]:
        found += [entry async for entry in _of(platform, "reporting", further)]
    return sorted(found, key=lambda entry: str(entry["at"]))


def _pathways(found: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(entry["pathway"] for entry in found if entry["pathway"]))


async def _of(platform: Platform, service: str, asked: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    after: dict[str, str] = {}
    while True:
        page = await platform.get(f"/{service}/v1/audit", limit=1000, **asked, **after)
        for entry in page["entries"]:
            yield entry | {"service": service}
        if page["next"] is None:
            return
        after = {"after": page["next"]}


def table(found: Sequence[dict[str, Any]]) -> str:
    """In columns, as wide as what stands in them."""
    rows = [HEADINGS, *(tuple(str(entry[name] or "–") for name in HEADINGS) for entry in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)
