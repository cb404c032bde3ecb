"""Whose today: what happened is judged by the local date of the structure concerned, the clock passed in."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.intake.domain import Pathway
from shared.clock import ZONES, day_in, latest_day, today
from shared.rules import InTheFuture

TODAY, DAY = today(), timedelta(days=1)
"""In Paris; the instants below are of this day."""
EVENING = datetime.combine(TODAY, time(19, 45), UTC)
"""In Paris still today, in Nouméa 06:45 of tomorrow."""
NIGHT = datetime.combine(TODAY, time(2), UTC)
"""In Paris already today, in Pointe-à-Pitre 22:00 of yesterday."""


# --- each zone once ---------------------------------------------------------------------------------------

MIDNIGHTS = {  # the hour in UTC at which a day of January begins there: 24 minus what its clocks are ahead of UTC
    "69": 23,
    "2A": 23,
    "971": 4,
    "972": 4,
    "973": 3,
    "974": 20,
    "975": 3,
    "976": 21,
    "977": 4,
    "978": 4,
    "984": 19,
    "986": 12,
    "987": 10,
    "988": 13,
}
BEFORE_NOON = {"69", "2A", "974", "976", "984", "986", "988"}
"""East of Greenwich: their 10 January begins on the 9th of UTC."""


def test_every_zone_is_tried() -> None:
    assert MIDNIGHTS.keys() - {"69", "2A"} == ZONES.keys()


@pytest.mark.parametrize("department", MIDNIGHTS)
def test_a_day_begins_at_midnight_where_the_structure_is(department: str) -> None:
    day = date(2024, 1, 10)
    begins = datetime.combine(day - DAY if department in BEFORE_NOON else day, time(MIDNIGHTS[department]), UTC)
    for at, there in ((begins - timedelta(seconds=1), day - DAY), (begins, day)):
        assert day_in(department, at) == there
        pathway = Pathway.blank(uuid4())
        requested = folders_request(day)
        if there < day:
            with pytest.raises(InTheFuture):
                pathway.ask_for_support(requested, there)
        else:
            pathway.ask_for_support(requested, there)
            assert pathway.request is not None


def folders_request(on: date) -> Any:
    from services.intake.domain import request_for_support

    return request_for_support(
        on,
        None,
        structure="s01",
        person=uuid4(),
        requester=None,
        sex=None,
        qualification_level=None,
        unemployment_months=None,
        housing=None,
    )


def test_a_departement_that_is_not_known_lives_by_paris() -> None:
    assert day_in(None, EVENING) == day_in("", EVENING) == day_in("75", EVENING) == TODAY
    assert latest_day(EVENING) == TODAY + DAY
