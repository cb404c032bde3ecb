"""HTTP in, figures out, one file a theme."""

from services.reporting.api import figures, lists, operations
from shared.http.door import Router

router = Router(prefix="/v1")
for part in (figures, lists, operations):
    router.include_router(part.router)
