"""Our stored event to the public event; what aims at health or justice travels under names of its own.

Who is the tutor, which is the host, what a session is called, what a structure is taught or commits
itself to, and at which half-days somebody was stay inside.
"""

from typing import Any

from services.training.domain import ActivityFile, FormationAction, Session
from shared.codes import SPECIAL_BARRIERS
from shared.contracts import EVENTS
from shared.contracts import training as contracts
from shared.publishing import Publisher


def _session(event: Any) -> contracts.SessionPlan:
    plan = event.fact
    return contracts.SessionPlan(
        session=event.key,
        kind=plan.kind,
        half_days=[contracts.HalfDay(one.day, one.part) for one in plan.half_days],
        hours_per_half_day=plan.hours_per_half_day,
        capacity=plan.capacity,
        outside=plan.outside,
    )


def _placement(event: Any) -> contracts.Placement:
    placement = event.fact
    return contracts.Placement(
        placement=event.key,
        form=placement.form,
        starts_on=placement.starts_on,
        ends_on=placement.last_day,
        objective=placement.objective,
        complete=placement.complete,
    )


def _support(event: Any) -> contracts.SupportReport:
    support = event.fact
    return contracts.SupportReport(
        report=event.key,
        action=support.action,
        barrier=support.barrier,
        result=support.result,
        reported_on=support.ended_on,
    )


def _training_period(event: Any) -> contracts.TrainingPeriod:
    period = event.fact
    return contracts.TrainingPeriod(
        period=event.key,
        started_on=period.started_on,
        ended_on=period.ended_on,
        taught=len(period.taught),
        participants=period.participants,
    )


def _action_period(event: Any) -> contracts.ActionPeriod:
    period = event.fact
    return contracts.ActionPeriod(
        period=event.key,
        started_on=period.started_on,
        ended_on=period.ended_on,
        commitments=len(period.commitments),
    )


def _feedback(event: Any) -> contracts.ActionFeedback:
    feedback = event.fact
    return contracts.ActionFeedback(
        period=event.key, given_on=feedback.on, points=len(feedback.points), kept=len(feedback.kept)
    )


public = Publisher(
    EVENTS["training"],
    (ActivityFile, Session, FormationAction),
    told={
        contracts.SessionPlan: _session,
        contracts.SessionCancellation: lambda event: contracts.SessionCancellation(
            session=event.key, cancelled_on=event.fact
        ),
        contracts.Placement: _placement,
        contracts.SupportReport: _support,
        contracts.TrainingPeriod: _training_period,
        contracts.ActionPeriod: _action_period,
        contracts.ActionFeedback: _feedback,
        contracts.PeriodAnnulment: lambda event: contracts.PeriodAnnulment(period=event.key, annulled_on=event.fact),
    },
    special={contracts.SupportReport: lambda event: event.fact.barrier in SPECIAL_BARRIERS},
    inside=("attendance-recorded", "attendance-corrected"),
)
