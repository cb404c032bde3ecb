"""HTTP in, commands out, one file a theme. No rules here."""

from services.training import application
from services.training.api import activities, formation, participation, placements, sessions, support
from services.training.domain import ActivityFile
from shared.disagreement_routes import disagreement_routes
from shared.door import Router
from shared.kind_routes import kind_routes
from shared.routes import pathway_routes

router = Router(prefix="/v1")
for part in (activities, sessions, participation, placements, support, formation):
    router.include_router(part.router)

imports = pathway_routes(application.import_pathways, application.known_rows)
kinds = kind_routes(ActivityFile, application.activity_file)
disagreements = disagreement_routes()
