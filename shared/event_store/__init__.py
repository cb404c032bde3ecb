"""Aggregates and the asynchronous event store on PostgreSQL.

Owns: the tables head, events, snapshots, answers of each service's database, and the order of events in them.
"""

from shared.event_store.aggregates import Aggregate, Known
from shared.event_store.store import (
    About,
    AlreadyAnswered,
    Answer,
    EventStore,
    Forgotten,
    IdempotencyKey,
    IdTaken,
    Ledger,
    Recorded,
    VersionConflict,
    append_lock,
    under,
)

__all__ = [
    "About",
    "Aggregate",
    "AlreadyAnswered",
    "Answer",
    "EventStore",
    "Forgotten",
    "IdTaken",
    "IdempotencyKey",
    "Known",
    "Ledger",
    "Recorded",
    "VersionConflict",
    "append_lock",
    "under",
]
