"""What a piece of SQL runs on: a connection, its own or one lent by a pool."""

import asyncpg
import asyncpg.pool

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
