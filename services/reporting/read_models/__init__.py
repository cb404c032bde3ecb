"""The public events folded into read models that know what was known when, one file a read model.

Each stream writes only its own tables, so that the order in which the streams arrive does not matter. Of one
entity (an aggregate; for training, one activity) a version already applied is skipped, and there is one row for
each instant at which something of it became known: however the events are cut into batches, the rows are the same.

What is dated later than the date in Paris has not happened yet, though it is known (where the day begins earlier it may
be recorded): the row of an instant shows what had happened by then, and one more row begins at midnight in Paris of
each day that was still to come.
"""

from services.reporting.read_models.activities import ACTIVITIES
from services.reporting.read_models.diagnostic import DIAGNOSTIC
from services.reporting.read_models.facts import FACTS
from services.reporting.read_models.intake import INTAKE
from services.reporting.read_models.outcomes import OUTCOMES
from services.reporting.read_models.profiles import PROFILES
from services.reporting.read_models.projection import Projection
from services.reporting.read_models.situations import SITUATIONS
from services.reporting.read_models.structures import STRUCTURES
from shared.language.contracts import Body

PROJECTIONS = (INTAKE, DIAGNOSTIC, ACTIVITIES, OUTCOMES, PROFILES, SITUATIONS, STRUCTURES, *FACTS)
"""Every read model. A restricted or an archived pathway goes on counting for what was recorded of it."""
PROJECTION_OF: dict[type[Body], Projection] = {body: of for of in PROJECTIONS for body in of.folds}
