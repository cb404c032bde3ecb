"""`lieu up --demo`: plays the made-up cohort and tells its national figures."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from lieu import status
from lieu.client import Platform
from lieu.demo import write_cohort
from lieu.importing import import_folder
from shared.kernel.clock import now

YEAR = (date(2016, 1, 1), date(2016, 12, 31))
SHOWN = (
    ("requests", "demandes"),
    ("welcomed_share", "demandes accueillies"),
    ("entries", "accompagnements démarrés"),
    ("supported", "parcours accompagnés"),
    ("leavers", "sorties"),
    ("dynamic_exit_share", "sorties dynamiques"),
    ("transition_access_share", "accès à l'emploi de transition"),
    ("durable_access_share", "accès à l'emploi durable"),
)


async def play(url: str, data: Path, out: Console) -> None:
    """Imports the cohort (a second time adds nothing) and prints the figures of 2016."""
    out.print("Demonstration: nine made-up structures, 2015 and 2016. No real person is in these figures.")
    async with Platform(None, None, data) as platform:
        with tempfile.TemporaryDirectory() as folder:
            write_cohort(Path(folder))
            summary = await import_folder(platform, Path(folder), now(), lambda *_: None)
        await status.wait_until_caught_up(platform)
        query = {"scope": "national", "from": YEAR[0], "to": YEAR[1], "by": "housing"}
        found = await platform.get("/reporting/v1/indicators", **query)
    out.print(f"{summary.pathways} pathways, {summary.facts} facts, {sum(summary.events.values())} new events.")
    table = Table(title="Cohorte fictive, France, année 2016")
    for heading in ("indicateur", "tous publics", "résidents de CHRS"):
        table.add_column(heading, justify="left" if heading == "indicateur" else "right")
    for id, label in SHOWN:
        table.add_row(label, _told(found["indicators"][id]), _told(found["classes"]["chrs"][id]))
    out.print(table)
    out.print("Publié pour 2016, résidents de CHRS : 27 % vers l'emploi de transition, 12 % vers l'emploi durable.")
    out.print(f"JSON: {url}/reporting/v1/indicators?scope=national&from={YEAR[0]}&to={YEAR[1]}")
    out.print(f"Page: {url}/?start={YEAR[0]}&end={YEAR[1]} (after signing in, below)")


def _told(figure: dict[str, Any]) -> str:
    if figure.get("value") is None:
        return "–"
    if "numerator" in figure:
        return f"{100 * figure['value']:.1f} % ({figure['numerator']}/{figure['denominator']})"
    return str(figure["value"])
