"""Every route against its own description: no 5xx, no undocumented status, no answer outside its schema, nothing taken
that the description forbids, and to nobody what is another structure's."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from lieu import issuer
from lieu.client import running
from shared.kernel.callers import Role
from tests import processes
from tests.harness import eventually
from tests.places import ROOT

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "negative_data_rejection,refusal_is_named,tells_nothing_of_another_structure"
)
OURS, THEIRS = "7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10", "1c0b5f3a-90d1-4f5e-8a39-6ad1f0c2e877"
"""A pathway of the callers' structure, and one of another."""
SERVICES = ("intake", "diagnostic", "training", "outcomes", "reporting", "desk")
WHOLE = "LIEU_WHOLE_COVERAGE" in os.environ
"""Every boundary of every field under every role, a hundred thousand cases; else the examples, and some by chance."""
CALLERS = [Role.OPERATOR, Role.ADVISER, *(set(Role) - {Role.OPERATOR, Role.ADVISER} if WHOLE else ())]
PHASES = "examples,coverage,fuzzing" if WHOLE else "examples,fuzzing"


@pytest.mark.slow
@pytest.mark.timeout(7200 if WHOLE else 300)
async def test_no_service_breaks_nor_answers_outside_its_description(tmp_path: Path) -> None:
    platform = await processes.up(tmp_path)
    reading = asyncio.create_task(platform.communicate())  # its log of refusals would fill a pipe that nobody reads
    try:
        url = running(tmp_path)
        secrets = await _two_are_supported(url, issuer.token(tmp_path, Role.OPERATOR))
        (tmp_path / "schemathesis.toml").write_text(f'parameters = {{ "path.pathway" = "{OURS}" }}')
        for service in SERVICES:
            for role in CALLERS:
                token = issuer.token(tmp_path, role, "s01" if role.of_a_structure else None)
                hidden = secrets if role is not Role.OPERATOR else [NAME]  # who sees pathways, but never a name
                await _conforms(tmp_path, url, service, token, hidden)
    finally:
        platform.terminate()
        await reading


NAME = "Wilhelmine"


async def _two_are_supported(url: str, token: str) -> list[str]:
    """So that commands on a pathway come as far as its rules. Returns what is the second structure's alone."""
    person, activity = str(uuid4()), str(uuid4())
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as http:

        async def post(path: str, body: Any) -> None:
            # Another service may have to hear of the pathway.
            answer = await eventually(lambda: http.post(path, json=body), lambda said: said.status_code != 409)
            assert answer.status_code == 201, answer.text

        for structure, pathway, name in (("s01", OURS, "Anna"), ("s02", THEIRS, NAME)):
            await post("/intake/v1/structures", {"structure": structure, "name": structure, "department": "69"})
            request = {"structure": structure, "requested_on": "2024-01-10"}
            if pathway == THEIRS:
                request["person"] = person
            await post("/intake/v1/pathways", {"pathway": pathway, "request": request, "identity": {"called": name}})
            await post(f"/intake/v1/pathways/{pathway}/start", {"on": "2024-01-12"})
        fact = {"kind": "workshop", "started_on": "2024-02-01", "ended_on": "2024-02-01", "status": "completed"}
        await post(f"/training/v1/pathways/{THEIRS}/activities", fact | {"id": activity, "hours": 3})
        await post(f"/outcomes/v1/pathways/{THEIRS}/exit", {"exited_on": "2024-06-01", "situation": "unemployed"})
    return [THEIRS, person, activity, NAME]


async def _conforms(folder: Path, url: str, service: str, token: str, hidden: list[str]) -> None:
    run = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(folder / "schemathesis.toml"),
        "run", f"{url}/{service}/openapi.json",
        "--origin", url, "-H", f"Authorization: Bearer {token}",
        "--checks", CHECKS, "--phases", PHASES, "--mode", "all",
        "--max-examples", "5" if WHOLE else "3", "--seed", "1", "--warnings", "off", "--generation-database", "none",
        "--exclude-path-regex", "rebuild|parked",
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.telling_checks", "LIEU_TEST_SECRETS": ",".join(hidden)},
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await run.communicate()
    text = told.decode()
    assert run.returncode == 0, f"{service}: {text[-6000:]}"
    assert "Test cases:" in text
    print(service, next(line for line in text.splitlines() if " generated" in line))
