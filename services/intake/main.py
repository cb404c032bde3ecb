"""The composition root of intake."""

from pathlib import Path

from fastapi import FastAPI

from services.intake import contacts, retention, retention_api
from services.intake.api import disagreements, imports, kinds, router
from services.intake.application import known_here, one_person
from services.intake.publishing import public
from services.intake.reactions import subscribers
from shared.kernel.migrate import SHARED
from shared.kernel.settings import Settings
from shared.people.copies import copies
from shared.people.timelines import timeline_routes
from shared.service import create_service


def create_app(settings: Settings) -> FastAPI:
    app = create_service(
        "intake",
        settings,
        "Intake: request, welcome, start, withdrawal",
        migrations=[SHARED, Path(__file__).parent / "migrations"],
        public=public,
        subscribers=subscribers,
        in_turn=contacts.alone,
        elected=retention.elected,
    )
    app.include_router(router)
    app.include_router(kinds)
    app.include_router(imports)
    app.include_router(disagreements)
    app.include_router(timeline_routes(known_here))
    app.include_router(copies("requests", one_person, known_here))
    app.include_router(retention_api.router)
    return app
