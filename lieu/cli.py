"""`lieu`, the command line."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import httpx
import orjson
import typer
import uvloop
from rich.console import Console
from rich.progress import Progress

from lieu import issuer, tracing
from lieu import status as statuses
from lieu.client import Platform, PlatformError
from lieu.embedded import EmbeddedServersError
from lieu.import_sheets import FolderRefused
from lieu.importing import Summary, import_folder
from shared.access import Role
from shared.clock import now
from shared.services import SERVICES
from shared.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def data_folder() -> Path:
    """`.lieu` here; where this folder is only to be read, in the virtual environment."""
    here = Path(".lieu")
    return here if here.exists() or os.access(".", os.W_OK) else Path(sys.prefix, ".lieu")


DATA = data_folder()

Data = Annotated[Path, typer.Option(envvar="LIEU_DATA", help="the platform's data folder")]
Url = Annotated[str | None, typer.Option(help="address of a platform; without it, the one that runs on --data")]
Token = Annotated[str | None, typer.Option(help="bearer token; else LIEU_TOKEN, else a development token of --data")]


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app()


def _run(work: Awaitable[int]) -> None:
    """Ends the command with the work's exit status; what the platform answers is told in one line."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            code = runner.run(_as_coroutine(work))
    except (PlatformError, EmbeddedServersError, issuer.NoIssuer) as error:
        err.print(f"lieu: {error}", markup=False)
        code = 2
    raise typer.Exit(code)


async def _as_coroutine(work: Awaitable[int]) -> int:
    return await work


@app.command()
def up(
    data: Data = DATA,
    port: Annotated[
        int, typer.Option(envvar="LIEU_PORT", help="port of the platform on 127.0.0.1; 0 chooses a free one")
    ] = 8000,
    demo: Annotated[bool, typer.Option(help="play the made-up cohort and print its figures")] = False,
) -> None:
    """All five services on embedded PostgreSQL and NATS; stays up until Ctrl-C or SIGTERM."""
    _run(_up(data, port, demo))


async def _up(data: Path, port: int, demo: bool) -> int:
    from lieu.up import stay_up

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
    return 0


@app.command()
def serve(
    service: Annotated[str, typer.Argument(help=", ".join(SERVICES))],
    host: Annotated[str, typer.Option(help="address to listen on")] = "0.0.0.0",
    port: Annotated[int, typer.Option(envvar="LIEU_PORT")] = 8000,
) -> None:
    """One service, from environment settings, for containers and Kubernetes."""
    import uvicorn

    from lieu.platform import platform
    from shared import edge

    if service not in SERVICES:
        raise typer.BadParameter(f"one of {', '.join(SERVICES)}")
    spare_the_collector()
    settings = Settings()
    options = edge.server_options(settings.trusted_proxies)
    uvicorn.run(platform({service: settings}), host=host, port=port, access_log=False, **options)


def spare_the_collector() -> None:
    """What the libraries made on import lives as long as the process: looking through it again and again costs a tenth
    of a busy platform's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(help="a folder of CSV files, or a workbook (.xlsx): docs/import.md")],
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """A historical import. Exit status 1 if a row was refused."""
    _run(_import(folder, url, token, data))


async def _import(folder: Path, url: str | None, token: str | None, data: Path) -> int:
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


@app.command()
def status(
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
    wait: Annotated[bool, typer.Option(help="return when all have caught up")] = False,
) -> None:
    """What is wrong first, then how far everything is. Exit 0 well, 1 late or parked, 2 broken."""
    _run(_status(url, token, data, wait))


async def _status(url: str | None, token: str | None, data: Path, wait: bool) -> int:
    async with Platform(url, token, data) as platform:
        report = await (statuses.wait_until_caught_up(platform) if wait else statuses.look(platform))
    print(report.text())
    return report.code


@app.command()
def rebuild(
    what: Annotated[str, typer.Argument(help="reporting")],
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """Read models anew from the streams, while the old ones answer."""
    if what != "reporting":
        raise typer.BadParameter("only reporting is rebuilt from the streams")
    _run(_rebuild(url, token, data))


async def _rebuild(url: str | None, token: str | None, data: Path) -> int:
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


@app.command()
def token(
    role: Annotated[Role, typer.Option(help="what the bearer may do")],
    structure: Annotated[str | None, typer.Option(help="the structure of an adviser or a manager")] = None,
    data: Data = DATA,
) -> None:
    """A token of the development issuer of the platform in --data."""
    try:
        print(issuer.users_token(data, role, structure))
    except issuer.NoIssuer as error:
        err.print(f"lieu: {error}", markup=False)
        raise typer.Exit(2) from None


@app.command()
def trace(
    id: Annotated[str, typer.Argument(help="a pathway's id, import:KEY, an event's id, or a trace id")],
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """The path of a pathway, event or trace through the platform, stage by stage, with the waits between."""
    _run(_trace(id, url, token, data))


async def _trace(id: str, url: str | None, token: str | None, data: Path) -> int:
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


@app.command("morning")
def morning_(
    adviser: Annotated[str | None, typer.Option(help="subject of an adviser's token; else the whole structure")] = None,
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """What waits in a structure, as JSON, for an adviser's or a manager's token."""
    from lieu.desk import morning

    _run(_show(lambda platform: morning(platform.http, adviser), url, token, data))


@app.command("timeline")
def timeline_(
    pathway: Annotated[str, typer.Argument(help="the pathway's id, or import:KEY")],
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """Every fact of a pathway over all services, as JSON, for an adviser's or a manager's token."""
    from lieu.desk import timeline

    async def of_pathway(platform: Platform) -> Any:
        return await timeline(platform.http, await platform.pathway(pathway))

    _run(_show(of_pathway, url, token, data))


async def _show(ask: Callable[[Platform], Awaitable[Any]], url: str | None, token: str | None, data: Path) -> int:
    from shared.problems import Problem

    async with Platform(url, token, data) as platform:
        try:
            print(orjson.dumps(await ask(platform), option=orjson.OPT_INDENT_2).decode())
        except Problem as refused:
            raise PlatformError(f"{refused.code}: {refused}") from None
        except httpx.HTTPError as error:
            raise PlatformError(f"{platform.url}: {type(error).__name__}") from None
    return 0


@app.command()
def copy(
    person: Annotated[str, typer.Argument(help="the person's id, or import:KEY")],
    pdf: Annotated[Path | None, typer.Option(help="write it as PDF")] = None,
    json: Annotated[Path | None, typer.Option(help="write it as JSON")] = None,
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """A person's copy of their data (RGPD, article 15), for an adviser's or a manager's token; without a file, JSON."""
    _run(_copy(person, pdf, json, url, token, data))


async def _copy(
    person: str, pdf: Path | None, json: Path | None, url: str | None, token: str | None, data: Path
) -> int:
    from lieu.personal_copy.command import copy_person

    async with Platform(url, token, data) as platform:
        return await copy_person(platform, person, pdf, json)


@app.command("audit")
def audit_(
    person: Annotated[str | None, typer.Option(help="the person's id, or import:KEY, for a manager's token")] = None,
    user: Annotated[str | None, typer.Option(help="subject of a token")] = None,
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """Who did and who read what of a person, or what a user did and read, over all services."""
    if (person is None) == (user is None):
        raise typer.BadParameter("one of --person, --user")
    _run(_audit(person, user, url, token, data))


async def _audit(person: str | None, user: str | None, url: str | None, token: str | None, data: Path) -> int:
    from lieu import audit

    async with Platform(url, token, data) as platform:
        id = str(await platform.person(person)) if person else None
        print(audit.table(await audit.entries(platform, id, user)))
    return 0


@app.command()
def erase(
    person: Annotated[str, typer.Argument(help="the person's id, or import:KEY")],
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """Forgets a person over all services (RGPD, article 17), and reports what was destroyed where."""
    _run(_erase(person, url, token, data))


async def _erase(person: str, url: str | None, token: str | None, data: Path) -> int:
    async with Platform(url, token, data) as platform:
        state = await platform.post(f"/intake/v1/persons/{await platform.person(person)}/erasure")
        while not state["done"]:
            await asyncio.sleep(0.2)
            state = await platform.get(f"/intake/v1/erasures/{state['erasure']}")
    print(f"erasure {state['erasure']}: done")
    for service, destroyed in state["destroyed"].items():
        print(f"  {service:<11} " + ", ".join(f"{count} {what}" for what, count in destroyed.items()))
    until = date.fromisoformat(state["in_backups_until"])
    print(f"The figures keep an anonymous copy. Backups made before may hold the person until {until}.")
    return 0


Keys = Annotated[Path | None, typer.Option(help="folder of the backups' data keys; without it FOLDER-keys")]


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="where backups are kept; better on another disk")],
    keys: Keys = None,
    data: Data = DATA,
    days: Annotated[int, typer.Option(envvar="LIEU_BACKUP_DAYS", min=1, help="older ones are deleted")] = 30,
) -> None:
    """One consistent copy of the databases of the running platform. Never holds the master key: keep that elsewhere."""
    _run(_backup(folder, keys, data, days))


async def _backup(folder: Path, keys: Path | None, data: Path, days: int) -> int:
    from lieu.backup import back_up, keys_beside

    made = await back_up(data, folder, keys or keys_beside(folder.resolve()), days)
    print(f"backup {made.folder} ({made.size / 1e6:.1f} MB)\nits data keys {made.keys}")
    for old in made.deleted:
        print(f"deleted, older than {days} days: {old}")
    return 0


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="a backup, or a folder of backups: the newest")],
    keys: Keys = None,
    ledger: Annotated[Path | None, typer.Option(help="a further folder with an erasure ledger")] = None,
    data: Data = DATA,
) -> None:
    """Puts a backup in the place of what --data holds; people forgotten since are forgotten again before it answers."""
    _run(_restore(folder, keys, ledger, data))


async def _restore(folder: Path, keys: Path | None, ledger: Path | None, data: Path) -> int:
    from lieu.backup import restore

    done = await restore(folder, data, keys, ledger, lambda step: print(step, flush=True))
    print(f"restored: the platform of {done.made_at}; {done.erased} erasures applied again")
    if not done.ledger_found:
        print("NO ERASURE LEDGER FOUND: who was forgotten since this backup is back. Give --ledger and restore again.")
    if done.without_keys:
        print("The data keys of this backup are no longer kept: names and notes stay unreadable; all else is there.")
    for id in done.missing_keys:
        print(f"Master key {id} is missing: without it no name of this backup can be read. Put it into")
        print(f"{data / 'keys' / 'master'} before the platform starts, or after the key that stands there (NEW,OLD).")
    return 0


@app.command()
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be done, and do nothing")] = False,
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """Announces, archives and erases the people whose last contact is long ago, as intake does by itself once a day."""
    from lieu.retention import retain

    _run(retain(dry_run, url, token, data))


keys = typer.Typer(no_args_is_help=True, help="The keys of personal data.")
app.add_typer(keys, name="keys")


@keys.command("rotate")
def keys_rotate(url: Url = None, token: Token = None, data: Data = DATA) -> None:
    """Wraps every person's data key with the first key of LIEU_KEYS_MASTER; the older ones can then be taken away."""
    _run(_keys_rotate(url, token, data))


async def _keys_rotate(url: str | None, token: str | None, data: Path) -> int:
    async with Platform(url, token, data) as platform:
        for service in SERVICES:
            answer = await platform.post(f"/{service}/v1/keys/rotation")
            print(f"{service}: {answer['wrapped']} data keys wrapped anew")
    return 0


parked = typer.Typer(no_args_is_help=True, help="Events that a consumer could not apply.")
app.add_typer(parked, name="parked")


@parked.command("list")
def parked_list(url: Url = None, token: Token = None, data: Data = DATA) -> None:
    """What is parked, where, since when and why."""
    _run(_parked_list(url, token, data))


async def _parked_list(url: str | None, token: str | None, data: Path) -> int:
    async with Platform(url, token, data) as platform:
        for service in SERVICES:
            for event in await platform.get(f"/{service}/v1/parked"):
                state = "discarded" if event["discarded_at"] else "parked"
                print(
                    f"{service}: {event['consumer']} {state} {event['stream']} {event['position']} "
                    f"key {event['key']} {event['event']} since {event['parked_at']}: {event['reason']}"
                )
    return 0


@parked.command("replay")
def parked_replay(url: Url = None, token: Token = None, data: Data = DATA) -> None:
    """Applies what is parked, in order, after its cause was mended."""
    _run(_parked_replay(url, token, data))


async def _parked_replay(url: str | None, token: str | None, data: Path) -> int:
    left = 0
    async with Platform(url, token, data) as platform:
        for service in SERVICES:
            answer = await platform.post(f"/{service}/v1/parked/replay")
            if answer["applied"] or answer["still_parked"]:
                print(f"{service}: {answer['applied']} applied, {answer['still_parked']} still parked")
            left += answer["still_parked"]
    return 1 if left else 0


@parked.command("discard")
def parked_discard(service: str, key: str, url: Url = None, token: Token = None, data: Data = DATA) -> None:
    """Gives up what is parked of one pathway; its figures stay marked incomplete."""
    _run(_parked_discard(service, key, url, token, data))


async def _parked_discard(service: str, key: str, url: str | None, token: str | None, data: Path) -> int:
    async with Platform(url, token, data) as platform:
        await platform.post(f"/{service}/v1/parked/discard", orjson.dumps({"key": key}))
    print("discarded")
    return 0
