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
    app = create_service(
        "diagnostic",
        settings,
        "Diagnostic: diagnostics, plans, barriers",
        migrations=[SHARED, Path(__file__).parent / "migrations"],
        public=public,
        subscribers=subscribers,
    )
    app.include_router(router)
    app.include_router(kinds)
    app.include_router(imports)
    app.include_router(disagreements)
    app.include_router(timeline_routes())
    app.include_router(copies("known_pathways"))
    return app
