"""HTTP in, commands out, one file a theme. No rules here."""

from services.intake import application
from services.intake.api import contacts, course, entrance, importing, lists, persons, profile, structures, users, waves
from services.intake.api.persons import PersonFound, person_found
from services.intake.application.pathways import requested_pathway
from services.intake.domain import Pathway
from shared.http.door import Router
from shared.people.disagreement_routes import disagreement_routes
from shared.people.dossiers import pathway_routes
from shared.people.kind_routes import kind_routes

__all__ = ["PersonFound", "disagreements", "imports", "kinds", "person_found", "router"]

router = Router(prefix="/v1")
for part in (structures, persons, entrance, importing, contacts, course, profile, lists, waves, users):
    router.include_router(part.router)

imports = pathway_routes(application.import_pathways, application.known_rows)
kinds = kind_routes(Pathway, requested_pathway, "requests")
disagreements = disagreement_routes(application.known_here)
