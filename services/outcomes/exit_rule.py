"""How an exit is classed: after the IAE's *convention statistique*, as a versioned rule over stored facts.

The convention's minimum stay is not applied: support is unconditional.
"""

from datetime import date, timedelta

from shared.codes import Contract, ExitClass, Situation
from shared.months import months_later

RULE = "exit-1"
"""The version under which exits are classed now; an old exit keeps the version of its time."""

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


def classify(
    situation: Situation, contract: Contract | None, start: date | None, end: date | None
) -> tuple[ExitClass, bool]:
    """(class, uncertain). Uncertain: employment whose contract or dates are unknown, counted as transition.

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
