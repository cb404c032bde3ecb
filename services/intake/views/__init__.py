"""Intake's own questions, one file a table."""

from collections.abc import Sequence

from services.intake.views.appointments import ListedAppointment, appointments, follow_appointments
from services.intake.views.erasures import ErasureState, erasure, follow_erasures
from services.intake.views.people import (
    OpenPathways,
    PersonHere,
    WaitingRequest,
    double_pathways,
    follow_exits,
    follow_people,
    people,
    silent,
    waiting_requests,
)
from services.intake.views.structures import RegisteredStructure, follow_structures, structures
from services.intake.views.waves import follow_waves, waves
from shared.kernel import kind_views
from shared.kernel.database import Connection
from shared.language.contracts import PublicEvent

__all__ = [
    "ErasureState",
    "ListedAppointment",
    "OpenPathways",
    "PersonHere",
    "RegisteredStructure",
    "WaitingRequest",
    "appointments",
    "double_pathways",
    "erasure",
    "follow",
    "follow_erasures",
    "follow_exits",
    "people",
    "silent",
    "structures",
    "waiting_requests",
    "waves",
]


async def follow(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Keeps the tables in step with intake's own events."""
    await follow_erasures(connection, events)
    await follow_structures(connection, events)
    await follow_people(connection, events)
    await follow_appointments(connection, events)
    await follow_waves(connection, events)
    await kind_views.follow(connection, events)
