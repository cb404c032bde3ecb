"""One person or pathway, and what waits in a structure: what an adviser or a manager asks of a platform."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import httpx
import orjson
import typer

from lieu.cli.command import DATA, Data, Token, Url, command
from lieu.client import Platform, PlatformError

app = typer.Typer()


@command(app)
async def morning(
    adviser: Annotated[str | None, typer.Option(help="subject of an adviser's token; else the whole structure")] = None,
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """What waits in a structure, as JSON, for an adviser's or a manager's token."""
    from lieu import desk

    async with _desk(url, token, data) as platform:
        _show(await desk.morning(platform.http, adviser))


@command(app)
async def timeline(
    pathway: Annotated[str, typer.Argument(help="the pathway's id, or import:KEY")],
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """Every fact of a pathway over all services, as JSON, for an adviser's or a manager's token."""
    from lieu import desk

    async with _desk(url, token, data) as platform:
        _show(await desk.timeline(platform.http, await platform.pathway(pathway)))


@asynccontextmanager
async def _desk(url: str | None, token: str | None, data: Path) -> AsyncIterator[Platform]:
    """A platform whose refusals, as the desk raises them, are told as any other."""
    from shared.kernel.refusals import Problem

    async with Platform(url, token, data) as platform:
        try:
            yield platform
        except Problem as refused:
            raise PlatformError(f"{refused.code}: {refused}") from None
        except httpx.HTTPError as error:
            raise PlatformError(f"{platform.url}: {type(error).__name__}") from None


def _show(answer: Any) -> None:
    print(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())


@command(app)
async def copy(
    person: Annotated[str, typer.Argument(help="the person's id, or import:KEY")],
    pdf: Annotated[Path | None, typer.Option(help="write it as PDF")] = None,
    json: Annotated[Path | None, typer.Option(help="write it as JSON")] = None,
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> int:
    """A person's copy of their data (RGPD, article 15), for an adviser's or a manager's token; without a file, JSON."""
    from lieu.personal_copy.command import copy_person

    async with Platform(url, token, data) as platform:
        return await copy_person(platform, person, pdf, json)


@command(app)
async def audit(
    person: Annotated[str | None, typer.Option(help="the person's id, or import:KEY, for a manager's token")] = None,
    user: Annotated[str | None, typer.Option(help="subject of a token")] = None,
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """Who did and who read what of a person, or what a user did and read, over all services."""
    if (person is None) == (user is None):
        raise typer.BadParameter("one of --person, --user")
    from lieu.audit import entries, table

    async with Platform(url, token, data) as platform:
        id = str(await platform.person(person)) if person else None
        print(table(await entries(platform, id, user)))


@command(app)
async def erase(
    person: Annotated[str, typer.Argument(help="the person's id, or import:KEY")],
    url: Url = None,
    token: Token = None,
    data: Data = DATA,
) -> None:
    """Forgets a person over all services (RGPD, article 17), and reports what was destroyed where."""
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
