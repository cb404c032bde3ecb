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
    return create_service(
        "intake",
        settings,
        "Intake: request, welcome, start, withdrawal",
        migrations=[SHARED, Path(__file__).parent / "migrations"],
        public=public,
        subscribers=subscribers,
        in_turn=contacts.alone,
        elected=retention.elected,
        routers=(
            router,
            kinds,
            imports,
            disagreements,
            timeline_routes(known_here),
            copies("requests", one_person, known_here),
            retention_api.router,
        ),
    )
