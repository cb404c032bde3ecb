"""HTTP in, commands out, one file a theme. No rules here."""

from services.diagnostic import application
from services.diagnostic.api import diagnostics, lists, plans
from services.diagnostic.domain import DiagnosticFile
from shared.disagreement_routes import disagreement_routes
from shared.door import Router
from shared.kind_routes import kind_routes
from shared.routes import pathway_routes

router = Router(prefix="/v1")
for part in (diagnostics, plans, lists):
    router.include_router(part.router)

imports = pathway_routes(application.import_pathways, application.known_rows)
kinds = kind_routes(DiagnosticFile, application.diagnostic_file)
disagreements = disagreement_routes()
