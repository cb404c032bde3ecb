"""`lieu` in processes of its own."""

import asyncio
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


async def up(data: Path) -> asyncio.subprocess.Process:
    (data / "running.json").unlink(missing_ok=True)
    platform = await lieu("up", "--data", str(data), "--port", "0")
    async with asyncio.timeout(180):
        while not (data / "running.json").exists():
            assert platform.returncode is None, "the platform does not come up"
            await asyncio.sleep(0.05)
    return platform


async def lieu(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from lieu.cli import main; main()", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
