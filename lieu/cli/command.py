"""What every command of `lieu` is made with: its options, its consoles, and how it runs and ends."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.console import Console

from lieu import issuer
from lieu.client import PlatformError
from lieu.embedded import EmbeddedServersError

Work = TypeVar("Work", bound=Callable[..., Coroutine[Any, Any, int | None]])

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


def command(app: typer.Typer, name: str | None = None) -> Callable[[Work], Work]:
    """Makes a command of a coroutine function: its parameters are the options, what it returns the exit status."""

    def register(work: Work) -> Work:
        @app.command(name)
        @wraps(work)
        def run(*args: Any, **kwargs: Any) -> None:
            raise typer.Exit(_status(work(*args, **kwargs)))

        return work

    return register


def _status(work: Coroutine[Any, Any, int | None]) -> int:
    """Runs the work to its end; what the platform answers is told in one line."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work) or 0
    except (PlatformError, EmbeddedServersError, issuer.NoIssuer) as error:
        err.print(f"lieu: {error}", markup=False)
        return 2
