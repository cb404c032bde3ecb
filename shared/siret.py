"""The number by which an establishment is known: 14 digits, as python-stdnum checks them."""

from typing import Annotated

from pydantic import Field
from stdnum.fr import siret

from shared.codes import InClear
from shared.rules import RuleBroken

Siret = Annotated[
    str,
    InClear("SIRET of an establishment"),
    Field(pattern="^[0-9]{14}$", description="SIRET: 14 digits", examples=["73282932000074"]),
]


class SiretInvalid(RuleBroken):
    """A SIRET has 14 digits and passes Luhn's check; those of La Poste have a digit sum divisible by 5 instead."""


def must_be_siret(number: str | None) -> None:
    if number is not None and not siret.is_valid(number):
        raise SiretInvalid("this is the SIRET of no establishment: its check digits do not fit")
