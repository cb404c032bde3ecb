"""The composition root of intake."""

from pathlib import Path

from fastapi import FastAPI

from services.intake import views
from services.intake.api import disagreements, imports, router
from services.intake.application import one_person
from services.intake.publishing import public
from services.intake.reactions import subscribers
from shared.copies import copies
from shared.migrate import SHARED
from shared.service import create_service
from shared.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    app = create_service(
        "intake",
        settings,
        "Intake: request, welcome, start, withdrawal",
        migrations=[SHARED, Path(__file__).parent / "migrations"],
        public=public,
        subscribers=subscribers,
        forget=views.forget,
    )
    app.include_router(router)
    app.include_router(imports)
    app.include_router(disagreements)
    app.include_router(copies("requests", one_person))
    return app
