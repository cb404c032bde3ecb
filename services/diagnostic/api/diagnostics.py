"""Diagnostics with their bilan, barrier assessments, and the lists that they are made with."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.diagnostic import application, domain
from services.diagnostic.api import shown
from services.diagnostic.api.files import File
from services.diagnostic.domain import Assessment, DiagnosticFile
from shared.http.access import AnyCaller, chosen_id
from shared.http.bodies import Whole, fact_in
from shared.http.command_routes import CommandRoutes
from shared.http.door import Router
from shared.kernel.known_pathways import OnPathway
from shared.language.codes import (
    Barrier,
    BilanQuestion,
    Intensity,
    ItemCode,
    Purpose,
    Refusal,
    RomeCode,
    Score,
    WorkingTime,
)
from shared.language.days import Day
from shared.language.sealed import Sealed

router = Router(tags=["diagnostics"])
files = CommandRoutes(router, "/pathways/{pathway}", application.diagnostic_file)


class InstrumentVersion(StrEnum):
    """A questionnaire that is in use (`GET /instruments`)."""

    REMOBILISATION_1 = "remobilisation-1"
    REMOBILISATION_2 = "remobilisation-2"


@dataclass
class GivenAnswer:
    """`given`: 0 (not at all), 1 (a little), 2 (quite), or `refused`."""

    item: ItemCode
    given: Annotated[int, Field(ge=0, le=2)] | Refusal


@dataclass
class CompletedDiagnostic:
    """`remobilisation`: 0–10, null where no score was taken. `answers`: to the items of `instrument` where it has any;
    then the score is derived and may be null.
    """

    completed_on: Day
    purpose: Purpose
    remobilisation: Score | None = None
    instrument: InstrumentVersion = InstrumentVersion.REMOBILISATION_1
    answers: Annotated[list[GivenAnswer], Field(max_length=100, examples=[[]])] = Field(default_factory=list)

    def fact(self) -> domain.Diagnostic:
        answers = tuple(fact_in(domain.Answer, one) for one in self.answers)
        return domain.scored(fact_in(domain.Diagnostic, self, instrument=self.instrument.value, answers=answers))


@dataclass
class NewDiagnostic(CompletedDiagnostic):
    """`id`: chosen by the caller, so that a repeat asks for the same."""

    id: UUID = Field(default_factory=chosen_id)


@dataclass
class Bilan:
    """The whole bilan of one diagnostic: strengths (skills, experience, languages, occupations exercised), wishes
    (occupations, hours a week, one-way journey in kilometres or minutes, working times) and a note. All of it may be
    left out; `refused` names the questions that the person did not want to answer.
    """

    skills: Sealed | None = None
    experience: Sealed | None = None
    languages: Annotated[list[domain.SpokenLanguage], Field(max_length=30)] = Field(default_factory=list)
    occupations: Annotated[list[domain.Occupation], Field(max_length=50)] = Field(default_factory=list)
    target_occupations: Annotated[list[RomeCode], Field(max_length=20)] = Field(default_factory=list)
    hours_a_week: Annotated[int, Field(ge=1, le=60)] | None = None
    distance_km: Annotated[int, Field(ge=0, le=1000)] | None = None
    travel_minutes: Annotated[Annotated[int, Field(ge=0, le=600)] | None, Field(examples=[None])] = None
    working_times: Annotated[list[WorkingTime], Field(max_length=20)] = Field(default_factory=list)
    note: Sealed | None = None
    refused: Annotated[list[BilanQuestion], Field(max_length=20, examples=[["travel_minutes"]])] = Field(
        default_factory=list
    )


@dataclass
class AssessedBarrier:
    """By the list `barriers-1`."""

    assessed_on: Day
    domain: Barrier
    intensity: Intensity


@dataclass
class NewAssessment(AssessedBarrier):
    """`id`: chosen by the caller, so that a repeat asks for the same."""

    id: UUID = Field(default_factory=chosen_id)


@files.post("/diagnostics")
def complete(file: DiagnosticFile, here: OnPathway, body: NewDiagnostic) -> None:
    """A diagnostic was made: at entry, in between, or at the exit. It may precede the start of support."""
    file.diagnostics.admit(body.id, body.fact(), here.today)


@files.post("/diagnostics/{diagnostic}/correction")
def correct_diagnostic(
    file: DiagnosticFile, here: OnPathway, diagnostic: UUID, body: Whole[CompletedDiagnostic]
) -> None:
    """The whole diagnostic as it is to stand."""
    file.diagnostics.admit_correction(diagnostic, body.fact(), here.today)


@files.post("/diagnostics/{diagnostic}/bilan")
def record_bilan(file: DiagnosticFile, here: OnPathway, diagnostic: UUID, body: Bilan) -> None:
    """What a diagnostic found beside the score. It is published to nobody."""
    file.record_bilan(diagnostic, fact_in(domain.Bilan, body), here.today)


@files.post("/diagnostics/{diagnostic}/bilan/correction")
def correct_bilan(file: DiagnosticFile, here: OnPathway, diagnostic: UUID, body: Whole[Bilan]) -> None:
    """The whole bilan as it is to stand."""
    file.bilans.admit_correction(diagnostic, fact_in(domain.Bilan, body), here.today)


@files.post("/barriers")
def assess(file: DiagnosticFile, here: OnPathway, body: NewAssessment) -> None:
    """How much one barrier weighed on one day. Assessed again, on another day, it tells what became of it."""
    file.assessments.admit(body.id, fact_in(Assessment, body), here.today)


@files.post("/barriers/{assessment}/correction")
def correct_assessment(file: DiagnosticFile, here: OnPathway, assessment: UUID, body: Whole[AssessedBarrier]) -> None:
    """The whole assessment as it is to stand."""
    file.assessments.admit_correction(assessment, fact_in(Assessment, body), here.today)


@router.get("/pathways/{pathway}/diagnostics")
async def diagnostics(file: File) -> list[shown.ShownDiagnostic]:
    """The diagnostics of a pathway of one's own structure as they now stand, with their bilan and its texts."""
    return shown.diagnostics(file)


@router.get("/pathways/{pathway}/progress")
async def progress(file: File) -> shown.Progress:
    """How far a person of one's own structure has come: first and last score by instrument (0–10), first and last
    intensity of each barrier, and the actions of the plan in force."""
    return shown.progress(file)


@dataclass(frozen=True)
class Barriers:
    """`version`: of the list that assessments are made by; `mappings`: of the table of what others call its domains."""

    version: str
    mappings: str
    domains: tuple[domain.Mapping, ...]


@router.get("/instruments")
async def instruments(_: AnyCaller) -> list[domain.Instrument]:
    """The remobilisation questionnaires, with the French wording of each item and of the answers 0, 1 and 2."""
    return list(domain.INSTRUMENTS.values())


@router.get("/barriers")
async def barriers(_: AnyCaller) -> Barriers:
    """The domains of barriers, and what data·inclusion and France Travail call each."""
    return Barriers(domain.BARRIERS, domain.MAPPINGS, domain.TABLE)
