"""Who was forgotten, as the ids' keyed digests."""

import hmac
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from uuid import UUID

from shared.kernel.database import Connection, Pool


class Ledger:
    """The forgotten ids of one database, as keyed digests."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._digest: Callable[[UUID], bytes] | None = None

    async def digests(self, ids: Iterable[UUID | None]) -> list[bytes]:
        """Digests the ids, in their order, null left out."""
        if self._digest is None:
            secret = await self.pool.fetchval("select secret from forgetting_secret")
            # Every consumer asks for the same ids, a moment after the command that wrote them.
            self._digest = lru_cache(10_000)(lambda id: hmac.digest(secret, id.bytes, "sha256"))
        return [self._digest(id) for id in ids if id is not None]

    async def holds(self, digests: Sequence[bytes]) -> bool:
        return bool(await self.pool.fetchval("select exists(select from forgotten where digest = any($1))", digests))

    async def forgotten(self, ids: Iterable[UUID], connection: Connection | None = None) -> set[UUID]:
        """Finds those of the ids that were forgotten; as a transaction on `connection` sees it, where one is given."""
        asked = list(set(ids))
        by_digest = dict(zip(await self.digests(asked), asked, strict=True))
        rows = await (connection or self.pool).fetch(
            "select digest from forgotten where digest = any($1)", list(by_digest)
        )
        return {by_digest[row["digest"]] for row in rows}
