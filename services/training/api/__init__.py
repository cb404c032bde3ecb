"""HTTP in, commands out, one file a theme. No rules here."""

from services.training import application
from services.training.api import activities, formation, participation, placements, sessions, support
from services.training.domain import ActivityFile
from shared.http.door import Router
from shared.people.disagreement_routes import disagreement_routes
from shared.people.dossiers import pathway_routes
from shared.people.kind_routes import kind_routes

router = Router(prefix="/v1")
for part in (activities, sessions, participation, placements, support, formation):
    router.include_router(part.router)

imports = pathway_routes(application.import_pathways, application.known_rows)
kinds = kind_routes(ActivityFile, application.activity_file)
disagreements = disagreement_routes()
