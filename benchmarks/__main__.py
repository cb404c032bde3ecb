"""`make bench`: how grouping pays in the event store, in ratios of one run on embedded servers.

The rivals (eventsourcing's own store, bare inserts) and the other stages are yet to come; what is shown is measured.
"""

import asyncio
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median
from uuid import uuid4

import asyncpg

from lieu.embedded import EmbeddedServers
from services.training.domain import Activity, ActivityFile
from shared.codes import ActivityKind, ActivityStatus
from shared.event_store import About, EventStore
from shared.migrate import SHARED, migrate
from shared.sealing import EnvironmentKeys, PersonKeys

FACT = Activity(ActivityKind.WORKSHOP, date(2024, 1, 1), date(2024, 1, 1), ActivityStatus.NO_SHOW)
ROUNDS, SECONDS = 3, 2.0


async def appends(store: EventStore, clients: int) -> float:
    """Saves of one event a second, each confirmed before the client sends its next."""
    until = time.perf_counter() + SECONDS
    done = 0

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < until:
            file = ActivityFile.blank(uuid4())
            file.record(uuid4(), FACT, date(2024, 1, 2))
            await store.save(file, about=About("s01", file.id, file.id), actor="bench")
            done += 1

    await asyncio.gather(*(client() for _ in range(clients)))
    return done / SECONDS


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        servers = EmbeddedServers(Path(folder) / "data", ("training",))
        database = (await servers.start()).databases["training"]
        try:
            await asyncio.to_thread(migrate, database.owner_url, database.url, [SHARED])
            async with asyncpg.create_pool(database.url) as pool:
                store = EventStore(pool, PersonKeys("training", EnvironmentKeys(None)))
                writing = asyncio.create_task(store.run())
                rates: dict[int, list[float]] = {1: [], 32: [], 128: []}
                for _ in range(ROUNDS):
                    for clients, of in rates.items():
                        of.append(await appends(store, clients))
                writing.cancel()
        finally:
            await servers.stop()
    alone = median(rates[1])
    print(f"{'append, one event a save':<28}{'saves/s':>10}{'spread':>18}{'ratio to 1 client':>20}")
    for clients, of in rates.items():
        spread = f"{min(of):,.0f}–{max(of):,.0f}"
        print(f"{clients:>4} clients{'':<16}{median(of):>10,.0f}{spread:>18}{median(of) / alone:>20.1f}")


if __name__ == "__main__":
    asyncio.run(main())
