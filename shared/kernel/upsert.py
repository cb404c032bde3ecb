"""Rows of a table as the events of a batch tell of them: written by one statement, each as it now stands."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import asyncpg

from shared.kernel.database import Connection

Row = Mapping[str, Any]
"""Values by column, those of the table's key among them."""
_Typed = tuple[tuple[str, str], ...]
"""Columns with their types."""


async def upsert(
    connection: Connection,
    table: str,
    keys: tuple[str, ...],
    rows: Iterable[Row],
    *,
    version: str | None = "version",
    once: tuple[str, ...] = (),
    inserted_with: str | None = None,
) -> list[asyncpg.Record]:
    """Inserts the rows, or changes those that stand under the same keys; returns the keys of what was written.

    Rows of the same key are told as one: of each column the last value stands. A column that none of them names keeps
    what it held. What stands with the same `version` (null: none is kept) or a later one is left alone. `once`: columns
    that stay as they were told first. `inserted_with`: a column without which a row changes what stands, and is never
    inserted.
    """
    written: list[asyncpg.Record] = []
    for columns, alike in _by_columns(_by_key(keys, rows, once)).items():
        typed = await _typed(connection, table, columns)
        inserted = inserted_with is None or inserted_with in columns
        statement = (_insert if inserted else _update)(table, keys, typed, version, once)
        written += await connection.fetch(statement, *([row[name] for row in alike] for name in columns))
    return written


def _by_key(keys: tuple[str, ...], rows: Iterable[Row], once: tuple[str, ...]) -> Iterable[Row]:
    together: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        told = together.setdefault(tuple(row[name] for name in keys), {})
        told.update((name, value) for name, value in row.items() if name not in told or name not in once)
    return together.values()


def _by_columns(rows: Iterable[Row]) -> dict[tuple[str, ...], list[Row]]:
    """Groups what one statement can write: rows that name the same columns."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(sorted(row)), []).append(row)
    return found


@cache
def _insert(table: str, keys: tuple[str, ...], typed: _Typed, version: str | None, once: tuple[str, ...]) -> str:
    names = [name for name, _ in typed]
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in (*keys, *once))
    older = f" where t.{version} < excluded.{version}" if version else ""
    return f"""insert into {table} as t ({", ".join(names)}) select * from {_unnest(typed)}
        on conflict ({", ".join(keys)}) do {f"update set {changed}{older}" if changed else "nothing"}
        returning {", ".join(keys)}"""


@cache
def _update(table: str, keys: tuple[str, ...], typed: _Typed, version: str | None, once: tuple[str, ...]) -> str:
    names = [name for name, _ in typed]
    changed = ", ".join(f"{name} = u.{name}" for name in names if name not in (*keys, *once))
    same = [f"t.{name} = u.{name}" for name in keys] + ([f"t.{version} < u.{version}"] if version else [])
    return f"""update {table} t set {changed} from {_unnest(typed)} u({", ".join(names)})
        where {" and ".join(same)} returning {", ".join(f"t.{name}" for name in keys)}"""


def _unnest(typed: _Typed) -> str:
    return f"unnest({', '.join(f'${place}::{type}[]' for place, (_, type) in enumerate(typed, 1))})"


_TYPES: dict[tuple[str, str], dict[str, str]] = {}
"""By role, each of which connects to one database, and table: of each column, the type."""


async def _typed(connection: Connection, table: str, columns: tuple[str, ...]) -> _Typed:
    of = connection.get_settings().session_authorization, table
    if of not in _TYPES:
        _TYPES[of] = {row["name"]: row["type"] for row in await connection.fetch(_COLUMNS, table)}
    return tuple((name, _TYPES[of][name]) for name in columns)


_COLUMNS = """
select attname as name, format_type(atttypid, null) as type from pg_attribute
 where attrelid = $1::text::regclass and attnum > 0 and not attisdropped
"""
