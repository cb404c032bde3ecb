"""One service as a process runs it: its database, its connection to the broker, and the tasks that never end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import APIRouter, FastAPI

from shared.http import readings
from shared.http.access import TokenCheck
from shared.http.door import Application
from shared.http.openapi import describe
from shared.http.operations import operations
from shared.http.problems import answer_problems
from shared.kernel import broker, database, users
from shared.kernel.database import Pool, ask_across_structures
from shared.kernel.election import Election, end
from shared.kernel.erasure_ledger import ErasureLedger
from shared.kernel.event_store import EventStore, Recorded
from shared.kernel.event_store.aggregates import is_of
from shared.kernel.import_keys import ImportKeys
from shared.kernel.migrate import migrate
from shared.kernel.relay import Publishing, Relay
from shared.kernel.sealing import EnvironmentKeys, PersonKeys
from shared.kernel.settings import Settings
from shared.kernel.subscriber import Subscriber
from shared.language.contracts import Body
from shared.language.contracts.reporting import ErasureRewritten
from shared.language.services import OF_PATHWAYS
from shared.people import audit, correspondents, disagreement, forgetting
from shared.people.forgetting import Forgetting, InTurn, beside_others

log = logging.getLogger(__name__)


@dataclass
class Runtime:
    """What a running service works with; stands at `app.state.runtime`."""

    name: str
    settings: Settings
    pool: Pool
    client: broker.Client
    store: EventStore
    import_keys: ImportKeys
    relay: Relay | None = None
    forgetting: Forgetting | None = None
    subscribers: list[Subscriber] = field(default_factory=list)


Task = Callable[[], Awaitable[None]]


def create_service(
    name: str,
    settings: Settings,
    title: str,
    *,
    migrations: Sequence[Path],
    public: Publishing | None = None,
    watermarks: bool = True,
    subscribers: Callable[[Runtime], list[Subscriber]] = lambda _: [],
    in_turn: InTurn = beside_others,
    elected: Callable[[Runtime], dict[str, Task]] = lambda _: {},
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """Makes the service's application with the routes of `routers`. It runs while its lifespan is entered.

    `watermarks`: somebody waits for the instant up to which it has told everything. `in_turn`: what its consumers
    hold that write of people one at a time. `elected`: what else one instance at a time does, for ever.
    """

    master_keys = EnvironmentKeys(settings.keys_master.get_secret_value() if settings.keys_master else None)

    import_keys = ImportKeys(settings.import_secret_given)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.database_owner_url:
            await asyncio.to_thread(migrate, settings.database_owner_url, settings.database_url, migrations)
        client = await broker.connect(settings.nats_url, name)
        try:
            async with database.pool(settings.database_url) as pool:
                store = EventStore(pool, PersonKeys(name, master_keys))
                runtime = Runtime(name, settings, pool, client, store, import_keys)
                if name in OF_PATHWAYS:
                    await import_keys.must_fit(pool)
                    outside = ErasureLedger(settings.erasure_ledger) if settings.erasure_ledger else None
                    runtime.forgetting = Forgetting(name, runtime.store, client, in_turn, outside)
                runtime.subscribers = [*subscribers(runtime), *_erasures(runtime), users.subscriber(name, pool, client)]
                if public is not None:
                    runtime.relay = Relay(name, runtime.store, client, _with_shared(public), watermarks)
                app.state.runtime, app.state.pool = runtime, pool
                app.state.token_check = TokenCheck(settings, users.Users(pool).admit)
                election = Election(settings.database_url)
                tasks = [
                    asyncio.create_task(for_ever(what, task))
                    for what, task in _tasks(runtime, elected(runtime), election.while_elected).items()
                ]
                try:
                    yield
                finally:
                    await end(tasks)
                    await election.close()
        finally:
            await client.close()

    app = Application(title=title, version="1", lifespan=lifespan)
    answer_problems(app)
    describe(app, name)
    app.include_router(operations(name))
    for router in (audit.router, *routers):
        app.include_router(router)
    return app


def _with_shared(public: Publishing) -> Publishing:
    """What every service publishes alike, or keeps, beside what is its own."""

    def publish(recorded: Recorded) -> tuple[str, Body] | None:
        if any(is_of(kept, recorded.event) for kept in (disagreement.DisagreementFile, correspondents.Correspondent)):
            return None
        return forgetting.public(recorded) or public(recorded)

    return publish


def _erasures(runtime: Runtime) -> list[Subscriber]:
    if runtime.forgetting is None:
        return []
    work, name = runtime.forgetting.when_the_figures_are_rewritten, f"{runtime.name}-forgetting"
    return [Subscriber(name, "reporting", runtime.pool, runtime.client, work, of=[ErasureRewritten])]


def _tasks(
    runtime: Runtime, elected: dict[str, Task], while_elected: Callable[[str, Task], Awaitable[None]]
) -> dict[str, Task]:
    name = runtime.name
    tasks: dict[str, Task] = {"the readings": lambda: readings.drop_old(runtime.pool)}
    if runtime.relay is not None:
        relay = runtime.relay
        tasks["the event store"] = runtime.store.run
        tasks["the relay"] = lambda: while_elected(f"relay {name}", relay.run)
    if runtime.forgetting is not None:
        run_erasures = runtime.forgetting.run
        tasks["erasures"] = lambda: while_elected(f"erasures {name}", run_erasures)
    for what, work in elected.items():
        tasks[what] = lambda what=what, work=work: while_elected(f"{what} {name}", work)  # type: ignore[misc]
    for subscriber in runtime.subscribers:
        lock = f"{subscriber.name} on {subscriber.stream}"
        tasks[lock] = lambda lock=lock, run=subscriber.run: while_elected(lock, run)  # type: ignore[misc]
    return tasks


async def for_ever(what: str, task: Task) -> None:
    """A task that fails unexpectedly is seen in the log and started again; the others go on. It works for everybody."""
    ask_across_structures()
    while True:
        try:
            await task()
        except Exception:
            log.exception("%s failed unexpectedly and is started again", what)
        await asyncio.sleep(1)
