"""Reacts to what other services tell."""

from collections.abc import Sequence

from services.outcomes import views
from shared.kernel import known_structures
from shared.kernel.database import Connection
from shared.kernel.known_pathways import OF_INTAKE, remember_intake
from shared.kernel.subscriber import Subscriber
from shared.language.contracts import PublicEvent
from shared.language.contracts.forgetting import ErasureAccepted
from shared.service import Runtime

NEEDED = (*OF_INTAKE, ErasureAccepted)


def subscribers(runtime: Runtime) -> list[Subscriber]:
    async def when_intake_tells(connection: Connection, events: Sequence[PublicEvent]) -> None:
        """A request makes a pathway known here; a start opens what may be recorded of it; an erasure ends it."""
        await remember_intake(connection, events)
        assert runtime.forgetting is not None
        await runtime.forgetting.when_an_erasure_is_accepted(connection, events)

    return [
        Subscriber("outcomes", "intake", runtime.pool, runtime.client, when_intake_tells, of=NEEDED),
        known_structures.subscriber("outcomes", runtime.pool, runtime.client),
        Subscriber("outcomes-views", "outcomes", runtime.pool, runtime.client, views.follow, stage="view"),
    ]
