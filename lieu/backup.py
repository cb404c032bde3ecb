"""Backups of one machine and their restore (docs/decisions/0010-backups.md).

A backup folder holds

    2026-11-24T20-30-05Z/   one backup: cluster.tar.gz (PostgreSQL, without any data key), secrets.json, backup.json
    erasures                the erasure ledger, which the running platform keeps up to date here

and beside it a folder of keys holds `2026-11-24T20-30-05Z.json`, the wrapped data keys of that backup, and
`2026-11-24T20-30-05Z.import`, the secret that ids of imports are derived under. Whoever has the backup alone reads no
name; whoever has both still needs the master key, which is in neither.
"""

import asyncio
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import asyncpg
import httpx

from lieu import issuer, status
from lieu.client import Platform
from lieu.embedded import Addresses, EmbeddedServers, EmbeddedServersError
from lieu.embedded.postgres import SUPERUSER, Postgres, binaries
from lieu.embedded.servers import DRAFT, RESTORED, STAGING, choose_port, lock_folder, take_restored
from lieu.import_secret import ImportSecretLost, ensure_import_secret, import_secret_of
from lieu.platform import platform
from lieu.secret_files import write_secret
from lieu.up import ledger_folder, master_key_of, settings_for
from services.intake import application as intake
from services.intake import views as intake_views
from shared.kernel.callers import Role
from shared.kernel.database import ask_across_structures
from shared.kernel.erasure_ledger import ErasureLedger
from shared.kernel.sealing import EnvironmentKeys
from shared.language.services import SERVICES
from shared.people import correspondents

Tell = Callable[[str], None]
_NAME = "%Y-%m-%dT%H-%M-%SZ"


class BackupError(EmbeddedServersError):
    """A backup that cannot be made, or cannot be restored; the message says why and what to do."""


@dataclass(frozen=True)
class Made:
    """`size` in bytes; `deleted`: older backups and keys, whose time was over."""

    folder: Path
    keys: Path
    size: int
    deleted: list[str]


def keys_beside(folder: Path) -> Path:
    """Where the keys of the backups in a folder are unless told otherwise."""
    return folder.with_name(f"{folder.name}-keys")


# --- a backup ---------------------------------------------------------------------------------------------


async def back_up(data: Path, folder: Path, keys: Path, days: int) -> Made:
    """One consistent copy of all databases of the platform that runs on `data`. Raises BackupError, ServerFailed."""
    data, folder, keys = data.resolve(), folder.resolve(), keys.resolve()
    if keys == folder or folder in keys.parents:
        raise BackupError("the keys belong apart from the backups: choose another folder for --keys")
    if not (data / "running.json").exists():
        raise BackupError(f"no platform runs on {data}; start it with: lieu up --data {data}")
    for place in (folder, keys):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    made_at = datetime.now(UTC)
    name = made_at.strftime(_NAME)
    if (folder / name).exists():
        raise BackupError(f"{folder / name} is there already: another backup was made this second")
    for draft in (*data.glob(f"{STAGING}*"), *folder.glob(f"{STAGING}*")):
        shutil.rmtree(draft)  # of a backup that was killed
    staging, draft = Path(mkdtemp(prefix=STAGING, dir=data)), Path(mkdtemp(prefix=STAGING, dir=folder))
    try:
        await _copy_cluster(data, staging / "postgres")
        wrapped = await _take_keys_out(data, staging)
        await asyncio.to_thread(_pack, staging / "postgres", draft / "cluster.tar.gz")
        write_secret(draft / "secrets.json", (data / "secrets.json").read_text())
        told = {"made_at": made_at.isoformat(), "sha256": _digest(draft / "cluster.tar.gz"), "services": list(SERVICES)}
        write_secret(draft / "backup.json", json.dumps(told, indent=1))
        # The keys first: a backup that is there has its keys.
        write_secret(keys / f"{name}.json", json.dumps(wrapped))
        write_secret(keys / f"{name}.import", import_secret_of(data) or "")
        draft.rename(folder / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(draft, ignore_errors=True)
    ledger = ErasureLedger(ledger_folder(data))
    ledger.copy_to(folder)
    (folder / "erasures").touch(mode=0o600)
    size = sum(file.stat().st_size for file in (folder / name).iterdir())
    return Made(folder / name, keys / f"{name}.json", size, _delete_old(folder, keys, made_at - timedelta(days=days)))


async def _copy_cluster(data: Path, target: Path) -> None:
    secrets, ports = (json.loads((data / name).read_text()) for name in ("secrets.json", "ports.json"))
    process = await asyncio.create_subprocess_exec(
        *(str(binaries() / "pg_basebackup"), "--host=127.0.0.1", f"--port={ports['postgres']}"),
        *(f"--username={SUPERUSER}", f"--pgdata={target}", "--wal-method=stream", "--checkpoint=fast", "--no-password"),
        env={"PATH": os.environ.get("PATH", os.defpath), "PGPASSWORD": secrets["postgres"], "LC_ALL": "C"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    if process.returncode:
        raise BackupError(f"no platform runs on {data}, or its PostgreSQL answers: {errors.decode().strip()}")


async def _take_keys_out(data: Path, staging: Path) -> dict[str, list[list[str]]]:
    """Starts the copy, which shows that it can be, and takes the wrapped data keys out of it: by service [person,
    master key's id, wrapped key]. The log of changes goes too, since it still holds them."""
    secrets = json.loads((data / "secrets.json").read_text())
    copy = _postgres(staging, secrets)
    wrapped = {}
    copy.port = choose_port("PostgreSQL", None, None)
    await copy.start()
    try:
        for service in SERVICES:
            async with _superuser(copy.port, secrets, service) as connection:
                rows = await connection.fetch("select person, master, wrapped from person_keys order by person")
                wrapped[service] = [[str(row["person"]), row["master"], row["wrapped"].hex()] for row in rows]
                await connection.execute("truncate person_keys")
    finally:
        await copy.stop()
    await copy.run_tool([str(binaries() / "pg_resetwal"), f"--pgdata={staging / 'postgres'}"])
    return wrapped


def _postgres(folder: Path, secrets: dict[str, str]) -> Postgres:
    """On a cluster that was copied there: its files go to the account that PostgreSQL runs under, and are closed to
    others, as it demands."""
    server = Postgres(folder / "postgres", folder / "postgres.log", secrets["postgres"], fsync=True)
    server.folder.chmod(0o700)
    if (account := server.account) is not None:
        for path in (server.folder, *server.folder.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return server


@asynccontextmanager
async def _superuser(port: int, secrets: dict[str, str], database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        host="127.0.0.1", port=port, user=SUPERUSER, password=secrets["postgres"], database=database, ssl=False
    )
    try:
        yield connection
    finally:
        await connection.close()


def _pack(cluster: Path, file: Path) -> None:
    file.touch(mode=0o600)
    with tarfile.open(file, "w:gz", compresslevel=1) as tar:
        tar.add(cluster, "postgres")
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _delete_old(folder: Path, keys: Path, before: datetime) -> list[str]:
    deleted = []
    for entry in sorted([*folder.iterdir(), *keys.iterdir()]):
        made_at = _made_at(entry.name.partition(".")[0])
        if made_at is not None and made_at < before:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            deleted.append(str(entry))
    return deleted


def _made_at(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, _NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


# --- a restore --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Restored:
    """`erased`: people forgotten since the backup, forgotten again; `missing_keys`: ids of the master keys without
    which names of the backup stay unreadable; `without_keys`: the backup's data keys are no longer kept."""

    made_at: str
    erased: int
    without_keys: bool
    missing_keys: list[str]
    ledger_found: bool


async def restore(source: Path, data: Path, keys: Path | None, ledger: Path | None, tell: Tell) -> Restored:
    """Puts a backup (a folder of them: the newest) in the place of what `data` holds.

    Everything is made ready aside, in `data/restoring`: killed before the end, `data` is what it was, and the restore
    is simply run again; from the moment that it is whole, the next start finishes what is left to move.
    Raises DataFolderInUse, BackupError, ServerFailed.
    """
    backup = _choose(source.resolve())
    told = json.loads((backup / "backup.json").read_text())
    data = data.resolve()
    lock = lock_folder(data)
    try:
        take_restored(data)  # of a restore that was killed: its end, or nothing of it
        draft = data / DRAFT
        tell(f"unpacking the backup of {told['made_at']}")
        await asyncio.to_thread(_unpack, backup, told["sha256"], draft)
        outside = _gather_ledger(data, backup.parent, ledger, tell)
        key_file = (keys or keys_beside(backup.parent)) / f"{backup.name}.json"
        restored = await _make_ready(draft, data, key_file, outside, told["made_at"], tell)
        draft.rename(data / RESTORED)  # from here on it stands
        tell("putting it in place")
        take_restored(data)
        return restored
    finally:
        lock.close()


def _choose(source: Path) -> Path:
    if (source / "backup.json").exists():
        return source
    found = sorted(entry for entry in source.glob("*") if _made_at(entry.name) and (entry / "backup.json").exists())
    if not found:
        raise BackupError(f"{source} holds no backup")
    return found[-1]


def _unpack(backup: Path, sha256: str, draft: Path) -> None:
    if _digest(backup / "cluster.tar.gz") != sha256:
        raise BackupError(f"{backup / 'cluster.tar.gz'} is damaged: it is not what was written; take another backup")
    draft.mkdir(mode=0o700)
    with tarfile.open(backup / "cluster.tar.gz") as tar:
        tar.extractall(draft, filter="data")
    write_secret(draft / "secrets.json", (backup / "secrets.json").read_text())


def _gather_ledger(data: Path, root: Path, more: Path | None, tell: Tell) -> ErasureLedger | None:
    """All that is known of erasures, brought together in the platform's own ledger; null where nothing is found."""
    own = ErasureLedger(ledger_folder(data))
    others = [ErasureLedger(place) for place in (root, *([more.resolve()] if more else []))]
    found = [ledger for ledger in (own, *others) if (ledger.folder / "erasures").exists()]
    for other in others:
        own.add(other.digests())
    try:
        own.copy_to(root)
    except OSError as error:
        tell(f"the erasure ledger beside the backup cannot be written ({error}); the next backup does it")
    return own if found else None


async def _make_ready(
    draft: Path, data: Path, key_file: Path, outside: ErasureLedger | None, made_at: str, tell: Tell
) -> Restored:
    secrets = json.loads((draft / "secrets.json").read_text())
    _postgres(draft, secrets)
    without_keys = not key_file.exists()
    wrapped = {} if without_keys else json.loads(key_file.read_text())
    servers = EmbeddedServers(draft)
    addresses = await servers.start()
    try:
        await _take_import_secret(draft, data, key_file.with_suffix(".import"), addresses)
        tell("a new generation of the streams")
        port = json.loads((draft / "ports.json").read_text())["postgres"]
        for service in SERVICES:
            async with _superuser(port, secrets, service) as connection, connection.transaction():
                await connection.execute("update head set generation = gen_random_uuid()")
                await connection.executemany(
                    "insert into person_keys (person, master, wrapped) values ($1, $2, $3) on conflict do nothing",
                    [(person, master, bytes.fromhex(key)) for person, master, key in wrapped.get(service, [])],
                )
        master = master_key_of(data)
        issuer.ensure_issuer(draft)
        app = platform(settings_for(addresses, draft, master))
        async with app.router.lifespan_context(app):
            tell("forgetting again who was forgotten since")
            erased = await _erase_again(app, outside.digests() if outside else set())
            tell("publishing the streams")
            await _catch_up(app, draft)
    finally:
        await servers.stop()
    used = {master for of in wrapped.values() for _, master, _ in of}
    return Restored(made_at, erased, without_keys, sorted(used - EnvironmentKeys(master).ids), outside is not None)


async def _take_import_secret(draft: Path, data: Path, kept: Path, addresses: Addresses) -> None:
    others = import_secret_of(data), kept.read_text() if kept.exists() else None
    try:
        await ensure_import_secret(draft, addresses.databases, *others)
    except ImportSecretLost as lost:
        raise BackupError(str(lost).replace(str(draft), str(data)) + f", or {kept.name} back beside the keys") from None


async def _erase_again(app: Any, digests: set[bytes]) -> int:
    ask_across_structures()
    runtime = app.state.services["intake"].state.runtime
    erasures = await intake.erase_again(runtime.forgetting, digests)
    for erasure in erasures:
        while not (await intake_views.erasure(runtime.pool, erasure, 1)).done:
            await asyncio.sleep(0.1)
    stores = [app.state.services[service].state.runtime.store for service in ("intake", "training", "outcomes")]
    return len(erasures) + sum([await correspondents.erase_again(store, digests) for store in stores])


async def _catch_up(app: Any, draft: Path) -> None:
    async with Platform("http://lieu", issuer.token(draft, Role.OPERATOR), draft, httpx.ASGITransport(app)) as client:
        # Nobody's patience ends while it goes on: a large history takes its time.
        while (report := await status.wait_until_caught_up(client)).code == 1 and "#late" in report.headline:
            pass
        if report.code == 2:
            raise BackupError(f"the restored platform is not well: {report.text()}")
