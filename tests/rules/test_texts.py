"""Names and notes show something and hide nothing, and no social-security number passes any door."""

import unicodedata
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from shared.language import texts
from shared.language.days import STORED
from shared.language.sealed import Sealed, SealedName
from shared.language.siret import SiretInvalid, must_be_siret
from shared.language.texts import Name, name, note
from tests.descriptions import ask, dotted, put, refused_at, resolved, routes
from tests.harness import Running


def a_nir(random: Random, with_key: bool) -> str:
    """By INSEE's own rule: sex, year, month, département, commune, rank; the key is 97 − the number modulo 97."""
    number = f"{random.choice('12')}{random.randrange(30, 100)}{random.randrange(1, 13):02}{random.randrange(21, 96)}"
    number += f"{random.randrange(1, 990):03}{random.randrange(1, 990):03}"
    return number + f"{97 - int(number) % 97:02}" if with_key else number


def apart(nir: str) -> str:
    return " ".join(nir[start:end] for start, end in ((0, 1), (1, 3), (3, 5), (5, 7), (7, 10), (10, 13), (13, 15)))


RANDOM = Random(1)
NIRS = [a_nir(RANDOM, True), a_nir(RANDOM, False), apart(a_nir(RANDOM, False)), "1-84-07-2A-123-456"]
NOTHING = ["   ", "\u200b", "\u00ad", "\u2060", "\ufeff", "\u3164", "\u115f", "\u2800", " \u200b\u00a0", "\u0301"]
TURNED = [f"a{mark}b" for mark in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]
CONTROLS = ["a\x00b", "a\x07b", "a\x7fb", "a\x85b", "a\x1bb", "\ud800"]


@pytest.mark.parametrize("text", ["", *NOTHING, *TURNED, *CONTROLS, *NIRS])
def test_neither_a_name_nor_a_note_is_so(text: str) -> None:
    for kind in (Name, Sealed, SealedName):
        with pytest.raises(ValidationError) as refused:
            TypeAdapter(kind).validate_python(text)
        (error,) = refused.value.errors()
        assert not (text.strip() and text.strip() in error["msg"]), "it is never repeated"


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\tb"])
def test_a_note_has_lines_and_a_name_is_one(text: str) -> None:
    assert note(text) == text
    with pytest.raises(PydanticCustomError):
        name(text)


@pytest.mark.parametrize("text", ["a\u200bb", "a\ufeff", "a\u2028b", "so\u00adft"])
def test_a_name_hides_nothing(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        name(text)


@pytest.mark.parametrize(
    "text", ["Lœtitia N’Diaye", "O'Brien", "Łukasz", "名前", "አበበ", "محمد", "می\u200cخواهم", "L’Escale « Été »", "-",
             "7", "Foyer\u00a0: été", "👩\u200d🚒"],
)  # fmt: skip
def test_what_people_are_called_is_kept(text: str) -> None:
    assert name(text) == note(text) == text


@given(st.text(max_size=250))
def test_a_name_is_composed_trimmed_and_stays_as_it_is(text: str) -> None:
    try:
        kept = name(text)
    except PydanticCustomError:
        return
    assert kept == unicodedata.normalize("NFC", kept) == kept.strip() == name(kept)
    assert 1 <= len(kept) <= 200


def test_length_counts_characters_as_they_are_kept() -> None:
    assert name("e\u0301" * 200) == "é" * 200
    with pytest.raises(PydanticCustomError):
        name("é" * 201)


def test_a_text_that_was_stored_before_still_loads() -> None:
    assert TypeAdapter(Name).validate_python("a\u202eb", context=STORED) == "a\u202eb"
    loaded = TypeAdapter(SealedName).validate_python({"sealed": "AAAA"}, context=STORED)
    assert isinstance(loaded, Sealed)
    with pytest.raises(ValidationError):
        TypeAdapter(SealedName).validate_python({"sealed": "AAAA"})


def test_a_key_stays_letter_for_letter() -> None:
    assert texts.key("e\u0301/2023 ..") == "e\u0301/2023 .."
    for refused in (*NIRS, *NOTHING, " a", "a\u202eb"):
        with pytest.raises(PydanticCustomError):
            texts.key(refused)


@pytest.mark.parametrize("number", ["0" * 14, "00000000000018", "000000000000000", "73282932000075"])
def test_the_siret_of_nobody_is_refused(number: str) -> None:
    with pytest.raises(SiretInvalid):
        must_be_siret(number)


# At every door


def is_text(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "string" and not schema.keys() & {"format", "enum", "const"}


@pytest.mark.slow
async def test_every_text_in_every_body_shows_something_and_is_no_nir(running: Running) -> None:
    tried = 0
    for route in routes(running):
        if route.path == "/v1/parked/discard":
            continue  # the key is whatever a malformed message brought
        places = [place for place, schema in route.fields() if is_text(schema)]
        for text in ("   ", "\u200b", "a\u202eb", *NIRS) if places else ():
            answer = await ask(running, route, body=put(route.example(), text, *places))
            assert answer.status_code == 422, (route.name, text, answer.text)
            assert dotted("body", *places) == refused_at(answer), (route.name, text)
            assert text.strip() not in answer.text or not text.strip()
        tried += len(places)
    assert tried > 50


@pytest.mark.slow
async def test_no_parameter_takes_a_nir_or_repeats_it(running: Running) -> None:
    tried = 0
    for route in routes(running):
        for where in ("query", "path"):
            for one in route.parameters(where):
                if not is_text(resolved(one["schema"], route.schemas)):
                    continue
                for nir in NIRS:
                    if where == "query":
                        answer = await ask(running, route, query=route.query() | {one["name"]: nir})
                    else:
                        answer = await ask(running, route, body=route.example(), url=route.url(**{one["name"]: nir}))
                    assert answer.status_code in (404, 422), (route.name, one["name"], answer.text)
                    assert nir not in answer.text, (route.name, one["name"])
                    tried += 1
    assert tried > 4 * 20


async def test_who_is_new_is_called_something(running: Running) -> None:
    await running.post("/intake/v1/structures", {"structure": "s01", "name": "s01", "department": "69"}, 201)
    asked = {"structure": "s01", "person": "7f4f2f9e-6f0b-4f38-9a57-0d4c1c7a2b10", "requested_on": "2024-01-10"}
    assert (await running.post("/intake/v1/pathways", {"request": asked}, 409))["code"] == "nameless"
    await running.post("/intake/v1/pathways", {"request": asked, "identity": {"called": "Anna"}}, 201)
    await running.post("/intake/v1/pathways", {"request": asked}, 201)
