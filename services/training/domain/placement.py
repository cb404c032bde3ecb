"""Work placements, and the rules of the *période de mise en situation en milieu professionnel* (PMSMP)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.training.domain.activity import Activity, must_end_after_start, must_not_be_negative
from shared.language.codes import (
    ActivityKind,
    ActivityStatus,
    DropOutReason,
    PlacementConclusion,
    PlacementForm,
    PlacementObjective,
    Prescriber,
    WithdrawalReason,
)
from shared.language.days import Day
from shared.language.months import day_after, months_later
from shared.language.rules import RuleBroken, not_after
from shared.language.rules.training import EndBeforeStart
from shared.language.sealed import Sealed
from shared.language.siret import Siret, must_be_siret


class PmsmpTooLong(RuleBroken):
    """A PMSMP lasts one month at most, date to date: 12 March to 11 April is one month (code du travail, D5135-7)."""


class PmsmpRenewedTooLong(RuleBroken):
    """The renewal of a PMSMP lasts one month at most, date to date from the day after its first end."""


class PmsmpRenewedTwice(RuleBroken):
    """A PMSMP is renewed once."""


class PmsmpTooLongInHost(RuleBroken):
    """PMSMP of one person in one host last two months at most over any twelve.

    The host is the SIRET, the twelve months are date to date, and of a placement that reaches out of them only the days
    inside count. A placement counts its whole months date to date and the days that remain; of the days that remain of
    all of them, thirty are a month.
    """


class ObjectiveNeeded(RuleBroken):
    """A PMSMP has exactly one of three objectives: to discover, to confirm a project, to start a recruitment."""


class TutorNeeded(RuleBroken):
    """A PMSMP has a tutor by name in the host, recorded as a correspondent."""


class SiretNeeded(RuleBroken):
    """The host of a PMSMP is known by its SIRET."""


class PrescriberNeeded(RuleBroken):
    """A PMSMP is prescribed by someone."""


class PrescriberNotEntitled(RuleBroken):
    """A PMSMP is prescribed by France Travail, a mission locale, Cap emploi, an SIAE other than an ETTI, a département,
    or an organisation that one of them delegated (code du travail, L5135-2)."""


class AvaTooManyHours(RuleBroken):
    """An *adaptation à la vie active* has 80 hours a month at most (CASF, R345-3).

    Hours are those of all AVA of the person that share a day with it, months those begun, date to date, from the first
    start to the last end of these.
    """


class RenewalBeforeEnd(RuleBroken):
    """A renewal ends after the end that it puts off."""


class UnknownPlacement(RuleBroken):
    """No such placement is planned."""


class PlacementWasCancelled(RuleBroken):
    """The placement was cancelled: nothing more is recorded of it."""


class PlacementHasEnded(RuleBroken):
    """A placement that has ended is neither cancelled nor renewed; its end is corrected."""


class PlacementBegun(RuleBroken):
    """A placement is cancelled before it begins; one that has begun is broken off."""


class EndedAfterPlanned(RuleBroken):
    """A placement ends on its last day at the latest; it is renewed or corrected before it ends later."""


class ReasonNeeded(RuleBroken):
    """A placement that ended before its last day was broken off, for a reason."""


class EvaluatedBeforeStart(RuleBroken):
    """A placement is evaluated when it has begun."""


ENTITLED = frozenset(Prescriber) - {Prescriber.ETTI, Prescriber.OTHER}
AVA_HOURS_A_MONTH = 80


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A placement as agreed. `hours_planned`: over all its days. `tutor`: a correspondent. `employer`: its SIRET.

    `renewed_until`: its last day where it was renewed. `action`: the proposal, which is the plan's action, that it
    answers.
    """

    form: PlacementForm
    starts_on: Day
    ends_on: Day
    employer: Siret | None = None
    tutor: UUID | None = None
    prescriber: Prescriber | None = None
    objective: PlacementObjective | None = None
    hours_planned: Decimal | None = None
    renewed_until: Day | None = None
    action: UUID | None = None

    @property
    def last_day(self) -> date:
        return self.renewed_until or self.ends_on

    @property
    def complete(self) -> bool:
        return self.employer is not None and self.tutor is not None


@dataclass(frozen=True)
class PlacementEnd:
    """`hours` done, null where the person never came. `broken_off_for`: why it ended before its last day."""

    ended_on: Day
    hours: Decimal | None = None
    broken_off_for: DropOutReason | None = None

    @property
    def happened_on(self) -> date:
        return self.ended_on


@dataclass(frozen=True)
class PlacementCancellation:
    """It does not take place."""

    cancelled_on: date
    cancelled_for: WithdrawalReason

    @property
    def happened_on(self) -> date:
        return self.cancelled_on


@dataclass(frozen=True)
class Evaluation:
    """What the placement came to; `text` in the words of the person, the tutor and the adviser."""

    evaluated_on: Day
    conclusion: PlacementConclusion
    text: Sealed | None = None

    @property
    def happened_on(self) -> date:
        return self.evaluated_on


def check_placement(placement: Placement, same_form: Sequence[Placement]) -> None:
    """Raises what a placement breaks. `same_form`: the person's others of this form, cancelled ones left out."""
    must_end_after_start(placement.starts_on, placement.ends_on)
    if placement.renewed_until is not None and placement.renewed_until <= placement.ends_on:
        raise RenewalBeforeEnd(f"renewed until {placement.renewed_until}, ends on {placement.ends_on}")
    must_not_be_negative(placement.hours_planned)
    must_be_siret(placement.employer)
    if placement.form is PlacementForm.PMSMP:
        _check_pmsmp(placement, same_form)
    elif placement.form is PlacementForm.AVA:
        _check_ava(placement, same_form)


def _check_pmsmp(placement: Placement, others: Sequence[Placement]) -> None:
    if placement.ends_on >= months_later(placement.starts_on, 1):
        raise PmsmpTooLong(f"{placement.starts_on} to {placement.ends_on} is more than one month")
    if placement.renewed_until is not None:
        again = day_after(placement.ends_on)
        if placement.renewed_until >= months_later(again, 1):
            raise PmsmpRenewedTooLong(f"{again} to {placement.renewed_until} is more than one month")
    if placement.objective is None:
        raise ObjectiveNeeded("no objective is named")
    if placement.employer is None:
        raise SiretNeeded("no SIRET is named")
    if placement.tutor is None:
        raise TutorNeeded("no tutor is named")
    if placement.prescriber is None:
        raise PrescriberNeeded("no prescriber is named")
    if placement.prescriber not in ENTITLED:
        raise PrescriberNotEntitled(f"{placement.prescriber} does not prescribe PMSMP")
    host = [placement, *(other for other in others if other.employer == placement.employer)]
    starts = [one.starts_on for one in host]
    # The sum is greatest where a window of twelve months begins with a placement or ends with one.
    starts += [months_later(day_after(one.last_day), -12) for one in host]
    for start in starts:
        if _more_than_two_months(host, start, months_later(start, 12)):
            raise PmsmpTooLongInHost(f"more than two months in this host in the twelve from {start}")


def _more_than_two_months(placements: Sequence[Placement], start: date, until: date) -> bool:
    """Tells whether placements last more than two months in a window, `until` excluded."""
    months = days = 0
    for placement in placements:
        first, after = max(placement.starts_on, start), min(day_after(placement.last_day), until)
        if first < after:
            whole, rest = _months_and_days(first, after)
            months, days = months + whole, days + rest
    return 30 * months + days > 60


def _months_and_days(first: date, after: date) -> tuple[int, int]:
    """Counts whole months date to date, and the days that remain; `after` excluded."""
    months = (after.year - first.year) * 12 + after.month - first.month
    while months_later(first, months) > after:
        months -= 1
    return months, (after - months_later(first, months)).days


def _check_ava(placement: Placement, others: Sequence[Placement]) -> None:
    together = [placement, *(o for o in others if _share_a_day(o, placement))]
    hours = sum((one.hours_planned or Decimal(0) for one in together), Decimal(0))
    first, last = min(one.starts_on for one in together), max(one.last_day for one in together)
    months = (last.year - first.year) * 12 + last.month - first.month
    months += months_later(first, months) <= last
    if hours > AVA_HOURS_A_MONTH * months:
        raise AvaTooManyHours(f"{hours} hours in {months} months from {first} to {last}")


def _share_a_day(one: Placement, other: Placement) -> bool:
    return one.starts_on <= other.last_day and other.starts_on <= one.last_day


def check_end(end: PlacementEnd, placement: Placement, today: date) -> None:
    not_after(today, "ended", end.ended_on)
    if end.ended_on < placement.starts_on:
        raise EndBeforeStart(f"ended on {end.ended_on}, starts on {placement.starts_on}")
    if end.ended_on > placement.last_day:
        raise EndedAfterPlanned(f"ended on {end.ended_on}, its last day is {placement.last_day}")
    if end.ended_on < placement.last_day and end.broken_off_for is None:
        raise ReasonNeeded(f"ended on {end.ended_on}, its last day is {placement.last_day}")
    must_not_be_negative(end.hours)


def check_renewal(placement: Placement, until: date) -> None:
    """Raises what a renewal breaks where there was one before."""
    if (renewed_until := placement.renewed_until) is not None:
        if placement.form is PlacementForm.PMSMP:
            raise PmsmpRenewedTwice(f"it was renewed until {renewed_until}")
        if until <= renewed_until:
            raise RenewalBeforeEnd(f"it was renewed until {renewed_until}")


def check_cancellation(cancellation: PlacementCancellation, placement: Placement, today: date) -> None:
    not_after(today, "cancelled", cancellation.cancelled_on)
    if cancellation.cancelled_on > placement.starts_on:
        raise PlacementBegun(f"it began on {placement.starts_on}")


def check_evaluation(evaluation: Evaluation, placement: Placement, today: date) -> None:
    not_after(today, "evaluated", evaluation.evaluated_on)
    if evaluation.evaluated_on < placement.starts_on:
        raise EvaluatedBeforeStart(f"evaluated on {evaluation.evaluated_on}, starts on {placement.starts_on}")


def placement_activity(placement: Placement, end: PlacementEnd) -> Activity:
    """Makes the activity: with hours completed, or partial where it was broken off; without, the person never came."""
    hours = end.hours or None
    if hours is None:
        status = ActivityStatus.NO_SHOW
    else:
        status = ActivityStatus.COMPLETED if end.broken_off_for is None else ActivityStatus.PARTIAL
    return Activity(ActivityKind.PLACEMENT, placement.starts_on, end.ended_on, status, hours)
