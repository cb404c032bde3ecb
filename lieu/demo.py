"""A made-up cohort to show the platform with: nobody in it exists, and no structure of it.

Nine structures of nine départements over 2015 and 2016, with follow-ups asked in 2017, as an import folder of
format version 1. It is drawn from one seeded generator in a fixed order: the same bytes at every run.

The only figures taken from life are those that were published for 2016: of the CHRS residents supported, 27 %
left for transition employment and 12 % for durable employment. These two are dealt out by quota.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from random import Random

FIRST, LAST = date(2015, 1, 1), date(2016, 12, 31)
ASKED_UNTIL = date(2017, 12, 31)
"""Last day on which a follow-up was asked: a year after the last exit."""

QUOTA_FROM = date(2016, 1, 1)
TRANSITION_SHARE, DURABLE_SHARE = 0.27, 0.12
"""Of the CHRS residents supported from QUOTA_FROM to LAST: those who left for such employment meanwhile."""

STRUCTURES = (
    ("Lyon", "69"),
    ("Grenoble", "38"),
    ("Clermont-Ferrand", "63"),
    ("Dijon", "21"),
    ("Montpellier", "34"),
    ("Tours", "37"),
    ("Metz", "57"),
    ("Ajaccio", "2A"),
    ("Saint-Denis de La Réunion", "974"),
)

Cells = dict[str, object]


@dataclass(frozen=True)
class _Outcome:
    """Where someone goes on leaving; `days` is how long the contract lasts, if it has a term."""

    situation: str
    contract: str = ""
    days: tuple[int, int] | None = None


# Six calendar months are at most 184 days: longer is durable, 170 days or less is not.
_SHORT, _LONG = (14, 170), (190, 540)
_TRANSITION = (
    _Outcome("employment", "cdd", _SHORT),
    _Outcome("employment", "interim", _SHORT),
    _Outcome("employment", "cdd", _SHORT),
    _Outcome("employment", "subsidised", (180, 365)),
    _Outcome("employment", "interim", _SHORT),
    _Outcome("employment"),
)
_DURABLE = (
    _Outcome("employment", "cdi"),
    _Outcome("employment", "cdd", _LONG),
    _Outcome("employment", "cdi"),
    _Outcome("employment", "public_service"),
    _Outcome("employment", "interim", _LONG),
    _Outcome("employment", "self_employed"),
)
_ELSEWHERE = tuple(
    map(
        _Outcome,
        (
            *("unemployed", "training", "siae", "unknown", "inactive", "unemployed", "training", "siae"),
            *("moved", "unknown", "unemployed", "detained", "training", "inactive", "unknown", "retirement"),
            *("unemployed", "siae", "unknown", "long_leave", "training", "unemployed", "deceased", "unknown"),
        ),
    )
)

_REQUESTERS = {
    "chrs": 30,
    "person": 18,
    "siao": 10,
    "france_travail": 9,
    "mission_locale": 7,
    "ccas": 5,
    "departement": 4,
    "health": 4,
    "spip": 3,
    "cap_emploi": 2,
    "ase": 2,
    "pjj": 2,
    "other": 2,
    "unknown": 2,
}
_HOUSING = {
    "chrs": 60,
    "chu": 8,
    "hotel": 6,
    "social_residence": 6,
    "pension_de_famille": 4,
    "asylum": 3,
    "street": 5,
    "own_home": 3,
    "other": 2,
    "refused": 1,
    "": 2,
}
_SEX = {"male": 62, "female": 35, "other": 1, "undisclosed": 2}
_LEVELS = {"0": 22, "1": 6, "2": 12, "3": 28, "4": 14, "5": 5, "6": 3, "7": 2, "8": 1, "": 7}
_BARRIERS = {
    "housing": 14,
    "mobility": 14,
    "health": 12,
    "financial": 12,
    "administrative": 12,
    "language": 9,
    "digital": 8,
    "family": 6,
    "literacy": 5,
    "justice": 4,
    "availability": 4,
}
_INTENSITIES = ("none", "low", "medium", "high")
_ATTENDANCE = {"completed": 72, "partial": 14, "no_show": 14}
_ANSWERS = {"reached": 62, "unreachable": 28, "refused": 10}
_LATER = {
    "unemployed": 32,
    "employment": 24,
    "training": 13,
    "siae": 12,
    "inactive": 11,
    "moved": 3,
    "retirement": 2,
    "unknown": 2,
    "long_leave": 1,
}


@dataclass
class _Pathway:
    """The course of one pathway, before the facts along it are drawn. No date is after LAST."""

    structure: str
    requested_on: date
    housing: str
    welcomed_on: date | None = None
    started_on: date | None = None
    withdrawn_on: date | None = None
    left_on: date | None = None
    outcome: _Outcome | None = None
    key: str = ""
    person: Cells = field(default_factory=dict)


def write_cohort(folder: Path) -> None:
    """Writes the seven files of the demonstration into `folder`, which is made if need be.

    Raises OSError where the folder cannot be written.
    """
    random = Random(2016)
    pathways = _requests(random)
    _leave(random, pathways)
    _name_people(random, pathways)
    files: dict[str, list[Cells]] = {
        "structures.csv": [
            {
                "structure": f"demo-{number}",
                "name": f"Démonstration {number} – structure fictive ({city})",
                "department": department,
            }
            for number, (city, department) in enumerate(STRUCTURES, start=1)
        ],
        "pathways.csv": [_pathway_row(random, pathway) for pathway in pathways],
        "diagnostics.csv": [],
        "barriers.csv": [],
        "activities.csv": [],
        "exits.csv": [],
        "followups.csv": [],
    }
    for pathway in pathways:
        for file, rows in _facts_of(random, pathway).items():
            files[file] += rows
    folder.mkdir(parents=True, exist_ok=True)
    for file, rows in files.items():
        with (folder / file).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


# --- who comes and who leaves -----------------------------------------------------------------------------


def _requests(random: Random) -> list[_Pathway]:
    """All requests in the order of their dates. The structures open one after the other."""
    pathways = []
    for number in range(len(STRUCTURES)):
        opening = FIRST + timedelta(days=20 * number)
        for _ in range(random.randint(70, 95)):
            requested_on = _between(random, opening, LAST)
            pathways.append(_Pathway(f"demo-{number + 1}", requested_on, _one_of(random, _HOUSING)))
    pathways.sort(key=lambda pathway: pathway.requested_on)
    for number, pathway in enumerate(pathways, start=1):
        pathway.key = f"demo-{number:04}"
        _come(random, pathway)
    return pathways


def _come(random: Random, pathway: _Pathway) -> None:
    """Most are welcomed within two weeks and start within three more; some withdraw, a few still wait."""
    welcomed_on = _after(random, pathway.requested_on, 0, 14)
    started_on = _after(random, welcomed_on, 0, 21)
    fate = _one_of(random, {"starts": 87, "withdraws": 7, "hesitates": 4, "waits": 2})
    if fate == "withdraws":
        pathway.withdrawn_on = _if_past(_after(random, pathway.requested_on, 1, 40))
    if fate in ("starts", "hesitates") or (pathway.withdrawn_on and welcomed_on < pathway.withdrawn_on):
        pathway.welcomed_on = _if_past(welcomed_on)
    if fate == "starts":
        pathway.started_on = _if_past(started_on)
    if pathway.started_on:
        stay = timedelta(days=int(random.triangular(20, 480, 150)))
        pathway.left_on = _if_past(pathway.started_on + stay)


def _leave(random: Random, pathways: Sequence[_Pathway]) -> None:
    """Deals the outcomes: the quota to the CHRS residents supported in 2016, other shares to the rest."""
    leavers = [pathway for pathway in pathways if pathway.left_on]
    residents = [
        pathway
        for pathway in pathways
        if pathway.housing == "chrs"
        and pathway.started_on
        and (pathway.left_on is None or pathway.left_on >= QUOTA_FROM)
    ]
    counted = [pathway for pathway in residents if pathway.left_on]
    others = [pathway for pathway in leavers if pathway not in counted]
    transition, durable = round(TRANSITION_SHARE * len(residents)), round(DURABLE_SHARE * len(residents))
    _deal(random, counted, transition, durable)
    _deal(random, others, len(others) * 3 // 10, len(others) * 3 // 20)


def _deal(random: Random, leavers: Sequence[_Pathway], transition: int, durable: int) -> None:
    outcomes = [
        *islice(cycle(_TRANSITION), transition),
        *islice(cycle(_DURABLE), durable),
        *islice(cycle(_ELSEWHERE), len(leavers) - transition - durable),
    ]
    random.shuffle(outcomes)
    for pathway, outcome in zip(leavers, outcomes, strict=True):
        pathway.outcome = outcome


def _name_people(random: Random, pathways: Sequence[_Pathway]) -> None:
    """One person a pathway, but for some who left and come back, to the same structure or to another."""
    gone: list[_Pathway] = []
    for number, pathway in enumerate(pathways, start=1):
        back = [one for one in gone if one.left_on and one.left_on < pathway.requested_on]
        if back and random.random() < 0.08:
            before = random.choice(back)
            gone.remove(before)
            pathway.person = before.person
        else:
            retires = pathway.outcome and pathway.outcome.situation == "retirement"
            age = random.randint(60, 63) if retires else int(random.triangular(17, 60, 31))
            pathway.person = {
                "person": f"demo-personne-{number:04}",
                "birth_year": "" if random.random() < 0.03 else pathway.requested_on.year - age,
                "sex": _one_of(random, _SEX),
                "qualification_level": _one_of(random, _LEVELS),
            }
        if pathway.outcome and pathway.outcome.situation not in ("deceased", "retirement"):
            gone.append(pathway)


def _pathway_row(random: Random, pathway: _Pathway) -> Cells:
    months = random.choice(("", 0, 2, 5, 8, 11, 12, 15, 20, 24, 30, 36, 48, 72))
    return {
        "pathway": pathway.key,
        "structure": pathway.structure,
        **pathway.person,
        "requested_on": pathway.requested_on,
        "requester": _one_of(random, _REQUESTERS),
        "welcomed_on": pathway.welcomed_on,
        "started_on": pathway.started_on,
        "withdrawn_on": pathway.withdrawn_on,
        "unemployment_months": months,
        "housing": pathway.housing,
    }


# --- what happens along a pathway -------------------------------------------------------------------------


def _facts_of(random: Random, pathway: _Pathway) -> dict[str, list[Cells]]:
    """The rows of one pathway by file; without a start there are none."""
    if pathway.started_on is None:
        return {}
    until = pathway.left_on or LAST
    diagnostics = _diagnostics(random, pathway, pathway.started_on, until)
    files = {
        "diagnostics.csv": diagnostics,
        "barriers.csv": _barriers(random, pathway, [row["completed_on"] for row in diagnostics]),
        "activities.csv": _activities(random, pathway, pathway.started_on, until),
    }
    if pathway.left_on and pathway.outcome:
        files["exits.csv"] = [_exit(random, pathway, pathway.left_on, pathway.outcome)]
        files["followups.csv"] = _followups(random, pathway, pathway.left_on, pathway.outcome)
    return files


def _diagnostics(random: Random, pathway: _Pathway, started_on: date, until: date) -> list[Cells]:
    """One on entry, one every four months or so, one on leaving; the score rises more often than it falls."""
    dates: dict[date, str] = {}
    on = _after(random, started_on, 0, 25)
    if random.random() < 0.94:
        dates[min(on, until)] = "entry"
    while (on := _after(random, on, 90, 150)) < until - timedelta(days=20):
        dates[on] = "interim"
    if pathway.left_on and random.random() < 0.82:
        dates.setdefault(until - timedelta(days=random.randint(0, 7)), "exit")
    score = random.randint(1, 6)
    rows: list[Cells] = []
    for on, purpose in sorted(dates.items()):
        agreed_on = _after(random, on, 0, 14)
        planned = random.random() < (0.88 if purpose == "entry" else 0.25)
        rows.append(
            {
                "pathway": pathway.key,
                "completed_on": on,
                "purpose": purpose,
                "remobilisation": "" if random.random() < 0.05 else score,
                "plan_agreed_on": agreed_on if planned and agreed_on <= until else "",
            }
        )
        score = max(0, min(10, score + random.choice((-1, 0, 1, 1, 1, 2))))
    return rows


def _barriers(random: Random, pathway: _Pathway, dates: Sequence[object]) -> list[Cells]:
    """Up to four barriers at each diagnostic; they lift step by step, and sometimes come back."""
    weights = {_one_of(random, _BARRIERS): random.choice((0, 1, 1, 2, 2, 3, 3)) for _ in range(4)}
    rows: list[Cells] = []
    for on in dates:
        rows += [
            {"pathway": pathway.key, "assessed_on": on, "domain": domain, "intensity": _INTENSITIES[weight]}
            for domain, weight in weights.items()
        ]
        for domain, weight in weights.items():
            weights[domain] = max(0, min(3, weight + random.choice((-1, -1, -1, 0, 0, 1))))
    return rows


def _activities(random: Random, pathway: _Pathway, started_on: date, until: date) -> list[Cells]:
    """Workshops and support all along, and for many a training or a placement."""
    weeks = (until - started_on).days // 7
    kinds = ["workshop"] * random.randint(0, 1 + weeks // 8) + ["support"] * random.randint(0, 1 + weeks // 10)
    kinds += [kind for kind, share in (("training", 0.45), ("placement", 0.5)) if random.random() < share]
    if random.random() < 0.15:
        kinds.append("placement")
    rows: list[Cells] = []
    for kind, on in sorted(((kind, _between(random, started_on, until)) for kind in kinds), key=lambda it: it[1]):
        status = _one_of(random, _ATTENDANCE)
        days = {"training": random.randint(2, 30), "placement": random.randint(4, 25)}.get(kind, 0)
        ended_on = min(on + timedelta(days=days), until)
        hours = {
            "workshop": random.choice(("3", "3.5")),
            "support": random.choice(("1", "1.5", "2")),
            "training": str(7 * ((ended_on - on).days // 2 + 1)),
            "placement": str(5 * ((ended_on - on).days + 1)),
        }[kind]
        rows.append(
            {
                "pathway": pathway.key,
                "kind": kind,
                "started_on": on,
                "ended_on": ended_on,
                "hours": "" if status == "no_show" else hours,
                "status": status,
            }
        )
    return rows


def _exit(random: Random, pathway: _Pathway, left_on: date, outcome: _Outcome) -> Cells:
    start = _after(random, left_on, -10, 0) if outcome.contract else None
    end = _after(random, start, *outcome.days) if start and outcome.days else None
    return {
        "pathway": pathway.key,
        "exited_on": left_on,
        "situation": outcome.situation,
        "contract": outcome.contract,
        "contract_start": start,
        "contract_end": end,
    }


def _followups(random: Random, pathway: _Pathway, left_on: date, outcome: _Outcome) -> list[Cells]:
    """Asked within three weeks of falling due (3, 6 and 12 months are at most so many days), or missed."""
    rows: list[Cells] = []
    for month, days in ((3, 92), (6, 184), (12, 366)):
        asked_on = _after(random, left_on, days, days + 20)
        if outcome.situation == "deceased" or asked_on > ASKED_UNTIL or random.random() < 0.1:
            continue
        status = _one_of(random, _ANSWERS)
        stays = outcome.situation == "employment" and random.random() < 0.65
        situation = "employment" if stays else _one_of(random, _LATER)
        rows.append(
            {
                "pathway": pathway.key,
                "month": month,
                "asked_on": asked_on,
                "status": status,
                "situation": situation if status == "reached" else "",
            }
        )
    return rows


# --- dice -------------------------------------------------------------------------------------------------


def _one_of(random: Random, weights: Mapping[str, int]) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


def _after(random: Random, day: date, fewest: int, most: int) -> date:
    return day + timedelta(days=random.randint(fewest, most))


def _between(random: Random, first: date, last: date) -> date:
    return _after(random, first, 0, (last - first).days)


def _if_past(day: date) -> date | None:
    return day if day <= LAST else None
