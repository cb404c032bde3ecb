"""`lieu`, the command line."""

import logging

import typer

from lieu.cli import keeping, people, running

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for theme in (running, people, keeping):
    app.add_typer(theme.app)


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app()
