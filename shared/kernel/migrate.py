"""SQL of the databases, run as their owner: numbered migrations by yoyo, each once; then the files of `repeatable/`.

What is changed as a whole, functions and triggers, stands in a repeatable file: it makes them or makes them anew, and
is run at each start at which it says something else than before. A numbered migration makes itself what it needs, such
as the functions of a policy: on a new database the repeatable files come after the last of them.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
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
            _repeat(backend.connection, folders)
    finally:
        backend.connection.close()


def _repeat(connection: Any, folders: Sequence[Path]) -> None:
    """Runs the repeatable files that were changed, each in a transaction that notes what it said."""
    connection.execute(_NOTED)
    noted = dict(connection.execute("select file, sha256 from _yoyo_repeatable").fetchall())
    for name, sql in _repeatable(folders):
        hash = sha256(sql).hexdigest()
        if noted.get(name) != hash:
            with connection.transaction():
                connection.execute(sql)
                connection.execute(_NOTE, (name, hash))


def _repeatable(folders: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for file in sorted(folder.glob("repeatable/*.sql")):
            yield file.name, file.read_bytes()


# Named as yoyo's own tables are: part of the same book-keeping, and no table of the service.
_NOTED = "create table if not exists _yoyo_repeatable (file text primary key, sha256 text not null)"
_NOTE = """insert into _yoyo_repeatable (file, sha256) values (%s, %s)
           on conflict (file) do update set sha256 = excluded.sha256"""
