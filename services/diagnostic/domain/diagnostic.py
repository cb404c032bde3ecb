"""A completed diagnostic and its score."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from services.diagnostic.domain.instruments import INSTRUMENT, INSTRUMENTS, Answer, ScoreNotDerived
from shared.language.codes import Purpose, RuleVersion
from shared.language.rules import RuleBroken, not_to_come
from shared.language.rules.diagnostic import of_score


@dataclass(frozen=True)
class Diagnostic:
    """A completed diagnostic; `remobilisation` is 0–10, null where no score was taken.

    `answers`: to the items of the instrument, which derives the score from them (see `scored`).
    """

    completed_on: date
    purpose: Purpose
    remobilisation: int | None = None
    instrument: RuleVersion = INSTRUMENT
    answers: tuple[Answer, ...] = ()

    @property
    def happened_on(self) -> date:
        return self.completed_on


def of_diagnostic(diagnostic: Diagnostic, today: date) -> Iterator[RuleBroken]:
    yield from not_to_come(today, {"completed_on": diagnostic.completed_on})
    yield from of_score(diagnostic.remobilisation)
    if (instrument := INSTRUMENTS.get(diagnostic.instrument)) is not None:
        yield from instrument.broken_by(diagnostic.answers)
        if instrument.items and diagnostic.remobilisation != (derived := instrument.score(diagnostic.answers)):
            yield ScoreNotDerived(f"{instrument.version} gives {derived} for these answers")


def scored(told: Diagnostic) -> Diagnostic:
    """The diagnostic with the score that its instrument derives; one that is given as well must be the same."""
    if told.remobilisation is not None or not told.answers:
        return told
    return replace(told, remobilisation=INSTRUMENTS[told.instrument].score(told.answers))


def scored_by_import(fact: Diagnostic, imported: Diagnostic, standing: Diagnostic | None) -> Diagnostic:
    """An import tells no answers: those that stand go on with the score that they gave, and end with another."""
    told = standing if standing is not None and standing.remobilisation == fact.remobilisation else imported
    return replace(fact, instrument=told.instrument, answers=told.answers)
