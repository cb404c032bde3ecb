"""A person is found as a reader of French would find them, and by their telephone number; nobody is, by nothing."""

from datetime import date
from uuid import uuid4

import pytest

from lieu import issuer
from services.intake.names import is_number, matches, numbers, same_names, words
from shared.kernel.callers import Role
from tests.harness import Running

FOUND = [
    ("lukasz", "Łukasz"),
    ("LUKASZ", "łukasz"),
    ("Loetitia", "Lœtitia"),
    ("lœtitia", "Loetitia"),
    ("soren", "Søren"),
    ("dorde", "Đorđe"),
    ("strasse", "Straße"),
    ("straße", "STRASSE"),
    ("aether", "Æther"),
    ("isik", "Işık"),
    ("fiona", "ﬁona"),
    ("thor", "Þór"),
    ("ndiaye", "N'Diaye"),
    ("n diaye", "Ndiaye"),
    ("diaye", "N’Diaye"),
    ("n'diaye", "N\u02bcDiaye"),
    ("n\u2018diaye", "N`Diaye"),
    ("darc", "Jeanne d’Arc"),
    ("jeanne d arc", "Jeanne d'Arc"),
    ("arc", "Jeanne d'Arc"),
    ("jean pierre", "Jean-Pierre"),
    ("jeanpierre", "Jean-Pierre"),
    ("jeanpierre", "Jean Pierre"),
    ("jean pierre", "Jeanpierre"),
    ("jean\u2011pierre", "Jean-Pierre"),
    ("jean\u00adpierre", "Jean-Pierre"),
    ("pierre jean", "Jean-Pierre"),
    ("dupont jean pierre", "Jeanpierre Dupont"),
    ("delatour", "Anne de La Tour"),
    ("de la tour", "Anne Delatour"),
    ("j dupont", "Jean Dupont"),
    ("o", "Ô Nguyễn"),
    ("nguyen", "Ô Nguyễn"),
    ("saint", "St-Étienne"),
    ("saint etienne", "St. Étienne"),
    ("ste marie", "Sainte-Marie"),
    ("st", "Stéphane"),
    ("e\u0301mile", "Émile"),
    ("иван", "Иван"),
    ("አበበ", "አበበ"),
    ("王", "王伟"),
    ("محمد", "مُحَمَّد"),
    ("हिन्दी", "हिन्दी"),
]
NOT_FOUND = [
    ("jean paul", "Jean-Pierre"),
    ("ean", "Jean"),
    ("annas", "Anna"),
    ("anna anna b", "Anna"),
    ("saintes", "St-Étienne"),
    ("wang", "汪"),
    ("jean jeanne", "Jean-Pierre"),
]


@pytest.mark.parametrize(("wanted", "name"), FOUND)
def test_a_name_is_found_however_it_is_typed(wanted: str, name: str) -> None:
    assert matches(words(wanted), words(name))


@pytest.mark.parametrize(("wanted", "name"), NOT_FOUND)
def test_another_name_is_not(wanted: str, name: str) -> None:
    assert not matches(words(wanted), words(name))


@pytest.mark.parametrize("text", ["?", "  ", "\N{PARTY POPPER}", "'-’", "\u200b", "\u0301", "\u202e", "…"])
def test_what_holds_no_letter_and_no_digit_has_no_words(text: str) -> None:
    assert words(text) == ()
    assert not is_number(text)


WHOLE = ("06 12 34 56 78", "06.12.34.56.78", "0612345678", "+33 6 12 34 56 78", "0033612345678", "+33 (0)6-12-34-56-78")
NOTED = (*WHOLE, "06 12 34 56 78 (sa mère)", "01 44 55 66 77 / 06 12 34 56 78", "0612345678 poste 12")


@pytest.mark.parametrize("noted", NOTED)
def test_a_telephone_number_is_found_however_it_is_written(noted: str) -> None:
    found = numbers(noted)
    for wanted in (*WHOLE, "06 12 34", "+33 6 12 3", "345678", "٠٦١٢٣٤٥٦٧٨"):
        assert is_number(wanted)
        assert any(part in number for part in numbers(wanted) for number in found), wanted
    for wanted in ("06 12 34 56 79", "07 12 34 56 78", "999999"):
        assert not any(part in number for part in numbers(wanted) for number in found), wanted


def test_a_number_of_another_country_is_found_with_its_code_and_without() -> None:
    for noted, wanted in (("+32 470 12 34 56", "0470123456"), ("0692 12 34 56", "+262 692 12 34 56")):
        assert numbers(noted) == numbers(wanted)


def test_two_who_are_called_alike_have_something_in_common() -> None:
    def alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
        return bool(set(same_names(*one)) & set(same_names(*other)))

    assert alike(("Jean-Pierre", "Dupont"), ("dupont", "JEAN PIERRE"))
    assert alike(("Jean-Pierre", "Dupont"), ("Jeanpierre", "Dupont"))
    assert alike(("Awa", "N'Diaye"), ("Awa", "Ndiaye"))
    assert alike(("Lœtitia", "Łuk"), ("Loetitia", "Luk"))
    assert alike(("Anna Diop", ""), ("Anna", "Diop"))
    assert alike(("Anne", "St-Cyr"), ("Anne", "Saint Cyr"))
    assert not alike(("Léon", "Martin"), ("Noël", "Martin"))
    assert not alike(("王", "伟"), ("汪", "伟"))


# --- over HTTP --------------------------------------------------------------------------------------------

PEOPLE = [
    {"called": "Łukasz", "family_name": "N’Diaye", "phone": "+33 (0)6 12 34 56 78"},
    {"called": "Jean-Pierre", "family_name": "Dupont", "phone": "07.11.22.33.44 (sœur)"},
    {"called": "Jeanpierre", "family_name": "Dupont"},
    {"called": "?"},
]


async def of_s01(running: Running) -> dict[str, str]:
    """PEOPLE in s01, and an adviser there."""
    await running.post("/intake/v1/structures", {"structure": "s01", "name": "Un", "department": "69"}, 201)
    adviser = {"Authorization": f"Bearer {issuer.token(running.data, Role.ADVISER, 's01')}"}
    for identity in PEOPLE:
        request = {"structure": "s01", "person": str(uuid4()), "requested_on": date(2024, 1, 10).isoformat()}
        await running.post("/intake/v1/pathways", {"request": request, "identity": identity}, 201, **adviser)
    await running.caught_up()
    return adviser


async def test_people_are_searched_by_name_and_by_telephone(running: Running) -> None:
    adviser = await of_s01(running)
    for text, called in (
        ("lukasz", ["Łukasz"]),
        ("ndiaye", ["Łukasz"]),
        ("jeanpierre", ["Jean-Pierre", "Jeanpierre"]),
        ("0612345678", ["Łukasz"]),
        ("00 33 7 11 22 33", ["Jean-Pierre"]),
        ("06 99 99 99 99", []),
        ("x", []),
    ):
        found = await running.post("/intake/v1/persons/search", {"name": text}, 200, **adviser)
        assert sorted(one["called"] for one in found) == called, text
    pairs = (await running.http.get("/intake/v1/duplicates", headers=adviser)).json()
    assert [[one["called"] for one in pair["persons"]] for pair in pairs] == [["Jean-Pierre", "Jeanpierre"]] or [
        [one["called"] for one in pair["persons"]] for pair in pairs
    ] == [["Jeanpierre", "Jean-Pierre"]]


async def test_a_search_for_nothing_is_refused_and_notes_nobody(running: Running) -> None:
    adviser = await of_s01(running)
    for text in ("?", "   ", "\N{PARTY POPPER}", "' - ’", "\u200b", "\u0301"):
        answer = await running.http.post("/intake/v1/persons/search", json={"name": text}, headers=adviser)
        assert answer.status_code == 422, text
        assert answer.json()["code"] in ("nothing-to-search-for", "invalid"), text
    assert not await running.service("intake").state.pool.fetchval("select count(*) from readings")
