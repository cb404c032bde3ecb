"""Up to which instant everything of a stream is applied, as the service that owns it tells: its pulses."""

import asyncio
from collections import deque
from datetime import datetime

import orjson
from nats.aio.msg import Msg

from shared.kernel import broker
from shared.kernel.relay import watermark_subject
from shared.kernel.subscriber.consumer import Consumer


class Watermarks:
    """What the relay told lately: that in a generation, up to a position, it has told what is known at an instant."""

    def __init__(self, consumer: Consumer, client: broker.Client) -> None:
        self.consumer, self.client = consumer, client
        self._pulses: deque[tuple[str, int, datetime]] = deque(maxlen=1000)

    async def hear(self) -> None:
        """Follows the pulses until cancelled."""
        heard = asyncio.Event()

        async def hear(message: Msg) -> None:
            pulse = orjson.loads(message.data)
            self._pulses.append((pulse["generation"], pulse["position"], datetime.fromisoformat(pulse["known_at"])))
            heard.set()

        subscription = await self.client.subscribe(watermark_subject(self.consumer.service), cb=hear)
        try:
            while True:
                await heard.wait()
                heard.clear()
                await self.move()
        finally:
            await subscription.unsubscribe()

    async def move(self) -> None:
        """Moves it where a pulse waits for nothing more; what is still to be applied brings the others along."""
        of, position = self.consumer.generation, self.consumer.applied
        if not self._pulses or self._pulses[0][1] > position:
            return
        if watermark := self.reached(of, position):
            async with self.consumer.reading() as connection:
                # Where another instance, or a rebuild, has not come as far, it says so itself.
                await connection.execute(
                    """with known as (update subscription set watermark = greatest(watermark, $2)
                                       where stream = $1 and generation = $3 and position >= $4)
                       insert into subscription (stream, generation, position, watermark)
                       select $1, '', 0, $2 where $3 = '' and $4 = 0 on conflict (stream) do nothing""",
                    self.consumer.stream,
                    watermark,
                    of,
                    position,
                )

    def reached(self, generation: str, position: int) -> datetime | None:
        """Finds the latest instant told by the relay whose position we have reached."""
        reached = [
            known_at for of, at, known_at in self._pulses if at <= position and of in (generation, generation or of)
        ]
        while self._pulses and self._pulses[0][1] <= position:
            self._pulses.popleft()
        return max(reached, default=None)
