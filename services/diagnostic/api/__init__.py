"""HTTP in, commands out, one file a theme. No rules here."""

from services.diagnostic import application
from services.diagnostic.api import diagnostics, lists, plans
from shared.disagreement_routes import disagreement_routes
from shared.door import Router
from shared.routes import pathway_routes

router = Router(prefix="/v1")
for part in (diagnostics, plans, lists):
    router.include_router(part.router)
imports = pathway_routes(application.import_pathways, application.known_rows)
disagreements = disagreement_routes()
