"""Which day it is, and where: what happened is never after today where it is recorded."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Tells the instant, with its offset. A service takes `now`; tests, and only tests, replace it."""

PARIS = ZoneInfo("Europe/Paris")
"""Of metropolitan France and Corsica, of the programme and the nation, of `known_at`, due dates and retention."""
ZONES = {
    department: ZoneInfo(zone)
    for department, zone in {
        "971": "America/Guadeloupe",
        "972": "America/Martinique",
        "973": "America/Cayenne",
        "974": "Indian/Reunion",
        "975": "America/Miquelon",
        "976": "Indian/Mayotte",
        "977": "America/St_Barthelemy",
        "978": "America/Marigot",
        "984": "Indian/Kerguelen",
        "986": "Pacific/Wallis",
        "987": "Pacific/Tahiti",
        "988": "Pacific/Noumea",
    }.items()
}
"""By département or collectivity (INSEE): those that do not live by Paris (IANA's tz database, zone.tab)."""


def now() -> datetime:
    """The instant by this machine's clock."""
    return datetime.now(UTC)


def day_in(department: str | None, at: datetime) -> date:
    """The local date in a département at an instant; where it is not known, the date in Paris."""
    return at.astimezone(ZONES.get(department or "", PARIS)).date()


def day_in_paris(at: datetime) -> date:
    return at.astimezone(PARIS).date()


def latest_day(at: datetime) -> date:
    """The latest date that any structure lives at an instant."""
    return max(day_in(department, at) for department in ZONES)


def today() -> date:
    """The date in Paris by this machine's clock, for the command line."""
    return day_in_paris(now())
