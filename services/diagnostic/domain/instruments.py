"""The questionnaires by which remobilisation is scored. A version never changes: another wording is another version.

Scores are compared within one version only. The items of `remobilisation-2` are the platform's own, written with the
work of a *référent emploi* in mind; they are no validated scale.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.language.codes import ItemCode, Refusal, RuleVersion
from shared.language.rules import RuleBroken

INSTRUMENT = "remobilisation-1"
"""Version of a score that comes without answers: the adviser's own estimate of 0–10."""


class UnknownItem(RuleBroken):
    """Answers are to the items of the questionnaire that is named."""


class AnsweredTwice(RuleBroken):
    """Each item of a questionnaire is answered once."""


class AnswerOutOfRange(RuleBroken):
    """An item is answered 0, 1 or 2, or refused."""


class ScoreNotDerived(RuleBroken):
    """The score of a questionnaire with items is what its rule gives for the answers, never typed."""


@dataclass(frozen=True)
class Answer:
    """To one item, 0 (not at all) to 2 (quite), or that the person refused it."""

    item: ItemCode
    given: int | Refusal


@dataclass(frozen=True)
class Item:
    """`says`: what the person is read, in French."""

    code: ItemCode
    says: str


@dataclass(frozen=True)
class Instrument:
    """`items` is empty where the score is estimated as a whole. `at_least`: answers without which there is no score.

    `scale`: what 0, 1, 2 mean, in French.
    """

    version: RuleVersion
    title: str
    items: tuple[Item, ...] = ()
    scale: tuple[str, ...] = ()
    at_least: int = 0

    def score(self, answers: Sequence[Answer]) -> int | None:
        """The mean of the answers given, on 0–10, a half rounded up; null where too few were given."""
        given = [answer.given for answer in answers if not isinstance(answer.given, Refusal)]
        if len(given) < max(self.at_least, 1):
            return None
        return (10 * sum(given) + len(given)) // (2 * len(given))

    def broken_by(self, answers: Sequence[Answer]) -> Iterator[RuleBroken]:
        codes = [answer.item for answer in answers]
        for answer in answers:
            if answer.item not in {item.code for item in self.items}:
                yield UnknownItem(f"{self.version} has no item {answer.item}")
            if not isinstance(answer.given, Refusal) and not 0 <= answer.given <= 2:
                yield AnswerOutOfRange(f"{answer.item} is answered {answer.given}, which is not 0, 1 or 2")
        if len(set(codes)) < len(codes):
            yield AnsweredTwice("an item is answered more than once")


INSTRUMENTS = {
    instrument.version: instrument
    for instrument in (
        Instrument("remobilisation-1", "Remobilisation, estimée de 0 à 10"),
        Instrument(
            "remobilisation-2",
            "Remobilisation, en dix phrases",
            (
                Item("rhythm", "Je tiens un rythme dans la semaine : je me lève, mes journées sont organisées."),
                Item("appointments", "Je viens à mes rendez-vous, ou je préviens."),
                Item("outings", "Je sors et je vois d'autres personnes."),
                Item("group", "Je suis à l'aise dans un groupe."),
                Item("confidence", "Je me sens capable de travailler ou de me former."),
                Item("strengths", "Je peux dire ce que je sais faire."),
                Item("project", "J'ai une idée de ce que je veux faire."),
                Item("steps", "Je fais des démarches par moi-même."),
                Item("search", "Je sais où et comment chercher un emploi ou une formation."),
                Item("future", "Je pense que ma situation peut changer."),
            ),
            ("pas du tout", "un peu", "tout à fait"),
            at_least=7,
        ),
    )
}
"""By version. Seven answers of ten: fewer would let two or three sentences stand for all."""
