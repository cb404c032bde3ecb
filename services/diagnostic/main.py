"""The composition root of diagnostic."""

from pathlib import Path

from fastapi import FastAPI

from services.diagnostic.api import disagreements, imports, kinds, router
from services.diagnostic.publishing import public
from services.diagnostic.reactions import subscribers
from shared.kernel.migrate import SHARED
from shared.kernel.settings import Settings
from shared.people.copies import copies
from shared.people.timelines import timeline_routes
from shared.service import create_service


def create_app(settings: Settings) -> FastAPI:
    return create_service(
        "diagnostic",
        settings,
        "Diagnostic: diagnostics, plans, barriers",
        migrations=[SHARED, Path(__file__).parent / "migrations"],
        public=public,
        subscribers=subscribers,
        routers=(router, kinds, imports, disagreements, timeline_routes(), copies("known_pathways")),
    )
