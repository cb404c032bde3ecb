"""The bilan of a diagnostic, beside its score: strengths first, then wishes (*potentiel d'abord*)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.language.codes import BilanQuestion, Language, LanguageLevel, Months, RomeCode, WorkingTime
from shared.language.rules import RuleBroken
from shared.language.sealed import Sealed


class RefusedAndAnswered(RuleBroken):
    """A question that the person refused has no answer."""


@dataclass(frozen=True)
class SpokenLanguage:
    """`level`: of the Common European Framework, or `native`; null: not known."""

    language: Language
    level: LanguageLevel | None = None


@dataclass(frozen=True)
class Occupation:
    """`months`: how long it was exercised in all."""

    rome: RomeCode
    months: Months | None = None


@dataclass(frozen=True)
class Bilan:
    """The content of one diagnostic. All of it may be unknown; `refused`: what the person did not want to answer.

    The journey to work that the person accepts is in kilometres or in minutes, one way.
    """

    skills: Sealed | None = None
    experience: Sealed | None = None
    languages: tuple[SpokenLanguage, ...] = ()
    occupations: tuple[Occupation, ...] = ()
    target_occupations: tuple[RomeCode, ...] = ()
    hours_a_week: int | None = None
    distance_km: int | None = None
    travel_minutes: int | None = None
    working_times: tuple[WorkingTime, ...] = ()
    note: Sealed | None = None
    refused: tuple[BilanQuestion, ...] = ()


def of_bilan(bilan: Bilan, _: date) -> Iterator[RefusedAndAnswered]:
    for question in bilan.refused:
        if getattr(bilan, question.value) not in (None, ()):
            yield RefusedAndAnswered(f"{question.value} is refused and answered")
