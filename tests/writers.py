"""A process of concurrent writers for the loss test: tells every confirmed save on its standard output."""

import asyncio
import random
import sys
from datetime import date
from uuid import UUID, uuid4

from services.training.domain import Activity, ActivityFile
from shared.kernel.database import ask_across_structures
from shared.kernel.database import pool as pool_of
from shared.kernel.event_store import About, EventStore, VersionConflict
from shared.kernel.sealing import EnvironmentKeys, PersonKeys
from shared.language.codes import ActivityKind, ActivityStatus

FACT = Activity(ActivityKind.WORKSHOP, date(2024, 1, 1), date(2024, 1, 1), ActivityStatus.NO_SHOW)


async def write(url: str, files: list[UUID], writers: int) -> None:
    ask_across_structures()
    async with pool_of(url) as pool:
        store = EventStore(pool, PersonKeys("training", EnvironmentKeys(None)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(store.run())
            for _ in range(writers):
                tasks.create_task(_writer(store, files))


async def _writer(store: EventStore, files: list[UUID]) -> None:
    while True:
        # Some on files of their own, some fighting over the same; saves of one to five events.
        id = random.choice(files) if random.random() < 0.3 else uuid4()
        file = await store.load(ActivityFile, id)
        before = file.version
        for _ in range(random.randint(1, 5)):
            file.activities.admit(uuid4(), FACT, date(2024, 1, 2))
        try:
            await store.save(file, about=About("s01", id, id), actor="test")
        except VersionConflict:
            continue
        print(id, before + 1, file.version, flush=True)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], [UUID(text) for text in sys.argv[3:]], int(sys.argv[2])))
