"""A platform: to start one, to fill it, and to see how far it is."""

import asyncio
import gc
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from lieu import issuer, tracing
from lieu import status as statuses
from lieu.cli.command import DATA, Data, Token, Url, command, err, out
from lieu.client import Platform
from lieu.import_sheets import FolderRefused
from lieu.importing import Summary, import_folder
from shared.kernel.callers import Role
from shared.kernel.clock import now
from shared.kernel.logs import log_as_json
from shared.kernel.settings import Settings
from shared.language.services import SERVICES

app = typer.Typer()


@command(app)
async def up(
    data: Data = DATA,
    port: Annotated[
        int, typer.Option(envvar="LIEU_PORT", help="port of the platform on 127.0.0.1; 0 chooses a free one")
    ] = 8000,
    demo: Annotated[bool, typer.Option(help="play the made-up cohort and print its figures")] = False,
) -> None:
    """All five services on embedded PostgreSQL and NATS; stays up until Ctrl-C or SIGTERM."""
    from lieu.up import stay_up

    log_as_json("lieu")
    spare_the_collector()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def when_up(url: str) -> None:
        if demo:
            from lieu.demo_run import play

            await play(url, data, out)
        out.print(f"Lieu is up at {url} (data in {data}). Ctrl-C stops it.")
        query = "" if issuer.real() else f"?token={issuer.token(data, Role.OPERATOR)}"
        out.print(f"To look at the figures, open {url}/sign-in{query}")
        sys.stdout.flush()

    await stay_up(data, port, when_up, stop)
    out.print("Stopped.")


@app.command()
def serve(
    service: Annotated[str, typer.Argument(help=", ".join(SERVICES))],
    host: Annotated[str, typer.Option(help="address to listen on")] = "0.0.0.0",
    port: Annotated[int, typer.Option(envvar="LIEU_PORT")] = 8000,
) -> None:
    """One service, from environment settings, for containers and Kubernetes."""
    import uvicorn

    from lieu.platform import platform
    from shared.http import edge

    if service not in SERVICES:
        raise typer.BadParameter(f"one of {', '.join(SERVICES)}")
    log_as_json(service)
    spare_the_collector()
    settings = Settings()
    options = edge.server_options(settings.trusted_proxies)
    app = platform({service: settings})
    uvicorn.run(app, host=host, port=port, log_config=None, log_level="info", access_log=False, **options)


def spare_the_collector() -> None:
    """What the libraries made on import lives as long as the process: looking through it again and again costs a tenth
    of a busy platform's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@command(app, "import")
async def import_(
    folder: Annotated[Path, typer.Argument(help="a folder of CSV files, or a workbook (.xlsx): docs/import.md")],
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> int:
    """A historical import. Exit status 1 if a row was refused."""
    async with Platform(url, token, data) as platform:
        try:
            with Progress(console=err, transient=True, disable=not err.is_terminal) as bars:
                tasks = {}

                def progress(stage: str, done: int, of: int) -> None:
                    if stage not in tasks:
                        tasks[stage] = bars.add_task(stage, total=of)
                    bars.update(tasks[stage], completed=done)

                summary = await import_folder(platform, folder, now(), progress)
        except FolderRefused as refused:
            for refusal in refused.refusals:
                print(refusal)
            print("The folder is refused; nothing was recorded.")
            return 1
    _tell(summary)
    return 1 if summary.refusals else 0


def _tell(summary: Summary) -> None:
    for line in summary.told:
        print(line)
    for refusal in summary.refusals:
        print(refusal)
    for line in summary.vanished:
        print(f"vanished (kept): {line}")
    added = sum(summary.events.values())
    by_service = ", ".join(f"{service} {events}" for service, events in summary.events.items())
    print(
        f"{summary.pathways} pathways, {summary.facts} facts: {added} new events ({by_service or 'none'}); "
        f"{len(summary.refusals)} refusals, {len(summary.vanished)} vanished rows"
        + (f", {len(summary.forgotten)} pathways of forgotten people ignored" if summary.forgotten else "")
    )


@command(app)
async def status(
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
    wait: Annotated[bool, typer.Option(help="return when all have caught up")] = False,
) -> int:
    """What is wrong first, then how far everything is. Exit 0 well, 1 late or parked, 2 broken."""
    async with Platform(url, token, data) as platform:
        report = await (statuses.wait_until_caught_up(platform) if wait else statuses.look(platform))
    print(report.text())
    return report.code


@command(app)
async def rebuild(
    what: Annotated[str, typer.Argument(help="reporting")],
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> int:
    """Read models anew from the streams, while the old ones answer."""
    if what != "reporting":
        raise typer.BadParameter("only reporting is rebuilt from the streams")
    async with Platform(url, token, data) as platform:
        with Progress(console=err, transient=True, disable=not err.is_terminal) as bars:
            task = bars.add_task("rebuild", total=None)
            started = await platform.post("/reporting/v1/rebuild")
            while started["state"] == "running":
                await asyncio.sleep(0.2)
                started = await platform.get("/reporting/v1/rebuild")
                bars.update(task, completed=started["applied"], total=max(started["of"], 1))
    print(
        f"rebuild {started['state']}: {started['applied']} events"
        + (f": {started['error']}" if started["error"] else "")
    )
    return 0 if started["state"] == "done" else 2


@command(app)
async def token(
    role: Annotated[Role, typer.Option(help="what the bearer may do")],
    structure: Annotated[str | None, typer.Option(help="the structure of an adviser or a manager")] = None,
    data: Data = DATA,
) -> None:
    """A token of the development issuer of the platform in --data."""
    print(issuer.users_token(data, role, structure))


@command(app)
async def trace(
    id: Annotated[str, typer.Argument(help="a pathway's id, import:KEY, an event's id, or a trace id")],
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> int:
    """The path of a pathway, event or trace through the platform, stage by stage, with the waits between."""
    if tracing.is_trace_id(id):
        ids: dict[str, list[str]] = {id: []}
    else:
        async with Platform(url, token, data) as platform:
            ids = await tracing.traces_of(platform, id)
    waterfalls = tracing.waterfalls(data / "traces", ids)
    for waterfall in waterfalls:
        print(waterfall)
    if not waterfalls:
        print("no trace found: not sampled, or sent to a collector" if ids else "no such event")
    return 0 if waterfalls else 1
