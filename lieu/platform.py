"""The ASGI application of a process: the services it runs under their prefixes, health, pages, descriptions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI, Response
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

import services.diagnostic.main
import services.intake.main
import services.outcomes.main
import services.reporting.main
import services.training.main
from lieu.asyncapi import asyncapi
from lieu.desk import desk_app
from lieu.personal_copy.pages import copy_pages
from shared.http.door import Application
from shared.http.edge import Edge
from shared.http.problems import answer_problems
from shared.kernel.settings import Settings
from shared.kernel.telemetry import start_tracing

SERVICES: dict[str, Callable[[Settings], FastAPI]] = {
    "intake": services.intake.main.create_app,
    "diagnostic": services.diagnostic.main.create_app,
    "training": services.training.main.create_app,
    "outcomes": services.outcomes.main.create_app,
    "reporting": services.reporting.main.create_app,
}


def platform(settings: Mapping[str, Settings]) -> FastAPI:
    """One application for these services; each runs while the application's lifespan is entered."""
    apps = {name: SERVICES[name](of) for name, of in settings.items()}
    first = next(iter(settings.values()))

    @asynccontextmanager
    async def lifespan(root: FastAPI) -> AsyncIterator[None]:
        end_tracing = start_tracing(first, "lieu" if len(apps) > 1 else next(iter(apps)))
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            root.state.ready = True
            yield
            root.state.ready = False
        await asyncio.to_thread(end_tracing)

    root = _Root(first, lifespan)
    root.state.services, root.state.public_url = apps, first.public_url
    inside = Starlette(routes=[Mount(f"/{name}", app) for name, app in apps.items()])

    @root.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @root.get("/health/ready")
    async def ready(response: Response) -> dict[str, Any]:
        """Ready when every service reaches its database and the broker."""
        states = {name: await _reachable(app) for name, app in apps.items()}
        response.status_code = 200 if all(state == "ready" for state in states.values()) else 503
        return states

    @root.get("/asyncapi.json")
    async def described() -> dict[str, Any]:
        """Of all services, whichever this process runs."""
        return asyncapi(list(SERVICES))

    if apps.keys() == SERVICES.keys():
        root.include_router(copy_pages(inside))
        root.mount("/desk", desk_app(inside))
    for name, app in apps.items():
        root.mount(f"/{name}", app)
    if "reporting" in apps:
        root.mount("/", services.reporting.main.pages(apps["reporting"]))
    return root


class _Root(Application):
    """The edge is outside everything that can fail, inside the span of the request. What the desk asks the services
    does not pass it again."""

    def __init__(self, settings: Settings, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> None:
        super().__init__(
            lifespan=lifespan,
            max_body_size=settings.body_limit,
            telemetry={"operation_spans": False},  # one a request; the stages of the pipeline have their own
        )
        self._settings = settings
        answer_problems(self)

    def build_middleware_stack(self) -> ASGIApp:
        of = self._settings
        return Edge(super().build_middleware_stack(), of.body_limit, of.requests_per_second)


async def _reachable(app: FastAPI) -> str:
    try:
        async with asyncio.timeout(2):
            await app.state.pool.fetchval("select 1")
    except Exception as error:  # noqa: BLE001 - whatever it is, the service is not ready, and says so
        return f"database: {type(error).__name__}"
    return "ready" if app.state.runtime.client.is_connected else "broker: not connected"
