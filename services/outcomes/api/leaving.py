"""The exit, its correction, and support that goes on after all."""

from services.outcomes import application
from services.outcomes.domain import Exit, OutcomeFile
from shared.http.bodies import Whole
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.http.routes import OnDay
from shared.kernel.known_pathways import OnPathway

router = Router()
files = CommandRoutes(router, "/pathways/{pathway}", application.outcome_file)


@files.post("/exit")
def leave(file: OutcomeFile, here: OnPathway, body: Exit) -> None:
    """Records that the person left; the exit's class is derived, never given.

    `situation` tells where they stand on leaving, `reason` why support ended; null: not known.
    """
    file.leave(body, here.pathway.started_on, here.today)


@files.post("/exit/correction")
def correct_exit(file: OutcomeFile, here: OnPathway, body: Whole[Exit]) -> None:
    """The whole exit as it is to stand, classed by the rule that is now in force."""
    file.correct_exit(body, here.pathway.started_on, here.today)


@files.post("/exit/reopening")
def reopen(file: OutcomeFile, here: OnPathway, body: OnDay) -> None:
    """Annuls the exit from now on: the person is still supported, and no follow-up is due any more.

    What was answered stands as history. Who leaves on or after this day leaves anew: 3, 6 and 12 months are counted
    from then, and every month is due that was not answered since.
    """
    file.reopen(body.on, here.today)
