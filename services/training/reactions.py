"""What training does when another service tells something."""

from collections.abc import Sequence

from services.training import views
from shared.contracts import PublicEvent
from shared.database import Connection
from shared.known_pathways import OF_INTAKE, remember_intake
from shared.service import Runtime
from shared.subscriber import Subscriber


async def when_intake_tells(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """A request makes a pathway known here; a start opens what may be recorded of it."""
    await remember_intake(connection, events)


def subscribers(runtime: Runtime) -> list[Subscriber]:
    return [
        Subscriber("training", "intake", runtime.pool, runtime.client, when_intake_tells, of=OF_INTAKE),
        Subscriber("training-views", "training", runtime.pool, runtime.client, views.follow, stage="view"),
    ]
