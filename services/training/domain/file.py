"""All that one pathway's person takes part in, and is to: the aggregate of the pathway in training."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from eventsourcing.domain import event

from services.training.domain.activity import Activity, ActivityFollows, check_activity
from services.training.domain.participation import (
    STILL_ATTENDED,
    AlreadyAttended,
    AlreadyEnrolled,
    Attendance,
    EnrolledAfterSession,
    Enrolment,
    EnrolmentEnd,
    NotEnrolled,
    WithdrawnBeforeEnrolled,
    attended_activity,
    check_attendance,
)
from services.training.domain.placement import (
    EvaluatedBeforeStart,
    Evaluation,
    Placement,
    PlacementBegun,
    PlacementCancellation,
    PlacementEnd,
    PlacementHasEnded,
    PlacementWasCancelled,
    PmsmpRenewedTwice,
    RenewalBeforeEnd,
    UnknownPlacement,
    check_end,
    check_placement,
    placement_activity,
)
from services.training.domain.proposal import Proposal, ProposalClosing
from services.training.domain.session import Session, SessionPlan, UnknownSession
from services.training.domain.support import SupportAction
from shared.codes import PlacementForm, ProposalEnd, WithdrawalReason
from shared.correspondents import UnknownCorrespondent
from shared.event_store import Aggregate, Known
from shared.rules import AlreadyRecorded, UnknownFact, differs, is_new, not_after

_NEW_IN_2 = (
    *("enrolments", "enrolment_ends", "attendances", "placements", "placement_ends", "cancellations"),
    *("evaluations", "supports", "proposals", "closings"),
)


class ActivityFile(Aggregate):
    """All activities of one pathway, and what some of them follow from. `today` is the local date of the structure."""

    TOPIC = "training.file"
    class_version = 2
    activities: dict[UUID, Known[Activity]] = field(default_factory=dict)
    enrolments: dict[UUID, Known[Enrolment]] = field(default_factory=dict)
    enrolment_ends: dict[UUID, EnrolmentEnd] = field(default_factory=dict)
    attendances: dict[UUID, Known[Attendance]] = field(default_factory=dict)
    placements: dict[UUID, Known[Placement]] = field(default_factory=dict)
    placement_ends: dict[UUID, Known[PlacementEnd]] = field(default_factory=dict)
    cancellations: dict[UUID, PlacementCancellation] = field(default_factory=dict)
    evaluations: dict[UUID, Known[Evaluation]] = field(default_factory=dict)
    supports: dict[UUID, Known[SupportAction]] = field(default_factory=dict)
    proposals: dict[UUID, Proposal] = field(default_factory=dict)
    closings: dict[UUID, ProposalClosing] = field(default_factory=dict)

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """A snapshot from when there were activities only."""
        state.update({name: {} for name in _NEW_IN_2})

    # What can happen

    class Recorded(Aggregate.Event):
        TOPIC = "training.activity-recorded"
        key: UUID
        fact: Activity
        imported: Activity | None

    class Corrected(Aggregate.Event):
        TOPIC = "training.activity-corrected"
        key: UUID
        fact: Activity
        imported: Activity | None

    class Enrolled(Aggregate.Event):
        TOPIC = "training.enrolled"
        key: UUID
        fact: Enrolment

    class EnrolmentWithdrawn(Aggregate.Event):
        TOPIC = "training.enrolment-withdrawn"
        key: UUID
        fact: EnrolmentEnd

    class AttendanceRecorded(Aggregate.Event):
        TOPIC = "training.attendance-recorded"
        key: UUID
        fact: Attendance

    class AttendanceCorrected(Aggregate.Event):
        TOPIC = "training.attendance-corrected"
        key: UUID
        fact: Attendance

    class PlacementPlanned(Aggregate.Event):
        TOPIC = "training.placement-planned"
        key: UUID
        fact: Placement

    class PlacementCorrected(Aggregate.Event):
        TOPIC = "training.placement-corrected"
        key: UUID
        fact: Placement

    class PlacementRenewed(Aggregate.Event):
        TOPIC = "training.placement-renewed"
        key: UUID
        fact: Placement

    class PlacementEnded(Aggregate.Event):
        TOPIC = "training.placement-ended"
        key: UUID
        fact: PlacementEnd

    class PlacementEndCorrected(Aggregate.Event):
        TOPIC = "training.placement-end-corrected"
        key: UUID
        fact: PlacementEnd

    class PlacementCancelled(Aggregate.Event):
        TOPIC = "training.placement-cancelled"
        key: UUID
        fact: PlacementCancellation

    class PlacementEvaluated(Aggregate.Event):
        TOPIC = "training.placement-evaluated"
        key: UUID
        fact: Evaluation

    class EvaluationCorrected(Aggregate.Event):
        TOPIC = "training.placement-evaluation-corrected"
        key: UUID
        fact: Evaluation

    class SupportReported(Aggregate.Event):
        TOPIC = "training.support-reported"
        key: UUID
        fact: SupportAction

    class SupportCorrected(Aggregate.Event):
        TOPIC = "training.support-report-corrected"
        key: UUID
        fact: SupportAction

    class Proposed(Aggregate.Event):
        """Told again where the plan says something new; then it is open again."""

        TOPIC = "training.participation-proposed"
        key: UUID
        fact: Proposal

    class ProposalClosed(Aggregate.Event):
        TOPIC = "training.proposal-closed"
        key: UUID
        fact: ProposalClosing

    # What is true

    def activity_of(self, key: UUID) -> UUID:
        """The activity that follows from an enrolment, a placement or a support action."""
        return uuid5(self.id, f"activity/{key}")

    def sessions_open(self) -> dict[UUID, UUID]:
        """By enrolment, the session of those that stand and whose attendance is not recorded."""
        return {
            key: known.current.session
            for key, known in self.enrolments.items()
            if key not in self.enrolment_ends and key not in self.attendances
        }

    def placements_of(self, form: PlacementForm, but: UUID | None = None) -> list[Placement]:
        """Those that were not cancelled, each until the day on which it did end."""
        return [
            replace(known.current, ends_on=self.placement_ends[key].current.ended_on, renewed_until=None)
            if key in self.placement_ends
            else known.current
            for key, known in self.placements.items()
            if known.current.form is form and key != but and key not in self.cancellations
        ]

    # What may be asked of activities

    def record(self, key: UUID, activity: Activity, today: date) -> None:
        if is_new(self.activities, key, activity):
            check_activity(activity, today)
            self._recorded(key, activity, None)

    def correct(self, key: UUID, activity: Activity, today: date) -> None:
        if differs(self.activities, key, activity):
            if any(self.activity_of(one) == key for one in (*self.attendances, *self.placements, *self.supports)):
                raise ActivityFollows(
                    "correct the attendance, the placement or the support action that it follows from"
                )
            check_activity(activity, today)
            self._corrected(key, activity, None)

    def take_activity(self, key: UUID, fact: Activity, imported: Activity) -> None:
        """What an import says, after its whole context was checked."""
        (self._corrected if key in self.activities else self._recorded)(key, fact, imported)

    def _let_follow(self, key: UUID, activity: Activity) -> None:
        """The activity that follows from a fact, as that now stands; the fact's rules are stricter than its own."""
        id = self.activity_of(key)
        if id not in self.activities:
            self._recorded(id, activity, None)
        elif self.activities[id].current != activity:
            self._corrected(id, activity, None)

    # Of sessions

    def enrol(self, key: UUID, enrolment: Enrolment, session: Session, structure: str, today: date) -> None:
        """`structure`: the one that supports the person. Whether there is a place is no matter: they wait for one."""
        if is_new(self.enrolments, key, enrolment):
            if session.structure != structure:
                raise UnknownSession("no such session is planned in this structure")
            plan = session.standing()
            if any(
                known.current.session == enrolment.session and other not in self.enrolment_ends
                for other, known in self.enrolments.items()
            ):
                raise AlreadyEnrolled("the person is enrolled in this session")
            not_after(today, "enrolled", enrolment.enrolled_on)
            if enrolment.enrolled_on > plan.last_day:
                raise EnrolledAfterSession(f"enrolled on {enrolment.enrolled_on}, the session ended on {plan.last_day}")
            self._enrolled(key, enrolment)
            self._answer(enrolment.action, enrolment.enrolled_on)

    def withdraw(self, key: UUID, end: EnrolmentEnd, today: date) -> None:
        if key not in self.enrolments:
            raise UnknownFact(f"no enrolment is recorded under {key}")
        if key in self.enrolment_ends:
            if self.enrolment_ends[key] != end:
                raise AlreadyRecorded("the enrolment is withdrawn already; enrol the person again")
            return
        if key in self.attendances:
            raise AlreadyAttended("attendance is recorded; correct it")
        not_after(today, "withdrawn", end.withdrawn_on)
        if end.withdrawn_on < (enrolled_on := self.enrolments[key].current.enrolled_on):
            raise WithdrawnBeforeEnrolled(f"withdrawn on {end.withdrawn_on}, enrolled on {enrolled_on}")
        self._enrolment_withdrawn(key, end)

    def session_of(self, enrolment: UUID) -> UUID:
        if enrolment not in self.enrolments:
            raise UnknownFact(f"no enrolment is recorded under {enrolment}")
        return self.enrolments[enrolment].current.session

    def record_attendance(self, key: UUID, attendance: Attendance, session: Session, today: date) -> None:
        if is_new(self.attendances, key, attendance):
            plan = self._attended_plan(key, session)
            check_attendance(attendance, plan, today)
            self._attendance_recorded(key, attendance)
            self._let_follow(key, attended_activity(attendance, plan))

    def correct_attendance(self, key: UUID, attendance: Attendance, session: Session, today: date) -> None:
        new = differs(self.attendances, key, attendance)
        plan = self._attended_plan(key, session)
        check_attendance(attendance, plan, today)
        if new:
            self._attendance_corrected(key, attendance)
        self._let_follow(key, attended_activity(attendance, plan))

    def _attended_plan(self, key: UUID, session: Session) -> SessionPlan:
        self.session_of(key)
        end = self.enrolment_ends.get(key)
        if end is not None and end.withdrawn_for not in STILL_ATTENDED:
            raise NotEnrolled(f"the enrolment was withdrawn on {end.withdrawn_on}")
        return session.standing()

    # Of placements

    def plan_placement(
        self, key: UUID, placement: Placement, elsewhere: Sequence[Placement], tutor_known: bool
    ) -> None:
        """`elsewhere`: the placements of the person's other pathways. `tutor_known`: whether there is such a tutor."""
        if is_new(self.placements, key, placement):
            self._check_placement(key, placement, elsewhere, tutor_known)
            self._placement_planned(key, placement)
            self._answer(placement.action, placement.starts_on)

    def correct_placement(
        self, key: UUID, placement: Placement, elsewhere: Sequence[Placement], tutor_known: bool, today: date
    ) -> None:
        """Its end, where it has ended, must be one of what then stands."""
        if differs(self.placements, key, placement):
            self._standing_placement(key)
            self._check_placement(key, placement, elsewhere, tutor_known)
            end = self.placement_ends.get(key)
            if end is not None:
                check_end(end.current, placement, today)
            self._placement_corrected(key, placement)
            if end is not None:
                self._let_follow(key, placement_activity(placement, end.current))

    def renew(self, key: UUID, until: date, hours_planned: Decimal | None, elsewhere: Sequence[Placement]) -> None:
        """`hours_planned`: over all days, those of the renewal included; null: as they were."""
        placement = self._standing_placement(key)
        renewed = replace(placement, renewed_until=until, hours_planned=hours_planned or placement.hours_planned)
        if renewed != placement:
            if key in self.placement_ends:
                raise PlacementHasEnded(f"it ended on {self.placement_ends[key].current.ended_on}")
            if placement.renewed_until is not None:
                if placement.form is PlacementForm.PMSMP:
                    raise PmsmpRenewedTwice(f"it was renewed until {placement.renewed_until}")
                if until <= placement.renewed_until:
                    raise RenewalBeforeEnd(f"it was renewed until {placement.renewed_until}")
            self._check_placement(key, renewed, elsewhere, tutor_known=True)
            self._placement_renewed(key, renewed)

    def end_placement(self, key: UUID, end: PlacementEnd, today: date) -> None:
        placement = self._standing_placement(key)
        if is_new(self.placement_ends, key, end):
            check_end(end, placement, today)
            self._placement_ended(key, end)
            self._let_follow(key, placement_activity(placement, end))

    def correct_end(self, key: UUID, end: PlacementEnd, today: date) -> None:
        placement = self._standing_placement(key)
        if differs(self.placement_ends, key, end):
            check_end(end, placement, today)
            self._placement_end_corrected(key, end)
            self._let_follow(key, placement_activity(placement, end))

    def cancel_placement(self, key: UUID, cancellation: PlacementCancellation, today: date) -> None:
        if key in self.cancellations and self.cancellations[key] != cancellation:
            raise AlreadyRecorded("the placement is cancelled already")
        if key not in self.cancellations:
            placement = self._standing_placement(key)
            if key in self.placement_ends:
                raise PlacementHasEnded(f"it ended on {self.placement_ends[key].current.ended_on}")
            not_after(today, "cancelled", cancellation.cancelled_on)
            if cancellation.cancelled_on > placement.starts_on:
                raise PlacementBegun(f"it began on {placement.starts_on}")
            self._placement_cancelled(key, cancellation)

    def evaluate(self, key: UUID, evaluation: Evaluation, today: date) -> None:
        placement = self._standing_placement(key)
        if is_new(self.evaluations, key, evaluation):
            _check_evaluation(evaluation, placement, today)
            self._placement_evaluated(key, evaluation)

    def correct_evaluation(self, key: UUID, evaluation: Evaluation, today: date) -> None:
        placement = self._standing_placement(key)
        if differs(self.evaluations, key, evaluation):
            _check_evaluation(evaluation, placement, today)
            self._evaluation_corrected(key, evaluation)

    def _standing_placement(self, key: UUID) -> Placement:
        if key not in self.placements:
            raise UnknownPlacement(f"no placement is planned under {key}")
        if key in self.cancellations:
            raise PlacementWasCancelled(f"it was cancelled on {self.cancellations[key].cancelled_on}")
        return self.placements[key].current

    def _check_placement(
        self, key: UUID, placement: Placement, elsewhere: Sequence[Placement], tutor_known: bool
    ) -> None:
        check_placement(
            placement,
            [*self.placements_of(placement.form, key), *(one for one in elsewhere if one.form is placement.form)],
        )
        stood = self.placements[key].current.tutor if key in self.placements else None
        if placement.tutor not in (None, stood) and not tutor_known:
            raise UnknownCorrespondent("no correspondent of this service has the tutor's id")

    # Of support actions

    def report_support(self, key: UUID, support: SupportAction, today: date) -> None:
        if is_new(self.supports, key, support):
            check_activity(support.activity, today)
            self._support_reported(key, support)
            self._let_follow(key, support.activity)
            self._answer(support.action, support.ended_on)

    def correct_support(self, key: UUID, support: SupportAction, today: date) -> None:
        if differs(self.supports, key, support):
            check_activity(support.activity, today)
            self._support_corrected(key, support)
            self._let_follow(key, support.activity)

    # Of proposals

    def dismiss(self, key: UUID, on: date, today: date) -> None:
        if key not in self.proposals:
            raise UnknownFact(f"nothing is proposed under {key}")
        if key not in self.closings:
            not_after(today, "dismissed", on)
            self._proposal_closed(key, ProposalClosing(ProposalEnd.DISMISSED, on))

    def _open_proposals(self, action: UUID | None = None) -> Iterator[UUID]:
        """All, or those of one action of the plan."""
        return (
            key
            for key, proposal in list(self.proposals.items())
            if key not in self.closings and (action is None or action in (key, proposal.action))
        )

    def _answer(self, action: UUID | None, on: date) -> None:
        if action is not None:
            for key in self._open_proposals(action):
                self._proposal_closed(key, ProposalClosing(ProposalEnd.ANSWERED, on))

    # What follows from what other services tell: decided without refusing, as it may be old, odd or told before.

    def plan_says(self, action: UUID, proposal: Proposal | None) -> None:
        """An agreed plan has this action; null: it is nothing that training offers (any more)."""
        facts: list[Mapping[UUID, Known[Any]]] = [self.enrolments, self.placements, self.supports]
        if proposal is None:
            for key in self._open_proposals(action):
                self._proposal_closed(key, ProposalClosing(ProposalEnd.PLAN_CHANGED))
        elif action not in self.proposals:
            if not any(known.current.action == action for part in facts for known in part.values()):
                self._proposed(action, proposal)
        elif self.proposals[action] != proposal and self._is_open_for(action, ProposalEnd.PLAN_CHANGED):
            self._proposed(action, proposal)

    def action_settled(self, action: UUID, on: date | None) -> None:
        for key in self._open_proposals(action):
            self._proposal_closed(key, ProposalClosing(ProposalEnd.SETTLED, on))

    def action_open_again(self, action: UUID) -> None:
        if action in self.closings and self._is_open_for(action, ProposalEnd.SETTLED):
            self._proposed(action, self.proposals[action])

    def _is_open_for(self, key: UUID, end: ProposalEnd) -> bool:
        """Whether a proposal is open, or was closed for what may be taken back."""
        return key not in self.closings or self.closings[key].closed_for is end

    def person_left(self, on: date, sessions: Mapping[UUID, Session]) -> None:
        """Closes what is not over on the day of the exit; `sessions`: those of the open enrolments."""
        for key, session in self.sessions_open().items():
            plan = sessions[session].plan
            if plan is not None and plan.last_day > on:
                self._enrolment_withdrawn(key, EnrolmentEnd(on, WithdrawalReason.EXIT))
        for key, known in list(self.placements.items()):
            open_still = key not in self.placement_ends and key not in self.cancellations
            if open_still and known.current.starts_on >= on:
                self._placement_cancelled(key, PlacementCancellation(on, WithdrawalReason.EXIT))
        for key in self._open_proposals():
            self._proposal_closed(key, ProposalClosing(ProposalEnd.EXIT, on))

    def moved_to(self, structure: str, on: date, sessions: Mapping[UUID, Session]) -> None:
        """Takes the person out of what other structures have yet to begin, and proposes it anew; the rest goes on."""
        for key, id in self.sessions_open().items():
            session = sessions[id]
            if session.plan is None or session.structure == structure or session.plan.first_day <= on:
                continue
            self._enrolment_withdrawn(key, EnrolmentEnd(on, WithdrawalReason.TRANSFER))
            action = self.enrolments[key].current.action
            before = self.proposals.get(action) if action is not None else None
            barrier = before.barrier if before is not None else None
            self._proposed(uuid5(key, "transfer"), Proposal(session.plan.kind.activity, action, barrier))

    def session_corrected(self, session: Session, today: date) -> None:
        """Hours follow the session; attendance at half-days that it no longer has stays as it was recorded."""
        if session.plan is None or session.cancelled_on is not None or session.plan.first_day > today:
            return
        for key, known in list(self.attendances.items()):
            attended = set(known.current.attended)
            if self.enrolments[key].current.session == session.key and attended <= set(session.plan.half_days):
                activity = attended_activity(known.current, session.plan)
                if activity.ended_on <= today:
                    self._let_follow(key, activity)

    # What is recorded. A dictionary keeps the order in which its facts were first recorded.

    @event(Recorded)
    def _recorded(self, key: UUID, fact: Activity, imported: Activity | None) -> None:
        self.activities[key] = Known(fact, imported)

    @event(Corrected)
    def _corrected(self, key: UUID, fact: Activity, imported: Activity | None) -> None:
        self.activities[key] = Known.now(self.activities.get(key), fact, imported)

    @event(Enrolled)
    def _enrolled(self, key: UUID, fact: Enrolment) -> None:
        self.enrolments[key] = Known(fact)

    @event(EnrolmentWithdrawn)
    def _enrolment_withdrawn(self, key: UUID, fact: EnrolmentEnd) -> None:
        self.enrolment_ends[key] = fact

    @event(AttendanceRecorded)
    def _attendance_recorded(self, key: UUID, fact: Attendance) -> None:
        self.attendances[key] = Known(fact)

    @event(AttendanceCorrected)
    def _attendance_corrected(self, key: UUID, fact: Attendance) -> None:
        self.attendances[key] = Known(fact)

    @event(PlacementPlanned)
    def _placement_planned(self, key: UUID, fact: Placement) -> None:
        self.placements[key] = Known(fact)

    @event(PlacementCorrected)
    def _placement_corrected(self, key: UUID, fact: Placement) -> None:
        self.placements[key] = Known(fact)

    @event(PlacementRenewed)
    def _placement_renewed(self, key: UUID, fact: Placement) -> None:
        self.placements[key] = Known(fact)

    @event(PlacementEnded)
    def _placement_ended(self, key: UUID, fact: PlacementEnd) -> None:
        self.placement_ends[key] = Known(fact)

    @event(PlacementEndCorrected)
    def _placement_end_corrected(self, key: UUID, fact: PlacementEnd) -> None:
        self.placement_ends[key] = Known(fact)

    @event(PlacementCancelled)
    def _placement_cancelled(self, key: UUID, fact: PlacementCancellation) -> None:
        self.cancellations[key] = fact

    @event(PlacementEvaluated)
    def _placement_evaluated(self, key: UUID, fact: Evaluation) -> None:
        self.evaluations[key] = Known(fact)

    @event(EvaluationCorrected)
    def _evaluation_corrected(self, key: UUID, fact: Evaluation) -> None:
        self.evaluations[key] = Known(fact)

    @event(SupportReported)
    def _support_reported(self, key: UUID, fact: SupportAction) -> None:
        self.supports[key] = Known(fact)

    @event(SupportCorrected)
    def _support_corrected(self, key: UUID, fact: SupportAction) -> None:
        self.supports[key] = Known(fact)

    @event(Proposed)
    def _proposed(self, key: UUID, fact: Proposal) -> None:
        self.proposals[key] = fact
        self.closings.pop(key, None)

    @event(ProposalClosed)
    def _proposal_closed(self, key: UUID, fact: ProposalClosing) -> None:
        self.closings[key] = fact


def _check_evaluation(evaluation: Evaluation, placement: Placement, today: date) -> None:
    not_after(today, "evaluated", evaluation.evaluated_on)
    if evaluation.evaluated_on < placement.starts_on:
        raise EvaluatedBeforeStart(f"evaluated on {evaluation.evaluated_on}, starts on {placement.starts_on}")
