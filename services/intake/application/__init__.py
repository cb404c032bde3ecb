"""Opens the files that commands are about, decides what spans several of them, and answers questions."""

from services.intake.application.imports import (
    here,
    import_pathways,
    import_structures,
    known_rows,
    request_of,
    take_dossier,
)
from services.intake.application.pathways import about, known_here, structure_id, today_of
from services.intake.application.persons import erase, erase_again, erase_without_pathway, identified_in
from services.intake.application.whose import one_person, surviving

__all__ = [
    "about",
    "erase",
    "erase_again",
    "erase_without_pathway",
    "here",
    "identified_in",
    "import_pathways",
    "import_structures",
    "known_here",
    "known_rows",
    "one_person",
    "request_of",
    "structure_id",
    "surviving",
    "take_dossier",
    "today_of",
]
