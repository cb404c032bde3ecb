"""HTTP in, commands out, one file a theme. No rules here."""

from services.outcomes import application
from services.outcomes.api import follow_ups, leaving, lists, situations
from services.outcomes.domain import OutcomeFile
from shared.http.door import Router
from shared.people.disagreement_routes import disagreement_routes
from shared.people.dossiers import pathway_routes
from shared.people.kind_routes import kind_routes

router = Router(prefix="/v1")
for part in (leaving, follow_ups, situations, lists):
    router.include_router(part.router)

imports = pathway_routes(application.import_pathways, application.known_rows)
kinds = kind_routes(OutcomeFile, application.outcome_file)
disagreements = disagreement_routes()
