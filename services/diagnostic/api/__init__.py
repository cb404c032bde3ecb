"""HTTP in, commands out, one file a theme. No rules here."""

from services.diagnostic import application
from services.diagnostic.api import diagnostics, lists, plans
from services.diagnostic.domain import DiagnosticFile
from shared.http.door import Router
from shared.people.disagreement_routes import disagreement_routes
from shared.people.dossiers import pathway_routes
from shared.people.kind_routes import kind_routes

router = Router(prefix="/v1")
for part in (diagnostics, plans, lists):
    router.include_router(part.router)

imports = pathway_routes(application.import_pathways, application.known_rows)
kinds = kind_routes(DiagnosticFile, application.diagnostic_file)
disagreements = disagreement_routes()
