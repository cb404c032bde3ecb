"""Every route against its own description: no 5xx, no undocumented status, no answer outside its schema."""

import asyncio
import os
import sys
from pathlib import Path

import httpx
import pytest

from lieu import issuer
from lieu.client import running
from shared.access import Role
from tests import processes

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
PATHWAY = "7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10"
SERVICES = ("intake", "diagnostic", "training", "outcomes", "reporting", "desk")
WHOLE = "LIEU_WHOLE_COVERAGE" in os.environ
"""Every boundary of every field, some twenty thousand cases in four minutes; else the examples, and some by chance."""
CALLERS = (
    (Role.OPERATOR, None, "examples,coverage,fuzzing" if WHOLE else "examples,fuzzing"),
    (Role.ADVISER, "s01", "examples,fuzzing"),
    *([(Role.MANAGER, "s01", "examples,fuzzing")] if WHOLE else []),
)


@pytest.mark.slow
@pytest.mark.timeout(3600 if WHOLE else 300)
async def test_no_service_breaks_nor_answers_outside_its_description(tmp_path: Path) -> None:
    platform = await processes.up(tmp_path)
    try:
        url = running(tmp_path)
        await _someone_is_supported(url, issuer.token(tmp_path, Role.OPERATOR))
        (tmp_path / "schemathesis.toml").write_text(f'parameters = {{ "path.pathway" = "{PATHWAY}" }}')
        for service in SERVICES:
            for role, structure, phases in CALLERS:
                await _conforms(tmp_path, url, service, issuer.token(tmp_path, role, structure), phases)
    finally:
        platform.terminate()
        await platform.communicate()


async def _someone_is_supported(url: str, token: str) -> None:
    """So that commands on a pathway come as far as its rules."""
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as http:
        structure = {"structure": "s01", "name": "Un", "department": "69"}
        request = {"structure": "s01", "requested_on": "2024-01-10"}
        for path, body in (
            ("structures", structure),
            ("pathways", {"pathway": PATHWAY, "request": request, "identity": {"called": "Anna"}}),
            (f"pathways/{PATHWAY}/start", {"on": "2024-01-12"}),
        ):
            assert (await http.post(f"/intake/v1/{path}", json=body)).status_code == 201


async def _conforms(folder: Path, url: str, service: str, token: str, phases: str) -> None:
    run = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(folder / "schemathesis.toml"),
        "run", f"{url}/{service}/openapi.json",
        "--origin", url, "-H", f"Authorization: Bearer {token}", "--checks", CHECKS, "--phases", phases,
        "--max-examples", "5", "--seed", "1", "--warnings", "off", "--generation-database", "none",
        "--exclude-path-regex", "rebuild|parked",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await run.communicate()
    text = told.decode()
    assert run.returncode == 0, f"{service}: {text[-6000:]}"
    assert "Test cases:" in text
    print(service, phases, next(line for line in text.splitlines() if " generated" in line))
