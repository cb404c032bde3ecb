"""The aggregate of a pathway in training: all that its person takes part in, and is to.

One file, as it is one aggregate: what its facts say and must be stands beside it, a theme a file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from services.training.domain.activity import Activity, ActivityFollows
from services.training.domain.participation import (
    STILL_ATTENDED,
    AlreadyAttended,
    AlreadyEnrolled,
    Attendance,
    Enrolment,
    EnrolmentEnd,
    NotEnrolled,
    attended_activity,
    check_attendance,
    check_enrolment,
    check_enrolment_end,
)
from services.training.domain.placement import (
    Evaluation,
    Placement,
    PlacementCancellation,
    PlacementEnd,
    PlacementHasEnded,
    PlacementWasCancelled,
    UnknownPlacement,
    check_cancellation,
    check_end,
    check_evaluation,
    check_placement,
    check_renewal,
    placement_activity,
)
from services.training.domain.proposal import Proposal, ProposalClosing
from services.training.domain.session import Session, SessionPlan, UnknownSession
from services.training.domain.support import SupportAction
from shared.kernel.event_store import Aggregate
from shared.kernel.facts import FactEvent, Facts
from shared.language.codes import PlacementForm, ProposalEnd, WithdrawalReason
from shared.language.rules import AlreadyRecorded, UnknownFact, not_after, refuse
from shared.language.rules.training import of_activity
from shared.people.correspondents import UnknownCorrespondent

_NEW_IN_2 = (
    *("enrolments", "enrolment_ends", "attendances", "placements", "placement_ends", "cancellations"),
    *("evaluations", "supports", "proposals", "closings"),
)


class ActivityFile(Aggregate):
    """All activities of one pathway, and what some of them follow from. `today` is the local date of the structure."""

    TOPIC = "training.file"
    class_version = 2

    # What is kept, and what can happen to it

    activities = Facts(
        Activity,
        "activity",
        "training.activity-recorded",
        "training.activity-corrected",
        imported=True,
        rules=of_activity,
    )
    enrolments = Facts(Enrolment, "enrolment", "training.enrolled")
    enrolment_ends = Facts(EnrolmentEnd, "enrolment-end", "training.enrolment-withdrawn", bare=True)
    attendances = Facts(Attendance, "attendance", "training.attendance-recorded", "training.attendance-corrected")
    placements = Facts(
        Placement,
        "placement",
        "training.placement-planned",
        "training.placement-corrected",
        "training.placement-renewed",
    )
    placement_ends = Facts(
        PlacementEnd, "placement-end", "training.placement-ended", "training.placement-end-corrected"
    )
    cancellations = Facts(PlacementCancellation, "placement-cancellation", "training.placement-cancelled", bare=True)
    evaluations = Facts(
        Evaluation, "evaluation", "training.placement-evaluated", "training.placement-evaluation-corrected"
    )
    supports = Facts(SupportAction, "support", "training.support-reported", "training.support-report-corrected")

    class ParticipationProposed(FactEvent):
        """Told again where the plan says something new; then it is open again."""

        TOPIC = "training.participation-proposed"
        key: UUID
        fact: Proposal

        def apply(self, file: "ActivityFile") -> None:
            super().apply(file)
            vars(file)["closings"].pop(self.key, None)

    proposals = Facts(Proposal, None, ParticipationProposed, bare=True)
    closings = Facts(ProposalClosing, None, "training.proposal-closed", bare=True)

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """A snapshot from when there were activities only."""
        state.update({name: {} for name in _NEW_IN_2})

    # What is true

    def activity_of(self, key: UUID) -> UUID:
        """Names the activity that follows from an enrolment, a placement or a support action."""
        return uuid5(self.id, f"activity/{key}")

    def sessions_open(self) -> dict[UUID, UUID]:
        """Finds, by enrolment, the sessions of those that stand without an attendance."""
        return {
            key: fact.session
            for key, fact in self.enrolments.items()
            if key not in self.enrolment_ends and key not in self.attendances
        }

    def placements_of(self, form: PlacementForm, but: UUID | None = None) -> list[Placement]:
        """Finds those that were not cancelled, each until the day on which it did end."""
        return [
            replace(fact, ends_on=self.placement_ends[key].ended_on, renewed_until=None)
            if key in self.placement_ends
            else fact
            for key, fact in self.placements.items()
            if fact.form is form and key != but and key not in self.cancellations
        ]

    # What may be asked of activities

    def correct_activity(self, key: UUID, activity: Activity, today: date) -> None:
        if self.activities.differs(key, activity):
            if any(self.activity_of(one) == key for one in (*self.attendances, *self.placements, *self.supports)):
                raise ActivityFollows(
                    "correct the attendance, the placement or the support action that it follows from"
                )
            self.activities.admit_correction(key, activity, today)

    def _let_follow(self, key: UUID, activity: Activity) -> None:
        """Has the activity follow a fact as that now stands; the fact's rules are stricter than its own."""
        id = self.activity_of(key)
        if id not in self.activities:
            self.activities.record(id, activity)
        elif self.activities[id] != activity:
            self.activities.correct(id, activity)

    # Of sessions

    def enrol(self, key: UUID, enrolment: Enrolment, session: Session, structure: str, today: date) -> None:
        """Enrols also where no place is free: then the person waits. `structure`: the one that supports them."""
        if self.enrolments.is_new(key, enrolment):
            if session.structure != structure:
                raise UnknownSession("no such session is planned in this structure")
            plan = session.standing()
            if any(
                fact.session == enrolment.session and other not in self.enrolment_ends
                for other, fact in self.enrolments.items()
            ):
                raise AlreadyEnrolled("the person is enrolled in this session")
            check_enrolment(enrolment, plan, today)
            self.enrolments.record(key, enrolment)
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
        check_enrolment_end(end, self.enrolments[key], today)
        self.enrolment_ends.record(key, end)

    def session_of(self, enrolment: UUID) -> UUID:
        if enrolment not in self.enrolments:
            raise UnknownFact(f"no enrolment is recorded under {enrolment}")
        return self.enrolments[enrolment].session

    def record_attendance(self, key: UUID, attendance: Attendance, session: Session, today: date) -> None:
        if self.attendances.is_new(key, attendance):
            plan = self._attended_plan(key, session)
            check_attendance(attendance, plan, today)
            self.attendances.record(key, attendance)
            self._let_follow(key, attended_activity(attendance, plan))

    def correct_attendance(self, key: UUID, attendance: Attendance, session: Session, today: date) -> None:
        new = self.attendances.differs(key, attendance)
        plan = self._attended_plan(key, session)
        check_attendance(attendance, plan, today)
        if new:
            self.attendances.correct(key, attendance)
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
        if self.placements.is_new(key, placement):
            self._check_placement(key, placement, elsewhere, tutor_known)
            self.placements.record(key, placement)
            self._answer(placement.action, placement.starts_on)

    def correct_placement(
        self, key: UUID, placement: Placement, elsewhere: Sequence[Placement], tutor_known: bool, today: date
    ) -> None:
        """Corrects a placement; its end, where it has ended, must still be one of it."""
        if self.placements.differs(key, placement):
            self._standing_placement(key)
            self._check_placement(key, placement, elsewhere, tutor_known)
            end = self.placement_ends.get(key)
            if end is not None:
                check_end(end, placement, today)
            self.placements.correct(key, placement)
            if end is not None:
                self._let_follow(key, placement_activity(placement, end))

    def renew(self, key: UUID, until: date, hours_planned: Decimal | None, elsewhere: Sequence[Placement]) -> None:
        """`hours_planned`: over all days, those of the renewal included; null: as they were."""
        placement = self._standing_placement(key)
        renewed = replace(placement, renewed_until=until, hours_planned=hours_planned or placement.hours_planned)
        if renewed != placement:
            if key in self.placement_ends:
                raise PlacementHasEnded(f"it ended on {self.placement_ends[key].ended_on}")
            check_renewal(placement, until)
            self._check_placement(key, renewed, elsewhere, tutor_known=True)
            self.placements.tell("PlacementRenewed", key, renewed)

    def end_placement(self, key: UUID, end: PlacementEnd, today: date) -> None:
        placement = self._standing_placement(key)
        if self.placement_ends.is_new(key, end):
            check_end(end, placement, today)
            self.placement_ends.record(key, end)
            self._let_follow(key, placement_activity(placement, end))

    def correct_end(self, key: UUID, end: PlacementEnd, today: date) -> None:
        placement = self._standing_placement(key)
        if self.placement_ends.differs(key, end):
            check_end(end, placement, today)
            self.placement_ends.correct(key, end)
            self._let_follow(key, placement_activity(placement, end))

    def cancel_placement(self, key: UUID, cancellation: PlacementCancellation, today: date) -> None:
        if key in self.cancellations and self.cancellations[key] != cancellation:
            raise AlreadyRecorded("the placement is cancelled already")
        if key not in self.cancellations:
            placement = self._standing_placement(key)
            if key in self.placement_ends:
                raise PlacementHasEnded(f"it ended on {self.placement_ends[key].ended_on}")
            check_cancellation(cancellation, placement, today)
            self.cancellations.record(key, cancellation)

    def evaluate(self, key: UUID, evaluation: Evaluation, today: date) -> None:
        placement = self._standing_placement(key)
        if self.evaluations.is_new(key, evaluation):
            check_evaluation(evaluation, placement, today)
            self.evaluations.record(key, evaluation)

    def correct_evaluation(self, key: UUID, evaluation: Evaluation, today: date) -> None:
        placement = self._standing_placement(key)
        if self.evaluations.differs(key, evaluation):
            check_evaluation(evaluation, placement, today)
            self.evaluations.correct(key, evaluation)

    def _standing_placement(self, key: UUID) -> Placement:
        if key not in self.placements:
            raise UnknownPlacement(f"no placement is planned under {key}")
        if key in self.cancellations:
            raise PlacementWasCancelled(f"it was cancelled on {self.cancellations[key].cancelled_on}")
        return self.placements[key]

    def _check_placement(
        self, key: UUID, placement: Placement, elsewhere: Sequence[Placement], tutor_known: bool
    ) -> None:
        check_placement(
            placement,
            [*self.placements_of(placement.form, key), *(one for one in elsewhere if one.form is placement.form)],
        )
        stood = self.placements[key].tutor if key in self.placements else None
        if placement.tutor not in (None, stood) and not tutor_known:
            raise UnknownCorrespondent("no correspondent of this service has the tutor's id")

    # Of support actions

    def report_support(self, key: UUID, support: SupportAction, today: date) -> None:
        if self.supports.is_new(key, support):
            refuse(of_activity(support.activity, today))
            self.supports.record(key, support)
            self._let_follow(key, support.activity)
            self._answer(support.action, support.ended_on)

    def correct_support(self, key: UUID, support: SupportAction, today: date) -> None:
        if self.supports.differs(key, support):
            refuse(of_activity(support.activity, today))
            self.supports.correct(key, support)
            self._let_follow(key, support.activity)

    # Of proposals

    def dismiss(self, key: UUID, on: date, today: date) -> None:
        if key not in self.proposals:
            raise UnknownFact(f"nothing is proposed under {key}")
        if key not in self.closings:
            not_after(today, "dismissed", on)
            self.closings.record(key, ProposalClosing(ProposalEnd.DISMISSED, on))

    def _open_proposals(self, action: UUID | None) -> Iterator[UUID]:
        """Finds those of one action of the plan; null: all."""
        return (
            key
            for key, proposal in self.proposals.items()
            if key not in self.closings and (action is None or action in (key, proposal.action))
        )

    def _answer(self, action: UUID | None, on: date) -> None:
        if action is not None:
            self._close(action, ProposalEnd.ANSWERED, on)

    def _close(self, action: UUID | None, end: ProposalEnd, on: date | None = None) -> None:
        for key in self._open_proposals(action):
            self.closings.record(key, ProposalClosing(end, on))

    # What follows from what other services tell: decided without refusing, as it may be old, odd or told before.

    def plan_says(self, action: UUID, proposal: Proposal | None) -> None:
        """Proposes an action of an agreed plan; null: it is nothing that training offers (any more)."""
        facts: list[Mapping[UUID, Any]] = [self.enrolments, self.placements, self.supports]
        if proposal is None:
            self._close(action, ProposalEnd.PLAN_CHANGED)
        elif action not in self.proposals:
            if not any(fact.action == action for part in facts for fact in part.values()):
                self.proposals.record(action, proposal)
        elif self.proposals[action] != proposal and self._is_open_for(action, ProposalEnd.PLAN_CHANGED):
            self.proposals.record(action, proposal)

    def action_settled(self, action: UUID, on: date | None) -> None:
        self._close(action, ProposalEnd.SETTLED, on)

    def action_open_again(self, action: UUID) -> None:
        if action in self.closings and self._is_open_for(action, ProposalEnd.SETTLED):
            self.proposals.record(action, self.proposals[action])

    def _is_open_for(self, key: UUID, end: ProposalEnd) -> bool:
        """Tells whether a proposal is open, or was closed for what may be taken back."""
        return key not in self.closings or self.closings[key].closed_for is end

    def person_left(self, on: date, sessions: Mapping[UUID, Session]) -> None:
        """Closes what is not over on the day of the exit; `sessions`: those of the open enrolments."""
        for key, session in self.sessions_open().items():
            plan = sessions[session].plan.current
            if plan is not None and plan.last_day > on:
                self.enrolment_ends.record(key, EnrolmentEnd(on, WithdrawalReason.EXIT))
        for key, fact in self.placements.items():
            open_still = key not in self.placement_ends and key not in self.cancellations
            if open_still and fact.starts_on >= on:
                self.cancellations.record(key, PlacementCancellation(on, WithdrawalReason.EXIT))
        self._close(None, ProposalEnd.EXIT, on)

    def moved_to(self, structure: str, on: date, sessions: Mapping[UUID, Session]) -> None:
        """Takes the person out of what other structures have yet to begin, and proposes it anew; the rest goes on."""
        for key, id in self.sessions_open().items():
            plan = sessions[id].plan.current
            if plan is None or sessions[id].structure == structure or plan.first_day <= on:
                continue
            self.enrolment_ends.record(key, EnrolmentEnd(on, WithdrawalReason.TRANSFER))
            action = self.enrolments[key].action
            before = self.proposals.get(action) if action is not None else None
            barrier = before.barrier if before is not None else None
            self.proposals.record(uuid5(key, "transfer"), Proposal(plan.kind.activity, action, barrier))

    def session_corrected(self, session: Session, today: date) -> None:
        """Has hours follow the session; attendance at half-days that it no longer has stays as it was recorded."""
        plan = session.plan.current
        if plan is None or session.cancelled_on or plan.first_day > today:
            return
        for key, fact in self.attendances.items():
            attended = set(fact.attended)
            if self.enrolments[key].session == session.key and attended <= set(plan.half_days):
                activity = attended_activity(fact, plan)
                if activity.ended_on <= today:
                    self._let_follow(key, activity)
