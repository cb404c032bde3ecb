"""The effect of what was fetched, exactly once: in one transaction with the position."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from nats.aio.msg import Msg

from shared.kernel import telemetry
from shared.kernel.database import Connection
from shared.kernel.event_store import Ledger
from shared.kernel.subscriber.consumer import Consumer
from shared.kernel.subscriber.delivery import Delivery, of_message, read
from shared.kernel.subscriber.parking import PASSING, WAITS, Parking, attempt, reason_of
from shared.kernel.subscriber.watermarks import Watermarks
from shared.language.contracts import PublicEvent

log = logging.getLogger(__name__)

_Fresh = Sequence[tuple[Delivery, PublicEvent]]
_Effect = Callable[[Connection, _Fresh], Awaitable[None]]


class Applying:
    """Applies the deliveries of one consumer. `stage`: what telemetry calls it."""

    def __init__(self, consumer: Consumer, parking: Parking, watermarks: Watermarks, stage: str) -> None:
        self.consumer, self.parking, self.watermarks, self.stage = consumer, parking, watermarks, stage
        self._ledger = Ledger(consumer.pool)

    async def take(self, messages: Sequence[Msg]) -> int:
        """Applies what is new of these; returns the position."""
        deliveries = [of_message(message) for message in messages]
        traceparents = [delivery.headers.get("traceparent") for delivery in deliveries]
        with telemetry.stage(self.stage, self.consumer.name or "rebuild", traceparents):
            try:
                await self._apply_new(deliveries, self._all_at_once)
            except PASSING:
                raise
            except Exception as error:  # noqa: BLE001 - found one by one, and parked with its reason
                reason = reason_of(error)
                log.warning("%s on %s: %s; applying one by one", self.consumer.name, self.consumer.stream, reason)
                await self._apply_new(deliveries, self._one_by_one)
        await self.watermarks.move()
        return self.consumer.applied

    async def _apply_new(self, deliveries: Sequence[Delivery], effect: _Effect) -> None:
        async with self.consumer.alone() as (connection, generation, position):
            new, generation, position = _after(generation, position, deliveries)
            if new and (fresh := await self._not_held_back(connection, new)):
                await effect(connection, fresh)
            watermark = self.watermarks.reached(generation, position)
            await self.consumer.advance(connection, generation, position, watermark)
        self.consumer.generation, self.consumer.applied = generation, position

    async def _not_held_back(self, connection: Connection, new: Sequence[Delivery]) -> _Fresh:
        """Parks the malformed, and what follows on something parked; returns what can be applied now.

        Of who was forgotten late copies are passed over: a tail that comes back, a restored stream.
        """
        told = [(delivery, read(delivery)) for delivery in new]
        parked, forgotten = await self._held(connection, told)
        fresh: list[tuple[Delivery, PublicEvent]] = []
        for delivery, event in told:
            if delivery.key in parked:
                await self.parking.park(connection, delivery, WAITS)
            elif isinstance(event, Exception):
                parked.add(delivery.key)
                await self.parking.park(connection, delivery, f"malformed: {reason_of(event)}")
            elif event.pathway not in forgotten:
                fresh.append((delivery, event))
        return fresh

    async def _held(
        self, connection: Connection, told: Sequence[tuple[Delivery, PublicEvent | Exception]]
    ) -> tuple[set[str], set[UUID]]:
        """Looks up the keys of what is parked, and the pathways that were forgotten.

        After the lock and in a statement of its own: what another instance parked or replayed before is seen.
        """
        pathways = list({event.pathway for _, event in told if isinstance(event, PublicEvent) and event.pathway})
        digests = dict(zip(await self._ledger.digests(pathways), pathways, strict=True))
        held = await connection.fetchrow(
            """select array(select key from parked where stream = $1 and key = any($2) and discarded_at is null) parked,
                      array(select digest from forgotten where digest = any($3)) forgotten""",
            self.consumer.stream,
            list({delivery.key for delivery, _ in told}),
            list(digests),
        )
        assert held is not None
        return set(held["parked"]), {digests[digest] for digest in held["forgotten"]}

    async def _all_at_once(self, connection: Connection, fresh: _Fresh) -> None:
        await self.parking.apply(connection, [event for _, event in fresh])

    async def _one_by_one(self, connection: Connection, fresh: _Fresh) -> None:
        """Applies each for itself; what cannot be applied is parked, with every later one of its pathway."""
        stuck: set[str] = set()
        for delivery, event in fresh:
            reason = WAITS if delivery.key in stuck else await attempt(self.parking.apply, connection, event)
            if reason is not None:
                stuck.add(delivery.key)
                await self.parking.park(connection, delivery, reason)


def _after(generation: str, position: int, deliveries: Sequence[Delivery]) -> tuple[list[Delivery], str, int]:
    """Picks those that come after a position; returns where the last of them stands too."""
    new: list[Delivery] = []
    for delivery in deliveries:
        if delivery.generation and delivery.generation != generation:
            # Another history: its positions start anew; aggregates skip the versions that they know.
            generation, position = delivery.generation, 0
        if not 0 < delivery.position <= position:
            position = max(position, delivery.position)
            new.append(delivery)
    return new, generation, position
