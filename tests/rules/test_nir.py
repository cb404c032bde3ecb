"""The social-security number (NIR) is found as people write it; other numbers go through."""

import re
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import luhn

from shared.language.nir import holds_nir

MONTHS = [*range(1, 13), *range(20, 43), *range(50, 100)]
DEPARTMENTS = [*(f"{n:02}" for n in (*range(1, 97), 99)), "2A", "2B", "2a", "2b"]
OVERSEAS = [f"{part}{n}" for part in (97, 98) for n in range(10)]
BETWEEN = ["", " ", "  ", ".", "-", "–", "\u00a0", "\u202f", "\n", "·", "\u200b", "/", "_", " - "]
BESIDE = ["", "NIR", "née le ", "n° ", "(", "€", "x", "P-", "\n"]


@st.composite
def numbers(draw: st.DrawFn) -> list[str]:
    """Sex, year, month, département with commune, and rank: the parts that people write apart."""
    overseas = draw(st.booleans())
    where = draw(st.sampled_from(OVERSEAS if overseas else DEPARTMENTS))
    commune = draw(st.integers(1, 99 if overseas else 999))
    return [
        draw(st.sampled_from("123478")),
        f"{draw(st.integers(0, 99)):02}",
        f"{draw(st.sampled_from(MONTHS)):02}",
        where,
        f"{commune:02}" if overseas else f"{commune:03}",
        f"{draw(st.integers(1, 999)):03}",
    ]


def keyed(parts: list[str]) -> str:
    """The two digits of the key: 97 − the number modulo 97, Corsica's 2A counting as 19 and 2B as 18."""
    digits = "".join(parts).upper().replace("2A", "19").replace("2B", "18")
    return f"{97 - int(digits) % 97:02}"


@given(numbers(), st.booleans(), st.data())
def test_a_number_is_found_with_its_key_and_without(parts: list[str], with_key: bool, data: st.DataObject) -> None:
    written = [*parts, keyed(parts)] if with_key else parts
    gap = data.draw(st.sampled_from(BETWEEN))
    cuts = [data.draw(st.sampled_from([gap, ""])) for _ in written[1:]]
    text = written[0] + "".join(cut + part for cut, part in zip(cuts, written[1:], strict=True))
    before, after = data.draw(st.sampled_from(BESIDE)), data.draw(st.sampled_from(["", ")", " ", ".", "\n"]))
    assert holds_nir(before + text + after)


@given(numbers(), st.sampled_from(["٠", "०", "０", "𝟎"]))
def test_it_is_found_in_digits_of_other_scripts(parts: list[str], zero: str) -> None:
    text = "".join(chr(ord(zero) + int(one)) if one.isdigit() else one for one in "".join(parts))
    assert holds_nir(text)


@given(st.from_regex(r"[0-9]{13}", fullmatch=True))
def test_a_plain_number_of_13_digits_goes_through_where_no_such_person_can_be(number: str) -> None:
    possible = (
        number[0] in "123478" and int(number[3:5]) in MONTHS and (number[5:7] in DEPARTMENTS or number[5:8] in OVERSEAS)
    )
    assert holds_nir(number) is possible


@given(numbers(), st.sampled_from("0123456789"), st.booleans())
def test_a_longer_number_is_none(parts: list[str], digit: str, before: bool) -> None:
    number = "".join(parts)
    assert not holds_nir(digit + number if before else number + digit)


@given(st.from_regex(r"[0-9]{1,12}", fullmatch=True))
def test_a_shorter_number_is_none(number: str) -> None:
    assert not holds_nir(number)


@given(st.integers(10**12, 10**13 - 1), st.sampled_from(["", " "]))
def test_a_siret_goes_through(number: int, gap: str) -> None:
    siret = f"{number:013}" + luhn.calc_check_digit(f"{number:013}")
    assert not holds_nir(gap.join((siret[:3], siret[3:6], siret[6:9], siret[9:])))


PHONES = ["0{}", "+33 {}", "+33{}", "0033 {}", "+33 (0){}"]


@example(["100485688", "606480000"], "0033 {}", " ", " ")
@given(st.lists(st.from_regex(r"[1-9][0-9]{8}", fullmatch=True), min_size=1, max_size=3), st.sampled_from(PHONES),
       st.sampled_from([" ", ".", "-"]), st.sampled_from([" ", " / ", ", ", "\n"]))  # fmt: skip
def test_telephone_numbers_go_through(numbers: list[str], written: str, gap: str, between: str) -> None:
    phones = [written.format(gap.join((one[0], *re.findall("..", one[1:])))) for one in numbers]
    assert not holds_nir(between.join(phones))


OFFSETS = st.sampled_from(["", "Z", "+02:00", "-04:00"])


@given(st.datetimes(), st.sampled_from(["T", " "]), st.sampled_from(["auto", "seconds", "milliseconds"]), OFFSETS)
def test_an_instant_goes_through(instant: datetime, gap: str, spec: str, offset: str) -> None:
    assert not holds_nir(instant.isoformat(gap, spec) + offset)


@given(st.uuids(), st.sampled_from(["{}", "id {}", "{}.", "urn:uuid:{}"]))
def test_a_uuid_goes_through(id: object, written: str) -> None:
    assert not holds_nir(written.format(id))


@given(st.uuids(), numbers())
def test_a_uuid_goes_through_though_a_number_with_its_key_stands_in_it(id: object, parts: list[str]) -> None:
    number = ("".join(parts) + keyed(parts)).lower()
    assert not holds_nir(f"{str(id)[:20]}{number[:3]}-{number[3:]}")
    assert holds_nir(f"{number[:3]}-{number[3:]}")


@given(st.sampled_from([16, 32, 40, 64]).flatmap(lambda n: st.binary(min_size=n // 2, max_size=n // 2)))
@example(bytes.fromhex("a1840769123456bb" * 2))
@example(bytes.fromhex("ff1840769123456a"))
@example(bytes.fromhex("b" * 17 + "184076912345625"))
def test_a_digest_goes_through(digest: bytes) -> None:
    assert not holds_nir(digest.hex())


@pytest.mark.parametrize(
    "text",
    ["750712184", "2A0000014", "69007 Lyon, 12 rue 1234", "FR76 3000 6000 0112 3456 7890 189", "4970 1012 3456 7890",
     "du 12/03/2024 au 11/04/2024, 35 h", "2024-01-10 69003", "dossier 2023/014", "G1602, M1607"],
)  # fmt: skip
def test_what_people_write_goes_through(text: str) -> None:
    assert not holds_nir(text)
