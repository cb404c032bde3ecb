"""The number by which an establishment is known: 14 digits, as python-stdnum checks them."""

from typing import Annotated

from pydantic import Field
from stdnum.fr import siret

from shared.language.codes import InClear
from shared.language.rules import RuleBroken

Siret = Annotated[
    str,
    InClear("SIRET of an establishment"),
    Field(pattern="^[0-9]{14}$", description="SIRET: 14 digits", examples=["73282932000074"]),
]

NO_SIREN = "0" * 9
"""Passes every check, and is nobody's."""


class SiretInvalid(RuleBroken):
    """A SIRET has 14 digits and passes Luhn's check; those of La Poste have a digit sum divisible by 5 instead.

    Its first nine digits, the SIREN, are never all zero.
    """


def must_be_siret(number: str | None) -> None:
    if number is not None and (number.startswith(NO_SIREN) or not siret.is_valid(number)):
        raise SiretInvalid("this is the SIRET of no establishment: its check digits do not fit")
