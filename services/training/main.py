"""The composition root of training."""

from pathlib import Path

from fastapi import FastAPI

from services.training.api import disagreements, imports, kinds, router
from services.training.publishing import public
from services.training.reactions import subscribers
from shared.kernel.migrate import SHARED
from shared.kernel.settings import Settings
from shared.people.copies import copies
from shared.people.correspondent_routes import correspondent_routes
from shared.people.timelines import timeline_routes
from shared.service import create_service


def create_app(settings: Settings) -> FastAPI:
    app = create_service(
        "training",
        settings,
        "Training: workshops, training, placements, support",
        migrations=[SHARED, Path(__file__).parent / "migrations"],
        public=public,
        subscribers=subscribers,
    )
    app.include_router(router)
    app.include_router(kinds)
    app.include_router(imports)
    app.include_router(disagreements)
    app.include_router(correspondent_routes())
    app.include_router(timeline_routes())
    app.include_router(copies("known_pathways"))
    return app
