"""Finds the contact that a public event tells of: something that happened with the person there.

A request, welcome, start, a kept appointment, diagnostic, plan, an activity that they came to (by its end), a visit to
them at work or a talk with them, a follow-up that reached them.
"""

from datetime import date
from typing import get_args

from shared.language.codes import ActivityStatus, AppointmentStatus, EmploymentSupportKind, FollowUpStatus
from shared.language.contracts import EVENTS
from shared.language.contracts.diagnostic import Diagnostic, Plan
from shared.language.contracts.intake import Appointment, Request, Start, Welcome
from shared.language.contracts.outcomes import EmploymentSupport, FollowUp
from shared.language.contracts.training import Activity
from shared.language.services import OF_PATHWAYS

Contact = Request | Welcome | Start | Appointment | Diagnostic | Plan | Activity | EmploymentSupport | FollowUp
"""Bodies that may tell of a contact."""
TELLS_OF_CONTACT = {
    service: [body for body in get_args(Contact) if body in EVENTS[service].values()] for service in OF_PATHWAYS
}
"""The same, by the service that publishes them."""


def contact_in(body: Contact) -> tuple[str, date | None]:
    """Finds the key of a body's fact within the pathway, and the day of the contact; null: there was none."""
    match body:
        case Request(requested_on=on):
            return "request", on
        case Welcome(welcomed_on=on):
            return "welcome", on
        case Start(started_on=on):
            return "start", on
        case Appointment(appointment=key, settled_on=on, status=appointed):
            return f"appointment-{key}", on if appointed is AppointmentStatus.KEPT else None
        case Diagnostic(diagnostic=key, completed_on=on):
            return str(key), on
        case Plan(plan=key, agreed_on=on):
            return str(key), on
        case Activity(activity=key, ended_on=on, status=status):
            return str(key), None if status is ActivityStatus.NO_SHOW else on
        case EmploymentSupport(support=key, supported_on=on, what=what):
            return str(key), None if what is EmploymentSupportKind.TALK_WITH_EMPLOYER else on
        case FollowUp(month=month, asked_on=on, status=followed):
            return f"follow-up-{month.value}", on if followed is FollowUpStatus.REACHED else None
