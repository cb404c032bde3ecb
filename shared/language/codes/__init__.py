"""The codes of the field, and what one field alone may say; by service, and found here together.

Codes that reveal health, justice or childhood protection are the `SPECIAL_…`: outside the person's own structure such a
requester reads `other`; the rest travels in events of its own name, which integrators do not get by default.
"""

from shared.language.codes.classes import *  # noqa: F403 - one place to look a code up
from shared.language.codes.diagnostic import *  # noqa: F403
from shared.language.codes.fields import *  # noqa: F403
from shared.language.codes.intake import *  # noqa: F403
from shared.language.codes.outcomes import *  # noqa: F403
from shared.language.codes.training import *  # noqa: F403
