"""How the platform is: what is wrong first, then every relay, reaction and projection with its lag."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lieu.client import Platform, PlatformError
from shared.language.services import SERVICES

RUNBOOK = "docs/runbook.md"
PATIENCE = 600.0


@dataclass(frozen=True)
class Report:
    """`code`: 0 well, 1 late or parked, 2 broken. `recorded`: how many events, by service."""

    code: int
    headline: str
    lines: list[str]
    recorded: dict[str, int]

    def text(self) -> str:
        return "\n".join([self.headline, *self.lines])


async def look(platform: Platform, since: datetime | None = None) -> Report:
    """One look; `since`: projections that have not reached this instant count as late."""
    broken: list[str] = []
    late: list[str] = []
    parked: list[str] = []
    lines: list[str] = []
    recorded: dict[str, int] = {}
    secrets: dict[str, str | None] = {}
    for service in SERVICES:
        try:
            state: dict[str, Any] = await platform.get(f"/{service}/v1/status")
        except PlatformError as error:
            broken.append(f"{service} does not answer: {error} ({RUNBOOK}#service-away)")
            continue
        recorded[service] = state["position"]
        if service != "reporting":
            secrets[service] = state["import_secret"]
        if relay := state["relay"]:
            lines.append(f"{service:<11} relay            pending {_count(relay['pending'])}")
            if relay["trouble"] or relay["pending"] is None:
                broken.append(f"relay {service}: {relay['trouble'] or 'broker away'} ({RUNBOOK}#relay)")
            elif relay["pending"]:
                late.append(f"relay {service}: {relay['pending']} to publish ({RUNBOOK}#late)")
        for consumer in state["consumers"]:
            name = f"{consumer['name']} on {consumer['stream']}"
            watermark = consumer["watermark"]
            lines.append(
                f"{service:<11} {name:<30} pending {_count(consumer['pending'])}"
                f"  unacknowledged {_count(consumer['unacknowledged'])}  parked {consumer['parked']}"
                + (f"  discarded {consumer['discarded']}" if consumer["discarded"] else "")
                + (f"  as of {watermark}" if watermark else "")
            )
            if consumer["pending"] is None or consumer["trouble"]:
                broken.append(f"{name}: {consumer['trouble'] or 'not running'} ({RUNBOOK}#consumer)")
            elif consumer["pending"] or consumer["unacknowledged"]:
                late.append(f"{name}: {consumer['pending'] + consumer['unacknowledged']} to apply ({RUNBOOK}#late)")
            elif since and consumer["watermarks"] and (not watermark or datetime.fromisoformat(watermark) < since):
                late.append(f"{name}: as of {watermark} ({RUNBOOK}#late)")
            if consumer["parked"]:
                parked.append(f"{name}: {consumer['parked']} events parked ({RUNBOOK}#parked)")
    if len(set(secrets.values())) > 1:
        broken.append(f"LIEU_IMPORT_SECRET is not the same in all services ({RUNBOOK}#import-secret)")
    if "constant" in secrets.values():
        lines.append(f"imported ids are derived without a secret: a key tells its id ({RUNBOOK}#import-secret)")
    wrong = broken + parked + late
    headline = "; ".join(wrong) if wrong else "all is well"
    return Report(2 if broken else 1 if wrong else 0, headline, lines, recorded)


def _count(number: int | None) -> str:
    return "?" if number is None else str(number)


async def wait_until_caught_up(platform: Platform) -> Report:
    """Looks until everything known before the call is applied everywhere, with what followed from it, or only parked
    events are left. One look is not enough: a service that was asked may have heard of something since from another."""
    since = datetime.now(UTC)
    deadline = asyncio.get_running_loop().time() + PATIENCE
    before: dict[str, int] | None = None
    while True:
        report = await look(platform, since)
        waiting = report.code == 2 or "#late" in report.headline
        if (not waiting and report.recorded == before) or asyncio.get_running_loop().time() > deadline:
            return report
        before = None if waiting else report.recorded
        await asyncio.sleep(0.1 if waiting else 0)
