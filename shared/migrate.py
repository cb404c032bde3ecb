"""Numbered SQL migrations, run by yoyo under its lock, as the database's owner."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from yoyo import get_backend, read_migrations

SHARED = Path(__file__).parent / "migrations"
"""The event store, subscriptions and known pathways of the four pathway services."""


def migrate(owner_url: str, restricted_url: str, folders: Sequence[Path]) -> None:
    """Brings the database of `owner_url` up to date; grants go to the role of `restricted_url`."""
    role = urlsplit(restricted_url).username
    parts = urlsplit(owner_url)
    query = f"{parts.query}&" if parts.query else ""
    options = quote(f"-c lieu.role={role} -c lieu.across=on")
    url = urlunsplit(parts._replace(scheme="postgresql+psycopg", query=f"{query}options={options}"))
    backend = get_backend(url)
    try:
        migrations = read_migrations(*map(str, folders))
        # yoyo's own lock is a row, which a killed process leaves behind; this one ends with its session.
        backend.execute("select pg_advisory_lock(hashtext('lieu.migrations'))")
        backend.break_lock()
        with backend.lock():
            backend.apply_migrations(backend.to_apply(migrations))
    finally:
        backend.connection.close()
