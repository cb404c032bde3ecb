"""PostgreSQL and NATS for a machine that has neither: what `lieu up` and the tests run on.

Owns: a data folder (mode 0700): `postgres/`, `nats/`, `log/`, `secrets.json`, `ports.json`, `lock`; while a backup is
    made or put back also `backup.new-…/`, `restoring/`, `restored/`.
Is asked to: start both servers with a database, an owner and a restricted role for each service; stop
    them; start again the one that died.
Promises: nothing listens beyond 127.0.0.1; the servers do not outlive a killed parent (Linux), or are found
    and stopped at the next start; whatever was killed, the next start recovers what was confirmed.
Knows nothing of the services but their names.
"""

from lieu.embedded.errors import (
    DataFolderInUse,
    DataFolderUnusable,
    EmbeddedServersError,
    PortTaken,
    ServerFailed,
)
from lieu.embedded.servers import Addresses, Database, EmbeddedServers, check

__all__ = [
    "Addresses",
    "DataFolderInUse",
    "DataFolderUnusable",
    "Database",
    "EmbeddedServers",
    "EmbeddedServersError",
    "PortTaken",
    "ServerFailed",
    "check",
]
