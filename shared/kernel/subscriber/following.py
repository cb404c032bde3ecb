"""Follows a stream: fetches what comes, applies it, and begins again where the connection broke."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing

import nats.js.errors

from shared.kernel import broker
from shared.kernel.database import Pool
from shared.kernel.election import end
from shared.kernel.subscriber.applying import Applying
from shared.kernel.subscriber.consumer import Consumer, Enter, stay
from shared.kernel.subscriber.fetching import FETCH, batches, pull_from
from shared.kernel.subscriber.parking import PASSING, Apply, Parking
from shared.kernel.subscriber.watermarks import Watermarks
from shared.language.contracts import EVENTS, Body

log = logging.getLogger(__name__)

GATHER = 0.03
"""Seconds from one transaction to the next, at least, where nobody waits for the effect: what comes meanwhile is
applied together, at a fraction of the cost."""


class Subscriber(Consumer):
    """Follows the stream of one service on behalf of one consumer.

    `name` is the durable's name, or null for a passing reader such as a rebuild. `of`: the bodies of the events it
    needs; empty: the whole stream, whatever it holds. `watermarks` keeps, beside the position, the instant up to
    which everything of that stream is applied.
    """

    def __init__(
        self,
        name: str | None,
        service: str,
        pool: Pool,
        client: broker.Client,
        apply: Apply,
        *,
        of: Sequence[type[Body]] = (),
        stage: str = "reaction",
        enter: Enter = stay,
        watermarks: bool = False,
    ) -> None:
        super().__init__(name, service, pool, enter)
        self.client, self.apply, self.watermarks = client, apply, watermarks
        self._of = frozenset(of)
        self.trouble: str | None = None
        self._parking, self._pulses = Parking(self, apply), Watermarks(self, client)
        self._applying = Applying(self, self._parking, self._pulses, stage)

    @property
    def _subjects(self) -> list[str]:
        """Names the subjects of the events it needs."""
        if not self._of:
            return [f"lieu.{self.service}.>"]
        return [f"lieu.{self.service}.*.*.{name}" for name, body in EVENTS[self.service].items() if body in self._of]

    async def run(self) -> None:
        """Follows until cancelled; to be run while elected."""
        while True:
            tasks = [asyncio.ensure_future(self._follow())]
            if self.watermarks:
                tasks.append(asyncio.ensure_future(self._pulses.hear()))
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            except PASSING as error:
                self.trouble = f"{type(error).__name__}: {error}"
                # Its owner makes a stream, at the platform's first start a moment after its consumers look for it.
                level = logging.INFO if isinstance(error, nats.js.errors.NotFoundError) else logging.WARNING
                log.log(level, "%s on %s: %s", self.name, self.stream, self.trouble)
                await asyncio.sleep(0.3)
            finally:
                await end(tasks)

    async def catch_up(self, until: int, progress: Callable[[int], None] = lambda _: None) -> int:
        """Applies everything up to `until` at least (a position that the stream holds); returns the position."""
        _, position = await self.stored()
        if position >= until:
            return position
        async with await self._pull() as pull, aclosing(batches(pull, timeout=5)) as fetched:
            async for messages in fetched:
                if messages:
                    position = await self._applying.take(messages)
                    progress(position)
                if position >= until:
                    break
        return position

    async def _follow(self) -> None:
        async with await self._pull() as pull, aclosing(batches(pull, timeout=1)) as fetched:
            self.trouble = None
            reconnects = self.client.stats["reconnects"]
            async for messages in fetched:
                if messages:
                    began = asyncio.get_running_loop().time()
                    await self._applying.take(messages)
                    await messages[-1].ack()
                    if not self.watermarks and len(messages) < FETCH:
                        await asyncio.sleep(began + GATHER - asyncio.get_running_loop().time())
                if self.client.stats["reconnects"] != reconnects:
                    break

    async def _pull(self) -> broker.Pull:
        return await pull_from(self, self.client, self._subjects)

    async def replay(self) -> tuple[int, int]:
        """Applies what is parked, in order, each pathway up to its first event that still fails.

        Returns (applied, still parked)."""
        return await self._parking.replay()

    async def discard(self, key: str) -> int:
        """Gives up what is parked of one pathway; it stays listed, and its figures stay marked incomplete."""
        return await self._parking.discard(key)
