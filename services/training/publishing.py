"""Our stored event to the public event; what aims at health or justice travels under names of its own.

Who is the tutor, which is the host, what a session is called, what a structure is taught or commits
itself to, and at which half-days somebody was stay inside.
"""

from uuid import UUID

from services.training.domain import (
    ActionPeriod,
    Activity,
    ActivityFile,
    Enrolment,
    Evaluation,
    Feedback,
    FormationAction,
    Placement,
    PlacementEnd,
    Session,
    SessionPlan,
    SupportAction,
    TrainingPeriod,
)
from shared.codes import SPECIAL_BARRIERS
from shared.contracts import Body
from shared.contracts import training as contracts
from shared.event_store import Recorded


def public(recorded: Recorded) -> tuple[str, Body] | None:
    match recorded.event:
        case ActivityFile.Recorded(key=key, fact=fact):
            return "activity-recorded", _activity(key, fact)
        case ActivityFile.Corrected(key=key, fact=fact):
            return "activity-corrected", _activity(key, fact)
        case Session.Planned(key=key, fact=fact):
            return "session-planned", _session(key, fact)
        case Session.Corrected(key=key, fact=fact):
            return "session-corrected", _session(key, fact)
        case Session.Cancelled(key=key, fact=on):
            return "session-cancelled", contracts.SessionCancellation(session=key, cancelled_on=on)
        case ActivityFile.Enrolled(key=key, fact=fact):
            return "enrolled", _enrolment(key, fact)
        case ActivityFile.EnrolmentWithdrawn(key=key, fact=fact):
            return "enrolment-withdrawn", contracts.EnrolmentEnd(enrolment=key, **vars(fact))
        case ActivityFile.AttendanceRecorded() | ActivityFile.AttendanceCorrected():
            return None
        case ActivityFile.PlacementPlanned(key=key, fact=fact):
            return "placement-planned", _placement(key, fact)
        case ActivityFile.PlacementCorrected(key=key, fact=fact):
            return "placement-corrected", _placement(key, fact)
        case ActivityFile.PlacementRenewed(key=key, fact=fact):
            return "placement-renewed", _placement(key, fact)
        case ActivityFile.PlacementEnded(key=key, fact=fact):
            return "placement-ended", _placement_end(key, fact)
        case ActivityFile.PlacementEndCorrected(key=key, fact=fact):
            return "placement-end-corrected", _placement_end(key, fact)
        case ActivityFile.PlacementCancelled(key=key, fact=fact):
            return "placement-cancelled", contracts.PlacementCancellation(placement=key, **vars(fact))
        case ActivityFile.PlacementEvaluated(key=key, fact=fact):
            return "placement-evaluated", _evaluation(key, fact)
        case ActivityFile.EvaluationCorrected(key=key, fact=fact):
            return "placement-evaluation-corrected", _evaluation(key, fact)
        case ActivityFile.SupportReported(key=key, fact=fact):
            return _special(fact) + "support-reported", _support(key, fact)
        case ActivityFile.SupportCorrected(key=key, fact=fact):
            return _special(fact) + "support-report-corrected", _support(key, fact)
        case ActivityFile.Proposed(key=key, fact=fact):
            return "participation-proposed", contracts.Proposal(
                proposal=key, action=fact.action, kind=fact.kind, due_on=fact.due_on
            )
        case ActivityFile.ProposalClosed(key=key, fact=fact):
            return "proposal-closed", contracts.ProposalClosing(proposal=key, **vars(fact))
        case FormationAction.TrainingRecorded(key=key, fact=fact):
            return "training-period-recorded", _training_period(key, fact)
        case FormationAction.TrainingCorrected(key=key, fact=fact):
            return "training-period-corrected", _training_period(key, fact)
        case FormationAction.ActionRecorded(key=key, fact=fact):
            return "action-period-recorded", _action_period(key, fact)
        case FormationAction.ActionCorrected(key=key, fact=fact):
            return "action-period-corrected", _action_period(key, fact)
        case FormationAction.FeedbackRecorded(key=key, fact=fact):
            return "action-feedback-recorded", _feedback(key, fact)
        case FormationAction.FeedbackCorrected(key=key, fact=fact):
            return "action-feedback-corrected", _feedback(key, fact)
        case FormationAction.PeriodAnnulled(key=key, fact=on):
            return "formation-period-annulled", contracts.PeriodAnnulment(period=key, annulled_on=on)
    raise NotImplementedError(f"no public event is decided for {recorded.name}")


def _special(fact: SupportAction) -> str:
    return "special-" if fact.barrier in SPECIAL_BARRIERS else ""


def _activity(key: UUID, fact: Activity) -> contracts.Activity:
    return contracts.Activity(
        activity=key,
        kind=fact.kind,
        started_on=fact.started_on,
        ended_on=fact.ended_on,
        hours=fact.hours,
        status=fact.status,
    )


def _session(key: UUID, fact: SessionPlan) -> contracts.SessionPlan:
    return contracts.SessionPlan(
        session=key,
        kind=fact.kind,
        half_days=[contracts.HalfDay(one.day, one.part) for one in fact.half_days],
        hours_per_half_day=fact.hours_per_half_day,
        capacity=fact.capacity,
        outside=fact.outside,
    )


def _enrolment(key: UUID, fact: Enrolment) -> contracts.Enrolment:
    return contracts.Enrolment(enrolment=key, session=fact.session, enrolled_on=fact.enrolled_on)


def _placement(key: UUID, fact: Placement) -> contracts.Placement:
    return contracts.Placement(
        placement=key,
        form=fact.form,
        starts_on=fact.starts_on,
        ends_on=fact.last_day,
        objective=fact.objective,
        complete=fact.complete,
    )


def _placement_end(key: UUID, fact: PlacementEnd) -> contracts.PlacementEnd:
    return contracts.PlacementEnd(placement=key, **vars(fact))


def _evaluation(key: UUID, fact: Evaluation) -> contracts.Evaluation:
    return contracts.Evaluation(placement=key, evaluated_on=fact.evaluated_on, conclusion=fact.conclusion)


def _support(key: UUID, fact: SupportAction) -> contracts.SupportReport:
    return contracts.SupportReport(
        report=key, action=fact.action, barrier=fact.barrier, result=fact.result, reported_on=fact.ended_on
    )


def _training_period(key: UUID, fact: TrainingPeriod) -> contracts.TrainingPeriod:
    return contracts.TrainingPeriod(
        period=key,
        started_on=fact.started_on,
        ended_on=fact.ended_on,
        taught=len(fact.taught),
        participants=fact.participants,
    )


def _action_period(key: UUID, fact: ActionPeriod) -> contracts.ActionPeriod:
    return contracts.ActionPeriod(
        period=key, started_on=fact.started_on, ended_on=fact.ended_on, commitments=len(fact.commitments)
    )


def _feedback(key: UUID, fact: Feedback) -> contracts.ActionFeedback:
    return contracts.ActionFeedback(period=key, given_on=fact.on, points=len(fact.points), kept=len(fact.kept))
