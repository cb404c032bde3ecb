"""Classes an exit after the IAE's *convention statistique*, by a versioned rule over stored facts.

An exit, and its correction, is classed by the version that is in force when it is recorded, and keeps class and
version. Another rule is another version, put at the end of `VERSIONS`; what was classed before is never classed anew.
"""

from collections.abc import Callable
from datetime import date, timedelta

from shared.language.codes import Contract, ExitClass, Situation
from shared.language.months import months_later

Rule = Callable[[Situation, Contract | None, date | None, date | None], tuple[ExitClass, bool]]
"""From situation, contract, its start and its end to (class, uncertain)."""

_DURABLE = {Contract.CDI, Contract.PUBLIC_SERVICE, Contract.SELF_EMPLOYED}
_SITUATIONS = {
    Situation.TRAINING: ExitClass.POSITIVE,
    Situation.SIAE: ExitClass.POSITIVE,
    Situation.RETIREMENT: ExitClass.POSITIVE,
    Situation.UNEMPLOYED: ExitClass.OTHER,
    Situation.INACTIVE: ExitClass.OTHER,
    Situation.UNKNOWN: ExitClass.OTHER,
    Situation.DECEASED: ExitClass.NEUTRALISED,
    Situation.DETAINED: ExitClass.NEUTRALISED,
    Situation.LONG_LEAVE: ExitClass.NEUTRALISED,
    Situation.MOVED: ExitClass.NEUTRALISED,
}


def exit_1(
    situation: Situation, contract: Contract | None, start: date | None, end: date | None
) -> tuple[ExitClass, bool]:
    """Classes an exit; employment whose contract or dates are unknown is uncertain, and counted as transition.

    The convention's minimum stay is not applied: support is unconditional.
    A CDD or intérim is durable from six calendar months on, last day included: 1 January–30 June is six months,
    and 31 August + 6 months is the last day of February.
    """
    if situation is not Situation.EMPLOYMENT:
        return _SITUATIONS[situation], False
    if contract in _DURABLE:
        return ExitClass.DURABLE, False
    if contract is Contract.SUBSIDISED:
        return ExitClass.TRANSITION, False
    if contract is None or start is None or end is None:
        return ExitClass.TRANSITION, True
    durable = end >= months_later(start, 6) - timedelta(days=1)
    return (ExitClass.DURABLE if durable else ExitClass.TRANSITION), False


VERSIONS: dict[str, Rule] = {"exit-1": exit_1}
"""Every version that an exit was ever classed under, in the order in which they were put in force; the last is now."""


def classed(
    situation: Situation, contract: Contract | None, start: date | None, end: date | None
) -> tuple[ExitClass, bool, str]:
    """Finds (class, uncertain, version), by the version in force."""
    version, rule = list(VERSIONS.items())[-1]
    return (*rule(situation, contract, start, end), version)
