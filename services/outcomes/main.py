"""The composition root of outcomes."""

from pathlib import Path

from fastapi import FastAPI

from services.outcomes.api import disagreements, imports, kinds, router
from services.outcomes.publishing import public
from services.outcomes.reactions import subscribers
from shared.kernel.migrate import SHARED
from shared.kernel.settings import Settings
from shared.people.copies import copies
from shared.people.correspondent_routes import correspondent_routes
from shared.people.timelines import timeline_routes
from shared.service import create_service


def create_app(settings: Settings) -> FastAPI:
    return create_service(
        "outcomes",
        settings,
        "Outcomes: situations, exits and follow-ups",
        migrations=[SHARED, Path(__file__).parent / "migrations"],
        public=public,
        subscribers=subscribers,
        routers=(
            router,
            kinds,
            imports,
            disagreements,
            correspondent_routes(),
            timeline_routes(),
            copies("known_pathways"),
        ),
    )
