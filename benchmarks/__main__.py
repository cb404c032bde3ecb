"""`make bench`: what grouping gains and what sealing costs on the command path, in ratios of one run.

On embedded servers that write to disk. The rivals (eventsourcing's own store, bare inserts) and the other stages are
yet to come; what is shown is measured. The kinds of save take turns within each round: the machine's moods meet all.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date
from itertools import cycle
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import asyncpg

from lieu.embedded import EmbeddedServers
from services.intake.domain import Pathway, request_for_support
from services.training.domain import Activity, ActivityFile
from shared.codes import ActivityKind, ActivityStatus
from shared.event_store import About, EventStore
from shared.migrate import SHARED, migrate
from shared.sealing import EnvironmentKeys, PersonKeys, new_master_key

Save = Callable[[EventStore], Awaitable[None]]
FACT = Activity(ActivityKind.WORKSHOP, date(2024, 1, 1), date(2024, 1, 1), ActivityStatus.NO_SHOW)
DAY = date(2024, 1, 2)
ROUNDS, SECONDS = 5, 2.0


async def an_activity(store: EventStore) -> None:
    file = ActivityFile.blank(uuid4())
    file.record(uuid4(), FACT, DAY)
    await store.save(file, about=About("s01", file.id, file.id), actor="bench")


async def a_request(store: EventStore, person: UUID, birth_year: int | None) -> None:
    pathway = Pathway.blank(uuid4())
    pathway.ask_for_support(request_for_support(DAY, birth_year, structure="s01", person=person), DAY)
    await store.save(pathway, about=About("s01", pathway.id, person), actor="bench")


KNOWN = cycle([uuid4() for _ in range(1000)])
REQUESTS: dict[str, Save] = {
    "nothing sealed": lambda store: a_request(store, uuid4(), None),
    "one text, person with a key": lambda store: a_request(store, next(KNOWN), 1990),
    "one text, new person": lambda store: a_request(store, uuid4(), 1990),
}


async def rate(store: EventStore, save: Save, clients: int) -> float:
    """Saves of one event a second, each confirmed before the client sends its next."""
    until = time.perf_counter() + SECONDS
    done = 0

    async def client() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await save(store)
            done += 1

    await asyncio.gather(*(client() for _ in range(clients)))
    return done / SECONDS


async def table(title: str, store: EventStore, lines: dict[str, tuple[Save, int]]) -> None:
    """The first line is what the others are compared with."""
    rates: dict[str, list[float]] = {name: [] for name in lines}
    for _ in range(ROUNDS):
        for name, (save, clients) in lines.items():
            rates[name].append(await rate(store, save, clients))
    first = median(next(iter(rates.values())))
    print(f"\n{title:<46}{'saves/s':>10}{'spread':>18}{'ratio':>8}")
    for name, of in rates.items():
        print(f"  {name:<44}{median(of):>10,.0f}{f'{min(of):,.0f}–{max(of):,.0f}':>18}{median(of) / first:>8.2f}")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        servers = EmbeddedServers(Path(folder) / "data", ("intake",))
        database = (await servers.start()).databases["intake"]
        try:
            await asyncio.to_thread(migrate, database.owner_url, database.url, [SHARED])
            async with asyncpg.create_pool(database.url) as pool:
                store = EventStore(pool, PersonKeys("intake", EnvironmentKeys(new_master_key("bench"))))
                writing = asyncio.create_task(store.run())
                clients = {f"{n} clients": (an_activity, n) for n in (1, 32, 128)}
                await table("append, one event a save", store, clients)
                for n in (1, 32):
                    sealing = {name: (save, n) for name, save in REQUESTS.items()}
                    await table(f"a request for support, {n} clients", store, sealing)
                writing.cancel()
        finally:
            await servers.stop()


if __name__ == "__main__":
    asyncio.run(main())
