"""The composition root of reporting."""

from functools import partial
from pathlib import Path

from fastapi import FastAPI

from services.reporting.api import router
from services.reporting.pages import router as page_routes
from services.reporting.publishing import public
from services.reporting.read_models.forgetting import follow
from services.reporting.read_models.rebuild import Rebuilder
from services.reporting.read_models.sets import FOLLOWED, STREAMS, enter_active
from services.reporting.signing_in import signing_in
from shared.http.door import Application
from shared.http.problems import answer_problems
from shared.kernel.migrate import SHARED
from shared.kernel.settings import Settings
from shared.kernel.subscriber import Subscriber
from shared.service import Runtime, create_service


def create_app(settings: Settings) -> FastAPI:
    app = create_service(
        "reporting",
        settings,
        "Reporting: indicators per structure, département and nation",
        migrations=[SHARED, Path(__file__).parent / "migrations"],
        public=public,
        watermarks=False,  # its events tell of what figures knew before
        subscribers=lambda runtime: _projections(app, runtime),
    )
    app.include_router(router)
    app.state.public_url = settings.public_url
    return app


def _projections(app: FastAPI, runtime: Runtime) -> list[Subscriber]:
    app.state.rebuilder = Rebuilder(runtime.settings.database_url, runtime.store, runtime.client)
    return [
        Subscriber(
            "reporting",
            stream.lower(),
            runtime.pool,
            runtime.client,
            partial(follow, runtime.store),
            stage="projection",
            enter=enter_active,
            watermarks=stream in STREAMS,
        )
        for stream in FOLLOWED
    ]


def pages(reporting: FastAPI) -> FastAPI:
    """The pages, which stand at the root of the platform and ask reporting."""
    app = Application()
    app.state = reporting.state
    answer_problems(app)
    app.include_router(page_routes)
    app.include_router(signing_in)
    return app
