"""What is kept and for how long: backups, retention, the keys of personal data, the events set aside."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from lieu.cli.command import DATA, Data, Token, Url, command
from lieu.client import Platform
from shared.language.services import SERVICES

app = typer.Typer()
Keys = Annotated[Path | None, typer.Option(help="folder of the backups' data keys; without it FOLDER-keys")]


@command(app)
async def backup(
    folder: Annotated[Path, typer.Argument(help="where backups are kept; better on another disk")],
    keys: Keys = None,
    data: Data = DATA,
    days: Annotated[int, typer.Option(envvar="LIEU_BACKUP_DAYS", min=1, help="older ones are deleted")] = 30,
) -> None:
    """One consistent copy of the databases of the running platform. Never holds the master key: keep that elsewhere."""
    from lieu.backup import back_up, keys_beside

    made = await back_up(data, folder, keys or keys_beside(folder.resolve()), days)
    print(f"backup {made.folder} ({made.size / 1e6:.1f} MB)\nits data keys {made.keys}")
    for old in made.deleted:
        print(f"deleted, older than {days} days: {old}")


@command(app)
async def restore(
    folder: Annotated[Path, typer.Argument(help="a backup, or a folder of backups: the newest")],
    keys: Keys = None,
    ledger: Annotated[Path | None, typer.Option(help="a further folder with an erasure ledger")] = None,
    data: Data = DATA,
) -> None:
    """Puts a backup in the place of what --data holds; people forgotten since are forgotten again before it answers."""
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


@command(app)
async def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be done, and do nothing")] = False,
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> int:
    """Announces, archives and erases the people whose last contact is long ago, as intake does by itself once a day."""
    from lieu.retention import retain

    return await retain(dry_run, url, token, data)


keys = typer.Typer(no_args_is_help=True, help="The keys of personal data.")
app.add_typer(keys, name="keys")


@command(keys, "rotate")
async def keys_rotate(url: Url = None, token: Token = None, data: Data = DATA) -> None:
    """Wraps every person's data key with the first key of LIEU_KEYS_MASTER; the older ones can then be taken away."""
    async with Platform(url, token, data) as platform:
        for service in SERVICES:
            answer = await platform.post(f"/{service}/v1/keys/rotation")
            print(f"{service}: {answer['wrapped']} data keys wrapped anew")


parked = typer.Typer(no_args_is_help=True, help="Events that a consumer could not apply.")
app.add_typer(parked, name="parked")


@command(parked, "list")
async def parked_list(url: Url = None, token: Token = None, data: Data = DATA) -> None:
    """What is parked, where, since when and why."""
    async with Platform(url, token, data) as platform:
        for service in SERVICES:
            for event in await platform.get(f"/{service}/v1/parked"):
                state = "discarded" if event["discarded_at"] else "parked"
                print(
                    f"{service}: {event['consumer']} {state} {event['stream']} {event['position']} "
                    f"key {event['key']} {event['event']} since {event['parked_at']}: {event['reason']}"
                )


@command(parked, "replay")
async def parked_replay(url: Url = None, token: Token = None, data: Data = DATA) -> int:
    """Applies what is parked, in order, after its cause was mended."""
    left = 0
    async with Platform(url, token, data) as platform:
        for service in SERVICES:
            answer = await platform.post(f"/{service}/v1/parked/replay")
            if answer["applied"] or answer["still_parked"]:
                print(f"{service}: {answer['applied']} applied, {answer['still_parked']} still parked")
            left += answer["still_parked"]
    return 1 if left else 0


@command(parked, "discard")
async def parked_discard(service: str, key: str, url: Url = None, token: Token = None, data: Data = DATA) -> None:
    """Gives up what is parked of one pathway; its figures stay marked incomplete."""
    async with Platform(url, token, data) as platform:
        await platform.post(f"/{service}/v1/parked/discard", orjson.dumps({"key": key}))
    print("discarded")
