"""The import secret of a data folder, made once, beside the master key (docs/decisions/0028-ids-under-a-secret.md)."""

import os
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from lieu.embedded import Database, EmbeddedServersError
from lieu.secret_files import write_secret
from shared.kernel.import_keys import CONSTANT, ImportKeys, differs, new_import_secret
from shared.language.services import OF_PATHWAYS

FILE = Path("keys") / "import"


class ImportSecretLost(EmbeddedServersError):
    """The databases were imported into under another secret than is at hand. Nothing runs then."""


def import_secret_of(data: Path) -> str | None:
    """Of the environment, or of the file that it names; else of this folder; null where there is none yet, or it was
    lost. Raises ImportSecretLost where the file that is named is not there."""
    named = os.environ.get("LIEU_IMPORT_SECRET_FILE")
    file = Path(named) if named else data / FILE
    if secret := os.environ.get("LIEU_IMPORT_SECRET"):
        return secret
    if file.exists():
        return file.read_text().strip()
    if named:
        raise ImportSecretLost(f"LIEU_IMPORT_SECRET_FILE names {file}, which is not there")
    return None


async def ensure_import_secret(data: Path, databases: Mapping[str, Database], *others: str | None) -> None:
    """Sees to it that the folder holds the secret that its databases were imported into under.

    Where it holds none: the first of the `others` that fits, else the constant of before; a new one where nothing was
    imported. Raises ImportSecretLost.
    """
    own, noted = import_secret_of(data), await _noted(databases)
    at_hand = [own] if own else [*filter(None, others), CONSTANT if noted else new_import_secret()]
    secret = next((one for one in at_hand if noted <= {ImportKeys(one).fingerprint}), None)
    if secret is None:
        why = "; ".join(map(differs, sorted(noted)))
        raise ImportSecretLost(f"the import secret of these databases is missing: {why}. Put it into {data / FILE}")
    if secret != own:
        (data / FILE).parent.mkdir(mode=0o700, exist_ok=True)
        write_secret(data / FILE, secret)


async def _noted(databases: Mapping[str, Database]) -> set[str]:
    """Fingerprints of the secrets that the databases were imported into under. One that was not yet migrated tells by
    what it holds, as its migration will."""
    found = set()
    for service in OF_PATHWAYS:
        connection = await asyncpg.connect(databases[service].owner_url, server_settings={"lieu.across": "on"})
        try:
            if await connection.fetchval("select to_regclass('import_secret') is not null"):
                found.add(await connection.fetchval("select fingerprint from import_secret"))
            elif await connection.fetchval("select to_regclass('events') is not null") and await _imported(connection):
                found.add(CONSTANT)
        finally:
            await connection.close()
    return found - {None}


async def _imported(connection: asyncpg.Connection) -> bool:
    forgets = await connection.fetchval("select to_regclass('forgotten') is not null")
    forgotten = forgets and await connection.fetchval("select exists(select from forgotten)")
    return bool(forgotten or await connection.fetchval("select exists(select from events where historical)"))
