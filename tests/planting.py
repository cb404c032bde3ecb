"""Plants a kind of facts in a copy of the source, as a contributor would: one module, and one line in an aggregate."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.places import ROOT

MODULE, LINE = re.findall(r"```python\n(.*?)\n?```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
"""The kind of facts that CONTRIBUTING.md walks through: its module, and its line in FILE."""
FILE = "services/training/domain/file.py"
_NEEDED = "from shared.language import kinds\nfrom shared.kernel.facts import Facts\n"


def plant(tmp_path: Path, module_source: str, aggregate_file: str, line: str) -> Path:
    """Returns the copy. What is planted there already stays, so that several kinds can be.

    `line` goes into the file's first aggregate; the module is called as the line calls it.
    """
    copy = tmp_path / "planted"
    if not copy.exists():
        for folder in ("services", "shared", "lieu", "tests"):
            shutil.copytree(ROOT / folder, copy / folder)
        shutil.copy(ROOT / "pyproject.toml", copy)
    named = re.search(r"kinds\.(\w+)\.", line)
    assert named is not None, line
    (copy / "shared" / "language" / "kinds" / f"{named[1]}.py").write_text(module_source)
    file = copy / aggregate_file
    source, aggregates = re.subn(r"(?m)^    TOPIC = .*\n", rf"\g<0>    {line}\n", file.read_text(), count=1)
    assert aggregates == 1, aggregate_file
    if _NEEDED not in source:
        source = source.replace("\nfrom shared", f"\n{_NEEDED}from shared", 1)
    file.write_text(source)
    return copy


def run(copy: Path, script: str) -> None:
    """Runs a file of tests, `script` in the copy, in a process of its own. What it said is told where it fails."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    how = ["-q", "-m", "", "-p", "no:cacheprovider", f"--basetemp={copy.parent / 'run'}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *how, script],
        cwd=copy, env=outside | {"PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
