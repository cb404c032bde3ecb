"""Who takes which public event. Whoever publishes a new body decides it: one that nobody decided on is found here."""

from collections.abc import Iterator
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any, get_args

from lieu.up import FORGETS_BY_ITSELF
from services.intake.domain.last_contact import Contact
from services.reporting.read_models import PROJECTION_OF, PROJECTIONS
from shared.language.contracts import EVENTS, Body, diagnostic, forgetting, intake, outcomes, reporting, training
from shared.people.forgetting import Forgetting
from tests.docs.test_copy_labels import routes
from tests.harness import Running

PUBLIC = {body for events in EVENTS.values() for body in events.values()}
NEITHER = {
    *forgetting.EVENTS.values(),
    *reporting.EVENTS.values(),
    intake.Access,
    intake.AdviserAssignment,
    intake.Archiving,
    intake.Pause,
    intake.ProcessingRestricted,
    intake.Reactivation,
    intake.RestrictionLifted,
    intake.Resumption,
    intake.Selection,
    intake.SettingAside,
    intake.Transfer,
    intake.Wave,
    intake.WelcomeDelay,
    diagnostic.DiagnosticOpening,
    diagnostic.OpeningClosed,
    diagnostic.PlannedAction,
    diagnostic.SettledAction,
    training.ActionFeedback,
    training.ActionPeriod,
    training.Enrolment,
    training.EnrolmentEnd,
    training.Evaluation,
    training.PeriodAnnulment,
    training.Placement,
    training.PlacementCancellation,
    training.PlacementEnd,
    training.Proposal,
    training.ProposalClosing,
    training.SessionCancellation,
    training.SessionPlan,
    training.SupportReport,
    training.TrainingPeriod,
    outcomes.FollowUpAttempt,
}
"""In no figure, and no contact with the person."""
IN_NO_FIGURE = {intake.Appointment, outcomes.EmploymentSupport}
"""Contacts alone."""
NO_CONTACT = {
    intake.Profile,
    intake.Reception,
    intake.Structure,
    intake.Withdrawal,
    diagnostic.BarrierAssessment,
    outcomes.Exit,
    outcomes.Reopening,
    outcomes.SituationPeriod,
}
"""In figures alone."""


def test_every_public_body_is_in_a_figure_or_was_said_to_be_in_none() -> None:
    assert PUBLIC - PROJECTION_OF.keys() == NEITHER | IN_NO_FIGURE


def test_every_public_body_may_tell_of_a_contact_or_was_said_not_to() -> None:
    assert PUBLIC - set(get_args(Contact)) == NEITHER | NO_CONTACT


def test_a_body_is_followed_by_one_projection_and_published() -> None:
    followed = [body for of in PROJECTIONS for body in of.folds]
    assert len(followed) == len(set(followed))
    assert set(followed) | set(get_args(Contact)) <= PUBLIC
    written = set(Body.__subclasses__())
    assert written == {body if body in written else body.__base__ for body in PUBLIC}, "or what it says more than one"


def named(code: CodeType) -> set[str]:
    """What a function names, those inside it included."""
    inner = (one for one in code.co_consts if isinstance(one, CodeType))
    return {*code.co_names, *code.co_freevars}.union(*map(named, inner))


def values(function: FunctionType) -> Iterator[Any]:
    """What the names of a function stand for: in its module, around it, in a module or a class that it names."""
    names = named(function.__code__)
    found = [function.__globals__[name] for name in names if name in function.__globals__]
    yield from found
    yield from (cell.cell_contents for cell in function.__closure__ or ())
    for owner in (Forgetting, *(one for one in found if isinstance(one, ModuleType))):
        yield from (vars(owner)[name] for name in names if name in vars(owner))


def looked_at(work: Any, seen: set[Any] | None = None) -> set[type[Body]]:
    """The public bodies that the code of a consumer names, wherever it leads to."""
    seen = set() if seen is None else seen
    if isinstance(work, partial):
        return set().union(*(looked_at(one, seen) for one in (work.func, *work.args)))
    if isinstance(work, type) and work in PUBLIC:
        return {work}
    work = getattr(work, "__func__", work)
    if not isinstance(work, FunctionType) or work in seen or not work.__module__.startswith(("services.", "shared.")):
        return set()
    seen.add(work)
    return set().union(*(looked_at(one, seen) for one in values(work)))


async def test_a_consumer_asks_for_what_its_code_looks_at(running: Running) -> None:
    """What it does not ask for never comes."""
    asking = 0
    for service in EVENTS:
        for subscriber in running.service(service).state.runtime.subscribers:
            if subscriber._of:
                published = set(EVENTS[subscriber.service].values())
                assert subscriber._of == looked_at(subscriber.apply) & published, (subscriber.name, subscriber.service)
                asking += 1
    assert asking > 20


def test_who_begins_to_forget_somebody_keeps_the_ids_outside_its_database() -> None:
    begins = {name for name, route in routes() if route.path.endswith("/erasure") and "POST" in route.methods}
    assert begins == set(FORGETS_BY_ITSELF)
