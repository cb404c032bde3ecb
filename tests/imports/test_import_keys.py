"""Ids of imports are secret: each installation has its own, keeps them for ever, and looks them up for whom it may."""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest
from pydantic import SecretStr

from lieu import issuer
from lieu.client import Platform, PlatformError
from lieu.import_secret import ImportSecretLost, ensure_import_secret, import_secret_of
from lieu.platform import SERVICES
from lieu.status import look
from lieu.up import settings_for
from shared.kernel.callers import Role
from shared.kernel.import_keys import CONSTANT, ImportKeys, ImportSecretRefused, new_import_secret
from shared.kernel.migrate import SHARED, migrate
from tests.faults.test_backup import run
from tests.faults.test_backup import running as up
from tests.faults.test_forgetting_crash import figures
from tests.harness import EVERYBODY, Running
from tests.imports.test_hostile_import import write_folder

OF_BEFORE = UUID("5b3b8a52-1f0e-5c4e-9d43-0f3a7f6f2a10")
"""What ids were derived from before there was a secret; whoever reads an old copy of the source knows it."""
FOUR = ("intake", "diagnostic", "training", "outcomes")
ODD = ("2023/014", "..", "é/ü", "a b?c#d%2F", "import:1")
"""Keys that lead nowhere as a part of a path."""


def as_of_before(key: str) -> tuple[str, str]:
    """Person and pathway of the same key."""
    return str(uuid5(OF_BEFORE, f"person:{key}")), str(uuid5(OF_BEFORE, f"pathway:{key}"))


def folder_of(folder: Path, *keys: str) -> Path:
    """A folder with a pathway and a person under each key, one a structure in turn."""
    write_folder(folder)
    (folder / "structures.csv").write_text("structure,name,department\ns01,Un,69\ns02,Deux,38\n")
    for name in ("pathways", "diagnostics", "barriers", "activities", "exits", "followups"):
        header, *_ = (folder / f"{name}.csv").read_text().splitlines()
        rows = {
            "pathways": '"{0}",s0{1},"{0}",2024-01-10,,2024-01-11,2024-01-12,,,,,,chrs',
            "activities": '"{0}",workshop,2024-02-01,2024-02-01,3,completed',
        }.get(name)
        lines = [rows.format(key, place % 2 + 1) for place, key in enumerate(keys)] if rows else []
        (folder / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n")
    return folder


def of(running: Running, role: Role, structure: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(running.data, role, structure)}"}


# --- the rule ---------------------------------------------------------------------------------------------


def test_two_installations_give_one_key_different_ids_and_each_always_the_same() -> None:
    one, other = new_import_secret(), new_import_secret()
    for ids in (lambda keys: keys.person("K"), lambda keys: keys.pathway("K")):
        assert ids(ImportKeys(one)) == ids(ImportKeys(one)) != ids(ImportKeys(other))
    keys = ImportKeys(one)
    assert len({keys.person("K"), keys.pathway("K"), keys.person("k"), *map(UUID, as_of_before("K"))}) == 5
    assert keys.person("K").version == 4, "an id does not tell that it was imported"


def test_the_constant_gives_the_ids_of_before() -> None:
    keys = ImportKeys(CONSTANT)
    assert (str(keys.person("K")), str(keys.pathway("K"))) == as_of_before("K")


def test_a_fingerprint_tells_secrets_apart_and_is_none_of_their_ids() -> None:
    one, other = (ImportKeys(new_import_secret()) for _ in range(2))
    assert one.fingerprint != other.fingerprint
    assert one.fingerprint not in (one.person("fingerprint").hex, one.pathway("fingerprint").hex)


@pytest.mark.parametrize("secret", ["", "short", base64.b64encode(bytes(31)).decode(), "é" * 44, "Constant"])
def test_what_is_no_secret_is_refused_by_name(secret: str) -> None:
    with pytest.raises(ValueError, match="LIEU_IMPORT_SECRET"):
        ImportKeys(secret)


def test_without_a_secret_no_key_leads_anywhere() -> None:
    with pytest.raises(ImportSecretRefused, match="LIEU_IMPORT_SECRET is not set"):
        ImportKeys(None).person("K")


# --- over HTTP --------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_whoever_knows_the_source_and_a_key_reaches_nobody(running: Running, tmp_path: Path) -> None:
    await running.bring(folder_of(tmp_path / "folder", "K", "L"))
    person, pathway = as_of_before("K")
    for service in FOUR:
        assert (await running.http.get(f"/{service}/v1/pathways/{pathway}")).status_code == 404
        assert (await running.http.get(f"/{service}/v1/events", params={"pathway": pathway})).json() == []
    assert (await running.http.post(f"/intake/v1/persons/{person}/erasure")).status_code == 404
    assert (await running.http.get(f"/intake/v1/pathways/{await running.pathway('K')}")).status_code == 200


async def test_a_key_is_looked_up_whatever_stands_in_it(running: Running, tmp_path: Path) -> None:
    summary = await running.bring(folder_of(tmp_path / "folder", *ODD))
    assert (summary.pathways, summary.refusals) == (len(ODD), [])
    for key in ODD:
        pathway, person = await running.pathway(key), await running.person(key)
        answer = await running.http.get(f"/intake/v1/pathways/{pathway}")
        assert answer.json()["request"]["current"]["person"] == str(person)
        erasing = await running.http.post(f"/intake/v1/persons/{person}/erasure")
        assert erasing.status_code == 202


async def test_a_key_is_answered_to_those_who_may_see_whom_it_leads_to(running: Running, tmp_path: Path) -> None:
    await running.bring(folder_of(tmp_path / "folder", "ours", "theirs"))
    await running.caught_up()
    keys = {"pathways": ["ours", "theirs", "nobody"], "persons": ["ours", "theirs", "nobody"]}

    async def found(**headers: str) -> dict[str, list[str]]:
        answer = await running.post("/intake/v1/imports/ids", keys, 200, **headers)
        return {name: [one["key"] for one in answer[name]] for name in answer}

    assert await found() == keys, "the operator is answered whatever the key: nobody is shown by that"
    ours = {"pathways": ["ours"], "persons": ["ours"]}
    assert await found(**of(running, Role.ADVISER, "s01")) == ours
    assert await found(**of(running, Role.MANAGER, "s01")) == ours
    person = await running.person("ours")
    pool = running.service("intake").state.pool
    noted = await pool.fetch("select role from readings where person = $1 and route = 'ids_of_keys'", person)
    assert {row["role"] for row in noted} >= {"adviser", "manager"}
    assert not await pool.fetchval("select count(*) from readings where role = 'adviser' and structure <> 's01'")
    restriction = {"restricted_on": "2024-06-01", "reason": "accuracy_contested"}
    await running.post(f"/intake/v1/persons/{person}/restriction", restriction, 201)
    await running.caught_up()
    assert await found(**of(running, Role.ADVISER, "s01")) == {"pathways": [], "persons": []}
    assert await found(**of(running, Role.MANAGER, "s01")) == ours


async def test_the_key_of_somebody_merged_leads_to_them_still(running: Running, tmp_path: Path) -> None:
    await running.bring(folder_of(tmp_path / "folder", "one", "elsewhere", "same"))
    await running.caught_up()
    adviser = of(running, Role.ADVISER, "s01")
    one, same = await running.person("one"), await running.person("same")
    for person in (one, same):
        await running.post(f"/intake/v1/persons/{person}/identity", {"called": "Anna"}, 201, **adviser)
    await running.post(f"/intake/v1/persons/{same}/merge", {"into": str(one)}, 201, **adviser)
    await running.caught_up()
    answer = await running.post("/intake/v1/imports/ids", {"persons": ["same"]}, 200, **adviser)
    assert [found["key"] for found in answer["persons"]] == ["same"]


async def test_rows_of_a_pathway_whose_own_row_is_gone_reach_it_still(running: Running, tmp_path: Path) -> None:
    """The folder then holds no key of the person, who is sent by the id that the platform answered."""
    folder = folder_of(tmp_path / "folder", "K", "L")
    await running.bring(folder)
    pathways, activities = folder / "pathways.csv", folder / "activities.csv"
    kept = [line for line in pathways.read_text().splitlines() if not line.startswith('"K"')]
    pathways.write_text("\n".join(kept) + "\n")
    activities.write_text(activities.read_text() + "K,workshop,2024-03-01,2024-03-01,3,completed\n")
    summary = await running.bring(folder)
    assert summary.refusals == []
    assert {service: count for service, count in summary.events.items() if count} == {"training": 1}
    assert summary.vanished == ["pathways.csv: pathway K is no longer there"]
    told = (await running.http.get(f"/intake/v1/pathways/{await running.pathway('K')}")).json()
    assert told["request"]["current"]["person"] == str(await running.person("K"))


def with_key(key: Any) -> Iterator[tuple[str, Any]]:
    """Every route that takes a key, with a body that holds this one."""
    dossier = {"pathway": key, "request": {"structure": "s01", "person": "K", "requested_on": "2024-01-10"}}
    of_person = {"pathway": "K", "request": dossier["request"] | {"person": key}}
    yield from ((f"/{service}/v1/imports", {"dossiers": [one]}) for service in FOUR for one in (dossier, of_person))
    yield from ((f"/{service}/v1/imports/known", {"pathways": [key]}) for service in FOUR)
    yield from (("/intake/v1/imports/ids", {what: [key]}) for what in ("pathways", "persons"))


async def test_what_is_no_key_is_refused_at_every_door(running: Running) -> None:
    for key in ("", "x" * 201, "a\x00b", "2 69 05 49 588 157 80", 7, None):
        for path, body in with_key(key):
            answer = await running.http.post(path, json=body)
            assert answer.status_code == 422, (path, answer.text)
            assert "588 157" not in answer.text


# --- one secret for one installation ----------------------------------------------------------------------


def training(running: Running, secret: str | None) -> Any:
    """The service as it would start beside the one that runs, with another setting."""
    settings = settings_for(running.addresses, running.data, None)["training"]
    return SERVICES["training"](
        settings.model_copy(update={"import_secret": SecretStr(secret) if secret is not None else None})
    )


async def test_a_service_starts_with_the_secret_of_its_database_and_no_other(running: Running, tmp_path: Path) -> None:
    async def starts(secret: str | None) -> None:
        app = training(running, secret)
        async with app.router.lifespan_context(app):
            pass

    await starts(new_import_secret())  # nothing was imported: whichever it is, it is the first
    await running.bring(folder_of(tmp_path / "folder", "K"))
    await starts((running.data / "keys" / "import").read_text())
    for secret, code in ((new_import_secret(), "differs"), (CONSTANT, "differs"), (None, "missing")):
        with pytest.raises(ImportSecretRefused, match="LIEU_IMPORT_SECRET is not that of this database") as refused:
            await starts(secret)
        assert refused.value.code == f"import-secret-{code}"
    database = running.addresses.databases["training"]
    restricted = await asyncpg.connect(database.url)
    for change in ("update import_secret set fingerprint = 'x'", "delete from import_secret"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await restricted.execute(change)
    await restricted.close()


async def test_services_that_derive_other_ids_import_nothing_and_say_so(running: Running, tmp_path: Path) -> None:
    await running.caught_up()
    running.service("training").state.runtime.import_keys = ImportKeys(new_import_secret())
    with pytest.raises(PlatformError, match="LIEU_IMPORT_SECRET is not the same in all services"):
        await running.bring(folder_of(tmp_path / "folder", "K"))
    for service in FOUR:
        assert not await running.service(service).state.pool.fetchval("select count(*) from import_secret")
    report = await look(running.platform)
    assert report.code == 2
    assert "LIEU_IMPORT_SECRET is not the same in all services" in report.headline


async def test_only_the_pathway_services_hold_it(running: Running) -> None:
    held = {name: running.service(name).state.runtime.settings.import_secret for name in SERVICES}
    assert {name for name, secret in held.items() if secret is not None} == set(FOUR)


async def test_the_secret_may_stand_in_a_file(running: Running, tmp_path: Path) -> None:
    secret = new_import_secret()
    (tmp_path / "secret").write_text(f"{secret}\n")
    settings = settings_for(running.addresses, running.data, None)["training"]
    in_file = settings.model_copy(update={"import_secret": None, "import_secret_file": tmp_path / "secret"})
    assert in_file.import_secret_given == secret


# --- a database of before ---------------------------------------------------------------------------------


async def as_before(owner: asyncpg.Connection) -> None:
    """Takes away what the migration brought."""
    await owner.execute("drop table import_secret")
    await owner.execute("delete from _yoyo_migration where migration_id = '0025.import-secret'")


HISTORY = """insert into events (position, save, aggregate, version, name, state, actor, known_at, historical)
             values (1, gen_random_uuid(), gen_random_uuid(), 1, 'x', '{}', 'x', now(), true)"""
FORGOTTEN = "insert into forgotten (digest) values ('\\x00')"


@pytest.mark.parametrize(("held", "noted"), [(HISTORY, CONSTANT), (FORGOTTEN, CONSTANT), ("select 1", None)])
async def test_a_database_that_was_imported_into_before_keeps_the_constant(
    running: Running, tmp_path: Path, held: str, noted: str | None
) -> None:
    """Also where all who were imported are forgotten: under other ids they would come back."""
    database = running.addresses.databases["diagnostic"]
    owner = await asyncpg.connect(database.owner_url, server_settings=EVERYBODY)
    try:
        await as_before(owner)
        await owner.execute(held)
        (tmp_path / "new").mkdir()
        await ensure_import_secret(tmp_path / "new", running.addresses.databases)
        migrate(database.owner_url, database.url, [SHARED])
        assert await owner.fetchval("select fingerprint from import_secret") == noted
    finally:
        await owner.close()
    secret = (tmp_path / "new" / "keys" / "import").read_text()
    assert (secret == CONSTANT) == (noted == CONSTANT)
    assert len(base64.b64decode(secret)) == 32 or noted


async def test_a_lost_secret_is_not_made_anew(running: Running, tmp_path: Path) -> None:
    await running.bring(folder_of(tmp_path / "folder", "K"))
    here, databases = running.data / "keys" / "import", running.addresses.databases
    secret = here.read_text()
    here.unlink()
    with pytest.raises(ImportSecretLost, match="the import secret of these databases is missing"):
        await ensure_import_secret(running.data, databases)
    assert not here.exists()
    here.write_text(new_import_secret())
    with pytest.raises(ImportSecretLost, match="under another secret"):
        await ensure_import_secret(running.data, databases)
    here.unlink()
    await ensure_import_secret(running.data, databases, new_import_secret(), secret)
    assert here.read_text() == secret, "of those at hand the one that fits"
    assert here.stat().st_mode & 0o777 == 0o600


def test_the_secret_of_a_folder_may_lie_in_a_file_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, elsewhere = tmp_path / "keys" / "import", tmp_path / "elsewhere"
    inside.parent.mkdir()
    inside.write_text("inside")
    assert import_secret_of(tmp_path) == "inside"
    monkeypatch.setenv("LIEU_IMPORT_SECRET_FILE", str(elsewhere))
    with pytest.raises(ImportSecretLost, match=r"LIEU_IMPORT_SECRET_FILE names .*elsewhere, which is not there"):
        import_secret_of(tmp_path)
    elsewhere.write_text("elsewhere\n")
    assert import_secret_of(tmp_path) == "elsewhere"
    monkeypatch.setenv("LIEU_IMPORT_SECRET", "said")
    assert import_secret_of(tmp_path) == "said"


@pytest.mark.slow
async def test_a_data_folder_of_before_goes_on_with_its_ids(tmp_path: Path) -> None:
    data, folder, backups = tmp_path / "platform", folder_of(tmp_path / "folder", *ODD), tmp_path / "backups"
    (data / "keys").mkdir(mode=0o700, parents=True)
    data.chmod(0o700)
    (data / "keys" / "import").write_text(CONSTANT)
    async with up(data):
        await run("import", str(folder), "--data", str(data))
        await run("status", "--wait", "--data", str(data))
        before = await figures(data)
        await run("backup", str(backups), "--data", str(data))
        addresses = _owners(data)
        for url in addresses:
            owner = await asyncpg.connect(url)
            await as_before(owner)
            await owner.close()
    (data / "keys" / "import").unlink()
    async with up(data):
        assert (data / "keys" / "import").read_text() == CONSTANT
        assert ": 0 new events" in await run("import", str(folder), "--data", str(data))
        assert "derived without a secret" in await run("status", "--wait", "--data", str(data))
        rows = folder / "pathways.csv"
        rows.write_text(rows.read_text().replace("2024-01-12", "2024-01-13", 1))
        assert ": 1 new events" in await run("import", str(folder), "--data", str(data))
        person, pathway = as_of_before(ODD[0])
        async with Platform(None, None, data) as platform:
            told = await platform.get(f"/intake/v1/pathways/{pathway}")
        assert told["request"]["current"]["person"] == person
        assert "done" in await run("erase", f"import:{ODD[0]}", "--data", str(data))
        again = await run("import", str(folder), "--data", str(data))
        assert ": 0 new events" in again
        assert "1 pathways of forgotten people ignored" in again
    for kept in (tmp_path / "backups-keys").glob("*.import"):
        kept.unlink()
    elsewhere = tmp_path / "elsewhere"
    await run("restore", str(backups), "--data", str(elsewhere))
    assert (elsewhere / "keys" / "import").read_text() == CONSTANT, "what everybody knows nobody has to keep"
    shutil.copy(data / "keys" / "master", elsewhere / "keys" / "master")
    async with up(elsewhere):
        await run("status", "--wait", "--data", str(elsewhere))
        assert await figures(elsewhere) == before


def _owners(data: Path) -> list[str]:
    import json

    secrets, ports = (json.loads((data / name).read_text()) for name in ("secrets.json", "ports.json"))
    at = f"127.0.0.1:{ports['postgres']}"
    return [f"postgresql://{of}_owner:{secrets[f'{of}_owner']}@{at}/{of}" for of in FOUR]
