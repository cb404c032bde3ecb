"""The rules of support actions and of proposals, and what follows from plans, exits and transfers, a sentence each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from eventsourcing.domain import Snapshot
from eventsourcing.persistence import StoredEvent

from services.training.domain import (
    ActivityFile,
    Enrolment,
    EnrolmentEnd,
    HalfDay,
    Placement,
    PlacementCancellation,
    Proposal,
    ProposalClosing,
    Session,
    SessionPlan,
    SupportAction,
)
from shared.language.codes import (
    ActivityKind,
    Barrier,
    DayPart,
    PlacementForm,
    ProposalEnd,
    SessionKind,
    SupportResult,
    WithdrawalReason,
)
from shared.language.rules import AlreadyRecorded, InTheFuture, RuleBroken, UnknownFact
from shared.language.rules.training import EndBeforeStart, HoursNegative
from tests.rules.test_training_sessions_rules import attended, then_all
from tests.sentences import MAPPER, Told, given, told

TODAY = date(2025, 6, 30)
KEY, OTHER, ACTION, SESSION = UUID(int=1), UUID(int=2), UUID(int=10), UUID(int=3)

# Support actions

SUPPORT = SupportAction(
    barrier=Barrier.MOBILITY,
    started_on=date(2025, 5, 5),
    ended_on=date(2025, 5, 7),
    hours=Decimal("4.5"),
    result=SupportResult.EASED,
    partner="Auto-école solidaire",
)


def report(support: SupportAction = SUPPORT) -> Callable[[ActivityFile], object]:
    return lambda file: file.report_support(KEY, support, TODAY)


def correct(support: SupportAction = SUPPORT) -> Callable[[ActivityFile], object]:
    return lambda file: file.correct_support(KEY, support, TODAY)


def reported(support: SupportAction = SUPPORT) -> tuple[Told, Told]:
    activity = told(
        ActivityFile.ActivityRecorded, support.activity, key=ActivityFile.blank(UUID(int=7)).activity_of(KEY)
    )
    return told(ActivityFile.SupportReported, support, key=KEY), activity


def test_a_support_action_is_reported_and_an_activity_follows() -> None:
    then_all(given(ActivityFile).when(report()), *reported())
    given(ActivityFile, *reported()).when(report()).then_nothing()
    given(ActivityFile, *reported()).when(correct()).then_nothing()
    longer = replace(SUPPORT, hours=Decimal(6), result=SupportResult.LIFTED)
    given(ActivityFile, *reported()).when(report(longer)).then_refused(AlreadyRecorded)
    given(ActivityFile).when(correct()).then_refused(UnknownFact)
    _, activity = reported(longer)
    then_all(
        given(ActivityFile, *reported()).when(correct(longer)),
        told(ActivityFile.SupportReportCorrected, longer, key=KEY),
        told(ActivityFile.ActivityCorrected, longer.activity, key=activity.fields["key"]),
    )
    other_barrier = replace(SUPPORT, barrier=Barrier.HEALTH)
    given(ActivityFile, *reported()).when(correct(other_barrier)).then(
        told(ActivityFile.SupportReportCorrected, other_barrier, key=KEY)
    )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"ended_on": date(2025, 7, 1)}, InTheFuture),
        ({"ended_on": date(2025, 5, 4)}, EndBeforeStart),
        ({"hours": Decimal("-0.5")}, HoursNegative),
    ],
    ids=str,
)
def test_a_support_action_is_refused(change: dict[str, Any], rule: type[RuleBroken]) -> None:
    given(ActivityFile).when(report(replace(SUPPORT, **change))).then_refused(rule)
    given(ActivityFile, *reported()).when(correct(replace(SUPPORT, **change))).then_refused(rule)


# What a plan proposes

PROPOSAL = Proposal(ActivityKind.SUPPORT, ACTION, Barrier.MOBILITY, date(2025, 9, 1))
PROPOSED = told(ActivityFile.ParticipationProposed, PROPOSAL, key=ACTION)


def closed(end: ProposalEnd, on: date | None = None) -> Told:
    return told(ActivityFile.ProposalClosed, ProposalClosing(end, on), key=ACTION)


def test_an_action_of_an_agreed_plan_is_proposed_once() -> None:
    given(ActivityFile).when(lambda f: f.plan_says(ACTION, PROPOSAL)).then(PROPOSED)
    given(ActivityFile, PROPOSED).when(lambda f: f.plan_says(ACTION, PROPOSAL)).then_nothing()


def test_an_action_that_was_answered_before_it_was_heard_of_is_not_proposed() -> None:
    early = reported(replace(SUPPORT, action=ACTION))
    given(ActivityFile, *early).when(lambda f: f.plan_says(ACTION, PROPOSAL)).then_nothing()


def test_what_the_plan_says_anew_is_proposed_anew_or_no_more() -> None:
    later = replace(PROPOSAL, due_on=date(2025, 12, 1))
    told_later = told(ActivityFile.ParticipationProposed, later, key=ACTION)
    given(ActivityFile, PROPOSED).when(lambda f: f.plan_says(ACTION, later)).then(told_later)
    changed = closed(ProposalEnd.PLAN_CHANGED)
    given(ActivityFile, PROPOSED).when(lambda f: f.plan_says(ACTION, None)).then(changed)
    given(ActivityFile, PROPOSED, changed).when(lambda f: f.plan_says(ACTION, None)).then_nothing()
    given(ActivityFile, PROPOSED, changed).when(lambda f: f.plan_says(ACTION, later)).then(told_later)
    answered = closed(ProposalEnd.ANSWERED, TODAY)
    given(ActivityFile, PROPOSED, answered).when(lambda f: f.plan_says(ACTION, later)).then_nothing()
    given(ActivityFile).when(lambda f: f.plan_says(ACTION, None)).then_nothing()


def test_a_settled_action_is_proposed_no_more_until_it_is_open_again() -> None:
    settled = closed(ProposalEnd.SETTLED, TODAY)
    given(ActivityFile, PROPOSED).when(lambda f: f.action_settled(ACTION, TODAY)).then(settled)
    given(ActivityFile, PROPOSED, settled).when(lambda f: f.action_settled(ACTION, TODAY)).then_nothing()
    given(ActivityFile, PROPOSED, settled).when(lambda f: f.action_open_again(ACTION)).then(PROPOSED)
    given(ActivityFile, PROPOSED).when(lambda f: f.action_open_again(ACTION)).then_nothing()
    given(ActivityFile).when(lambda f: f.action_settled(ACTION, TODAY)).then_nothing()
    given(ActivityFile).when(lambda f: f.action_open_again(ACTION)).then_nothing()
    dismissed = closed(ProposalEnd.DISMISSED, TODAY)
    given(ActivityFile, PROPOSED, dismissed).when(lambda f: f.action_open_again(ACTION)).then_nothing()


def test_an_adviser_dismisses_a_proposal() -> None:
    dismissed = closed(ProposalEnd.DISMISSED, TODAY)
    given(ActivityFile, PROPOSED).when(lambda f: f.dismiss(ACTION, TODAY, TODAY)).then(dismissed)
    given(ActivityFile, PROPOSED, dismissed).when(lambda f: f.dismiss(ACTION, TODAY, TODAY)).then_nothing()
    given(ActivityFile).when(lambda f: f.dismiss(ACTION, TODAY, TODAY)).then_refused(UnknownFact)
    tomorrow = date(2025, 7, 1)
    given(ActivityFile, PROPOSED).when(lambda f: f.dismiss(ACTION, tomorrow, TODAY)).then_refused(InTheFuture)


# Sessions before and after

FUTURE = (HalfDay(date(2025, 7, 10), DayPart.MORNING), HalfDay(date(2025, 7, 11), DayPart.MORNING))
PLAN = SessionPlan(SessionKind.TRAINING, "Gestes et postures", FUTURE, Decimal(3), 8)
ENROLMENT = Enrolment(SESSION, date(2025, 6, 1))
ENROLLED = told(ActivityFile.Enrolled, ENROLMENT, key=KEY)
PLACEMENT = Placement(form=PlacementForm.VISIT, starts_on=date(2025, 7, 10), ends_on=date(2025, 7, 10))
PLANNED = told(ActivityFile.PlacementPlanned, PLACEMENT, key=OTHER)


def sessions(structure: str = "s01") -> dict[UUID, Session]:
    session = given(Session, told(Session.SessionPlanned, PLAN, key=SESSION, structure=structure)).aggregate
    return {SESSION: session}


def test_an_enrolment_a_placement_and_a_support_action_answer_what_they_name() -> None:
    answered = closed(ProposalEnd.ANSWERED, date(2025, 6, 1))
    enrolment = replace(ENROLMENT, action=ACTION)
    then_all(
        given(ActivityFile, PROPOSED).when(lambda f: f.enrol(KEY, enrolment, sessions()[SESSION], "s01", TODAY)),
        told(ActivityFile.Enrolled, enrolment, key=KEY),
        answered,
    )
    placement = replace(PLACEMENT, action=ACTION)
    then_all(
        given(ActivityFile, PROPOSED).when(lambda f: f.plan_placement(KEY, placement, [], False)),
        told(ActivityFile.PlacementPlanned, placement, key=KEY),
        closed(ProposalEnd.ANSWERED, placement.starts_on),
    )
    support = replace(SUPPORT, action=ACTION)
    then_all(
        given(ActivityFile, PROPOSED).when(report(support)),
        *reported(support),
        closed(ProposalEnd.ANSWERED, SUPPORT.ended_on),
    )


def test_an_exit_closes_what_is_not_over_on_its_day() -> None:
    left_on = date(2025, 6, 30)
    then_all(
        given(ActivityFile, ENROLLED, PLANNED, PROPOSED).when(lambda f: f.person_left(left_on, sessions())),
        told(ActivityFile.EnrolmentWithdrawn, EnrolmentEnd(left_on, WithdrawalReason.EXIT), key=KEY),
        told(ActivityFile.PlacementCancelled, PlacementCancellation(left_on, WithdrawalReason.EXIT), key=OTHER),
        closed(ProposalEnd.EXIT, left_on),
    )


def test_an_exit_leaves_what_was_over_or_running_and_what_was_closed_before() -> None:
    given(ActivityFile, ENROLLED).when(lambda f: f.person_left(date(2025, 7, 11), sessions())).then_nothing()
    given(ActivityFile, PLANNED).when(lambda f: f.person_left(date(2025, 7, 11), sessions())).then_nothing()
    done = ENROLLED, attended(), closed_by_exit(), PROPOSED, closed(ProposalEnd.DISMISSED, TODAY)
    given(ActivityFile, *done).when(lambda f: f.person_left(date(2025, 6, 1), {})).then_nothing()
    given(ActivityFile).when(lambda f: f.person_left(date(2025, 6, 1), {})).then_nothing()


def closed_by_exit() -> Told:
    return told(ActivityFile.EnrolmentWithdrawn, EnrolmentEnd(date(2025, 6, 30), WithdrawalReason.EXIT), key=KEY)


def test_a_transfer_takes_out_of_sessions_yet_to_begin_and_proposes_them_anew() -> None:
    on = date(2025, 6, 30)
    enrolled = told(ActivityFile.Enrolled, replace(ENROLMENT, action=ACTION), key=KEY)
    history = PROPOSED, closed(ProposalEnd.ANSWERED, on), enrolled, PLANNED
    then_all(
        given(ActivityFile, *history).when(lambda f: f.moved_to("s02", on, sessions())),
        told(ActivityFile.EnrolmentWithdrawn, EnrolmentEnd(on, WithdrawalReason.TRANSFER), key=KEY),
        told(
            ActivityFile.ParticipationProposed,
            Proposal(ActivityKind.TRAINING, ACTION, Barrier.MOBILITY),
            key=uuid5(KEY, "transfer"),
        ),
    )


def test_a_transfer_leaves_what_has_begun_and_what_is_the_new_structures() -> None:
    given(ActivityFile, ENROLLED).when(lambda f: f.moved_to("s02", date(2025, 7, 10), sessions())).then_nothing()
    given(ActivityFile, ENROLLED).when(lambda f: f.moved_to("s01", date(2025, 6, 1), sessions())).then_nothing()
    given(ActivityFile, ENROLLED, closed_by_exit()).when(lambda f: f.moved_to("s02", TODAY, {})).then_nothing()


def test_a_proposal_of_a_transfer_is_answered_and_settled_by_the_plans_action_too() -> None:
    id = uuid5(KEY, "transfer")
    proposed = told(ActivityFile.ParticipationProposed, Proposal(ActivityKind.TRAINING, ACTION), key=id)
    given(ActivityFile, proposed).when(lambda f: f.action_settled(ACTION, TODAY)).then(
        told(ActivityFile.ProposalClosed, ProposalClosing(ProposalEnd.SETTLED, TODAY), key=id)
    )


def test_a_snapshot_from_when_there_were_activities_only_is_read() -> None:
    file = given(ActivityFile, *reported()[1:]).aggregate
    stored = MAPPER.to_stored_event(Snapshot.take(file))
    assert b'"class_version":2' in stored.state
    old = MAPPER.transcoder.decode(stored.state)
    old["state"] = {
        name: value for name, value in old["state"].items() if name in ("activities",) or name.startswith("_")
    }
    read = MAPPER.to_domain_event(
        StoredEvent(stored.originator_id, stored.originator_version, stored.topic, MAPPER.transcoder.encode(old))
    ).mutate(None)
    assert read == file
