"""The indicator catalogue computed the slow and obvious way, from the rows of an import folder.

The product folds events into read models; this file loops over rows. Neither knows the other, so that where
they agree the figure is right. Everything in the folder counts as known; `known_on` says which follow-ups
have fallen due, and what has happened at all: of what is dated later nothing has.
"""

import csv
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from scipy.stats import binomtest

from shared.language.codes import BREAKDOWNS, SPECIAL_REQUESTERS

Thing = TypeVar("Thing")
Row = dict[str, str]
"""One line of a CSV file: column to cell; an empty cell is not known."""


@dataclass
class Facts:
    """An import folder in memory: the rows of each file, in the order of the file; and what no folder can say.

    That has rows too, in the order in which it became known: `transfers` (pathway, structure, received_on), `profiles`
    (pathway, moment, mainstream: codes with spaces between, on) and `jobs` (pathway, started_on).
    """

    structures: list[Row] = field(default_factory=list)
    pathways: list[Row] = field(default_factory=list)
    diagnostics: list[Row] = field(default_factory=list)
    barriers: list[Row] = field(default_factory=list)
    activities: list[Row] = field(default_factory=list)
    exits: list[Row] = field(default_factory=list)
    followups: list[Row] = field(default_factory=list)
    transfers: list[Row] = field(default_factory=list)
    profiles: list[Row] = field(default_factory=list)
    jobs: list[Row] = field(default_factory=list)


BY_HAND = ("transfers", "profiles", "jobs")
FILES = tuple(name for name in Facts.__dataclass_fields__ if name not in BY_HAND)


def read(folder: Path) -> Facts:
    """The folder as it stands, unchecked."""
    facts = Facts()
    for name in FILES:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            getattr(facts, name).extend(csv.DictReader(file))
    return facts


# --- one pathway ------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Pathway:
    """One pathway with the rows that are its own, each list in the order of its file."""

    request: Row
    structures: dict[str, Row]
    diagnostics: list[Row] = field(default_factory=list)
    barriers: list[Row] = field(default_factory=list)
    activities: list[Row] = field(default_factory=list)
    exits: list[Row] = field(default_factory=list)
    followups: list[Row] = field(default_factory=list)
    transfers: list[Row] = field(default_factory=list)
    profiles: list[Row] = field(default_factory=list)
    jobs: list[Row] = field(default_factory=list)

    def held_by(self, day: date) -> Row:
        """The structure that held it on a day: the last to have received it by then, else the first."""
        code = self.request["structure"]
        for transfer in in_order(self.transfers, "received_on"):
            if date.fromisoformat(transfer["received_on"]) <= day:
                code = transfer["structure"]
        return self.structures[code]

    def mainstream(self, moment: str) -> set[str]:
        """Who else supported the person at a moment, as last told."""
        told = [row["mainstream"] for row in self.profiles if row["moment"] == moment]
        return set(told[-1].split()) if told else {"unknown"}

    @property
    def requested_on(self) -> date:
        return date.fromisoformat(self.request["requested_on"])

    @property
    def welcomed_on(self) -> date | None:
        return day_of(self.request, "welcomed_on")

    @property
    def started_on(self) -> date | None:
        return day_of(self.request, "started_on")

    @property
    def withdrawn_on(self) -> date | None:
        return day_of(self.request, "withdrawn_on")

    @property
    def employed_on(self) -> date | None:
        """The first day of a job from the start on, as long as the person was supported, or of that they left for."""
        assert self.started_on is not None
        days = [
            day
            for day in (date.fromisoformat(row["started_on"]) for row in self.jobs)
            if day >= self.started_on and (self.exited_on is None or day <= self.exited_on)
        ]
        if self.exited_on is not None and self.exits[0]["situation"] == "employment":
            contract_start = day_of(self.exits[0], "contract_start")
            after = contract_start is not None and contract_start >= self.started_on
            days.append(contract_start if contract_start is not None and after else self.exited_on)
        return min(days, default=None)

    @property
    def exited_on(self) -> date | None:
        return date.fromisoformat(self.exits[0]["exited_on"]) if self.exits else None

    @property
    def exit_class(self) -> str:
        return exit_class(self.exits[0])


def day_of(row: Row, column: str) -> date | None:
    return date.fromisoformat(row[column]) if row[column] else None


def pathways_of(facts: Facts) -> list[Pathway]:
    structures = {row["structure"]: row for row in facts.structures}
    pathways = {row["pathway"]: Pathway(row, structures) for row in facts.pathways}
    for name in ("diagnostics", "barriers", "activities", "exits", "followups", *BY_HAND):
        for row in getattr(facts, name):
            getattr(pathways[row["pathway"]], name).append(row)
    return list(pathways.values())


DATED_BY = {
    "diagnostics": "completed_on",
    "barriers": "assessed_on",
    "activities": "started_on",
    "exits": "exited_on",
    "followups": "asked_on",
    "transfers": "received_on",
    "profiles": "on",
    "jobs": "started_on",
}


def happened(facts: Facts, known_on: date) -> Facts:
    """What had happened by a day, of what is known. A pathway that is to be asked for is none yet, with all its rows;
    of another that day's cells and rows are left. The terms of a contract are no happening: they stay."""

    def is_past(cell: str) -> bool:
        return not cell or date.fromisoformat(cell) <= known_on

    found = Facts(structures=facts.structures)
    for request in facts.pathways:
        if is_past(request["requested_on"]):
            dates = ("welcomed_on", "started_on", "withdrawn_on")
            found.pathways.append(request | {name: request[name] if is_past(request[name]) else "" for name in dates})
    asked_for = {request["pathway"] for request in found.pathways}
    for name, column in DATED_BY.items():
        rows = [row for row in getattr(facts, name) if row["pathway"] in asked_for and is_past(row.get(column, ""))]
        getattr(found, name).extend(rows)
    found.diagnostics = [
        row | {"plan_agreed_on": row["plan_agreed_on"] if is_past(row["plan_agreed_on"]) else ""}
        for row in found.diagnostics
    ]
    return found


def in_order(rows: Iterable[Row], column: str) -> list[Row]:
    """By date, then by place in the file (the sort is stable)."""
    return sorted(rows, key=lambda row: row[column])


# --- rules ------------------------------------------------------------------------------------------------


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it has no such day."""
    year, month = day.year, day.month + months
    while month > 12:
        year, month = year + 1, month - 12
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def lasts_six_months(start: date, end: date) -> bool:
    """Six calendar months with the last day included: from 1 January to 30 June is just enough."""
    return end + timedelta(days=1) >= months_later(start, 6)


def exit_class(row: Row) -> str:
    """The class of a row of exits.csv in the convention of the IAE, version 1 of the rule."""
    match row["situation"]:
        case "employment":
            if row["contract"] in ("cdi", "public_service", "self_employed"):
                return "durable"
            if row["contract"] in ("cdd", "interim"):
                start, end = day_of(row, "contract_start"), day_of(row, "contract_end")
                if start is not None and end is not None and lasts_six_months(start, end):
                    return "durable"
            return "transition"
        case "training" | "siae" | "retirement":
            return "positive"
        case "unemployed" | "inactive" | "unknown":
            return "other"
        case "deceased" | "detained" | "long_leave" | "moved":
            return "neutralised"
    raise ValueError(f"no class for the situation {row['situation']!r}")


def class_of(request: Row, by: str) -> str:
    """The class of a pathway in a breakdown, from its row of pathways.csv."""
    match by:
        case "sex" | "housing":
            return request[by] or "unknown"
        case "requester":
            return "other" if request["requester"] in SPECIAL_REQUESTERS else request["requester"] or "unknown"
        case "qualification":
            return request["qualification_level"] or "unknown"
        case "unemployment":
            if not request["unemployment_months"]:
                return "unknown"
            months = int(request["unemployment_months"])
            if months == 0:
                return "none"
            if months < 12:
                return "under_12"
            if months < 24:
                return "12_to_23"
            return "24_and_over"
        case "age":
            if not request["birth_year"]:
                return "unknown"
            age = date.fromisoformat(request["requested_on"]).year - int(request["birth_year"])
            if age < 18:
                return "under_18"
            if age <= 25:
                return "18_25"
            if age <= 29:
                return "26_29"
            if age <= 49:
                return "30_49"
            if age <= 54:
                return "50_54"
            return "55_and_over"
    raise ValueError(f"no breakdown by {by!r}")


# --- figures ----------------------------------------------------------------------------------------------


@cache
def wilson(numerator: int, denominator: int) -> tuple[float, float]:
    interval = binomtest(numerator, denominator).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def share(numerator: int, denominator: int) -> dict[str, Any]:
    """A share with its 95 % interval; neither can be said of nobody."""
    if denominator == 0:
        return {"numerator": numerator, "denominator": denominator, "value": None, "ci95": None}
    return {
        "numerator": numerator,
        "denominator": denominator,
        "value": numerator / denominator,
        "ci95": list(wilson(numerator, denominator)),
    }


def share_of(those: list[Thing], which: Callable[[Thing], bool]) -> dict[str, Any]:
    return share(len([one for one in those if which(one)]), len(those))


def median(numbers: list[int]) -> float | None:
    numbers = sorted(numbers)
    if not numbers:
        return None
    return (numbers[(len(numbers) - 1) // 2] + numbers[len(numbers) // 2]) / 2


def until_half(ended: list[int], going_on: list[int], days: tuple[int, ...]) -> dict[str, Any]:
    """Kaplan and Meier's estimate, in fractions: each day takes away, of those still waiting, the share that it ended.

    Who was last seen waiting on a day still was during it.
    """
    waiting, survival, median_day = Fraction(1), {}, None
    longest = max([*ended, *going_on], default=-1)
    for day in range(max(longest, *days) + 1):
        if day in ended:
            at_risk = [one for one in [*ended, *going_on] if one >= day]
            waiting *= 1 - Fraction(ended.count(day), len(at_risk))
            if median_day is None and waiting <= Fraction(1, 2):
                median_day = day
        if day in days:
            survival[str(day)] = float(waiting) if day <= longest or waiting == 0 else None
    return {"value": median_day, "observed": len(ended), "censored": len(going_on), "survival": survival}


def indicators(
    facts: Facts,
    start: date,
    end: date,
    known_on: date,
    scope: str = "national",
    by: str | None = None,
) -> dict[str, Any]:
    """Every indicator of the catalogue over [start, end], both days included.

    `scope` is `national`, `department:69` or `structure:s01`; `known_on` is the civil date in Paris at the
    moment of knowledge. An answer is `{"value": …}` or `{"numerator", "denominator", "value", "ci95"}` by
    indicator; with `by`, one such answer for every class of the breakdown, also for those without anyone.

    Raises ValueError for a scope that has no structure.
    """
    kind, _, code = scope.partition(":")
    if kind != "national" and not any(row[kind] == code for row in facts.structures):
        raise ValueError(f"no structure in {scope}")
    pathways = [
        one for one in pathways_of(happened(facts, known_on)) if kind == "national" or one.held_by(end)[kind] == code
    ]
    if by is None:
        return catalogue(pathways, start, end, known_on)
    return {
        str(name): catalogue([p for p in pathways if class_of(p.request, by) == name], start, end, known_on)
        for name in BREAKDOWNS[by]
    }


def catalogue(pathways: list[Pathway], start: date, end: date, known_on: date) -> dict[str, Any]:
    """The indicators of these pathways; whoever asks has chosen them by scope and class."""

    def in_period(day: date | None) -> bool:
        return day is not None and start <= day <= end

    requested = [p for p in pathways if in_period(p.requested_on)]
    entered = [p for p in pathways if in_period(p.started_on)]
    supported = [
        p
        for p in pathways
        if p.started_on is not None and p.started_on <= end and (p.exited_on is None or p.exited_on >= start)
    ]
    leavers = [p for p in pathways if p.started_on is not None and in_period(p.exited_on)]
    examined = [p for p in leavers if p.exit_class != "neutralised"]

    def left_for(*classes: str) -> Callable[[Pathway], bool]:
        return lambda p: in_period(p.exited_on) and p.exit_class in classes

    def attended(activity: Row) -> bool:
        return in_period(day_of(activity, "started_on")) and activity["status"] in ("completed", "partial")

    def mobilised(p: Pathway) -> bool:
        kinds = [activity["kind"] for activity in p.activities if attended(activity)]
        return "workshop" in kinds or "training" in kinds or "placement" in kinds

    waits = [
        (p.welcomed_on - p.requested_on).days
        for p in pathways
        if p.welcomed_on is not None and in_period(p.welcomed_on)
    ]

    def since(day: date, last: date) -> int:
        return max(0, (last - day).days)

    welcomed = [since(p.requested_on, p.welcomed_on) for p in requested if p.welcomed_on is not None]
    waiting = [
        since(p.requested_on, p.withdrawn_on or p.started_on or known_on) for p in requested if p.welcomed_on is None
    ]
    employed, searching = [], []
    for p in entered:
        assert p.started_on is not None
        if p.employed_on is None:
            searching.append(since(p.started_on, p.exited_on or known_on))
        elif p.employed_on <= known_on:
            employed.append(since(p.started_on, p.employed_on))
        else:  # they have signed for it, and wait for it still
            searching.append(since(p.started_on, known_on))
    alone = [p for p in leavers if p.mainstream("start") == {"none"}]

    figures: dict[str, Any] = {
        "days_to_welcome_km": until_half(welcomed, waiting, (7, 15, 30)),
        "days_to_employment_km": until_half(employed, searching, (90, 180, 365)),
        "mainstream_regained_share": share_of(
            alone, lambda p: not p.mainstream("exit") <= {"none", "unknown", "refused"}
        ),
        "requests": {"value": len(requested)},
        "entries": {"value": len(entered)},
        "supported": {"value": len(supported)},
        "leavers": {"value": len(leavers)},
        "persons_supported": {"value": len({p.request["person"] for p in supported})},
        "welcomed_share": share_of(requested, lambda p: p.welcomed_on is not None),
        "days_to_welcome_median": {"value": median(waits)},
        "diagnosed_share": share_of(entered, lambda p: len(p.diagnostics) >= 1),
        "plan_share": share_of(entered, lambda p: any(row["plan_agreed_on"] for row in p.diagnostics)),
        "remobilised_share": share_of(
            [scores for scores in map(scores_of, leavers) if len(scores) >= 2],
            lambda scores: scores[-1] > scores[0],
        ),
        "barriers_reduced_share": share_of(
            [ranks for p in leavers for ranks in ranks_by_domain(p).values() if len(ranks) >= 2 and ranks[0] > 0],
            lambda ranks: ranks[-1] < ranks[0],
        ),
        "mobilised_share": share_of(supported, mobilised),
        "exits_examined": {"value": len(examined)},
        "dynamic_exit_share": share_of(examined, left_for("durable", "transition", "positive")),
        "durable_access_share": share_of(supported, left_for("durable")),
        "transition_access_share": share_of(supported, left_for("transition")),
    }
    for kind in ("workshop", "training", "placement", "support"):
        hours = Decimal(0)
        for p in pathways:
            for activity in p.activities:
                if activity["kind"] == kind and attended(activity):
                    hours += Decimal(activity["hours"])
        figures[f"hours_{kind}"] = {"value": float(hours)}
    for name in ("durable", "transition", "positive", "other", "neutralised"):
        figures[f"exits_{name}"] = {"value": len([p for p in leavers if p.exit_class == name])}
    for name in ("durable", "transition", "positive"):
        figures[f"{name}_exit_share"] = share_of(examined, left_for(name))
    for month in (3, 6, 12):
        alive = [p for p in leavers if p.exits[0]["situation"] != "deceased"]
        due = [p for p in alive if p.exited_on and months_later(p.exited_on, month) <= known_on]
        asked = [row for p in leavers for row in p.followups if row["month"] == str(month)]
        reached = [row for row in asked if row["status"] == "reached"]
        asked_of = {row["pathway"] for row in asked}
        figures |= {
            f"followup_{month}_asked_share": share(len([p for p in due if p.request["pathway"] in asked_of]), len(due)),
            f"followup_{month}_response_share": share(len(reached), len(asked)),
            f"employed_at_{month}_share": share(
                len([row for row in reached if row["situation"] == "employment"]), len(reached)
            ),
        }
    return figures


def scores_of(pathway: Pathway) -> list[int]:
    """The remobilisation scores, first to last; a diagnostic without score is none of them."""
    return [
        int(row["remobilisation"]) for row in in_order(pathway.diagnostics, "completed_on") if row["remobilisation"]
    ]


def ranks_by_domain(pathway: Pathway) -> dict[str, list[int]]:
    """How much each barrier weighed (0 none … 3 high), first to last assessment."""
    ranks: dict[str, list[int]] = {}
    for row in in_order(pathway.barriers, "assessed_on"):
        rank = ("none", "low", "medium", "high").index(row["intensity"])
        ranks.setdefault(row["domain"], []).append(rank)
    return ranks
