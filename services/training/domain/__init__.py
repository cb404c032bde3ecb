"""The aggregates of training (`file`, `session`, `formation`), their facts and rules, one file a theme."""

from services.training.domain.activity import Activity, ActivityFollows
from services.training.domain.file import ActivityFile
from services.training.domain.formation import FormationAction, formation_id
from services.training.domain.participation import Attendance, Enrolment, EnrolmentEnd
from services.training.domain.periods import ActionPeriod, Commitment, Feedback, TrainingPeriod
from services.training.domain.placement import Evaluation, Placement, PlacementCancellation, PlacementEnd
from services.training.domain.proposal import Proposal, ProposalClosing
from services.training.domain.session import HalfDay, Session, SessionPlan, UnknownSession, in_order, session_file
from services.training.domain.support import SupportAction

__all__ = [
    "ActionPeriod",
    "Activity",
    "ActivityFile",
    "ActivityFollows",
    "Attendance",
    "Commitment",
    "Enrolment",
    "EnrolmentEnd",
    "Evaluation",
    "Feedback",
    "FormationAction",
    "HalfDay",
    "Placement",
    "PlacementCancellation",
    "PlacementEnd",
    "Proposal",
    "ProposalClosing",
    "Session",
    "SessionPlan",
    "SupportAction",
    "TrainingPeriod",
    "UnknownSession",
    "formation_id",
    "in_order",
    "session_file",
]
