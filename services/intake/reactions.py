"""What intake does when another service tells something."""

from collections.abc import Sequence

from services.intake import views
from shared.contracts import ErasureDone, PublicEvent
from shared.database import Connection
from shared.known_pathways import OF_OUTCOMES, remember_outcomes
from shared.service import Runtime
from shared.subscriber import Subscriber


async def when_a_person_left(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """An exit, its correction or its reopening bounds what may be corrected of the start."""
    await remember_outcomes(connection, events)
    await views.follow_erasures(connection, events)


def subscribers(runtime: Runtime) -> list[Subscriber]:
    return [
        Subscriber(
            "intake", "outcomes", runtime.pool, runtime.client, when_a_person_left, of=[*OF_OUTCOMES, ErasureDone]
        ),
        *(
            Subscriber("intake", other, runtime.pool, runtime.client, views.follow_erasures, of=[ErasureDone])
            for other in ("diagnostic", "training")
        ),
        Subscriber("intake-views", "intake", runtime.pool, runtime.client, views.follow, stage="view"),
    ]
