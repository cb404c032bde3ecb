"""The oracle against a real case that another program computed, and against cases computed by hand."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from lieu.import_folder import read_folder
from services.reporting.figures.estimates import duration
from shared.language.codes import BREAKDOWNS
from tests import folders
from tests.folders import row
from tests.oracle import Facts, Row, exit_class, indicators, median, months_later, read, until_half
from tests.places import TEN_STRUCTURES

SINCE = {"mainstream_regained_share", "days_to_welcome_km", "days_to_employment_km"}
"""Figures that are younger than that program."""
LONG_AFTER = date(2025, 12, 31)
"""A day by which every follow-up of these tests has fallen due."""


# --- the real case ----------------------------------------------------------------------------------------


def _figures(answer: dict[str, Any]) -> dict[str, Any]:
    """Intervals to 14 decimals: formulas for Wilson's that are equal on paper differ in the last bits."""
    return {
        name: {**figure, "ci95": pytest.approx(figure["ci95"], abs=1e-14)} if figure.get("ci95") else figure
        for name, figure in answer.items()
    }


@pytest.mark.parametrize(
    ("start", "end"),
    [(date(2021, 10, 1), date(2022, 9, 30)), (date(2022, 1, 1), date(2022, 6, 30))],
    ids=["the year", "the half-year"],
)
def test_it_finds_every_figure_that_another_program_found_in_ten_structures(start: date, end: date) -> None:
    facts = read(TEN_STRUCTURES)
    expected = json.loads((TEN_STRUCTURES / f"expected-{start}-{end}.json").read_text())

    def compared() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        yield "national", expected["national"], indicators(facts, start, end, LONG_AFTER)
        for kind, scopes in (("department", expected["departments"]), ("structure", expected["structures"])):
            for code, figures in scopes.items():
                yield code, figures, indicators(facts, start, end, LONG_AFTER, f"{kind}:{code}")
        for by, classes in expected["by"].items():
            ours = indicators(facts, start, end, LONG_AFTER, by=by)
            empty = indicators(Facts(), start, end, LONG_AFTER)
            assert classes.keys() <= ours.keys()
            for name, figures in ours.items():
                yield f"{by} {name}", classes.get(name, empty), figures

    checked = 0
    for where, theirs, ours in compared():
        assert ours.keys() - SINCE == theirs.keys() - SINCE, where
        assert {id: ours[id] for id in theirs} == _figures(theirs), where
        checked += len(theirs)
    assert checked >= 21 * 37 + sum(map(len, BREAKDOWNS.values())) * 37


# --- cases computed by hand -------------------------------------------------------------------------------

HERE = row("structures", structure="s01", name="Ici", department="69")
THERE = row("structures", structure="s02", name="Là-bas", department="2A")
ENTRY = {"requested_on": "2024-01-01", "welcomed_on": "2024-01-01", "started_on": "2024-01-01"}


def _pathway(key: str = "w", **cells: object) -> Row:
    return row("pathways", **{"pathway": key, "structure": "s01", "person": key, **ENTRY, **cells})


def _exit(key: str = "w", on: str = "2024-06-30", situation: str = "inactive", **cells: object) -> Row:
    return row("exits", pathway=key, exited_on=on, situation=situation, **cells)


def _facts(*pathways: Row, **files: list[Row]) -> Facts:
    return Facts(structures=[HERE, THERE], pathways=list(pathways), **files)


def _value(facts: Facts, indicator: str, start: str = "2024-01-01", end: str = "2024-12-31", **asked: Any) -> Any:
    asked = {"known_on": LONG_AFTER, **asked}
    return indicators(facts, date.fromisoformat(start), date.fromisoformat(end), **asked)[indicator]


def _counts(*args: Any, **asked: Any) -> tuple[int, int]:
    figure = _value(*args, **asked)
    return figure["numerator"], figure["denominator"]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2023-08-31", 6, "2024-02-29"),
        ("2024-08-31", 6, "2025-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-12-31", 3, "2025-03-31"),
        ("2024-10-31", 6, "2025-04-30"),
        ("2024-06-15", 6, "2024-12-15"),
        ("2024-07-01", 6, "2025-01-01"),
    ],
)
def test_a_later_month_without_that_day_ends_earlier(day: str, months: int, expected: str) -> None:
    assert months_later(date.fromisoformat(day), months) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2024-01-01", "2024-06-30", "durable"),
        ("2024-01-01", "2024-06-29", "transition"),
        ("2023-08-31", "2024-02-28", "durable"),
        ("2023-08-31", "2024-02-27", "transition"),
        ("2024-08-31", "2025-02-27", "durable"),
        ("2024-08-31", "2025-02-26", "transition"),
        ("2023-08-29", "2024-02-28", "durable"),
        ("2024-08-29", "2025-02-27", "durable"),
        ("2024-02-29", "2024-08-28", "durable"),
        ("2024-02-29", "2024-08-27", "transition"),
        ("2024-01-01", "", "transition"),
        ("", "2024-12-31", "transition"),
        ("", "", "transition"),
    ],
)
@pytest.mark.parametrize("contract", ["cdd", "interim"])
def test_a_fixed_term_is_durable_from_six_calendar_months(contract: str, start: str, end: str, expected: str) -> None:
    left = _exit(situation="employment", contract=contract, contract_start=start, contract_end=end)
    assert exit_class(left) == expected


@pytest.mark.parametrize(
    ("situation", "contract", "expected"),
    [
        ("employment", "cdi", "durable"),
        ("employment", "public_service", "durable"),
        ("employment", "self_employed", "durable"),
        ("employment", "subsidised", "transition"),
        ("employment", "", "transition"),
        ("training", "", "positive"),
        ("siae", "", "positive"),
        ("retirement", "", "positive"),
        ("unemployed", "", "other"),
        ("inactive", "", "other"),
        ("unknown", "", "other"),
        ("deceased", "", "neutralised"),
        ("detained", "", "neutralised"),
        ("long_leave", "", "neutralised"),
        ("moved", "", "neutralised"),
    ],
)
def test_a_situation_has_one_class(situation: str, contract: str, expected: str) -> None:
    dates = {"contract_start": "2024-01-01", "contract_end": "2024-12-31"} if contract else {}
    assert exit_class(_exit(situation=situation, contract=contract, **dates)) == expected


def test_both_days_of_a_period_are_in_it() -> None:
    facts = _facts(_pathway(), exits=[_exit(on="2024-06-30")])
    for start, end, requests, supported, leavers in (
        ("2023-12-31", "2023-12-31", 0, 0, 0),
        ("2023-12-31", "2024-01-01", 1, 1, 0),
        ("2024-01-01", "2024-06-29", 1, 1, 0),
        ("2024-01-02", "2024-06-30", 0, 1, 1),
        ("2024-06-30", "2024-06-30", 0, 1, 1),
        ("2024-07-01", "2024-07-01", 0, 0, 0),
    ):
        found = [_value(facts, name, start, end)["value"] for name in ("requests", "supported", "leavers")]
        assert found == [requests, supported, leavers], (start, end)


def test_someone_who_starts_and_leaves_in_one_day_was_supported_that_day() -> None:
    facts = _facts(_pathway(), exits=[_exit(on="2024-01-01")])
    for name in ("entries", "supported", "leavers", "exits_examined"):
        assert _value(facts, name, "2024-01-01", "2024-01-01") == {"value": 1}


def test_a_welcome_counts_at_any_date_for_the_share_and_on_its_own_date_for_the_wait() -> None:
    facts = _facts(
        _pathway("asked before", requested_on="2023-12-30", welcomed_on="2024-01-02", started_on=""),
        _pathway("welcomed after", requested_on="2024-12-31", welcomed_on="2025-03-01", started_on=""),
        _pathway("history", welcomed_on=""),
        _pathway("same day", started_on=""),
    )
    assert _counts(facts, "welcomed_share") == (2, 3)
    assert _value(facts, "days_to_welcome_median") == {"value": 1.5}


def test_a_median_of_nobody_is_unknown_and_of_an_even_number_between_two() -> None:
    assert median([]) is None
    assert median([7]) == 7
    assert median([9, 1]) == 5
    assert median([4, 1, 2, 100]) == 3


def test_a_share_of_nobody_has_neither_value_nor_interval() -> None:
    nothing = {"numerator": 0, "denominator": 0, "value": None, "ci95": None}
    assert _value(_facts(), "welcomed_share") == nothing
    assert _value(_facts(), "employed_at_12_share") == nothing
    assert _value(_facts(), "hours_workshop") == {"value": 0}


def test_a_person_of_two_structures_is_one_person_of_the_nation() -> None:
    facts = _facts(_pathway("a", person="p"), _pathway("b", person="p"), _pathway("c", person="p", structure="s02"))
    assert _value(facts, "persons_supported") == {"value": 1}
    for scope, supported in (("structure:s01", 2), ("department:2A", 1)):
        assert _value(facts, "persons_supported", scope=scope) == {"value": 1}
        assert _value(facts, "supported", scope=scope) == {"value": supported}


def test_a_scope_without_structure_is_refused() -> None:
    with pytest.raises(ValueError, match="department:75"):
        _value(_facts(), "requests", scope="department:75")


def _diagnostics(*rows: tuple[str, str, object]) -> list[Row]:
    return [
        row("diagnostics", pathway="w", completed_on=on, purpose=purpose, remobilisation=score)
        for on, purpose, score in rows
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("2024-01-01", "entry", 0), ("2024-03-01", "exit", 1)], (1, 1)),
        ([("2024-03-01", "exit", 1), ("2024-01-01", "entry", 0)], (1, 1)),
        ([("2024-01-01", "entry", 5), ("2024-02-01", "interim", 9), ("2024-03-01", "exit", 5)], (0, 1)),
        ([("2024-01-01", "exit", 3), ("2024-01-01", "entry", 4)], (1, 1)),
        ([("2024-01-01", "entry", 4), ("2024-01-01", "exit", 3)], (0, 1)),
        ([("2024-01-01", "entry", 4), ("2024-01-01", "exit", "")], (0, 0)),
        ([("2023-01-01", "entry", 4), ("2025-01-01", "exit", 5)], (1, 1)),
        ([("2024-01-01", "entry", ""), ("2024-02-01", "interim", 2), ("2024-03-01", "exit", 3)], (1, 1)),
    ],
    ids=[
        "from nought",
        "by date before file",
        "back to the first",
        "a tie by order of the file, up",
        "a tie by order of the file, down",
        "one score is not two",
        "at any date",
        "from the first that is scored",
    ],
)
def test_remobilisation_compares_the_last_score_with_the_first(
    rows: list[tuple[str, str, object]], expected: tuple[int, int]
) -> None:
    facts = _facts(_pathway(), exits=[_exit()], diagnostics=_diagnostics(*rows))
    assert _counts(facts, "remobilised_share") == expected
    facts.exits.clear()
    assert _counts(facts, "remobilised_share") == (0, 0)


@pytest.mark.parametrize(
    ("intensities", "expected"),
    [
        (["high", "low"], (1, 1)),
        (["low", "none"], (1, 1)),
        (["none", "high", "low"], (0, 0)),
        (["medium", "none", "medium"], (0, 1)),
        (["low", "high"], (0, 1)),
        (["high"], (0, 0)),
    ],
)
def test_a_barrier_is_reduced_when_its_last_weight_is_below_a_first_above_none(
    intensities: list[str], expected: tuple[int, int]
) -> None:
    barriers = [
        row("barriers", pathway="w", assessed_on=f"2024-0{month}-01", domain="health", intensity=intensity)
        for month, intensity in enumerate(intensities, start=1)
    ]
    for order in (barriers, barriers[::-1]):
        facts = _facts(_pathway(), exits=[_exit()], barriers=order)
        assert _counts(facts, "barriers_reduced_share") == expected


def test_each_domain_of_a_leaver_counts_apart() -> None:
    barriers = [
        row("barriers", pathway="w", assessed_on=on, domain=domain, intensity=intensity)
        for domain, on, intensity in (
            ("health", "2024-01-01", "high"),
            ("mobility", "2024-01-01", "low"),
            ("mobility", "2024-02-01", "low"),
            ("health", "2024-02-01", "medium"),
        )
    ]
    facts = _facts(_pathway(), exits=[_exit()], barriers=barriers)
    assert _counts(facts, "barriers_reduced_share") == (1, 2)


def _activity(kind: str, on: str, hours: object, status: str = "completed", pathway: str = "w") -> Row:
    return row(
        "activities",
        pathway=pathway,
        kind=kind,
        started_on=on,
        ended_on="2025-06-30",
        hours=hours,
        status=status,
    )


def test_hours_are_of_what_started_in_the_period_and_was_attended_by_anybody() -> None:
    facts = _facts(
        _pathway(),
        _pathway("never started", started_on=""),
        activities=[
            _activity("workshop", "2024-12-31", "0.1"),
            _activity("workshop", "2024-12-31", "0.1"),
            _activity("workshop", "2024-01-01", "0.1", "partial"),
            _activity("workshop", "2024-02-01", "7", "no_show"),
            _activity("workshop", "2024-02-01", "", "no_show"),
            _activity("workshop", "2023-12-31", "7"),
            _activity("support", "2024-02-01", "1.5", pathway="never started"),
        ],
    )
    assert _value(facts, "hours_workshop") == {"value": 0.3}
    assert _value(facts, "hours_support") == {"value": 1.5}
    assert _value(facts, "hours_training") == {"value": 0}


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        (_activity("placement", "2024-01-01", "0"), (1, 1)),
        (_activity("training", "2024-12-31", "7", "partial"), (1, 1)),
        (_activity("workshop", "2024-06-01", "7", "no_show"), (0, 1)),
        (_activity("support", "2024-06-01", "7"), (0, 1)),
        (_activity("workshop", "2023-12-31", "7"), (0, 1)),
    ],
)
def test_mobilised_are_those_who_attended_what_is_more_than_support(activity: Row, expected: tuple[int, int]) -> None:
    assert _counts(_facts(_pathway(), activities=[activity]), "mobilised_share") == expected


def test_diagnostics_and_plans_count_at_any_date() -> None:
    before = row("diagnostics", pathway="a", completed_on="2020-01-01", purpose="entry")
    after = row("diagnostics", pathway="b", completed_on="2025-01-01", purpose="exit", plan_agreed_on="2025-02-01")
    facts = _facts(_pathway("a"), _pathway("b"), _pathway("c"), diagnostics=[before, after])
    assert _counts(facts, "diagnosed_share") == (2, 3)
    assert _counts(facts, "plan_share") == (1, 3)


def test_the_neutralised_are_left_out_of_exits_but_not_out_of_access() -> None:
    facts = _facts(
        *(_pathway(key) for key in "abcde"),
        exits=[
            _exit("a", situation="employment", contract="cdi"),
            _exit("b", situation="employment"),
            _exit("c", situation="siae"),
            _exit("d", situation="deceased"),
        ],
    )
    assert _counts(facts, "dynamic_exit_share") == (3, 3)
    assert _counts(facts, "durable_exit_share") == (1, 3)
    assert _counts(facts, "transition_exit_share") == (1, 3)
    assert _counts(facts, "durable_access_share") == (1, 5)
    assert _counts(facts, "transition_access_share") == (1, 5)
    assert _counts(facts, "durable_access_share", end="2024-06-29") == (0, 5)


def _followup(key: str, month: int, on: str, status: str, situation: str = "") -> Row:
    return row("followups", pathway=key, month=month, asked_on=on, status=status, situation=situation)


def test_a_follow_up_is_due_on_the_day_and_never_of_the_deceased() -> None:
    facts = _facts(
        *(_pathway(key) for key in "abc"),
        exits=[
            _exit("a", on="2024-11-30"),
            _exit("b", on="2024-11-29", situation="moved"),
            _exit("c", on="2024-06-30", situation="deceased"),
        ],
        followups=[
            _followup("a", 3, "2024-12-01", "reached", "employment"),
            _followup("b", 6, "2025-05-29", "refused"),
            _followup("c", 3, "2024-10-01", "unreachable"),
        ],
    )
    for known_on, asked in (("2025-02-27", (0, 0)), ("2025-02-28", (1, 2))):
        on = date.fromisoformat(known_on)
        assert _counts(facts, "followup_3_asked_share", known_on=on) == asked
        assert _counts(facts, "followup_3_response_share", known_on=on) == (1, 2)
    for known_on, asked in (("2025-05-28", (0, 0)), ("2025-05-29", (1, 1)), ("2025-05-30", (1, 2))):
        assert _counts(facts, "followup_6_asked_share", known_on=date.fromisoformat(known_on)) == asked
    assert _counts(facts, "followup_12_asked_share") == (0, 2)


def test_employed_later_are_those_whom_somebody_reached() -> None:
    facts = _facts(
        *(_pathway(key) for key in "abc"),
        exits=[_exit(key) for key in "abc"],
        followups=[
            _followup("a", 12, "2025-06-30", "reached", "employment"),
            _followup("b", 12, "2025-06-30", "reached", "siae"),
            _followup("c", 12, "2025-06-30", "refused"),
        ],
    )
    assert _counts(facts, "followup_12_response_share") == (2, 3)
    assert _counts(facts, "employed_at_12_share") == (1, 2)


def _moved(key: str, to: str, on: str) -> Row:
    return {"pathway": key, "structure": to, "received_on": on}


def test_a_pathway_counts_with_all_its_facts_where_it_is_held_on_the_last_day_of_the_period() -> None:
    facts = _facts(
        _pathway("stays"),
        _pathway("goes"),
        _pathway("comes back"),
        exits=[_exit("goes", on="2024-03-01", situation="siae")],
        transfers=[
            _moved("comes back", "s01", "2024-06-02"),
            _moved("goes", "s02", "2024-05-10"),
            _moved("comes back", "s02", "2024-06-01"),
        ],
    )
    for end, here, there in (("2024-05-09", 3, 0), ("2024-05-10", 2, 1), ("2024-06-01", 1, 2), ("2024-06-02", 2, 1)):
        for name in ("requests", "entries", "supported", "persons_supported"):
            assert _value(facts, name, end=end, scope="structure:s01") == {"value": here}, end
            assert _value(facts, name, end=end, scope="department:2A") == {"value": there}, end
            assert _value(facts, name, end=end) == {"value": 3}, end
    assert _value(facts, "exits_positive", end="2024-05-09", scope="structure:s01") == {"value": 1}
    assert _value(facts, "exits_positive", end="2024-05-10", scope="structure:s02") == {"value": 1}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([("start", "none"), ("exit", "france_travail")], (1, 1)),
        ([("start", "none"), ("exit", "none")], (0, 1)),
        ([("start", "none"), ("exit", "refused")], (0, 1)),
        ([("start", "none"), ("exit", "unknown mission_locale")], (1, 1)),
        ([("start", "none")], (0, 1)),
        ([("start", "plie"), ("exit", "plie")], (0, 0)),
        ([("start", "unknown"), ("exit", "plie")], (0, 0)),
        ([("request", "none"), ("exit", "plie")], (0, 0)),
        ([("start", "none"), ("start", "rsa_referent"), ("exit", "plie")], (0, 0)),
        ([("start", "refused"), ("exit", "plie"), ("start", "none")], (1, 1)),
    ],
)
def test_mainstream_support_is_regained_by_leavers_who_had_none_at_the_start(
    told: list[tuple[str, str]], expected: tuple[int, int]
) -> None:
    profiles = [{"pathway": "w", "moment": moment, "mainstream": codes} for moment, codes in told]
    facts = _facts(_pathway(), exits=[_exit()], profiles=profiles)
    assert _counts(facts, "mainstream_regained_share") == expected
    assert _counts(facts, "mainstream_regained_share", end="2024-06-29") == (0, 0)


def _duration(facts: Facts, id: str, known_on: str, **asked: Any) -> tuple[Any, ...]:
    """(median, observed, censored, survival at the first of its days)"""
    figure = _value(facts, id, known_on=date.fromisoformat(known_on), **asked)
    return figure["value"], figure["observed"], figure["censored"], next(iter(figure["survival"].values()))


def test_who_still_waits_for_a_welcome_counts_in_how_long_it_takes() -> None:
    def waits(key: str, **cells: object) -> Row:
        return _pathway(key, **{"welcomed_on": "", "started_on": "", **cells})

    facts = _facts(
        waits("same day", welcomed_on="2024-01-01"), waits("two days", welcomed_on="2024-01-03"), waits("still")
    )
    assert _duration(facts, "days_to_welcome_km", "2024-01-03") == (2, 2, 1, None)
    assert _duration(facts, "days_to_welcome_km", "2024-01-02") == (None, 1, 2, None), "the second waits still"
    assert _duration(facts, "days_to_welcome_km", "2024-01-08") == (2, 2, 1, 1 / 3)
    facts.pathways += [waits("withdrew", withdrawn_on="2024-01-02"), waits("history", started_on="2024-01-05")]
    assert _duration(facts, "days_to_welcome_km", "2024-03-01") == (None, 2, 3, pytest.approx(8 / 15))
    assert _duration(facts, "days_to_welcome_km", "2024-03-01", start="2024-01-02") == (None, 0, 0, None)


@pytest.mark.parametrize(
    ("jobs", "left", "expected"),
    [
        ([], None, (None, 0, 1)),
        (["2024-01-01"], None, (0, 1, 0)),
        (["2024-03-01", "2024-01-31"], None, (30, 1, 0)),
        (["2023-12-31"], None, (None, 0, 1)),
        (["2024-01-31"], {"on": "2024-01-30"}, (None, 0, 1)),
        (["2024-01-30"], {"on": "2024-01-30"}, (29, 1, 0)),
        ([], {"on": "2024-01-31", "situation": "employment"}, (30, 1, 0)),
        ([], {"on": "2024-01-31", "situation": "employment", "contract_start": "2024-02-10"}, (40, 1, 0)),
        ([], {"on": "2024-01-31", "situation": "employment", "contract_start": "2024-01-11"}, (10, 1, 0)),
        ([], {"on": "2024-01-31", "situation": "employment", "contract_start": "2023-12-31"}, (30, 1, 0)),
        (["2024-01-06"], {"on": "2024-01-31", "situation": "employment"}, (5, 1, 0)),
        ([], {"on": "2024-01-31", "situation": "siae"}, (None, 0, 1)),
    ],
)
def test_a_first_job_comes_during_support_or_on_leaving(
    jobs: list[str], left: dict[str, str] | None, expected: tuple[Any, ...]
) -> None:
    facts = _facts(_pathway(), exits=[_exit(**left)] if left else [])
    facts.jobs += [{"pathway": "w", "started_on": on} for on in jobs]
    assert _duration(facts, "days_to_employment_km", "2024-12-31")[:3] == expected


def test_who_left_without_a_job_stops_counting_on_the_day_of_the_exit() -> None:
    facts = _facts(*(_pathway(key) for key in "abc"), exits=[_exit("a", on="2024-01-05")])
    facts.jobs.append({"pathway": "b", "started_on": "2024-03-31"})
    assert _duration(facts, "days_to_employment_km", "2024-12-31") == (90, 1, 2, 0.5)
    assert _duration(facts, "days_to_employment_km", "2024-03-30") == (None, 0, 3, None), "the job has not begun"


@pytest.mark.parametrize(
    ("known_on", "expected"),
    [
        ("2024-06-29", (None, 0, 1)),
        ("2024-06-30", (None, 0, 1)),
        ("2025-05-31", (None, 0, 1)),
        ("2025-06-01", (517, 1, 0)),
    ],
)
def test_a_job_that_is_signed_for_is_waited_for_until_it_begins(known_on: str, expected: tuple[Any, ...]) -> None:
    left = _exit(situation="employment", contract="cdi", contract_start="2025-06-01")
    facts = _facts(_pathway(), exits=[left])
    assert _duration(facts, "days_to_employment_km", known_on)[:3] == expected
    signed = date.fromisoformat(known_on) >= date(2024, 6, 30)
    assert _value(facts, "exits_durable", known_on=date.fromisoformat(known_on)) == {"value": int(signed)}


def test_what_is_dated_later_than_the_day_of_knowledge_has_not_happened() -> None:
    facts = _facts(
        _pathway(requested_on="2024-05-02", welcomed_on="2024-05-02", started_on="2024-05-02"),
        exits=[_exit(on="2024-05-04")],
    )
    facts.activities.append(
        row(
            "activities",
            pathway="w",
            kind="workshop",
            started_on="2024-05-03",
            ended_on="2024-05-03",
            hours="3",
            status="completed",
        )
    )
    facts.diagnostics += [
        row("diagnostics", pathway="w", completed_on="2024-05-03", purpose="entry", plan_agreed_on="2024-05-04")
    ]
    figures = ("requests", "entries", "supported", "leavers", "hours_workshop")
    for known_on, expected, assessed in (
        ("2024-05-01", [0, 0, 0, 0, 0], ((0, 0), (0, 0))),
        ("2024-05-02", [1, 1, 1, 0, 0], ((0, 1), (0, 1))),
        ("2024-05-03", [1, 1, 1, 0, 3], ((1, 1), (0, 1))),
        ("2024-05-04", [1, 1, 1, 1, 3], ((1, 1), (1, 1))),
    ):
        on = date.fromisoformat(known_on)
        assert [_value(facts, id, known_on=on)["value"] for id in figures] == expected, known_on
        assert tuple(_counts(facts, id, known_on=on) for id in ("diagnosed_share", "plan_share")) == assessed, known_on


@pytest.mark.parametrize("seed", range(30))
def test_the_estimate_is_that_of_fractions(seed: int) -> None:
    random = Random(seed)
    ended, going_on = ([random.randint(0, most) for _ in range(random.choice((0, 1, 2, 40)))] for most in (30, 40))
    days = (0, 7, 15, 30, 60)
    found, expected = duration(ended, going_on, days), until_half(ended, going_on, days)
    assert found["survival"] == pytest.approx(expected["survival"], abs=1e-12)
    assert found | {"survival": None} == expected | {"survival": None}


@pytest.mark.parametrize(
    ("by", "cells", "expected"),
    [
        ("age", {"birth_year": 2007}, "under_18"),
        ("age", {"birth_year": 2006}, "18_25"),
        ("age", {"birth_year": 1999}, "18_25"),
        ("age", {"birth_year": 1998}, "26_29"),
        ("age", {"birth_year": 1995}, "26_29"),
        ("age", {"birth_year": 1994}, "30_49"),
        ("age", {"birth_year": 1975}, "30_49"),
        ("age", {"birth_year": 1974}, "50_54"),
        ("age", {"birth_year": 1970}, "50_54"),
        ("age", {"birth_year": 1969}, "55_and_over"),
        ("age", {}, "unknown"),
        ("unemployment", {"unemployment_months": 0}, "none"),
        ("unemployment", {"unemployment_months": 11}, "under_12"),
        ("unemployment", {"unemployment_months": 12}, "12_to_23"),
        ("unemployment", {"unemployment_months": 24}, "24_and_over"),
        ("unemployment", {}, "unknown"),
        ("requester", {"requester": "spip"}, "other"),
        ("requester", {"requester": "health"}, "other"),
        ("requester", {"requester": "unknown"}, "unknown"),
        ("requester", {}, "unknown"),
        ("qualification", {"qualification_level": 0}, "0"),
        ("sex", {"sex": "undisclosed"}, "undisclosed"),
        ("sex", {}, "unknown"),
        ("housing", {"housing": "refused"}, "refused"),
    ],
)
def test_a_pathway_stands_in_one_class_of_a_breakdown_and_the_others_answer_nought(
    by: str, cells: dict[str, Any], expected: str
) -> None:
    day = date(2024, 1, 1)
    classes = indicators(_facts(_pathway(**cells)), day, day, day, by=by)
    assert list(classes) == list(BREAKDOWNS[by])
    assert {name for name, figures in classes.items() if figures["requests"]["value"]} == {expected}


# --- made-up folders --------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(facts=folders.folders(), period=folders.periods())
@pytest.mark.slow
def test_structures_and_classes_add_up_to_the_nation(facts: Facts, period: tuple[date, date]) -> None:
    nation = indicators(facts, *period, LONG_AFTER)
    parts = [
        [indicators(facts, *period, LONG_AFTER, f"structure:{one['structure']}") for one in facts.structures],
        *(list(indicators(facts, *period, LONG_AFTER, by=by).values()) for by in BREAKDOWNS),
    ]
    for name, figure in nation.items():
        if name in ("persons_supported", "days_to_welcome_median"):
            continue
        for key in figure.keys() & {"numerator", "denominator", "observed", "censored"} or {"value"}:
            for part in parts:
                assert sum(one[name][key] for one in part) == pytest.approx(figure[key]), (name, key)


@settings(max_examples=50, deadline=None)
@given(facts=folders.folders(folders.days_before(LONG_AFTER)))
@pytest.mark.slow
def test_a_drawn_folder_is_accepted_whole_and_read_back(tmp_path_factory: pytest.TempPathFactory, facts: Facts) -> None:
    _accepted_whole_and_read_back(facts, tmp_path_factory.mktemp("drawn"))


def test_a_large_folder_is_the_same_for_the_same_seed_and_accepted_whole(tmp_path: Path) -> None:
    facts = folders.large(scale=2, seed=7)
    assert facts == folders.large(scale=2, seed=7)
    assert facts != folders.large(scale=2, seed=8)
    rows = sum(len(rows) for rows in vars(facts).values())
    assert rows == pytest.approx(12_000, rel=0.1)
    _accepted_whole_and_read_back(facts, tmp_path)


def _accepted_whole_and_read_back(facts: Facts, folder: Path) -> None:
    folders.write(facts, folder)
    assert read(folder) == facts
    reading = read_folder(folder, LONG_AFTER)
    assert reading.refusals == []
    assert len(reading.dossiers) == len(facts.pathways)
