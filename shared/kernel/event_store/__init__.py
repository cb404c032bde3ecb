"""Aggregates and the asynchronous event store on PostgreSQL.

Owns: the tables head, events, snapshots, answers of each service's database, and the order of events in them.
"""

from shared.kernel.event_store.aggregates import Aggregate, Known
from shared.kernel.event_store.answers import Answer, IdempotencyKey
from shared.kernel.event_store.appending import append_lock
from shared.kernel.event_store.ledger import Ledger
from shared.kernel.event_store.loading import About, IdTaken, Recorded
from shared.kernel.event_store.saves import AlreadyAnswered, Forgotten, VersionConflict, under
from shared.kernel.event_store.store import EventStore

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
