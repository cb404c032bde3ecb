"""The whole platform on one machine: embedded servers, five services, one port."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path

import uvicorn

from lieu import issuer
from lieu.embedded import Addresses, EmbeddedServers, PortTaken
from lieu.import_secret import ensure_import_secret, import_secret_of
from lieu.platform import platform
from lieu.secret_files import write_secret
from shared.http import edge
from shared.kernel.clock import today
from shared.kernel.sealing import new_master_key
from shared.kernel.settings import Settings
from shared.language.services import OF_PATHWAYS

log = logging.getLogger(__name__)


FORGETS_BY_ITSELF = ("intake", "training", "outcomes")
"""Services that begin to forget somebody: a person, or a correspondent of their own."""


def settings_for(
    addresses: Addresses, data: Path, master: str | None, real_issuer: str | None = None
) -> dict[str, Settings]:
    """The settings of every service on embedded servers; some of them may be set by the environment.

    `real_issuer`: then all about it is set there; null: the development issuer of `data`.
    """
    return {
        name: Settings.model_validate(
            {
                "LIEU_DATABASE_URL": database.url,
                "LIEU_DATABASE_OWNER_URL": database.owner_url,
                "LIEU_NATS_URL": addresses.nats_urls[name],
                **({"LIEU_OIDC_ISSUER": real_issuer} if real_issuer else issuer.settings(data)),
                "LIEU_KEYS_MASTER": master,
                "LIEU_IMPORT_SECRET": import_secret_of(data) if name in OF_PATHWAYS else None,
                "LIEU_TRACE_FOLDER": data / "traces",
                "LIEU_ERASURE_LEDGER": ledger_folder(data) if name in FORGETS_BY_ITSELF else None,
                **_from_environment(),
            }
        )
        for name, database in addresses.databases.items()
    }


def master_key_of(data: Path) -> str | None:
    """Of the platform on this folder; null where it has none yet, or it was lost."""
    file = data / "keys" / "master"
    return os.environ.get("LIEU_KEYS_MASTER") or (file.read_text().strip() if file.exists() else None)


def ensure_master_key(data: Path) -> str:
    """Made at the first start. Whoever loses it loses every name and note: keep a copy elsewhere."""
    if found := master_key_of(data):
        return found
    file = data / "keys" / "master"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    write_secret(file, new_master_key(f"local-{today():%Y%m%d}"))
    return file.read_text().strip()


def ledger_folder(data: Path) -> Path:
    """Of the erasure ledger: better on another disk than the databases."""
    return Path(os.environ.get("LIEU_ERASURE_LEDGER") or data / "ledger").resolve()


def _from_environment() -> dict[str, str]:
    names = (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "LIEU_TRACES_PER_SECOND",
        "LIEU_BACKUP_DAYS",
        "LIEU_RETENTION",
        "LIEU_BODY_LIMIT",
        "LIEU_REQUESTS_PER_SECOND",
        "LIEU_THRESHOLD_PARTNERS",
        "LIEU_THRESHOLD_PUBLIC",
    )
    return {name: os.environ[name] for name in names if name in os.environ}


@asynccontextmanager
async def running(data: Path, port: int) -> AsyncIterator[str]:
    """The platform, up; yields its address. Raises DataFolderInUse, PortTaken, ServerFailed."""
    data = data.resolve()
    servers = EmbeddedServers(data)
    addresses = await servers.start()
    (data / "running.json").unlink(missing_ok=True)  # of a platform that was killed
    try:
        real_issuer = issuer.real()
        if real_issuer is None:
            issuer.ensure_issuer(data)
        await ensure_import_secret(data, addresses.databases)
        app = platform(settings_for(addresses, data, ensure_master_key(data), real_issuer))
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
            **edge.server_options(os.environ.get("LIEU_TRUSTED_PROXIES", "")),
        )
        server = _Server(config)
        supervising = asyncio.create_task(servers.supervise())
        serving = asyncio.create_task(server.serve())
        try:
            await _until_started(server, serving, port)
            url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            told = data / "running.json.new"
            told.write_text(json.dumps({"url": url, "issuer": real_issuer}))
            told.rename(data / "running.json")  # whoever finds it finds it whole
            yield url
        finally:
            (data / "running.json").unlink(missing_ok=True)
            server.should_exit = True
            with suppress(SystemExit):
                await serving
            supervising.cancel()
            await asyncio.gather(supervising, return_exceptions=True)
    finally:
        await servers.stop()


class _Server(uvicorn.Server):
    """Leaves signals to the command line, which stops everything in order."""

    def capture_signals(self):  # type: ignore[no-untyped-def]
        return nullcontext()


async def _until_started(server: uvicorn.Server, serving: asyncio.Task[None], port: int) -> None:
    while not server.started:
        if serving.done():
            with suppress(SystemExit):
                serving.result()
            raise PortTaken(port, "the platform")
        await asyncio.sleep(0.02)


async def stay_up(data: Path, port: int, when_up: Callable[[str], Awaitable[None]], stop: asyncio.Event) -> None:
    async with running(data, port) as url:
        work = asyncio.create_task(_named(when_up(url)))
        waiting = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if work in done:
            work.result()
            await waiting
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def _named(work: Awaitable[None]) -> None:
    await work
