"""`lieu retention`: asks intake for one page after the other, and prints a line a person."""

from pathlib import Path
from urllib.parse import quote

from lieu.client import Platform

PATH = "/intake/v1/retention"
HOLDS = {"parked": "an event is parked", "restricted": "the person's data are restricted"}


async def retain(dry_run: bool, url: str | None, token: str | None, data: Path) -> int:
    """Exit status 1 where somebody is held by an event that is parked, which operations should mend."""
    async with Platform(url, token, data) as platform:
        return await (tell(platform) if dry_run else take(platform))


async def tell(platform: Platform) -> int:
    """What a run would do."""
    people = 0
    after: dict[str, str] | None = {}
    while after is not None:
        page = await platform.get(PATH, **after)
        for planned in page["planned"]:
            structures = ",".join(planned["structures"])
            last = planned["last_contact"]
            print(
                f"{planned['step']} {planned['person']} ({structures}): "
                + (f"last contact {last}" if last else "never asked for support")
                + f", due {planned['due_on']}"
                + (", all imported: announced only" if planned["announced_only"] else "")
            )
        people, after = people + len(page["planned"]), page["next"] and {"after": page["next"]}
    print(f"{people} people; nothing was done.")
    return 0


async def take(platform: Platform) -> int:
    """A whole run."""
    people = 0
    held: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await platform.post(PATH + after)
        for taken in page["taken"]:
            structures = ",".join(taken["structures"])
            what = f"held, {HOLDS[taken['held']]}" if taken["held"] else ", ".join(taken["steps"])
            print(f"{what} {taken['person']} ({structures})")
            held += [taken["held"]] if taken["held"] else []
        people, after = people + len(page["taken"]), page["next"] and f"?after={quote(page['next'], safe='')}"
    print(f"{people - len(held)} people, {len(held)} held.")
    return 1 if "parked" in held else 0
