"""Reacts to what other services tell."""

from collections.abc import Sequence
from functools import partial

from services.intake import contacts, views
from services.intake.domain.last_contact import TELLS_OF_CONTACT
from shared.kernel.database import Connection
from shared.kernel.known_pathways import OF_OUTCOMES, remember_outcomes
from shared.kernel.subscriber import Subscriber
from shared.language.contracts import PublicEvent
from shared.language.contracts.forgetting import ErasureDone
from shared.service import Runtime


async def when_a_person_left(connection: Connection, events: Sequence[PublicEvent]) -> None:
    """Remembers an exit, its correction or its reopening: it bounds what may be corrected of the start."""
    await remember_outcomes(connection, events)
    await views.follow_exits(connection, events)
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
        *(
            Subscriber(
                contacts.CONSUMER,
                other,
                runtime.pool,
                runtime.client,
                partial(contacts.follow, runtime.store.ledger),
                of=of,
                stage="view",
                enter=contacts.enter,
            )
            for other, of in TELLS_OF_CONTACT.items()
        ),
    ]
