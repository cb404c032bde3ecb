"""Which of the two sets of read models answers, and how a transaction enters one."""

from shared.database import Connection

SETS = ("read_model_a", "read_model_b")


async def enter_active(connection: Connection) -> None:
    """For the rest of the transaction, unqualified names are those of the set that answers, until it ends."""
    await connection.execute(
        """select set_config('search_path', name || ', public', true)
             from (select name from active_read_model for share) active"""
    )


async def enter(connection: Connection, name: str) -> None:
    await connection.execute("select set_config('search_path', $1 || ', public', true)", name)


async def empty(connection: Connection, name: str) -> None:
    """Takes away all that a set holds, in whatever tables it has: rows, positions and what is parked."""
    tables = await connection.fetchval(
        "select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables where schemaname = $1", name
    )
    await connection.execute(f"truncate {tables}")


async def enter_for_reading(connection: Connection) -> None:
    """As `enter_active`, in a transaction that may not write, nor take a lock.

    Each question is planned for itself: a plan for all scopes alike was seen to take minutes instead of a moment.
    """
    name = await connection.fetchval("select name from active_read_model")
    await connection.execute(
        """select set_config('search_path', $1 || ', public', true),
                  set_config('plan_cache_mode', 'force_custom_plan', true)""",
        name,
    )


async def expect_many(connection: Connection) -> None:
    """For the rest of the transaction, rows are joined and sorted in bulk: behind the policies the planner takes the
    nation's pathways for a few, and would look each of them up by an index."""
    await connection.execute("select set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true)")
