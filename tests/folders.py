"""Import folders made up for tests: drawn at random to break things, or large to weigh on them.

Every folder is valid: what `folders` draws and `large` builds is to be imported without a refusal.
"""

import csv
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from shared.language.codes import Barrier, Contract, Housing, Intensity, Purpose, Requester, Sex, Situation
from tests.oracle import FILES, Facts, Row, months_later

COLUMNS = {
    "structures": ("structure", "name", "department"),
    "pathways": (
        "pathway",
        "structure",
        "person",
        "requested_on",
        "requester",
        "welcomed_on",
        "started_on",
        "withdrawn_on",
        "birth_year",
        "sex",
        "qualification_level",
        "unemployment_months",
        "housing",
    ),
    "diagnostics": ("pathway", "completed_on", "purpose", "remobilisation", "plan_agreed_on"),
    "barriers": ("pathway", "assessed_on", "domain", "intensity"),
    "activities": ("pathway", "kind", "started_on", "ended_on", "hours", "status"),
    "exits": ("pathway", "exited_on", "situation", "contract", "contract_start", "contract_end"),
    "followups": ("pathway", "month", "asked_on", "status", "situation"),
}


def row(file: str, **cells: object) -> Row:
    """A row of a file; the cells that are not given are empty."""
    if unknown := cells.keys() - set(COLUMNS[file]):
        raise ValueError(f"{file} has no column {', '.join(sorted(unknown))}")
    return {column: str(cells.get(column, "")) for column in COLUMNS[file]}


def write(facts: Facts, folder: Path) -> None:
    """The folder as CSV files, which `tests.oracle.read` reads back as the same facts."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[name], lineterminator="\n")
            writer.writeheader()
            writer.writerows(getattr(facts, name))


def scopes(facts: Facts) -> list[str]:
    """The nation, every département and every structure of a folder."""
    departments = sorted({f"department:{one['department']}" for one in facts.structures})
    return ["national", *departments, *(f"structure:{one['structure']}" for one in facts.structures)]


# --- drawn at random --------------------------------------------------------------------------------------

DAYS = (
    date(2023, 8, 31),
    date(2023, 12, 31),
    date(2024, 1, 1),
    date(2024, 2, 28),
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2024, 6, 30),
    date(2024, 7, 1),
)
"""Where rules turn: ends of months, quarters and years, a leap day, and days six months apart."""


def days_before(today: date) -> tuple[date, ...]:
    """Days on both sides of which a follow-up has fallen due by `today`, and today itself."""
    days = {today, today - timedelta(days=1)}
    for months in (3, 6, 12):
        day = today
        while months_later(day, months) > today:
            day -= timedelta(days=1)
        days |= {day, day + timedelta(days=1)}
    return tuple(sorted(days))


def periods(days: Sequence[date] = DAYS) -> st.SearchStrategy[tuple[date, date]]:
    """Periods that begin and end on the very days of the facts: all of them, a few, or a single day."""
    some = st.tuples(st.sampled_from(days), st.sampled_from(days)).map(lambda pair: (min(pair), max(pair)))
    return st.one_of(st.just((min(days), max(days))), some)


@st.composite
def folders(draw: st.DrawFn, days: Sequence[date] = DAYS) -> Facts:
    """A small valid folder in which everything collides.

    Few days, persons, structures and domains, so that ties, same-day facts, returns and identical rows are
    common; rows in no order of date or pathway; every cell that may be empty sometimes is. `days` must not
    lie after the day of the import.
    """
    days = draw(st.lists(st.sampled_from(days), min_size=2, max_size=5, unique=True).map(sorted))
    facts = Facts(structures=draw(_structures))
    for number in range(draw(st.sampled_from((0, 1, 3, 9, 18, 18, 18)))):
        _draw_pathway(draw, facts, f"w{number}", days)
    _draw_assessments(draw, facts, days)
    _draw_followups(draw, facts, days)
    return facts


_structures = st.lists(
    st.sampled_from(
        [
            row("structures", structure="s01", name="Le Relais, « Pont »", department="69"),
            row("structures", structure="s-2", name='Foyer "Été"', department="69"),
            row("structures", structure="0", name="L’Escale", department="2A"),
            row("structures", structure="a" * 32, name="Case à rêves", department="974"),
        ]
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one["structure"],
)


def _draw_pathway(draw: st.DrawFn, facts: Facts, key: str, days: Sequence[date]) -> None:
    """A row of pathways.csv and, of some that started, one of exits.csv."""
    requested, welcomed, started, exited = sorted(draw(st.lists(st.sampled_from(days), min_size=4, max_size=4)))
    stage = draw(st.sampled_from(("waiting", "withdrawn", "welcomed", "started", *["left"] * 6)))
    dates: dict[str, date] = {"requested_on": requested}
    if stage == "withdrawn":
        dates["withdrawn_on"] = draw(st.sampled_from((requested, started)))
    if stage in ("started", "left"):
        dates["started_on"] = started
    if stage != "waiting" and (stage == "welcomed" or draw(st.booleans())):
        dates["welcomed_on"] = welcomed
    ages = (0, 17, 18, 25, 26, 29, 30, 49, 50, 54, 55)
    births = ("", 1900, *(requested.year - age for age in ages))
    facts.pathways.append(
        row(
            "pathways",
            pathway=key,
            structure=draw(st.sampled_from(facts.structures))["structure"],
            person=draw(st.sampled_from(("p1", "p2", "p3"))),
            requester=draw(st.sampled_from(("", "person", "chrs", "spip", "pjj", "ase", "health", "other", "unknown"))),
            birth_year=draw(st.sampled_from(births)),
            sex=draw(st.sampled_from(("", "female", "male", "other", "undisclosed"))),
            qualification_level=draw(st.sampled_from(("", 0, 3, 8))),
            unemployment_months=draw(st.sampled_from(("", 0, 11, 12, 23, 24))),
            housing=draw(st.sampled_from(("", "chrs", "street", "refused"))),
            **dates,
        )
    )
    if stage == "left":
        facts.exits.insert(draw(st.integers(0, len(facts.exits))), draw(exit_rows(key, exited)))


@st.composite
def exit_rows(draw: st.DrawFn, pathway: str, exited_on: date) -> Row:
    """An exit whose contract lasts six months, a day less, or for all that is known neither."""
    situation = draw(st.sampled_from((*Situation, *["employment"] * 14, *["deceased"] * 2)))
    terms: dict[str, object] = {}
    if situation == "employment":
        terms["contract"] = draw(st.sampled_from(("", *Contract, "cdd", "interim")))
        start = draw(st.sampled_from((exited_on, date(2023, 8, 29), date(2023, 8, 31), date(2024, 1, 1))))
        enough = months_later(start, 6) - timedelta(days=1)
        end = draw(st.sampled_from((enough, enough - timedelta(days=1), start)))
        known = draw(st.sampled_from(("both", "both", "both", "start", "end", "neither")))
        terms["contract_start"] = start if known in ("both", "start") else ""
        terms["contract_end"] = end if known in ("both", "end") else ""
    return row("exits", pathway=pathway, exited_on=exited_on, situation=situation, **terms)


def _draw_assessments(draw: st.DrawFn, facts: Facts, days: Sequence[date]) -> None:
    """Diagnostics, barriers and activities, on any day: before the request, after the exit, of whomever."""
    if not facts.pathways:
        return
    pathways = st.sampled_from([one["pathway"] for one in facts.pathways])
    when = st.sampled_from(days)

    def rows(of: Callable[[], Row]) -> list[Row]:
        return [of() for _ in range(draw(st.sampled_from((0, 5, 20, 40, 40))))]

    facts.diagnostics += _first_of_each(
        rows(
            lambda: row(
                "diagnostics",
                pathway=draw(pathways),
                completed_on=draw(when),
                purpose=draw(st.sampled_from(Purpose)),
                remobilisation=draw(st.sampled_from(("", 0, 4, 5, 10))),
                plan_agreed_on=draw(st.one_of(st.just(""), when)),
            )
        ),
        "completed_on",
        "purpose",
    )
    facts.barriers += _first_of_each(
        rows(
            lambda: row(
                "barriers",
                pathway=draw(pathways),
                assessed_on=draw(when),
                domain=draw(st.sampled_from(("mobility", "health", "justice"))),
                intensity=draw(st.sampled_from(Intensity)),
            )
        ),
        "assessed_on",
        "domain",
    )

    def activity() -> Row:
        started, ended = sorted((draw(when), draw(when)))
        status = draw(st.sampled_from(("completed", "partial", "no_show")))
        # Tenths add up to another sum in binary fractions than in decimals.
        hours = draw(st.sampled_from(("0.1", "0.2", "0", "3", "3.25", "150")))
        return row(
            "activities",
            pathway=draw(pathways),
            kind=draw(st.sampled_from(("workshop", "training", "placement", "support"))),
            started_on=started,
            ended_on=ended,
            hours="" if status == "no_show" and draw(st.booleans()) else hours,
            status=status,
        )

    for one in rows(activity):
        facts.activities += [one] * draw(st.sampled_from((1, 1, 2, 3)))


def _draw_followups(draw: st.DrawFn, facts: Facts, days: Sequence[date]) -> None:
    """From the day of the exit on, early or late, whether due or not, of the deceased too."""
    followups = []
    for left in facts.exits:
        exited = date.fromisoformat(left["exited_on"])
        for month in draw(st.sampled_from(((), (3,), (12, 3), (6,), (3, 6, 12)))):
            status = draw(st.sampled_from(("reached", "reached", "unreachable", "refused")))
            situations = st.sampled_from((*Situation, *["employment"] * 4))
            followups.append(
                row(
                    "followups",
                    pathway=left["pathway"],
                    month=month,
                    asked_on=draw(st.sampled_from([day for day in days if day >= exited])),
                    status=status,
                    situation=draw(situations) if status == "reached" else "",
                )
            )
    facts.followups += draw(st.permutations(followups))


def _first_of_each(rows: list[Row], *key: str) -> list[Row]:
    """The rows without the later ones under a key that a pathway already has."""
    kept: dict[tuple[str, ...], Row] = {}
    for one in rows:
        kept.setdefault((one["pathway"], *(one[column] for column in key)), one)
    return list(kept.values())


# --- large ------------------------------------------------------------------------------------------------

FIRST, LAST = date(2020, 1, 1), date(2024, 12, 31)
"""The five years over which the facts of a large folder lie."""
DEPARTMENTS = ("69", "13", "59", "33", "31", "44", "67", "35", "76", "75", "2A", "38", "63", "34", "974")


def large(scale: int, seed: int) -> Facts:
    """About `scale` × 6,000 rows of ten structures and 600 pathways each; the same seed, the same folder."""
    random = Random(seed)
    facts = Facts()
    for number in range(10 * scale):
        facts.structures.append(
            row(
                "structures",
                structure=f"l{number:05}",
                name=f"Structure de charge {number}",
                department=DEPARTMENTS[number % len(DEPARTMENTS)],
            )
        )
    for number in range(600 * scale):
        _add_pathway(random, facts, number)
    return facts


def _add_pathway(random: Random, facts: Facts, number: int) -> None:
    key = f"w{number:07}"

    def later(day: date, fewest: int, most: int) -> date:
        return day + timedelta(days=random.randint(fewest, most))

    def known(cell: object) -> object:
        return "" if random.random() < 0.1 else cell

    requested = later(FIRST, 0, (LAST - FIRST).days)
    welcomed, started, withdrawn = later(requested, 0, 12), None, None
    if random.random() < 0.1:
        withdrawn = later(requested, 0, 30)
    elif random.random() < 0.95:
        started = later(welcomed, 0, 21)
    exited = later(started, 20, 500) if started else None
    dates = {"welcomed_on": welcomed, "started_on": started, "withdrawn_on": withdrawn}
    facts.pathways.append(
        row(
            "pathways",
            pathway=key,
            structure=random.choice(facts.structures)["structure"],
            person=f"p{random.randint(0, number) if random.random() < 0.1 else number:07}",
            requested_on=requested,
            requester=random.choice(tuple(Requester)),
            birth_year=known(requested.year - random.randint(17, 64)),
            sex=random.choice(tuple(Sex)),
            qualification_level=known(random.choice((0, 2, 3, 3, 3, 4, 4, 5, 6))),
            unemployment_months=known(random.choice((0, 3, 8, 12, 18, 30, 60))),
            housing=known(random.choice((*["chrs"] * 10, *Housing))),
            **{name: day for name, day in dates.items() if day and day <= LAST},
        )
    )
    if not started or started > LAST:
        return
    end = min(exited or LAST, LAST)
    days = (end - started).days
    score = random.randint(1, 6)
    weights = {domain: random.randint(0, 3) for domain in random.sample(tuple(Barrier), 2)}
    assessed = None
    for purpose, share in (("entry", 0.1), ("interim", 0.5), ("exit", 1.0)):
        day = started + timedelta(days=int(days * share))
        if day == assessed or (purpose != "entry" and random.random() < 0.45):
            continue
        assessed = day
        score = min(10, max(0, score + random.randint(-1, 2)))
        facts.diagnostics.append(
            row(
                "diagnostics",
                pathway=key,
                completed_on=day,
                purpose=purpose,
                remobilisation=known(score),
                plan_agreed_on=day if purpose == "entry" and random.random() < 0.8 else "",
            )
        )
        for domain, weight in weights.items():
            weights[domain] = max(0, weight - random.randint(0, 1))
            facts.barriers.append(
                row(
                    "barriers",
                    pathway=key,
                    assessed_on=day,
                    domain=domain,
                    intensity=tuple(Intensity)[weights[domain]],
                )
            )
    for _ in range(random.randint(0, 4)):
        day = later(started, 0, days)
        status = random.choice(("completed", "completed", "partial", "no_show"))
        facts.activities.append(
            row(
                "activities",
                pathway=key,
                kind=random.choice(("workshop", "workshop", "training", "placement", "support")),
                started_on=day,
                ended_on=min(later(day, 0, 5), LAST),
                hours="" if status == "no_show" else random.choice(("1.5", "3", "3.5", "7", "35")),
                status=status,
            )
        )
    if not exited or exited > LAST:
        return
    terms: dict[str, object] = {}
    situation = random.choice((*["employment"] * 8, *["unemployed"] * 4, *Situation))
    if situation == "employment":
        terms = {"contract": random.choice(tuple(Contract)), "contract_start": exited}
        if terms["contract"] in ("cdd", "interim", "subsidised"):
            terms["contract_end"] = later(exited, 20, 400)
    facts.exits.append(row("exits", pathway=key, exited_on=exited, situation=situation, **terms))
    for month in (3, 6, 12):
        asked = later(months_later(exited, month), 0, 20)
        if asked > LAST or random.random() < 0.3:
            continue
        status = random.choice(("reached", "reached", "unreachable", "refused"))
        facts.followups.append(
            row(
                "followups",
                pathway=key,
                month=month,
                asked_on=asked,
                status=status,
                situation=random.choice(("employment", "unemployed", "training")) if status == "reached" else "",
            )
        )
