"""A backup is restored: wiped, older than an erasure, damaged, without its keys, and killed at every step."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from lieu import issuer
from lieu.client import Platform
from shared.kernel.callers import Role
from shared.kernel.erasure_ledger import ErasureLedger
from shared.kernel.import_keys import new_import_secret
from tests.faults.test_forgetting_crash import figures, ids_of, in_any_file
from tests.imports.test_hostile_import import write_folder
from tests.processes import Process, children, lieu, up

pytestmark = pytest.mark.slow
FORGOTTEN, KEPT, NAME = "f", "k", "Marie-Ange Quéméneur"
TUTOR = "0b6f7a1e-5a55-4c39-9a70-2f7f1c1b9d11"
STEPS = ("unpacking", "a new generation", "forgetting again", "publishing", "putting it")


async def run(*arguments: str, status: int = 0) -> str:
    process = await lieu(*arguments)
    told = (await asyncio.wait_for(process.communicate(), 120))[0].decode()
    assert process.returncode == status, told
    return told


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[Process]:
    platform = await up(data)
    try:
        yield platform
    finally:
        platform.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(platform.wait(), 30) == 0


async def name_of(data: Path, person: str) -> Any:
    async with Platform(None, issuer.token(data, Role.ADVISER, "s01"), data) as client:
        answer = await client.http.get(f"/intake/v1/persons/{person}")
        return answer.json().get("called", answer.json().get("code"))


@dataclass(frozen=True)
class BackedUp:
    """A platform with two persons of the tests' own, of whom one was forgotten since its backup."""

    place: Path
    figures: Any

    @property
    def data(self) -> Path:
        return self.place / "platform"

    @property
    def backups(self) -> Path:
        return self.place / "backups"

    @property
    def folder(self) -> Path:
        return self.place / "folder"


@pytest_asyncio.fixture(scope="module")
async def made_once(tmp_path_factory: pytest.TempPathFactory) -> BackedUp:
    place = tmp_path_factory.mktemp("backed-up")
    data, folder, backups = place / "platform", place / "folder", place / "backups"
    write_folder(folder)
    pathways, exits = folder / "pathways.csv", folder / "exits.csv"
    rows = [f"{key},s01,h-{key},2024-01-10,,2024-01-11,2024-01-12,,1990,,,,chrs" for key in (FORGOTTEN, KEPT)]
    pathways.write_text(pathways.read_text() + "\n".join(rows) + "\n")
    exits.write_text(exits.read_text() + f"{FORGOTTEN},2024-05-01,employment,cdi,,\n")
    async with running(data):
        await run("import", str(folder), "--data", str(data))
        async with Platform(None, issuer.token(data, Role.ADVISER, "s01"), data) as client:
            for key in (FORGOTTEN, KEPT):
                person = ids_of(data, key)[0]
                await client.post(f"/intake/v1/persons/{person}/identity", json.dumps({"called": NAME}).encode())
        async with Platform(None, issuer.token(data, Role.MANAGER, "s01"), data) as client:
            tutor = {"id": TUTOR, "structure": "s01", "name": NAME}
            await client.post("/training/v1/correspondents", json.dumps(tutor).encode())
        await run("status", "--wait", "--data", str(data))
        told = await run("backup", str(backups), "--data", str(data))
        assert told.startswith(f"backup {backups}"), told
        told = await run("erase", f"import:h-{FORGOTTEN}", "--data", str(data))
        assert "Backups made before may hold the person until" in told
        async with Platform(None, issuer.token(data, Role.MANAGER, "s01"), data) as client:
            await client.post(f"/training/v1/correspondents/{TUTOR}/erasure")
        await run("status", "--wait", "--data", str(data))
        return BackedUp(place, await figures(data))


@pytest.fixture
def here(made_once: BackedUp, tmp_path: Path) -> BackedUp:
    """A copy of it, to do with as one likes."""
    subprocess.run(["cp", "-a", f"{made_once.place}/.", str(tmp_path)], check=True)
    return BackedUp(tmp_path, made_once.figures)


async def must_be_as_before(here: BackedUp) -> None:
    """The figures, nothing of who was forgotten, the other's name, nothing to import, and a platform that works."""
    data, folder, before = here.data, here.folder, here.figures
    async with running(data):
        await run("status", "--wait", "--data", str(data))
        assert await figures(data) == before
        assert await in_any_file(data, ids_of(data, FORGOTTEN)) == []
        assert await in_any_file(data, ids_of(data, KEPT)) != [], "the search finds what is there"
        assert await name_of(data, ids_of(data, KEPT)[0]) == NAME
        async with Platform(None, issuer.token(data, Role.MANAGER, "s01"), data) as client:
            assert await client.get("/training/v1/correspondents") == [], "the tutor is forgotten again"
        told = await run("import", str(folder), "--data", str(data))
        assert ": 0 new events" in told, told
        assert "1 pathways of forgotten people ignored" in told, told
        assert (await run("rebuild", "reporting", "--data", str(data))).startswith("rebuild done")
        assert await figures(data) == before


async def test_an_older_backup_is_restored_over_a_wiped_platform(here: BackedUp) -> None:
    data, backups = here.data, here.backups
    (made,) = [entry for entry in backups.iterdir() if entry.is_dir()]
    keys = json.loads((here.place / "backups-keys" / f"{made.name}.json").read_text())
    assert {person for person, _, _ in keys["intake"]} >= {ids_of(data, FORGOTTEN)[0], ids_of(data, KEPT)[0]}
    wrapped = [bytes.fromhex(key) for of in keys.values() for _, _, key in of]
    with tarfile.open(made / "cluster.tar.gz") as tar:
        held = b"".join(tar.extractfile(file).read() for file in tar if file.isfile())  # type: ignore[union-attr]
    assert ids_of(data, KEPT)[0].encode() in held, "the search finds what is there"
    assert not any(key in held for key in wrapped), "a backup holds a data key"
    master = (data / "keys" / "master").read_text()
    assert master.split(":")[1].encode() not in held
    shutil.rmtree(data)

    told = await run("restore", str(backups), "--data", str(data))
    assert "2 erasures applied again" in told
    assert "is missing: without it no name of this backup can be read" in told
    (data / "keys").mkdir(mode=0o700, exist_ok=True)
    (data / "keys" / "master").write_text(master)
    await must_be_as_before(here)


async def test_a_backup_without_its_keys_or_ledger_is_restored_and_says_so(here: BackedUp) -> None:
    data, backups = here.data, here.backups
    shutil.rmtree(here.place / "backups-keys")
    for ledger in (backups, data / "ledger"):
        assert len(ErasureLedger(ledger).digests()) == 2 * 3 + 1, "person and pathway in three services, and the tutor"
        (ledger / "erasures").unlink()
    told = await run("restore", str(backups), "--data", str(data))
    assert "0 erasures applied again" in told
    assert "NO ERASURE LEDGER FOUND" in told
    assert "The data keys of this backup are no longer kept" in told
    async with running(data):
        await run("status", "--wait", "--data", str(data))
        assert await name_of(data, ids_of(data, KEPT)[0]) == "key-destroyed"
    (made,) = [entry for entry in backups.iterdir() if entry.is_dir()]
    whole = (made / "cluster.tar.gz").read_bytes()
    (made / "cluster.tar.gz").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    told = await run("restore", str(backups), "--data", str(data), status=2)
    assert "is damaged" in told


async def test_without_the_import_secret_nothing_is_restored(here: BackedUp) -> None:
    """Nor with another installation's; with its own, nobody comes back who was forgotten, however often they are
    imported and erased again."""
    data, backups = here.data, here.backups
    master, secret = ((data / "keys" / name).read_text() for name in ("master", "import"))
    (kept,) = (here.place / "backups-keys").glob("*.import")
    assert kept.read_text() == secret
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.unlink()
    shutil.rmtree(data)
    (data / "keys").mkdir(mode=0o700, parents=True)
    data.chmod(0o700)
    (data / "keys" / "master").write_text(master)
    for wrong in (None, new_import_secret()):
        if wrong is not None:
            (data / "keys" / "import").write_text(wrong)
        told = await run("restore", str(backups), "--data", str(data), status=2)
        assert "the import secret of these databases is missing" in told
        assert f"Put it into {data / 'keys' / 'import'}, or {kept.name} back beside the keys" in told
        assert not (data / "postgres").exists()
    (data / "keys" / "import").write_text(secret)
    told = await run("restore", str(backups), "--data", str(data))
    assert "2 erasures applied again" in told
    async with running(data):
        for _ in range(2):
            assert "done" in await run("erase", f"import:h-{FORGOTTEN}", "--data", str(data))
            told = await run("import", str(here.folder), "--data", str(data))
            assert ": 0 new events" in told
            assert "1 pathways of forgotten people ignored" in told
    await must_be_as_before(here)


async def test_a_restore_killed_at_any_step_is_run_again(here: BackedUp) -> None:
    data, backups = here.data, here.backups
    for step in STEPS:
        restoring = await lieu("restore", str(backups), "--data", str(data))
        while not (line := (await restoring.stdout.readline()).decode()).startswith(step):
            assert line, f"the restore ended before {step}"
        for pid in (*children(restoring.pid), restoring.pid):
            os.kill(pid, signal.SIGKILL)
        await restoring.wait()
        # Until it is whole nothing has changed.
        if step in STEPS[:3]:
            assert (data / "postgres").exists()
            assert not (data / "restored").exists()
            continue
        if step == STEPS[-1]:
            continue  # what is left of it is in the way of no other restore
        async with running(data):
            await run("status", "--wait", "--data", str(data))
            assert await figures(data) == here.figures, step
            assert await in_any_file(data, ids_of(data, FORGOTTEN)) == [], step
    told = await run("restore", str(backups), "--data", str(data))
    assert "2 erasures applied again" in told
    await must_be_as_before(here)


async def test_backups_older_than_they_are_kept_are_deleted_with_their_keys(tmp_path: Path) -> None:
    data, backups, keys = tmp_path / "platform", tmp_path / "backups", tmp_path / "elsewhere"
    old, young = "2020-01-01T00-00-00Z", "2099-01-01T00-00-00Z"
    for name in (old, young, "notes"):
        (backups / name).mkdir(parents=True)
    keys.mkdir()
    (keys / f"{old}.json").touch()
    (keys / f"{old}.import").touch()
    told = await run("backup", str(backups), "--data", str(data), status=2)
    assert "no platform runs" in told
    async with running(data):
        told = await run("backup", str(backups), "--keys", str(backups / "keys"), "--data", str(data), status=2)
        assert "apart" in told
        told = await run("backup", str(backups), "--keys", str(keys), "--data", str(data), "--days", "7")
        assert told.count("deleted, older than 7 days") == 3
        refused = await run("restore", str(backups), "--keys", str(keys), "--data", str(data), status=2)
        assert "in use" in refused
    left = {entry.name for entry in backups.iterdir()}
    assert {young, "notes", "erasures"} < left
    assert old not in left
    assert {file.suffix for file in keys.iterdir()} == {".json", ".import"}
