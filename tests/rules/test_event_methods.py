"""What is recorded is recorded: its effect never refuses, snapshots lose nothing, old shapes stay readable."""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from eventsourcing.domain import Snapshot, event
from eventsourcing.persistence import StoredEvent

from services.diagnostic.domain import (
    Action,
    Assessment,
    Bilan,
    Diagnostic,
    DiagnosticFile,
    Objective,
    Occupation,
    Opening,
    Plan,
    Settlement,
)
from services.intake.domain import (
    Appointment,
    Assignment,
    Attempt,
    ContactFile,
    Dated,
    Identity,
    Pathway,
    Pause,
    Person,
    Profile,
    ProfileFile,
    Reception,
    Restriction,
    Selection,
    Structure,
    StructureFile,
    Wave,
    WavePlan,
    WelcomeDelay,
    request_for_support,
)
from services.outcomes.domain import Attempt as FollowUpAttempt
from services.outcomes.domain import EmploymentSupport, Exit, FollowUp, OutcomeFile, Period, SituationFile
from services.training.domain import (
    ActionPeriod,
    Activity,
    ActivityFile,
    Attendance,
    Commitment,
    Enrolment,
    EnrolmentEnd,
    Evaluation,
    Feedback,
    FormationAction,
    HalfDay,
    Placement,
    PlacementCancellation,
    PlacementEnd,
    Proposal,
    ProposalClosing,
    Session,
    SessionPlan,
    SupportAction,
    TrainingPeriod,
)
from shared.kernel.event_store import Aggregate
from shared.language.codes import (
    ActionKind,
    ActionOutcome,
    ActivityKind,
    ActivityStatus,
    AppointmentPurpose,
    AppointmentStatus,
    Barrier,
    ContactMeans,
    Contract,
    DayPart,
    DropOutReason,
    DropReason,
    EmploymentSupportKind,
    ExitClass,
    FollowUpMonth,
    FollowUpStatus,
    Intensity,
    JobEnd,
    MainstreamSupport,
    PlacementConclusion,
    PlacementForm,
    PlacementObjective,
    Prescriber,
    ProfileMoment,
    ProposalEnd,
    Purpose,
    Qualification,
    Responsible,
    RestrictionReason,
    Rights,
    SessionKind,
    Sex,
    Situation,
    SupportResult,
    WithdrawalReason,
)
from shared.language.sealed import Sealed
from shared.people.correspondents import Contact, Correspondent
from shared.people.disagreement import Disagreement, DisagreementFile, FactId
from tests.places import ROOT
from tests.sentences import MAPPER, Told, given, stored_and_read, told

SERVICES = ROOT / "services"
SHARED = SERVICES.parent / "shared"
DOMAINS = [
    *SERVICES.glob("*/domain.py"),
    *SERVICES.glob("*/domain/*.py"),
    SHARED / "people" / "disagreement.py",
    SHARED / "people" / "correspondents.py",
    SHARED / "people" / "forgetting.py",
]

# --- `@event` methods, and `apply` of an event, record and never refuse ------------------------------------


def event_methods(source: str) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            decorators = (d.func if isinstance(d, ast.Call) else d for d in node.decorator_list)
            if node.name == "apply" or any(isinstance(d, ast.Name) and d.id == "event" for d in decorators):
                yield node


def refusals(method: ast.FunctionDef) -> list[str]:
    """What in a method raises, or may: a raise, an assert, a method of self (or of what an event is applied to) or a
    function of the module."""
    own = {argument.arg for argument in method.args.args[: 2 if method.name == "apply" else 1]}
    found = []
    for node in ast.walk(ast.Module(method.body, [])):
        match node:
            case ast.Raise() | ast.Assert():
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name in own:
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Name(id=name)) if not name[0].isupper() and not hasattr(builtins, name):
                found.append(ast.unparse(node))
    return found


def test_event_methods_never_refuse() -> None:
    methods = [
        (path.relative_to(SERVICES.parent).parts[1], method)
        for path in DOMAINS
        for method in event_methods(path.read_text())
    ]
    services = {"intake", "diagnostic", "training", "outcomes", "reporting"}
    assert {place for place, _ in methods} == services | {"people"}
    assert {f"{place}.{method.name}": found for place, method in methods if (found := refusals(method))} == {}


@pytest.mark.parametrize("planted", ["raise ValueError(fact)", "assert fact", "self._decide(fact)", "not_after(fact)"])
def test_a_refusal_in_an_event_method_is_found(planted: str) -> None:
    source = f"""
class File(Aggregate):
    def ask(self, fact):
        raise NotHere
    @event(Recorded)
    def _recorded(self, fact):
        for key in fact:
            {planted}
        self.facts[key] = Known.now(self.facts.get(key), Fact(tuple(fact)))
"""
    assert [refusals(method) for method in event_methods(source)] == [[planted]]


@pytest.mark.parametrize("planted", ["assert self.fact", "file.decide(self.fact)", "not_after(self.fact)"])
def test_a_refusal_where_an_event_is_applied_is_found(planted: str) -> None:
    source = f"""
class File(Aggregate):
    class Recorded(FactEvent):
        def apply(self, file):
            super().apply(file)
            {planted}
            File.other.clear(file)
"""
    assert [refusals(method) for method in event_methods(source)] == [[planted]]


# --- snapshots lose nothing ---------------------------------------------------------------------------------

DAY, KEY, OTHER = date(2025, 1, 6), UUID(int=1), UUID(int=2)
FILE = StructureFile("s01", "Les Tilleuls", "2A")
REQUEST = request_for_support(
    DAY, 1980, structure="s01", person=UUID(int=2), sex=Sex.OTHER, qualification_level=Qualification.NONE
)
RECEPTION = Reception(
    "s02", "s01", DAY, UUID(int=2), DAY, None, "30_49", Sex.OTHER, Qualification.NONE, None, None, DAY, None
)
APPOINTMENT = Appointment(DAY, AppointmentPurpose.WELCOME, "14:30", Sealed("at the kitchen"), Sealed("brings a friend"))
PROFILE = Profile(
    ProfileMoment.START,
    DAY,
    (MainstreamSupport.PLIE, MainstreamSupport.RSA_REFERENT),
    Rights.REFUSED,
    disability=Sealed("yes"),
)
DIAGNOSTIC = Diagnostic(DAY, Purpose.ENTRY, 0)
ACTIVITY = Activity(ActivityKind.TRAINING, DAY, DAY, ActivityStatus.PARTIAL, Decimal("3.50"))
EXIT = Exit(DAY, Situation.EMPLOYMENT, Contract.CDD, DAY, DAY)
HALF_DAY = HalfDay(DAY, DayPart.MORNING)
SESSION = SessionPlan(SessionKind.VISIT, "Visite", (HALF_DAY,), Decimal("3.50"), 8, outside=2)
PLACEMENT = Placement(
    form=PlacementForm.PMSMP,
    starts_on=DAY,
    ends_on=DAY,
    employer="73282932000074",
    tutor=UUID(int=9),
    prescriber=Prescriber.SIAE,
    objective=PlacementObjective.CONFIRM,
    hours_planned=Decimal(35),
)
FOLLOW_UP = FollowUp(FollowUpMonth.THREE, DAY, FollowUpStatus.REACHED, Situation.SIAE)

ATTEMPT = FollowUpAttempt(FollowUpMonth.SIX, DAY, ContactMeans.LETTER, Sealed("Came back"))
JOB = Period(Situation.EMPLOYMENT, DAY, DAY, JobEnd.RESIGNED, Contract.CDD, DAY, Decimal("24.50"), "G1602", None, KEY)
SUPPORT = EmploymentSupport(KEY, EmploymentSupportKind.VISIT_AT_WORK, DAY, None, Sealed("All is well"))

HISTORIES: dict[type[Aggregate], list[Told]] = {
    Structure: [
        told(Structure.StructureRegistered, FILE, imported=FILE),
        told(Structure.WelcomeDelaySet, WelcomeDelay("s01", 3)),
    ],
    Pathway: [
        told(Pathway.PathwayRequested, REQUEST, imported=REQUEST),
        told(Pathway.SupportStarted, Dated(DAY)),
        told(Pathway.StartCorrected, Dated(None), imported=Dated(DAY)),
        told(Pathway.PathwayWithdrawn, Dated(DAY)),
        told(Pathway.ProcessingRestricted, Dated(DAY)),
        told(Pathway.RequestSetAside, Dated(DAY)),
        told(Pathway.RequestTakenUp, Dated(DAY)),
        told(Pathway.AdviserAssigned, Assignment("anna", DAY)),
        told(Pathway.CommitmentSigned, Dated(DAY)),
        told(Pathway.SupportPaused, Pause(DAY)),
        told(Pathway.SupportResumed, Dated(DAY)),
        told(Pathway.PathwayReceived, RECEPTION),
    ],
    ContactFile: [
        told(ContactFile.AppointmentOffered, APPOINTMENT, key=KEY),
        told(ContactFile.AppointmentKept, replace(APPOINTMENT, status=AppointmentStatus.KEPT, settled_on=DAY), key=KEY),
        told(
            ContactFile.ContactAttempted, Attempt(DAY, ContactMeans.THROUGH_ORIENTER, Sealed("nobody there")), key=KEY
        ),
    ],
    ProfileFile: [
        told(ProfileFile.ProfileRecorded, PROFILE),
        told(ProfileFile.ProfileCorrected, replace(PROFILE, moment=ProfileMoment.EXIT, disability=None)),
    ],
    Person: [
        told(Person.PersonIdentified, Identity(Sealed("Anna"))),
        told(Person.IdentityCorrected, Identity(Sealed("Anna"), Sealed("Dias"), language="pt")),
        told(Person.PersonRestricted, Restriction(RestrictionReason.NEEDED_FOR_CLAIMS, DAY)),
        told(Person.PersonMerged, UUID(int=8)),
    ],
    DiagnosticFile: [
        told(DiagnosticFile.DiagnosticCompleted, DIAGNOSTIC, key=KEY, imported=DIAGNOSTIC),
        told(DiagnosticFile.PlanAgreed, Plan(DAY), key=KEY),
        told(DiagnosticFile.PlanCorrected, Plan(None), key=KEY),
        told(DiagnosticFile.BarrierAssessed, Assessment(DAY, Barrier.LITERACY, Intensity.NONE), key=KEY),
        told(DiagnosticFile.DiagnosticOpened, Opening(DAY)),
        told(DiagnosticFile.BilanRecorded, Bilan(Sealed("Coudre"), occupations=(Occupation("B1803", 6),)), key=KEY),
        told(DiagnosticFile.PlanRevised, Plan(DAY, (Objective(Sealed("Lire")),), (KEY,)), key=UUID(int=0), revises=KEY),
        told(
            DiagnosticFile.ActionPlanned,
            Action(UUID(int=0), ActionKind.OTHER, Responsible.PARTNER, text=Sealed("Voir le CCAS")),
            key=KEY,
            agreed_on=DAY,
        ),
        told(
            DiagnosticFile.ActionSettled,
            Settlement(ActionOutcome.DROPPED, DAY, DropReason.REPLACED, Sealed("Par un atelier")),
            key=KEY,
        ),
    ],
    ActivityFile: [
        told(ActivityFile.ActivityRecorded, ACTIVITY, key=KEY, imported=ACTIVITY),
        told(ActivityFile.ActivityRecorded, replace(ACTIVITY, hours=Decimal(7)), key=UUID(int=0)),
        told(ActivityFile.ParticipationProposed, Proposal(ActivityKind.TRAINING, KEY, Barrier.HEALTH, DAY), key=KEY),
        told(ActivityFile.Enrolled, Enrolment(KEY, DAY, KEY), key=KEY),
        told(ActivityFile.ProposalClosed, ProposalClosing(ProposalEnd.ANSWERED, DAY), key=KEY),
        told(ActivityFile.AttendanceRecorded, Attendance((HALF_DAY,), DropOutReason.OTHER), key=KEY),
        told(ActivityFile.EnrolmentWithdrawn, EnrolmentEnd(DAY, WithdrawalReason.EXIT), key=UUID(int=0)),
        told(ActivityFile.PlacementPlanned, PLACEMENT, key=KEY),
        told(ActivityFile.PlacementEnded, PlacementEnd(DAY, Decimal("7.50"), DropOutReason.JOB_FOUND), key=KEY),
        told(ActivityFile.PlacementCancelled, PlacementCancellation(DAY, WithdrawalReason.MISTAKE), key=UUID(int=0)),
        told(ActivityFile.PlacementEvaluated, Evaluation(DAY, PlacementConclusion.HIRED, Sealed("bien")), key=KEY),
        told(
            ActivityFile.SupportReported,
            SupportAction(
                barrier=Barrier.JUSTICE,
                started_on=DAY,
                ended_on=DAY,
                hours=Decimal("1.50"),
                result=SupportResult.LIFTED,
                partner="Point-justice",
            ),
            key=KEY,
        ),
    ],
    Session: [
        told(Session.SessionPlanned, SESSION, key=KEY, structure="s01"),
        told(Session.SessionCorrected, replace(SESSION, place="Lyon"), key=KEY),
        told(Session.SessionCancelled, DAY, key=KEY),
    ],
    Wave: [
        told(Wave.WaveOpened, WavePlan("Vague 1", DAY), key=KEY),
        told(Wave.StructureSelected, Selection("s01", "2A", DAY), key=KEY),
        told(Wave.StructureSelected, Selection("s02", "69", DAY), key=KEY),
        told(Wave.StructureLaunched, Selection("s01", "2A", DAY, DAY), key=KEY),
        told(Wave.StructureSelectionWithdrawn, Selection("s02", "69", DAY, withdrawn_on=DAY), key=KEY),
        told(Wave.WaveClosed, WavePlan("Vague 1", DAY, closed_on=DAY), key=KEY),
    ],
    FormationAction: [
        told(FormationAction.TrainingPeriodRecorded, TrainingPeriod(DAY, DAY, ("Accueillir",)), key=KEY),
        told(
            FormationAction.ActionPeriodRecorded,
            ActionPeriod(DAY, DAY, (Commitment("Accueillir", "Ouvrir"),)),
            key=OTHER,
        ),
        told(FormationAction.ActionFeedbackRecorded, Feedback(DAY, ("Peu de place",), ("Ouvrir",)), key=OTHER),
        told(
            FormationAction.TrainingPeriodRecorded,
            TrainingPeriod(DAY, DAY, ("Orienter",), "Peu de place", 4),
            key=UUID(int=0),
        ),
        told(FormationAction.FormationPeriodAnnulled, DAY, key=UUID(int=0)),
    ],
    Correspondent: [
        told(Correspondent.Recorded, Contact(Sealed("Paul")), key=KEY, structure="s01"),
        told(Correspondent.Corrected, Contact(Sealed("Paul"), phone=Sealed("0600"), organisation="73282932000074")),
    ],
    OutcomeFile: [
        told(OutcomeFile.SupportExited, EXIT, exit_class=ExitClass.TRANSITION, uncertain=False, rule="exit-1"),
        told(OutcomeFile.FollowUpRecorded, FOLLOW_UP, imported=FOLLOW_UP),
        told(OutcomeFile.FollowUpAttempted, ATTEMPT, key=KEY),
        told(OutcomeFile.ExitReopened, DAY),
    ],
    SituationFile: [
        told(SituationFile.SituationRecorded, replace(JOB, ended_on=None, end_reason=None), key=KEY),
        told(SituationFile.EmploymentSupportRecorded, SUPPORT, key=KEY),
        told(SituationFile.EmploymentSupportCorrected, replace(SUPPORT, note=None), key=KEY),
        told(SituationFile.SituationEnded, JOB, key=KEY),
    ],
    DisagreementFile: [
        told(DisagreementFile.Said, Disagreement(FactId("exit"), 1, DAY, Sealed("I did not leave")), key=KEY),
        told(DisagreementFile.Said, Disagreement(FactId("follow-up", "3"), 2, DAY), key=UUID(int=0)),
        told(DisagreementFile.Withdrawn, DAY, key=KEY),
    ],
}


@pytest.mark.parametrize("cls", HISTORIES, ids=lambda cls: cls.TOPIC)
def test_an_aggregate_is_the_same_from_its_snapshot(cls: type[Aggregate]) -> None:
    aggregate = given(cls, *HISTORIES[cls]).aggregate
    loaded = stored_and_read(Snapshot.take(aggregate)).mutate(None)
    assert loaded == aggregate
    assert (type(loaded), loaded.version) == (cls, len(HISTORIES[cls]))
    assert repr(facts(loaded)) == repr(facts(aggregate))  # a code is equal to its text, so equality would not tell


@pytest.mark.parametrize("cls", HISTORIES, ids=lambda cls: cls.TOPIC)
def test_a_history_goes_on_after_a_snapshot(cls: type[Aggregate]) -> None:
    *before, last = HISTORIES[cls]
    loaded = stored_and_read(Snapshot.take(given(cls, *before).aggregate)).mutate(None)
    assert stored_and_read(last.of(loaded)).mutate(loaded) == given(cls, *before, last).aggregate


def facts(aggregate: Aggregate) -> list[Any]:
    kept = [value for _, value in sorted(vars(aggregate).items())]
    return [known for value in kept for known in (value.values() if isinstance(value, dict) else [value])]


# --- old shapes stay readable -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Visit:
    """Version 1 told `{"day": …}` and nothing of who came."""

    visited_on: date
    people: int


class VisitFile(Aggregate):
    TOPIC = "tests.visit-file"
    visits: int = 0

    class Noted(Aggregate.Event):
        TOPIC = "tests.visit-noted"
        class_version = 2
        fact: Visit
        reason: Purpose

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["fact"] = {"visited_on": state["fact"]["day"], "people": 1}
            state["reason"] = "interim"

    @event(Noted)
    def _noted(self, fact: Visit, reason: Purpose) -> None:
        self.visits += fact.people


OLD = StoredEvent(UUID(int=7), 1, "tests.visit-noted", b'{"fact":{"day":"2019-05-02"}}')
NEW = told(VisitFile.Noted, Visit(date(2025, 1, 6), 2), reason=Purpose.EXIT)


def test_an_old_shape_is_read_as_the_new_one() -> None:
    noted = MAPPER.to_domain_event(OLD)
    assert type(noted) is VisitFile.Noted
    assert (noted.fact, noted.reason) == (Visit(date(2019, 5, 2), 1), Purpose.INTERIM)
    assert type(noted.reason) is Purpose


def test_old_and_new_shapes_stand_in_one_history_as_they_were_stored() -> None:
    file = MAPPER.to_domain_event(OLD).mutate(VisitFile.blank(OLD.originator_id))
    second = MAPPER.to_stored_event(NEW.of(file))
    file = MAPPER.to_domain_event(second).mutate(file)
    assert (file.version, file.visits) == (2, 3)
    assert orjson.loads(second.state) == {
        "fact": {"visited_on": "2025-01-06", "people": 2},
        "reason": "exit",
        "class_version": 2,
    }
    assert OLD.state == b'{"fact":{"day":"2019-05-02"}}'


def test_what_tells_of_version_2_is_not_taken_for_version_1() -> None:
    noted = NEW.of(VisitFile.blank(UUID(int=7)))
    assert stored_and_read(noted) == noted
